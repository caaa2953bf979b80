/* SPDX-License-Identifier: ISC */
/*
 * The two processes of which there is one: setup, which must succeed before
 * anybody is let in, and the keeper, which must always be there.
 */
#ifndef DAEMON_SINGLE_H
#define DAEMON_SINGLE_H

#include <stdint.h>
#include <sys/types.h>

#include "daemon/image.h"
#include "lib/settings.h"

/*
 * Remembers what they are started with, and the image's keeper: after a reload
 * it is let go, for the new one has it hand over.
 */
void	single_init(const struct settings *, int secrets_fd,
	    const struct image *);

/* Forks setup; quiet: without the greeting. Returns 0, or -1 with errno. */
int	single_setup(int quiet);

/* Forks a keeper, now or after a pause if the last one did not live long. */
void	single_keeper(void);

enum single_news {
	SINGLE_NOT_OURS,
	SINGLE_SETUP_DONE,
	SINGLE_SETUP_FAILED,
	SINGLE_KEEPER_ENDED
};
enum single_news single_reaped(pid_t, int status);

/* What is due; returns when to be called again. */
int64_t	single_tick(int64_t now);

void	single_export(struct image *);

/*
 * The daemon accepts no more: ends setup if it runs, and lets a keeper go that
 * has handed over to that of a daemon started since.
 */
void	single_leave(void);

/* Lets the keeper end once it has written all; it is not restarted. */
void	single_finish(void);

/* Whether neither is left. */
int	single_is_gone(void);

/* Kills what is left. */
void	single_kill(void);

#endif
