/* SPDX-License-Identifier: ISC */
/*
 * Applies the schema's changes, each once, under a lock.
 *
 * On SQLite all of it is one transaction: a crash leaves the old version. On
 * MySQL every DDL statement commits by itself, so the row of schema_version
 * also counts the statements of the version under way, and a crash is resumed
 * where it happened; a statement that turns out to be done already is passed
 * over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/driver.h"
#include "db/migrations.h"
#include "db/query.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xmalloc.h"

#define SQL_SIZE	4096
#define LOCK_SECONDS	120

/* What the engines name differently. */
static const struct {
	const char	*word;
	const char	*sql[2];	/* by enum db_dialect */
} words[] = {
	/* An id that is never given out twice, even after a removal. */
	{ "{id}", { "INTEGER PRIMARY KEY AUTOINCREMENT",
	    "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY" } },
	{ "{int}", { "INTEGER NOT NULL", "BIGINT NOT NULL" } },
	{ "{optint}", { "INTEGER", "BIGINT" } },
	/*
	 * Up to DB_NAME_MAX bytes, compared as bytes. VARBINARY, for every
	 * text collation of MySQL ignores trailing blanks at least.
	 */
	{ "{name}", { "TEXT NOT NULL", "VARBINARY(255) NOT NULL" } },
	{ "{optname}", { "TEXT", "VARBINARY(255)" } },
	/* UTF-8 that an operator wrote, up to DB_TEXT_MAX bytes. */
	{ "{text}", { "TEXT NOT NULL", "TEXT NOT NULL" } },
	{ "{opttext}", { "TEXT", "TEXT" } },
	/* Text that may come from the network: any bytes. */
	{ "{bytes}", { "TEXT NOT NULL", "BLOB NOT NULL" } },
	{ "{blob}", { "BLOB NOT NULL", "BLOB NOT NULL" } },
	{ "{optblob}", { "BLOB", "BLOB" } },
	{ "{seal}", { "BLOB", "VARBINARY(64)" } },
	{ "{table}", { "STRICT", "ENGINE=InnoDB ROW_FORMAT=DYNAMIC "
	    "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin" } },
};

static const char version_table[] =
    "CREATE TABLE IF NOT EXISTS schema_version ("
    "id {int} PRIMARY KEY, version {int}, step {int}, updated_at {int}"
    ") {table}";

struct state {
	int64_t	version;	/* 0: nothing there yet */
	int64_t	step;		/* statements of version + 1 that are done */
};

int
migrations_version(void)
{
	return (schema_migrations[schema_migrations_count - 1].version);
}

static void
sql_expand(enum db_dialect dialect, const char *in, char *out, size_t size)
{
	size_t		i, n = 0, len;
	const size_t	nwords = sizeof(words) / sizeof(words[0]);

	while (*in != '\0' && n + 1 < size) {
		for (i = 0; i < nwords; i++)
			if (strncmp(in, words[i].word,
			    strlen(words[i].word)) == 0)
				break;
		if (i == nwords) {
			out[n++] = *in++;
			continue;
		}
		len = strlen(words[i].sql[dialect]);
		if (n + len >= size)
			panic("a statement of the schema is too long");
		memcpy(out + n, words[i].sql[dialect], len);
		n += len;
		in += strlen(words[i].word);
	}
	if (*in != '\0')
		panic("a statement of the schema is too long");
	out[n] = '\0';
}

/* 0: the statement is for the other engine. */
static int
sql_for(enum db_dialect dialect, const char **sql)
{
	static const char	*const prefix[] = { "sqlite:", "mysql:" };
	size_t			 i;

	for (i = 0; i < 2; i++) {
		if (strncmp(*sql, prefix[i], strlen(prefix[i])) != 0)
			continue;
		*sql += strlen(prefix[i]);
		return (i == dialect);
	}
	return (1);
}

static int
has_table(struct db *db, const char *name, int *has)
{
	static const char	*const sql[] = {
		"SELECT COUNT(*) FROM sqlite_master"
		" WHERE type = 'table' AND name = ?",
		"SELECT COUNT(*) FROM information_schema.tables"
		" WHERE table_schema = DATABASE() AND table_name = ?"
	};
	int64_t			 n;
	int			 r;

	r = db_get_int(db, &n, sql[db->driver->dialect],
	    BINDS(bind_text(name)));
	*has = n > 0;
	return (r);
}

