/* SPDX-License-Identifier: ISC */
/*
 * Numbers of rows, remembered as three counters of a table: up to which id
 * was counted, how many, and when. The last ids are left for the next time:
 * a transaction that is still open may hold one.
 */
#include "db/query.h"
#include "db/total.h"
#include "lib/clock.h"

#define WORTH		50000	/* rows; fewer are counted each time */
#define OPEN_IDS	1000
#define REMEMBERED	86400	/* seconds: an operator may remove rows */

/* The smallest index holds the ids too: MySQL would rather read all rows. */
static const struct {
	const char	*all, *last, *known, *newer;
	const char	*upto, *number, *at;
} tables[] = {
#define TABLE(name, index) { \
	.all = "SELECT COUNT(*) FROM " name, \
	.last = "SELECT COALESCE(MAX(id), 0) FROM " name, \
	.known = "SELECT COUNT(*) FROM " name " FORCE INDEX (" index ")" \
	    " WHERE id <= ?", \
	.newer = "SELECT COUNT(*) FROM " name " WHERE id > ?", \
	.upto = name "_upto", \
	.number = name "_number", \
	.at = name "_counted_at" \
}
	[TOTAL_SESSIONS] = TABLE("sessions", "sessions_started"),
	[TOTAL_EVENTS] = TABLE("events", "events_created"),
#undef TABLE
};

/* What is remembered. */
struct memory {
	enum total_of	what;
	int64_t		upto, number, at;
};

static int
counter_get(struct db *db, const char *name, int64_t *value)
{
	return (db_get_int(db, value, "SELECT value FROM counters"
	    " WHERE name = ?", BINDS(bind_text(name))));
}

static int
counter_set(struct db *db, const char *name, int64_t value)
{
	return (db_exec(db, "UPDATE counters SET value = ? WHERE name = ?",
	    BINDS(bind_int(value), bind_text(name))));
}

static int
memory_read(struct db *db, struct memory *m)
{
	int	r;

	if ((r = counter_get(db, tables[m->what].upto, &m->upto)) != DB_OK ||
	    (r = counter_get(db, tables[m->what].number, &m->number)) !=
	    DB_OK)
		return (r);
	return (counter_get(db, tables[m->what].at, &m->at));
}

static int
memory_write(struct db *db, const struct memory *m)
{
	int	r;

	if ((r = counter_set(db, tables[m->what].upto, m->upto)) != DB_OK ||
	    (r = counter_set(db, tables[m->what].number, m->number)) != DB_OK)
		return (r);
	return (counter_set(db, tables[m->what].at, m->at));
}

/*
 * Counts and remembers. The first write locks the counter, so that nobody
 * removes rows that are counted here and forgets before this remembers.
 */
static int
count_anew(struct db *db, void *arg)
{
	struct memory	*m = arg;
	int		 r;

	if ((r = counter_set(db, tables[m->what].upto, 0)) != DB_OK ||
	    (r = db_get_int(db, &m->upto, tables[m->what].last, NO_BINDS)) !=
	    DB_OK)
		return (r);
	m->upto = m->upto > OPEN_IDS ? m->upto - OPEN_IDS : 0;
	r = db_get_int(db, &m->number, tables[m->what].known,
	    BINDS(bind_int(m->upto)));
	if (r != DB_OK)
		return (r);
	if (m->number < WORTH)
		m->upto = m->number = 0;
	m->at = clock_utc();
	return (memory_write(db, m));
}

/* What is remembered, and what has come since. */
static int
count_on(struct db *db, struct memory *m, int64_t *count)
{
	int	r;

	r = db_get_int(db, count, tables[m->what].newer,
	    BINDS(bind_int(m->upto)));
	*count += m->number;
	return (r);
}

/* By what is remembered, if it is worth anything or can be made so. */
static int
count_remembered(struct db *db, struct memory *m, int64_t *count)
{
	const int64_t	age = clock_utc() - m->at;

	if (age >= 0 && age < REMEMBERED && count_on(db, m, count) == DB_OK &&
	    *count - m->number < WORTH)
		return (DB_OK);
	if (db_transaction(db, count_anew, m) != DB_OK || m->upto == 0)
		return (DB_NOTFOUND);
	return (count_on(db, m, count));
}

int
total_count(struct db *db, enum total_of what, int64_t *count)
{
	const int	slow = *db_for_update(db) != '\0';
	struct memory	m = { .what = what };
	int		r;

	if (slow && memory_read(db, &m) == DB_OK && m.upto > 0 &&
	    count_remembered(db, &m, count) == DB_OK)
		return (DB_OK);
	r = db_get_int(db, count, tables[what].all, NO_BINDS);
	/* a store that cannot remember can still count */
	if (r == DB_OK && slow && *count >= WORTH + OPEN_IDS)
		db_transaction(db, count_anew, &m);
	return (r);
}

int
total_forget(struct db *db, enum total_of what)
{
	const struct memory	m = { .what = what };

	return (memory_write(db, &m));
}
