/* SPDX-License-Identifier: ISC */
/*
 * The schema: made once, changed under a lock, never an older one's or
 * somebody else's.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>
#include <sqlite3.h>

#include "db_fixture.h"
#include "db/acl.h"
#include "db/event.h"
#include "db/host.h"
#include "db/migrations.h"
#include "db/query.h"
#include "db/setting.h"
#include "db/user.h"
#include "lib/xmalloc.h"

static int
apply(const struct fixture *f, const struct migration *list, size_t n,
    char *why, size_t size)
{
	struct db *db;
	int r;

	if ((r = fixture_try(f, 1, &db, why, size)) != DB_OK)
		return r;
	r = list != NULL ? migrations_apply_list(db, list, n) :
	    migrations_apply(db);
	if (r != DB_OK)
		snprintf(why, size, "%s", db_error(db));
	db_close(db);
	return r;
}

static void
first_and_again(void **state)
{
	struct fixture *f = fixture_use(state);
	char why[512];
	int64_t n;
	int i;

	assert_int_equal(fixture_try(f, 1, &f->db, why, sizeof(why)), DB_OK);
	db_close(f->db);
	assert_int_equal(fixture_try(f, 0, &f->db, why, sizeof(why)),
	    DB_OLDER);
	for (i = 0; i < 3; i++)
		assert_int_equal(apply(f, NULL, 0, why, sizeof(why)), DB_OK);
	f->db = fixture_open(f);
	assert_int_equal(db_get_int(f->db, &n,
	    "SELECT COUNT(*) FROM user_roles", NO_BINDS), DB_OK);
	assert_int_equal(n, 5);
	assert_int_equal(db_get_int(f->db, &n,
	    "SELECT version FROM schema_version", NO_BINDS), DB_OK);
	assert_int_equal(n, migrations_version());
}

static int
apply_racer(const struct fixture *f, int number)
{
	char why[512];

	(void)number;
	return apply(f, NULL, 0, why, sizeof(why));
}

static void
many_at_once(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t n;
	int i, r[16];

	fixture_race(f, 16, apply_racer, r);
	for (i = 0; i < 16; i++)
		assert_int_equal(r[i], DB_OK);
	f->db = fixture_open(f);
	assert_int_equal(db_get_int(f->db, &n,
	    "SELECT COUNT(*) FROM user_roles", NO_BINDS), DB_OK);
	assert_int_equal(n, 5);
}

static void
newer_refused(void **state)
{
	struct fixture *f = fixture_use(state);
	char why[512];
	struct db *db;

	fixture_sql(f, "UPDATE schema_version SET version = version + 1");
	assert_int_equal(fixture_try(f, 0, &db, why, sizeof(why)), DB_NEWER);
	assert_null(db);
	assert_non_null(strstr(why, "newer"));
	assert_int_equal(apply(f, NULL, 0, why, sizeof(why)), DB_NEWER);
}

/* The digest of a file, and how many files there are beside it. */
static void
digest(const struct fixture *f, unsigned char out[32], int *files)
{
	unsigned char buf[65536];
	crypto_hash_sha256_state h;
	struct dirent *e;
	ssize_t n;
	DIR *d;
	int fd;

	crypto_hash_sha256_init(&h);
	fd = open(f->path, O_RDONLY);
	assert_int_not_equal(fd, -1);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		crypto_hash_sha256_update(&h, buf, (size_t)n);
	close(fd);
	crypto_hash_sha256_final(&h, out);
	d = opendir(f->dir);
	for (*files = 0; (e = readdir(d)) != NULL;)
		*files += e->d_name[0] != '.';
	closedir(d);
}

static const char *const original[] = {
	"CREATE TABLE migrations (id VARCHAR(255) PRIMARY KEY)",
	"CREATE TABLE ssh_keys (id INTEGER PRIMARY KEY, name TEXT)",
	"CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
	"INSERT INTO migrations VALUES ('1'), ('2')",
	"INSERT INTO users VALUES (1, 'moul')",
	NULL
};

static void
refused_untouched(struct fixture *f, const char *word)
{
	unsigned char before[32], after[32];
	char why[512];
	struct db *db;
	int files = 0, nfiles = 0, sqlite = strcmp(f->driver, "sqlite3") == 0;

	if (sqlite)
		digest(f, before, &files);
	assert_int_equal(fixture_try(f, 0, &db, why, sizeof(why)),
	    DB_FOREIGN);
	assert_non_null(strstr(why, word));
	assert_int_equal(apply(f, NULL, 0, why, sizeof(why)), DB_FOREIGN);
	assert_non_null(strstr(why, word));
	if (sqlite) {
		digest(f, after, &nfiles);
		assert_memory_equal(before, after, 32);
		assert_int_equal(files, nfiles);
	}
	/* It fails if the table has come into being. */
	fixture_sql(f, "CREATE TABLE schema_version (id INTEGER)");
	fixture_sql(f, "CREATE TABLE user_roles (id INTEGER)");
}

