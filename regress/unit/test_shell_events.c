/* SPDX-License-Identifier: ISC */
/*
 * What commands leave in the audit log: rows with their old and new values,
 * never a secret; and how events are found again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "db/event.h"
#include "db/user.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"

#define SECRET	"tr0ub4dor&3"

/* The changes of the newest event, for the caller to json_decref(). */
static json_t *
changes(struct trial *t)
{
	json_t	*all, *out;

	ok(t, "event ls --latest --json");
	assert_non_null(all = json_loads(t->out, 0, NULL));
	out = json_incref(json_object_get(json_array_get(all, 0), "Changes"));
	assert_true(json_is_array(json_object_get(json_array_get(all, 0),
	    "Args")));
	json_decref(all);
	return (out);
}

/* What the newest event says of its i-th row, compared as compact JSON. */
static void
changed(struct trial *t, size_t i, const char *want)
{
	json_t	*all = changes(t), *row = json_array_get(all, i);
	json_t	*wanted = json_loads(want, 0, NULL);
	char	*text = json_dumps(row, JSON_COMPACT | JSON_ENCODE_ANY);

	assert_non_null(wanted);
	if (!json_equal(row, wanted))
		print_error("%s\n", text);
	assert_true(json_equal(row, wanted));
	free(text);
	json_decref(wanted);
	json_decref(all);
}

static void
begin(struct trial *t, void **state)
{
	trial_begin(t, fixture_use(state)->db);
	ok(t, "key create --name=default");
}

static void
test_changes(void **state)
{
	struct trial	 t;
	json_t		*all;

	begin(&t, state);
	ok(&t, "host create bart:" SECRET "@192.0.2.1 --name=web1 -c one");
	changed(&t, 0, "{\"ID\":1,\"Name\":\"web1\",\"new\":{"
	    "\"Name\":\"web1\",\"Addr\":\"192.0.2.1\",\"Port\":22,"
	    "\"User\":\"bart\",\"HasPassword\":true,"
	    "\"URL\":\"ssh://bart@192.0.2.1\","
	    "\"Groups\":[{\"Name\":\"default\"}],\"Comment\":\"one\","
	    "\"Logging\":\"everything\"}}");
	ok(&t, "host create 192.0.2.2 --name=web2 -c two");
	ok(&t, "host update web1 web2 -c two --unset-password -g ops");
	changed(&t, 0, "{\"ID\":1,\"Name\":\"web1\","
	    "\"old\":{\"HasPassword\":true,\"Comment\":\"one\","
	    "\"Groups\":[{\"Name\":\"default\"}]},"
	    "\"new\":{\"HasPassword\":false,\"Comment\":\"two\","
	    "\"Groups\":[{\"Name\":\"default\"},{\"Name\":\"ops\"}]}}");
	changed(&t, 1, "{\"ID\":2,\"Name\":\"web2\","
	    "\"old\":{\"Groups\":[{\"Name\":\"default\"}]},"
	    "\"new\":{\"Groups\":[{\"Name\":\"default\"},"
	    "{\"Name\":\"ops\"}]}}");
	/* the name that it had is what it is known by */
	ok(&t, "host update web1 --name=first");
	changed(&t, 0, "{\"ID\":1,\"Name\":\"web1\","
	    "\"old\":{\"Name\":\"web1\"},\"new\":{\"Name\":\"first\"}}");
	ok(&t, "host update first --name=first");
	assert_true(json_is_null(all = changes(&t)));
	json_decref(all);
	ok(&t, "host rm web2 first");
	all = changes(&t);
	assert_int_equal(json_array_size(all), 2);
	assert_string_equal(json_string_value(json_object_get(
	    json_object_get(json_array_get(all, 0), "old"), "Addr")),
	    "192.0.2.2");
	assert_null(json_object_get(json_array_get(all, 0), "new"));
	json_decref(all);
	ok(&t, "event inspect 5");
	assert_non_null(strstr(t.out, "\"first\""));
	ok(&t, "event ls --json");
	assert_null(strstr(t.out, SECRET));
	assert_null(strstr(t.out, "PRIVATE KEY"));
	trial_end(&t);
}

