/* SPDX-License-Identifier: ISC */
/*
 * Commands that limit people and their keys: where from, and until when; and
 * that no administrator is lost that way.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "db/db.h"
#include "db/setting.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"

#define KEY	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" \
		"HfoAUoqvIGlqKfFu9c1VXlYbZrQWcv1v1zJqDcUzPnh"
#define LIST	"10.0.0.0/8,192.0.2.7"

/* A key of nobody's device, which only the store looks at. */
static int64_t
add_key(struct trial *t, int64_t user, const char *blob)
{
	const struct userkey	k = { .user_id = user,
				    .type = (char *)"ssh-ed25519",
				    .blob = (unsigned char *)blob,
				    .bloblen = strlen(blob),
				    .comment = (char *)"" };
	int64_t			id;

	assert_int_equal(userkey_create(t->sh.db, &k, &id), DB_OK);
	return (id);
}

static void
same_text(const char *got, const char *want)
{
	if (want == NULL)
		assert_null(got);
	else
		assert_string_equal(got, want);
}

/* What stands in a user's row; the end is in `in` seconds, 0: never. */
static void
user_has(struct trial *t, const char *name, const char *from, int64_t in)
{
	struct user	*u;
	int64_t		 now = clock_utc();

	assert_int_equal(user_by_name(t->sh.db, name, &u), DB_OK);
	same_text(u->allowed_from, from);
	if (in == 0)
		assert_int_equal(u->expires_at, 0);
	else
		assert_in_range(u->expires_at, now + in - 60, now + in);
	user_free(u);
}

static void
key_has(struct trial *t, int64_t id, const char *comment, const char *from,
    int64_t in)
{
	struct userkey	*k;
	int64_t		 now = clock_utc();

	assert_int_equal(userkey_get(t->sh.db, id, &k), DB_OK);
	assert_string_equal(k->comment, comment);
	same_text(k->allowed_from, from);
	if (in == 0)
		assert_int_equal(k->expires_at, 0);
	else
		assert_in_range(k->expires_at, now + in - 60, now + in);
	userkey_free(k);
}

static const char *
text(const json_t *row, const char *name)
{
	assert_non_null(json_object_get(row, name));
	return (json_string_value(json_object_get(row, name)));
}

/* The only row that was printed; json_decref() the array. */
static json_t *
printed(const struct trial *t, json_t **row)
{
	json_t	*all = json_loads(t->out, 0, NULL);

	assert_int_equal(json_array_size(all), 1);
	*row = json_array_get(all, 0);
	return (all);
}

static void
test_user(void **state)
{
	struct trial	 t;
	json_t		*all, *row;
	int64_t		 before, after;

	trial_begin(&t, fixture_use(state)->db);
	ok(&t, "user create bob --key='" KEY "' --from=10.0.0.0/8 "
	    "--from=192.0.2.7/32,10.0.0.0/8 --expires=+1h");
	user_has(&t, "bob", LIST, 3600);
	ok(&t, "user invite eve@example.org --from=2001:DB8::/32");
	user_has(&t, "eve", "2001:db8::/32", 0);
	ok(&t, "user inspect bob");
	all = printed(&t, &row);
	assert_string_equal(text(row, "AllowedFrom"), LIST);
	assert_non_null(text(row, "ExpiresAt"));
	json_decref(all);
	ok(&t, "user ls --json -l");
	all = printed(&t, &row);
	assert_string_equal(text(row, "AllowedFrom"), "2001:db8::/32");
	json_decref(all);
	assert_int_equal(generation_get(t.sh.db, &before), DB_OK);
	ok(&t, "user update bob --from=::1");
	assert_int_equal(generation_get(t.sh.db, &after), DB_OK);
	assert_true(after > before);
	user_has(&t, "bob", "::1", 3600);
	ok(&t, "user update bob -c x");
	user_has(&t, "bob", "::1", 3600);
	ok(&t, "user update bob eve --unset-from --unset-expires");
	user_has(&t, "bob", NULL, 0);
	user_has(&t, "eve", NULL, 0);
	fails(&t, RUN_USAGE, "user update bob --from=::1 --unset-from",
	    "do not go together");
	fails(&t, RUN_USAGE, "user invite eve --again --from=::1",
	    "--again changes nothing");
	trial_end(&t);
}

static void
test_bad_networks(void **state)
{
	static const char *const	bad[] = {
		"user create z --key='" KEY "' --from=x",
		"user create z --key='" KEY "' --from=10.0.0.1/8",
		"user create z --key='" KEY "' --from=10.0.0.0/33",
		"user invite z@example.org --from=10.0.0.0/8,none",
		"user update bob --from='::1 ::2'",
		"user update bob --from=127.1",
		"userkey update 1 --from=localhost",
		"userkey update bob --from=::1/0",
	};
	static const char *const	none[] = {
		"user invite z@example.org --from=",
		"user update bob --from=,", "userkey update 1 --from=",
	};
	struct trial			t;
	char				many[1024] = "user update bob --from=";
	struct user			*u;
	size_t				i;

	trial_begin(&t, fixture_use(state)->db);
	add_key(&t, add_user(t.sh.db, "bob", NULL), "k1");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		fails(&t, RUN_FAILED, bad[i], "neither an address nor a "
		    "network");
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		fails(&t, RUN_FAILED, none[i], "--from takes 1 to 64");
	for (i = 0; i < 65; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many),
		    "10.0.0.%zu,", i);
	fails(&t, RUN_FAILED, many, "--from takes 1 to 64");
	user_has(&t, "bob", NULL, 0);
	assert_int_equal(user_by_name(t.sh.db, "z", &u), DB_NOTFOUND);
	assert_int_equal(count_events(&t), 0);
	trial_end(&t);
}

