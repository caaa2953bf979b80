/* SPDX-License-Identifier: ISC */
/*
 * A lying child on the way to a host behind others: each shows its key and is
 * logged in to in its turn, with what was handed out for it and no other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "db/acl.h"
#include "db/db.h"
#include "db/group.h"
#include "db/host.h"
#include "lib/ipc.h"
#include "lib/xmalloc.h"
#include "regress/unit/liar.h"

/* On the way to deep1, so far: 0 is connected, 1 with gate1's key, … */
static void
reach(struct liar *l, int shown)
{
	char	password[64];

	liar_reach(l, ST_AUTH);
	assert_int_equal(liar_login(l, "deep1", &liar_bob), DEST_HOST);
	liar_target(l);
	assert_int_equal(l->nhops, 3);
	if (shown > 0)
		assert_int_equal(liar_hop(l, 0, &liar_alice), 1);
	if (shown > 1) {
		assert_int_equal(liar_up_sign(l, "jump", l->up_blob,
		    l->up_len), 64);
		assert_int_equal(liar_hop(l, 1, &liar_alice), 1);
	}
	if (shown > 2) {
		assert_true(liar_password(l, password, sizeof(password)));
		assert_string_equal(password, "opengate");
		assert_int_equal(liar_hop(l, 2, &liar_alice), 1);
	}
}

/* Asks for a signature of a login there; the session must end. */
static void
no_signature(struct liar *l, uint8_t hop, const char *account)
{
	l->hop = hop;
	assert_int_equal(liar_up_sign(l, account, l->up_blob, l->up_len), -1);
	assert_true(liar_ends(l, MONITOR_GATE));
}

static void
no_password(struct liar *l, uint8_t hop)
{
	char	password[64];

	l->hop = hop;
	assert_false(liar_password(l, password, sizeof(password)));
	assert_true(liar_ends(l, MONITOR_GATE));
}

static void
no_hop(struct liar *l, uint8_t hop)
{
	assert_int_equal(liar_hop(l, hop, &liar_alice), -1);
	assert_true(liar_ends(l, MONITOR_GATE));
}

/* Bob may go to the last and needs nothing for those before it. */
static void
test_honest(void **state)
{
	struct liar	l;

	(void)state;
	reach(&l, 3);
	assert_string_equal(l.accounts[0], "jump");
	assert_string_equal(l.accounts[1], "jump2");
	assert_string_equal(l.accounts[2], "bart");
	assert_int_equal(liar_up_sign(&l, "bart", l.up_blob, l.up_len), 64);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, "gate1", &liar_bob), DEST_HOST);
	liar_target(&l);
	assert_int_equal(l.nhops, 0);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

/* Each once, in their order, and none before one was logged in to. */
static void
test_order_of_keys(void **state)
{
	struct liar	l;

	(void)state;
	reach(&l, 0);
	no_hop(&l, 1);
	reach(&l, 0);
	no_hop(&l, 2);
	reach(&l, 1);
	no_hop(&l, 0);
	reach(&l, 1);
	no_hop(&l, 1);		/* gate1 has got no signature */
	reach(&l, 1);
	assert_int_equal(liar_up_sign(&l, "jump", l.up_blob, l.up_len), 64);
	no_hop(&l, 2);
	reach(&l, 2);
	no_hop(&l, 2);		/* gate2 has got no password */
	reach(&l, 3);
	no_hop(&l, 2);
	reach(&l, 3);
	no_hop(&l, 3);
	reach(&l, 3);
	no_hop(&l, 255);
}

/* For the one that has shown its key last, and for that account. */
static void
test_order_of_logins(void **state)
{
	struct liar	l;
	int		i;

	(void)state;
	reach(&l, 0);
	no_signature(&l, 0, "jump");
	reach(&l, 1);
	no_signature(&l, 1, "jump2");
	reach(&l, 1);
	no_signature(&l, 2, "bart");
	reach(&l, 1);
	no_signature(&l, 0, "bart");
	reach(&l, 2);
	no_signature(&l, 0, "jump");
	reach(&l, 2);
	no_signature(&l, 1, "jump2");	/* it has a password only */
	reach(&l, 3);
	no_signature(&l, 0, "jump");
	reach(&l, 3);
	no_signature(&l, 2, "jump");
	reach(&l, 3);
	no_signature(&l, 255, "bart");
	for (i = 1; i <= 3; i += 2) {
		reach(&l, i);
		no_password(&l, i - 1);
		reach(&l, i);
		no_password(&l, 1);
	}
	reach(&l, 2);
	no_password(&l, 0);
	reach(&l, 2);
	no_password(&l, 2);
}

