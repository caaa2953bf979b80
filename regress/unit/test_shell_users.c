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
	fails(&t, RUN_FAILED, "userkey rm root", "roles");
	fails(&t, RUN_FAILED, "user invite -a root", "roles");
	/* refused before anything is read */
	input(&t, line);
	fails(&t, RUN_FAILED, "userkey create reader", "roles");
	assert_int_equal(ftell(t.sh.in), 0);
	input_end(&t);
	t.sh.user_id = add_user(t.sh.db, "bob", ROLE_STANDARD);
	fails(&t, RUN_FAILED, "userkey ls", "roles");
	fails(&t, RUN_FAILED, "userkey inspect root", "roles");
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
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
