/* SPDX-License-Identifier: ISC */
/*
 * Commands of users and their keys, against a real store: invites for those
 * who are there already, roles, keys that are pasted; and the shell of the
 * machine's own administrator.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>
#include <openssl/evp.h>

#include "db/event.h"
#include "db/query.h"
#include "db/session.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/sshkey.h"
#include "lib/token.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"

/* A line of authorized_keys of a new key; caller frees. */
static char *
new_line(const char *kind, const char *comment)
{
	EVP_PKEY	*pkey;
	uint8_t		*blob;
	size_t		 len;
	char		*line;

	assert_int_equal(sshkey_generate(kind, 0, &pkey, NULL, 0), 0);
	assert_int_equal(sshkey_blob(pkey, &blob, &len), 0);
	line = sshkey_line(blob, len, comment);
	free(blob);
	EVP_PKEY_free(pkey);
	return (line);
}

/* The command's standard input from now on; *in is kept until input_end(). */
static void
input(struct trial *t, const char *text)
{
	assert_non_null(t->sh.in = fmemopen((void *)text, strlen(text), "r"));
}

static void
input_end(struct trial *t)
{
	fclose(t->sh.in);
	t->sh.in = NULL;
}

static int64_t
keys_of(struct trial *t, int64_t user)
{
	int64_t	n;

	assert_int_equal(userkey_count(t->sh.db, user, &n), DB_OK);
	return (n);
}

static void
test_again(void **state)
{
	struct trial	 t;
	struct user	*u;
	char		 first[TOKEN_SIZE + 1], second[TOKEN_SIZE + 1];
	char		 hash[TOKEN_HASH_SIZE];
	int64_t		 id, again, now = clock_utc();

	trial_begin(&t, fixture_use(state)->db);
	ok(&t, "user invite bob@example.org --comment=hi");
	assert_int_equal(sscanf(t.out, "%" SCNd64 "\ninvite:%27s\n", &id,
	    first), 2);
	ok(&t, "user invite --again bob -e +1h");
	assert_int_equal(sscanf(t.out, "%" SCNd64 "\ninvite:%27s\n", &again,
	    second), 2);
	assert_int_equal(again, id);
	assert_string_not_equal(first, second);
	token_hash(first, hash);
	assert_int_equal(user_by_invite(t.sh.db, hash, now, &u), DB_NOTFOUND);
	token_hash(second, hash);
	assert_int_equal(user_by_invite(t.sh.db, hash, now, &u), DB_OK);
	assert_int_equal(u->id, id);
	assert_string_equal(u->comment, "hi");
	assert_in_range(u->invite_expires_at, now + 3600, now + 3660);
	u->disabled = 1;
	assert_int_equal(user_update(t.sh.db, u), DB_OK);
	user_free(u);
	fails(&t, RUN_FAILED, "user invite -a bob@example.org", "disabled");
	fails(&t, RUN_FAILED, "user invite -a nosuch", "no user \"nosuch\"");
	fails(&t, RUN_USAGE, "user invite -a bob --role admin", "new ones");
	fails(&t, RUN_FAILED, "user invite -a bob -e 2001-01-01", "expired");
	trial_end(&t);
}

static void
test_role(void **state)
{
	struct trial	 t;
	struct user	*u;

	trial_begin(&t, fixture_use(state)->db);
	ok(&t, "user invite a@example.org --role=admin,auditor");
	assert_int_equal(user_by_name(t.sh.db, "a", &u), DB_OK);
	assert_int_equal(u->roles.n, 2);
	assert_true(user_is(u, ROLE_ADMIN));
	assert_true(user_is(u, ROLE_AUDITOR));
	user_free(u);
	fails(&t, RUN_USAGE, "user invite b@example.org -r root",
	    "admin, trusted, standard, auditor or listhosts");
	fails(&t, RUN_USAGE, "user invite b@example.org -r admin,root",
	    "\"root\" is not for --role");
	ok(&t, "user invite b@example.org -r auditor -r listhosts");
	assert_int_equal(user_by_name(t.sh.db, "b", &u), DB_OK);
	assert_int_equal(u->roles.n, 2);
	assert_false(user_is(u, ROLE_STANDARD));
	user_free(u);
	trial_end(&t);
}

