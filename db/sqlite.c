/* SPDX-License-Identifier: ISC */
/*
 * The embedded engine: one file, WAL, as many processes as there are logins.
 */
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "db/driver.h"
#include "lib/log.h"
#include "lib/xmalloc.h"

#define BUSY_MS		5000
#define WAL_TRIES	50	/* of 100 ms */
#define KEPT_MAX	24	/* statements; a login has some 20 */

/*
 * Statements that were done with, for the next time: to parse one and to plan
 * it takes longer than to run it, and a login asks for its user twice, the
 * keeper writes the same few for ever. Found by their text; the oldest goes.
 */
struct kept {
	sqlite3_stmt	*stmt[KEPT_MAX];
	int		 n;		/* oldest first */
};

static struct kept *
kept_of(struct db *db)
{
	if (db->kept == NULL)
		db->kept = xcalloc(1, sizeof(struct kept));
	return (db->kept);
}

/* Takes the i-th out. */
static sqlite3_stmt *
kept_take(struct kept *k, int i)
{
	sqlite3_stmt	*h = k->stmt[i];

	k->n--;
	memmove(&k->stmt[i], &k->stmt[i + 1],
	    (k->n - i) * sizeof(k->stmt[0]));
	return (h);
}

static sqlite3_stmt *
kept_find(struct kept *k, const char *sql)
{
	int	i;

	for (i = k->n - 1; i >= 0; i--) {
		if (strcmp(sqlite3_sql(k->stmt[i]), sql) == 0)
			return (kept_take(k, i));
	}
	return (NULL);
}

/* Keeps one that holds nothing any more: no lock, no value. */
static void
kept_put(struct kept *k, sqlite3_stmt *h)
{
	if (sqlite3_reset(h) != SQLITE_OK) {
		sqlite3_finalize(h);
		return;
	}
	sqlite3_clear_bindings(h);
	if (k->n == KEPT_MAX)
		sqlite3_finalize(kept_take(k, 0));
	k->stmt[k->n++] = h;
}

static void
kept_free(struct db *db)
{
	struct kept	*k = db->kept;

	if (k == NULL)
		return;
	while (k->n > 0)
		sqlite3_finalize(kept_take(k, k->n - 1));
	free(k);
	db->kept = NULL;
}

/* SQLite names "table.column" (and more, if the index has more). */
static void
sqlite_note_conflict(struct db *db, const char *msg)
{
	const char	*p;
	size_t		 len;

	p = strchr(msg, '.');
	p = p != NULL ? p + 1 : msg;
	len = strcspn(p, ", ");
	snprintf(db->conflict, sizeof(db->conflict), "%.*s", (int)len, p);
}

static int
sqlite_constraint(struct db *db, int code, const char *msg)
{
	switch (code) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		sqlite_note_conflict(db, msg);
		return (db_fail(db, DB_EXISTS, "%s is taken", db->conflict));
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return (db_fail(db, DB_REF,
		    "the row is still used, or one that it names is absent"));
	default:
		return (db_fail(db, DB_INVALID, "%s", msg));
	}
}

/*
 * An original's file that another program has left in the middle of a change
 * is not ours to mend.
 */
static int
sqlite_unreadable(struct db *db, const char *msg)
{
	if (db->original)
		return (db_fail(db, DB_UNREADABLE, "%s: %s: stop the program "
		    "that writes to it, or copy the file, and try again",
		    db->conn, msg));
	return (db_fail(db, DB_UNREADABLE, "%s: %s: the file and its "
	    "directory must be writable for uid %u", db->conn, msg,
	    (unsigned int)geteuid()));
}

/* The class of an extended result code; says the sentence. */
static int
sqlite_class(struct db *db, int code)
{
	const char	*msg = sqlite3_errstr(code), *file = db->conn;

	if (db->handle != NULL)
		msg = sqlite3_errmsg(db->handle);
	switch (code & 0xff) {
	case SQLITE_OK:
		return (DB_OK);
	case SQLITE_CONSTRAINT:
		return (sqlite_constraint(db, code, msg));
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return (db_fail(db, DB_BUSY, "%s is locked: %s", file, msg));
	case SQLITE_FULL:
	case SQLITE_IOERR:
		return (db_fail(db, DB_GONE, "%s: %s", file, msg));
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return (db_fail(db, DB_CORRUPT, "%s is damaged, or no SQLite "
		    "database: %s", file, msg));
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return (sqlite_unreadable(db, msg));
	case SQLITE_TOOBIG:
		return (db_fail(db, DB_INVALID, "%s", msg));
	default:
		return (db_fail(db, DB_ERROR, "%s: %s", file, msg));
	}
}

static int
sqlite_simple(struct db *db, const char *sql)
{
	return (sqlite_class(db, sqlite3_exec(db->handle, sql, NULL, NULL,
	    NULL)));
}

/*
 * Makes the file with its mode before SQLite does, and looks at it by name
 * only: closing a descriptor of it would drop the locks that another
 * connection of this process may hold.
 */
