/* SPDX-License-Identifier: ISC */
/*
 * A session channel of the person: what the client asks for on it, in the
 * order in which it asked, and the far end that does it.
 */
#ifndef CHILD_CHAN_H
#define CHILD_CHAN_H

#include <sys/queue.h>

#include <stddef.h>
#include <stdint.h>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>

#include "child/upstream.h"
#include "lib/buf.h"
#include "lib/catalogue.h"

struct far_ops;
struct record;
struct conn;

enum request_type {
	REQUEST_PTY,		/* text: TERM */
	REQUEST_ENV,		/* text, value */
	REQUEST_SHELL,
	REQUEST_EXEC,		/* text: command */
	REQUEST_SUBSYSTEM,	/* text: name */
	REQUEST_RESIZE,
	REQUEST_SIGNAL,		/* text: name without SIG */
	REQUEST_OTHER		/* refused */
};

/* One thing that the client asked for. */
struct request {
	TAILQ_ENTRY(request)	 link;
	enum request_type	 type;
	ssh_message		 msg;	/* NULL: a signal, has no answer */
	const char		*text, *value; /* borrowed from msg */
	char			*own;	/* text of a signal */
	int			 nameless; /* libssh does not know it */
	uint32_t		 size[4]; /* columns, rows, both in pixels */
};

enum chan_state {
	CHAN_SETUP,		/* no program yet */
	CHAN_RUNNING,
	CHAN_ENDED		/* closed on our side */
};

struct chan {
	TAILQ_ENTRY(chan)	 link;
	struct conn		*conn;
	uint32_t		 id;
	enum chan_state	 state;
	ssh_channel		 ssh;
	struct ssh_channel_callbacks_struct callbacks;

	TAILQ_HEAD(, request)	 requests;
	unsigned		 nrequests;
	const struct request	*program;	/* of these; or NULL */
	int			 had_program;
	int			 pty;
	char			*term;
	uint32_t		 size[4];

	const struct far_ops	*far;		/* NULL: not known yet */
	void			*far_state;	/* the far end's own */
	char			*sentence;	/* it failed: say this */

	/* person to far end */
	size_t			 held;		/* bytes that libssh holds */
	struct buf		 to_far;
	int			 in_eof;	/* the client sends no more */
	int			 in_closed;	/* the client has closed */
	int			 in_done;	/* the far end knows */
	int			 hung_up;	/* and that the client closed */
	int			 in_deaf;	/* the far end takes no more */
	uint64_t		 bytes_in;
	/* far end to person */
	struct buf		 to_client;
	int			 to_client_err;	/* which stream that is */
	int			 out_eof;	/* all was read */
	int			 out_unwanted;	/* the client wants no more */
	int			 out_refused;	/* and there was more */
	int			 out_done;	/* the client knows the end */
	uint64_t		 bytes_out;
	struct record		*record;	/* or NULL */

	/* what the monitor knows */
	int			 asked;		/* whether it may start */
	int			 answered, permitted;
	struct ask_channel_close end;
	char			 end_signal[UP_SIGNAL_SIZE];
};

/* A channel for an accepted open; the session's. */
void	chan_new(struct conn *, ssh_message);

/* A request on one of the session's channels; msg becomes the channel's. */
void	chan_request(struct conn *, ssh_message);

/* Does all that can be done now. */
void	chan_run(struct chan *);

/*
 * The program cannot go on: the person reads the sentence on stderr, the
 * status is 255.
 */
void	chan_fail(struct chan *, const char *sentence);

/*
 * The monitor has answered whether the program may start. Returns whether it
 * does.
 */
int	chan_answered(struct chan *, const struct verdict *);

/* Frees the channels that both sides have closed. */
void	chans_reap(struct conn *);

/* The connection is gone: reports the ends, frees all. */
void	chans_end(struct conn *);

#endif
