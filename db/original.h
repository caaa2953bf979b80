/* SPDX-License-Identifier: ISC */
/*
 * The database of the original sshportal, the one written in Go, and of its
 * maintained fork: what `sshportal import` reads. Nothing is ever written to
 * it. Any version of its schema will do: a column or table that a version does
 * not have yet reads as NULL, or as no rows.
 */
#ifndef DB_ORIGINAL_H
#define DB_ORIGINAL_H

#include <stddef.h>
#include <stdint.h>

#include "db/db.h"

enum original_table {
	ORIGINAL_KEYS,
	ORIGINAL_HOSTS,
	ORIGINAL_USER_KEYS,
	ORIGINAL_USERS,
	ORIGINAL_USER_GROUPS,
	ORIGINAL_HOST_GROUPS,
	ORIGINAL_ACLS,
	ORIGINAL_SETTINGS,
	ORIGINAL_EVENTS,
	ORIGINAL_SESSIONS,
	ORIGINAL_ROLES,
	/* Links: two ids a row. */
	ORIGINAL_USER_ROLES,
	ORIGINAL_USER_MEMBERS,		/* of user groups */
	ORIGINAL_HOST_MEMBERS,		/* of host groups */
	ORIGINAL_ACL_USER_GROUPS,
	ORIGINAL_ACL_HOST_GROUPS,
	ORIGINAL_TABLES			/* how many */
};

enum original_kind {
	ORIGINAL_INT,
	ORIGINAL_TEXT,		/* whatever bytes were stored */
	ORIGINAL_BLOB,
	ORIGINAL_TIME		/* text: "2006-01-02 15:04:05", perhaps with a
				   fraction and a zone; UTC without one */
};

struct original_column {
	const char		*name;	/* in the database */
	const char		*field;	/* in its backups; NULL: not there */
	enum original_kind	 kind;
};

#define ORIGINAL_COLUMNS_MAX	20

/* A column of a row: a number, 0 for NULL; or bytes, with a NUL after them. */
struct original_value {
	int64_t	 i;
	char	*text;		/* NULL for NULL */
	size_t	 len;
};

/*
 * Opens one: driver and conn as for db_open(); *version gets the number of the
 * last change of its schema that was applied, 0 if none is known. Another kind
 * of database is DB_FOREIGN with a sentence. A transaction is open then, so
 * that all that is read stood there at one moment. End with db_close().
 */
int	original_open(struct db **, const char *driver, const char *conn,
	    int64_t *version, char *err, size_t errlen);

/* The columns of a table in the order of a row's values, and how many. */
const struct original_column *original_columns(enum original_table,
	    size_t *n);

/*
 * Reads a table in the order of its ids: row() is called with each row's
 * values, which are borrowed and wiped thereafter, and ends the reading by
 * returning another class than DB_OK.
 */
int	original_read(struct db *, enum original_table,
	    int (*row)(void *arg, const struct original_value *), void *arg);

#endif
