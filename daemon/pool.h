/* SPDX-License-Identifier: ISC */
/*
 * The pool of pairs of processes: spares that wait for a connection, and the
 * table of all that serve one.
 *
 *	STARTING --CTL_SPARE--> SPARE --a client--> LOGIN
 *	    LOGIN --CTL_AUTHENTICATED--> SESSION --its end--> gone
 *	SPARE --CTL_ERRAND of a session--> ERRAND --its end--> gone
 *
 * A slot is freed when its monitor has been reaped, and in no other way. What a
 * daemon that died left behind is adopted as sessions, and freed when it ends.
 */
#ifndef DAEMON_POOL_H
#define DAEMON_POOL_H

#include <stdint.h>
#include <sys/types.h>

#include "daemon/image.h"
#include "daemon/limits.h"
#include "lib/settings.h"

enum pool_state {
	POOL_WAITING,		/* a client without a monitor; image only */
	POOL_STARTING,
	POOL_SPARE,
	POOL_LOGIN,
	POOL_SESSION,
	POOL_ENDING,		/* asked to end */
	POOL_KILLED,		/* SIGKILL sent, not yet reaped */
	POOL_ERRAND,		/* on an errand; without a pid: waits for a
				   spare, as a client does */
	POOL_STATES
};

/*
 * Makes the table for max_connections and takes over what the image has; its
 * spares are retired, for their settings or their layout are old. ready is
 * called with each new spare. Returns 0, or -1 with errno.
 */
int	pool_init(const struct settings *, int secrets_fd,
	    const struct image *, void (*ready)(void));

/* Puts the table into the image, which has room for pool_size() slots. */
void	pool_export(struct image *);
size_t	pool_size(void);

/* Forks spares until there are enough, or until a pause is due. */
void	pool_fill(void);

/*
 * While it is held no spares are forked (setup is at the store); clients wait.
 */
void	pool_hold(int on);

/*
 * Serves an accepted client, now or as soon as there is a spare. Takes the
 * socket over.
 */
void	pool_serve(int fd, const char *source, const char *local);

/* Adopts the sessions that live and are not ours; returns how many. */
unsigned	pool_adopt(void);

/* What counts for the limits. */
void	pool_load(struct load *);

/* How a reaped process touches the pool. */
enum pool_news {
	POOL_NOT_OURS,
	POOL_ENDED,
	POOL_CRASHED		/* somebody may know the memory layout */
};
enum pool_news pool_reaped(pid_t, int status);

/* Ends what has outlived its time. Returns when it is to be called again. */
int64_t	pool_tick(int64_t now);

/* No new connections: drops who waits, retires spares. Sessions live. */
void	pool_drain(void);

/* Ends all sessions; what is not gone in five seconds, or now, is killed. */
void	pool_end(int now);

/* Whether no monitor is left. */
int	pool_is_empty(void);

#endif