static void
test_userkey(void **state)
{
	struct trial		 t;
	struct event_list	*l;
	char			*one, *two, *text, line[64];
	int64_t			 bob;

	trial_begin(&t, fixture_use(state)->db);
	bob = add_user(t.sh.db, "bob", NULL);
	add_user(t.sh.db, "eve", NULL);
	one = new_line("ed25519", "laptop");
	two = new_line("ecdsa", "");
	text = xasprintf("# mine\n%s\r\nfrom=\"10.0.0.1\" %s\n\nrest\n", one,
	    two);
	input(&t, text);
	ok(&t, "userkey create bob");
	assert_string_equal(t.out, "1\n2\n");
	input_end(&t);
	assert_int_equal(keys_of(&t, bob), 2);
	ok(&t, "userkey ls");
	assert_non_null(strstr(t.out, "laptop"));
	assert_non_null(strstr(t.out, "ecdsa-sha2-nistp256"));
	assert_non_null(strstr(t.out, "Total: 2 user keys.\n"));
	input(&t, one);
	fails(&t, RUN_FAILED, "userkey create eve", "somebody else's");
	input_end(&t);
	input(&t, one);
	fails(&t, RUN_FAILED, "userkey create bob", "theirs already");
	input_end(&t);
	ok(&t, "event ls --json");
	assert_int_equal(event_list(t.sh.db, 0, 0, &l), DB_OK);
	assert_int_equal(l->n, 1);
	assert_memory_equal(l->v[0].entity, "bob SHA256:", 11);
	assert_non_null(strstr(l->v[0].entity, " and 1 more"));
	event_list_free(l);
	fails(&t, RUN_FAILED, "userkey rm eve", "no user key \"eve\"");
	fails(&t, RUN_FAILED, "userkey rm 1 7", "no user key \"7\"");
	assert_int_equal(keys_of(&t, bob), 2);
	ok(&t, "userkey rm 1");
	assert_int_equal(keys_of(&t, bob), 1);
	input(&t, one);
	ok(&t, "userkey create bob --comment='the new one'");
	input_end(&t);
	snprintf(line, sizeof(line), "userkey rm bob bob %s", t.out);
	ok(&t, line);
	assert_int_equal(keys_of(&t, bob), 0);
	free(one);
	free(two);
	free(text);
	trial_end(&t);
}

/* Nothing of what is no key remains, nor of what came with it. */
static void
test_bad_keys(void **state)
{
	static const char *const	bad[] = { "", "\n", "# only a remark\n",
	    "nonsense\n", "ssh-ed25519\n", "ssh-ed25519 AAAA\n",
	    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAABAEAAQE= short\n",
	    "-----BEGIN OPENSSH PRIVATE KEY-----\n" };
	struct trial		 t;
	char			*line, *text;
	size_t			 i;
	int64_t			 bob;

	trial_begin(&t, fixture_use(state)->db);
	bob = add_user(t.sh.db, "bob", NULL);
	fails(&t, RUN_FAILED, "userkey create bob", "no public key came");
	line = new_line("ed25519", NULL);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		text = xasprintf("%s%s%s", i > 2 ? line : "",
		    i > 2 ? "\n" : "", bad[i]);
		/* glibc would have no empty buffer */
		input(&t, *text != '\0' ? text : "\n");
		fails(&t, RUN_FAILED, "userkey create bob", "key");
		input_end(&t);
		free(text);
	}
	assert_int_equal(keys_of(&t, bob), 0);
	text = xmalloc(2 * SSHKEY_TEXT_MAX + 1);
	memset(text, 'a', 2 * SSHKEY_TEXT_MAX);
	text[2 * SSHKEY_TEXT_MAX] = '\0';
	input(&t, text);
	fails(&t, RUN_FAILED, "userkey create bob", "the line is too long");
	input_end(&t);
	input(&t, line);
	fails(&t, RUN_FAILED, "userkey create nosuch", "no user \"nosuch\"");
	input_end(&t);
	assert_int_equal(count_events(&t), 0);
	free(text);
	free(line);
	trial_end(&t);
}

