/* SPDX-License-Identifier: ISC */
/*
 * Recordings: what a person saw of a terminal, as ttyrec(1) plays it, written
 * straight to an append-only file that the monitor has opened.
 */
#ifndef CHILD_RECORD_H
#define CHILD_RECORD_H

#include <stddef.h>

struct record;

/* A recording on this descriptor, which becomes its own. */
struct record	*record_new(int fd);

/* Appends a frame. Returns 0, or -1 with errno. */
int		 record_write(struct record *, const void *, size_t);

/* Closes; NULL is allowed. */
void		 record_free(struct record *);

#endif
