/* SPDX-License-Identifier: ISC */
/*
 * Messages over SOCK_SEQPACKET pairs: one packet is one message, a type and an
 * id before its content, and with it up to IPC_FDS_MAX descriptors. Nothing is
 * ever split or merged, so a receiver needs no state.
 */
#ifndef LIB_IPC_H
#define LIB_IPC_H

#include "lib/msg.h"

#define IPC_HEADER_LEN	5	/* bytes before the content: type, id */
#define IPC_BODY_MAX	65536	/* bytes of content in one message */
#define IPC_FDS_MAX	2

struct ipc {
	uint8_t		 type;
	uint32_t	 id;		/* of a request and its answer */
	struct msg	 body;		/* ipc_free() frees */
	int		 fds[IPC_FDS_MAX];	/* -1: none; receiver closes */
};

enum ipc_result {
	IPC_OK,
	IPC_AGAIN,	/* nothing there, or no room, on a non-blocking one */
	IPC_CLOSED,	/* the other end is gone */
	IPC_BAD		/* not a message of ours: too long, too short */
};

/* A connected pair, close-on-exec, blocking. Returns 0, or -1 with errno. */
int		 ipc_pair(int sv[2]);

/* A message to fill: no content, no descriptors. */
void		 ipc_init(struct ipc *, uint8_t type, uint32_t id);

/* Sends it; does not free it and does not close its descriptors. */
enum ipc_result	 ipc_send(int sock, const struct ipc *);

/*
 * Receives one message; on IPC_OK the caller frees it and owns its
 * descriptors (close-on-exec). Signals do not interrupt it.
 */
enum ipc_result	 ipc_recv(int sock, struct ipc *);

/* Wipes the content and closes the descriptors that are still in fds. */
void		 ipc_free(struct ipc *);

/* The descriptor fds[i], now the caller's: the message forgets it. */
int		 ipc_take_fd(struct ipc *, int i);

#endif
