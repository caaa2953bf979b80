/* SPDX-License-Identifier: ISC */
/*
 * A fresh store for each test, on SQLite and on a private MariaDB that the
 * test program starts when it first needs it and ends when it exits.
 */
#ifndef REGRESS_UNIT_DB_FIXTURE_H
#define REGRESS_UNIT_DB_FIXTURE_H

#include <stddef.h>

#include "db/db.h"

struct fixture {
	const char	*driver;
	char		*dir;		/* for files of the test */
	char		*conn;		/* what db_open() takes */
	char		*path;		/* of the file, or name of the
					   database */
	struct db	*db;		/* open, schema made; or NULL */
};

#define FIXTURE_PASSWORD	"p:w@d/1'"

/* Setups and teardown for cmocka.  *_EMPTY: no schema, no connection. */
int	fixture_sqlite(void **state);
int	fixture_mysql(void **state);
int	fixture_sqlite_empty(void **state);
int	fixture_mysql_empty(void **state);
int	fixture_end(void **state);

/* The fixture of a running test; skips it if the engine is missing. */
struct fixture	*fixture_use(void **state);

/* Another connection to the same store.  Fails the test if it cannot. */
struct db	*fixture_open(const struct fixture *f);

/* db_open() with the fixture's driver and conn. */
int	fixture_try(const struct fixture *f, int setup, struct db **db,
	    char *err, size_t errlen);

/* Runs a statement past the store, as some other program would. */
void	fixture_sql(const struct fixture *f, const char *sql);

/* Ends all connections to the fixture's database from the server's side. */
void	fixture_kill_connections(const struct fixture *f);

/*
 * Forks n processes that start at the same moment, each running
 * fn(f, number) and exiting with what it returns (0 to 100).  results gets
 * the values, 255 for one that died.
 */
void	fixture_race(const struct fixture *f, int n,
	    int (*fn)(const struct fixture *f, int number), int *results);

/* Port of the server, for DSNs of one's own. */
int	fixture_port(void);

#define ON_SQLITE(fn) \
	{ "sqlite " #fn, fn, fixture_sqlite, fixture_end, NULL }
#define ON_MYSQL(fn) \
	{ "mysql " #fn, fn, fixture_mysql, fixture_end, NULL }
#define ON_BOTH(fn)	ON_SQLITE(fn), ON_MYSQL(fn)
#define EMPTY_SQLITE(fn) \
	{ "sqlite " #fn, fn, fixture_sqlite_empty, fixture_end, NULL }
#define EMPTY_MYSQL(fn) \
	{ "mysql " #fn, fn, fixture_mysql_empty, fixture_end, NULL }
#define EMPTY_BOTH(fn)	EMPTY_SQLITE(fn), EMPTY_MYSQL(fn)

#endif /* REGRESS_UNIT_DB_FIXTURE_H */
