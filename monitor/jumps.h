/* SPDX-License-Identifier: ISC */
/*
 * Jumps (ssh -J): connections to hosts of the inventory of which only bytes
 * pass here, which nobody can read or record. Each is a session of its own in
 * the store, with the socket by which a session is asked or stopped, for they
 * may lead to many hosts and are granted one by one.
 */
#ifndef MONITOR_JUMPS_H
#define MONITOR_JUMPS_H

#include <sys/queue.h>

#include <stdint.h>

struct ask_channel_close;
struct dial;
struct host;
struct monitor;

#define JUMPS_MAX	256	/* of a connection, those that end too */
#define JUMPS_DIALLING	16	/* of these, being dialled */

struct jump {
	LIST_ENTRY(jump)	 link;
	uint32_t		 number;	/* the child's channel */
	uint32_t		 request;	/* to answer when it is up */
	struct host		*host;
	struct dial		*dial;		/* while it dials */
	int			 fd;		/* our copy, to cut it; or -1 */
	int64_t			 session;	/* row */
	int			 listener;	/* session-ID.sock, or -1 */
	int			 open;		/* the connection was up */
	int			 over;		/* its end is on its way */
	int64_t			 cut_ends;	/* when a child that is told of
						   its end by the host's hanging
						   up must have noticed; 0 */
	int64_t			 changes_at;	/* what the rules say of it, UTC
						   seconds, 0: never */
	int64_t			 ends_at;	/* and they allow it no more */
	char			*error;		/* why it ended; or NULL */
};

/* One that is to be dialled, not yet in the store; the host becomes its own. */
struct jump *jumps_add(struct monitor *, uint32_t number, uint32_t request,
	    struct host *);

/* How many are being dialled. */
unsigned jumps_dialling(const struct monitor *);

/* Begins to dial. The request is answered once it is known how it went. */
void	jumps_dial(struct monitor *, struct jump *);

/* A jump of which there is no row in the store comes to nothing. */
void	jumps_forget(struct monitor *, struct jump *);

/* When one wants to be looked after (monotonic ms), 0: never; and that. */
int64_t	jumps_deadline(const struct monitor *);
void	jumps_run(struct monitor *);

/*
 * The child has closed this channel, which may be one. Returns 0, or -1: it has
 * not even got it.
 */
int	jumps_closed(struct monitor *, const struct ask_channel_close *);

/*
 * Ends it, with a sentence: which the person reads if nothing else goes on in
 * the connection, which then ends, too.
 */
void	jumps_cut(struct monitor *, struct jump *, const char *sentence);

/*
 * The end of the monitor: the ends of all are handed to the keeper; and then,
 * when that has them, the rest.
 */
void	jumps_end(struct monitor *);
void	jumps_free(struct monitor *);

#endif
