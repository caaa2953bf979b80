/* SPDX-License-Identifier: ISC */
/*
 * Statements, for the files of db/ alone: SQL with typed, bound values.
 * Nothing is ever pasted into SQL but constant text of these files.
 *
 *	r = db_query(db, &st, "SELECT name FROM hosts WHERE id = ?",
 *	    BINDS(bind_int(id)));
 */
#ifndef DB_QUERY_H
#define DB_QUERY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "db/db.h"
#include "db/kinds.h"

struct db_stmt;

enum bind_kind {
	BIND_END,
	BIND_NULL,
	BIND_INT,
	BIND_TEXT,
	BIND_BLOB
};

/* One bound value; what it points at must live until the call returns. */
struct db_bind {
	enum bind_kind	 kind;
	int64_t		 i;
	const void	*p;
	size_t		 len;
};

struct db_bind	bind_int(int64_t i);
struct db_bind	bind_id(int64_t id);		/* 0: NULL */
struct db_bind	bind_text(const char *s);	/* NULL: "" */
struct db_bind	bind_opt(const char *s);	/* NULL: NULL */
struct db_bind	bind_cut(const char *s, size_t max);	/* first max bytes */
struct db_bind	bind_blob(const void *p, size_t len);	/* NULL: NULL */

#define BINDS(...) \
	(const struct db_bind[]){ __VA_ARGS__, { .kind = BIND_END } }
#define NO_BINDS	NULL

/*
 * Runs a statement that returns no rows. Outside of a transaction a lost
 * connection is renewed before it is sent, but a write is never sent twice.
 */
int	db_exec(struct db *db, const char *sql, const struct db_bind *binds);

/* The same; DB_NOTFOUND if it matched no row. */
int	db_exec_one(struct db *db, const char *sql,
	    const struct db_bind *binds);

/* True inside db_begin() or db_transaction(). */
int	db_in_transaction(const struct db *db);

/* Rows matched by the last db_exec(), and the id that it made. */
int64_t	db_changes(const struct db *db);
int64_t	db_last_id(const struct db *db);

/*
 * An edit: db_exec_one() and a step of the generation counter in one
 * transaction. *id, unless it is NULL, gets the id that was made.
 */
int	db_edit(struct db *db, int64_t *id, const char *sql,
	    const struct db_bind *binds);

/*
 * Runs a reading statement, again on a new connection if the old one turns
 * out to be lost. After DB_OK the caller ends *st with db_done().
 */
int	db_query(struct db *db, struct db_stmt **st, const char *sql,
	    const struct db_bind *binds);

/* DB_OK: a row is there; DB_NOTFOUND: no more. */
int	db_next(struct db_stmt *st);

void	db_done(struct db_stmt *st);

/*
 * The columns of a row, one after the other in the order of the SELECT.
 * NULL reads as 0, "" and NULL with length 0. Caller frees.
 */
int64_t	 col_int(struct db_stmt *st);
char	*col_text(struct db_stmt *st);
char	*col_opt(struct db_stmt *st);			/* NULL stays NULL */
void	*col_blob(struct db_stmt *st, size_t *len);

/* The only column of the first row; DB_NOTFOUND without a row. */
int	db_get_int(struct db *db, int64_t *out, const char *sql,
	    const struct db_bind *binds);

/* Sets the sentence and the class, which it returns. */
int	db_fail(struct db *db, int status, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* DB_NOTFOUND with its usual sentence. */
int	db_absent(struct db *db);

/*
 * What a value must be before it is bound: a name of 1 to DB_NAME_MAX bytes
 * of UTF-8; text of up to DB_NAME_MAX or DB_TEXT_MAX bytes of UTF-8 (NULL is
 * empty). DB_INVALID names `what`.
 */
int	db_check_name(struct db *db, const char *what, const char *s);
int	db_check_short(struct db *db, const char *what, const char *s);
int	db_check_text(struct db *db, const char *what, const char *s);

/*
 * The same for a list of networks (lib/network.h) that somebody or something
 * may come from, NULL and "" for any: it must be as it is stored.
 */
int	db_check_sources(struct db *db, const char *s);

/* A list of networks, with NULL for "". */
struct db_bind	bind_sources(const char *s);

/* A row's set of kinds (db/kinds.h), with NULL for the default; uses buf. */
struct db_bind	bind_kinds(uint32_t row, char buf[KINDS_TEXT_SIZE]);
uint32_t	col_kinds(struct db_stmt *st);

/*
 * All rows of a query as an array of n elements of `size` bytes, each filled
 * by read() from a zeroed one. No rows: DB_OK, *v is NULL and *n 0.
 */
int	db_get_rows(struct db *db, void *v, size_t *n, size_t size,
	    void (*read)(struct db_stmt *st, void *row), const char *sql,
	    const struct db_bind *binds);

/*
 * The only row, in malloc'ed memory: *row. DB_NOTFOUND without one,
 * DB_AMBIGUOUS if there are more; NULL then.
 */
int	db_get_row(struct db *db, void *row, size_t size,
	    void (*read)(struct db_stmt *st, void *row),
	    void (*clear)(void *row), const char *sql,
	    const struct db_bind *binds);

/* Calls clear() on each of n rows and frees the array. */
void	db_free_rows(void *v, size_t n, size_t size,
	    void (*clear)(void *row));

/* " FOR UPDATE" where rows are locked one by one, else "". */
const char	*db_for_update(const struct db *db);

/* `limit`, with 0 for all. */
int64_t	db_limit(int64_t limit);

/* Text of digits only that is a possible id: 1 and *id. */
int	db_text_id(const char *text, int64_t *id);

/* Appends the only column of all rows. */
int	db_get_names(struct db *db, struct db_names *names, const char *sql,
	    const struct db_bind *binds);

/*
 * Gives each of n rows its names. The rows (of `size` bytes, an int64_t id
 * at `idoff`, a struct db_names at `namesoff`) are in descending order of
 * ids; so must be those of sql, which selects (id, name) for ids between two
 * bound ones.
 */
int	db_attach_names(struct db *db, void *rows, size_t n, size_t size,
	    size_t idoff, size_t namesoff, const char *sql);

#endif
