/* SPDX-License-Identifier: ISC */
/*
 * A flood of refused logins becomes few events and little memory, and each
 * refusal is counted in one of them.
 */
#include <sys/socket.h>

#include <jansson.h>
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
#include "lib/catalogue.h"
#include "lib/unixsock.h"
#include "monitor/keeper.h"
#include "monitor/records.h"
#include "monitor/refusals.h"
#include "monitor/secrets.h"
#include "portal_fixture.h"

#define SOON	60000		/* ms; valgrind and two cores */

#define SECOND	1000
#define MINUTE	(60 * SECOND)
#define START	(5 * MINUTE)

static void
add(struct refusals *r, int64_t author, const char *source,
    const char *entity, int64_t now)
{
	struct record	rec = {
		.kind = RECORD_EVENT,
		.at = 1700000000 + now / SECOND,
		.event = {
			.author = author,
			.author_name = author != 0 ? "lisa" : "",
			.source = source,
			.entity = entity,
			.args = "{\"why\":\"no grant\"}",
		},
	};

	refusals_add(r, &rec, now);
}

/* How many refusals an event tells of. */
static int64_t
count_of(const struct event *e)
{
	json_t	*o = json_loads(e->args, 0, NULL), *n;
	int64_t	 count;

	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "why")),
	    "no grant");
	n = json_object_get(o, "count");
	count = n != NULL ? json_integer_value(n) : 1;
	json_decref(o);
	return (count);
}

/* Takes all that is due; *told are the refusals in it. */
static int
take(struct refusals *r, int64_t now, int64_t *told)
{
	struct event	e;
	int		n = 0;

	while (refusals_next(r, now, &e)) {
		assert_string_equal(e.domain, "login");
		assert_string_equal(e.action, "refused");
		*told += count_of(&e);
		n++;
	}
	return (n);
}

static void
test_one_source(void **state)
{
	struct refusals	*r = refusals_new();
	struct event	 e;
	int64_t		 told = 0;
	int		 i;

	(void)state;
	assert_int_equal(refusals_wakes(r), -1);
	add(r, 0, "192.0.2.7", "root", START);
	assert_int_equal(refusals_wakes(r), START);
	assert_int_equal(refusals_next(r, START, &e), 1);
	assert_string_equal(e.source, "192.0.2.7");
	assert_string_equal(e.entity, "root");
	assert_string_equal(e.author_name, "");
	assert_string_equal(e.args, "{\"why\":\"no grant\"}");
	assert_int_equal(refusals_next(r, START, &e), 0);
	for (i = 1; i <= 40; i++) {
		add(r, 0, "192.0.2.7", i < 40 ? "root" : "admin", START + i);
		assert_int_equal(refusals_next(r, START + i, &e), 0);
	}
	assert_int_equal(refusals_wakes(r), START + MINUTE);
	assert_int_equal(refusals_next(r, START + MINUTE, &e), 1);
	assert_string_equal(e.entity, "admin");
	assert_string_equal(e.args, "{\"why\":\"no grant\",\"count\":40,"
	    "\"since\":\"2023-11-14T22:18:20Z\"}");
	/* two minutes without any, and it is as if it had never been */
	assert_int_equal(refusals_wakes(r), START + 3 * MINUTE);
	assert_int_equal(take(r, START + 3 * MINUTE, &told), 0);
	assert_int_equal(refusals_wakes(r), -1);
	add(r, 0, "192.0.2.7", "root", START + 4 * MINUTE);
	assert_int_equal(take(r, START + 4 * MINUTE, &told), 1);
	refusals_free(r);
}

/* The same address and another person; the same person elsewhere; one /64. */
static void
test_apart(void **state)
{
	struct refusals	*r = refusals_new();
	int64_t		 told = 0;

	(void)state;
	add(r, 0, "192.0.2.7", "web1", START);
	add(r, 7, "192.0.2.7", "web1", START);
	add(r, 7, "192.0.2.8", "web1", START);
	add(r, 0, "2001:db8::1", "web1", START);
	add(r, 0, "2001:db8::2", "web1", START);
	add(r, 0, "2001:db8:0:1::2", "web1", START);
	add(r, 0, "nonsense", "web1", START);
	assert_int_equal(take(r, START, &told), 6);
	assert_int_equal(told, 7);
	refusals_free(r);
}

/* 100,000 attempts from 1,000 addresses in ten minutes. */
static void
test_flood(void **state)
{
	struct refusals	*r = refusals_new();
	char		 source[64];
	int64_t		 now = START, told = 0;
	int		 i, events = 0;

	(void)state;
	for (i = 0; i < 100000; i++) {
		snprintf(source, sizeof(source), "10.0.%d.%d", i % 1000 / 250,
		    i % 250);
		now = START + i * 6;
		add(r, 0, source, "root", now);
		events += take(r, now, &told);
	}
	refusals_flush(r);
	events += take(r, now, &told);
	assert_int_equal(told, 100000);
	/* each source at most: at once, after 1, 3 and 7 minutes, at the end */
	assert_in_range(events, 2 * REFUSALS_NEW, 5 * REFUSALS_SOURCES + 6);
	refusals_free(r);
}

