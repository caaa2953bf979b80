/* SPDX-License-Identifier: ISC */
/*
 * Hosts, the portal's keys, and the rules between users and hosts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db_fixture.h"
#include "db/acl.h"
#include "db/group.h"
#include "db/host.h"
#include "db/key.h"
#include "db/query.h"
#include "db/seal.h"
#include "db/setting.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"

#define TEXT(s)	((char *)(uintptr_t)(s))

static int64_t
new_host(struct db *db, const char *name)
{
	const struct host h = { .name = TEXT(name), .scheme = HOST_SSH,
	    .addr = TEXT("127.0.0.1"), .port = 22, .login = TEXT("root"),
	    .logging = LOGGING_EVERYTHING };
	int64_t id;

	assert_int_equal(host_create(db, &h, &id), DB_OK);
	return id;
}

static int64_t
new_user(struct db *db, const char *name)
{
	struct user u = { .name = TEXT(name) };
	int64_t id;

	assert_int_equal(user_create(db, &u, &id), DB_OK);
	return id;
}

static int64_t
new_group(struct db *db, enum group_kind kind, const char *name)
{
	int64_t id;

	assert_int_equal(group_ensure(db, kind, name, "", &id), DB_OK);
	return id;
}

static struct key
a_key(const char *name)
{
	return (struct key){ .name = TEXT(name), .type = TEXT("ed25519"),
	    .length = 256, .pub_blob = (void *)TEXT("pub"),
	    .pub_bloblen = 3, .comment = TEXT("c") };
}

/* "Seals" by writing down what it was given; refuses on demand. */
static int
test_seal(void *arg, const char *table, const char *column, int64_t row,
    const void *plain, size_t len, char **sealed)
{
	if (*(int *)arg)
		return -1;
	*sealed = xasprintf("%s.%s.%lld:%.*s", table, column,
	    (long long)row, (int)len, (const char *)plain);
	return 0;
}

static void
hosts(void **state)
{
	struct fixture *f = fixture_use(state);
	struct key k = a_key("default");
	struct host h = { .name = TEXT("web1"), .scheme = HOST_TELNET,
	    .addr = TEXT("2001:db8::1"), .port = 65535,
	    .login = TEXT("'; DROP TABLE hosts; --"),
	    .logging = LOGGING_INPUT, .comment = TEXT("c"), .legacy = 1 };
	struct host *got;
	int64_t id, hop, g, g2;
	char text[32];

	assert_int_equal(key_create(f->db, &k, &h.key_id), DB_OK);
	hop = h.hop_id = new_host(f->db, "hop");
	assert_int_equal(generation_get(f->db, &g), DB_OK);
	assert_int_equal(host_create(f->db, &h, &id), DB_OK);
	assert_int_equal(generation_get(f->db, &g2), DB_OK);
	assert_int_equal(g2, g + 1);
	assert_int_equal(group_add(f->db, GROUP_HOST,
	    new_group(f->db, GROUP_HOST, "b"), id), DB_OK);
	assert_int_equal(group_add(f->db, GROUP_HOST,
	    new_group(f->db, GROUP_HOST, "a"), id), DB_OK);
	assert_int_equal(host_by_name_plain(f->db, "web1", &got), DB_OK);
	assert_int_equal(got->id, id);
	assert_int_equal(got->groups.n, 0);
	assert_int_equal(host_attach(f->db, got), DB_OK);
	assert_int_equal(host_attach(f->db, got), DB_OK);
	assert_int_equal(got->groups.n, 2);
	assert_string_equal(got->groups.name[1], "b");
	host_free(got);
	assert_int_equal(host_by_name(f->db, "web1", &got), DB_OK);
	assert_int_equal(got->id, id);
	assert_int_equal(got->scheme, HOST_TELNET);
	assert_string_equal(got->addr, "2001:db8::1");
	assert_int_equal(got->port, 65535);
	assert_string_equal(got->login, "'; DROP TABLE hosts; --");
	assert_null(got->password_sealed);
	assert_int_equal(got->key_id, h.key_id);
	assert_string_equal(got->key_name, "default");
	assert_string_equal(got->hop_name, "hop");
	assert_int_equal(got->logging, LOGGING_INPUT);
	assert_int_equal(got->legacy, 1);
	assert_null(got->host_key);
	assert_string_equal(got->host_key_type, "");
	assert_int_equal(got->groups.n, 2);
	assert_string_equal(got->groups.name[0], "a");
	got->hop_id = 0;
	got->key_id = 0;
	assert_int_equal(host_remove(f->db, hop), DB_REF);
	assert_int_equal(key_remove(f->db, h.key_id), DB_REF);
	assert_int_equal(host_update(f->db, got), DB_OK);
	got->hop_id = id;
	assert_int_equal(host_update(f->db, got), DB_INVALID);
	host_free(got);
	assert_int_equal(host_remove(f->db, hop), DB_OK);
	assert_int_equal(key_remove(f->db, h.key_id), DB_OK);
	snprintf(text, sizeof(text), "%lld", (long long)id);
	assert_int_equal(host_find(f->db, text, &got), DB_OK);
	assert_null(got->key_name);
	assert_null(got->hop_name);
	host_free(got);
	h.name = TEXT("web2");
	assert_int_equal(host_create(f->db, &h, &id), DB_REF);
	h.key_id = h.hop_id = 0;
	h.name = TEXT("web1");
	assert_int_equal(host_create(f->db, &h, &id), DB_EXISTS);
	assert_string_equal(db_conflict(f->db), "name");
	h.name = TEXT("web2");
	h.port = 0;
	assert_int_equal(host_create(f->db, &h, &id), DB_INVALID);
	h.port = 1;
	h.addr = TEXT("");
	assert_int_equal(host_create(f->db, &h, &id), DB_INVALID);
	assert_int_equal(host_remove(f->db, 4711), DB_NOTFOUND);
	assert_int_equal(host_find(f->db, "web3", &got), DB_NOTFOUND);
}

