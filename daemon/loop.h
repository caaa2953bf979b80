/* SPDX-License-Identifier: ISC */
/*
 * The daemon's event loop: descriptors and who is called when they are
 * readable. Callbacks must not block, and must bear to be called in vain.
 */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdint.h>

#define LOOP_NEVER	INT64_MAX	/* no deadline */

/* The nearer of two deadlines. */
int64_t	loop_earlier(int64_t, int64_t);

struct watch {
	void	(*ready)(void *arg);
	void	 *arg;
};

/* Makes the loop; before anything else here. Returns 0, or -1 with errno. */
int	loop_init(void);

/*
 * Watches a descriptor until loop_remove() or close. The watch stays the
 * caller's and must live as long. Returns 0, or -1 with errno.
 */
int	loop_add(int fd, struct watch *);
void	loop_remove(int fd);

/*
 * Waits for the next events, at most until the deadline (monotonic ms; without
 * one for ever), and calls back.
 */
void	loop_run(int64_t deadline);

#endif
