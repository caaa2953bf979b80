/* SPDX-License-Identifier: ISC */
/*
 * Far ends: what a person's channel leads to. A channel of the host's, a telnet
 * host, a bare connection, the portal's own shell, or a text.
 */
#ifndef CHILD_FAR_H
#define CHILD_FAR_H

#include <sys/types.h>

#include <poll.h>
#include <stddef.h>

#include <libssh2.h>

struct chan;
struct ipc;
struct request;
struct conn;

#define FAR_OK		0
#define FAR_AGAIN	(-1)	/* later; nothing was done */
#define FAR_REFUSED	(-2)	/* not possible, or no more */

#define FAR_FDS		2	/* descriptors that one may wait for */

struct far_ops {
	/* The monitor says whether a program may start, and writes it down. */
	int	audited;
	/*
	 * Does what was asked. A program that starts is answered once it has.
	 */
	int	(*request)(struct chan *, const struct request *);
	/*
	 * Bytes taken; FAR_AGAIN: none, and the next call begins with the
	 * same bytes, as many at least; FAR_REFUSED: none any more.
	 */
	ssize_t	(*write)(struct chan *, const void *, size_t);
	/* No more bytes will come. */
	int	(*eof)(struct chan *);
	/*
	 * Bytes read and the stream; 0: the end; FAR_AGAIN. There is room for
	 * as many as any call has asked for, and a call that repeats one may
	 * bring as many as that.
	 */
	ssize_t	(*read)(struct chan *, void *, size_t, int *is_stderr);
	/* After the end or a hang-up: fills the channel's end. */
	int	(*exit)(struct chan *);
	/*
	 * The client has closed the channel: nothing is read any more, the
	 * program may end now, and how it does may still be told.
	 */
	int	(*hangup)(struct chan *);
	/* The far end is not needed any more. */
	void	(*close)(struct chan *);
	/* Fills in what to wait for; returns how many. NULL: none. */
	int	(*poll)(struct chan *, struct pollfd p[FAR_FDS]);
};

extern const struct far_ops	far_host;
extern const struct far_ops	far_shell;
extern const struct far_ops	far_telnet;
extern const struct far_ops	far_jump;
/* Needs the channel's sentence or the session's notice. */
extern const struct far_ops	far_text;

/* Gives a channel of the host's, which is open, to one of far_host. */
void	far_host_adopt(struct chan *, LIBSSH2_CHANNEL *);

/* The monitor says that a shell has ended (TELL_SHELL_EXIT). */
void	far_shell_exit(struct conn *, struct ipc *);

#endif
