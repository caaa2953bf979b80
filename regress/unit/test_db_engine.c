/* SPDX-License-Identifier: ISC */
/*
 * Connections, error classes, transactions and values, on both engines.
 */
#include <sys/stat.h>

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

#include "db_fixture.h"
#include "db/group.h"
#include "db/query.h"
#include "db/setting.h"
#include "db/user.h"
#include "lib/xmalloc.h"

static int
open_as(const char *driver, const char *conn, int setup, char *why,
    size_t size)
{
	const struct db_options o = { .driver = driver, .conn = conn,
	    .setup = setup };
	struct db *db;
	int r;

	why[0] = '\0';
	r = db_open(&db, &o, why, size);
	if (r == DB_OK)
		db_close(db);
	else {
		assert_null(db);
		assert_true(strlen(why) > 10);
	}
	return r;
}

static void
open_refused_sqlite(void **state)
{
	struct fixture *f = fixture_use(state);
	char why[256], *path;

	assert_int_equal(open_as("oracle", f->conn, 0, why, sizeof(why)),
	    DB_UNREADABLE);
	assert_int_equal(open_as("sqlite3", "", 1, why, sizeof(why)),
	    DB_UNREADABLE);
	assert_int_equal(open_as("sqlite3", f->dir, 0, why, sizeof(why)),
	    DB_UNREADABLE);
	path = xasprintf("%s/nowhere/portal.db", f->dir);
	assert_int_equal(open_as("sqlite3", path, 1, why, sizeof(why)),
	    DB_UNREADABLE);
	assert_non_null(strstr(why, path));
	free(path);
	/* Not there and not to be made: nothing is made. */
	assert_int_equal(open_as("sqlite3", f->conn, 0, why, sizeof(why)),
	    DB_UNREADABLE);
	assert_int_equal(access(f->path, F_OK), -1);
}

static int
open_unreadable(const struct fixture *f, int number)
{
	char why[256];

	(void)number;
	if (geteuid() == 0 && (setgid(65534) == -1 || setuid(65534) == -1))
		return 99;
	return open_as(f->driver, f->conn, 0, why, sizeof(why));
}

static void
no_permission(void **state)
{
	struct fixture *f = fixture_use(state);
	int r;

	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(chmod(f->path, 0), 0);
	fixture_race(f, 1, open_unreadable, &r);
	assert_int_equal(r, DB_UNREADABLE);
	/* Readable alone does not do either. */
	assert_int_equal(chmod(f->path, 0444), 0);
	fixture_race(f, 1, open_unreadable, &r);
	assert_int_equal(r, DB_UNREADABLE);
}

static void
write_garbage(const char *path, off_t at, size_t len)
{
	char *junk = xmalloc(len);
	int fd;

	memset(junk, 'x', len);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(pwrite(fd, junk, len, at), len);
	close(fd);
	free(junk);
}

static void
corrupt_from_start(void **state)
{
	struct fixture *f = fixture_use(state);
	char why[256];

	write_garbage(f->path, 0, 8192);
	assert_int_equal(open_as("sqlite3", f->conn, 0, why, sizeof(why)),
	    DB_CORRUPT);
	assert_non_null(strstr(why, f->path));
	assert_int_equal(open_as("sqlite3", f->conn, 1, why, sizeof(why)),
	    DB_CORRUPT);
}

static void
corrupt_inside(void **state)
{
	struct fixture *f = fixture_use(state);
	struct user_list *l;
	struct stat st;
	int r;

	assert_int_equal(db_checkpoint(f->db), DB_OK);
	db_close(f->db);
	f->db = NULL;
	assert_int_equal(stat(f->path, &st), 0);
	assert_true(st.st_size > 65536);
	write_garbage(f->path, 8192, (size_t)st.st_size - 8192);
	r = fixture_try(f, 0, &f->db, NULL, 0);
	if (r == DB_OK) {
		r = user_list(f->db, 0, &l);
		assert_null(l);
	}
	assert_int_equal(r, DB_CORRUPT);
}

