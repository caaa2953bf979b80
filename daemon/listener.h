/* SPDX-License-Identifier: ISC */
/*
 * The listening sockets. They are bound before setup runs, so that a port in
 * use ends the start before anything is written, and listen after it.
 */
#ifndef DAEMON_LISTENER_H
#define DAEMON_LISTENER_H

#include <stdint.h>

#include "daemon/image.h"
#include "daemon/limits.h"
#include "lib/settings.h"

/*
 * Takes over the image's listeners that are still wanted, closes the others,
 * binds what is missing. At a first start all must be had; after it what is
 * not is left out with a line in the log, as long as there is one. Returns 0,
 * or -1 with a sentence.
 */
int	listener_bind(const struct settings *, const struct image *,
	    char *err, size_t);

/*
 * For a check, in a process of its own: whether that would succeed for all.
 * The same.
 */
int	listener_try(const struct settings *, const struct image *,
	    char *err, size_t);

/*
 * Listens on all and says so in the log; fn gets each accepted socket (non-
 * blocking, close-on-exec), which is then its own, and load() is asked before.
 * Returns 0, or -1 with a sentence.
 */
typedef void listener_fn(int fd, const char *source, const char *local);
int	listener_start(listener_fn *fn, void (*load)(struct load *),
	    char *err, size_t);

/* Puts them into the image. */
void	listener_export(struct image *);

/* No more connections: closes them. */
void	listener_stop(void);

/*
 * What is due: after a shortage of memory or descriptors accepting pauses.
 * Returns the monotonic ms when to be called again, or LOOP_NEVER.
 */
int64_t	listener_tick(int64_t now);

#endif