static void
host_lists(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t id, g = new_group(f->db, GROUP_HOST, "g"), n;
	struct host_list *l;
	char name[32];
	int i;

	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		id = new_host(f->db, name);
		if (i == 3)
			assert_int_equal(group_add(f->db, GROUP_HOST, g, id),
			    DB_OK);
	}
	assert_int_equal(host_list(f->db, 0, &l), DB_OK);
	assert_int_equal(l->n, 10);
	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "h%d", 9 - i);
		assert_string_equal(l->v[i].name, name);
		assert_int_equal(l->v[i].groups.n, 9 - i == 3);
	}
	host_list_free(l);
	assert_int_equal(host_list(f->db, 2, &l), DB_OK);
	assert_int_equal(l->n, 2);
	host_list_free(l);
	assert_int_equal(host_count(f->db, &n), DB_OK);
	assert_int_equal(n, 10);
}

static void
put_at(struct db *db, const char *name, const char *addr, uint16_t port)
{
	const struct host h = { .name = TEXT(name), .addr = TEXT(addr),
	    .port = port, .login = TEXT("root") };
	int64_t id;

	assert_int_equal(host_create(db, &h, &id), DB_OK);
}

/* The names of those that are meant, in their order. */
static const char *
meant(struct db *db, const char *text, uint16_t port)
{
	static char names[256];
	struct host_list *l;
	size_t i;

	names[0] = '\0';
	assert_int_equal(host_list_meant(db, text, port, &l), DB_OK);
	for (i = 0; i < l->n; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names),
		    "%s%s", i > 0 ? " " : "", l->v[i].name);
	host_list_free(l);
	return names;
}

static void
hosts_meant(void **state)
{
	struct fixture *f = fixture_use(state);

	put_at(f->db, "Web1", "192.0.2.1", 2200);
	put_at(f->db, "web1", "192.0.2.1", 2200);
	put_at(f->db, "web2", "Web1.example.org", 22);
	put_at(f->db, "w\xc3\xa9" "b1", "2001:db8::1", 22);
	put_at(f->db, "named", "WEB1", 2200);
	assert_string_equal(meant(f->db, "web1", 22), "web1 Web1");
	assert_string_equal(meant(f->db, "Web1", 2200), "Web1 web1 named");
	assert_string_equal(meant(f->db, "web1", 2201), "");
	assert_string_equal(meant(f->db, "192.0.2.1", 2200), "Web1 web1");
	assert_string_equal(meant(f->db, "192.0.2.1", 22), "");
	assert_string_equal(meant(f->db, "web1.EXAMPLE.org", 22), "web2");
	assert_string_equal(meant(f->db, "w\xc3\xa9" "b1", 22),
	    "w\xc3\xa9" "b1");
	assert_string_equal(meant(f->db, "2001:DB8::1", 22),
	    "w\xc3\xa9" "b1");
	assert_string_equal(meant(f->db, "weB", 22), "");
	assert_string_equal(meant(f->db, "", 22), "");
}

