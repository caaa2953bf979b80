/* SPDX-License-Identifier: ISC */
/*
 * When a silent peer is asked, and when it counts as gone. Time passes by
 * making what is due due long ago.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "child/alive.h"

#define LONG_MS	3000000

/* An interval passes. */
static enum alive_verdict
later(struct alive *a, uint64_t heard)
{
	assert_true(a->due > 1);
	a->due = 1;
	return (alive_check(a, heard));
}

static void
test_never(void **state)
{
	struct alive	a = { .max = 1 };

	(void)state;
	assert_int_equal(alive_check(&a, 0), ALIVE_WELL);
	assert_int_equal(alive_wait(&a), -1);
	a.interval_ms = LONG_MS;
	assert_int_equal(alive_wait(&a), -1);	/* not begun */
}

static void
test_silence(void **state)
{
	struct alive	a = { .interval_ms = LONG_MS, .max = 2 };

	(void)state;
	assert_int_equal(alive_check(&a, 5), ALIVE_WELL);
	assert_in_range(alive_wait(&a), LONG_MS - 60000, LONG_MS);
	assert_int_equal(alive_check(&a, 5), ALIVE_WELL);
	assert_int_equal(later(&a, 5), ALIVE_ASK);
	assert_int_equal(alive_check(&a, 5), ALIVE_WELL);
	assert_int_equal(later(&a, 5), ALIVE_ASK);
	assert_int_equal(later(&a, 5), ALIVE_GONE);
}

static void
test_a_word_in_time(void **state)
{
	struct alive	a = { .interval_ms = LONG_MS, .max = 2 };
	int		i;

	(void)state;
	alive_check(&a, 0);
	for (i = 1; i < 10; i++) {
		assert_int_equal(later(&a, i), ALIVE_WELL);
		assert_int_equal(later(&a, i), ALIVE_ASK);
		assert_int_equal(later(&a, i), ALIVE_ASK);
	}
	assert_int_equal(later(&a, i - 1), ALIVE_GONE);
}

/* One interval more, and no question for it. */
static void
test_put_off(void **state)
{
	struct alive	a = { .interval_ms = LONG_MS, .max = 1 };

	(void)state;
	alive_check(&a, 0);
	assert_int_equal(later(&a, 0), ALIVE_ASK);
	assert_int_equal(later(&a, 0), ALIVE_GONE);
	alive_put_off(&a);
	assert_int_equal(alive_check(&a, 0), ALIVE_WELL);
	assert_in_range(alive_wait(&a), LONG_MS - 60000, LONG_MS);
	assert_int_equal(later(&a, 0), ALIVE_GONE);
	assert_int_equal(alive_check(&a, 1), ALIVE_WELL);
}

static void
test_without_end(void **state)
{
	struct alive	a = { .interval_ms = LONG_MS, .max = 0 };
	int		i;

	(void)state;
	alive_check(&a, 0);
	for (i = 0; i < 1000; i++)
		assert_int_equal(later(&a, 0), ALIVE_ASK);
}

static void
test_wait(void **state)
{
	struct alive	a = { .interval_ms = INT64_MAX / 4, .max = 1 };

	(void)state;
	alive_check(&a, 0);
	assert_in_range(alive_wait(&a), 1, 3600000);
	a.due = 1;
	assert_int_equal(alive_wait(&a), 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_a_word_in_time),
		cmocka_unit_test(test_put_off),
		cmocka_unit_test(test_without_end),
		cmocka_unit_test(test_wait),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
