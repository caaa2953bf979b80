/* SPDX-License-Identifier: ISC */
/*
 * Users, their keys, roles, groups and invites.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/group.h"
#include "db/setting.h"
#include "db/user.h"
#include "db/userkey.h"
#include "db_fixture.h"
#include "lib/clock.h"
#include "lib/sshkey.h"

#define TEXT(s)	((char *)(uintptr_t)(s))

static int64_t
new_user(struct db *db, const char *name)
{
	struct user u = { .name = TEXT(name) };
	int64_t id;

	assert_int_equal(user_create(db, &u, &id), DB_OK);
	assert_true(id > 0);
	return id;
}

static int
add_key(struct db *db, int64_t user, const char *blob, int64_t *id)
{
	const struct userkey k = { .user_id = user,
	    .type = TEXT("ssh-ed25519"), .blob = (void *)TEXT(blob),
	    .bloblen = strlen(blob), .comment = TEXT("of a test") };

	return userkey_create(db, &k, id);
}

static int64_t
generation(struct db *db)
{
	int64_t g;

	assert_int_equal(generation_get(db, &g), DB_OK);
	return g;
}

static void
create_and_get(void **state)
{
	struct fixture *f = fixture_use(state);
	struct user u = { .name = TEXT("alice"), .email = TEXT("a@x.org"),
	    .comment = TEXT("\xc3\xa9"), .invite_hash = TEXT("0a1b"),
	    .invite_expires_at = INT64_C(99999999999),
	    .expires_at = INT64_C(88888888888) };
	struct user *got;
	int64_t id, before = clock_utc(), g = generation(f->db);

	assert_int_equal(user_create(f->db, &u, &id), DB_OK);
	assert_int_equal(generation(f->db), g + 1);
	assert_int_equal(user_get(f->db, id, &got), DB_OK);
	assert_int_equal(got->id, id);
	assert_string_equal(got->name, "alice");
	assert_string_equal(got->email, "a@x.org");
	assert_string_equal(got->comment, "\xc3\xa9");
	assert_string_equal(got->invite_hash, "0a1b");
	assert_true(got->invite_expires_at == INT64_C(99999999999));
	assert_true(got->expires_at == INT64_C(88888888888));
	assert_int_equal(got->disabled, 0);
	assert_true(got->created_at >= before);
	assert_int_equal(got->updated_at, got->created_at);
	assert_int_equal(got->nkeys, 0);
	assert_int_equal(got->roles.n, 0);
	user_free(got);

	u.invite_hash = TEXT("0a1c");
	assert_int_equal(user_create(f->db, &u, &id), DB_EXISTS);
	assert_int_equal(id, 0);
	assert_string_equal(db_conflict(f->db), "name");
	u.name = TEXT("bob");
	u.invite_hash = TEXT("0a1b");
	assert_int_equal(user_create(f->db, &u, &id), DB_EXISTS);
	assert_string_equal(db_conflict(f->db), "invite_hash");
	assert_int_equal(generation(f->db), g + 1);
	assert_int_equal(user_get(f->db, id + 1000, &got), DB_NOTFOUND);
	assert_null(got);
}

static void
find(void **state)
{
	struct fixture *f = fixture_use(state);
	struct user u = { .name = TEXT("alice"), .email = TEXT("a@x.org") };
	struct user *got;
	int64_t a, b, digits;
	char text[32];

	assert_int_equal(user_create(f->db, &u, &a), DB_OK);
	u.name = TEXT("a@x.org");
	u.email = TEXT("b@x.org");
	assert_int_equal(user_create(f->db, &u, &b), DB_OK);
	snprintf(text, sizeof(text), "%lld", (long long)a);
	digits = new_user(f->db, text);

	assert_int_equal(user_find(f->db, text, &got), DB_OK);
	assert_int_equal(got->id, a);		/* an id before a name */
	user_free(got);
	assert_int_equal(user_by_name(f->db, text, &got), DB_OK);
	assert_int_equal(got->id, digits);
	user_free(got);
	assert_int_equal(user_find(f->db, "a@x.org", &got), DB_OK);
	assert_int_equal(got->id, b);		/* a name before an e-mail */
	user_free(got);
	assert_int_equal(user_find(f->db, "b@x.org", &got), DB_OK);
	assert_int_equal(got->id, b);
	user_free(got);
	assert_int_equal(user_by_email(f->db, "a@x.org", &got), DB_OK);
	assert_int_equal(got->id, a);
	user_free(got);
	u.name = TEXT("carol");
	assert_int_equal(user_create(f->db, &u, &b), DB_OK);
	assert_int_equal(user_find(f->db, "b@x.org", &got), DB_AMBIGUOUS);
	assert_null(got);
	assert_int_equal(user_by_email(f->db, "", &got), DB_NOTFOUND);
	assert_int_equal(user_find(f->db, "", &got), DB_NOTFOUND);
	assert_int_equal(user_find(f->db, "99999999999999999999", &got),
	    DB_NOTFOUND);
	assert_int_equal(user_find(f->db, "-1", &got), DB_NOTFOUND);
}

