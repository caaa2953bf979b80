/* SPDX-License-Identifier: ISC */
/*
 * The shared engine: MySQL or MariaDB through libmariadb's prepared
 * statements.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

#include "db/driver.h"
#include "lib/xmalloc.h"

#define CONNECT_SECONDS	5

/* Codes that one of the two servers has and its header may not. */
#define ER_KILLED_CONNECTION	1927	/* MariaDB */
#define ER_IDLE_DISCONNECT	4031	/* MySQL 8 */
#define ER_CHECK_FAILED		4025	/* MariaDB */
#define ER_CHECK_VIOLATED	3819	/* MySQL 8 */

/* Types that a server may ask for; the password is never sent in clear. */
#define AUTH_TYPES	"mysql_native_password,caching_sha2_password," \
			"client_ed25519,auth_gssapi_client,parsec"

static const struct {
	unsigned int	code;
	int		status;
} classes[] = {
	{ ER_DUP_ENTRY,			DB_EXISTS },
	{ ER_DUP_ENTRY_WITH_KEY_NAME,	DB_EXISTS },
	{ ER_DUP_KEYNAME,		DB_EXISTS },
	{ ER_TABLE_EXISTS_ERROR,	DB_EXISTS },
	{ ER_DUP_FIELDNAME,		DB_EXISTS },
	{ ER_LOCK_DEADLOCK,		DB_BUSY },
	{ ER_LOCK_WAIT_TIMEOUT,		DB_BUSY },
	{ ER_CHECKREAD,			DB_BUSY },
	{ ER_ROW_IS_REFERENCED,		DB_REF },
	{ ER_ROW_IS_REFERENCED_2,	DB_REF },
	{ ER_NO_REFERENCED_ROW,		DB_REF },
	{ ER_NO_REFERENCED_ROW_2,	DB_REF },
	{ ER_DATA_TOO_LONG,		DB_INVALID },
	{ ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, DB_INVALID },
	{ ER_WARN_DATA_OUT_OF_RANGE,	DB_INVALID },
	{ ER_BAD_NULL_ERROR,		DB_INVALID },
	{ ER_CHECK_FAILED,		DB_INVALID },
	{ ER_CHECK_VIOLATED,		DB_INVALID },
	{ ER_ACCESS_DENIED_ERROR,	DB_UNREADABLE },
	{ ER_DBACCESS_DENIED_ERROR,	DB_UNREADABLE },
	{ ER_TABLEACCESS_DENIED_ERROR,	DB_UNREADABLE },
	{ ER_BAD_DB_ERROR,		DB_UNREADABLE },
	{ ER_CON_COUNT_ERROR,		DB_GONE },
	{ ER_TOO_MANY_USER_CONNECTIONS,	DB_GONE },
	{ ER_USER_LIMIT_REACHED,	DB_GONE },
	{ ER_SERVER_SHUTDOWN,		DB_GONE },
	{ ER_NORMAL_SHUTDOWN,		DB_GONE },
	{ ER_QUERY_INTERRUPTED,		DB_GONE },
	{ ER_KILLED_CONNECTION,		DB_GONE },
	{ ER_IDLE_DISCONNECT,		DB_GONE },
	{ ER_DISK_FULL,			DB_GONE },
	{ ER_RECORD_FILE_FULL,		DB_GONE },
	{ ER_OPTION_PREVENTS_STATEMENT,	DB_GONE },
	{ ER_NOT_KEYFILE,		DB_CORRUPT },
	{ ER_CRASHED_ON_USAGE,		DB_CORRUPT },
};

/* "Duplicate entry 'x' for key 'name'"; MySQL 8 says 'users.name'. */
static void
mysql_note_conflict(struct db *db, const char *msg)
{
	const char	*p, *end, *dot;

	db->conflict[0] = '\0';
	if ((end = strrchr(msg, '\'')) == NULL)
		return;
	for (p = end; p > msg && p[-1] != '\''; p--)
		continue;
	dot = memchr(p, '.', (size_t)(end - p));
	if (dot != NULL)
		p = dot + 1;
	snprintf(db->conflict, sizeof(db->conflict), "%.*s", (int)(end - p),
	    p);
}

/*
 * The client's own errors are all about the connection, but for those of a
 * program that uses it wrongly.
 */
