/* SPDX-License-Identifier: ISC */
/*
 * What one connection has come to: the person's side, the host's side, and
 * the channels between them.
 */
#ifndef CHILD_CONN_H
#define CHILD_CONN_H

#include <sys/queue.h>

#include <stdint.h>

#include "child/client.h"
#include "child/listen.h"
#include "child/upstream.h"
#include "lib/catalogue.h"

struct chan;
struct settings;

TAILQ_HEAD(chan_list, chan);

struct conn {
	const struct settings	*settings;
	struct client		 client;	/* towards the person */
	struct upstream		 up;		/* towards the host */
	int			 is_errand;	/* nobody's: the portal's */
	int			 is_telnet;	/* the host is one */
	int			 telnet_fd;	/* -1: not there, or taken */
	enum destination	 dest;		/* DEST_REFUSED until login */
	char			*notice;	/* DEST_NOTICE: the text */
	char			*sentence;	/* why all is over */
	char			*warning;	/* what terminals say of it
						   before; or NULL */
	char			*nowhere;	/* why there is no host: for
						   sessions; jumps go on */
	char			*unsaid;	/* why a port is not listened
						   on, for the next program's
						   stderr; or NULL */
	struct chan_list	 channels;
	uint32_t		 nchannels;
	uint32_t		 last_channel;	/* number of the newest */
	struct listeners	 listeners;	/* ports of the host's */
	unsigned		 nlisteners;
	uint64_t		 listen_seen;	/* received at the last look */
	int64_t			 arrivals_due;	/* of the host's channels, at
						   the rate permitted: the
						   next, monotonic ms */
	int			 arrivals_told;	/* that some were refused */
	int64_t			 stop_at;	/* monotonic ms to end at; 0 */
	uint64_t		 wishes;	/* opens and requests so far */
	int64_t			 active_at;	/* when something last passed */
	uint64_t		 active_seen;	/* bytes and wishes then */
	int			 unrecorded_told; /* a recording was lost */
	int			 started;	/* a program has begun */
	uint64_t		 released;	/* relay_moved() at release */
};

/* The login has succeeded; text becomes the session's. */
void	conn_login(struct conn *, enum destination, char *text);

/*
 * No channel can go on: each gets the sentence and ends, and so does each that
 * is opened later.
 */
void	conn_fail(struct conn *, const char *sentence);

/*
 * Each terminal shows the sentence, beside what its program shows, and so does
 * each that begins later; "" takes it back.
 */
void	conn_warn(struct conn *, const char *sentence);

/* conn_fail(), and then the connection ends. */
void	conn_stop(struct conn *, const char *sentence);

#endif
