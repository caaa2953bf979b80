/* SPDX-License-Identifier: ISC */
/*
 * Connections and transactions of the store, for both engines.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "db/db.h"
#include "db/driver.h"
#include "db/migrations.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xmalloc.h"

#define TIMEOUT_DEFAULT	15	/* seconds */
#define TIMEOUT_SETUP	600	/* a migration of a large table takes long */
#define RETRY_MAX	8
#define RETRY_MS	10000

static const struct db_driver *const drivers[] = {
	&driver_sqlite,
	&driver_mysql
};

static const char *const status_names[] = {
	[DB_OK] = "ok",
	[DB_NOTFOUND] = "not found",
	[DB_EXISTS] = "exists",
	[DB_AMBIGUOUS] = "ambiguous",
	[DB_REF] = "in use",
	[DB_INVALID] = "invalid",
	[DB_BUSY] = "busy",
	[DB_GONE] = "gone",
	[DB_CORRUPT] = "corrupt",
	[DB_NEWER] = "newer",
	[DB_OLDER] = "older",
	[DB_FOREIGN] = "foreign",
	[DB_UNREADABLE] = "unreadable",
	[DB_ERROR] = "error",
};

const char *
db_status_name(int status)
{
	if (status < DB_OK || status > DB_ERROR)
		return ("unknown");
	return (status_names[status]);
}

int
db_retryable(int status)
{
	return (status == DB_BUSY || status == DB_GONE);
}

const char *
db_error(const struct db *db)
{
	return (db->error);
}

const char *
db_conflict(const struct db *db)
{
	return (db->conflict);
}

const char *
db_driver_name(const struct db *db)
{
	return (db->driver->name);
}

int
db_fail(struct db *db, int status, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(db->error, sizeof(db->error), fmt, ap);
	va_end(ap);
	return (status);
}

int
db_absent(struct db *db)
{
	return (db_fail(db, DB_NOTFOUND, "no such row"));
}