static void
test_inspect(void **state)
{
	struct trial	 t;
	struct userkey	*k;
	json_t		*all, *row;
	char		*line;

	trial_begin(&t, fixture_use(state)->db);
	add_user(t.sh.db, "bob", NULL);
	line = new_line("ed25519", "laptop");
	input(&t, line);
	ok(&t, "userkey create bob");
	input_end(&t);
	ok(&t, "userkey inspect bob 1");
	assert_non_null(all = json_loads(t.out, 0, NULL));
	assert_int_equal(json_array_size(all), 1);
	row = json_array_get(all, 0);
	assert_int_equal(userkey_get(t.sh.db, 1, &k), DB_OK);
	assert_int_equal(json_integer_value(json_object_get(row, "UserID")),
	    k->user_id);
	assert_string_equal(json_string_value(json_object_get(row,
	    "Comment")), "laptop");
	assert_string_equal(json_string_value(json_object_get(row,
	    "Fingerprint")), k->fingerprint);
	assert_string_equal(json_string_value(json_object_get(json_object_get(
	    row, "User"), "Name")), "bob");
	assert_memory_equal(line, json_string_value(json_object_get(row,
	    "AuthorizedKey")), strlen(line) - strlen(" laptop"));
	assert_non_null(strstr(line, json_string_value(json_object_get(row,
	    "Key"))));
	userkey_free(k);
	json_decref(all);
	free(line);
	trial_end(&t);
}

/* Who may list may not change, and who has no role may neither. */
static void
test_roles(void **state)
{
	struct trial	 t;
	char		*line;

	trial_begin(&t, fixture_use(state)->db);
	line = new_line("ed25519", NULL);
	input(&t, line);
	ok(&t, "userkey create root");
	input_end(&t);
	t.sh.user_id = add_user(t.sh.db, "reader", ROLE_AUDITOR);
	ok(&t, "userkey ls");
	ok(&t, "userkey inspect root");
	fails(&t, RUN_FAILED, "userkey rm root", "of yours");
	fails(&t, RUN_FAILED, "user invite -a root", "roles");
	/* not without a proof, which nobody makes here */
	input(&t, line);
	fails(&t, RUN_FAILED, "userkey create reader", "nothing proves");
	input_end(&t);
	/* refused before anything is read */
	input(&t, line);
	fails(&t, RUN_FAILED, "user create x", "roles");
	assert_int_equal(ftell(t.sh.in), 0);
	input_end(&t);
	t.sh.user_id = add_user(t.sh.db, "bob", ROLE_STANDARD);
	ok(&t, "userkey ls");
	assert_string_equal(t.out, "Total: 0 user keys.\n");
	fails(&t, RUN_FAILED, "userkey inspect root", "of yours");
	free(line);
	trial_end(&t);
}

/* An administrator without an account; and user 0 alone is none. */
static void
test_local(void **state)
{
	struct trial		 t;
	struct event_list	*l;

	trial_begin(&t, fixture_use(state)->db);
	t.sh.user_id = 0;
	fails(&t, RUN_FAILED, "user ls", "closed");
	t.sh.done = 0;
	t.sh.local = "root (local)";
	t.sh.source = "local";
	ok(&t, "user invite bob@example.org");
	ok(&t, "user ls");
	ok(&t, "info");
	assert_non_null(strstr(t.out, "User:            root (local)\n"));
	assert_int_equal(event_list(t.sh.db, 0, 0, &l), DB_OK);
	assert_int_equal(l->n, 1);
	assert_int_equal(l->v[0].author_id, 0);
	assert_string_equal(l->v[0].author_name, "root (local)");
	assert_string_equal(l->v[0].source, "local");
	event_list_free(l);
	trial_end(&t);
}