static void
original_refused(void **state)
{
	struct fixture *f = fixture_use(state);
	size_t i;

	for (i = 0; original[i] != NULL; i++)
		fixture_sql(f, original[i]);
	refused_untouched(f, "original");
}

static void
something_else_refused(void **state)
{
	struct fixture *f = fixture_use(state);

	fixture_sql(f, "CREATE TABLE recipes (id INTEGER)");
	refused_untouched(f, "something else");
}

/* Changes that come after this binary's last one. */
static const char *const next[] = {
	"CREATE TABLE IF NOT EXISTS colours (id {id}, name {name}) {table}",
	"CREATE INDEX colours_name ON colours (name)",
	"sqlite:INSERT INTO colours (name) VALUES ('lite')",
	"mysql:INSERT INTO colours (name) VALUES ('my')",
	NULL
};

static const char *const broken[] = {
	"CREATE TABLE IF NOT EXISTS colours (id {id}, name {name}) {table}",
	"INSERT INTO colours (name) VALUES ('once')",
	"INSERT INTO colourz (name) VALUES ('fails')",
	"INSERT INTO colours (name) VALUES ('then')",
	NULL
};

static const char *const mended[] = {
	"CREATE TABLE IF NOT EXISTS colours (id {id}, name {name}) {table}",
	"INSERT INTO colours (name) VALUES ('once')",
	"UPDATE colours SET name = name",
	"INSERT INTO colours (name) VALUES ('then')",
	NULL
};

static int
apply_next(const struct fixture *f, const char *const *statements,
    char *why, size_t size)
{
	size_t n = schema_migrations_count;
	struct migration *list = xcalloc(n + 1, sizeof(*list));
	int r;

	memcpy(list, schema_migrations, n * sizeof(*list));
	list[n] = (struct migration){ migrations_version() + 1, statements };
	r = apply(f, list, n + 1, why, size);
	free(list);
	return r;
}

