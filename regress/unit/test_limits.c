/* SPDX-License-Identifier: ISC */
/*
 * Who is let in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/limits.h"

#define TRIES	10000

static const struct settings	settings = {
	.max_startups_begin = 10,
	.max_startups_rate = 30,
	.max_startups_full = 60,
	.max_connections = 100,
};

/* How many of so many draws are refused, in per cent, rounded. */
static unsigned
refused(const struct settings *s, uint32_t logins)
{
	struct load	l = { .connections = logins, .logins = logins };
	unsigned	i, n = 0;

	for (i = 0; i < TRIES; i++)
		n += limits_admit(s, &l, i) == REFUSE_STARTUPS;
	return ((n * 100 + TRIES / 2) / TRIES);
}

static void
test_below_begin_all_are_admitted(void **state)
{
	(void)state;
	assert_int_equal(refused(&settings, 0), 0);
	assert_int_equal(refused(&settings, 9), 0);
}

static void
test_chance_grows(void **state)
{
	(void)state;
	assert_int_equal(refused(&settings, 10), 30);
	assert_int_equal(refused(&settings, 35), 65);
	assert_int_equal(refused(&settings, 59), 98);
	assert_int_equal(refused(&settings, 60), 100);
	assert_int_equal(refused(&settings, 99), 100);
}

static void
test_begin_equal_to_full(void **state)
{
	struct settings	s = settings;

	(void)state;
	s.max_startups_begin = s.max_startups_full = 5;
	s.max_startups_rate = 100;
	assert_int_equal(refused(&s, 4), 0);
	assert_int_equal(refused(&s, 5), 100);
}

static void
test_max_connections_counts_sessions(void **state)
{
	struct load	l = { .connections = 99, .logins = 0 };

	(void)state;
	assert_int_equal(limits_admit(&settings, &l, 0), ADMIT);
	l.connections = 100;
	assert_int_equal(limits_admit(&settings, &l, 99), REFUSE_CONNECTIONS);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_below_begin_all_are_admitted),
		cmocka_unit_test(test_chance_grows),
		cmocka_unit_test(test_begin_equal_to_full),
		cmocka_unit_test(test_max_connections_counts_sessions),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