static int
mysql_status(unsigned int code)
{
	size_t	i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (classes[i].code == code)
			return (classes[i].status);
	switch (code) {
	case CR_CONNECTION_ERROR:
	case CR_CONN_HOST_ERROR:
	case CR_UNKNOWN_HOST:
	case CR_SERVER_GONE_ERROR:
	case CR_SERVER_LOST:
	case CR_SERVER_LOST_EXTENDED:
	case CR_SERVER_HANDSHAKE_ERR:
	case CR_SOCKET_CREATE_ERROR:
	case CR_SSL_CONNECTION_ERROR:
	case CR_STMT_CLOSED:
		return (DB_GONE);
	default:
		return (DB_ERROR);
	}
}

static int
mysql_class(struct db *db, unsigned int code, const char *msg)
{
	int	status = mysql_status(code);

	switch (status) {
	case DB_EXISTS:
		mysql_note_conflict(db, msg);
		return (db_fail(db, status, "%s is taken", db->conflict));
	case DB_REF:
		return (db_fail(db, status,
		    "the row is still used, or one that it names is absent"));
	default:
		return (db_fail(db, status, "database %s: %s (%u)",
		    db->dsn.database, msg, code));
	}
}

static int
mysql_fail(struct db *db)
{
	return (mysql_class(db, mysql_errno(db->handle),
	    mysql_error(db->handle)));
}

static int
mysql_stmt_fail(struct db_stmt *st)
{
	return (mysql_class(st->db, mysql_stmt_errno(st->handle),
	    mysql_stmt_error(st->handle)));
}

static int
my_simple(struct db *db, const char *sql)
{
	if (mysql_real_query(db->handle, sql, strlen(sql)) != 0)
		return (mysql_fail(db));
	return (DB_OK);
}

static void
my_close(struct db *db)
{
	mysql_close(db->handle);
	db->handle = NULL;
}

/*
 * No local files for a server that asks for them, no password in clear. TLS
 * is not asked for and not verified, whatever the library's default is.
 */
