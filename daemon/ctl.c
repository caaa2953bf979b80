/* SPDX-License-Identifier: ISC */
/*
 * Messages with monitors, in buffers that are there from the start.
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl.h"

static struct ipc	out;	/* its memory stays with it */

void
ctl_init(void)
{
	static const uint8_t	zeroes[2 * (ADDR_MAX + 8)];

	ipc_init(&out, 0, 0);
	msg_put_raw(&out.body, zeroes, sizeof(zeroes));
}

static void
begin(uint8_t type)
{
	out.type = type;
	out.body.len = 0;
	out.fds[0] = -1;
}

enum ipc_result
ctl_send_connection(int ctl, int client, const char *source, const char *local)
{
	struct ctl_connection	c = { source, local };

	begin(CTL_CONNECTION);
	put_ctl_connection(&out.body, &c);
	out.fds[0] = client;
	return (ipc_send(ctl, &out));
}

enum ipc_result
ctl_send_retire(int ctl)
{
	begin(CTL_RETIRE);
	return (ipc_send(ctl, &out));
}

enum ipc_result
ctl_send_errand(int ctl, int sock)
{
	begin(CTL_ERRAND);
	out.fds[0] = sock;
	return (ipc_send(ctl, &out));
}

/* One packet into buf; its descriptor, if there is one, is in *fd. */
static ssize_t
receive(int ctl, void *buf, size_t size, int *fd)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int))];
	}		 control;
	struct iovec	 iov = { .iov_base = buf, .iov_len = size };
	struct msghdr	 mh = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control.buf,
			    .msg_controllen = sizeof(control.buf) };
	struct cmsghdr	*c;
	ssize_t		 n;

	*fd = -1;
	do {
		n = recvmsg(ctl, &mh, MSG_DONTWAIT | MSG_TRUNC |
		    MSG_CMSG_CLOEXEC);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return (-1);
	c = CMSG_FIRSTHDR(&mh);
	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(c), sizeof(int));
	return (n);
}

/* Whether the rest of a message is what its type has. */
static int
is_good(struct msg *m, struct ctl_said *s)
{
	struct ctl_spare	spare;

	if ((s->type == CTL_ERRAND) != (s->fd != -1))
		return (0);
	if (s->type != CTL_SPARE)
		return (msg_end(m));
	if (get_ctl_spare(m, &spare) == -1)
		return (0);
	s->child_pid = spare.child_pid;
	return (1);
}

enum ipc_result
ctl_recv(int ctl, struct ctl_said *s)
{
	uint8_t		data[64];
	struct msg	m;
	ssize_t		n;

	s->type = 0;
	s->child_pid = 0;
	n = receive(ctl, data, sizeof(data), &s->fd);
	if (n == -1)
		return (errno == EAGAIN ? IPC_AGAIN : IPC_CLOSED);
	if (n == 0)
		return (IPC_CLOSED);
	if (n >= IPC_HEADER_LEN && n <= (ssize_t)sizeof(data)) {
		s->type = data[0];
		msg_borrow(&m, data + IPC_HEADER_LEN, n - IPC_HEADER_LEN);
		if (is_good(&m, s))
			return (IPC_OK);
	}
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
	return (IPC_BAD);
}
