/* SPDX-License-Identifier: ISC */
/*
 * The audit log's seals: whatever somebody with the database but without the
 * key does to it is found, and named by its number.
 */
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/event.h"
#include "lib/xmalloc.h"
#include "monitor/seals.h"
#include "monitor/secrets.h"
#include "monitor/verify.h"
#include "portal_fixture.h"

#define EVENTS	600

struct test {
	struct fixture	*f;
	struct portal	*p;
};

static struct {
	enum seals_fault	fault;
	int64_t			first, last;
} seen[32];
static int	nseen;

static void
note(void *arg, enum seals_fault fault, int64_t first, int64_t last)
{
	(void)arg;
	assert_true(nseen < 32);
	seen[nseen].fault = fault;
	seen[nseen].first = first;
	seen[nseen++].last = last;
}

static struct seals_count
verify(struct test *t)
{
	struct seals_count	count;

	nseen = 0;
	assert_int_equal(seals_verify(t->f->db, note, NULL, &count), DB_OK);
	assert_int_equal(count.faults, nseen);
	return (count);
}

static void
expect_fault(int i, enum seals_fault fault, int64_t first, int64_t last)
{
	assert_true(i < nseen);
	assert_int_equal(seen[i].fault, fault);
	assert_int_equal(seen[i].first, first);
	assert_int_equal(seen[i].last, last);
}

static void
add_events(struct test *t, int n)
{
	struct event	e = {
		.author_id = 1, .author_name = (char *)"bart",
		.source = (char *)"192.0.2.7", .domain = (char *)"host",
		.action = (char *)"create", .args = (char *)"{}",
		.created_at = 1000000
	};
	int64_t		id;

	db_begin(t->f->db);
	for (; n > 0; n--) {
		e.entity = xasprintf("h\xc3\xa9 %d ", n);
		assert_int_equal(event_create(t->f->db, &e, &id), DB_OK);
		free(e.entity);
	}
	assert_int_equal(db_commit(t->f->db), DB_OK);
}

static size_t
seal_all(struct test *t)
{
	size_t	n, all = 0;

	do {
		assert_int_equal(seals_extend(t->f->db, &n), DB_OK);
		all += n;
	} while (n == SEALS_BATCH);
	return (all);
}

static struct test
begin(void **state)
{
	struct test	t = { .f = fixture_use(state) };

	t.p = portal_new(t.f, "a");
	portal_key(t.f, t.p);
	add_events(&t, EVENTS);
	assert_int_equal(seal_all(&t), EVENTS);
	return (t);
}

static void
end(struct test *t)
{
	secrets_forget();
	portal_free(t->p);
}

static void
test_untouched(void **state)
{
	struct test		t = begin(state);
	struct seals_count	c = verify(&t);

	assert_int_equal(c.good, EVENTS);
	assert_int_equal(c.faults, 0);
	assert_int_equal(c.waiting, 0);
	assert_int_equal(seal_all(&t), 0);
	add_events(&t, 3);
	c = verify(&t);
	assert_int_equal(c.good, EVENTS);
	assert_int_equal(c.waiting, 3);
	assert_int_equal(seal_all(&t), 3);
	c = verify(&t);
	assert_int_equal(c.good, EVENTS + 3);
	assert_int_equal(c.faults, 0);
	end(&t);
}

static void
test_empty(void **state)
{
	struct test		t = { .f = fixture_use(state) };
	struct seals_count	c;

	t.p = portal_new(t.f, "a");
	portal_key(t.f, t.p);
	c = verify(&t);
	assert_int_equal(c.faults, 0);
	assert_int_equal(seal_all(&t), 0);
	end(&t);
}

static void
test_edited(void **state)
{
	static const char *const	edits[] = {
		"author_id = 2", "author_id = NULL", "author_name = 'lisa'",
		"source = '192.0.2.8'", "domain = 'user'", "action = 'rm'",
		"entity = 'other'", "args = '{ }'", "created_at = 1000001",
		"session_id = 7",
	};
	struct test			 t = begin(state);
	char				*sql;
	size_t				 i;

	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		sql = xasprintf("UPDATE events SET %s WHERE seal_no = %zu",
		    edits[i], 100 + i);
		fixture_sql(t.f, sql);
		free(sql);
		assert_int_equal(verify(&t).faults, i + 1);
		expect_fault(i, SEALS_EDITED, 100 + i, 100 + i);
	}
	/* The seal itself. */
	fixture_sql(t.f, "UPDATE events SET seal = (SELECT seal FROM "
	    "(SELECT seal FROM events WHERE seal_no = 9) x) "
	    "WHERE seal_no = 10");
	verify(&t);
	expect_fault(0, SEALS_EDITED, 10, 10);
	end(&t);
}

