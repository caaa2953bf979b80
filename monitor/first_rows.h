/* SPDX-License-Identifier: ISC */
/*
 * What a store has from its first start on: keys, groups, a rule, and an
 * administrator who has been invited.
 */
#ifndef MONITOR_FIRST_ROWS_H
#define MONITOR_FIRST_ROWS_H

#include <stddef.h>

#include "db/db.h"
#include "lib/token.h"
#include "monitor/state.h"

struct settings;

#define FIRST_TOKEN_MAX		128	/* bytes of a preset token */

struct first_rows {
	const struct settings	*settings;	/* borrowed */
	const char		*preset;	/* token, or "" */
	char			 instance[STATE_ID_SIZE];
	/* What came of it. */
	char			 admin[DB_NAME_MAX + 1];
	char			 token[FIRST_TOKEN_MAX + 1];
	int			 invited;	/* the two above are to be
						   shown */
	int			 invited_elsewhere; /* by another instance,
						   this minute */
	int			 locked_out;	/* no administrator can come
						   in, and none can be
						   invited */
	char			 err[512];	/* why, unless it is empty */
};

/*
 * Inserts what is missing, in one transaction under a lock, so that any number
 * of instances may start at once. What an administrator removed later is not
 * made again, but for the host key. As long as no administrator has a key, one
 * of them is invited anew. A master key must be loaded; it becomes the
 * store's, or must be the store's. Returns a class of enum db_status; f->err,
 * if it is not empty, is the better sentence.
 */
int	first_rows_ensure(struct db *, struct first_rows *f);

#endif