static void
open_refused_mysql(void **state)
{
	struct fixture *f = fixture_use(state);
	char why[256], *conn;

	conn = xasprintf("portal:wrong@tcp(127.0.0.1:%d)/%s", fixture_port(),
	    f->path);
	assert_int_equal(open_as("mysql", conn, 0, why, sizeof(why)),
	    DB_UNREADABLE);
	assert_null(strstr(why, "wrong"));
	free(conn);
	conn = xasprintf("portal:" FIXTURE_PASSWORD
	    "@tcp(127.0.0.1:%d)/%s_not", fixture_port(), f->path);
	assert_int_equal(open_as("mysql", conn, 0, why, sizeof(why)),
	    DB_UNREADABLE);
	free(conn);
	assert_int_equal(open_as("mysql", "u:p@tcp(127.0.0.1:1)/p", 0, why,
	    sizeof(why)), DB_GONE);
	assert_int_equal(open_as("mysql", "u:p@unix(/nowhere/s)/p", 0, why,
	    sizeof(why)), DB_GONE);
	assert_int_equal(open_as("mysql", "nonsense", 0, why, sizeof(why)),
	    DB_UNREADABLE);
}

static void
password_apart(void **state)
{
	struct fixture *f = fixture_use(state);
	char *conn;
	struct db_options o = { .driver = "mysql",
	    .password = FIXTURE_PASSWORD };
	struct db *db;

	conn = xasprintf("portal:old@tcp(127.0.0.1:%d)/%s", fixture_port(),
	    f->path);
	o.conn = conn;
	assert_int_equal(db_open(&db, &o, NULL, 0), DB_OK);
	assert_string_equal(db_driver_name(db), "mysql");
	db_close(db);
	free(conn);
}

static void
sqlite_files(void **state)
{
	struct fixture *f = fixture_use(state);
	struct stat st;
	char *wal = xasprintf("%s-wal", f->path);

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(setting_set(f->db, "a", "b"), DB_OK);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(st.st_size > 0);
	assert_int_equal(db_checkpoint(f->db), DB_OK);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_size, 0);
	db_close(f->db);
	f->db = NULL;
	assert_int_equal(stat(wal, &st), -1);
	free(wal);
}

/* One that says busy until it has been called `need` times. */
struct busy {
	int	calls;
	int	need;
	int	last;
};

static int
busy_run(struct db *db, void *arg)
{
	struct busy *b = arg;
	int64_t id;
	int r;

	b->calls++;
	r = group_ensure(db, GROUP_USER, "busy", "", &id);
	if (r != DB_OK)
		return r;
	return b->calls < b->need ? DB_BUSY : b->last;
}

static int
group_there(struct db *db, const char *name)
{
	struct group *g;
	int r;

	r = group_by_name(db, GROUP_USER, name, &g);
	assert_true(r == DB_OK || r == DB_NOTFOUND);
	group_free(g);
	return r == DB_OK;
}

static void
transaction_retries(void **state)
{
	struct fixture *f = fixture_use(state);
	struct busy for_ever = { 0, 1000, DB_OK };
	struct busy thrice = { 0, 3, DB_OK };
	struct busy fails = { 0, 0, DB_ERROR };

	assert_int_equal(db_transaction(f->db, busy_run, &for_ever),
	    DB_BUSY);
	assert_int_equal(for_ever.calls, 8);
	assert_false(group_there(f->db, "busy"));
	assert_int_equal(db_transaction(f->db, busy_run, &fails), DB_ERROR);
	assert_int_equal(fails.calls, 1);
	assert_false(group_there(f->db, "busy"));
	assert_int_equal(db_transaction(f->db, busy_run, &thrice), DB_OK);
	assert_int_equal(thrice.calls, 3);
	assert_true(group_there(f->db, "busy"));
}

static void
transaction_by_hand(void **state)
{
	struct fixture *f = fixture_use(state);
	struct db *other = fixture_open(f);
	int64_t id;

	assert_int_equal(db_begin(f->db), DB_OK);
	assert_int_equal(group_ensure(f->db, GROUP_USER, "a", "", &id),
	    DB_OK);
	assert_true(group_there(f->db, "a"));
	assert_false(group_there(other, "a"));
	db_rollback(f->db);
	assert_false(group_there(f->db, "a"));

	assert_int_equal(db_begin(f->db), DB_OK);
	assert_int_equal(group_ensure(f->db, GROUP_USER, "outer", "", &id),
	    DB_OK);
	assert_int_equal(db_begin(f->db), DB_OK);
	assert_int_equal(group_ensure(f->db, GROUP_USER, "undone", "", &id),
	    DB_OK);
	db_rollback(f->db);
	assert_int_equal(db_begin(f->db), DB_OK);
	assert_int_equal(group_ensure(f->db, GROUP_USER, "inner", "", &id),
	    DB_OK);
	assert_int_equal(db_commit(f->db), DB_OK);
	/* A failed statement ends itself, not the transaction. */
	assert_int_equal(group_create(f->db, GROUP_USER,
	    &(struct group){ .name = (char[]){ "inner" } }, &id), DB_EXISTS);
	assert_string_equal(db_conflict(f->db), "name");
	assert_int_equal(db_commit(f->db), DB_OK);
	assert_true(group_there(other, "outer"));
	assert_true(group_there(other, "inner"));
	assert_false(group_there(other, "undone"));
	db_close(other);
}

