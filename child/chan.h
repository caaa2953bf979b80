/* SPDX-License-Identifier: ISC */
/*
 * A channel of the person: what the client asks for on it, in the order in
 * which it asked, and the far end that does it. Those that are no sessions
 * begin in child/forward.c.
 */
#ifndef CHILD_CHAN_H
#define CHILD_CHAN_H

#include <sys/queue.h>

#include <stddef.h>
#include <stdint.h>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>

#include "child/naming.h"
#include "child/upstream.h"
#include "lib/buf.h"
#include "lib/catalogue.h"

struct far_ops;
struct files;
struct forward;
struct recorder;
struct conn;

enum request_type {
	REQUEST_PTY,		/* text: TERM */
	REQUEST_ENV,		/* text, value */
	REQUEST_SHELL,
	REQUEST_EXEC,		/* text: command */
	REQUEST_SUBSYSTEM,	/* text: name */
	REQUEST_RESIZE,
	REQUEST_SIGNAL,		/* text: name without SIG */
	REQUEST_AGENT,
	REQUEST_X11,		/* text: protocol, value: cookie */
	REQUEST_BREAK,
	REQUEST_OTHER		/* refused */
};

/* One thing that the client asked for. */
struct request {
	TAILQ_ENTRY(request)	 link;
	enum request_type	 type;
	ssh_message		 msg;	/* NULL: has no answer */
	const char		*text, *value; /* borrowed from msg */
	char			*own;	/* text of a signal */
	int			 single, screen; /* of X11 */
	const uint8_t		*modes;	/* of a pty: child/modes.h; borrowed */
	size_t			 modes_len;
	int			 nameless; /* libssh does not know it */
	enum naming		 name;	/* but this may */
	uint32_t		 size[4]; /* columns, rows, both in pixels */
};

enum chan_state {
	CHAN_SETUP,		/* no program yet */
	CHAN_RUNNING,
	CHAN_ENDED		/* closed on our side */
};

enum chan_kind {
	CHAN_SESSION,
	CHAN_LOCAL,		/* to a port, as the host reaches it */
	CHAN_JUMP,		/* to a host, as the portal reaches it */
	CHAN_REMOTE,		/* from the host: a port that it listens on */
	CHAN_AGENT,		/* from the host: to the person's agent */
	CHAN_X11		/* from the host: to the person's display */
};

/* Requests that the monitor is asked about, once a channel. */
enum chan_wish {
	WISH_ENV,
	WISH_AGENT,
	WISH_X11,
	WISHES
};

struct wish {
	struct chan	*chan;
	enum {
		WISH_UNASKED,
		WISH_ASKED,
		WISH_GRANTED,
		WISH_REFUSED
	}		 state;
};

struct chan {
	TAILQ_ENTRY(chan)	 link;
	struct conn		*conn;
	uint32_t		 id;
	enum chan_kind		 kind;
	enum chan_state	 state;
	ssh_channel		 ssh;		/* NULL: not open yet */
	struct ssh_channel_callbacks_struct callbacks;
	struct forward		*forward;	/* unless it is a session */

	TAILQ_HEAD(requests, request) requests;
	unsigned		 nrequests;
	const struct request	*program;	/* of these; or NULL */
	int			 had_program;
	int			 pty;
	char			*term;
	uint32_t		 size[4];
	int			 named;		/* its unknown requests are */

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
	struct recorder		*record;	/* or NULL */
	const char		*to_say;	/* of ours, on the terminal, as
						   soon as it can be; static */
	struct files		*files;		/* of a program that moves
						   some; or NULL */

	/* what the monitor knows */
	int			 asked;		/* whether it may start */
	int			 answered, permitted;
	struct wish		 wishes[WISHES];
	struct ask_channel_close end;
	struct upstream_exit	 exit;		/* and what it need not */
};

/* A channel for an accepted open; the session's. */
void	chan_new(struct conn *, ssh_message);

/* One that is not open towards the client yet; counts among the session's. */
struct chan *chan_make(struct conn *, enum chan_kind);

/* Moves bytes; ends the channel when its far end has. */
void	chan_relay(struct chan *);

/* Closes on our side and tells the monitor. */
void	chan_end(struct chan *);

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

/*
 * The same for the answer to CHANNEL_OPEN, an ask_reply; what is to be recorded
 * of the channel (arg) then is.
 */
void	chan_opened(void *arg, struct ipc *);

/* Frees the channels that both sides have closed. */
void	chans_reap(struct conn *);

/* The connection is gone: reports the ends, frees all. */
void	chans_end(struct conn *);

#endif
