/* SPDX-License-Identifier: ISC */
/*
 * Commands that look at sessions and events, against a real store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "db/session.h"
#include "db/user.h"
#include "lib/clock.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"

/* Sessions of two users on two hosts, 1 to 1200, one a second till now. */
static void
begin(struct trial *t, void **state)
{
	struct session	 s = { .account = (char *)"root",
			    .instance_id = (char *)"i",
			    .source = (char *)"192.0.2.9:1",
			    .client_version = (char *)"SSH-2.0-x",
			    .error = (char *)"", .comment = (char *)"" };
	int64_t		 bob, eve, id, now = clock_utc();
	int		 i;

	trial_begin(t, fixture_use(state)->db);
	bob = add_user(t->sh.db, "bob", ROLE_STANDARD);
	eve = add_user(t->sh.db, "eve", ROLE_STANDARD);
	ok(t, "key create --name=default");
	ok(t, "host create web1");
	ok(t, "host create web2");
	assert_int_equal(db_begin(t->sh.db), DB_OK);
	for (i = 1; i <= 1200; i++) {
		s.user_id = i <= 3 ? eve : bob;
		s.user_name = (char *)(i <= 3 ? "eve" : "bob");
		s.host_id = i % 2 + 1;
		s.host_name = (char *)(i % 2 == 0 ? "web1" : "web2");
		s.started_at = now - (1200 - i) * 60;
		assert_int_equal(session_create(t->sh.db, &s, &id), DB_OK);
	}
	assert_int_equal(db_commit(t->sh.db), DB_OK);
	assert_int_equal(session_close(t->sh.db, 1, now, "lost", 1, 2),
	    DB_OK);
}

static void
test_filters(void **state)
{
	struct trial	 t;

	begin(&t, state);
	ok(&t, "session ls");
	assert_non_null(strstr(t.out, "\nTotal: 100 of 1,200 sessions.\n"));
	ok(&t, "session ls --user eve -q");
	assert_string_equal(t.out, "3\n2\n1\n");
	ok(&t, "session ls --user=eve --active --host=web1 -q");
	assert_string_equal(t.out, "2\n");
	ok(&t, "session ls --since=-150s -q");
	assert_string_equal(t.out, "1200\n1199\n1198\n");
	ok(&t, "session ls --user=bob --limit=2");
	assert_non_null(strstr(t.out, "\nTotal: 2 of 1,197 sessions.\n"));
	fails(&t, RUN_FAILED, "session ls --user=nosuch",
	    "no user \"nosuch\"");
	fails(&t, RUN_FAILED, "session ls --host=nosuch",
	    "no host \"nosuch\"");
	fails(&t, RUN_USAGE, "session ls --since=soon", "is not a time");
	trial_end(&t);
}

static void
test_inspect(void **state)
{
	struct trial	 t;
	json_t		*all, *row;

	begin(&t, state);
	ok(&t, "session inspect 1 1200");
	assert_non_null(all = json_loads(t.out, 0, NULL));
	assert_int_equal(json_array_size(all), 2);
	row = json_array_get(all, 0);
	assert_int_equal(json_integer_value(json_object_get(row, "ID")), 1);
	assert_string_equal(json_string_value(json_object_get(row,
	    "Status")), "closed");
	assert_string_equal(json_string_value(json_object_get(row,
	    "ErrMsg")), "lost");
	assert_string_equal(json_string_value(json_object_get(
	    json_object_get(row, "User"), "Name")), "eve");
	assert_true(json_is_null(json_object_get(row, "DeletedAt")));
	assert_true(json_is_null(json_object_get(json_array_get(all, 1),
	    "StoppedAt")));
	json_decref(all);
	ok(&t, "event inspect 2");
	assert_non_null(all = json_loads(t.out, 0, NULL));
	row = json_array_get(all, 0);
	assert_string_equal(json_string_value(json_object_get(row,
	    "Entity")), "web1");
	assert_string_equal(json_string_value(json_object_get(
	    json_object_get(row, "Author"), "Name")), "root");
	assert_true(json_is_array(json_object_get(row, "Args")));
	json_decref(all);
	fails(&t, RUN_FAILED, "session inspect 1 7777",
	    "no session \"7777\"");
	fails(&t, RUN_FAILED, "session inspect 1x", "no session \"1x\"");
	fails(&t, RUN_FAILED, "event inspect 2 7777", "no event \"7777\"");
	fails(&t, RUN_USAGE, "event inspect", "EVENT is missing");
	fails(&t, RUN_USAGE, "session inspect", "SESSION is missing");
	t.sh.user_id = add_user(t.sh.db, "carl", ROLE_STANDARD);
	fails(&t, RUN_FAILED, "session inspect 1", "of yours");
	fails(&t, RUN_FAILED, "event inspect 1", "roles");
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_filters),
		ON_BOTH(test_inspect),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
