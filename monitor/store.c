/* SPDX-License-Identifier: ISC */
/*
 * A monitor's connection to the store.
 */
#include <stdio.h>
#include <time.h>

#include "db/db.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "monitor/monitor.h"
#include "monitor/store.h"

#define STATEMENT_TIMEOUT	5	/* seconds */
#define PAUSE_MS		250

int
store_open(struct monitor *m, char *err, size_t errlen)
{
	struct db_options	o = {
		.driver = m->settings->db_driver,
		.conn = m->secrets.db_conn,
		.timeout = STATEMENT_TIMEOUT,
	};

	if (m->db != NULL)
		return (DB_OK);
	return (db_open(&m->db, &o, err, errlen));
}

void
store_close(struct monitor *m)
{
	db_close(m->db);
	m->db = NULL;
}

/* Waits a little, unless a login has waited enough already. */
static int
wait_more(struct monitor *m)
{
	struct timespec	pause = { .tv_nsec = PAUSE_MS * 1000000L };
	int64_t		now = clock_mono_ms();

	if (m->outage_ends == 0)
		m->outage_ends = now + STORE_PATIENCE_MS;
	if (now >= m->outage_ends)
		return (0);
	nanosleep(&pause, NULL);
	return (1);
}

int
store_try(struct monitor *m, int (*fn)(struct monitor *, void *), void *arg)
{
	char	err[512];
	int	r;

	do {
		r = store_open(m, err, sizeof(err));
		if (r == DB_OK && (r = fn(m, arg)) != DB_OK)
			snprintf(err, sizeof(err), "%s", db_error(m->db));
	} while (db_retryable(r) && wait_more(m));
	if (r != DB_OK && r != DB_NOTFOUND && r != DB_EXISTS)
		log_error("database: %s: %s", db_status_name(r), err);
	return (r);
}
