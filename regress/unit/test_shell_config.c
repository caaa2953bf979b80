/* SPDX-License-Identifier: ISC */
/*
 * config backup and config restore, as commands: what comes out goes in again
 * and comes out the same; what is wrong with a document is said, and then
 * nothing was touched.
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
#include <sodium.h>

#include "db/acl.h"
#include "db/event.h"
#include "db/group.h"
#include "db/host.h"
#include "db/key.h"
#include "db/session.h"
#include "db/setting.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"

#define USER_KEY							\
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDhoDwOZUfW2BMILzVRiUbTMYnHbU" \
	"4PDR4y8pgpVQzS1"
#define SECRET	"tr0ub4dor&3"

/* A line with this as its standard input. */
static int
run_with(struct trial *t, const char *line, const char *input)
{
	char	copy[1];
	size_t	len = strlen(input);
	int	status;

	/* fmemopen(3) takes no empty buffer */
	t->sh.in = len > 0 ? fmemopen((char *)(uintptr_t)input, len, "r") :
	    fmemopen(copy, sizeof(copy), "w+");
	assert_non_null(t->sh.in);
	status = run(t, line);
	fclose(t->sh.in);
	t->sh.in = NULL;
	return (status);
}

static void
restores(struct trial *t, const char *line, const char *input)
{
	int	status = run_with(t, line, input);

	if (status != RUN_OK)
		print_error("%s%s", t->out, t->err);
	assert_int_equal(status, RUN_OK);
	assert_string_equal(t->err, "");
}

/* It fails, says this, and has changed nothing that a backup shows. */
static void
refuses(struct trial *t, const char *line, const char *input,
    const char *says)
{
	char	*before;

	ok(t, "config backup --ignore-events");
	before = xstrdup(t->out);
	assert_int_equal(run_with(t, line, input), RUN_FAILED);
	if (strstr(t->err, says) == NULL)
		print_error("%s", t->err);
	assert_non_null(strstr(t->err, says));
	ok(t, "config backup --ignore-events");
	/* but for the date, at its end */
	assert_memory_equal(t->out, before, strlen(before) - 30);
	free(before);
}

static json_t *
backup(struct trial *t, const char *line)
{
	json_t	*doc;

	ok(t, line);
	doc = json_loads(t->out, 0, NULL);
	assert_non_null(doc);
	return (doc);
}

static char *
text_of(json_t *doc)
{
	char	*text = json_dumps(doc, JSON_COMPACT);

	assert_non_null(text);
	return (text);
}

static json_t *
row(json_t *doc, const char *array, size_t i)
{
	json_t	*j = json_array_get(json_object_get(doc, array), i);

	assert_non_null(j);
	return (j);
}