static void
update(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t id = new_user(f->db, "alice"), g = generation(f->db);
	struct user *u;

	new_user(f->db, "bob");
	assert_int_equal(user_get(f->db, id, &u), DB_OK);
	u->disabled = 1;
	u->expires_at = 77;
	free(u->name);
	u->name = strdup("alison");
	assert_int_equal(user_update(f->db, u), DB_OK);
	assert_int_equal(generation(f->db), g + 2);
	/* The same again is a match, not an absence. */
	assert_int_equal(user_update(f->db, u), DB_OK);
	free(u->name);
	u->name = strdup("bob");
	assert_int_equal(user_update(f->db, u), DB_EXISTS);
	u->id = 4711;
	assert_int_equal(user_update(f->db, u), DB_NOTFOUND);
	user_free(u);
	assert_int_equal(user_by_name(f->db, "alison", &u), DB_OK);
	assert_int_equal(u->disabled, 1);
	assert_int_equal(u->expires_at, 77);
	assert_false(user_usable(u, 1));
	u->disabled = 0;
	assert_true(user_usable(u, 76));
	assert_false(user_usable(u, 77));
	user_free(u);
}

static void
roles(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t id = new_user(f->db, "alice"), n;
	struct user *u;
	int has;

	assert_int_equal(user_role_add(f->db, id, ROLE_ADMIN), DB_OK);
	assert_int_equal(user_role_add(f->db, id, ROLE_ADMIN), DB_OK);
	assert_int_equal(user_role_add(f->db, id, ROLE_AUDITOR), DB_OK);
	assert_int_equal(user_role_add(f->db, id, "emperor"), DB_NOTFOUND);
	assert_int_equal(user_role_add(f->db, 4711, ROLE_ADMIN),
	    DB_NOTFOUND);
	assert_int_equal(user_get(f->db, id, &u), DB_OK);
	assert_int_equal(u->roles.n, 2);
	assert_string_equal(u->roles.name[0], "admin");
	assert_string_equal(u->roles.name[1], "auditor");
	assert_true(user_is(u, ROLE_ADMIN));
	assert_false(user_is(u, ROLE_TRUSTED));
	user_free(u);
	assert_int_equal(user_get_plain(f->db, id, &u), DB_OK);
	assert_string_equal(u->name, "alice");
	assert_int_equal(u->roles.n, 0);
	assert_int_equal(user_attach(f->db, u), DB_OK);
	assert_int_equal(user_attach(f->db, u), DB_OK);
	assert_int_equal(u->roles.n, 2);
	assert_string_equal(u->roles.name[1], "auditor");
	user_free(u);
	assert_int_equal(user_get_plain(f->db, 4711, &u), DB_NOTFOUND);
	assert_int_equal(user_has_role(f->db, id, ROLE_ADMIN, &has), DB_OK);
	assert_int_equal(has, 1);

	assert_int_equal(user_admins_with_key(f->db, 100, &n), DB_OK);
	assert_int_equal(n, 0);
	assert_int_equal(add_key(f->db, id, "k1", &n), DB_OK);
	assert_int_equal(add_key(f->db, id, "k2", &n), DB_OK);
	assert_int_equal(user_admins_with_key(f->db, 100, &n), DB_OK);
	assert_int_equal(n, 1);
	assert_int_equal(user_get(f->db, id, &u), DB_OK);
	u->expires_at = 100;
	assert_int_equal(user_update(f->db, u), DB_OK);
	user_free(u);
	assert_int_equal(user_admins_with_key(f->db, 100, &n), DB_OK);
	assert_int_equal(n, 0);

	assert_int_equal(user_role_remove(f->db, id, ROLE_ADMIN), DB_OK);
	assert_int_equal(user_role_remove(f->db, id, ROLE_ADMIN), DB_OK);
	assert_int_equal(user_role_remove(f->db, 4711, ROLE_ADMIN),
	    DB_NOTFOUND);
	assert_int_equal(user_has_role(f->db, id, ROLE_ADMIN, &has), DB_OK);
	assert_int_equal(has, 0);
	assert_int_equal(user_has_role(f->db, id, ROLE_AUDITOR, &has),
	    DB_OK);
	assert_int_equal(has, 1);
}