/* fixture_try() would refuse that version: look past the store. */
static int64_t
sqlite_number(const char *path, const char *sql)
{
	sqlite3_stmt *st;
	sqlite3 *h;
	int64_t n;

	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(h, sql, -1, &st, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(h);
	return n;
}

static void
copied_aside(void **state)
{
	struct fixture *f = fixture_use(state);
	struct stat st;
	char why[512], *bak = xasprintf("%s.bak-v%d", f->path,
	    migrations_version());

	assert_int_equal(setting_set(f->db, "old", "value"), DB_OK);
	assert_int_equal(stat(bak, &st), -1);
	/* With the other connection open: what is in the WAL counts too. */
	assert_int_equal(apply_next(f, next, why, sizeof(why)), DB_OK);
	assert_int_equal(stat(bak, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(sqlite_number(bak,
	    "SELECT COUNT(*) FROM settings WHERE name = 'old'"), 1);
	assert_int_equal(sqlite_number(bak,
	    "SELECT version FROM schema_version"), migrations_version());
	assert_int_equal(sqlite_number(bak,
	    "SELECT COUNT(*) FROM sqlite_master WHERE name = 'colours'"), 0);
	assert_int_equal(sqlite_number(f->path,
	    "SELECT version FROM schema_version"), migrations_version() + 1);
	assert_int_equal(sqlite_number(f->path,
	    "SELECT COUNT(*) FROM colours WHERE name = 'lite'"), 1);
	free(bak);
}

static void
upgrade(void **state)
{
	struct fixture *f = fixture_use(state);
	char why[512];
	struct db *db;
	int64_t n;

	assert_int_equal(apply_next(f, next, why, sizeof(why)), DB_OK);
	assert_int_equal(apply_next(f, next, why, sizeof(why)), DB_OK);
	assert_int_equal(fixture_try(f, 1, &db, why, sizeof(why)), DB_OK);
	assert_int_equal(db_get_int(db, &n, "SELECT COUNT(*) FROM colours",
	    NO_BINDS), DB_OK);
	assert_int_equal(n, 1);
	db_close(db);
	/* This binary knows one version less than the database has now. */
	assert_int_equal(fixture_try(f, 0, &db, why, sizeof(why)), DB_NEWER);
}

/*
 * SQLite: all or nothing.  MySQL: resumed at the statement that failed, so
 * nothing is done twice.
 */
static void
broken_off(void **state)
{
	struct fixture *f = fixture_use(state);
	char why[512];
	struct db *db;
	int64_t n;

	assert_int_equal(apply_next(f, broken, why, sizeof(why)),
	    DB_ERROR);
	assert_non_null(strstr(why, "colourz"));
	assert_int_equal(fixture_try(f, 0, &db, why, sizeof(why)), DB_OK);
	assert_int_equal(db_get_int(db, &n,
	    "SELECT version FROM schema_version", NO_BINDS), DB_OK);
	assert_int_equal(n, migrations_version());
	db_close(db);
	assert_int_equal(apply_next(f, mended, why, sizeof(why)), DB_OK);
	assert_int_equal(fixture_try(f, 1, &db, why, sizeof(why)), DB_OK);
	assert_int_equal(db_get_int(db, &n, "SELECT COUNT(*) FROM colours",
	    NO_BINDS), DB_OK);
	assert_int_equal(n, 2);
	db_close(db);
}

/* Rules and hosts of the second version allow what they did: the default. */
static void
kinds_of_old(void **state)
{
	struct fixture *f = fixture_use(state);
	char why[512];
	struct acl_list *acls;
	struct host_list *hosts;

	assert_int_equal(schema_migrations[1].version, 2);
	assert_int_equal(apply(f, schema_migrations, 2, why, sizeof(why)),
	    DB_OK);
	fixture_sql(f, "INSERT INTO acls (action, weight, host_pattern,"
	    " inception, expiration, comment, created_at, updated_at)"
	    " VALUES ('allow', 0, '*', 0, 0, '', 1, 1)");
	fixture_sql(f, "INSERT INTO hosts (name, scheme, addr, port, login,"
	    " logging, comment, host_key_type, legacy, created_at,"
	    " updated_at) VALUES ('web1', 'ssh', '::1', 22, 'root',"
	    " 'disabled', '', '', 0, 1, 1)");
	assert_int_equal(apply(f, NULL, 0, why, sizeof(why)), DB_OK);
	f->db = fixture_open(f);
	assert_int_equal(acl_list(f->db, 0, &acls), DB_OK);
	assert_int_equal(acls->n, 1);
	assert_int_equal(acls->v[0].allow, 0);
	assert_int_equal(kinds_effective(acls->v[0].allow), KINDS_DEFAULT);
	acls->v[0].allow = KIND_BIT(KIND_SFTP) | KIND_BIT(KIND_SCP);
	assert_int_equal(acl_update(f->db, &acls->v[0]), DB_OK);
	acl_list_free(acls);
	assert_int_equal(acl_list(f->db, 0, &acls), DB_OK);
	assert_int_equal(acls->v[0].allow,
	    KIND_BIT(KIND_SFTP) | KIND_BIT(KIND_SCP));
	acl_list_free(acls);
	assert_int_equal(host_list(f->db, 0, &hosts), DB_OK);
	assert_int_equal(hosts->n, 1);
	assert_int_equal(hosts->v[0].allow, 0);
	assert_string_equal(hosts->v[0].name, "web1");
	hosts->v[0].allow = KINDS_ALL;
	assert_int_equal(host_update(f->db, &hosts->v[0]), DB_OK);
	host_list_free(hosts);
	/* A word that nobody knows allows nothing, least of all all. */
	fixture_sql(f, "UPDATE acls SET allow = 'telepathy'");
	assert_int_equal(host_list(f->db, 0, &hosts), DB_OK);
	assert_int_equal(hosts->v[0].allow, KINDS_ALL);
	host_list_free(hosts);
	assert_int_equal(acl_list(f->db, 0, &acls), DB_OK);
	assert_int_equal(kinds_effective(acls->v[0].allow), 0);
	acl_list_free(acls);
}

/* What the third version holds asks for no more recordings than it did. */
static void
recordings_of_old(void **state)
{
	struct fixture *f = fixture_use(state);
	char why[512];
	struct acl_list *acls;
	struct host_list *hosts;
	struct event_list *events;

	assert_int_equal(schema_migrations[2].version, 3);
	assert_int_equal(apply(f, schema_migrations, 3, why, sizeof(why)),
	    DB_OK);
	fixture_sql(f, "INSERT INTO acls (action, weight, host_pattern,"
	    " inception, expiration, comment, created_at, updated_at)"
	    " VALUES ('allow', 0, '*', 0, 0, '', 1, 1)");
	fixture_sql(f, "INSERT INTO hosts (name, scheme, addr, port, login,"
	    " logging, comment, host_key_type, legacy, created_at,"
	    " updated_at) VALUES ('web1', 'ssh', '::1', 22, 'root',"
	    " 'input', '', '', 0, 1, 1)");
	fixture_sql(f, "INSERT INTO events (author_name, source, domain,"
	    " action, entity, args, created_at) VALUES ('a', '', 'host',"
	    " 'create', 'web1', '', 1)");
	assert_int_equal(apply(f, NULL, 0, why, sizeof(why)), DB_OK);
	f->db = fixture_open(f);
	assert_int_equal(event_list(f->db, 0, 0, &events), DB_OK);
	assert_int_equal(events->n, 1);
	assert_int_equal(events->v[0].session_id, 0);
	event_list_free(events);
	assert_int_equal(acl_list(f->db, 0, &acls), DB_OK);
	assert_int_equal(acls->n, 1);
	assert_int_equal(acls->v[0].logging, ACL_LOGGING_HOST);
	assert_false(acls->v[0].record_required);
	acls->v[0].logging = LOGGING_FULL;
	acls->v[0].record_required = 1;
	assert_int_equal(acl_update(f->db, &acls->v[0]), DB_OK);
	acl_list_free(acls);
	assert_int_equal(acl_list(f->db, 0, &acls), DB_OK);
	assert_int_equal(acls->v[0].logging, LOGGING_FULL);
	assert_true(acls->v[0].record_required);
	acl_list_free(acls);
	assert_int_equal(host_list(f->db, 0, &hosts), DB_OK);
	assert_int_equal(hosts->n, 1);
	assert_int_equal(hosts->v[0].logging, LOGGING_INPUT);
	assert_false(hosts->v[0].record_required);
	hosts->v[0].logging = LOGGING_FULL;
	hosts->v[0].record_required = 1;
	assert_int_equal(host_update(f->db, &hosts->v[0]), DB_OK);
	host_list_free(hosts);
	assert_int_equal(host_list(f->db, 0, &hosts), DB_OK);
	assert_int_equal(hosts->v[0].logging, LOGGING_FULL);
	assert_true(hosts->v[0].record_required);
	host_list_free(hosts);
	/* Words that nobody knows: rather too much. */
	fixture_sql(f, "UPDATE acls SET logging = 'dreams', record = 'so'");
	assert_int_equal(acl_list(f->db, 0, &acls), DB_OK);
	assert_int_equal(acls->v[0].logging, LOGGING_FULL);
	assert_true(acls->v[0].record_required);
	acl_list_free(acls);
}

/* After a crash between a DDL statement and the note that it was done. */
static void
interrupted(void **state)
{
	struct fixture *f = fixture_use(state);
	char why[512];
	int64_t n, counters;

	assert_int_equal(apply(f, NULL, 0, why, sizeof(why)), DB_OK);
	f->db = fixture_open(f);
	assert_int_equal(db_get_int(f->db, &counters,
	    "SELECT COUNT(*) FROM counters", NO_BINDS), DB_OK);
	assert_true(counters > 0);
	db_close(f->db);
	fixture_sql(f, "UPDATE schema_version SET version = 0, step = 0");
	assert_int_equal(apply(f, NULL, 0, why, sizeof(why)), DB_OK);
	f->db = fixture_open(f);
	assert_int_equal(db_get_int(f->db, &n,
	    "SELECT COUNT(*) FROM user_roles", NO_BINDS), DB_OK);
	assert_int_equal(n, 5);
	assert_int_equal(db_get_int(f->db, &n,
	    "SELECT COUNT(*) FROM counters", NO_BINDS), DB_OK);
	assert_int_equal(n, counters);
}

/* The highest id removed is not the next one given out, ever. */
static void
ids_never_again(void **state)
{
	struct fixture *f = fixture_use(state);
	struct user u = { .name = (char[]){ "first" } };
	int64_t a, b;

	assert_int_equal(user_create(f->db, &u, &a), DB_OK);
	assert_int_equal(user_remove(f->db, a), DB_OK);
	db_close(f->db);
	f->db = fixture_open(f);
	assert_int_equal(user_create(f->db, &u, &b), DB_OK);
	assert_true(b > a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EMPTY_BOTH(first_and_again),
		EMPTY_BOTH(many_at_once),
		ON_BOTH(newer_refused),
		EMPTY_BOTH(original_refused),
		EMPTY_BOTH(something_else_refused),
		ON_SQLITE(copied_aside),
		ON_BOTH(upgrade),
		ON_BOTH(broken_off),
		EMPTY_BOTH(kinds_of_old),
		EMPTY_BOTH(recordings_of_old),
		EMPTY_MYSQL(interrupted),
		ON_BOTH(ids_never_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