/* Something of every kind, with what the original does not have. */
static void
begin(struct trial *t, void **state)
{
	struct db	*db = fixture_use(state)->db;
	struct session	 s = { .user_name = (char *)"bob", .host_name =
			    (char *)"web1", .source = (char *)"192.0.2.9",
			    .account = (char *)"deploy", .client_version =
			    (char *)"SSH-2.0-x", .comment = (char *)"",
			    .started_at = 1700000000, .user_id = 2,
			    .host_id = 1 };
	struct user	*u;
	unsigned char	*pinned;
	size_t		 len;
	int64_t		 id;

	trial_begin(t, db);
	setting_set(db, SETTING_MASTER_KEY_ID, "0123456789abcdef");
	setting_set(db, SETTING_MASTER_KEY_CHECK, "check");
	ok(t, "key create --name=default --comment='the key'");
	ok(t, "key create --name=host");
	ok(t, "key create --name=rsa --type=rsa --length=2048");
	ok(t, "usergroup create --name=devs");
	ok(t, "host create bart@192.0.2.1:2022 --name=web1 -g ops,default");
	ok(t, "host create 192.0.2.2 --name=old --hop=web1 "
	    "--logging=disabled --comment='caf\xc3\xa9'");
	ok(t, "host create root@[2001:db8::1] --name=pw --password='" SECRET
	    "'");
	ok(t, "user create bob@example.org --key='" USER_KEY " bob@laptop' "
	    "-g devs,default --role=auditor,standard --expires=+9d");
	ok(t, "user invite eve@example.org");
	ok(t, "host update web1 --allow=default,jump --record=required");
	ok(t, "acl create --ug devs --hg ops --login='dep*' --weight=7 "
	    "--allow=sftp,scp --logging=full --record=required "
	    "--pattern='web*' --expiration=+30d --comment=x");
	ok(t, "acl create --ug default --hg default --action=deny");
	assert_int_equal(host_pin_key(db, 1, "ssh-ed25519",
	    "\0\0\0\013ssh-ed25519\0\0\0\040""0123456789abcdef"
	    "0123456789abcdef", 51, &pinned, &len), DB_OK);
	free(pinned);
	assert_int_equal(session_create(db, &s, &id), DB_OK);
	assert_int_equal(session_close(db, id, 1700000100, "lost", 5, 6),
	    DB_OK);
	assert_int_equal(user_get(db, 2, &u), DB_OK);
	free(u->allowed_from);
	u->allowed_from = xstrdup("192.0.2.0/24,2001:db8::/32");
	assert_int_equal(user_update(db, u), DB_OK);
	user_free(u);
	/* somebody who can come in after all */
	t->sh.in = NULL;
	assert_int_equal(user_role_add(db, 2, ROLE_ADMIN), DB_OK);
}

/* The names of the members that a backup has and that are compared. */
static const char *const	inventory[] = { "keys", "hosts", "user_keys",
				    "users", "user_groups", "host_groups",
				    "acls", "sessions" };

static void
assert_same(json_t *a, json_t *b)
{
	size_t	i, k;
	json_t	*x, *y;

	for (i = 0; i < sizeof(inventory) / sizeof(inventory[0]); i++) {
		x = json_object_get(a, inventory[i]);
		y = json_object_get(b, inventory[i]);
		assert_int_equal(json_array_size(x), json_array_size(y));
		for (k = 0; k < json_array_size(x); k++) {
			if (json_equal(json_array_get(x, k),
			    json_array_get(y, k)))
				continue;
			print_error("%s %zu:\n%s\n%s\n", inventory[i], k,
			    text_of(json_array_get(x, k)),
			    text_of(json_array_get(y, k)));
			fail();
		}
	}
}

/* Out, in again under the same master key, out: the same. */
static void
test_sealed(void **state)
{
	struct trial	 t;
	json_t		*before, *after;
	char		*text;

	begin(&t, state);
	/* the doubles' sealed text is no real one */
	before = backup(&t, "config backup");
	assert_string_equal(json_string_value(json_object_get(json_object_get(
	    before, "sshportal"), "MasterKeyID")), "0123456789abcdef");
	assert_string_equal(json_string_value(json_object_get(json_object_get(
	    before, "sshportal"), "Secrets")), "sealed");
	assert_null(strstr(t.out, "PRIVATE KEY"));
	assert_null(strstr(t.out, SECRET));
	text = text_of(before);
	ok(&t, "host rm old");
	ok(&t, "user rm eve");
	ok(&t, "key create --name=later");
	t.sh.in = fmemopen(text, strlen(text), "r");
	ok(&t, "config restore --confirm");
	assert_non_null(strstr(t.out, "Restored."));
	fclose(t.sh.in);
	t.sh.in = NULL;
	after = backup(&t, "config backup");
	assert_same(before, after);
	assert_string_equal(json_string_value(json_object_get(row(after,
	    "users", 1), "AllowedFrom")), "192.0.2.0/24,2001:db8::/32");
	assert_string_equal(json_string_value(json_object_get(row(after,
	    "acls", 0), "Allow")), "sftp,scp");
	assert_string_equal(json_string_value(json_object_get(row(after,
	    "acls", 1), "Allow")), "");
	assert_string_equal(json_string_value(json_object_get(row(after,
	    "hosts", 0), "Allow")), "all");
	assert_string_equal(json_string_value(json_object_get(row(after,
	    "hosts", 0), "Record")), "required");
	assert_string_equal(json_string_value(json_object_get(row(after,
	    "hosts", 1), "Record")), "");
	assert_string_equal(json_string_value(json_object_get(row(after,
	    "acls", 0), "Logging")), "full");
	assert_string_equal(json_string_value(json_object_get(row(after,
	    "acls", 0), "Record")), "required");
	assert_string_equal(json_string_value(json_object_get(row(after,
	    "acls", 1), "Logging")), "");
	free(text);
	json_decref(before);
	json_decref(after);
	trial_end(&t);
}

