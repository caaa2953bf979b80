/* SPDX-License-Identifier: ISC */
/*
 * Tables of the original sshportal, and the reading of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/driver.h"
#include "db/original.h"
#include "db/query.h"
#include "lib/xmalloc.h"

#define SQL_SIZE	2048
#define TIMEOUT		600	/* seconds: all events at once */

/* What the Go library gives every row. */
#define MODEL \
	{ "id", "ID", ORIGINAL_INT }, \
	{ "created_at", "CreatedAt", ORIGINAL_TIME }, \
	{ "updated_at", "UpdatedAt", ORIGINAL_TIME }, \
	{ "deleted_at", "DeletedAt", ORIGINAL_TIME }

#define TEXT(name, field)	{ name, field, ORIGINAL_TEXT }
#define NUMBER(name, field)	{ name, field, ORIGINAL_INT }
#define LINK(one, other) \
	{ { one, NULL, ORIGINAL_INT }, { other, NULL, ORIGINAL_INT } }

static const struct {
	const char		*name;
	const char		*order;
	int			 needed;	/* in every version */
	struct original_column	 columns[ORIGINAL_COLUMNS_MAX];
} tables[ORIGINAL_TABLES] = {
	[ORIGINAL_KEYS] = { "ssh_keys", "`id`", 1, { MODEL,
	    TEXT("name", "Name"), TEXT("type", "Type"),
	    NUMBER("length", "Length"), TEXT("fingerprint", "Fingerprint"),
	    TEXT("priv_key", "PrivKey"), TEXT("pub_key", "PubKey"),
	    TEXT("comment", "Comment") } },
	[ORIGINAL_HOSTS] = { "hosts", "`id`", 1, { MODEL,
	    TEXT("name", "Name"), TEXT("addr", "Addr"), TEXT("user", "User"),
	    TEXT("password", "Password"), TEXT("url", "URL"),
	    NUMBER("ssh_key_id", "SSHKeyID"),
	    { "host_key", "HostKey", ORIGINAL_BLOB },
	    TEXT("comment", "Comment"), TEXT("logging", "Logging"),
	    NUMBER("hop_id", "HopID") } },
	[ORIGINAL_USER_KEYS] = { "user_keys", "`id`", 1, { MODEL,
	    { "key", "Key", ORIGINAL_BLOB },
	    TEXT("authorized_key", "AuthorizedKey"),
	    NUMBER("user_id", "UserID"), TEXT("comment", "Comment") } },
	[ORIGINAL_USERS] = { "users", "`id`", 1, { MODEL,
	    TEXT("email", "Email"), TEXT("name", "Name"),
	    TEXT("comment", "Comment"), TEXT("invite_token", "InviteToken"),
	    NUMBER("is_admin", NULL) } },
	[ORIGINAL_USER_GROUPS] = { "user_groups", "`id`", 1, { MODEL,
	    TEXT("name", "Name"), TEXT("comment", "Comment") } },
	[ORIGINAL_HOST_GROUPS] = { "host_groups", "`id`", 1, { MODEL,
	    TEXT("name", "Name"), TEXT("comment", "Comment") } },
	[ORIGINAL_ACLS] = { "acls", "`id`", 1, { MODEL,
	    TEXT("host_pattern", "HostPattern"), TEXT("action", "Action"),
	    NUMBER("weight", "Weight"), TEXT("comment", "Comment"),
	    { "inception", "Inception", ORIGINAL_TIME },
	    { "expiration", "Expiration", ORIGINAL_TIME } } },
	[ORIGINAL_SETTINGS] = { "settings", "`id`", 0, { MODEL,
	    TEXT("name", "Name"), TEXT("value", "Value") } },
	[ORIGINAL_EVENTS] = { "events", "`id`", 0, { MODEL,
	    NUMBER("author_id", "AuthorID"), TEXT("domain", "Domain"),
	    TEXT("action", "Action"), TEXT("entity", "Entity"),
	    { "args", "Args", ORIGINAL_BLOB } } },
	[ORIGINAL_SESSIONS] = { "sessions", "`id`", 0, { MODEL,
	    { "stopped_at", "StoppedAt", ORIGINAL_TIME },
	    TEXT("status", "Status"), NUMBER("user_id", "UserID"),
	    NUMBER("host_id", "HostID"), TEXT("err_msg", "ErrMsg"),
	    TEXT("comment", "Comment") } },
	[ORIGINAL_ROLES] = { "user_roles", "`id`", 0, { MODEL,
	    TEXT("name", "Name") } },
	[ORIGINAL_USER_ROLES] = { "user_user_roles", "1, 2", 0,
	    LINK("user_id", "user_role_id") },
	[ORIGINAL_USER_MEMBERS] = { "user_user_groups", "1, 2", 0,
	    LINK("user_id", "user_group_id") },
	[ORIGINAL_HOST_MEMBERS] = { "host_host_groups", "1, 2", 0,
	    LINK("host_id", "host_group_id") },
	[ORIGINAL_ACL_USER_GROUPS] = { "user_group_acls", "1, 2", 0,
	    LINK("acl_id", "user_group_id") },
	[ORIGINAL_ACL_HOST_GROUPS] = { "host_group_acls", "1, 2", 0,
	    LINK("acl_id", "host_group_id") },
};

