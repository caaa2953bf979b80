/* SPDX-License-Identifier: ISC */
/*
 * Before a reload or an upgrade: the program on disk is asked whether it would
 * take over, with the command line, environment and file as they are now.
 */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include <stdint.h>
#include <sys/types.h>

#include "daemon/image.h"

/* Starts to ask; harmless while asking. Returns 0, or -1 after logging why. */
int	reload_check(const struct image *, const char *program);

enum reload_news {
	RELOAD_NOT_OURS,
	RELOAD_GOOD,
	RELOAD_BAD		/* why is in the log */
};
enum reload_news reload_reaped(pid_t, int status);

/* Ends a check that takes too long; returns when to be called again. */
int64_t	reload_tick(int64_t now);

#endif