static void
host_words(void **state)
{
	enum host_logging l;
	enum host_scheme s;

	(void)state;
	assert_int_equal(host_scheme_parse("telnet", &s), 0);
	assert_string_equal(host_scheme_name(s), "telnet");
	assert_int_equal(host_scheme_parse("http", &s), -1);
	assert_int_equal(host_logging_parse("input", &l), 0);
	assert_string_equal(host_logging_name(l), "input");
	assert_int_equal(host_logging_parse("", &l), -1);
}

static void
sealed_values(void **state)
{
	struct fixture *f = fixture_use(state);
	int refuse = 1;
	struct sealer s = { .seal = test_seal, .arg = &refuse };
	struct host h = { .name = TEXT("web1"), .addr = TEXT("a"),
	    .port = 22, .login = TEXT("root") };
	struct key k = a_key("k");
	struct host *host;
	struct key *key;
	int64_t id;
	char want[128];

	assert_int_equal(host_create_sealed(f->db, &h, "geheim", &s, &id),
	    DB_ERROR);
	assert_int_equal(id, 0);
	assert_int_equal(host_by_name(f->db, "web1", &host), DB_NOTFOUND);
	assert_int_equal(key_create_sealed(f->db, &k, "pem", 3, &s, &id),
	    DB_ERROR);
	assert_int_equal(key_by_name(f->db, "k", &key), DB_NOTFOUND);
	refuse = 0;
	assert_int_equal(host_create_sealed(f->db, &h, "geheim", &s, &id),
	    DB_OK);
	assert_int_equal(host_get(f->db, id, &host), DB_OK);
	snprintf(want, sizeof(want), "hosts.password_sealed.%lld:geheim",
	    (long long)id);
	assert_string_equal(host->password_sealed, want);
	host_free(host);
	assert_int_equal(host_set_password(f->db, id, NULL), DB_OK);
	assert_int_equal(host_get(f->db, id, &host), DB_OK);
	assert_null(host->password_sealed);
	host_free(host);
	assert_int_equal(key_create_sealed(f->db, &k, "pem", 3, &s, &id),
	    DB_OK);
	assert_int_equal(key_get(f->db, id, &key), DB_OK);
	snprintf(want, sizeof(want), "private_keys.priv_sealed.%lld:pem",
	    (long long)id);
	assert_string_equal(key->priv_sealed, want);
	key_free(key);
}

static void
keys(void **state)
{
	struct fixture *f = fixture_use(state);
	struct key k = a_key("one");
	struct key_list *l;
	struct db_names names;
	struct key *got;
	struct host h = { .name = TEXT("web1"), .addr = TEXT("a"),
	    .port = 22 };
	int64_t one, two, id;

	assert_int_equal(key_create(f->db, &k, &one), DB_OK);
	assert_int_equal(key_create(f->db, &k, &id), DB_EXISTS);
	k.name = TEXT("two");
	/* The same key under two names is allowed. */
	assert_int_equal(key_create(f->db, &k, &two), DB_OK);
	h.key_id = one;
	assert_int_equal(host_create(f->db, &h, &id), DB_OK);
	h.name = TEXT("web0");
	assert_int_equal(host_create(f->db, &h, &id), DB_OK);
	assert_int_equal(key_find(f->db, "one", &got), DB_OK);
	assert_int_equal(got->nhosts, 2);
	assert_int_equal(got->length, 256);
	assert_int_equal(got->pub_bloblen, 3);
	assert_memory_equal(got->pub_blob, "pub", 3);
	assert_memory_equal(got->fingerprint, "SHA256:", 7);
	assert_null(got->priv_sealed);
	free(got->comment);
	got->comment = strdup("new");
	assert_int_equal(key_update(f->db, got), DB_OK);
	key_free(got);
	assert_int_equal(key_list(f->db, 0, &l), DB_OK);
	assert_int_equal(l->n, 2);
	assert_string_equal(l->v[0].name, "two");
	assert_int_equal(l->v[0].nhosts, 0);
	assert_string_equal(l->v[1].comment, "new");
	key_list_free(l);
	assert_int_equal(key_hosts(f->db, one, &names), DB_OK);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.name[0], "web0");
	db_names_free(&names);
	assert_int_equal(key_remove(f->db, one), DB_REF);
	assert_int_equal(key_remove(f->db, two), DB_OK);
	assert_int_equal(key_remove(f->db, two), DB_NOTFOUND);
	k.pub_bloblen = 0;
	assert_int_equal(key_create(f->db, &k, &id), DB_INVALID);
}

