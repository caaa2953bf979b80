/* SPDX-License-Identifier: ISC */
/*
 * The store's connection: two engines (SQLite, MySQL/MariaDB) behind one
 * interface of statements, transactions and error classes. Only the files
 * of db/ write SQL; everything above speaks the entities in their own
 * headers (db/user.h, db/host.h, ...).
 *
 * Conventions of every function of db/ that returns int:
 *  - it returns DB_OK (0) or another class of enum db_status, and then
 *    db_error() holds a sentence for operators;
 *  - results come through the last pointer(s); on failure they are NULL/0;
 *  - times are UTC seconds, 0 means "none";
 *  - strings in rows are never NULL unless their header says so, and belong
 *    to the row: NOUN_free() and NOUN_list_free() free rows with them, and
 *    take NULL;
 *  - names are compared byte for byte and have 1 to DB_NAME_MAX bytes;
 *  - what it changes, it changes in one transaction of its own, or as a
 *    part of the caller's if one is open.
 *
 * A connection belongs to the process that opened it: it must not be used,
 * nor closed, across a fork.
 */
#ifndef DB_DB_H
#define DB_DB_H

#include <stddef.h>
#include <stdint.h>

#define DB_NAME_MAX	255	/* bytes of a name, e-mail, login, address */
#define DB_TEXT_MAX	65535	/* bytes of a comment, command, sealed text */

enum db_status {
	DB_OK = 0,
	DB_NOTFOUND,	/* no such row */
	DB_EXISTS,	/* unique value taken; db_conflict() names the column */
	DB_AMBIGUOUS,	/* more than one row bears this e-mail */
	DB_REF,		/* row is still used, or one it refers to is absent */
	DB_INVALID,	/* a value the store does not take: length, UTF-8 */
	DB_BUSY,	/* locked or deadlocked; nothing done, try again */
	DB_GONE,	/* unreachable, lost, read-only, full: try later */
	DB_CORRUPT,	/* not a database, or a damaged one */
	DB_NEWER,	/* schema of a newer sshportal */
	DB_OLDER,	/* schema of an older one, or none: setup must run */
	DB_FOREIGN,	/* somebody else's tables; untouched */
	DB_UNREADABLE,	/* no permission, no such file, access denied */
	DB_ERROR	/* anything else, a bug included */
};

struct db;

/* What to open. All strings are copied. */
struct db_options {
	const char	*driver;	/* "sqlite3" or "mysql" */
	const char	*conn;		/* file name, or DSN (db/dsn.h) */
	const char	*password;	/* NULL, or instead of the DSN's */
	int		 setup;		/* make the file if it is not there and
					   take any schema: the caller runs
					   migrations_apply() next */
	int		 original;	/* the original sshportal's: nothing is
					   written, its schema is not looked
					   at; see db/original.h */
	int		 timeout;	/* seconds until a statement is given
					   up, 0 for the default (15);
					   connecting takes 5 at most */
};

/*
 * The start of this driver's library, for a process that will fork: those who
 * open the store later need not do it each. No store is touched.
 */
void		 db_warm_up(const char *driver);

/*
 * Opens the store. Without `setup` the schema must be exactly this
 * binary's. On failure *dbp is NULL and `err` (errlen bytes, may be NULL)
 * holds the sentence. A new SQLite file has mode 0600.
 */
int		 db_open(struct db **dbp, const struct db_options *o,
		    char *err, size_t errlen);

/* Closes; rolls back what is open. NULL is allowed. */
void		 db_close(struct db *db);

/*
 * For a clean stop, by the last user: writes everything back from SQLite's
 * WAL and truncates it, so that db_close() then removes it. DB_BUSY if
 * somebody else is at it. Does nothing on MySQL.
 */
int		 db_checkpoint(struct db *db);

/*
 * Writes a copy of the whole database, as it stands at one moment, to an empty
 * file; others may write to the database meanwhile. While it is made, the copy
 * lies beside the database too. DB_INVALID where the engine has a tool of its
 * own for that.
 */
int		 db_copy(struct db *db, int fd);

/* One round trip, with a reconnect if the connection was lost. */
int		 db_ping(struct db *db);

/* "sqlite3" or "mysql". */
const char	*db_driver_name(const struct db *db);

/* Sentence about the last failure. Borrowed until the next call. */
const char	*db_error(const struct db *db);

/* After DB_EXISTS: the column (of its first, if several). Borrowed. */
const char	*db_conflict(const struct db *db);

/* The class in a word or two, for logs: "busy", "not found". */
const char	*db_status_name(int status);

/*
 * True for the failures that time may cure (DB_BUSY, DB_GONE): what was to
 * be written is worth keeping for another try.
 */
int		 db_retryable(int status);

/*
 * Runs fn(db, arg) in a writing transaction: BEGIN IMMEDIATE on SQLite.
 * fn's DB_OK commits, anything else rolls back and is returned. DB_BUSY
 * before the commit was sent makes the whole of it run again, at most 8
 * times or 10 s, so fn must be able to start afresh. DB_GONE from the
 * commit itself leaves open whether it happened: only a unique record
 * (db/record.h) can tell. Inside an open transaction fn's work becomes a
 * savepoint of it, and nothing is retried here.
 */
int		 db_transaction(struct db *db,
		    int (*fn)(struct db *db, void *arg), void *arg);

/*
 * The same by hand, for callers whose transaction does not fit a function
 * (a shell command). They nest. After DB_BUSY or DB_GONE inside, nothing
 * but the outermost rollback is possible, and db_commit() does that.
 * db_commit() closes the level in any case.
 */
int		 db_begin(struct db *db);
int		 db_commit(struct db *db);
void		 db_rollback(struct db *db);

/* A growing list of strings, such as the names of a user's groups. */
struct db_names {
	char	**name;
	size_t	  n;
};

/* Adds a copy of a string. */
void		 db_names_add(struct db_names *names, const char *name);

/* Whether the name is among them, byte for byte: 1 or 0. */
int		 db_names_have(const struct db_names *names, const char *name);

void		 db_names_free(struct db_names *names);

#endif
