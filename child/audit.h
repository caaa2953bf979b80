/* SPDX-License-Identifier: ISC */
/*
 * What a person does with a host's files, read from the bytes of a channel as
 * they pass: sftp, and scp's own protocol. rsync and git are only counted.
 *
 * It reads and changes nothing. What it cannot follow it says once, and is
 * silent from then on; what either side sends can make it hold no more than
 * its tables' bounds, nor a byte wait.
 */
#ifndef CHILD_AUDIT_H
#define CHILD_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/catalogue.h"

struct audit;

/* Whose bytes. */
enum audit_side {
	AUDIT_CLIENT,
	AUDIT_HOST
};

/* Takes what happened; pointers in it are borrowed for the call. */
typedef void audit_report(void *arg, const struct file_op *);

/*
 * For a program (as ask_channel_open has it): type "exec" or "subsystem" and
 * its command or name. NULL: none that moves files, as far as can be seen.
 */
struct audit	*audit_new(const char *type, const char *detail,
		    audit_report *, void *arg);

/*
 * Bytes that the far end has taken of the client, or that were read of the
 * host's standard output, before the other side can have answered them.
 */
void		 audit_take(struct audit *, enum audit_side, const void *,
		    size_t);

/* The channel's end: reports what was cut by it, and frees. NULL: nothing. */
void		 audit_free(struct audit *);

#endif