static int
count_tables(struct db *db, int64_t *n)
{
	static const char	*const sql[] = {
		"SELECT COUNT(*) FROM sqlite_master"
		" WHERE name NOT LIKE 'sqlite@_%' ESCAPE '@'",
		"SELECT COUNT(*) FROM information_schema.tables"
		" WHERE table_schema = DATABASE()"
	};

	return (db_get_int(db, n, sql[db->driver->dialect], NO_BINDS));
}

/* A database without our table of versions: empty, or not for us. */
static int
state_unknown(struct db *db)
{
	const char	*name = db->driver->dialect == DIALECT_SQLITE ?
	    db->conn : db->dsn.database;
	int64_t		 tables;
	int		 r, migrations, ssh_keys;

	if ((r = count_tables(db, &tables)) != DB_OK || tables == 0)
		return (r);
	if ((r = has_table(db, "migrations", &migrations)) != DB_OK ||
	    (r = has_table(db, "ssh_keys", &ssh_keys)) != DB_OK)
		return (r);
	if (migrations && ssh_keys)
		return (db_fail(db, DB_FOREIGN, "%s is the database of the "
		    "original sshportal, written in Go: it is left as it is; "
		    "use a new one, and \"sshportal import\" to move in",
		    name));
	return (db_fail(db, DB_FOREIGN, "%s holds tables of something else: "
	    "it is left as it is; use a new one", name));
}

/*
 * Ours, or empty. Between the first look and the count of tables another
 * instance may have begun to make them: it makes schema_version first, so a
 * second look tells.
 */
static int
state_ours(struct db *db, int *ours)
{
	int	r, verdict;

	if ((r = has_table(db, "schema_version", ours)) != DB_OK || *ours)
		return (r);
	if ((verdict = state_unknown(db)) != DB_FOREIGN)
		return (verdict);
	if ((r = has_table(db, "schema_version", ours)) != DB_OK || *ours)
		return (r);
	return (verdict);
}

static int
state_read(struct db *db, struct state *s)
{
	struct db_stmt	*st;
	int		 r, ours;

	*s = (struct state){ 0 };
	if ((r = state_ours(db, &ours)) != DB_OK || !ours)
		return (r);
	r = db_query(db, &st, "SELECT version, step FROM schema_version"
	    " WHERE id = 1", NO_BINDS);
	if (r != DB_OK)
		return (r);
	if ((r = db_next(st)) == DB_OK) {
		s->version = col_int(st);
		s->step = col_int(st);
	}
	db_done(st);
	return (r == DB_NOTFOUND ? DB_OK : r);
}

static int
state_newer(struct db *db, const struct state *s, int ours)
{
	if (s->version <= ours)
		return (DB_OK);
	return (db_fail(db, DB_NEWER, "the database has schema version %lld, "
	    "made by a newer sshportal; this one knows %d",
	    (long long)s->version, ours));
}

int
migrations_check(struct db *db)
{
	struct state	s;
	int		r, ours = migrations_version();

	if ((r = state_read(db, &s)) != DB_OK ||
	    (r = state_newer(db, &s, ours)) != DB_OK)
		return (r);
	if (s.version < ours)
		return (db_fail(db, DB_OLDER, "the database has schema version "
		    "%lld, this sshportal needs %d: start its server once",
		    (long long)s.version, ours));
	return (DB_OK);
}

static int
state_write(struct db *db, const struct state *s)
{
	return (db_exec(db, "UPDATE schema_version SET version = ?, step = ?,"
	    " updated_at = ? WHERE id = 1", BINDS(bind_int(s->version),
	    bind_int(s->step), bind_int(clock_utc()))));
}

