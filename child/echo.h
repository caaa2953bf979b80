/* SPDX-License-Identifier: ISC */
/*
 * What of a person's typing may be kept: what the host has shown again.
 *
 * A host that reads a password does not echo it, and nothing else tells it from
 * other words. So what is typed waits here until the host's output shows it.
 * Letters that come back in their order, where an echo would stand, are kept;
 * what does not come back is hidden, and of a whole run of hidden letters
 * nothing remains but that there was one. Keys that write nothing (Enter,
 * Ctrl-C, arrows) are kept as they are. Whoever guesses errs to one side: an
 * echo that is not recognized is hidden, too.
 */
#ifndef CHILD_ECHO_H
#define CHILD_ECHO_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct echo;

/*
 * Gets what was typed, in its order, with the time at which it was: bytes that
 * may be kept, or none (len 0) in place of a run of hidden ones. Returns 0, or
 * -1 with errno, which the callers below then return.
 */
typedef int echo_fn(void *arg, const struct timespec *typed, const uint8_t *,
    size_t len);

struct echo	*echo_new(echo_fn *, void *arg);

/* The person sent this; or was shown this. */
int		 echo_typed(struct echo *, const struct timespec *now,
		    const uint8_t *, size_t);
int		 echo_shown(struct echo *, const struct timespec *now,
		    const uint8_t *, size_t);

/* Nothing more comes: hides what waits. */
int		 echo_end(struct echo *);

/* Wipes what waits, and frees; takes NULL. */
void		 echo_free(struct echo *);

#endif
