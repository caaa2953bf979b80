/* SPDX-License-Identifier: ISC */
/*
 * An instance's settings and directories around a test's store, and its
 * processes run for real, each forked.
 */
#ifndef REGRESS_UNIT_PORTAL_FIXTURE_H
#define REGRESS_UNIT_PORTAL_FIXTURE_H

#include <sys/types.h>

#include <stddef.h>

#include "db_fixture.h"
#include "lib/settings.h"

struct portal {
	struct fixture		*f;		/* borrowed */
	struct settings		 s;
	struct secret_settings	 ss;
};

/* Settings for f's store, everything else below f->dir/NAME. */
struct portal	*portal_new(struct fixture *f, const char *name);
void		 portal_free(struct portal *);

/* Writes a master key file and makes it the store's. */
void		 portal_key(const struct fixture *f, struct portal *);

/* Makes the directories, without setup. */
void		 portal_dirs(const struct portal *);

/*
 * The next two close the fixture's connection for the fork, and open it again:
 * SQLite's locks do not know of processes that are forked.
 */

/*
 * Runs setup in a process of its own; returns its exit status and what it
 * printed (malloc'ed; either may be NULL for no interest).
 */
int		 portal_setup(const struct portal *, char **out, char **err);

/* Forks a keeper; *ctl gets our end of its socket. */
pid_t		 portal_keeper(const struct portal *, int *ctl);

/* Waits at most ms for a process; its exit status, 256 + signal, or -1. */
int		 portal_wait(pid_t, int ms);

/* Kills and reaps it. */
void		 portal_kill(pid_t);

/* How many files of the spool's end with suffix. */
int		 portal_spooled(const struct portal *, const char *suffix);

/* Whether cond(arg) becomes true within ms. */
int		 eventually(int ms, int (*cond)(void *), void *arg);

#endif
