/* SPDX-License-Identifier: ISC */
/*
 * Public keys of people, as they are pasted: for the commands that let them
 * in.
 */
#ifndef SHELL_PUBKEYS_H
#define SHELL_PUBKEYS_H

#include <stddef.h>
#include <stdint.h>

#include "db/userkey.h"

struct cmd_call;

#define PUBKEYS_MAX	100	/* that one command takes, and one user has */

/* Type is a constant; the other strings and blobs are owned. */
struct pubkeys {
	struct userkey	v[PUBKEYS_MAX];
	char		proven[PUBKEYS_MAX];	/* by a signature (proof.h) */
	size_t		n;
};

/*
 * For an entry's prepare, as it may take long: reads keys from the command's
 * input, one a line, up to an empty line or the end, into call->prepared, a
 * struct pubkeys. A line that is no key that signatures can be checked with,
 * and no key at all, are failures. Returns DB_OK or what cmd_fail() returned.
 */
int	pubkeys_read(struct cmd_call *);

/*
 * The same, with signatures among the lines that prove that keys are theirs
 * who runs the command; the key itself may then be left out. For whom it is
 * for what is their own (call->own), an unproven key is a failure that says
 * what to sign; on a terminal they are asked for it.
 */
int	pubkeys_read_proven(struct cmd_call *);

/* The same with this one line instead. */
int	pubkeys_take(struct cmd_call *, const char *line);

/*
 * Lets a key in as a user, with its own comment if `comment` is NULL. *id gets
 * that of the row. Returns DB_OK or another class of the store's.
 */
int	pubkeys_store(struct cmd_call *, const struct userkey *, int64_t user,
	    const char *comment, int64_t *id);

#endif