static struct user *
user_of(struct trial *t, const char *name)
{
	struct user	*u;

	assert_int_equal(user_by_name(t->sh.db, name, &u), DB_OK);
	return (u);
}

/* An account with a key, from the option or the input; or nothing at all. */
static void
test_create(void **state)
{
	struct trial	 t;
	struct user	*u;
	char		*one, *two, *line;
	int64_t		 id, owner;

	trial_begin(&t, fixture_use(state)->db);
	one = new_line("ed25519", "robot");
	two = new_line("ecdsa", NULL);
	line = xasprintf("user create robot --role=standard,auditor "
	    "--comment=hi --key='%s' --expires=+7d", one);
	ok(&t, line);
	assert_int_equal(sscanf(t.out, "%" SCNd64 "\n", &id), 1);
	u = user_of(&t, "robot");
	assert_int_equal(u->id, id);
	assert_string_equal(u->email, "");
	assert_string_equal(u->comment, "hi");
	assert_int_equal(u->nkeys, 1);
	assert_int_equal(u->roles.n, 2);
	assert_int_equal(u->groups.n, 1);
	assert_true(u->expires_at > clock_utc());
	assert_null(u->invite_hash);
	user_free(u);
	free(line);
	input(&t, two);
	ok(&t, "user create bob@example.org");
	input_end(&t);
	u = user_of(&t, "bob");
	assert_string_equal(u->email, "bob@example.org");
	assert_int_equal(keys_of(&t, u->id), 1);
	user_free(u);
	/* the key is somebody's: no account without it */
	line = xasprintf("user create eve --key '%s'", one);
	fails(&t, RUN_FAILED, line, "somebody else's");
	assert_int_equal(user_by_name(t.sh.db, "eve", &u), DB_NOTFOUND);
	free(line);
	fails(&t, RUN_FAILED, "user create eve", "no public key came");
	fails(&t, RUN_FAILED, "user create eve --key=nonsense", "key 1");
	free(one);
	one = new_line("ed25519", NULL);
	line = xasprintf("user create bob2@example.org --email=x@example.org "
	    "--key '%s'", one);
	fails(&t, RUN_USAGE, line, "two e-mails");
	free(line);
	line = xasprintf("user create carl --email=bob@example.org --key '%s'",
	    one);
	fails(&t, RUN_FAILED, line, "\"bob\" has this e-mail");
	free(line);
	line = xasprintf("user create admin --key '%s'", one);
	fails(&t, RUN_FAILED, line, "login of the portal's own");
	free(line);
	line = xasprintf("user create bob --key '%s'", one);
	fails(&t, RUN_FAILED, line, "a user \"bob\" already");
	free(line);
	line = xasprintf("user create eve --expires=2001-01-01 --key '%s'",
	    one);
	fails(&t, RUN_FAILED, line, "expired already");
	free(line);
	assert_int_equal(user_count(t.sh.db, &owner), DB_OK);
	assert_int_equal(owner, 3);
	assert_int_equal(count_events(&t), 2);
	free(one);
	free(two);
	trial_end(&t);
}

static int64_t
generation(struct trial *t)
{
	int64_t	n;

	assert_int_equal(db_get_int(t->sh.db, &n, "SELECT value FROM counters"
	    " WHERE name = 'generation'", NO_BINDS), DB_OK);
	return (n);
}