static void
pins(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t id = new_host(f->db, "web1");
	unsigned char *pin;
	size_t len;
	struct host *h;

	assert_int_equal(host_pin_key(f->db, id, "ssh-ed25519", "a\0b", 3,
	    &pin, &len), DB_OK);
	assert_int_equal(len, 3);
	assert_memory_equal(pin, "a\0b", 3);
	free(pin);
	assert_int_equal(host_pin_key(f->db, id, "ssh-rsa", "other", 5, &pin,
	    &len), DB_OK);
	assert_int_equal(len, 3);
	free(pin);
	assert_int_equal(host_get(f->db, id, &h), DB_OK);
	assert_int_equal(h->host_keylen, 3);
	assert_string_equal(h->host_key_type, "ssh-ed25519");
	host_free(h);
	assert_int_equal(host_unpin_key(f->db, id), DB_OK);
	assert_int_equal(host_pin_key(f->db, id, "ssh-rsa", "other", 5, &pin,
	    &len), DB_OK);
	assert_int_equal(len, 5);
	free(pin);
	assert_int_equal(host_pin_key(f->db, 4711, "ssh-rsa", "other", 5,
	    &pin, &len), DB_NOTFOUND);
	assert_null(pin);
	assert_int_equal(host_pin_key(f->db, id, "ssh-rsa", "", 0, &pin,
	    &len), DB_INVALID);
}

#define RACERS	8

/* Each learns its own number; all must be told the same one. */
static int
pin_racer(const struct fixture *f, int number)
{
	unsigned char *pin, mine = (unsigned char)number;
	struct host *h;
	struct db *db;
	size_t len;
	int r = 99;

	if (fixture_try(f, 0, &db, NULL, 0) != DB_OK)
		return 98;
	if (host_by_name(db, "web1", &h) == DB_OK) {
		if (host_pin_key(db, h->id, "t", &mine, 1, &pin, &len) ==
		    DB_OK && len == 1)
			r = pin[0];
		free(pin);
		host_free(h);
	}
	db_close(db);
	return r;
}

static void
pin_race(void **state)
{
	struct fixture *f = fixture_use(state);
	int64_t id = new_host(f->db, "web1");
	int i, r[RACERS], round;

	for (round = 0; round < 3; round++) {
		assert_int_equal(host_unpin_key(f->db, id), DB_OK);
		fixture_race(f, RACERS, pin_racer, r);
		assert_in_range(r[0], 0, RACERS - 1);
		for (i = 1; i < RACERS; i++)
			assert_int_equal(r[i], r[0]);
	}
}

struct world {
	int64_t	user, host, ug, hg;
};

static struct world
make_world(struct db *db)
{
	struct world w;

	w.user = new_user(db, "alice");
	w.host = new_host(db, "web1");
	w.ug = new_group(db, GROUP_USER, "ug");
	w.hg = new_group(db, GROUP_HOST, "hg");
	assert_int_equal(group_add(db, GROUP_USER, w.ug, w.user), DB_OK);
	assert_int_equal(group_add(db, GROUP_HOST, w.hg, w.host), DB_OK);
	return w;
}

