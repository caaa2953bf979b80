/* SPDX-License-Identifier: ISC */
/*
 * One daemon a state directory: two would take the keeper from each other
 * for ever. A daemon that drains is no longer the owner, so that the next one
 * can serve beside it.
 */
#ifndef DAEMON_OWNER_H
#define DAEMON_OWNER_H

#include <stddef.h>

#include "daemon/image.h"

/*
 * Takes the lock in run_dir, unless the image carries it already; the
 * descriptor is in the image from then on. Returns 0, or -1 with a sentence.
 */
int	owner_take(const char *run_dir, struct image *, char *err,
	    size_t errlen);

/*
 * Whether run_dir is where the image's lock is, for sockets and sessions do not
 * move. Returns 0, or -1 with a sentence.
 */
int	owner_stays(const char *run_dir, const struct image *, char *err,
	    size_t errlen);

/* Lets the next daemon have it. */
void	owner_leave(struct image *);

#endif