static void
test_update(void **state)
{
	struct trial	 t;
	struct user	*u;
	char		 hash[TOKEN_HASH_SIZE];
	int64_t		 bob, before, now = clock_utc();

	trial_begin(&t, fixture_use(state)->db);
	bob = add_user(t.sh.db, "bob", ROLE_STANDARD);
	add_user(t.sh.db, "eve", NULL);
	before = generation(&t);
	ok(&t, "user update bob --name=bobby -e bobby@example.org "
	    "--comment='the new one'");
	assert_string_equal(t.out, "");
	assert_true(generation(&t) > before);
	u = user_of(&t, "bobby");
	assert_int_equal(u->id, bob);
	assert_string_equal(u->email, "bobby@example.org");
	assert_string_equal(u->comment, "the new one");
	user_free(u);
	ok(&t, "user update bobby --email=bobby@example.org");
	ok(&t, "user update bobby eve --set-admin -r auditor,trusted "
	    "--unassign-role=standard --assign-group=default");
	u = user_of(&t, "eve");
	assert_int_equal(u->groups.n, 1);
	assert_int_equal(u->roles.n, 3);
	assert_true(user_is(u, ROLE_ADMIN));
	user_free(u);
	u = user_of(&t, "bobby");
	assert_false(user_is(u, ROLE_STANDARD));
	user_free(u);
	ok(&t, "user update bobby eve --unset-admin --unassign-group=default "
	    "--disable --expires=+1h");
	u = user_of(&t, "eve");
	assert_int_equal(u->groups.n, 0);
	assert_int_equal(u->disabled, 1);
	assert_in_range(u->expires_at, now + 3600, now + 3660);
	assert_false(user_is(u, ROLE_ADMIN));
	user_free(u);
	ok(&t, "user ls");
	assert_non_null(strstr(t.out, "disabled"));
	ok(&t, "user update eve --enable --unset-expires "
	    "-i AbCdEfGh12345678");
	u = user_of(&t, "eve");
	assert_true(user_usable(u, now));
	assert_int_equal(u->expires_at, 0);
	user_free(u);
	token_hash("AbCdEfGh12345678", hash);
	assert_int_equal(user_by_invite(t.sh.db, hash, now, &u), DB_OK);
	assert_string_equal(u->name, "eve");
	user_free(u);
	ok(&t, "event ls --json");
	assert_null(strstr(t.out, "AbCdEfGh"));
	ok(&t, "user update eve --remove_invite --email=''");
	assert_int_equal(user_by_invite(t.sh.db, hash, now, &u), DB_NOTFOUND);
	trial_end(&t);
}

static void
test_update_refused(void **state)
{
	static const struct {
		int		 status;
		const char	*line, *says;
	} cases[] = {
		{ RUN_USAGE, "user update", "USER is missing" },
		{ RUN_USAGE, "user update bob", "an option is missing" },
		{ RUN_USAGE, "user update bob eve --name=x",
		    "--name is for one user only" },
		{ RUN_USAGE, "user update bob eve --email=x@example.org",
		    "--email is for one user only" },
		{ RUN_USAGE, "user update bob --set-admin --unset-admin",
		    "do not go together" },
		{ RUN_USAGE, "user update bob --disable --enable",
		    "do not go together" },
		{ RUN_USAGE, "user update bob -r king", "\"king\"" },
		{ RUN_FAILED, "user update bob nosuch neither --set-admin",
		    "no user \"nosuch\", \"neither\"" },
		{ RUN_FAILED, "user update bob -c x --assign-group=nosuch",
		    "no user group \"nosuch\"" },
		{ RUN_FAILED, "user update bob -c x --unassign-group=nosuch",
		    "no user group \"nosuch\"" },
		{ RUN_FAILED, "user update bob -c x -n eve",
		    "a user \"eve\" already" },
		{ RUN_FAILED, "user update bob -n admin", "portal's own" },
		{ RUN_FAILED, "user update bob -n 'a b'", "blanks" },
		{ RUN_FAILED, "user update bob -e nonsense",
		    "not an e-mail" },
		{ RUN_FAILED, "user update bob -e eve@example.org",
		    "\"eve\" has this e-mail" },
		{ RUN_FAILED, "user update bob -i short", "16 to 128" },
		{ RUN_FAILED, "user update bob --expires=2001-01-01",
		    "in the past" },
		{ RUN_FAILED, "user update bob root --disable",
		    "disable yourself" },
		{ RUN_FAILED, "user update bob root -c x --unset-admin",
		    "no administrator would be left" },
		{ RUN_FAILED, "user rm bob root", "remove yourself" },
		{ RUN_FAILED, "user rm bob nosuch", "no user \"nosuch\"" },
		{ RUN_USAGE, "user rm", "USER is missing" },
		{ RUN_FAILED, "user inspect bob nosuch",
		    "no user \"nosuch\"" },
	};
	struct trial	 t;
	struct user	*u;
	size_t		 i;

	trial_begin(&t, fixture_use(state)->db);
	add_user(t.sh.db, "bob", ROLE_STANDARD);
	add_user(t.sh.db, "eve", NULL);
	ok(&t, "user update eve -e eve@example.org");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fails(&t, cases[i].status, cases[i].line, cases[i].says);
		u = user_of(&t, "bob");
		assert_string_equal(u->comment, "");
		assert_int_equal(u->disabled, 0);
		assert_int_equal(u->roles.n, 1);
		user_free(u);
		assert_int_equal(count_events(&t), 1);
	}
	trial_end(&t);
}