/* More than one growth of every array, each name with its own row. */
static void
list(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t id, gid[3], key, count;
	struct user_list *l;
	char name[32];
	size_t i, j;

	for (j = 0; j < 3; j++) {
		snprintf(name, sizeof(name), "g%zu", j);
		assert_int_equal(group_ensure(f->db, GROUP_USER, name, "",
		    &gid[j]), DB_OK);
	}
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "user%zu", i);
		id = new_user(f->db, name);
		for (j = 0; j < i % 4; j++)
			assert_int_equal(group_add(f->db, GROUP_USER, gid[j],
			    id), DB_OK);
		if (i % 2 == 0)
			assert_int_equal(user_role_add(f->db, id,
			    ROLE_STANDARD), DB_OK);
		if (i == 7)
			assert_int_equal(add_key(f->db, id, name, &key),
			    DB_OK);
	}
	assert_int_equal(user_list(f->db, 0, &l), DB_OK);
	assert_int_equal(l->n, 20);
	for (i = 0; i < 20; i++) {
		struct user *u = &l->v[19 - i];

		snprintf(name, sizeof(name), "user%zu", i);
		assert_string_equal(u->name, name);
		assert_int_equal(u->groups.n, i % 4);
		assert_int_equal(u->roles.n, i % 2 == 0);
		assert_int_equal(u->nkeys, i == 7);
	}
	user_list_free(l);
	assert_int_equal(user_list(f->db, 1, &l), DB_OK);
	assert_int_equal(l->n, 1);
	assert_string_equal(l->v[0].name, "user19");
	assert_int_equal(l->v[0].groups.n, 3);
	assert_string_equal(l->v[0].groups.name[2], "g2");
	user_list_free(l);
	assert_int_equal(user_count(f->db, &count), DB_OK);
	assert_int_equal(count, 20);
}

static void
remove_takes_all(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t id = new_user(f->db, "alice"), gid, kid, who, n;
	struct db_names names;
	struct userkey *k;

	assert_int_equal(group_ensure(f->db, GROUP_USER, "g", "", &gid),
	    DB_OK);
	assert_int_equal(group_add(f->db, GROUP_USER, gid, id), DB_OK);
	assert_int_equal(user_role_add(f->db, id, ROLE_ADMIN), DB_OK);
	assert_int_equal(add_key(f->db, id, "blob", &kid), DB_OK);
	assert_int_equal(user_remove(f->db, id), DB_OK);
	assert_int_equal(user_remove(f->db, id), DB_NOTFOUND);
	assert_int_equal(userkey_lookup(f->db, "blob", 4, &who, NULL),
	    DB_NOTFOUND);
	assert_int_equal(userkey_get(f->db, kid, &k), DB_NOTFOUND);
	assert_null(k);
	assert_int_equal(userkey_count(f->db, 0, &n), DB_OK);
	assert_int_equal(n, 0);
	assert_int_equal(group_members(f->db, GROUP_USER, gid, &names),
	    DB_OK);
	assert_int_equal(names.n, 0);
	db_names_free(&names);
	/* The next user, even of the same name, inherits nothing. */
	id = new_user(f->db, "alice");
	assert_int_equal(userkey_count(f->db, id, &n), DB_OK);
	assert_int_equal(n, 0);
}

