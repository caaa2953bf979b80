/* SPDX-License-Identifier: ISC */
/*
 * Messages with monitors, in buffers that are there from the start.
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

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
ctl_recv(int ctl, uint8_t *type, uint32_t *child_pid)
{
	uint8_t			data[64];
	struct ctl_spare	spare;
	struct msg		m;
	ssize_t			n;

	do {
		n = recv(ctl, data, sizeof(data), MSG_DONTWAIT | MSG_TRUNC);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return (errno == EAGAIN ? IPC_AGAIN : IPC_CLOSED);
	if (n == 0)
		return (IPC_CLOSED);
	if (n < IPC_HEADER_LEN || n > (ssize_t)sizeof(data))
		return (IPC_BAD);
	*type = data[0];
	msg_borrow(&m, data + IPC_HEADER_LEN, n - IPC_HEADER_LEN);
	if (*type != CTL_SPARE)
		return (msg_end(&m) ? IPC_OK : IPC_BAD);
	if (get_ctl_spare(&m, &spare) == -1)
		return (IPC_BAD);
	*child_pid = spare.child_pid;
	return (IPC_OK);
}