/* With a key one can log in; the last who can, stays. */
static void
test_last_admin(void **state)
{
	struct trial	 t;
	char		*one;

	trial_begin(&t, fixture_use(state)->db);
	add_user(t.sh.db, "anna", ROLE_ADMIN);
	one = new_line("ed25519", NULL);
	input(&t, one);
	ok(&t, "userkey create anna");
	input_end(&t);
	/* root has no key and would be the only one left */
	fails(&t, RUN_FAILED, "user rm anna", "no administrator would be left");
	fails(&t, RUN_FAILED, "user update anna --disable",
	    "no administrator would be left");
	fails(&t, RUN_FAILED, "user update anna --unassign-role=admin",
	    "no administrator would be left");
	free(one);
	one = new_line("ed25519", NULL);
	input(&t, one);
	ok(&t, "userkey create root");
	input_end(&t);
	ok(&t, "user rm anna");
	t.sh.local = "root (local)";
	fails(&t, RUN_FAILED, "user rm root", "no administrator would be left");
	free(one);
	trial_end(&t);
}

/* Who is removed leaves keys and groups, and their history stays. */
static void
test_rm(void **state)
{
	struct trial	 t;
	struct session	 s = { .user_name = (char *)"bob",
			    .host_name = (char *)"web1",
			    .account = (char *)"root",
			    .instance_id = (char *)"i", .source = (char *)"x",
			    .client_version = (char *)"c",
			    .error = (char *)"", .comment = (char *)"",
			    .started_at = 1000 };
	struct user	*u;
	char		*one, *line;
	int64_t		 id, old, before;

	trial_begin(&t, fixture_use(state)->db);
	one = new_line("ed25519", NULL);
	line = xasprintf("user create bob --key '%s'", one);
	ok(&t, line);
	u = user_of(&t, "bob");
	s.user_id = old = u->id;
	user_free(u);
	assert_int_equal(session_create(t.sh.db, &s, &id), DB_OK);
	before = generation(&t);
	ok(&t, "user update bob --name=bobby");
	ok(&t, "user rm bobby");
	assert_true(generation(&t) > before + 1);
	assert_int_equal(user_get(t.sh.db, old, &u), DB_NOTFOUND);
	ok(&t, "userkey ls");
	assert_non_null(strstr(t.out, "Total: 0 user keys."));
	ok(&t, "session ls");
	assert_non_null(strstr(t.out, "bob "));
	/* the next one gets nothing of it, not even the id */
	ok(&t, line);
	u = user_of(&t, "bob");
	assert_true(u->id > old);
	assert_int_equal(u->nkeys, 1);
	user_free(u);
	free(one);
	free(line);
	trial_end(&t);
}