static void
my_options(struct db *db)
{
	unsigned int	connect = CONNECT_SECONDS, zero = 0;
	unsigned int	timeout = (unsigned int)db->timeout;
	unsigned int	tcp = MYSQL_PROTOCOL_TCP;
	my_bool		no = 0;

	/* Or "localhost" would mean a Unix socket. */
	if (db->dsn.socket == NULL)
		mysql_options(db->handle, MYSQL_OPT_PROTOCOL, &tcp);
	mysql_options(db->handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
	mysql_options(db->handle, MYSQL_OPT_READ_TIMEOUT, &timeout);
	mysql_options(db->handle, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
	mysql_options(db->handle, MYSQL_OPT_LOCAL_INFILE, &zero);
	mysql_options(db->handle, MYSQL_OPT_RECONNECT, &no);
	mysql_options(db->handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &no);
	mysql_options(db->handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options(db->handle, MARIADB_OPT_RESTRICTED_AUTH, AUTH_TYPES);
}

/*
 * READ COMMITTED: what is read after a lock was taken is what stands, as it
 * is on SQLite; an original's database is read as it was at one moment.
 * Strict: too long a value is an error, never cut.
 */
static int
my_session(struct db *db)
{
	int	r;

	r = my_simple(db, "SET SESSION sql_mode = 'STRICT_ALL_TABLES,"
	    "NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 5");
	if (r == DB_OK)
		r = my_simple(db, db->original ? "SET SESSION TRANSACTION "
		    "ISOLATION LEVEL REPEATABLE READ, READ ONLY" :
		    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	return (r);
}

static int
my_open(struct db *db)
{
	const struct dsn	*d = &db->dsn;
	MYSQL			*my;
	int			 r = DB_OK;

	if ((db->handle = my = mysql_init(NULL)) == NULL)
		return (db_fail(db, DB_ERROR, "libmariadb does not start"));
	my_options(db);
	if (mysql_real_connect(my, d->host, d->user,
	    d->password != NULL ? d->password : "", d->database, d->port,
	    d->socket, CLIENT_FOUND_ROWS) == NULL)
		r = mysql_fail(db);
	/* the library's copy, for connecting again, which is not its task */
	if (my->passwd != NULL)
		explicit_bzero(my->passwd, strlen(my->passwd));
	if (r == DB_OK)
		r = my_session(db);
	if (r != DB_OK)
		my_close(db);
	return (r);
}

static int
my_settle(struct db *db)
{
	(void)db;
	return (DB_OK);
}

static int
my_begin(struct db *db)
{
	return (my_simple(db, db->original ? "START TRANSACTION WITH "
	    "CONSISTENT SNAPSHOT, READ ONLY" : "START TRANSACTION"));
}

static int
my_commit(struct db *db)
{
	return (my_simple(db, "COMMIT"));
}

static void
my_rollback(struct db *db)
{
	mysql_rollback(db->handle);
}

/* Buffers of one statement: parameters, and the columns of its rows. */
struct work {
	MYSQL_BIND	*param;
	long long	*param_int;
	unsigned int	 nparams;
	MYSQL_BIND	*col;
	unsigned long	*col_len;
	my_bool		*col_null;
	unsigned int	 ncols;
	my_ulonglong	 changes;
	int		 executed;
};

static void
my_finish(struct db_stmt *st)
{
	struct work	*w = st->work;
	unsigned int	 i;

	if (st->handle != NULL)
		mysql_stmt_close(st->handle);
	st->handle = NULL;
	if (w == NULL)
		return;
	for (i = 0; i < w->ncols; i++)
		free(w->col[i].buffer);
	free(w->param);
	free(w->param_int);
	free(w->col);
	free(w->col_len);
	free(w->col_null);
	free(w);
	st->work = NULL;
}

static int
my_prepare(struct db_stmt *st, const char *sql)
{
	my_bool	yes = 1;
	int	r;

	if ((st->handle = mysql_stmt_init(st->db->handle)) == NULL)
		return (mysql_fail(st->db));
	mysql_stmt_attr_set(st->handle, STMT_ATTR_UPDATE_MAX_LENGTH, &yes);
	if (mysql_stmt_prepare(st->handle, sql, strlen(sql)) != 0) {
		r = mysql_stmt_fail(st);
		my_finish(st);
		return (r);
	}
	return (DB_OK);
}

/* Text goes as bytes: the columns say what it is, nothing is converted. */
static void
my_bind_one(struct work *w, unsigned int i, const struct db_bind *b)
{
	MYSQL_BIND	*p = &w->param[i];

	switch (b->kind) {
	case BIND_INT:
		w->param_int[i] = b->i;
		p->buffer_type = MYSQL_TYPE_LONGLONG;
		p->buffer = &w->param_int[i];
		break;
	case BIND_TEXT:
	case BIND_BLOB:
		p->buffer_type = MYSQL_TYPE_BLOB;
		p->buffer = (void *)(uintptr_t)b->p;
		p->buffer_length = b->len;
		break;
	default:
		p->buffer_type = MYSQL_TYPE_NULL;
		break;
	}
}

static int
my_bind(struct db_stmt *st, const struct db_bind *b)
{
	struct work	*w;
	unsigned int	 i;

	st->work = w = xcalloc(1, sizeof(*w));
	w->nparams = (unsigned int)mysql_stmt_param_count(st->handle);
	w->param = xcalloc(w->nparams + 1, sizeof(*w->param));
	w->param_int = xcalloc(w->nparams + 1, sizeof(*w->param_int));
	for (i = 0; b != NULL && b->kind != BIND_END && i < w->nparams;
	    i++, b++)
		my_bind_one(w, i, b);
	if (i != w->nparams || (b != NULL && b->kind != BIND_END))
		return (db_fail(st->db, DB_ERROR, "wrong number of values"));
	if (w->nparams > 0 && mysql_stmt_bind_param(st->handle, w->param))
		return (mysql_stmt_fail(st));
	return (DB_OK);
}

static int
my_is_int(enum enum_field_types type)
{
	switch (type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_NEWDECIMAL:
		return (1);
	default:
		return (0);
	}
}

/* Rows are fetched whole; the longest value of a column sizes its buffer. */
static int
my_bind_columns(struct db_stmt *st, struct work *w, MYSQL_RES *meta)
{
	MYSQL_FIELD	*fields = mysql_fetch_fields(meta);
	unsigned int	 i;

	w->ncols = mysql_num_fields(meta);
	w->col = xcalloc(w->ncols, sizeof(*w->col));
	w->col_len = xcalloc(w->ncols, sizeof(*w->col_len));
	w->col_null = xcalloc(w->ncols, sizeof(*w->col_null));
	for (i = 0; i < w->ncols; i++) {
		w->col[i].length = &w->col_len[i];
		w->col[i].is_null = &w->col_null[i];
		if (my_is_int(fields[i].type)) {
			w->col[i].buffer_type = MYSQL_TYPE_LONGLONG;
			w->col[i].buffer = xcalloc(1, sizeof(long long));
			continue;
		}
		w->col[i].buffer_type = MYSQL_TYPE_BLOB;
		w->col[i].buffer_length = fields[i].max_length;
		w->col[i].buffer = xmalloc(fields[i].max_length + 1);
	}
	if (mysql_stmt_bind_result(st->handle, w->col))
		return (mysql_stmt_fail(st));
	return (DB_OK);
}

/*
 * All rows are taken off the connection at once, so that other statements
 * can run while they are read.
 */
static int
my_execute(struct db_stmt *st, struct work *w)
{
	MYSQL_RES	*meta;
	int		 r;

	w->executed = 1;
	if (mysql_stmt_execute(st->handle) != 0)
		return (mysql_stmt_fail(st));
	if (mysql_stmt_field_count(st->handle) == 0) {
		w->changes = mysql_stmt_affected_rows(st->handle);
		return (DB_OK);
	}
	if (mysql_stmt_store_result(st->handle) != 0)
		return (mysql_stmt_fail(st));
	if ((meta = mysql_stmt_result_metadata(st->handle)) == NULL)
		return (mysql_stmt_fail(st));
	r = my_bind_columns(st, w, meta);
	mysql_free_result(meta);
	return (r);
}

static int
my_step(struct db_stmt *st)
{
	struct work	*w = st->work;
	int		 r;

	if (!w->executed && (r = my_execute(st, w)) != DB_OK)
		return (r);
	if (w->ncols == 0)
		return (DB_NOTFOUND);
	switch (mysql_stmt_fetch(st->handle)) {
	case 0:
		return (DB_OK);
	case MYSQL_NO_DATA:
		return (DB_NOTFOUND);
	case MYSQL_DATA_TRUNCATED:
		return (db_fail(st->db, DB_ERROR, "a value was cut"));
	default:
		return (mysql_stmt_fail(st));
	}
}

static void
my_column(struct db_stmt *st, int i, struct db_value *v)
{
	struct work	*w = st->work;
	long long	 n;

	*v = (struct db_value){ .null = w->col_null[i], .p = "" };
	if (v->null)
		return;
	if (w->col[i].buffer_type == MYSQL_TYPE_LONGLONG) {
		memcpy(&n, w->col[i].buffer, sizeof(n));
		v->i = n;
		return;
	}
	v->p = w->col[i].buffer;
	v->len = w->col_len[i];
}

static int64_t
my_changes(struct db_stmt *st)
{
	struct work	*w = st->work;

	return ((int64_t)w->changes);
}

static int64_t
my_last_id(struct db_stmt *st)
{
	return ((int64_t)mysql_stmt_insert_id(st->handle));
}

static int
my_checkpoint(struct db *db)
{
	(void)db;
	return (DB_OK);
}

static int
my_copy(struct db *db, int fd)
{
	(void)fd;
	return (db_fail(db, DB_INVALID, "MySQL and MariaDB are copied by "
	    "mariadb-dump(1), with --single-transaction"));
}

/* The server's own backups are its administrators' business. */
static int
my_backup(struct db *db, int version)
{
	(void)db;
	(void)version;
	return (DB_OK);
}

const struct db_driver driver_mysql = {
	.name = "mysql",
	.dialect = DIALECT_MYSQL,
	.reconnects = 1,
	.open = my_open,
	.close = my_close,
	.settle = my_settle,
	.simple = my_simple,
	.begin = my_begin,
	.commit = my_commit,
	.rollback = my_rollback,
	.prepare = my_prepare,
	.bind = my_bind,
	.step = my_step,
	.column = my_column,
	.finish = my_finish,
	.changes = my_changes,
	.last_id = my_last_id,
	.checkpoint = my_checkpoint,
	.copy = my_copy,
	.backup = my_backup,
};
