/* SPDX-License-Identifier: ISC */
/*
 * Where people and keys may come from, and until when: as the monitor decides
 * on it, for an offer and for a signature alike. The liar comes from 192.0.2.7.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "db/db.h"
#include "db/query.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "monitor/monitor.h"
#include "regress/unit/liar.h"

#define INSIDE	"10.0.0.0/8,192.0.2.0/24"
#define OUTSIDE	"10.0.0.0/8,2001:db8::/32"

/* Sets the limits of bob and his key; the ends are from now on, 0: never. */
static void
limit_bob(const char *user_from, int64_t user_end, const char *key_from,
    int64_t key_end)
{
	struct user	*u;
	struct userkey	*k;
	int64_t		 now = clock_utc();

	liar_open();
	assert_int_equal(user_by_name(liar_db, "bob", &u), DB_OK);
	free(u->allowed_from);
	u->allowed_from = user_from != NULL ? strdup(user_from) : NULL;
	u->expires_at = user_end != 0 ? now + user_end : 0;
	assert_int_equal(user_update(liar_db, u), DB_OK);
	user_free(u);
	assert_int_equal(userkey_by_blob(liar_db, liar_bob.blob, liar_bob.len,
	    &k), DB_OK);
	free(k->allowed_from);
	k->allowed_from = key_from != NULL ? strdup(key_from) : NULL;
	k->expires_at = key_end != 0 ? now + key_end : 0;
	assert_int_equal(userkey_update(liar_db, k), DB_OK);
	userkey_free(k);
	liar_close();
}

static void
test_login(void **state)
{
	static const struct {
		const char	*user_from;
		int64_t		 user_end;
		const char	*key_from;
		int64_t		 key_end;
		int		 in, status;
	} cases[] = {
		{ NULL, 0, NULL, 0, 1, MONITOR_DONE },
		{ INSIDE, 3600, INSIDE, 3600, 1, MONITOR_DONE },
		{ "192.0.2.7", 0, NULL, 0, 1, MONITOR_DONE },
		{ OUTSIDE, 0, NULL, 0, 0, MONITOR_AUTH_FAILED },
		{ OUTSIDE, 0, INSIDE, 0, 0, MONITOR_AUTH_FAILED },
		{ INSIDE, 0, OUTSIDE, 0, 0, MONITOR_AUTH_FAILED },
		{ NULL, 0, "192.0.2.8", 0, 0, MONITOR_AUTH_FAILED },
		{ NULL, 0, NULL, -1, 0, MONITOR_AUTH_FAILED },
		{ INSIDE, 0, INSIDE, -1, 0, MONITOR_AUTH_FAILED },
		{ NULL, -1, NULL, 0, 0, MONITOR_ACCOUNT },
	};
	struct liar	l;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		limit_bob(cases[i].user_from, cases[i].user_end,
		    cases[i].key_from, cases[i].key_end);
		liar_birth(&l);
		liar_kex(&l, 1);
		assert_int_equal(liar_auth(&l, ASK_AUTH_QUERY, "web1",
		    &liar_bob, NULL, 0), cases[i].in ? DEST_HOST :
		    DEST_REFUSED);
		assert_int_equal(liar_login(&l, "web1", &liar_bob),
		    cases[i].in ? DEST_HOST : DEST_REFUSED);
		if (!cases[i].in)
			assert_int_equal(liar_login(&l, "admin", &liar_bob),
			    DEST_REFUSED);
		assert_int_equal(liar_bye(&l), cases[i].status);
	}
	limit_bob(NULL, 0, NULL, 0);
}

/* A list that something else has written and nobody can read. */
static void
test_unreadable(void **state)
{
	struct liar	l;

	(void)state;
	liar_open();
	assert_int_equal(db_exec(liar_db, "UPDATE users"
	    " SET allowed_from = '0.0.0.0/0;' WHERE name = 'bob'", NO_BINDS),
	    DB_OK);
	liar_close();
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, "web1", &liar_bob), DEST_REFUSED);
	assert_int_equal(liar_bye(&l), MONITOR_AUTH_FAILED);
	limit_bob(NULL, 0, NULL, 0);
}

/* An invite is good from where the invited person may come from. */
static void
test_invite(void **state)
{
	static const char	login[] = "invite:" LIAR_INVITE;
	struct liar		l;
	struct user		*u;
	int64_t			 keys;

	(void)state;
	liar_open();
	assert_int_equal(user_by_name(liar_db, "root", &u), DB_OK);
	free(u->allowed_from);
	u->allowed_from = strdup(OUTSIDE);
	assert_int_equal(user_update(liar_db, u), DB_OK);
	liar_close();
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_auth(&l, ASK_AUTH_QUERY, login, &liar_nobody,
	    NULL, 0), DEST_REFUSED);
	assert_int_equal(liar_login(&l, login, &liar_nobody), DEST_REFUSED);
	assert_int_equal(liar_bye(&l), MONITOR_AUTH_FAILED);
	liar_open();
	assert_int_equal(userkey_count(liar_db, u->id, &keys), DB_OK);
	assert_int_equal(keys, 0);
	free(u->allowed_from);
	u->allowed_from = strdup(INSIDE);
	assert_int_equal(user_update(liar_db, u), DB_OK);
	user_free(u);
	liar_close();
	liar_reach(&l, ST_AUTH);
	assert_int_equal(liar_login(&l, login, &liar_nobody), DEST_NOTICE);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

static void
no_log(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_invite),
	};

	log_set_sink(no_log);
	return (cmocka_run_group_tests(tests, liar_start, liar_stop));
}