static void
test_user_inspect(void **state)
{
	struct trial	 t;
	json_t		*all, *row, *key;
	char		*one, *line;

	trial_begin(&t, fixture_use(state)->db);
	one = new_line("ed25519", "laptop");
	line = xasprintf("user create bob@example.org --key '%s'", one);
	ok(&t, line);
	ok(&t, "user update bob -i AbCdEfGh12345678");
	ok(&t, "user inspect root bob bob@example.org");
	assert_null(strstr(t.out, "AbCdEfGh"));
	assert_non_null(all = json_loads(t.out, 0, NULL));
	assert_int_equal(json_array_size(all), 2);
	row = json_array_get(all, 1);
	assert_string_equal(json_string_value(json_object_get(row, "Name")),
	    "bob");
	assert_string_equal(json_string_value(json_object_get(row, "Email")),
	    "bob@example.org");
	assert_true(json_is_null(json_object_get(row, "DeletedAt")));
	assert_string_equal(json_string_value(json_object_get(json_array_get(
	    json_object_get(row, "Groups"), 0), "Name")), "default");
	assert_string_equal(json_string_value(json_object_get(json_array_get(
	    json_object_get(row, "Roles"), 0), "Name")), ROLE_STANDARD);
	key = json_array_get(json_object_get(row, "Keys"), 0);
	assert_memory_equal(json_string_value(json_object_get(key,
	    "AuthorizedKey")), one, strlen(one) - strlen(" laptop"));
	assert_string_equal(json_string_value(json_object_get(key,
	    "Comment")), "laptop");
	json_decref(all);
	t.sh.user_id = add_user(t.sh.db, "reader", ROLE_AUDITOR);
	ok(&t, "user inspect bob");
	fails(&t, RUN_FAILED, "user update bob -c x", "roles");
	fails(&t, RUN_FAILED, "user rm bob", "roles");
	fails(&t, RUN_FAILED, "user create z --key=x", "roles");
	t.sh.user_id = add_user(t.sh.db, "carl", ROLE_STANDARD);
	fails(&t, RUN_FAILED, "user inspect bob", "of yours");
	free(one);
	free(line);
	trial_end(&t);
}

/* How many keys an invite binds. */
static void
test_max_uses(void **state)
{
	static const struct {
		int		 status;
		const char	*line, *says;
	} cases[] = {
		{ RUN_FAILED, "user invite b@example.org --max-uses=0",
		    "--max-uses takes 1 to 1000" },
		{ RUN_FAILED, "user invite b@example.org -m 1001",
		    "--max-uses takes 1 to 1000" },
		{ RUN_USAGE, "user invite b@example.org -m many",
		    "not a number" },
		{ RUN_FAILED, "user update root --max-uses=2",
		    "\"root\" has no open invite" },
		{ RUN_FAILED, "user update bob --max-uses=0", "takes 1 to" },
		{ RUN_USAGE, "user update bob --max-uses=2 --remove_invite",
		    "do not go together" },
	};
	struct trial	 t;
	struct user	*u;
	size_t		 i;

	trial_begin(&t, fixture_use(state)->db);
	ok(&t, "user invite bob@example.org --max-uses=3");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		fails(&t, cases[i].status, cases[i].line, cases[i].says);
	assert_int_equal(user_by_name(t.sh.db, "bob", &u), DB_OK);
	assert_int_equal(u->invite_uses, 3);
	user_free(u);
	ok(&t, "user update bob --max-uses=5");
	ok(&t, "user inspect bob");
	assert_non_null(strstr(t.out, "\"InviteUses\": 5"));
	ok(&t, "user invite --again bob");
	ok(&t, "user inspect bob");
	assert_non_null(strstr(t.out, "\"InviteUses\": 1"));
	ok(&t, "user update bob -m 4 --invite_token=0123456789abcdefgh");
	ok(&t, "user ls --json --latest");
	assert_non_null(strstr(t.out, "\"InviteUses\": 4"));
	ok(&t, "user update bob --remove_invite");
	ok(&t, "user inspect bob");
	assert_non_null(strstr(t.out, "\"InviteUses\": 0"));
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_again),
		ON_BOTH(test_role),
		ON_BOTH(test_userkey),
		ON_SQLITE(test_bad_keys),
		ON_SQLITE(test_inspect),
		ON_SQLITE(test_roles),
		ON_SQLITE(test_local),
		ON_BOTH(test_create),
		ON_BOTH(test_update),
		ON_BOTH(test_update_refused),
		ON_BOTH(test_last_admin),
		ON_BOTH(test_rm),
		ON_BOTH(test_user_inspect),
		ON_BOTH(test_max_uses),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
