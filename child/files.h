/* SPDX-License-Identifier: ISC */
/*
 * What a channel's audit has to say, on its way to the monitor: many small
 * files in one message. Who moves files faster than they can be written down
 * waits a little: nothing is left out.
 */
#ifndef CHILD_FILES_H
#define CHILD_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "child/audit.h"

struct files;

/* For a program on this channel (see audit_new()); NULL: none with files. */
struct files	*files_new(uint32_t channel, const char *type,
		    const char *detail);

/* Bytes that passed; as audit_take(). NULL is allowed, here and below. */
void		 files_take(struct files *, enum audit_side, const void *,
		    size_t);

/* Tells what can be told now. */
void		 files_run(struct files *);

/* Whether so much waits to be told that no more should pass. */
int		 files_full(const struct files *);

/* The end, while the monitor still knows the channel: tells all, and frees. */
void		 files_free(struct files *);

#endif
