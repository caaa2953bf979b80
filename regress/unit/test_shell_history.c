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

#include "db/channel.h"
#include "db/event.h"
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
	ok(&t, "session ls --closed -q");
	assert_string_equal(t.out, "1\n");
	ok(&t, "session ls --closed --user=bob -q");
	assert_string_equal(t.out, "");
	fails(&t, RUN_USAGE, "session ls --closed --active", "together");
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

static json_t *
printed(struct trial *t)
{
	json_t	*all = json_loads(t->out, 0, NULL);

	assert_non_null(all);
	return (all);
}

static const char *
text(const json_t *o, const char *name)
{
	return (json_string_value(json_object_get(o, name)));
}

static int64_t
number(const json_t *o, const char *name)
{
	assert_true(json_is_integer(json_object_get(o, name)));
	return (json_integer_value(json_object_get(o, name)));
}

/* The i'th of an array of the first session that was inspected. */
static const json_t *
part(const json_t *all, const char *name, size_t i)
{
	const json_t	*a = json_object_get(json_array_get(all, 0), name);

	assert_true(i < json_array_size(a));
	return (json_array_get(a, i));
}

static size_t
parts(const json_t *all, const char *name)
{
	return (json_array_size(json_object_get(json_array_get(all, 0),
	    name)));
}

static void
add_channel(struct db *db, int64_t seq, const char *type, const char *detail,
    const char *refused, const char *recording)
{
	const struct channel	c = { .session_id = 1200, .seq = seq,
				    .type = (char *)type, .started_at = 5,
				    .detail = (char *)detail, .bytes_in = seq,
				    .bytes_out = 10 * seq, .exit_status = -1,
				    .exit_signal = (char *)"",
				    .ended_at = *refused != '\0' ? 5 : 0,
				    .refused = (char *)refused,
				    .recording = (char *)recording };
	int64_t			id;

	assert_int_equal(channel_create(db, &c, &id), DB_OK);
}

static void
add_event(struct db *db, int64_t session, const char *domain,
    const char *action, const char *entity, const char *args)
{
	const struct event	e = { .session_id = session, .created_at = 9,
				    .author_name = (char *)"bob",
				    .domain = (char *)domain,
				    .action = (char *)action,
				    .entity = (char *)entity,
				    .args = (char *)args };
	int64_t			id;

	assert_int_equal(event_create(db, &e, &id), DB_OK);
}

#define BASE	"2026-01-02/session-1200-"

/* Programs, refusals, tunnels, files and recordings, each where it belongs. */
static void
test_parts(void **state)
{
	struct channel	 end = { .session_id = 1200, .seq = 2, .ended_at = 8,
			    .exit_status = 3, .exit_signal = (char *)"" };
	const json_t	*o;
	struct trial	 t;
	struct db	*db;
	json_t		*all;

	begin(&t, state);
	db = t.sh.db;
	add_channel(db, 1, "shell", "", "", BASE "1");
	add_channel(db, 2, "exec", "uptime", "", BASE "2");
	add_channel(db, 3, "exec", "rm -rf /", "not allowed to you", "");
	add_channel(db, 4, "forward-local", "127.0.0.1:80", "", "");
	add_channel(db, 5, "jump", "192.0.2.1:22", "", "");
	/* the first of its name in the way of the 12th */
	add_channel(db, 12, "shell", "", "", BASE "12");
	assert_int_equal(channel_close(db, &end), DB_OK);
	add_event(db, 1200, "file", "put", "/tmp/a",
	    "{\"channel\":2,\"size\":7,\"sha256\":\"ab\",\"Path\":\"/lie\"}");
	add_event(db, 1200, "file", "get", "/tmp/b", "");
	add_event(db, 1199, "file", "get", "/tmp/others", "{}");
	add_event(db, 1200, "recording", "finished", BASE "2.ttyrec",
	    "{\"size\":70,\"sha256\":\"cd\"}");
	add_event(db, 1200, "recording", "finished", BASE "12.ttyrec.zst",
	    "{\"size\":71,\"sha256\":\"ef\",\"recovered\":true}");
	add_event(db, 1200, "recording", "removed", BASE "12.ttyrec.zst",
	    "{\"why\":\"older than 90 days\"}");
	ok(&t, "session inspect 1200");
	all = printed(&t);
	assert_int_equal(parts(all, "Channels"), 4);
	o = part(all, "Channels", 0);
	assert_string_equal(text(o, "Type"), "shell");
	assert_string_equal(text(o, "Recording"), BASE "1");
	assert_true(json_is_null(json_object_get(o, "ExitStatus")));
	assert_true(json_is_null(json_object_get(o, "StoppedAt")));
	o = part(all, "Channels", 1);
	assert_string_equal(text(o, "Command"), "uptime");
	assert_int_equal(number(o, "ExitStatus"), 3);
	o = part(all, "Channels", 2);
	assert_string_equal(text(o, "Refused"), "not allowed to you");
	assert_string_equal(text(o, "Command"), "rm -rf /");
	assert_int_equal(parts(all, "Tunnels"), 2);
	o = part(all, "Tunnels", 0);
	assert_string_equal(text(o, "Way"), "127.0.0.1:80");
	assert_int_equal(number(o, "BytesOut"), 40);
	assert_string_equal(text(part(all, "Tunnels", 1), "Type"), "jump");
	assert_int_equal(parts(all, "Files"), 2);
	o = part(all, "Files", 0);
	assert_string_equal(text(o, "Action"), "put");
	assert_string_equal(text(o, "Path"), "/tmp/a");
	assert_string_equal(text(o, "sha256"), "ab");
	assert_string_equal(text(part(all, "Files", 1), "Path"), "/tmp/b");
	assert_true(json_is_false(json_object_get(json_array_get(all, 0),
	    "FilesCut")));
	assert_int_equal(parts(all, "Recordings"), 3);
	o = part(all, "Recordings", 0);
	assert_string_equal(text(o, "File"), BASE "2.ttyrec");
	assert_string_equal(text(o, "State"), "finished");
	assert_string_equal(text(o, "SHA256"), "cd");
	assert_int_equal(number(o, "Size"), 70);
	o = part(all, "Recordings", 1);
	assert_string_equal(text(o, "State"), "removed");
	assert_string_equal(text(o, "Why"), "older than 90 days");
	assert_string_equal(text(o, "SHA256"), "ef");
	o = part(all, "Recordings", 2);
	assert_string_equal(text(o, "File"), BASE "1");
	assert_string_equal(text(o, "State"), "recording");
	json_decref(all);
	/* one's own are shown, too */
	t.sh.user_id = 2;
	ok(&t, "session inspect 1200");
	assert_non_null(strstr(t.out, "/tmp/a"));
	trial_end(&t);
}