static int
sqlite_find_file(struct db *db)
{
	struct stat	st;
	int		fd;

	if (db->conn[0] == '\0' || db->conn[0] == ':')
		return (db_fail(db, DB_UNREADABLE, "no database file named"));
	if (db->setup) {
		fd = open(db->conn, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		    0600);
		if (fd != -1)
			close(fd);
		else if (errno != EEXIST)
			return (db_fail(db, DB_UNREADABLE, "cannot make %s: %s",
			    db->conn, strerror(errno)));
	}
	if (stat(db->conn, &st) == -1)
		return (db_fail(db, DB_UNREADABLE, "%s: %s", db->conn,
		    strerror(errno)));
	if (!S_ISREG(st.st_mode))
		return (db_fail(db, DB_UNREADABLE, "%s is not a file",
		    db->conn));
	if (faccessat(AT_FDCWD, db->conn, db->original ? R_OK : R_OK | W_OK,
	    AT_EACCESS) == -1)
		return (db_fail(db, DB_UNREADABLE, "%s: %s", db->conn,
		    strerror(errno)));
	return (DB_OK);
}

/*
 * The library's own start. One thread uses it, nobody asks for its statistics;
 * and without lookaside a connection does not write all over 120 KB, of which a
 * login then uses a tenth: our malloc is quick enough.
 */
static void
sqlite_start(void)
{
	static int	done;

	if (done)
		return;
	done = 1;
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
	if (sqlite3_initialize() != SQLITE_OK)
		fatal("SQLite does not start");
}

static void
sqlite_close(struct db *db)
{
	kept_free(db);
	sqlite3_close_v2(db->handle);
	db->handle = NULL;
}