/*
 * A column as what it is, whatever the engine thinks of it: SQLite keeps what
 * was stored, and MySQL has dates as a type of its own. No time zone is set
 * there: the original set none either, and gets back what it wrote, UTC.
 */
static const struct {
	const char	*before, *after;
} casts[][2] = {
	[ORIGINAL_INT] = { { "CAST(`", "` AS INTEGER)" },
	    { "CAST(`", "` AS SIGNED)" } },
	[ORIGINAL_TEXT] = { { "CAST(`", "` AS TEXT)" }, { "`", "`" } },
	[ORIGINAL_BLOB] = { { "`", "`" }, { "`", "`" } },
	[ORIGINAL_TIME] = { { "CAST(`", "` AS TEXT)" },
	    { "DATE_FORMAT(`", "`, '%Y-%m-%d %H:%i:%s.%f')" } },
};

const struct original_column *
original_columns(enum original_table t, size_t *n)
{
	for (*n = 0; *n < ORIGINAL_COLUMNS_MAX; (*n)++)
		if (tables[t].columns[*n].name == NULL)
			break;
	return (tables[t].columns);
}

/* The columns that a table has in this database; none: it is not there. */
static int
columns_there(struct db *db, const char *table, struct db_names *names)
{
	static const char	*const sql[] = {
		[DIALECT_SQLITE] = "SELECT name FROM pragma_table_info(?)",
		[DIALECT_MYSQL] = "SELECT column_name"
		    " FROM information_schema.columns"
		    " WHERE table_schema = DATABASE() AND table_name = ?",
	};

	return (db_get_names(db, names, sql[db->driver->dialect],
	    BINDS(bind_text(table))));
}

static int
is_among(const struct db_names *names, const char *name)
{
	size_t	i;

	for (i = 0; i < names->n; i++)
		if (strcasecmp(names->name[i], name) == 0)
			return (1);
	return (0);
}

/* Tells the original's database from ours and from anything else. */
static int
check_table(struct db *db, const char *table, const char *column, int *has)
{
	struct db_names	names = { 0 };
	int		r;

	r = columns_there(db, table, &names);
	*has = is_among(&names, column);
	db_names_free(&names);
	return (r);
}

static int
check_kind(struct db *db)
{
	const char	*name = db->driver->dialect == DIALECT_SQLITE ?
	    db->conn : db->dsn.database;
	size_t		 i;
	int		 has, r;

	if ((r = check_table(db, "private_keys", "priv_sealed",
	    &has)) != DB_OK)
		return (r);
	if (has)
		return (db_fail(db, DB_FOREIGN, "%s is a database of this "
		    "sshportal, not of the original: \"config backup\" and "
		    "\"config restore\" move it", name));
	for (i = 0; i < ORIGINAL_TABLES; i++) {
		if (!tables[i].needed)
			continue;
		if ((r = check_table(db, tables[i].name, "id", &has)) != DB_OK)
			return (r);
		if (!has)
			return (db_fail(db, DB_FOREIGN, "%s is no database of "
			    "the original sshportal: it has no table %s",
			    name, tables[i].name));
	}
	return (DB_OK);
}