/* Nested busy dooms the whole: nothing of it may be committed. */
static void
transaction_doomed(void **state)
{
	struct fixture *f = fixture_use(state);
	struct db *other = fixture_open(f);
	int64_t id, before, after;

	assert_int_equal(generation_get(f->db, &before), DB_OK);
	assert_int_equal(db_begin(other), DB_OK);
	assert_int_equal(generation_bump(other), DB_OK);
	if (strcmp(f->driver, "sqlite3") == 0) {
		assert_int_equal(db_begin(f->db), DB_BUSY);
	} else {
		assert_int_equal(db_begin(f->db), DB_OK);
		assert_int_equal(setting_set(f->db, "x", "1"), DB_OK);
		assert_int_equal(group_ensure(f->db, GROUP_USER, "late", "",
		    &id), DB_BUSY);
		assert_int_equal(setting_set(f->db, "y", "1"), DB_BUSY);
		assert_int_equal(db_commit(f->db), DB_BUSY);
	}
	assert_true(strlen(db_error(f->db)) > 10);
	assert_int_equal(db_commit(other), DB_OK);
	assert_int_equal(generation_get(f->db, &after), DB_OK);
	assert_int_equal(after, before + 1);
	assert_int_equal(setting_remove(f->db, "x"), DB_NOTFOUND);
	assert_int_equal(setting_set(f->db, "x", "2"), DB_OK);
	db_close(other);
}

#define RACERS	6
#define ROUNDS	10

struct step {
	const char	*first, *second;
};

static int
count_up(struct db *db, const char *name)
{
	return db_exec_one(db,
	    "UPDATE counters SET value = value + 1 WHERE name = ?",
	    BINDS(bind_text(name)));
}

static int
both_counters(struct db *db, void *arg)
{
	const struct step *s = arg;
	int r;

	if ((r = count_up(db, s->first)) != DB_OK)
		return r;
	usleep(1000);
	return count_up(db, s->second);
}

static int
racer(const struct fixture *f, int number)
{
	struct step s = { "generation", "seal" };
	struct db *db;
	int i, r = DB_OK;

	if (number % 2 == 1)
		s = (struct step){ "seal", "generation" };
	if (fixture_try(f, 0, &db, NULL, 0) != DB_OK)
		return 98;
	for (i = 0; i < ROUNDS && r == DB_OK; i++)
		r = db_transaction(db, both_counters, &s);
	db_close(db);
	return r;
}

/* On MySQL these deadlock all the time. */
static void
transactions_race(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t before, after, seals;
	int i, r[RACERS];

	assert_int_equal(generation_get(f->db, &before), DB_OK);
	fixture_race(f, RACERS, racer, r);
	for (i = 0; i < RACERS; i++)
		assert_int_equal(r[i], DB_OK);
	assert_int_equal(generation_get(f->db, &after), DB_OK);
	assert_int_equal(after, before + RACERS * ROUNDS);
	assert_int_equal(db_get_int(f->db, &seals,
	    "SELECT value FROM counters WHERE name = 'seal'", NO_BINDS),
	    DB_OK);
	assert_int_equal(seals, RACERS * ROUNDS);
}

static void
killed_connection(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t v;

	/* Idle: reads and writes come back by themselves. */
	fixture_kill_connections(f);
	assert_int_equal(generation_get(f->db, &v), DB_OK);
	fixture_kill_connections(f);
	assert_int_equal(setting_set(f->db, "a", "1"), DB_OK);
	fixture_kill_connections(f);
	assert_int_equal(db_ping(f->db), DB_OK);

	/* In a transaction: gone, and so is what it did. */
	assert_int_equal(db_begin(f->db), DB_OK);
	assert_int_equal(setting_set(f->db, "b", "1"), DB_OK);
	fixture_kill_connections(f);
	assert_int_equal(setting_set(f->db, "c", "1"), DB_GONE);
	assert_int_equal(generation_get(f->db, &v), DB_GONE);
	assert_int_equal(db_commit(f->db), DB_GONE);
	assert_int_equal(setting_remove(f->db, "b"), DB_NOTFOUND);
	assert_int_equal(setting_remove(f->db, "c"), DB_NOTFOUND);

	/* The commit itself. */
	assert_int_equal(db_begin(f->db), DB_OK);
	assert_int_equal(setting_set(f->db, "d", "1"), DB_OK);
	fixture_kill_connections(f);
	assert_int_equal(db_commit(f->db), DB_GONE);
	assert_true(db_retryable(DB_GONE));
	assert_int_equal(setting_set(f->db, "d", "2"), DB_OK);
}

