/* SPDX-License-Identifier: ISC */
/*
 * Exactly once: every record that the keeper writes has an id of its own,
 * which is stored with its effect in one transaction. A spool that is
 * replayed, wholly or partly, does nothing twice.
 */
#ifndef DB_RECORD_H
#define DB_RECORD_H

#include <stdint.h>

struct db;

#define RECORD_ID_LEN	32	/* 16 random bytes in lower-case hex */

/*
 * Runs fn(db, arg) unless a record of this id was applied before; *applied
 * (may be NULL) tells which. fn's failure undoes both and is returned.
 * Inside the caller's transaction it is a savepoint of it, so that a batch
 * costs one commit. DB_INVALID if the id is not RECORD_ID_LEN hex digits.
 */
int	record_apply(struct db *db, const char *record_id, int64_t now,
	    int (*fn)(struct db *db, void *arg), void *arg, int *applied);

/* Forgets up to `limit` records applied before a time; *removed how many. */
int	record_prune(struct db *db, int64_t before, int64_t limit,
	    int64_t *removed);

#endif
