/* SPDX-License-Identifier: ISC */
/*
 * Messages between processes.
 */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/ipc.h"
#include "lib/xmalloc.h"

union control {
	struct cmsghdr	align;
	char		space[CMSG_SPACE(IPC_FDS_MAX * sizeof(int))];
};

int
ipc_pair(int sv[2])
{
	return (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv));
}

void
ipc_init(struct ipc *p, uint8_t type, uint32_t id)
{
	int	i;

	p->type = type;
	p->id = id;
	msg_init(&p->body);
	for (i = 0; i < IPC_FDS_MAX; i++)
		p->fds[i] = -1;
}

/* Puts the message's descriptors into the control part of mh. */
static void
attach_fds(struct msghdr *mh, union control *ctl, const struct ipc *p)
{
	struct cmsghdr	*cm;
	int		 n = 0;

	while (n < IPC_FDS_MAX && p->fds[n] != -1)
		n++;
	if (n == 0)
		return;
	memset(ctl, 0, sizeof(*ctl));
	mh->msg_control = ctl->space;
	mh->msg_controllen = CMSG_SPACE(n * sizeof(int));
	cm = CMSG_FIRSTHDR(mh);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(cm), p->fds, n * sizeof(int));
}

enum ipc_result
ipc_send(int sock, const struct ipc *p)
{
	uint8_t		 head[IPC_HEADER_LEN] = { p->type, p->id >> 24,
			    p->id >> 16, p->id >> 8, p->id };
	struct iovec	 iov[2] = { { head, IPC_HEADER_LEN },
			    { p->body.data, p->body.len } };
	struct msghdr	 mh = { .msg_iov = iov, .msg_iovlen = 2 };
	union control	 ctl;
	ssize_t		 n;

	if (p->body.len > IPC_BODY_MAX)
		return (IPC_BAD);
	attach_fds(&mh, &ctl, p);
	do {
		n = sendmsg(sock, &mh, MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return (errno == EAGAIN ? IPC_AGAIN : IPC_CLOSED);
	return (IPC_OK);
}

/* Takes the descriptors out of a received control part. */
static void
detach_fds(struct msghdr *mh, struct ipc *p)
{
	struct cmsghdr	*cm;

	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level == SOL_SOCKET &&
		    cm->cmsg_type == SCM_RIGHTS &&
		    cm->cmsg_len <= CMSG_LEN(IPC_FDS_MAX * sizeof(int)))
			memcpy(p->fds, CMSG_DATA(cm),
			    cm->cmsg_len - CMSG_LEN(0));
	}
}

/* The bytes received, as a message that owns them. */
static void
ipc_fill(struct ipc *p, const uint8_t *data, size_t len)
{
	p->type = data[0];
	p->id = (uint32_t)data[1] << 24 | data[2] << 16 | data[3] << 8 |
	    data[4];
	msg_put_raw(&p->body, data + IPC_HEADER_LEN, len - IPC_HEADER_LEN);
}

enum ipc_result
ipc_recv(int sock, struct ipc *p)
{
	static uint8_t	 data[IPC_HEADER_LEN + IPC_BODY_MAX];
	struct iovec	 iov = { data, sizeof(data) };
	union control	 ctl;
	struct msghdr	 mh = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = ctl.space,
			    .msg_controllen = sizeof(ctl.space) };
	ssize_t		 n;

	ipc_init(p, 0, 0);
	do {
		n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return (errno == EAGAIN ? IPC_AGAIN : IPC_CLOSED);
	if (n == 0)
		return (IPC_CLOSED);
	detach_fds(&mh, p);
	if (n < IPC_HEADER_LEN || mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		ipc_free(p);
		return (IPC_BAD);
	}
	ipc_fill(p, data, n);
	explicit_bzero(data, n);
	return (IPC_OK);
}

void
ipc_free(struct ipc *p)
{
	int	i;

	for (i = 0; i < IPC_FDS_MAX; i++) {
		if (p->fds[i] != -1)
			close(p->fds[i]);
		p->fds[i] = -1;
	}
	msg_free(&p->body);
}

int
ipc_take_fd(struct ipc *p, int i)
{
	int	fd = p->fds[i];

	p->fds[i] = -1;
	return (fd);
}