/* Two names that some collation would take for one are two. */
static void
names_are_bytes(void **state)
{
	struct fixture *f = fixture_use(state);
	static const char *const names[] = {
		"web", "WEB", "web ", " web", "w\xc3\xa9" "b", "we\xcc\x81" "b",
		"weB", "web\t", "\xf0\x9f\x90\x99", "\xf0\x9f\x90\xa0",
		"stra\xc3\x9f" "e", "strasse", "'; DROP TABLE users; --",
		"\"q\"", "`q`", "\\'", "%", "_", "a\nb", "\x1b[31mred", "NULL",
		"0x41", "?", "\xc2\xa0"
	};
	const size_t n = sizeof(names) / sizeof(names[0]);
	int64_t ids[sizeof(names) / sizeof(names[0])];
	struct group *g;
	struct group_list *l;
	size_t i;

	for (i = 0; i < n; i++)
		assert_int_equal(group_ensure(f->db, GROUP_HOST, names[i],
		    names[i], &ids[i]), DB_OK);
	for (i = 0; i < n; i++) {
		assert_int_equal(group_by_name(f->db, GROUP_HOST, names[i],
		    &g), DB_OK);
		assert_int_equal(g->id, ids[i]);
		assert_string_equal(g->name, names[i]);
		assert_string_equal(g->comment, names[i]);
		group_free(g);
	}
	assert_int_equal(group_list(f->db, GROUP_HOST, 0, &l), DB_OK);
	assert_int_equal(l->n, n);
	group_list_free(l);
	assert_int_equal(group_by_name(f->db, GROUP_HOST, "wEb", &g),
	    DB_NOTFOUND);
	assert_null(g);
}

/* The same order on both: that of the bytes. */
static void
names_sort_alike(void **state)
{
	static const char *const sorted[] = {
		"A", "Z", "a", "a ", "b", "\xc3\xa4", "\xf0\x9f\x90\x99"
	};
	const size_t n = sizeof(sorted) / sizeof(sorted[0]);
	struct fixture *f = fixture_use(state);
	struct db_names names;
	int64_t id, gid;
	size_t i;

	assert_int_equal(group_ensure(f->db, GROUP_USER, "g", "", &gid),
	    DB_OK);
	for (i = n; i-- > 0;) {
		struct user u = { .name = (char *)(uintptr_t)sorted[i] };

		assert_int_equal(user_create(f->db, &u, &id), DB_OK);
		assert_int_equal(group_add(f->db, GROUP_USER, gid, id),
		    DB_OK);
	}
	assert_int_equal(group_members(f->db, GROUP_USER, gid, &names),
	    DB_OK);
	assert_int_equal(names.n, n);
	for (i = 0; i < n; i++)
		assert_string_equal(names.name[i], sorted[i]);
	db_names_free(&names);
}

static void
values_refused(void **state)
{
	struct fixture *f = fixture_use(state);
	static const char *const bad_utf8[] = {
		"\xff", "a\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xc3"
	};
	char name[300], *text;
	struct group *g;
	int64_t id;
	size_t i;

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	assert_int_equal(group_ensure(f->db, GROUP_USER, name, "", &id),
	    DB_OK);
	assert_int_equal(group_by_name(f->db, GROUP_USER, name, &g), DB_OK);
	assert_int_equal(strlen(g->name), 255);
	group_free(g);
	name[255] = 'n';
	name[256] = '\0';
	assert_int_equal(group_ensure(f->db, GROUP_USER, name, "", &id),
	    DB_INVALID);
	assert_int_equal(group_ensure(f->db, GROUP_USER, "", "", &id),
	    DB_INVALID);
	for (i = 0; i < sizeof(bad_utf8) / sizeof(bad_utf8[0]); i++) {
		assert_int_equal(group_ensure(f->db, GROUP_USER, bad_utf8[i],
		    "", &id), DB_INVALID);
		assert_int_equal(setting_set(f->db, "s", bad_utf8[i]),
		    DB_INVALID);
	}
	text = xmalloc(DB_TEXT_MAX + 2);
	memset(text, 't', DB_TEXT_MAX + 2);
	text[DB_TEXT_MAX] = '\0';
	assert_int_equal(setting_set(f->db, "s", text), DB_OK);
	text[DB_TEXT_MAX] = 't';
	text[DB_TEXT_MAX + 1] = '\0';
	assert_int_equal(setting_set(f->db, "s", text), DB_INVALID);
	free(text);
	assert_int_equal(setting_get(f->db, "s", &text), DB_OK);
	assert_int_equal(strlen(text), DB_TEXT_MAX);
	free(text);
}