static int64_t
new_acl(struct db *db, enum acl_action action, int64_t weight,
    const char *pattern, int64_t ug, int64_t hg)
{
	const struct acl a = { .action = action, .weight = weight,
	    .host_pattern = TEXT(pattern) };
	int64_t id;

	assert_int_equal(acl_create(db, &a, &id), DB_OK);
	if (ug != 0)
		assert_int_equal(acl_link(db, id, GROUP_USER, ug), DB_OK);
	if (hg != 0)
		assert_int_equal(acl_link(db, id, GROUP_HOST, hg), DB_OK);
	return id;
}

static void
acls(void **state)
{
	struct fixture *f = fixture_use(state);
	struct world w = make_world(f->db);
	int64_t id, g, g2;
	struct group *group;
	struct acl_list *l;
	struct acl *a;

	assert_int_equal(generation_get(f->db, &g), DB_OK);
	id = new_acl(f->db, ACL_DENY, -5, "web*", w.ug, w.hg);
	assert_int_equal(generation_get(f->db, &g2), DB_OK);
	assert_int_equal(g2, g + 3);
	assert_int_equal(acl_link(f->db, id, GROUP_USER, w.ug), DB_OK);
	assert_int_equal(acl_link(f->db, id, GROUP_USER, 4711), DB_REF);
	assert_int_equal(acl_link(f->db, 4711, GROUP_HOST, w.hg), DB_REF);
	assert_int_equal(acl_get(f->db, id, &a), DB_OK);
	assert_int_equal(a->action, ACL_DENY);
	assert_int_equal(a->weight, -5);
	assert_string_equal(a->host_pattern, "web*");
	assert_int_equal(a->user_groups.n, 1);
	assert_string_equal(a->user_groups.name[0], "ug");
	assert_string_equal(a->host_groups.name[0], "hg");
	a->action = ACL_ALLOW;
	a->weight = 0;
	assert_string_equal(a->login_pattern, "");
	free(a->login_pattern);
	a->login_pattern = strdup("dep*");
	a->inception = 10;
	a->expiration = 20;
	assert_int_equal(acl_update(f->db, a), DB_OK);
	acl_free(a);
	assert_int_equal(acl_list(f->db, 0, &l), DB_OK);
	assert_int_equal(l->n, 1);
	assert_int_equal(l->v[0].weight, 0);
	assert_int_equal(l->v[0].action, ACL_ALLOW);
	assert_int_equal(l->v[0].inception, 10);
	assert_int_equal(l->v[0].expiration, 20);
	assert_string_equal(l->v[0].login_pattern, "dep*");
	assert_int_equal(l->v[0].host_groups.n, 1);
	acl_list_free(l);
	assert_int_equal(group_get(f->db, GROUP_HOST, w.hg, &group), DB_OK);
	assert_int_equal(group->nacls, 1);
	group_free(group);
	assert_int_equal(acl_unlink(f->db, id, GROUP_HOST, w.hg), DB_OK);
	assert_int_equal(acl_unlink(f->db, id, GROUP_HOST, w.hg), DB_OK);
	assert_int_equal(acl_unlink(f->db, id, GROUP_HOST, 4711), DB_REF);
	/* A group that goes takes its part in the rule with it. */
	assert_int_equal(group_remove(f->db, GROUP_USER, w.ug), DB_OK);
	assert_int_equal(acl_get(f->db, id, &a), DB_OK);
	assert_int_equal(a->user_groups.n, 0);
	acl_free(a);
	assert_int_equal(acl_remove(f->db, id), DB_OK);
	assert_int_equal(acl_remove(f->db, id), DB_NOTFOUND);
	assert_int_equal(acl_get(f->db, id, &a), DB_NOTFOUND);
}