static int64_t
event_of_session(struct trial *t, int64_t session)
{
	struct event_filter	 f = { .domain = "file", .limit = 2 };
	struct event		 e = { .author_name = (char *)"bob",
				    .domain = (char *)"file", .action =
				    (char *)"get", .entity = (char *)"/motd",
				    .session_id = session };
	struct event_list	*l;
	int64_t			 id;

	if (session != 0)
		assert_int_equal(event_create(t->sh.db, &e, &id), DB_OK);
	assert_int_equal(event_find(t->sh.db, &f, &l), DB_OK);
	assert_int_equal(l->n, 1);
	id = l->v[0].session_id;
	event_list_free(l);
	return (id);
}

/* A session whose id is another's by now keeps its events. */
static void
test_session_moved(void **state)
{
	struct session	 other = { .user_name = (char *)"x", .host_name =
			    (char *)"y", .started_at = 5 };
	struct session	*s;
	struct trial	 t;
	json_t		*doc;
	char		*text;
	int64_t		 id, first;

	begin(&t, state);
	first = 1;
	assert_int_equal(event_of_session(&t, first), first);
	doc = backup(&t, "config backup");
	text = text_of(doc);
	fixture_sql(fixture_use(state), "DELETE FROM sessions");
	fixture_sql(fixture_use(state), "DELETE FROM events");
	assert_int_equal(session_create(t.sh.db, &other, &id), DB_OK);
	fixture_sql(fixture_use(state), "UPDATE sessions SET id = 1");
	restores(&t, "config restore --confirm", text);
	id = event_of_session(&t, 0);
	assert_int_not_equal(id, first);
	assert_int_equal(session_get(t.sh.db, id, &s), DB_OK);
	assert_string_equal(s->user_name, "bob");
	session_free(s);
	/* and again, when it is there already */
	fixture_sql(fixture_use(state), "DELETE FROM events");
	restores(&t, "config restore --confirm", text);
	assert_int_equal(event_of_session(&t, 0), id);
	/* of one that the backup does not have */
	fixture_sql(fixture_use(state), "DELETE FROM events");
	json_array_clear(json_object_get(doc, "sessions"));
	free(text);
	text = text_of(doc);
	restores(&t, "config restore --confirm", text);
	assert_int_equal(event_of_session(&t, 0), 0);
	free(text);
	json_decref(doc);
	trial_end(&t);
}

/* In clear, onto another portal with another key. */
static void
test_clear(void **state)
{
	struct trial	 t;
	json_t		*before, *after;
	char		*text;

	begin(&t, state);
	before = backup(&t, "config backup --decrypt --indent");
	assert_non_null(strstr(t.out, "\n      \"Name\": \"rsa\""));
	assert_non_null(strstr(json_string_value(json_object_get(row(before,
	    "keys", 0), "PrivKey")), "BEGIN PRIVATE KEY"));
	assert_string_equal(json_string_value(json_object_get(row(before,
	    "hosts", 2), "Password")), SECRET);
	text = text_of(before);
	setting_set(t.sh.db, SETTING_MASTER_KEY_ID, "fedcba9876543210");
	ok(&t, "host rm old pw");
	restores(&t, "config restore --confirm --decrypt", text);
	after = backup(&t, "config backup --decrypt");
	assert_same(before, after);
	free(text);
	json_decref(before);
	json_decref(after);
	trial_end(&t);
}