static void
test_stats(void **state)
{
	struct trial	 t;
	json_t		*all, *row;
	int64_t		 day, n = 0;
	size_t		 i;

	begin(&t, state);
	ok(&t, "session stats");
	assert_non_null(strstr(t.out, " 1197 #################### "));
	assert_non_null(strstr(t.out, "    3 # "));
	ok(&t, "session stats --by=user --json");
	all = printed(&t);
	assert_int_equal(json_array_size(all), 2);
	row = json_array_get(all, 0);
	assert_string_equal(text(row, "Name"), "bob");
	assert_int_equal(number(row, "Sessions"), 1197);
	assert_int_equal(number(row, "Active"), 1197);
	row = json_array_get(all, 1);
	assert_string_equal(text(row, "Name"), "eve");
	assert_int_equal(number(row, "Active"), 2);
	assert_int_equal(number(row, "BytesIn"), 1);
	assert_int_equal(number(row, "BytesOut"), 2);
	assert_true(number(row, "Duration") >= (1199 + 1198 + 1197) * 60);
	json_decref(all);
	ok(&t, "session stats --by=host --user=eve --json");
	all = printed(&t);
	assert_int_equal(json_array_size(all), 2);
	assert_string_equal(text(json_array_get(all, 0), "Name"), "web2");
	json_decref(all);
	ok(&t, "session stats --by=host --host=web1 --limit=1 --json");
	all = printed(&t);
	assert_int_equal(json_array_size(all), 1);
	assert_int_equal(number(json_array_get(all, 0), "Sessions"), 600);
	json_decref(all);
	ok(&t, "session stats --by=day --json");
	all = printed(&t);
	for (i = 0; i < json_array_size(all); i++) {
		row = json_array_get(all, i);
		assert_int_equal(strlen(text(row, "Name")), 10);
		n += number(row, "Sessions");
	}
	assert_int_equal(n, 1200);
	day = json_array_size(all);
	assert_true(day == 1 || day == 2);
	json_decref(all);
	ok(&t, "session stats --since=-150s --json");
	all = printed(&t);
	assert_int_equal(json_array_size(all), 1);
	assert_int_equal(number(json_array_get(all, 0), "Sessions"), 3);
	json_decref(all);
	fails(&t, RUN_USAGE, "session stats --by=moon", "user, host or day");
	fails(&t, RUN_FAILED, "session stats --user=nosuch", "no user");
	/* of others nobody sums up but who may see them */
	t.sh.user_id = 3;
	ok(&t, "session stats");
	assert_null(strstr(t.out, "bob"));
	assert_non_null(strstr(t.out, "eve"));
	trial_end(&t);
}

/* When users and hosts were last used; those that never were, never. */
static void
test_last_use(void **state)
{
	struct trial	 t;
	json_t		*all;
	size_t		 i;

	begin(&t, state);
	ok(&t, "host create web3");
	ok(&t, "host ls");
	assert_non_null(strstr(t.out, "Last use"));
	ok(&t, "host ls --json");
	all = printed(&t);
	assert_true(json_is_null(json_object_get(json_array_get(all, 0),
	    "LastUseAt")));
	for (i = 1; i < 3; i++)
		assert_true(json_is_string(json_object_get(
		    json_array_get(all, i), "LastUseAt")));
	/* web1 was there last */
	assert_true(strcmp(text(json_array_get(all, 2), "LastUseAt"),
	    text(json_array_get(all, 1), "LastUseAt")) > 0);
	json_decref(all);
	ok(&t, "user ls --json");
	all = printed(&t);
	assert_int_equal(json_array_size(all), 3);
	assert_true(strcmp(text(json_array_get(all, 1), "LastUseAt"),
	    text(json_array_get(all, 0), "LastUseAt")) > 0);
	assert_true(json_is_null(json_object_get(json_array_get(all, 2),
	    "LastUseAt")));
	json_decref(all);
	fixture_sql(fixture_use(state), "DELETE FROM sessions");
	ok(&t, "host ls");
	assert_null(strstr(t.out, "Last use"));
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_filters),
		ON_BOTH(test_inspect),
		ON_BOTH(test_parts),
		ON_BOTH(test_stats),
		ON_BOTH(test_last_use),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
