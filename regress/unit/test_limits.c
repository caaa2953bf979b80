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

/* Between begin and full the chance grows in a straight line. */
static void
test_every_point_of_the_line(void **state)
{
	uint32_t	n;

	(void)state;
	for (n = 10; n < 60; n++)
		assert_int_equal(refused(&settings, n), 30 + 70 * (n - 10) /
		    50);
}

/* 3 of 4 billion numbers are no whole hundreds: still no chance is left out. */
static void
test_largest_random_number(void **state)
{
	struct load	l = { .logins = 59 };

	(void)state;
	assert_int_equal(limits_admit(&settings, &l, UINT32_MAX),
	    REFUSE_STARTUPS);		/* …95 of 98 */
	assert_int_equal(limits_admit(&settings, &l, 99), ADMIT);
	l.logins = 60;
	assert_int_equal(limits_admit(&settings, &l, 99), REFUSE_STARTUPS);
}

static void
test_source(void **state)
{
	struct settings	s = settings;
	struct load	l = { .source_connections = 99, .source_logins = 9 };

	(void)state;
	assert_int_equal(limits_admit(&s, &l, 0), ADMIT);
	s.source_max_startups = 10;
	s.source_max_connections = 100;
	assert_int_equal(limits_admit(&s, &l, 0), ADMIT);
	l.source_logins = 10;
	assert_int_equal(limits_admit(&s, &l, 99), REFUSE_SOURCE_STARTUPS);
	l.source_connections = 100;
	assert_int_equal(limits_admit(&s, &l, 99), REFUSE_SOURCE_CONNECTIONS);
	l.penalty = "a reason";
	assert_int_equal(limits_admit(&s, &l, 99), REFUSE_PENALTY);
}

static void
test_words(void **state)
{
	enum admission	a;

	(void)state;
	for (a = ADMIT; a < ADMISSION_END_OF_LIST; a++) {
		assert_string_equal(limits_sentence(a),
		    a == REFUSE_STARTUPS || a == REFUSE_SOURCE_STARTUPS ?
		    "Exceeded MaxStartups\r\n" :
		    "Not allowed at this time\r\n");
		assert_non_null(limits_name(a));
	}
	assert_string_equal(limits_name(REFUSE_SOURCE_STARTUPS),
	    "per-source-max-startups");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_below_begin_all_are_admitted),
		cmocka_unit_test(test_chance_grows),
		cmocka_unit_test(test_begin_equal_to_full),
		cmocka_unit_test(test_max_connections_counts_sessions),
		cmocka_unit_test(test_every_point_of_the_line),
		cmocka_unit_test(test_largest_random_number),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_words),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