static void
test_wrong_key(void **state)
{
	struct trial	 t;
	json_t		*doc;
	char		*text;

	begin(&t, state);
	doc = backup(&t, "config backup");
	text = text_of(doc);
	setting_set(t.sh.db, SETTING_MASTER_KEY_CHECK, "other");
	refuses(&t, "config restore --confirm", text,
	    "sealed with another master key than 0123456789abcdef");
	setting_set(t.sh.db, SETTING_MASTER_KEY_ID, "fedcba9876543210");
	refuses(&t, "config restore --confirm", text, "sealed with the master "
	    "key 0123456789abcdef, and this portal has the master key "
	    "fedcba9876543210");
	free(text);
	json_object_set_new(json_object_get(doc, "sshportal"), "Secrets",
	    json_string("maybe"));
	text = text_of(doc);
	refuses(&t, "config restore --confirm", text, "does not say whether");
	free(text);
	json_decref(doc);
	trial_end(&t);
}

/* Without --confirm it is only looked at. */
static void
test_look(void **state)
{
	struct trial	 t;
	json_t		*doc;
	char		*text;
	int64_t		 events;

	begin(&t, state);
	doc = backup(&t, "config backup --decrypt");
	json_object_set_new(row(doc, "hosts", 1), "DeletedAt",
	    json_string("2026-01-02T03:04:05.678Z"));
	json_object_set_new(row(doc, "hosts", 0), "Colour",
	    json_string("red"));
	text = text_of(doc);
	events = count_events(&t);
	assert_int_equal(run_with(&t, "config restore", text), RUN_FAILED);
	assert_non_null(strstr(t.err, "--confirm"));
	assert_non_null(strstr(t.out,
	    "hosts            3        1        0         0           2\n"));
	assert_non_null(strstr(t.out, "\"Colour\" is not known here"));
	assert_int_equal(count_events(&t), events);
	restores(&t, "config restore --confirm", text);
	ok(&t, "host ls -q");
	assert_string_equal(t.out, "3\n1\n");
	free(text);
	json_decref(doc);
	trial_end(&t);
}

/* A change of a document that must refuse it. */
static const struct bad {
	const char	*array;
	size_t		 i;
	const char	*member;
	const char	*value;		/* JSON */
	const char	*says;
} bads[] = {
	{ "hosts", 0, "Name", "\"\"", "has no name" },
	{ "hosts", 0, "Name", "\"a\\u001b[2J\"", "do not show" },
	{ "hosts", 0, "Name", "\"old\"", "has this name too" },
	{ "hosts", 0, "Name", "7", "its Name is no text" },
	{ "hosts", 0, "ID", "2", "have the ID 2" },
	{ "hosts", 0, "ID", "-1", "no ID" },
	{ "hosts", 0, "ID", "\"1\"", "no ID" },
	{ "hosts", 0, "SSHKeyID", "99", "key 99 is not among" },
	{ "hosts", 1, "HopID", "99", "hop 99 is not among" },
	{ "hosts", 0, "HopID", "2", "reached through it again" },
	{ "hosts", 0, "URL", "\"gopher://x\"", "gopher" },
	{ "hosts", 0, "Logging", "\"some\"", "Logging" },
	{ "hosts", 0, "HostKey", "\"!\"", "not base64" },
	{ "hosts", 0, "CreatedAt", "\"yesterday\"", "is no time" },
	{ "hosts", 0, "Groups", "{}", "no array" },
	{ "hosts", 0, "Groups", "[{}]", "has no ID" },
	{ "hosts", 0, "Legacy", "1", "neither true nor false" },
	{ "keys", 0, "PrivKey", "\"nonsense !\"", "private key" },
	{ "keys", 0, "PrivKey", "\"\"", "no private key" },
	{ "keys", 1, "Name", "\"default\"", "has this name too" },
	{ "users", 1, "Roles", "[{\"ID\":1}]", "has no Name" },
	{ "users", 0, "Email", "\"a\\u0007@b\"", "do not show" },
	{ "user_keys", 0, "Key", "\"AAAA\"", "could be checked with" },
	{ "users", 1, "AllowedFrom", "\"x\"", "no list of networks" },
	{ "acls", 0, "Weight", "-1", "no number" },
	{ "acls", 0, "Allow", "\"telepathy\"", "no kind of channel" },
	{ "hosts", 0, "Allow", "7", "its Allow is no text" },
	{ "acls", 0, "Logging", "\"dreams\"", "its Logging \"dreams\" is" },
	{ "acls", 0, "Record", "\"maybe\"", "its Record \"maybe\" is not" },
	{ "hosts", 0, "Record", "\"maybe\"", "its Record \"maybe\" is not" },
	{ "acls", 1, "HostGroups", "[{\"ID\":77}]", "deny less" },
	{ "acls", 1, "Inception", "\"soon\"", "is no time" },
	{ "events", 0, "AuthorID", "\"x\"", "no number" },
	{ "sessions", 0, "BytesIn", "1.5", "no number" },
};