/* A statement with the wrong number of values is a bug, not a crash. */
static void
wrong_binds(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t v;

	assert_int_equal(db_get_int(f->db, &v, "SELECT ?", NO_BINDS),
	    DB_ERROR);
	assert_int_equal(db_get_int(f->db, &v, "SELECT 1",
	    BINDS(bind_int(1))), DB_ERROR);
	assert_int_equal(db_get_int(f->db, &v, "SELEKT 1", NO_BINDS),
	    DB_ERROR);
	assert_int_equal(db_get_int(f->db, &v, "SELECT ?",
	    BINDS(bind_int(INT64_MIN))), DB_OK);
	assert_true(v == INT64_MIN);
}

/* How many roles have this id or a later one, each counted by itself. */
static int64_t
count_roles(struct db *db, int64_t from, int depth)
{
	struct db_stmt *st;
	int64_t n = 0, id;

	assert_int_equal(db_query(db, &st, "SELECT id FROM user_roles"
	    " WHERE id >= ? ORDER BY id", BINDS(bind_int(from))), DB_OK);
	while (db_next(st) == DB_OK) {
		id = col_int(st);
		n += depth > 0 ? count_roles(db, id, depth - 1) : 1;
	}
	db_done(st);
	return n;
}

/*
 * An engine may keep statements: also within themselves, when there are many,
 * when one was left half read, and when the schema has changed they are as
 * good as new.
 */
static void
statements_again(void **state)
{
	struct fixture *f = fixture_use(state);
	struct db_stmt *st;
	char sql[64];
	int64_t v;
	int i, round;

	assert_int_equal(count_roles(f->db, 1, 0), 5);
	assert_int_equal(count_roles(f->db, 1, 1), 5 + 4 + 3 + 2 + 1);
	assert_int_equal(count_roles(f->db, 4, 2), 2 + 1 + 1);
	for (round = 0; round < 2; round++)
		for (i = 0; i < 60; i++) {
			snprintf(sql, sizeof(sql), "SELECT %d + ?", i);
			assert_int_equal(db_get_int(f->db, &v, sql,
			    BINDS(bind_int(round))), DB_OK);
			assert_int_equal(v, i + round);
		}
	assert_int_equal(db_query(f->db, &st, "SELECT id FROM user_roles"
	    " WHERE id >= ? ORDER BY id", BINDS(bind_int(1))), DB_OK);
	assert_int_equal(db_next(st), DB_OK);
	db_done(st);
	assert_int_equal(count_roles(f->db, 3, 0), 3);
	/* One that still ran would keep others from writing. */
	fixture_sql(f, "CREATE TABLE later (id INTEGER PRIMARY KEY)");
	fixture_sql(f, "DELETE FROM user_roles WHERE id = 5");
	assert_int_equal(count_roles(f->db, 1, 0), 4);
}

static void
status_names(void **state)
{
	int i, j;

	(void)state;
	for (i = DB_OK; i <= DB_ERROR; i++)
		for (j = DB_OK; j < i; j++)
			assert_string_not_equal(db_status_name(i),
			    db_status_name(j));
	assert_string_equal(db_status_name(-1), "unknown");
	assert_string_equal(db_status_name(DB_ERROR + 1), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EMPTY_SQLITE(open_refused_sqlite),
		ON_SQLITE(no_permission),
		EMPTY_SQLITE(corrupt_from_start),
		ON_SQLITE(corrupt_inside),
		ON_SQLITE(sqlite_files),
		EMPTY_MYSQL(open_refused_mysql),
		ON_MYSQL(password_apart),
		ON_MYSQL(killed_connection),
		ON_BOTH(transaction_retries),
		ON_BOTH(transaction_by_hand),
		ON_BOTH(transaction_doomed),
		ON_BOTH(transactions_race),
		ON_BOTH(names_are_bytes),
		ON_BOTH(names_sort_alike),
		ON_BOTH(values_refused),
		ON_BOTH(wrong_binds),
		ON_BOTH(statements_again),
		cmocka_unit_test(status_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