/* As often for each as for a host that is reached directly. */
static void
test_counts(void **state)
{
	struct liar	l;
	char		password[64];
	int		i;

	(void)state;
	reach(&l, 1);
	for (i = 0; i < 3; i++)
		assert_int_equal(liar_up_sign(&l, "jump", l.up_blob,
		    l.up_len), 64);
	no_signature(&l, 0, "jump");
	reach(&l, 2);
	assert_true(liar_password(&l, password, sizeof(password)));
	no_password(&l, 1);
	reach(&l, 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(liar_up_sign(&l, "bart", l.up_blob,
		    l.up_len), 64);
	no_signature(&l, 2, "bart");
}

/* What was signed for one hop's connection is of no use on another. */
static void
test_other_connection(void **state)
{
	struct liar	l;
	uint8_t		first[sizeof(l.up_id)];

	(void)state;
	reach(&l, 1);
	memcpy(first, l.up_id, sizeof(first));
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	reach(&l, 3);
	memcpy(l.up_id, first, sizeof(first));
	no_signature(&l, 2, "bart");
}

/* A hop with another key than it had: nobody goes on from there. */
static void
test_changed_key(void **state)
{
	struct liar	l;

	(void)state;
	reach(&l, 1);
	assert_int_equal(liar_up_sign(&l, "jump", l.up_blob, l.up_len), 64);
	assert_int_equal(liar_hop(&l, 1, &liar_nobody), 0);
	no_password(&l, 1);
	reach(&l, 1);
	assert_int_equal(liar_up_sign(&l, "jump", l.up_blob, l.up_len), 64);
	assert_int_equal(liar_hop(&l, 1, &liar_nobody), 0);
	no_hop(&l, 2);
}

/* Another account is for the last host alone. */
static void
test_other_account(void **state)
{
	const struct acl	a = { .action = ACL_ALLOW,
				    .host_pattern = (char *)"deep1",
				    .login_pattern = (char *)"deploy" };
	struct liar		l;
	int64_t			rule, group;

	(void)state;
	liar_open();
	assert_int_equal(acl_create(liar_db, &a, &rule), DB_OK);
	assert_int_equal(group_ensure(liar_db, GROUP_USER, GROUP_DEFAULT, "",
	    &group), DB_OK);
	assert_int_equal(acl_link(liar_db, rule, GROUP_USER, group), DB_OK);
	liar_close();
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, "deploy+deep1", &liar_bob),
	    DEST_HOST);
	liar_target(&l);
	assert_string_equal(l.accounts[0], "jump");
	assert_string_equal(l.accounts[2], "deploy");
	assert_int_equal(liar_hop(&l, 0, &liar_alice), 1);
	no_signature(&l, 0, "deploy");
	liar_open();
	assert_int_equal(acl_remove(liar_db, rule), DB_OK);
	liar_close();
}

static void
set_host(const char *name, int64_t hop, enum host_scheme scheme, int64_t key)
{
	struct host	*h;

	liar_open();
	assert_int_equal(host_by_name(liar_db, name, &h), DB_OK);
	h->hop_id = hop;
	h->scheme = scheme;
	h->key_id = key;
	assert_int_equal(host_update(liar_db, h), DB_OK);
	host_free(h);
	liar_close();
}

static void
is_refused(const char *says)
{
	struct answer_target	t;
	struct liar		l;
	struct ipc		in;

	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, "deep1", &liar_bob), DEST_HOST);
	assert_true(liar_ask(&l, ASK_TARGET, NULL, &in));
	assert_int_equal(get_answer_target(&in.body, &t), 0);
	assert_false(t.verdict.ok);
	assert_int_equal(in.fds[0], -1);
	if (strstr(t.verdict.sentence, says) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", t.verdict.sentence,
		    says);
	ipc_free(&in);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

static void
is_reached(int hops)
{
	struct liar	l;

	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, "deep1", &liar_bob), DEST_HOST);
	liar_target(&l);
	assert_int_equal(l.nhops, hops);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

/* What is in the store, however it came there, and nobody can go. */
static void
test_impossible_ways(void **state)
{
	struct host	*gate, *deep;
	char		 name[16];
	int64_t		 id, key;
	int		 i;

	(void)state;
	liar_open();
	assert_int_equal(host_by_name(liar_db, "gate1", &gate), DB_OK);
	assert_int_equal(host_by_name(liar_db, "deep1", &deep), DB_OK);
	key = gate->key_id;
	liar_close();
	set_host("gate1", deep->id, HOST_SSH, key);
	host_free(deep);
	is_refused("in a circle, or through more than 15");
	set_host("gate1", 0, HOST_TELNET, key);
	is_refused("\"gate1\" (on the way to \"deep1\") is a telnet host");
	set_host("gate1", 0, HOST_SSH, 0);
	is_refused("\"gate1\" (on the way to \"deep1\") has neither a key");
	/* as many as can be, then one more */
	free(gate->name);
	free(gate->login);
	gate->login = xstrdup("bart");
	gate->hop_id = 0;
	for (i = 3; i < HOPS_MAX + 1; i++) {
		snprintf(name, sizeof(name), "long%d", i);
		gate->name = name;
		liar_open();
		assert_int_equal(host_create(liar_db, gate, &id), DB_OK);
		liar_close();
		gate->hop_id = id;
		set_host("gate1", id, HOST_SSH, key);
		if (i == HOPS_MAX - 1)
			is_reached(HOPS_MAX);
	}
	is_refused("in a circle, or through more than 15");
	gate->name = NULL;
	set_host("gate1", 0, HOST_SSH, key);
	host_free(gate);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_honest),
		cmocka_unit_test(test_order_of_keys),
		cmocka_unit_test(test_order_of_logins),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_other_connection),
		cmocka_unit_test(test_changed_key),
		cmocka_unit_test(test_other_account),
		cmocka_unit_test(test_impossible_ways),
	};

	return (cmocka_run_group_tests(tests, liar_start, liar_stop));
}
