/* SPDX-License-Identifier: ISC */
/*
 * What each kind of record does to the store.
 */
#ifndef MONITOR_APPLY_H
#define MONITOR_APPLY_H

#include <stddef.h>

#include "monitor/spool.h"

struct db;

/*
 * Applies n encoded records in one transaction, each at most once over all
 * time. Those that the store will never take have refused[i] set, and the
 * others are applied none the less. Returns DB_OK, or a class of enum
 * db_status and then none is applied (but see db_transaction() on DB_GONE).
 */
int	apply_records(struct db *, const struct spool_record *, size_t n,
	    unsigned char *refused);

#endif
