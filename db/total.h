/* SPDX-License-Identifier: ISC */
/*
 * How many rows a table of history has in all. InnoDB keeps no such number:
 * it counts, which takes a sixth of a second for a million rows. So what was
 * counted there is remembered for a day, and only what is newer is counted.
 */
#ifndef DB_TOTAL_H
#define DB_TOTAL_H

#include <stdint.h>

struct db;

enum total_of {
	TOTAL_SESSIONS,
	TOTAL_EVENTS
};

/* All rows. A large number is remembered, in a transaction of its own. */
int	total_count(struct db *db, enum total_of what, int64_t *count);

/*
 * To be called in the transaction that removes rows, or puts some between
 * those that there are: what is remembered is no longer so.
 */
int	total_forget(struct db *db, enum total_of what);

#endif