/* Changes of the schema are numbered; a word among them is a fresh start. */
static int
read_version(struct db *db, int64_t *version)
{
	struct db_names	ids = { 0 };
	int64_t		n;
	size_t		i;
	int		has, r;

	*version = 0;
	if ((r = check_table(db, "migrations", "id", &has)) != DB_OK || !has)
		return (r);
	r = db_get_names(db, &ids, "SELECT id FROM migrations", NO_BINDS);
	for (i = 0; i < ids.n; i++)
		if (db_text_id(ids.name[i], &n) && n > *version)
			*version = n;
	db_names_free(&ids);
	return (r);
}

int
original_open(struct db **dbp, const char *driver, const char *conn,
    int64_t *version, char *err, size_t errlen)
{
	struct db_options	o = { .driver = driver, .conn = conn,
				    .original = 1, .timeout = TIMEOUT };
	int			r;

	if ((r = db_open(dbp, &o, err, errlen)) != DB_OK)
		return (r);
	if ((r = db_begin(*dbp)) == DB_OK &&
	    (r = check_kind(*dbp)) == DB_OK &&
	    (r = read_version(*dbp, version)) == DB_OK)
		return (DB_OK);
	snprintf(err, errlen, "%s", db_error(*dbp));
	db_close(*dbp);
	*dbp = NULL;
	return (r);
}

static void
make_select(const struct db *db, enum original_table t,
    const struct db_names *there, char *sql, size_t size)
{
	const struct original_column	*c;
	enum db_dialect			 d = db->driver->dialect;
	size_t				 i, n, len;

	c = original_columns(t, &n);
	len = snprintf(sql, size, "SELECT ");
	for (i = 0; i < n; i++) {
		if (is_among(there, c[i].name))
			len += snprintf(sql + len, size - len, "%s%s%s%s",
			    i > 0 ? ", " : "", casts[c[i].kind][d].before,
			    c[i].name, casts[c[i].kind][d].after);
		else
			len += snprintf(sql + len, size - len, "%sNULL",
			    i > 0 ? ", " : "");
	}
	snprintf(sql + len, size - len, " FROM `%s` ORDER BY %s",
	    tables[t].name, tables[t].order);
}

static void
values_read(struct db_stmt *st, const struct original_column *c, size_t n,
    struct original_value *v)
{
	size_t	i;

	memset(v, 0, n * sizeof(*v));
	for (i = 0; i < n; i++) {
		if (c[i].kind == ORIGINAL_INT)
			v[i].i = col_int(st);
		else
			v[i].text = col_blob(st, &v[i].len);
	}
}

static void
values_wipe(struct original_value *v, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		if (v[i].text != NULL)
			explicit_bzero(v[i].text, v[i].len);
		free(v[i].text);
	}
}

static int
rows_read(struct db *db, enum original_table t, const char *sql,
    int (*row)(void *, const struct original_value *), void *arg)
{
	struct original_value		 v[ORIGINAL_COLUMNS_MAX];
	const struct original_column	*c;
	struct db_stmt			*st;
	size_t				 n;
	int				 r;

	c = original_columns(t, &n);
	if ((r = db_query(db, &st, sql, NO_BINDS)) != DB_OK)
		return (r);
	while ((r = db_next(st)) == DB_OK) {
		values_read(st, c, n, v);
		r = row(arg, v);
		values_wipe(v, n);
		if (r != DB_OK)
			break;
	}
	db_done(st);
	return (r == DB_NOTFOUND ? DB_OK : r);
}

int
original_read(struct db *db, enum original_table t,
    int (*row)(void *, const struct original_value *), void *arg)
{
	struct db_names	there = { 0 };
	char		sql[SQL_SIZE];
	int		r;

	r = columns_there(db, tables[t].name, &there);
	if (r == DB_OK && there.n > 0) {
		make_select(db, t, &there, sql, sizeof(sql));
		r = rows_read(db, t, sql, row, arg);
	}
	db_names_free(&there);
	return (r);
}