static const struct db_driver *
driver_find(const char *name)
{
	size_t	i;

	for (i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return (drivers[i]);
	return (NULL);
}

/*
 * Opens the engine's connection and looks at the schema before anything is
 * written: what is not ours stays as it was found.
 */
static int
db_connect(struct db *db)
{
	int	r;

	if ((r = db->driver->open(db)) != DB_OK)
		return (r);
	db->lost = 0;
	if (db->setup || db->original)
		return (DB_OK);
	db->connecting = 1;
	if ((r = migrations_check(db)) == DB_OK)
		r = db->driver->settle(db);
	db->connecting = 0;
	if (r != DB_OK) {
		db->driver->close(db);
		db->lost = 1;
	}
	return (r);
}

static int
db_set_dsn(struct db *db, const char *conn, const char *password)
{
	char	why[256];

	if (dsn_parse(&db->dsn, conn, why, sizeof(why)) == -1)
		return (db_fail(db, DB_UNREADABLE, "%s", why));
	if (password == NULL)
		return (DB_OK);
	if (db->dsn.password != NULL)
		sodium_free(db->dsn.password);
	db->dsn.password = sodium_malloc(strlen(password) + 1);
	if (db->dsn.password == NULL)
		return (db_fail(db, DB_ERROR, "out of locked memory"));
	memcpy(db->dsn.password, password, strlen(password) + 1);
	return (DB_OK);
}

void
db_warm_up(const char *driver)
{
	const struct db_driver	*d = driver_find(driver);

	if (d != NULL && d->start != NULL)
		d->start();
}

int
db_open(struct db **dbp, const struct db_options *o, char *err, size_t errlen)
{
	struct db	*db;
	int		 r = DB_OK;

	*dbp = NULL;
	if (sodium_init() == -1)
		fatal("libsodium does not start");
	db = xcalloc(1, sizeof(*db));
	db->setup = o->setup;
	db->original = o->original;
	db->timeout = o->timeout;
	if (db->timeout <= 0)
		db->timeout = o->setup ? TIMEOUT_SETUP : TIMEOUT_DEFAULT;
	db->driver = driver_find(o->driver);
	if (db->driver == NULL)
		r = db_fail(db, DB_UNREADABLE, "no database driver \"%s\": "
		    "there are sqlite3 and mysql", o->driver);
	else if (db->driver->dialect == DIALECT_MYSQL)
		r = db_set_dsn(db, o->conn, o->password);
	else
		db->conn = xstrdup(o->conn);
	if (r == DB_OK)
		r = db_connect(db);
	if (r != DB_OK) {
		if (err != NULL)
			snprintf(err, errlen, "%s", db->error);
		db_close(db);
		return (r);
	}
	*dbp = db;
	return (DB_OK);
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	if (db->handle != NULL) {
		if (db->depth > 0)
			db->driver->rollback(db);
		db->driver->close(db);
	}
	dsn_free(&db->dsn);
	free(db->conn);
	free(db);
}

int
db_ready(struct db *db)
{
	if (db->depth > 0)
		return (db->doomed);
	if (!db->lost)
		return (DB_OK);
	if (db->handle != NULL)
		db->driver->close(db);
	return (db_connect(db));
}

int
db_note(struct db *db, int status)
{
	if (status == DB_GONE && db->driver->reconnects)
		db->lost = 1;
	if (db->depth > 0 && db_retryable(status))
		db->doomed = status;
	return (status);
}

int
db_copy(struct db *db, int fd)
{
	int	r;

	if ((r = db_ready(db)) != DB_OK)
		return (r);
	return (db_note(db, db->driver->copy(db, fd)));
}

int
db_checkpoint(struct db *db)
{
	int	r;

	if ((r = db_ready(db)) != DB_OK)
		return (r);
	return (db_note(db, db->driver->checkpoint(db)));
}

int
db_ping(struct db *db)
{
	int64_t	one;

	return (db_get_int(db, &one, "SELECT 1", NO_BINDS));
}

/* Savepoints are numbered by their level: an inner one may reuse a name. */
static int
savepoint(struct db *db, const char *verb)
{
	char	sql[64];

	snprintf(sql, sizeof(sql), "%s level%d", verb, db->depth);
	return (db_note(db, db->driver->simple(db, sql)));
}

int
db_begin(struct db *db)
{
	int	r;

	if ((r = db_ready(db)) != DB_OK)
		return (r);
	if (db->depth > 0) {
		if ((r = savepoint(db, "SAVEPOINT")) == DB_OK)
			db->depth++;
		return (r);
	}
	r = db_note(db, db->driver->begin(db));
	/* Nothing was done yet, so a lost connection may be renewed. */
	if (r == DB_GONE && db->lost && (r = db_ready(db)) == DB_OK)
		r = db_note(db, db->driver->begin(db));
	if (r == DB_OK) {
		db->depth = 1;
		db->doomed = DB_OK;
	}
	return (r);
}

/* A failed statement may have left a sentence that matters more. */
static void
rollback_quietly(struct db *db)
{
	char	error[DB_ERROR_SIZE];

	memcpy(error, db->error, sizeof(error));
	db_rollback(db);
	memcpy(db->error, error, sizeof(error));
}

int
db_commit(struct db *db)
{
	int	r;

	if (db->depth == 0)
		panic("commit without a transaction");
	if ((r = db->doomed) != DB_OK) {
		rollback_quietly(db);
		return (r);
	}
	if (db->depth > 1) {
		db->depth--;
		return (savepoint(db, "RELEASE SAVEPOINT"));
	}
	r = db->driver->commit(db);
	if (r != DB_OK)
		rollback_quietly(db);
	db->depth = 0;
	return (db_note(db, r));
}

void
db_rollback(struct db *db)
{
	if (db->depth == 0)
		panic("rollback without a transaction");
	db->depth--;
	if (db->depth > 0) {
		if (db->doomed == DB_OK)
			savepoint(db, "ROLLBACK TO SAVEPOINT");
		return;
	}
	if (!db->lost)
		db->driver->rollback(db);
	db->doomed = DB_OK;
}

/* Between tries: some milliseconds, more each time, never the same. */
static void
transaction_pause(int tries)
{
	struct timespec	ts = { 0 };

	ts.tv_nsec = (long)(5 + randombytes_uniform(20U << tries)) * 1000000;
	if (ts.tv_nsec >= 1000000000)
		ts.tv_nsec = 999999999;
	nanosleep(&ts, NULL);
}

static int
transaction_once(struct db *db, int (*fn)(struct db *, void *), void *arg)
{
	int	r;

	if ((r = db_begin(db)) != DB_OK)
		return (r);
	if ((r = fn(db, arg)) == DB_OK)
		return (db_commit(db));
	rollback_quietly(db);
	return (r);
}

int
db_transaction(struct db *db, int (*fn)(struct db *, void *), void *arg)
{
	int64_t	until = clock_mono_ms() + RETRY_MS;
	int	nested = db->depth > 0, r, tries;

	for (tries = 1;; tries++) {
		r = transaction_once(db, fn, arg);
		if (r != DB_BUSY || nested || tries >= RETRY_MAX ||
		    clock_mono_ms() >= until)
			return (r);
		transaction_pause(tries);
	}
}
