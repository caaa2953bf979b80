/* SPDX-License-Identifier: ISC */
/*
 * Records that take effect exactly once.
 */
#include <string.h>

#include "db/query.h"
#include "db/record.h"

struct application {
	const char	*record_id;
	int64_t		 now;
	int		(*fn)(struct db *, void *);
	void		*arg;
	int		 applied;
};

static int
apply_run(struct db *db, void *arg)
{
	struct application	*a = arg;
	int			 r;

	a->applied = 0;
	r = db_exec(db, "INSERT INTO applied_records"
	    " (record_id, applied_at) VALUES (?, ?)",
	    BINDS(bind_text(a->record_id), bind_int(a->now)));
	if (r == DB_EXISTS)
		return (DB_OK);
	if (r == DB_OK && (r = a->fn(db, a->arg)) == DB_OK)
		a->applied = 1;
	return (r);
}

int
record_apply(struct db *db, const char *record_id, int64_t now,
    int (*fn)(struct db *, void *), void *arg, int *applied)
{
	struct application	a = { .record_id = record_id, .now = now,
	    .fn = fn, .arg = arg };
	int			r;

	if (applied != NULL)
		*applied = 0;
	if (strlen(record_id) != RECORD_ID_LEN ||
	    strspn(record_id, "0123456789abcdef") != RECORD_ID_LEN)
		return (db_fail(db, DB_INVALID, "no record id"));
	r = db_transaction(db, apply_run, &a);
	if (applied != NULL && r == DB_OK)
		*applied = a.applied;
	return (r);
}

int
record_prune(struct db *db, int64_t before, int64_t limit, int64_t *removed)
{
	int	r;

	*removed = 0;
	r = db_exec(db, "DELETE FROM applied_records WHERE record_id IN"
	    " (SELECT record_id FROM (SELECT record_id FROM applied_records"
	    " WHERE applied_at < ? ORDER BY applied_at LIMIT ?) old)",
	    BINDS(bind_int(before), bind_int(db_limit(limit))));
	if (r == DB_OK)
		*removed = db_changes(db);
	return (r);
}
