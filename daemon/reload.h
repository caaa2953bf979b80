/* SPDX-License-Identifier: ISC */
/*
 * Before a reload or an upgrade: the program on disk is asked whether it would
 * take over, with the command line, environment and file as they are now. It
 * does all of a start that can fail, and hands over the settings with which it
 * will be the daemon: from then on nothing is read again.
 */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include <stdint.h>
#include <sys/types.h>

#include "daemon/image.h"

/*
 * What a good check sends to the image's check_fd: a message (lib/ipc.h) of
 * this type with the memfds of settings and secrets, without content.
 */
#define RELOAD_FINDINGS	1

struct reload_findings {
	int	settings;	/* the caller's to close */
	int	secrets;
};

/* Starts to ask; harmless while asking. Returns 0, or -1 after logging why. */
int	reload_check(struct image *, const char *program);

/* Whether an answer is still to come. */
int	reload_is_asking(void);

enum reload_news {
	RELOAD_NOT_OURS,
	RELOAD_GOOD,		/* findings are filled in */
	RELOAD_BAD,		/* why is in the log */
	RELOAD_STALE		/* the program was replaced meanwhile */
};
enum reload_news reload_reaped(pid_t, int status, struct reload_findings *);

/* Ends a check that takes too long; returns when to be called again. */
int64_t	reload_tick(int64_t now);

#endif
