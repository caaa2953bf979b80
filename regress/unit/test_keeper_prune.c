/* SPDX-License-Identifier: ISC */
/*
 * What the keeper forgets: ids of records that can come no second time.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/query.h"
#include "lib/clock.h"
#include "monitor/secrets.h"
#include "portal_fixture.h"

#define SOON	60000		/* ms */
#define DAY	86400

static int64_t
ids(struct fixture *f)
{
	int64_t	n;

	assert_int_equal(db_get_int(f->db, &n,
	    "SELECT COUNT(*) FROM applied_records", NO_BINDS), DB_OK);
	return (n);
}

static int
old_is_forgotten(void *arg)
{
	return (ids(arg) == 1);
}

static void
applied(struct fixture *f, const char *id, int64_t at)
{
	assert_int_equal(db_exec(f->db, "INSERT INTO applied_records"
	    " (record_id, applied_at) VALUES (?, ?)",
	    BINDS(bind_text(id), bind_int(at))), DB_OK);
}

static void
test_old_ids(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct portal	*p = portal_new(f, "a");
	int64_t		 left;
	pid_t		 keeper;
	int		 ctl;

	portal_key(f, p);
	portal_dirs(p);
	applied(f, "00000000000000000000000000000001", clock_utc() - 8 * DAY);
	applied(f, "00000000000000000000000000000002", clock_utc() - 6 * DAY);
	keeper = portal_keeper(p, &ctl);
	assert_true(eventually(SOON, old_is_forgotten, f));
	close(ctl);
	assert_int_equal(portal_wait(keeper, SOON), 0);
	assert_int_equal(db_get_int(f->db, &left, "SELECT MAX(applied_at)"
	    " FROM applied_records", NO_BINDS), DB_OK);
	assert_true(left > clock_utc() - 7 * DAY);
	secrets_forget();
	portal_free(p);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_old_ids),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