static int
sqlite_open(struct db *db)
{
	sqlite3	*h = NULL;
	char	*path;
	int	 r, code;

	if ((r = sqlite_find_file(db)) != DB_OK)
		return (r);
	sqlite_start();
	/* "./": a name is a name, never a "file:" URI. */
	path = xasprintf("%s%s", db->conn[0] == '/' ? "" : "./", db->conn);
	code = sqlite3_open_v2(path, &h, (db->original ?
	    SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	free(path);
	db->handle = h;
	if (code != SQLITE_OK) {
		r = sqlite_class(db, code);
		sqlite_close(db);
		return (r);
	}
	sqlite3_busy_timeout(h, BUSY_MS);
	sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (db->original)
		return (DB_OK);
	/*
	 * FULL: what a commit acknowledged survives a power cut.
	 * secure_delete: a removed invite or password leaves no trace.
	 */
	r = sqlite_simple(db, "PRAGMA foreign_keys = ON;"
	    "PRAGMA synchronous = FULL;"
	    "PRAGMA secure_delete = ON;");
	if (r != DB_OK)
		sqlite_close(db);
	return (r);
}

/*
 * The change to WAL does not wait for locks by itself: when two first starts
 * meet, one of them must try again.
 */
static int
sqlite_settle(struct db *db)
{
	int	i, r = DB_OK;

	for (i = 0; i < WAL_TRIES; i++) {
		r = sqlite_simple(db, "PRAGMA journal_mode = WAL");
		if (r != DB_BUSY)
			break;
		sqlite3_sleep(100);
	}
	return (r);
}

static int
sqlite_begin(struct db *db)
{
	return (sqlite_simple(db, db->original ? "BEGIN" :
	    "BEGIN IMMEDIATE"));
}

static int
sqlite_commit(struct db *db)
{
	return (sqlite_simple(db, "COMMIT"));
}

/* Some errors end the transaction by themselves. */
static void
sqlite_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

static int
sqlite_prepare(struct db_stmt *st, const char *sql)
{
	sqlite3_stmt	*h = NULL;
	int		 code;

	if ((st->handle = kept_find(kept_of(st->db), sql)) != NULL)
		return (DB_OK);
	code = sqlite3_prepare_v2(st->db->handle, sql, -1, &h, NULL);
	st->handle = h;
	return (sqlite_class(st->db, code));
}

static int
sqlite_bind(struct db_stmt *st, const struct db_bind *b)
{
	sqlite3_stmt	*h = st->handle;
	int		 code = SQLITE_OK, i;

	for (i = 1; code == SQLITE_OK && b != NULL && b->kind != BIND_END;
	    i++, b++) {
		switch (b->kind) {
		case BIND_INT:
			code = sqlite3_bind_int64(h, i, b->i);
			break;
		case BIND_TEXT:
			code = sqlite3_bind_text64(h, i, b->p, b->len,
			    SQLITE_TRANSIENT, SQLITE_UTF8);
			break;
		case BIND_BLOB:
			code = sqlite3_bind_blob64(h, i, b->p, b->len,
			    SQLITE_TRANSIENT);
			break;
		default:
			code = sqlite3_bind_null(h, i);
			break;
		}
	}
	if (code == SQLITE_OK && i - 1 != sqlite3_bind_parameter_count(h))
		code = SQLITE_RANGE;
	return (sqlite_class(st->db, code));
}

static int
sqlite_step(struct db_stmt *st)
{
	int	code;

	code = sqlite3_step(st->handle);
	if (code == SQLITE_ROW)
		return (DB_OK);
	if (code == SQLITE_DONE)
		return (DB_NOTFOUND);
	return (sqlite_class(st->db, code));
}

static void
sqlite_column(struct db_stmt *st, int i, struct db_value *v)
{
	sqlite3_stmt	*h = st->handle;
	int		 type = sqlite3_column_type(h, i);

	*v = (struct db_value){ .null = type == SQLITE_NULL, .p = "" };
	if (type == SQLITE_INTEGER) {
		v->i = sqlite3_column_int64(h, i);
	} else if (type != SQLITE_NULL) {
		if (sqlite3_column_blob(h, i) != NULL)
			v->p = sqlite3_column_blob(h, i);
		v->len = (size_t)sqlite3_column_bytes(h, i);
	}
}

static void
sqlite_finish(struct db_stmt *st)
{
	if (st->handle != NULL)
		kept_put(kept_of(st->db), st->handle);
	st->handle = NULL;
}

static int64_t
sqlite_changes(struct db_stmt *st)
{
	return (sqlite3_changes64(st->db->handle));
}

static int64_t
sqlite_last_id(struct db_stmt *st)
{
	return (sqlite3_last_insert_rowid(st->db->handle));
}

static int
sqlite_checkpoint(struct db *db)
{
	return (sqlite_class(db, sqlite3_wal_checkpoint_v2(db->handle, NULL,
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL)));
}

/*
 * The connection that is about to migrate holds the write lock, and SQLite
 * does not copy through such a one: another reads what stands.
 */
static int
backup_copy(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup	*b;
	int		 code;

	if ((b = sqlite3_backup_init(to, "main", from, "main")) == NULL)
		return (sqlite3_errcode(to));
	code = sqlite3_backup_step(b, -1);
	sqlite3_backup_finish(b);
	return (code == SQLITE_DONE ? SQLITE_OK : code);
}

static int
backup_run(struct db *db, const char *path)
{
	sqlite3	*from = NULL, *to = NULL;
	int	 code, fd;

	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return (db_fail(db, DB_UNREADABLE, "cannot make %s: %s", path,
		    strerror(errno)));
	close(fd);
	code = sqlite3_open_v2(sqlite3_db_filename(db->handle, "main"), &from,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE |
		    SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK)
		code = backup_copy(from, to);
	sqlite3_close_v2(to);
	sqlite3_close_v2(from);
	if (code == SQLITE_OK)
		return (DB_OK);
	return (db_fail(db, DB_GONE, "cannot copy the database to %s: %s",
	    path, sqlite3_errstr(code)));
}

/* Complete under a name of its own before it gets the right one. */
static int
sqlite_backup(struct db *db, int version)
{
	char	*path, *part;
	int	 r;

	path = xasprintf("%s.bak-v%d", db->conn, version);
	part = xasprintf("%s.part", path);
	r = backup_run(db, part);
	if (r == DB_OK && rename(part, path) == -1)
		r = db_fail(db, DB_GONE, "cannot make %s: %s", path,
		    strerror(errno));
	if (r != DB_OK)
		unlink(part);
	free(part);
	free(path);
	return (r);
}

static int
copy_bytes(struct db *db, const char *path, int to)
{
	struct stat	st;
	off_t		off = 0;
	ssize_t		n = 1;
	int		from;

	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from == -1 || fstat(from, &st) == -1)
		n = -1;
	while (n > 0 && off < st.st_size)
		n = sendfile(to, from, &off, st.st_size - off);
	if (from != -1)
		close(from);
	if (n > 0)
		return (DB_OK);
	return (db_fail(db, DB_GONE, "cannot copy the database: %s",
	    n == 0 ? "it ended too soon" : strerror(errno)));
}

/* SQLite wants a file that it may open by its name: one beside the database. */
static int
sqlite_copy(struct db *db, int fd)
{
	char	*path;
	int	 r;

	path = xasprintf("%s.copy-%ld", db->conn, (long)getpid());
	if ((r = backup_run(db, path)) == DB_OK)
		r = copy_bytes(db, path, fd);
	unlink(path);
	free(path);
	return (r);
}

const struct db_driver driver_sqlite = {
	.name = "sqlite3",
	.dialect = DIALECT_SQLITE,
	.reconnects = 0,
	.start = sqlite_start,
	.open = sqlite_open,
	.close = sqlite_close,
	.settle = sqlite_settle,
	.simple = sqlite_simple,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.prepare = sqlite_prepare,
	.bind = sqlite_bind,
	.step = sqlite_step,
	.column = sqlite_column,
	.finish = sqlite_finish,
	.changes = sqlite_changes,
	.last_id = sqlite_last_id,
	.checkpoint = sqlite_checkpoint,
	.copy = sqlite_copy,
	.backup = sqlite_backup,
};