static void
matching(void **state)
{
	struct fixture *f = fixture_use(state);
	struct world w = make_world(f->db);
	int64_t hg2 = new_group(f->db, GROUP_HOST, "hg2");
	int64_t ug2 = new_group(f->db, GROUP_USER, "ug2");
	int64_t want[5];
	struct acl_list *l;
	size_t i;

	new_acl(f->db, ACL_ALLOW, 0, "", w.ug, hg2);	/* another host */
	new_acl(f->db, ACL_ALLOW, 0, "*", ug2, w.hg);	/* another user */
	new_acl(f->db, ACL_ALLOW, 0, "*", 0, w.hg);	/* nobody */
	new_acl(f->db, ACL_ALLOW, 0, "", w.ug, 0);	/* nowhere */
	want[3] = new_acl(f->db, ACL_ALLOW, 7, "", w.ug, w.hg);
	want[1] = new_acl(f->db, ACL_DENY, 3, "db*", w.ug, hg2);
	want[2] = new_acl(f->db, ACL_ALLOW, 3, "", w.ug, w.hg);
	want[4] = new_acl(f->db, ACL_ALLOW, 100, "web*", w.ug, 0);
	want[0] = new_acl(f->db, ACL_ALLOW, -1, "x", w.ug, w.hg);
	/* Two ways to the same rule are one rule. */
	assert_int_equal(group_add(f->db, GROUP_USER, ug2, w.user), DB_OK);
	assert_int_equal(acl_link(f->db, want[2], GROUP_USER, ug2), DB_OK);
	assert_int_equal(group_drop(f->db, GROUP_USER, ug2, w.user), DB_OK);
	assert_int_equal(group_add(f->db, GROUP_HOST, hg2, w.host), DB_OK);
	assert_int_equal(acl_link(f->db, want[2], GROUP_HOST, hg2), DB_OK);
	assert_int_equal(group_drop(f->db, GROUP_HOST, hg2, w.host), DB_OK);

	assert_int_equal(acl_matching(f->db, w.user, w.host, &l), DB_OK);
	assert_int_equal(l->n, 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(l->v[i].id, want[i]);
	assert_int_equal(l->v[0].matched, 1);
	assert_int_equal(l->v[1].matched, 0);
	assert_int_equal(l->v[4].matched, 0);
	acl_list_free(l);
	assert_int_equal(acl_matching(f->db, 4711, w.host, &l), DB_OK);
	assert_int_equal(l->n, 0);
	assert_int_equal(acl_decide(l, 0, NULL), ACL_DENY);
	acl_list_free(l);
}

static void
matching_both_ways(void **state)
{
	struct fixture *f = fixture_use(state);
	struct world w = make_world(f->db);
	int64_t hg2 = new_group(f->db, GROUP_HOST, "hg2");
	int64_t ug2 = new_group(f->db, GROUP_USER, "ug2");
	int64_t id = new_acl(f->db, ACL_ALLOW, 0, "", w.ug, w.hg);
	struct acl_list *l;

	assert_int_equal(group_add(f->db, GROUP_USER, ug2, w.user), DB_OK);
	assert_int_equal(group_add(f->db, GROUP_HOST, hg2, w.host), DB_OK);
	assert_int_equal(acl_link(f->db, id, GROUP_USER, ug2), DB_OK);
	assert_int_equal(acl_link(f->db, id, GROUP_HOST, hg2), DB_OK);
	assert_int_equal(acl_matching(f->db, w.user, w.host, &l), DB_OK);
	assert_int_equal(l->n, 1);
	assert_int_equal(l->v[0].matched, 1);
	acl_list_free(l);
}

static void
decisions(void **state)
{
	static const struct {
		struct acl	v[3];
		enum acl_action	want;
		int		by;
	} t[] = {
#define A	.action = ACL_ALLOW, .matched = 1
#define D	.action = ACL_DENY, .matched = 1
		{ { { A }, { 0 }, { 0 } }, ACL_ALLOW, 0 },
		{ { { D }, { 0 }, { 0 } }, ACL_DENY, 0 },
		{ { { A, .weight = 1 }, { D, .weight = 2 }, { 0 } },
		    ACL_ALLOW, 0 },
		{ { { D, .weight = 2 }, { A, .weight = 1 }, { 0 } },
		    ACL_ALLOW, 1 },
		{ { { A, .weight = 1 }, { D, .weight = 1 }, { 0 } },
		    ACL_DENY, 1 },
		{ { { A, .weight = 5 }, { D, .weight = 4 },
		    { A, .weight = -9 } }, ACL_ALLOW, 2 },
		{ { { A, .inception = 1001 }, { 0 }, { 0 } }, ACL_DENY, -1 },
		{ { { A, .inception = 1000 }, { 0 }, { 0 } }, ACL_ALLOW, 0 },
		{ { { A, .expiration = 1000 }, { 0 }, { 0 } }, ACL_DENY,
		    -1 },
		{ { { A, .expiration = 1001 }, { 0 }, { 0 } }, ACL_ALLOW,
		    0 },
		{ { { D, .weight = -1, .expiration = 999 }, { A }, { 0 } },
		    ACL_ALLOW, 1 },
		{ { { .action = ACL_ALLOW }, { 0 }, { 0 } }, ACL_DENY, -1 },
		{ { { .action = ACL_ALLOW, .weight = -1 }, { D }, { 0 } },
		    ACL_DENY, 1 },
#undef A
#undef D
	};
	const struct acl *by;
	struct acl_list l;
	struct acl v[3];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memcpy(v, t[i].v, sizeof(v));
		l = (struct acl_list){ v, 3 };
		assert_int_equal(acl_decide(&l, 1000, &by), t[i].want);
		assert_ptr_equal(by, t[i].by == -1 ? NULL : &v[t[i].by]);
	}
}