/* Invites, groups, keys and rules have theirs, and no secret. */
static void
test_nouns(void **state)
{
	struct trial	 t;
	json_t		*all;
	char		*token;

	begin(&t, state);
	ok(&t, "user invite bob@example.org");
	token = xstrdup(strchr(t.out, ':') + 1);
	token[strcspn(token, "\n")] = '\0';
	all = changes(&t);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(
	    json_array_get(all, 0), "new"), "InviteUses")), 1);
	json_decref(all);
	ok(&t, "user update bob --unassign-role=standard --assign-role=admin");
	changed(&t, 0, "{\"ID\":2,\"Name\":\"bob\","
	    "\"old\":{\"Roles\":[{\"Name\":\"standard\"}]},"
	    "\"new\":{\"Roles\":[{\"Name\":\"admin\"}]}}");
	ok(&t, "user invite --again bob --max-uses=3");
	all = changes(&t);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(
	    json_array_get(all, 0), "old"), "InviteUses")), 1);
	json_decref(all);
	ok(&t, "usergroup create --name=staff");
	ok(&t, "acl create --ug=staff --hg=ops --weight=7");
	all = changes(&t);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(
	    json_array_get(all, 0), "new"), "Weight")), 7);
	json_decref(all);
	ok(&t, "acl update 1 --weight=8");
	changed(&t, 0, "{\"ID\":1,\"old\":{\"Weight\":7},"
	    "\"new\":{\"Weight\":8}}");
	ok(&t, "key create --name=k");
	ok(&t, "key rm k");
	ok(&t, "event ls --json --limit=0");
	assert_null(strstr(t.out, "PRIVATE KEY"));
	assert_null(strstr(t.out, token));
	assert_null(strstr(t.out, "null,null"));
	free(token);
	trial_end(&t);
}

/* All keys are named, however many; and what is very long stays bounded. */
static void
test_many(void **state)
{
	struct trial		 t;
	struct event_list	*l;
	char			*lines = xcalloc(100, 200), *at = lines, *line;
	char			*in;
	size_t			 i, len = 0;
	json_t			*all;
	FILE			*f = open_memstream(&in, &len);

	begin(&t, state);
	for (i = 0; i < 100; i++) {
		/* 32 bytes of a point that nobody has the other half of */
		unsigned char	 blob[51] = "\0\0\0\013ssh-ed25519\0\0\0\040";

		memset(blob + 19, 0x5a, 32);
		blob[19] = (unsigned char)i;
		line = sshkey_line(blob, sizeof(blob), "of many");
		fprintf(f, "%s\n", line);
		free(line);
	}
	fclose(f);
	t.sh.in = fmemopen(in, len, "r");
	ok(&t, "user invite many@example.org");
	ok(&t, "userkey create many");
	all = changes(&t);
	assert_int_equal(json_array_size(all), 100);
	for (i = 0; i < 100; i++)
		assert_int_equal(json_integer_value(json_object_get(
		    json_array_get(all, i), "ID")), i + 1);
	json_decref(all);
	ok(&t, "userkey rm many");
	assert_int_equal(json_array_size(all = changes(&t)), 100);
	json_decref(all);
	at = lines;
	memset(at, 'x', 5000);
	line = xasprintf("host create h --comment=%s", lines);
	ok(&t, line);
	free(line);
	assert_int_equal(event_list(t.sh.db, 0, 0, &l), DB_OK);
	for (i = 0; i < l->n; i++)
		assert_true(strlen(l->v[i].args) <= DB_TEXT_MAX);
	event_list_free(l);
	all = changes(&t);
	line = xasprintf("%.128s...", lines);
	assert_string_equal(json_string_value(json_object_get(json_object_get(
	    json_array_get(all, 0), "new"), "Comment")), line);
	json_decref(all);
	free(line);
	fclose(t.sh.in);
	free(in);
	free(lines);
	trial_end(&t);
}