static void
fingerprints(void **state)
{
	/* printf '' | sha256sum, and of "abc" (FIPS 180-2). */
	char fp[SSHKEY_FINGERPRINT_SIZE];

	(void)state;
	sshkey_fingerprint("", 0, fp);
	assert_string_equal(fp,
	    "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
	sshkey_fingerprint("abc", 3, fp);
	assert_string_equal(fp,
	    "SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0");
}

static void
keys(void **state)
{
	static const char blob[] = "\0\0\0\x0bssh-ed25519\0\xff';--";
	struct fixture *f = fixture_use(state);
	int64_t a = new_user(f->db, "alice"), b = new_user(f->db, "bob");
	struct userkey k = { .user_id = a, .type = TEXT("ssh-ed25519"),
	    .blob = (void *)(uintptr_t)blob, .bloblen = sizeof(blob),
	    .comment = TEXT("laptop") };
	struct userkey_list *l;
	struct userkey *got;
	int64_t id, id2, user, found, n, g = generation(f->db);

	assert_int_equal(userkey_create(f->db, &k, &id), DB_OK);
	assert_int_equal(generation(f->db), g + 1);
	k.user_id = b;
	assert_int_equal(userkey_create(f->db, &k, &id2), DB_EXISTS);
	assert_string_equal(db_conflict(f->db), "fingerprint");
	assert_int_equal(userkey_lookup(f->db, blob, sizeof(blob), &user,
	    &found), DB_OK);
	assert_int_equal(user, a);
	assert_int_equal(found, id);
	assert_int_equal(userkey_lookup(f->db, blob, sizeof(blob) - 1, &user,
	    &found), DB_NOTFOUND);
	assert_int_equal(user, 0);
	assert_int_equal(userkey_get(f->db, id, &got), DB_OK);
	assert_string_equal(got->user_name, "alice");
	assert_int_equal(got->bloblen, sizeof(blob));
	assert_memory_equal(got->blob, blob, sizeof(blob));
	assert_memory_equal(got->fingerprint, "SHA256:", 7);
	assert_string_equal(got->comment, "laptop");
	userkey_free(got);
	assert_int_equal(add_key(f->db, b, "other", &id2), DB_OK);
	assert_int_equal(add_key(f->db, 4711, "third", &n), DB_REF);
	assert_int_equal(add_key(f->db, b, "", &n), DB_INVALID);
	assert_int_equal(userkey_list(f->db, 0, 0, &l), DB_OK);
	assert_int_equal(l->n, 2);
	assert_int_equal(l->v[0].id, id2);
	userkey_list_free(l);
	assert_int_equal(userkey_list(f->db, a, 0, &l), DB_OK);
	assert_int_equal(l->n, 1);
	assert_int_equal(l->v[0].id, id);
	userkey_list_free(l);
	assert_int_equal(userkey_remove(f->db, id), DB_OK);
	assert_int_equal(userkey_remove(f->db, id), DB_NOTFOUND);
	assert_int_equal(userkey_count(f->db, a, &n), DB_OK);
	assert_int_equal(n, 0);
	assert_int_equal(userkey_count(f->db, 0, &n), DB_OK);
	assert_int_equal(n, 1);
}

static int
redeem(struct db *db, const char *hash, int64_t now, const char *blob,
    int64_t *user)
{
	const struct userkey k = { .type = TEXT("ssh-ed25519"),
	    .blob = (void *)TEXT(blob), .bloblen = strlen(blob) };

	return user_redeem(db, hash, now, &k, user);
}

static void
invites(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t a = new_user(f->db, "alice"), b = new_user(f->db, "bob");
	int64_t who, n;
	struct user *u;

	assert_int_equal(add_key(f->db, b, "bobs", &n), DB_OK);
	assert_int_equal(user_set_invite(f->db, a, "h1", 1000), DB_OK);
	assert_int_equal(user_by_invite(f->db, "h1", 999, &u), DB_OK);
	assert_int_equal(u->id, a);
	user_free(u);
	assert_int_equal(user_by_invite(f->db, "h1", 1000, &u),
	    DB_NOTFOUND);
	assert_int_equal(redeem(f->db, "h1", 1000, "new", &who),
	    DB_NOTFOUND);
	assert_int_equal(redeem(f->db, "h2", 1, "new", &who), DB_NOTFOUND);
	assert_int_equal(redeem(f->db, "", 1, "new", &who), DB_NOTFOUND);
	/* A key that is somebody's: the invite is not used up. */
	assert_int_equal(redeem(f->db, "h1", 999, "bobs", &who), DB_EXISTS);
	assert_int_equal(who, 0);
	assert_int_equal(redeem(f->db, "h1", 999, "new", &who), DB_OK);
	assert_int_equal(who, a);
	assert_int_equal(userkey_lookup(f->db, "new", 3, &who, NULL), DB_OK);
	assert_int_equal(who, a);
	assert_int_equal(redeem(f->db, "h1", 999, "newer", &who),
	    DB_NOTFOUND);
	assert_int_equal(user_get(f->db, a, &u), DB_OK);
	assert_null(u->invite_hash);
	assert_int_equal(u->invite_expires_at, 0);
	/* Several keys, one by one; its end stays until the last. */
	user_free(u);
	assert_int_equal(user_open_invite(f->db, b, "h4", 1000, 2), DB_OK);
	assert_int_equal(redeem(f->db, "h4", 999, "two", &who), DB_OK);
	assert_int_equal(user_by_invite(f->db, "h4", 999, &u), DB_OK);
	assert_int_equal(u->invite_uses, 1);
	assert_true(u->invite_expires_at == 1000);
	user_free(u);
	assert_int_equal(user_set_invite_uses(f->db, b, 7), DB_OK);
	assert_int_equal(user_set_invite_uses(f->db, b, 1), DB_OK);
	assert_int_equal(redeem(f->db, "h4", 999, "three", &who), DB_OK);
	assert_int_equal(redeem(f->db, "h4", 999, "four", &who), DB_NOTFOUND);
	assert_int_equal(user_set_invite_uses(f->db, b, 1), DB_NOTFOUND);
	assert_int_equal(user_by_any_invite(f->db, "h4", &u), DB_OK);
	assert_int_equal(u->id, b);
	assert_null(u->invite_hash);
	assert_int_equal(u->invite_expires_at, 0);
	user_free(u);
	/* One that has ended is told from one that was used. */
	assert_int_equal(user_open_invite(f->db, b, "h5", 1000, 2), DB_OK);
	assert_int_equal(user_invites_expire(f->db, 1000), DB_OK);
	assert_int_equal(user_by_any_invite(f->db, "h5", &u), DB_OK);
	assert_null(u->invite_hash);
	assert_true(u->invite_expires_at == 1000);
	user_free(u);
	assert_int_equal(user_by_any_invite(f->db, "h6", &u), DB_NOTFOUND);
	assert_int_equal(user_get(f->db, a, &u), DB_OK);
	/* Not for somebody who is shut out. */
	u->disabled = 1;
	assert_int_equal(user_update(f->db, u), DB_OK);
	user_free(u);
	assert_int_equal(user_set_invite(f->db, a, "h3", 0), DB_OK);
	assert_int_equal(redeem(f->db, "h3", 1, "newer", &who), DB_NOTFOUND);
	assert_int_equal(user_set_invite(f->db, a, NULL, 5), DB_OK);
	assert_int_equal(user_set_invite(f->db, 4711, "h", 5), DB_NOTFOUND);
}

#define RACERS	50

static int
redeem_racer(const struct fixture *f, int number)
{
	char blob[32];
	struct db *db;
	int64_t who;
	int r;

	if (fixture_try(f, 0, &db, NULL, 0) != DB_OK)
		return 98;
	snprintf(blob, sizeof(blob), "blob%d", number);
	r = redeem(db, "token", 1, blob, &who);
	db_close(db);
	return r;
}

static void
invite_race(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t id = new_user(f->db, "alice"), n;
	static const int uses[] = { 1, 3 };
	struct user *u;
	int i, r[RACERS], won, round;

	for (round = 0; round < 2; round++) {
		assert_int_equal(user_open_invite(f->db, id, "token", 0,
		    uses[round]), DB_OK);
		fixture_race(f, RACERS, redeem_racer, r);
		for (i = 0, won = 0; i < RACERS; i++) {
			if (r[i] == DB_OK)
				won++;
			else
				assert_int_equal(r[i], DB_NOTFOUND);
		}
		assert_int_equal(won, uses[round]);
		assert_int_equal(userkey_count(f->db, id, &n), DB_OK);
		assert_int_equal(n, uses[round]);
		assert_int_equal(user_by_any_invite(f->db, "token", &u),
		    DB_OK);
		assert_int_equal(u->invite_uses, 0);
		assert_null(u->invite_hash);
		user_free(u);
		for (i = 0; i < RACERS; i++) {
			char blob[32];

			snprintf(blob, sizeof(blob), "blob%d", i);
			if (userkey_lookup(f->db, blob, strlen(blob), &n,
			    &n) == DB_OK)
				assert_int_equal(userkey_remove(f->db, n),
				    DB_OK);
		}
	}
}

static void
groups(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t u = new_user(f->db, "alice"), id, same, g;
	struct group_list *l;
	struct group *got;
	char text[32];

	assert_int_equal(group_ensure(f->db, GROUP_USER, "ops", "first",
	    &id), DB_OK);
	g = generation(f->db);
	assert_int_equal(group_ensure(f->db, GROUP_USER, "ops", "second",
	    &same), DB_OK);
	assert_int_equal(same, id);
	assert_int_equal(generation(f->db), g);
	/* The kinds have nothing to do with each other. */
	assert_int_equal(group_by_name(f->db, GROUP_HOST, "ops", &got),
	    DB_NOTFOUND);
	assert_int_equal(group_add(f->db, GROUP_USER, id, u), DB_OK);
	assert_int_equal(group_add(f->db, GROUP_USER, id, u), DB_OK);
	assert_int_equal(generation(f->db), g + 1);
	assert_int_equal(group_add(f->db, GROUP_USER, id, 4711), DB_REF);
	assert_int_equal(group_add(f->db, GROUP_USER, 4711, u), DB_REF);
	assert_int_equal(group_add(f->db, GROUP_HOST, id, u), DB_REF);
	snprintf(text, sizeof(text), "%lld", (long long)id);
	assert_int_equal(group_find(f->db, GROUP_USER, text, &got), DB_OK);
	assert_string_equal(got->name, "ops");
	assert_string_equal(got->comment, "first");
	assert_int_equal(got->nmembers, 1);
	assert_int_equal(got->nacls, 0);
	free(got->name);
	got->name = strdup("ops2");
	assert_int_equal(group_update(f->db, GROUP_USER, got), DB_OK);
	group_free(got);
	assert_int_equal(group_find(f->db, GROUP_USER, "ops2", &got), DB_OK);
	group_free(got);
	assert_int_equal(group_drop(f->db, GROUP_USER, id, u), DB_OK);
	assert_int_equal(group_drop(f->db, GROUP_USER, id, u), DB_OK);
	assert_int_equal(group_drop(f->db, GROUP_USER, id, 4711), DB_REF);
	assert_int_equal(group_ensure(f->db, GROUP_USER, "b", "", &same),
	    DB_OK);
	assert_int_equal(group_list(f->db, GROUP_USER, 0, &l), DB_OK);
	assert_int_equal(l->n, 2);
	assert_string_equal(l->v[0].name, "b");
	group_list_free(l);
	assert_int_equal(group_add(f->db, GROUP_USER, id, u), DB_OK);
	assert_int_equal(group_remove(f->db, GROUP_USER, id), DB_OK);
	assert_int_equal(group_remove(f->db, GROUP_USER, id), DB_NOTFOUND);
	assert_int_equal(group_get(f->db, GROUP_USER, id, &got),
	    DB_NOTFOUND);
}

/* What a list of networks must be, and that NULL and "" are none. */
static const struct {
	const char	*text;
	int		 status;
	const char	*stored;
} sources[] = {
	{ "10.0.0.0/8,2001:db8::/32,192.0.2.7", DB_OK,
	    "10.0.0.0/8,2001:db8::/32,192.0.2.7" },
	{ NULL, DB_OK, NULL },
	{ "", DB_OK, NULL },
	{ "10.0.0.1/8", DB_INVALID, NULL },
	{ "192.0.2.7/32", DB_INVALID, NULL },
	{ "none", DB_INVALID, NULL },
	{ "anywhere", DB_INVALID, NULL },
	{ "'; DROP TABLE users", DB_INVALID, NULL },
};
#define NSOURCES	(sizeof(sources) / sizeof(sources[0]))

static void
same_text(const char *got, const char *want)
{
	if (want == NULL)
		assert_null(got);
	else
		assert_string_equal(got, want);
}

static void
user_sources(void **state)
{
	struct fixture *f = fixture_use(state);
	struct user u = { .name = TEXT("alice") }, *got;
	int64_t id;
	size_t i;

	for (i = 0; i < NSOURCES; i++) {
		u.allowed_from = TEXT(sources[i].text);
		assert_int_equal(user_create(f->db, &u, &id),
		    sources[i].status);
		if (id == 0)
			continue;
		assert_int_equal(user_get(f->db, id, &got), DB_OK);
		same_text(got->allowed_from, sources[i].stored);
		user_free(got);
		assert_int_equal(user_remove(f->db, id), DB_OK);
	}
	id = new_user(f->db, "bob");
	assert_int_equal(user_get(f->db, id, &got), DB_OK);
	assert_null(got->allowed_from);
	for (i = 0; i < NSOURCES; i++) {
		free(got->allowed_from);
		got->allowed_from = sources[i].text == NULL ? NULL :
		    strdup(sources[i].text);
		assert_int_equal(user_update(f->db, got), sources[i].status);
		if (sources[i].status != DB_OK)
			continue;
		user_free(got);
		assert_int_equal(user_get(f->db, id, &got), DB_OK);
		same_text(got->allowed_from, sources[i].stored);
	}
	user_free(got);
}

static void
key_limits(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t user = new_user(f->db, "alice"), id, g;
	struct userkey k = { .user_id = user, .type = TEXT("ssh-ed25519"),
	    .blob = (void *)TEXT("blob"), .bloblen = 4,
	    .comment = TEXT("laptop"), .expires_at = 100 }, *got;
	size_t i;

	for (i = 0; i < NSOURCES; i++) {
		k.allowed_from = TEXT(sources[i].text);
		assert_int_equal(userkey_create(f->db, &k, &id),
		    sources[i].status);
		if (id == 0)
			continue;
		assert_int_equal(userkey_by_blob(f->db, "blob", 4, &got),
		    DB_OK);
		assert_int_equal(got->id, id);
		assert_int_equal(got->user_id, user);
		assert_int_equal(got->expires_at, 100);
		same_text(got->allowed_from, sources[i].stored);
		assert_true(userkey_usable(got, 99));
		assert_false(userkey_usable(got, 100));
		got->expires_at = 0;
		assert_true(userkey_usable(got, INT64_MAX));
		userkey_free(got);
		assert_int_equal(userkey_remove(f->db, id), DB_OK);
	}
	assert_int_equal(userkey_by_blob(f->db, "blob", 4, &got),
	    DB_NOTFOUND);
	assert_null(got);
	assert_int_equal(add_key(f->db, user, "blob", &id), DB_OK);
	assert_int_equal(userkey_get(f->db, id, &got), DB_OK);
	assert_int_equal(got->expires_at, 0);
	assert_null(got->allowed_from);
	free(got->comment);
	got->comment = strdup("new");
	got->expires_at = 200;
	got->allowed_from = strdup("::1");
	g = generation(f->db);
	assert_int_equal(userkey_update(f->db, got), DB_OK);
	assert_int_equal(generation(f->db), g + 1);
	userkey_free(got);
	assert_int_equal(userkey_get(f->db, id, &got), DB_OK);
	assert_string_equal(got->comment, "new");
	assert_int_equal(got->expires_at, 200);
	assert_string_equal(got->allowed_from, "::1");
	assert_int_equal(got->bloblen, 4);
	got->allowed_from[0] = 'x';
	assert_int_equal(userkey_update(f->db, got), DB_INVALID);
	userkey_free(got);
	k.id = 4711;
	k.allowed_from = NULL;
	assert_int_equal(userkey_update(f->db, &k), DB_NOTFOUND);
}

/* An expired key is none that an administrator could come with. */
static void
admins_with_expired_keys(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t id = new_user(f->db, "alice"), key, n;
	struct admins a;
	struct userkey *k;

	assert_int_equal(user_role_add(f->db, id, ROLE_ADMIN), DB_OK);
	assert_int_equal(add_key(f->db, id, "k1", &key), DB_OK);
	assert_int_equal(userkey_get(f->db, key, &k), DB_OK);
	k->expires_at = 100;
	assert_int_equal(userkey_update(f->db, k), DB_OK);
	userkey_free(k);
	assert_int_equal(user_admins_with_key(f->db, 99, &n), DB_OK);
	assert_int_equal(n, 1);
	assert_int_equal(user_admins(f->db, 100, &a), DB_OK);
	assert_int_equal(a.usable, 1);
	assert_int_equal(a.with_key, 0);
	assert_int_equal(add_key(f->db, id, "k2", &key), DB_OK);
	assert_int_equal(user_admins_with_key(f->db, 100, &n), DB_OK);
	assert_int_equal(n, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(create_and_get),
		ON_BOTH(find),
		ON_BOTH(update),
		ON_BOTH(roles),
		ON_BOTH(list),
		ON_BOTH(remove_takes_all),
		cmocka_unit_test(fingerprints),
		ON_BOTH(keys),
		ON_BOTH(user_sources),
		ON_BOTH(key_limits),
		ON_BOTH(admins_with_expired_keys),
		ON_BOTH(invites),
		ON_BOTH(invite_race),
		ON_BOTH(groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