static void
test_bad(void **state)
{
	struct trial	 t;
	json_t		*doc, *copy;
	char		*text;
	size_t		 i;

	begin(&t, state);
	doc = backup(&t, "config backup --decrypt");
	for (i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		copy = json_deep_copy(doc);
		json_object_set_new(row(copy, bads[i].array, bads[i].i),
		    bads[i].member, json_loads(bads[i].value,
		    JSON_DECODE_ANY, NULL));
		text = text_of(copy);
		refuses(&t, "config restore --confirm", text, bads[i].says);
		free(text);
		json_decref(copy);
	}
	json_decref(doc);
	trial_end(&t);
}

static void
test_no_document(void **state)
{
	struct trial	 t;
	json_t		*doc;
	char		*text;

	begin(&t, state);
	refuses(&t, "config restore --confirm", "", "it is empty");
	refuses(&t, "config restore --confirm", "[]", "no JSON object");
	refuses(&t, "config restore --confirm", "{}", "no array \"keys\"");
	refuses(&t, "config restore --confirm", "{\"keys\":[],\"users\":[]}",
	    "none of its users is an administrator");
	refuses(&t, "config restore --confirm",
	    "{\"keys\":[],\"users\":[],\"acls\":7}", "\"acls\" in it");
	refuses(&t, "config restore --confirm",
	    "{\"keys\":[],\"keys\":[],\"users\":[]}", "no JSON");
	doc = backup(&t, "config backup --decrypt");
	text = text_of(doc);
	text[strlen(text) - 2] = '\0';
	refuses(&t, "config restore --confirm", text, "cut short");
	free(text);
	json_decref(doc);
	trial_end(&t);
}

/* With --skip, what cannot be taken is left out, and what hangs on it. */
static void
test_skip(void **state)
{
	struct trial	 t;
	json_t		*doc;
	char		*text;

	begin(&t, state);
	doc = backup(&t, "config backup --decrypt");
	json_object_set_new(row(doc, "hosts", 0), "URL", json_string("x y"));
	text = text_of(doc);
	restores(&t, "config restore --confirm --skip", text);
	assert_non_null(strstr(t.out, "refused: host 1 \"web1\": its URL"));
	assert_non_null(strstr(t.out, "refused: host 2 \"old\": its hop 1"));
	ok(&t, "host ls -q");
	assert_string_equal(t.out, "3\n");
	free(text);
	/* but never what would open something */
	json_object_set_new(row(doc, "hosts", 0), "URL",
	    json_string("ssh://192.0.2.1"));
	json_object_set_new(row(doc, "acls", 1), "Weight", json_string("x"));
	text = text_of(doc);
	refuses(&t, "config restore --confirm --skip", text, "Weight");
	free(text);
	json_decref(doc);
	trial_end(&t);
}

