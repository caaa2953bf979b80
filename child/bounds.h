/* SPDX-License-Identifier: ISC */
/*
 * What a host cannot do to its own session's child: fill its memory, keep it
 * busy, or keep it waiting for a login.
 */
#ifndef CHILD_BOUNDS_H
#define CHILD_BOUNDS_H

#include <stddef.h>

struct upstream;

/* libssh2 has been given, or has given back, so many bytes. */
void	bounds_alloc(struct upstream *, size_t);
void	bounds_free(struct upstream *, size_t);

/*
 * Whether more may be read for libssh2 now: 0, or -1: later, or never where the
 * connection is lost.
 */
int	bounds_read(struct upstream *);

/*
 * Whether a host waits until its channels' data is taken: then its socket is
 * not looked at.
 */
int	bounds_full(struct upstream *);

/*
 * Begins the time for a login, and ends one that takes too long; milliseconds
 * until then, -1: never.
 */
void	bounds_time(struct upstream *);
int	bounds_wait(const struct upstream *);

/* The words with which the host has ended the connection, not a string. */
void	bounds_goodbye(struct upstream *, const char *, size_t);

#endif