/* A day of one attempt each from ever new addresses. */
static void
test_many_sources(void **state)
{
	struct refusals	*r = refusals_new();
	char		 source[64];
	int64_t		 now = START, told = 0;
	int		 i, events = 0;

	(void)state;
	for (i = 0; i < 24 * 60 * 100; i++) {
		snprintf(source, sizeof(source), "10.%d.%d.%d", i >> 16 & 255,
		    i >> 8 & 255, i & 255);
		now = START + (int64_t)i * 600;
		add(r, 0, source, "root", now);
		events += take(r, now, &told);
	}
	refusals_flush(r);
	events += take(r, now, &told);
	assert_int_equal(told, i);
	assert_true(events <= 24 * 60 * (REFUSALS_NEW + 1) + 100);
	refusals_free(r);
}

/* What all others share says so, and accuses nobody. */
static void
test_others(void **state)
{
	struct refusals	*r = refusals_new();
	struct event	 e;
	char		 source[64];
	int64_t		 told = 0;
	int		 i;

	(void)state;
	for (i = 0; i < REFUSALS_NEW + 10; i++) {
		snprintf(source, sizeof(source), "10.0.0.%d", i);
		add(r, 7, source, "root", START);
	}
	assert_int_equal(take(r, START, &told), REFUSALS_NEW);
	assert_int_equal(refusals_next(r, START + MINUTE, &e), 1);
	assert_int_equal(e.author_id, 0);
	assert_string_equal(e.author_name, "");
	assert_string_equal(e.args, "{\"why\":\"no grant\",\"count\":10,"
	    "\"since\":\"2023-11-14T22:18:20Z\",\"sources\":\"many\"}");
	refusals_free(r);
}

/* For as long as it goes on, an event an hour in the end. */
static void
test_for_ever(void **state)
{
	struct refusals	*r = refusals_new();
	int64_t		 now, told = 0;
	int		 events = 0;

	(void)state;
	for (now = START; now < START + 24 * 60 * MINUTE; now += SECOND) {
		add(r, 0, "192.0.2.7", "root", now);
		events += take(r, now, &told);
	}
	assert_in_range(events, 24, 24 + 8);
	refusals_free(r);
}

struct test {
	struct fixture	*f;
	struct portal	*p;
	int		 wanted;	/* events */
};

static int
events_are(void *arg)
{
	struct test		*t = arg;
	struct event_filter	 f = { .domain = "login",
				    .action = "refused" };
	struct event_list	*l;
	int			 n;

	assert_int_equal(event_find(t->f->db, &f, &l), DB_OK);
	n = l->n;
	event_list_free(l);
	return (n == t->wanted);
}

static int
listens(void *arg)
{
	struct test	*t = arg;
	int		 fd = unixsock_connect(t->p->s.run_dir, KEEPER_SOCKET,
			    SOCK_SEQPACKET);

	if (fd == -1)
		return (0);
	close(fd);
	return (1);
}

static void
tell(const char *source)
{
	struct record	r = {
		.kind = RECORD_EVENT,
		.event = { .source = source, .author_name = "",
			.entity = "ro\\x1bot", .args = "{\"why\":\"x\"}" }
	};

	records_tell_refused(&r);
}

/*
 * Without a keeper nothing comes of it; else the first of a source is an event,
 * and what was counted since is one when the keeper ends.
 */
static void
test_keeper(void **state)
{
	struct test		t = { .f = fixture_use(state), .wanted = 2 };
	struct event_filter	f = { .domain = "login" };
	struct event_list	*l;
	pid_t			keeper;
	int			ctl, i;

	t.p = portal_new(t.f, "a");
	portal_key(t.f, t.p);
	portal_dirs(t.p);
	assert_int_equal(records_init(&t.p->s), 0);
	tell("192.0.2.1");
	assert_int_equal(records_pending(), 0);
	keeper = portal_keeper(t.p, &ctl);
	assert_true(eventually(SOON, listens, &t));
	tell("192.0.2.7");
	tell("2001:db8::7");
	assert_true(eventually(SOON, events_are, &t));
	for (i = 0; i < 50; i++)
		tell("192.0.2.7");
	assert_int_equal(records_pending(), 0);
	assert_int_equal(records_finish(SOON), 0);
	close(ctl);
	assert_int_equal(portal_wait(keeper, SOON), 0);
	assert_int_equal(portal_spooled(t.p, ".records"), 0);
	assert_int_equal(event_find(t.f->db, &f, &l), DB_OK);
	assert_int_equal(l->n, 3);
	assert_string_equal(l->v[0].source, "192.0.2.7");
	assert_string_equal(l->v[0].entity, "ro\\x1bot");
	assert_non_null(strstr(l->v[0].args, "{\"why\":\"x\",\"count\":50,"));
	event_list_free(l);
	secrets_forget();
	portal_free(t.p);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_one_source),
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_many_sources),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_for_ever),
		ON_BOTH(test_keeper),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