static void
test_removed(void **state)
{
	struct test	t = begin(state);

	fixture_sql(t.f, "DELETE FROM events WHERE seal_no = 300");
	assert_int_equal(verify(&t).faults, 1);
	expect_fault(0, SEALS_MISSING, 300, 300);
	fixture_sql(t.f, "DELETE FROM events WHERE seal_no < 5");
	assert_int_equal(verify(&t).faults, 2);
	expect_fault(0, SEALS_MISSING, 1, 4);
	expect_fault(1, SEALS_MISSING, 300, 300);
	end(&t);
}

/* Renumbered so that there is no hole. */
static void
test_renumbered(void **state)
{
	struct test	t = begin(state);
	int		i;
	char		sql[128];

	fixture_sql(t.f, "DELETE FROM events WHERE seal_no = 590");
	for (i = 591; i <= EVENTS; i++) {
		snprintf(sql, sizeof(sql), "UPDATE events SET seal_no = %d "
		    "WHERE seal_no = %d", i - 1, i);
		fixture_sql(t.f, sql);
	}
	assert_int_equal(verify(&t).faults, 11);
	expect_fault(0, SEALS_EDITED, 590, 590);
	expect_fault(10, SEALS_CUT, 600, 600);
	end(&t);
}

static void
test_reordered(void **state)
{
	struct test	t = begin(state);

	fixture_sql(t.f, "UPDATE events SET seal_no = 9999 WHERE seal_no = 7");
	fixture_sql(t.f, "UPDATE events SET seal_no = 7 WHERE seal_no = 8");
	fixture_sql(t.f, "UPDATE events SET seal_no = 8 "
	    "WHERE seal_no = 9999");
	assert_int_equal(verify(&t).faults, 2);
	expect_fault(0, SEALS_EDITED, 7, 7);
	expect_fault(1, SEALS_EDITED, 8, 8);
	end(&t);
}

static void
test_cut(void **state)
{
	struct test		t = begin(state);
	struct seals_count	c;

	fixture_sql(t.f, "DELETE FROM events WHERE seal_no > 590");
	assert_int_equal(verify(&t).faults, 1);
	expect_fault(0, SEALS_CUT, 591, 600);
	/* It stays visible when the log goes on, and is itself an event. */
	add_events(&t, 2);
	assert_int_equal(seal_all(&t), 2);
	assert_int_equal(seal_all(&t), 1);
	c = verify(&t);
	assert_int_equal(c.faults, 1);
	assert_int_equal(c.good, 593);
	expect_fault(0, SEALS_MISSING, 591, 600);
	end(&t);
}

/* With the record of the last number gone as well. */
static void
test_cut_and_hidden(void **state)
{
	struct test	t = begin(state);

	fixture_sql(t.f, "DELETE FROM events WHERE seal_no > 590");
	fixture_sql(t.f, "DELETE FROM settings WHERE name = 'event_head'");
	assert_int_equal(verify(&t).faults, 1);
	expect_fault(0, SEALS_HEAD, 590, 590);
	add_events(&t, 2);
	seal_all(&t);
	assert_int_equal(verify(&t).faults, 1);
	expect_fault(0, SEALS_MISSING, 591, 591);
	end(&t);
}

static void
test_head_forged(void **state)
{
	struct test	t = begin(state);

	fixture_sql(t.f, "DELETE FROM events WHERE seal_no > 590");
	fixture_sql(t.f, "UPDATE settings SET value = "
	    "REPLACE(value, '600:', '590:') WHERE name = 'event_head'");
	assert_int_equal(verify(&t).faults, 1);
	expect_fault(0, SEALS_HEAD, 590, 590);
	end(&t);
}

/* An edited row, made to look new, is sealed again: its old place is empty. */
static void
test_unsealed(void **state)
{
	struct test	t = begin(state);

	fixture_sql(t.f, "UPDATE events SET seal_no = NULL, seal = NULL, "
	    "args = '{\"x\":1}' WHERE seal_no = 50");
	seal_all(&t);
	assert_int_equal(verify(&t).faults, 1);
	expect_fault(0, SEALS_MISSING, 50, 50);
	end(&t);
}