static int
version_table_make(struct db *db)
{
	char	sql[SQL_SIZE];
	int64_t	n;
	int	r;

	sql_expand(db->driver->dialect, version_table, sql, sizeof(sql));
	if ((r = db_exec(db, sql, NO_BINDS)) != DB_OK ||
	    (r = db_get_int(db, &n, "SELECT COUNT(*) FROM schema_version",
	    NO_BINDS)) != DB_OK || n > 0)
		return (r);
	return (db_exec(db, "INSERT INTO schema_version"
	    " (id, version, step, updated_at) VALUES (1, 0, 0, 0)", NO_BINDS));
}

static int
statement_run(struct db *db, const char *statement)
{
	char	sql[SQL_SIZE];
	int	r;

	if (!sql_for(db->driver->dialect, &statement))
		return (DB_OK);
	sql_expand(db->driver->dialect, statement, sql, sizeof(sql));
	r = db_exec(db, sql, NO_BINDS);
	if (r == DB_EXISTS && db->driver->dialect == DIALECT_MYSQL)
		r = DB_OK;
	return (r);
}

static int
migration_run(struct db *db, const struct migration *m, struct state *s)
{
	int64_t	i;
	int	r;

	for (i = 0; m->statements[i] != NULL; i++) {
		if (i < s->step)
			continue;
		if ((r = statement_run(db, m->statements[i])) != DB_OK)
			return (r);
		s->step = i + 1;
		if (db->driver->dialect == DIALECT_MYSQL &&
		    (r = state_write(db, s)) != DB_OK)
			return (r);
	}
	s->version = m->version;
	s->step = 0;
	log_info("database schema is now version %d", m->version);
	return (state_write(db, s));
}

struct job {
	const struct migration	*list;
	size_t			 n;
};

/* Runs with the lock held: another instance may have done it all. */
static int
migrations_locked(struct db *db, void *arg)
{
	const struct job	*job = arg;
	struct state		 s;
	size_t			 i;
	int			 r, target = job->list[job->n - 1].version;

	if ((r = state_read(db, &s)) != DB_OK ||
	    (r = state_newer(db, &s, target)) != DB_OK ||
	    s.version == target)
		return (r);
	if (s.version > 0 &&
	    (r = db->driver->backup(db, (int)s.version)) != DB_OK)
		return (r);
	if ((r = version_table_make(db)) != DB_OK)
		return (r);
	for (i = 0; i < job->n; i++)
		if (job->list[i].version > s.version &&
		    (r = migration_run(db, &job->list[i], &s)) != DB_OK)
			return (r);
	return (DB_OK);
}

/* Named after the database: one server may hold several portals'. */
#define LOCK_NAME	"SHA1(CONCAT('sshportal.', DATABASE()))"

static int
migrations_mysql(struct db *db, struct job *job)
{
	int64_t	got;
	int	r;

	r = db_get_int(db, &got, "SELECT GET_LOCK(" LOCK_NAME ", ?)",
	    BINDS(bind_int(LOCK_SECONDS)));
	if (r != DB_OK)
		return (r);
	if (got != 1)
		return (db_fail(db, DB_BUSY, "another instance has been "
		    "migrating the database for %d s", LOCK_SECONDS));
	r = migrations_locked(db, job);
	if (r == DB_OK)
		r = db_get_int(db, &got, "SELECT RELEASE_LOCK(" LOCK_NAME ")",
		    NO_BINDS);
	else
		db->driver->simple(db, "DO RELEASE_LOCK(" LOCK_NAME ")");
	return (r);
}

int
migrations_apply_list(struct db *db, const struct migration *list, size_t n)
{
	struct job	job = { list, n };
	struct state	s;
	int		r;

	/* Before anything is written: is it ours, and not too new? */
	if ((r = state_read(db, &s)) != DB_OK ||
	    (r = state_newer(db, &s, list[n - 1].version)) != DB_OK ||
	    (r = db->driver->settle(db)) != DB_OK ||
	    s.version == list[n - 1].version)
		return (r);
	if (db->driver->dialect == DIALECT_MYSQL)
		return (migrations_mysql(db, &job));
	return (db_transaction(db, migrations_locked, &job));
}

int
migrations_apply(struct db *db)
{
	return (migrations_apply_list(db, schema_migrations,
	    schema_migrations_count));
}
