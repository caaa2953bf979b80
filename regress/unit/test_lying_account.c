/* SPDX-License-Identifier: ISC */
/*
 * A lying child, and accounts on a host other than its own: what was granted
 * holds for the signature, the password and the session's row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "db/acl.h"
#include "db/db.h"
#include "db/group.h"
#include "db/host.h"
#include "db/key.h"
#include "db/session.h"
#include "lib/ipc.h"
#include "lib/xmalloc.h"
#include "regress/unit/liar.h"

/* Of the session that began last; caller frees. */
static char *
newest_account(void)
{
	const struct session_filter	 f = { .limit = 1 };
	struct session_list		*l;
	char				*account;

	liar_open();
	assert_int_equal(session_list(liar_db, &f, &l), DB_OK);
	assert_int_equal(l->n, 1);
	account = xstrdup(l->v[0].account);
	session_list_free(l);
	liar_close();
	return (account);
}

/* A rule that lets everybody be dep* on hosts that end in 1. */
static int64_t
let_accounts(void)
{
	const struct acl	a = { .action = ACL_ALLOW,
				    .host_pattern = (char *)"*1",
				    .login_pattern = (char *)"dep*" };
	int64_t			id, group;

	liar_open();
	assert_int_equal(acl_create(liar_db, &a, &id), DB_OK);
	assert_int_equal(group_ensure(liar_db, GROUP_USER, GROUP_DEFAULT, "",
	    &group), DB_OK);
	assert_int_equal(acl_link(liar_db, id, GROUP_USER, group), DB_OK);
	liar_close();
	return (id);
}

/* The account that was asked for and granted, in all that follows. */
static void
test_account(void **state)
{
	struct answer_target	 t;
	struct liar		 l;
	struct ipc		 in;
	char			 password[64] = "", *account;
	int64_t			 rule = let_accounts();

	(void)state;
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, "deploy+web1", &liar_bob), DEST_HOST);
	liar_target(&l);
	assert_string_equal(l.account, "deploy");
	account = newest_account();
	assert_string_equal(account, "deploy");
	free(account);
	assert_true(liar_hostkey(&l, &liar_alice));
	assert_int_equal(liar_up_sign(&l, "deploy", l.up_blob, l.up_len), 64);
	/* and not for the host's own, nor for another that is allowed */
	assert_int_equal(liar_up_sign(&l, "bart", l.up_blob, l.up_len), -1);
	assert_true(liar_ends(&l, MONITOR_GATE));
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, "deploy+web1", &liar_bob), DEST_HOST);
	liar_target(&l);
	assert_true(liar_hostkey(&l, &liar_alice));
	assert_int_equal(liar_up_sign(&l, "deputy", l.up_blob, l.up_len), -1);
	assert_true(liar_ends(&l, MONITOR_GATE));
	/* a password is that of the host's own account */
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, "bart+pass1", &liar_bob), DEST_HOST);
	liar_target(&l);
	assert_true(liar_hostkey(&l, &liar_alice));
	assert_true(liar_password(&l, password, sizeof(password)));
	assert_string_equal(password, "opensesame");
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, "deploy+pass1", &liar_bob),
	    DEST_HOST);
	assert_true(liar_ask(&l, ASK_TARGET, NULL, &in));
	assert_int_equal(get_answer_target(&in.body, &t), 0);
	assert_false(t.verdict.ok);
	assert_non_null(strstr(t.verdict.sentence, "not that of \"deploy\""));
	assert_int_equal(t.nhops, 0);
	ipc_free(&in);
	assert_false(liar_password(&l, password, sizeof(password)));
	assert_true(liar_ends(&l, MONITOR_GATE));
	liar_open();
	assert_int_equal(acl_remove(liar_db, rule), DB_OK);
	liar_close();
}

/* A host with a key and a password, as another account: by the key alone. */
static void
test_account_key_only(void **state)
{
	struct liar	 l;
	struct host	*h;
	struct key	*k;
	char		 password[64] = "";
	int64_t		 rule = let_accounts();

	(void)state;
	liar_open();
	assert_int_equal(key_by_name(liar_db, KEY_DEFAULT, &k), DB_OK);
	assert_int_equal(host_by_name(liar_db, "pass1", &h), DB_OK);
	h->key_id = k->id;
	assert_int_equal(host_update(liar_db, h), DB_OK);
	liar_close();
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, "deploy+pass1", &liar_bob),
	    DEST_HOST);
	liar_target(&l);
	assert_true(l.up_len > 0);
	assert_true(liar_hostkey(&l, &liar_alice));
	assert_false(liar_password(&l, password, sizeof(password)));
	assert_true(liar_ends(&l, MONITOR_GATE));
	liar_open();
	h->key_id = 0;
	assert_int_equal(host_update(liar_db, h), DB_OK);
	assert_int_equal(acl_remove(liar_db, rule), DB_OK);
	liar_close();
	key_free(k);
	host_free(h);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_account_key_only),
	};

	return (cmocka_run_group_tests(tests, liar_start, liar_stop));
}