/* A genuine row of the same number, from a copy of the database. */
static void
test_other_copy(void **state)
{
	struct test	t = begin(state);

	fixture_sql(t.f, "CREATE TABLE copy AS SELECT * FROM events "
	    "WHERE seal_no >= 598");
	fixture_sql(t.f, "CREATE TABLE copy_head AS SELECT * FROM settings "
	    "WHERE name = 'event_head'");
	/* The restored copy of an older day goes on differently. */
	fixture_sql(t.f, "DELETE FROM events WHERE seal_no >= 598");
	fixture_sql(t.f, "DELETE FROM settings WHERE name = 'event_head'");
	fixture_sql(t.f, "DELETE FROM events WHERE seal_no < 597");
	add_events(&t, 4);
	seal_all(&t);
	/* 598 is the hole that the missing head left; 599 and on are new. */
	fixture_sql(t.f, "DELETE FROM events WHERE seal_no = 600");
	fixture_sql(t.f, "INSERT INTO events SELECT * FROM copy "
	    "WHERE seal_no = 600");
	verify(&t);
	expect_fault(nseen - 1, SEALS_MOVED, 601, 601);
	expect_fault(nseen - 2, SEALS_MOVED, 600, 600);
	end(&t);
}

static int
seal_some(const struct fixture *f, int number)
{
	struct db	*db;
	char		 err[256];
	size_t		 n;
	int		 i;

	(void)number;
	if (fixture_try(f, 0, &db, err, sizeof(err)) != DB_OK)
		return (1);
	for (i = 0; i < 4; i++) {
		if (seals_extend(db, &n) != DB_OK)
			return (2);
	}
	db_close(db);
	return (0);
}

/* Several keepers at once: one chain, no number twice, none left out. */
static void
test_race(void **state)
{
	struct test		t = begin(state);
	struct seals_count	c;
	int			results[4], i;

	add_events(&t, 4 * SEALS_BATCH);
	fixture_race(t.f, 4, seal_some, results);
	for (i = 0; i < 4; i++)
		assert_int_equal(results[i], 0);
	seal_all(&t);
	c = verify(&t);
	assert_int_equal(c.faults, 0);
	assert_int_equal(c.good, EVENTS + 4 * SEALS_BATCH);
	end(&t);
}

/* The command as it is run: what it prints, and its exit status. */
static int
verify_command(struct test *t, char *out, size_t size)
{
	int	secrets = secret_settings_to_memfd(&t->p->ss);
	int	fds[2], status;
	pid_t	pid;
	ssize_t	n;

	db_close(t->f->db);
	t->f->db = NULL;
	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		dup2(fds[1], STDOUT_FILENO);
		_exit(verify_main(secrets, &t->p->s));
	}
	close(secrets);
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	n = read(fds[0], out, size - 1);
	out[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	t->f->db = fixture_open(t->f);
	assert_true(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

static void
test_command(void **state)
{
	struct test	t = begin(state);
	char		out[1024];

	assert_int_equal(verify_command(&t, out, sizeof(out)), 0);
	assert_string_equal(out, "600 events are as they were sealed, "
	    "0 faults, 0 events wait for their seal\n");
	fixture_sql(t.f, "UPDATE events SET args = '' WHERE seal_no = 17");
	fixture_sql(t.f, "DELETE FROM events WHERE seal_no > 598");
	assert_int_equal(verify_command(&t, out, sizeof(out)), 1);
	assert_string_equal(out, "event 17: edited\n"
	    "events 599 to 600: cut off at the end\n"
	    "597 events are as they were sealed, 2 faults, 0 events wait for "
	    "their seal\n");
	fixture_sql(t.f, "DELETE FROM settings "
	    "WHERE name = 'master_key_check'");
	assert_int_equal(verify_command(&t, out, sizeof(out)), 1);
	assert_string_equal(out, "");
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_untouched), ON_BOTH(test_empty),
		ON_BOTH(test_edited), ON_BOTH(test_removed),
		ON_BOTH(test_renumbered), ON_BOTH(test_reordered),
		ON_BOTH(test_cut), ON_BOTH(test_cut_and_hidden),
		ON_BOTH(test_head_forged), ON_BOTH(test_unsealed),
		ON_BOTH(test_other_copy), ON_BOTH(test_race),
		ON_BOTH(test_command),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