static void
test_userkey(void **state)
{
	static char	 keys[] = KEY " laptop\n";
	struct trial	 t;
	json_t		*all, *row;
	int64_t		 bob, k2;

	trial_begin(&t, fixture_use(state)->db);
	bob = add_user(t.sh.db, "bob", NULL);
	assert_non_null(t.sh.in = fmemopen(keys, strlen(keys), "r"));
	ok(&t, "userkey create bob --from=192.0.2.7,10.0.0.0/8 "
	    "--expires=+1d");
	fclose(t.sh.in);
	t.sh.in = NULL;
	key_has(&t, 1, "laptop", "192.0.2.7,10.0.0.0/8", 86400);
	ok(&t, "userkey ls");
	assert_non_null(strstr(t.out, "Fingerprint"));
	assert_non_null(strstr(t.out, "From\n"));
	assert_non_null(strstr(t.out, "192.0.2.7,10.0.0.0/8"));
	ok(&t, "userkey inspect 1");
	all = printed(&t, &row);
	assert_string_equal(text(row, "AllowedFrom"),
	    "192.0.2.7,10.0.0.0/8");
	assert_non_null(text(row, "ExpiresAt"));
	json_decref(all);
	ok(&t, "userkey update 1 --comment=old");
	key_has(&t, 1, "old", "192.0.2.7,10.0.0.0/8", 86400);
	ok(&t, "userkey update 1 --from=::1 --expires=+2h");
	key_has(&t, 1, "old", "::1", 7200);
	k2 = add_key(&t, bob, "k2");
	ok(&t, "userkey update bob --unset-from --unset-expires -c both");
	key_has(&t, 1, "both", NULL, 0);
	key_has(&t, k2, "both", NULL, 0);
	fails(&t, RUN_FAILED, "userkey update 1 --expires=-1h",
	    "--expires is in the past");
	fails(&t, RUN_USAGE, "userkey update 1 --expires=+1h "
	    "--unset-expires", "do not go together");
	fails(&t, RUN_USAGE, "userkey update 1 --from=::1 --unset-from",
	    "do not go together");
	fails(&t, RUN_USAGE, "userkey update 1", "an option is missing");
	fails(&t, RUN_FAILED, "userkey update 1 7 -c x", "no user key \"7\"");
	key_has(&t, 1, "both", NULL, 0);
	t.sh.user_id = bob;
	fails(&t, RUN_FAILED, "userkey update 1 -c x", "");
	t.sh.user_id = t.admin;
	trial_end(&t);
}

/* Nobody shuts the door behind themselves, nor behind all of them. */
static void
test_admins(void **state)
{
	struct trial	t;
	char		line[128];
	int64_t		bob, k1, k2;

	trial_begin(&t, fixture_use(state)->db);
	k1 = add_key(&t, t.admin, "k1");
	bob = add_user(t.sh.db, "bob", NULL);
	k2 = add_key(&t, bob, "k2");
	t.sh.source = "192.0.2.7";
	fails(&t, RUN_FAILED, "user update root --from=10.0.0.0/8",
	    "--from would keep you out: you come from 192.0.2.7");
	ok(&t, "user update root --from=10.0.0.0/8,192.0.2.0/24");
	ok(&t, "user update bob --from=10.0.0.0/8");
	t.sh.source = "2001:db8::1";
	fails(&t, RUN_FAILED, "user update bob root --from=10.0.0.0/8",
	    "--from would keep you out: you come from 2001:db8::1");
	fails(&t, RUN_FAILED, "user update root --expires=+1h",
	    "from then on no administrator would be left");
	snprintf(line, sizeof(line), "userkey update %" PRId64
	    " --expires=+1h", k1);
	fails(&t, RUN_FAILED, line, "from then on no administrator");
	ok(&t, "userkey update bob --expires=+2h");
	ok(&t, "user update bob --set-admin --expires=+3h");
	/* bob is one for longer than this */
	ok(&t, line);
	ok(&t, "user update root --expires=+1h");
	fails(&t, RUN_FAILED, "userkey update bob --expires=+90m",
	    "from then on no administrator would be left");
	key_has(&t, k2, "", NULL, 7200);
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_user),
		ON_SQLITE(test_bad_networks),
		ON_BOTH(test_userkey),
		ON_BOTH(test_admins),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