static void
ids(struct trial *t, const char *line, const char *want)
{
	char	*p;

	ok(t, line);
	for (p = t->out; (p = strchr(p, '\n')) != NULL; p++)
		*p = ' ';
	assert_string_equal(t->out, want);
}

static void
test_filters(void **state)
{
	struct trial	 t;
	struct event	 of_session = { .domain = (char *)"channel",
			    .action = (char *)"open", .session_id = 7 };
	int64_t		 id, root;
	size_t		 i;

	begin(&t, state);				/* 1: key create */
	ok(&t, "host create 192.0.2.1 --name=web1");	/* 2 */
	ok(&t, "host create 192.0.2.2 --name=web2");	/* 3 */
	root = t.sh.user_id;
	t.sh.user_id = add_user(t.sh.db, "ann", ROLE_ADMIN);
	ok(&t, "host update web1 -c x");		/* 4 */
	ok(&t, "user invite bob@example.org");		/* 5 */
	t.sh.user_id = root;
	ids(&t, "event ls -q", "5 4 3 2 1 ");
	ids(&t, "event ls -q --author=ann", "5 4 ");
	ids(&t, "event ls -q --domain=host", "4 3 2 ");
	ids(&t, "event ls -q --domain=host --action=create", "3 2 ");
	ids(&t, "event ls -q --action=create", "3 2 1 ");
	ids(&t, "event ls -q --entity=web1", "4 2 ");
	ids(&t, "event ls -q --entity=web1 --author=ann", "4 ");
	ids(&t, "event ls -q --domain=host --latest", "4 ");
	ids(&t, "event ls -q --since=-1h", "5 4 3 2 1 ");
	ids(&t, "event ls -q --since=-1h --domain=user", "5 ");
	ids(&t, "event ls -q --since=+1h", "");
	ids(&t, "event ls -q --author=nobody", "");
	ids(&t, "event ls -q --entity=%", "");
	ids(&t, "event ls -q --session=7", "");
	ok(&t, "event ls --session=7");
	assert_null(strstr(t.out, "Session"));
	assert_int_equal(event_create(t.sh.db, &of_session, &id), DB_OK);
	ids(&t, "event ls -q --session=7", "6 ");
	ids(&t, "event ls -q --session=7 --domain=channel", "6 ");
	ids(&t, "event ls -q --session=7 --domain=host", "");
	ids(&t, "event ls -q --session=8", "");
	ok(&t, "event ls --session=7");
	assert_non_null(strstr(t.out, " Session\n"));
	assert_non_null(strstr(t.out, " 7\nTotal: 1 event.\n"));
	ok(&t, "event ls --session=7 --json");
	assert_non_null(strstr(t.out, "\"SessionID\": 7"));
	fails(&t, RUN_USAGE, "event ls --session=web1", "is not a number");
	ok(&t, "event ls --domain=host --limit=2");
	assert_non_null(strstr(t.out, "Total: 2 of 3 events.\n"));
	fails(&t, RUN_USAGE, "event ls --since=yesterday", "is not a time");
	/* a domain of which there are very many is looked for otherwise */
	assert_int_equal(db_begin(t.sh.db), DB_OK);
	for (i = 0; i < 5000; i++) {
		struct event	e = { .domain = (char *)"host",
				    .action = (char *)"create",
				    .args = (char *)"[]" };
		int64_t		id;

		assert_int_equal(event_create(t.sh.db, &e, &id), DB_OK);
	}
	assert_int_equal(db_commit(t.sh.db), DB_OK);
	ids(&t, "event ls -q --domain=host --limit=3", "5006 5005 5004 ");
	ids(&t, "event ls -q --domain=user", "5 ");
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_changes),
		ON_BOTH(test_nouns),
		ON_BOTH(test_many),
		ON_BOTH(test_filters),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