/* Nobody is locked out of what comes of it. */
static void
test_admins(void **state)
{
	struct trial	 t;
	json_t		*doc;
	struct user	*u;
	char		*text;

	begin(&t, state);
	doc = backup(&t, "config backup --decrypt");
	json_object_set_new(doc, "user_keys", json_array());
	text = text_of(doc);
	restores(&t, "config restore --confirm", text);
	assert_non_null(strstr(t.out, "\"root\" will be invited anew"));
	assert_non_null(strstr(t.out,
	    "The administrator root is invited for a day: invite:"));
	assert_int_equal(user_by_name(t.sh.db, "root", &u), DB_OK);
	assert_non_null(u->invite_hash);
	user_free(u);
	free(text);
	json_object_set_new(row(doc, "users", 0), "Roles", json_array());
	json_object_set_new(row(doc, "users", 1), "Roles", json_array());
	text = text_of(doc);
	refuses(&t, "config restore --confirm", text,
	    "none of its users is an administrator");
	free(text);
	json_decref(doc);
	trial_end(&t);
}

/* The same number for somebody else does not go on in their name. */
static void
test_somebody_else(void **state)
{
	struct trial	 t;
	json_t		*doc;
	char		*text;

	begin(&t, state);
	doc = backup(&t, "config backup --decrypt");
	json_object_set_new(row(doc, "users", 0), "CreatedAt",
	    json_string("2020-01-01T00:00:00Z"));
	text = text_of(doc);
	restores(&t, "config restore --confirm", text);
	fails(&t, RUN_FAILED, "user ls", "log in again");
	assert_true(t.sh.done);
	free(text);
	json_decref(doc);
	trial_end(&t);
}

/*
 * A host key of another type goes to its own place; the present ones, of types
 * that the backup lacks, stay.
 */
static void
test_host_key(void **state)
{
	struct trial	 t;
	json_t		*doc;
	struct key	*before, *after, *rsa, *brought;
	void		*plain;
	char		*text;
	size_t		 len;

	begin(&t, state);
	assert_int_equal(key_by_name(t.sh.db, KEY_HOST, &before), DB_OK);
	assert_int_equal(key_by_name(t.sh.db, "rsa", &rsa), DB_OK);
	doc = backup(&t, "config backup --decrypt");
	json_array_remove(json_object_get(doc, "keys"), 1);
	json_object_set_new(row(doc, "keys", 1), "Name", json_string("host"));
	text = text_of(doc);
	restores(&t, "config restore --confirm", text);
	assert_int_equal(key_by_name(t.sh.db, "host-rsa", &brought), DB_OK);
	assert_string_equal(brought->fingerprint, rsa->fingerprint);
	assert_int_equal(key_by_name(t.sh.db, KEY_HOST, &after), DB_OK);
	assert_string_equal(after->fingerprint, before->fingerprint);
	assert_int_not_equal(after->id, 3);
	assert_int_equal(trial_open(&t, SEAL_KEY_TABLE, SEAL_KEY_COLUMN,
	    after->id, after->priv_sealed, &plain, &len), 0);
	sodium_free(plain);
	free(text);
	json_decref(doc);
	key_free(before);
	key_free(after);
	key_free(rsa);
	key_free(brought);
	trial_end(&t);
}

static void
test_roles(void **state)
{
	struct trial	t;

	begin(&t, state);
	t.sh.user_id = add_user(t.sh.db, "carl", ROLE_AUDITOR);
	fails(&t, RUN_FAILED, "config backup", "roles");
	fails(&t, RUN_FAILED, "config backup --decrypt", "roles");
	assert_int_equal(run_with(&t, "config restore --confirm", "{}"),
	    RUN_FAILED);
	assert_non_null(strstr(t.err, "roles"));
	t.sh.user_id = t.admin;
	t.refuse = 1;
	fails(&t, RUN_FAILED, "config backup --decrypt", "decrypted");
	fails(&t, RUN_USAGE, "config backup x", "too much");
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_sealed),
		ON_BOTH(test_session_moved),
		ON_BOTH(test_clear),
		ON_SQLITE(test_wrong_key),
		ON_BOTH(test_look),
		ON_BOTH(test_bad),
		ON_SQLITE(test_no_document),
		ON_BOTH(test_skip),
		ON_BOTH(test_admins),
		ON_BOTH(test_somebody_else),
		ON_BOTH(test_host_key),
		ON_SQLITE(test_roles),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