/* Each statement doubles what is there: 2^14 users and hosts. */
static int
fill(struct db *db, void *arg)
{
	static const char *const sql[] = {
		"INSERT INTO users (id, name, email, comment,"
		" invite_expires_at, disabled, expires_at, created_at,"
		" updated_at) SELECT id + ?, CAST(id + ? AS CHAR), '', '',"
		" 0, 0, 0, 0, 0 FROM users",
		"INSERT INTO hosts (id, name, scheme, addr, port, login,"
		" logging, comment, host_key_type, legacy, created_at,"
		" updated_at) SELECT id + ?, CAST(id + ? AS CHAR), 'ssh',"
		" 'a', 22, '', 'input', '', '', 0, 0, 0 FROM hosts",
		"INSERT INTO user_user_groups (member_id, group_id)"
		" SELECT member_id + ?, group_id + ? * 0"
		" FROM user_user_groups",
		"INSERT INTO host_host_groups (member_id, group_id)"
		" SELECT member_id + ?, group_id + ? * 0"
		" FROM host_host_groups",
	};
	int64_t n;
	size_t i;
	int r;

	(void)arg;
	for (n = 1; n < 16384; n *= 2)
		for (i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
			r = db_exec(db, sql[i], BINDS(bind_int(n),
			    bind_int(n)));
			if (r != DB_OK)
				return r;
		}
	return DB_OK;
}

static int64_t
time_decisions(struct db *db, const struct world *w)
{
	struct acl_list *l;
	int64_t start, best = INT64_MAX;
	int i, round;

	for (round = 0; round < 5; round++) {
		start = clock_mono_ms();
		for (i = 0; i < 200; i++) {
			assert_int_equal(acl_matching(db, w->user, w->host,
			    &l), DB_OK);
			assert_int_equal(l->n, 1);
			acl_list_free(l);
		}
		if (clock_mono_ms() - start < best)
			best = clock_mono_ms() - start;
	}
	return best;
}

/* A scan of all those rows would take a hundred times as long. */
static void
matching_stays_flat(void **state)
{
	struct fixture *f = fixture_use(state);
	struct world w = make_world(f->db);
	int64_t few, many, hosts;

	new_acl(f->db, ACL_ALLOW, 0, "", w.ug, w.hg);
	few = time_decisions(f->db, &w);
	assert_int_equal(db_transaction(f->db, fill, NULL), DB_OK);
	assert_int_equal(host_count(f->db, &hosts), DB_OK);
	assert_int_equal(hosts, 16384);
	many = time_decisions(f->db, &w);
	if (many > few * 4 + 20)
		fail_msg("200 decisions: %lld ms with few, %lld ms with many",
		    (long long)few, (long long)many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(hosts),
		ON_BOTH(host_lists),
		ON_BOTH(hosts_meant),
		cmocka_unit_test(host_words),
		ON_BOTH(sealed_values),
		ON_BOTH(keys),
		ON_BOTH(pins),
		ON_BOTH(pin_race),
		ON_BOTH(acls),
		ON_BOTH(matching),
		ON_BOTH(matching_both_ways),
		cmocka_unit_test(decisions),
		ON_BOTH(matching_stays_flat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
