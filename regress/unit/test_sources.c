/* SPDX-License-Identifier: ISC */
/*
 * Blocks of addresses: what counts together, how penalties grow, run off and
 * end, and that no flood of addresses makes the table larger than it may be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sources.h"
#include "lib/log.h"

#define T0	INT64_C(1000000)	/* now, somewhen */

static struct settings	settings;
static struct image	no_image;

static const struct settings	defaults = {
	.max_connections = 100,
	.source_bits4 = 32,
	.source_bits6 = 64,
	.login_grace_ms = 120000,
	.penalties = 1,
	.penalty_crash_ms = 90000,
	.penalty_authfail_ms = 5000,
	.penalty_noauth_ms = 1000,
	.penalty_grace_ms = 10000,
	.penalty_refuse_ms = 7000,
	.penalty_max_ms = 600000,
	.penalty_min_ms = 15000,
	.penalty_sources4 = 8,
	.penalty_sources6 = 8,
	.penalty_exempt = (char *)"none",
};

static void
begin(const struct image *im, int64_t now)
{
	assert_int_equal(sources_init(&settings, im, now), 0);
}

static int
set_up(void **state)
{
	(void)state;
	settings = defaults;
	image_init(&no_image);
	begin(&no_image, T0);
	return (0);
}

static struct network
address(const char *text)
{
	struct network	n;

	assert_int_equal(network_parse(&n, text, strlen(text)), 0);
	return (n);
}

static struct load
load(const char *text, int64_t now)
{
	struct network	n = address(text);
	struct load	l;

	memset(&l, 0, sizeof(l));
	sources_load(&n, now, &l);
	return (l);
}

/* How many ms a source is shut out for; 0: it is not. */
static int64_t
shut(const char *text, int64_t now)
{
	struct load	l = load(text, now);

	assert_int_equal(l.penalty != NULL, l.penalty_ms != 0);
	return (l.penalty_ms);
}

static void
penalise_held(const char *text, enum penalty cause, int64_t held, int64_t now)
{
	struct network	n = address(text);

	sources_penalise(&n, cause, held, now);
}

static void
penalise(const char *text, enum penalty cause, int64_t now)
{
	penalise_held(text, cause, 0, now);
}

static void
count(const char *text, int connections, int logins)
{
	struct network	n = address(text);

	sources_count(&n, connections, logins);
}

static void
test_counts_by_block(void **state)
{
	struct load	l;

	(void)state;
	count("192.0.2.1", 1, 1);
	count("192.0.2.1", 1, 1);
	count("::ffff:192.0.2.1", 1, 1);
	count("192.0.2.2", 1, 1);
	count("2001:db8::1", 1, 1);
	count("2001:db8::ffff:0:0:1", 1, 1);
	count("2001:db8:0:1::1", 1, 1);
	count("192.0.2.1", 0, -1);
	l = load("192.0.2.1", T0);
	assert_int_equal(l.source_connections, 3);
	assert_int_equal(l.source_logins, 2);
	assert_null(l.penalty);
	assert_int_equal(load("192.0.2.2", T0).source_logins, 1);
	assert_int_equal(load("192.0.2.3", T0).source_logins, 0);
	assert_int_equal(load("2001:db8::2", T0).source_logins, 2);
	assert_int_equal(load("2001:db8:0:1::2", T0).source_logins, 1);
	assert_int_equal(load("2001:db8:0:2::2", T0).source_logins, 0);
	assert_int_equal(sources_size().blocks, 4);
	count("192.0.2.1", -3, -2);
	count("192.0.2.2", -1, -1);
	count("2001:db8::1", -2, -2);
	count("2001:db8:0:1::9", -1, -1);
	assert_int_equal(sources_size().blocks, 0);
}

/* Places that are held for nothing cost, however they are left. */
static void
test_held_places(void **state)
{
	(void)state;
	penalise_held("192.0.2.1", PENALTY_NOAUTH, 60000, T0);
	penalise_held("192.0.2.1", PENALTY_AUTHFAIL, 60000, T0);
	assert_int_equal(shut("192.0.2.1", T0), 16000);
	penalise_held("192.0.2.2", PENALTY_NOAUTH, 119999, T0);
	assert_int_equal(shut("192.0.2.2", T0), 0);
	penalise_held("192.0.2.2", PENALTY_NOAUTH, 500000, T0);
	assert_int_equal(shut("192.0.2.2", T0), 21999);
	/* these have a price of their own */
	penalise_held("192.0.2.3", PENALTY_GRACE, 120000, T0);
	penalise_held("192.0.2.3", PENALTY_REFUSED, 120000, T0);
	assert_int_equal(shut("192.0.2.3", T0), 17000);
	settings.login_grace_ms = 0;
	penalise_held("192.0.2.4", PENALTY_NOAUTH, 3600000, T0);
	penalise("192.0.2.4", PENALTY_GRACE, T0);
	penalise_held("192.0.2.4", PENALTY_AUTHFAIL, 3600000, T0);
	assert_int_equal(shut("192.0.2.4", T0), 16000);
}

/* What was never counted, for want of memory, leaves too. */
static void
test_counts_stay_above_zero(void **state)
{
	(void)state;
	count("192.0.2.1", -1, -1);
	assert_int_equal(sources_size().blocks, 0);
	count("192.0.2.1", 1, 0);
	count("192.0.2.1", -2, -1);
	assert_int_equal(sources_size().blocks, 0);
	assert_int_equal(load("192.0.2.1", T0).source_connections, 0);
}

static void
test_block_size_of_settings(void **state)
{
	(void)state;
	settings.source_bits4 = 24;
	settings.source_bits6 = 0;
	begin(&no_image, T0);
	count("192.0.2.1", 1, 1);
	count("2001:db8::1", 1, 1);
	assert_int_equal(load("192.0.2.255", T0).source_logins, 1);
	assert_int_equal(load("192.0.3.1", T0).source_logins, 0);
	assert_int_equal(load("fe80::1", T0).source_logins, 1);
}

static void
test_penalties_add_up(void **state)
{
	(void)state;
	penalise("192.0.2.1", PENALTY_AUTHFAIL, T0);
	assert_int_equal(shut("192.0.2.1", T0), 0);
	penalise("192.0.2.1", PENALTY_AUTHFAIL, T0 + 100);
	assert_int_equal(shut("192.0.2.1", T0 + 100), 0);
	/* 4.9 s of the first 10 are left */
	penalise("192.0.2.1", PENALTY_AUTHFAIL, T0 + 5100);
	assert_int_equal(shut("192.0.2.1", T0 + 5100), 0);
	penalise("192.0.2.1", PENALTY_AUTHFAIL, T0 + 5101);
	assert_int_equal(shut("192.0.2.1", T0 + 5101), 0);
	penalise("192.0.2.1", PENALTY_AUTHFAIL, T0 + 5102);
	assert_int_equal(shut("192.0.2.1", T0 + 5102), 25000 - 5102);
	assert_string_equal(load("192.0.2.1", T0 + 5102).penalty,
	    "failed authentication");
	assert_int_equal(shut("192.0.2.2", T0 + 5102), 0);
}

/* In force it stays so until it has run off, below min too. */
static void
test_penalty_runs_off(void **state)
{
	(void)state;
	penalise("192.0.2.1", PENALTY_CRASH, T0);
	assert_int_equal(shut("192.0.2.1", T0), 90000);
	assert_int_equal(shut("192.0.2.1", T0 + 89999), 1);
	assert_int_equal(sources_size().penalties, 1);
	assert_int_equal(shut("192.0.2.1", T0 + 90000), 0);
	assert_int_equal(sources_size().blocks, 0);
	/* and all begins anew */
	penalise("192.0.2.1", PENALTY_AUTHFAIL, T0 + 90001);
	assert_int_equal(shut("192.0.2.1", T0 + 90001), 0);
}

/* One failure for each authfail is never punished. */
static void
test_slow_failures_are_forgiven(void **state)
{
	int64_t	now;

	(void)state;
	for (now = T0; now < T0 + 1000000; now += 5000) {
		assert_int_equal(shut("192.0.2.1", now), 0);
		penalise("192.0.2.1", PENALTY_AUTHFAIL, now);
	}
}

static void
test_max(void **state)
{
	int	i;

	(void)state;
	for (i = 0; i < 100; i++)
		penalise("192.0.2.1", PENALTY_CRASH, T0);
	assert_int_equal(shut("192.0.2.1", T0), 600000);
}

static void
test_each_cause(void **state)
{
	static const struct {
		enum penalty	cause;
		int64_t		ms;
	} t[] = {
		{ PENALTY_NONE, 0 },
		{ PENALTY_CRASH, 90000 },
		{ PENALTY_AUTHFAIL, 5000 },
		{ PENALTY_NOAUTH, 1000 },
		{ PENALTY_GRACE, 10000 },
		{ PENALTY_REFUSED, 7000 },
	};
	size_t	i;

	(void)state;
	settings.penalty_min_ms = 0;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		begin(&no_image, T0);
		penalise("192.0.2.1", t[i].cause, T0);
		assert_int_equal(shut("192.0.2.1", T0), t[i].ms);
	}
	assert_int_equal(i, PENALTY_END_OF_LIST);
}

static void
test_switched_off(void **state)
{
	(void)state;
	settings.penalties = 0;
	penalise("192.0.2.1", PENALTY_CRASH, T0);
	assert_int_equal(shut("192.0.2.1", T0), 0);
	assert_int_equal(sources_size().blocks, 0);
	settings = defaults;
	settings.penalty_crash_ms = 0;
	penalise("192.0.2.1", PENALTY_CRASH, T0);
	assert_int_equal(sources_size().blocks, 0);
}

static void
test_exempt(void **state)
{
	(void)state;
	settings.penalty_exempt = (char *)"192.0.2.0/25, 2001:db8::/32";
	begin(&no_image, T0);
	penalise("192.0.2.1", PENALTY_CRASH, T0);
	penalise("2001:db8:1::1", PENALTY_CRASH, T0);
	assert_int_equal(sources_size().blocks, 0);
	penalise("192.0.2.129", PENALTY_CRASH, T0);
	penalise("2001:db9::1", PENALTY_CRASH, T0);
	assert_int_not_equal(shut("192.0.2.129", T0), 0);
	assert_int_not_equal(shut("2001:db9::1", T0), 0);
}

/* An address within a block of others with a penalty. */
static void
test_exempt_in_a_block(void **state)
{
	(void)state;
	settings.source_bits4 = 24;
	settings.penalty_exempt = (char *)"192.0.2.7";
	begin(&no_image, T0);
	penalise("192.0.2.8", PENALTY_CRASH, T0);
	assert_int_not_equal(shut("192.0.2.9", T0), 0);
	assert_int_equal(shut("192.0.2.7", T0), 0);
}

/* A block with connections outlives its penalty. */
static void
test_counts_and_penalties(void **state)
{
	(void)state;
	count("192.0.2.1", 1, 1);
	penalise("192.0.2.1", PENALTY_CRASH, T0);
	assert_int_equal(sources_size().blocks, 1);
	assert_int_equal(load("192.0.2.1", T0 + 90000).source_logins, 1);
	count("192.0.2.1", -1, -1);
	assert_int_equal(sources_size().blocks, 0);
	count("192.0.2.1", 1, 1);
	penalise("192.0.2.1", PENALTY_CRASH, T0);
	count("192.0.2.1", -1, -1);
	assert_int_equal(sources_size().blocks, 1);
	assert_int_equal(shut("192.0.2.1", T0), 90000);
}

/* The first to end makes room, whatever the order in which they came. */
static void
test_overflow_permissive(void **state)
{
	static const int	order[] = { 5, 2, 7, 1, 8, 3, 6, 4 };
	char			text[32];
	size_t			i;

	(void)state;
	for (i = 0; i < 8; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", order[i]);
		penalise(text, PENALTY_CRASH, T0 - 1000 + order[i]);
	}
	penalise("2001:db8::1", PENALTY_CRASH, T0 - 2000);
	assert_int_equal(sources_size().penalties, 9);
	for (i = 1; i <= 8; i++) {
		snprintf(text, sizeof(text), "192.0.2.%zu", i);
		assert_int_not_equal(shut(text, T0), 0);
		snprintf(text, sizeof(text), "192.0.3.%zu", i);
		penalise(text, PENALTY_CRASH, T0 + 1);
		assert_int_not_equal(shut(text, T0), 0);
		snprintf(text, sizeof(text), "192.0.2.%zu", i);
		assert_int_equal(shut(text, T0), 0);
		assert_int_equal(sources_size().penalties, 9);
	}
	assert_int_not_equal(shut("2001:db8::1", T0), 0);
}

static void
test_overflow_deny_all(void **state)
{
	char	text[32];
	int	i;

	(void)state;
	settings.penalty_deny4 = 1;
	settings.penalty_exempt = (char *)"198.51.100.0/24";
	begin(&no_image, T0);
	for (i = 1; i <= 7; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", i);
		penalise(text, PENALTY_NOAUTH, T0 + i);
	}
	assert_int_equal(shut("203.0.113.1", T0 + 7), 0);
	penalise("192.0.2.8", PENALTY_NOAUTH, T0 + 8);
	assert_int_equal(shut("203.0.113.1", T0 + 8), 993);
	assert_int_equal(shut("198.51.100.1", T0 + 8), 0);
	assert_int_equal(shut("2001:db8::1", T0 + 8), 0);
	penalise("192.0.2.9", PENALTY_CRASH, T0 + 8);
	assert_int_equal(sources_size().penalties, 8);
	/* but one that has one gets more */
	penalise("192.0.2.8", PENALTY_CRASH, T0 + 8);
	assert_int_equal(shut("192.0.2.8", T0 + 8), 91000);
	assert_int_equal(shut("203.0.113.1", T0 + 1001), 0);
}

/* A flood of addresses, each once: bounded, and gone when its time is over. */
static void
test_flood(void **state)
{
	char		text[64];
	uint32_t	seed = 1;
	int		i;

	(void)state;
	settings.penalty_sources4 = 1000;
	settings.penalty_sources6 = 1000;
	begin(&no_image, T0);
	for (i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		snprintf(text, sizeof(text), "10.%u.%u.%u", seed >> 24,
		    seed >> 16 & 255, seed >> 8 & 255);
		penalise(text, i % 5 + 1, T0 + i % 777);
		snprintf(text, sizeof(text), "2001:db8:%x:%x::1", seed >> 16,
		    i);
		penalise(text, i % 5 + 1, T0 + i % 999);
		assert_true(sources_size().blocks <= 2000);
	}
	assert_int_equal(sources_size().penalties, 2000);
	assert_int_equal(shut("203.0.113.1", T0 + 601000), 0);
	assert_int_equal(sources_size().blocks, 0);
}

static void
test_export_and_import(void **state)
{
	struct image	im;

	(void)state;
	penalise("192.0.2.1", PENALTY_AUTHFAIL, T0);
	penalise("192.0.2.2", PENALTY_CRASH, T0);
	penalise("2001:db8::1", PENALTY_CRASH, T0 + 5);
	penalise("192.0.2.3", PENALTY_NOAUTH, T0 - 999);
	count("192.0.2.2", 1, 1);
	image_init(&im);
	sources_export(&im, T0 + 10);
	/* in force, longest first, then the others */
	assert_int_equal(im.npenalties, 3);
	assert_int_equal(im.penalties[0].net.family, 6);
	assert_int_equal(im.penalties[1].net.bytes[3], 2);
	assert_int_equal(im.penalties[2].net.bytes[3], 1);
	begin(&im, T0 + 1000);
	assert_int_equal(shut("192.0.2.2", T0 + 1000), 89000);
	assert_string_equal(load("192.0.2.2", T0 + 1000).penalty,
	    "caused crash");
	assert_int_equal(load("192.0.2.2", T0 + 1000).source_logins, 0);
	assert_int_equal(shut("2001:db8::9", T0 + 1000), 89005);
	assert_int_equal(shut("192.0.2.1", T0 + 1000), 0);
	/* 4 s of 192.0.2.1's are left, 10 more make 14 of 15 */
	penalise("192.0.2.1", PENALTY_GRACE, T0 + 1000);
	assert_int_equal(shut("192.0.2.1", T0 + 1000), 0);
	penalise("192.0.2.1", PENALTY_NOAUTH, T0 + 1000);
	assert_int_equal(shut("192.0.2.1", T0 + 1000), 15000);
	free(im.penalties);
}

/* Other settings: what they do not know is not taken over. */
static void
test_import_with_other_settings(void **state)
{
	struct image	im;

	(void)state;
	image_init(&im);
	penalise("192.0.2.1", PENALTY_CRASH, T0);
	penalise("2001:db8::1", PENALTY_CRASH, T0);
	sources_export(&im, T0);
	settings.source_bits6 = 48;
	settings.penalty_max_ms = 20000;
	begin(&im, T0);
	assert_int_equal(shut("192.0.2.1", T0), 20000);
	assert_int_equal(shut("2001:db8::1", T0), 0);
	settings.penalties = 0;
	begin(&im, T0);
	assert_int_equal(sources_size().blocks, 0);
	settings = defaults;
	settings.penalty_exempt = (char *)"192.0.2.1";
	begin(&im, T0);
	assert_int_equal(shut("192.0.2.1", T0), 0);
	assert_int_not_equal(shut("2001:db8::1", T0), 0);
	begin(&im, T0 + 90000);
	assert_int_equal(sources_size().blocks, 0);
	free(im.penalties);
}

/* Of too many the longest are carried over, and a small table takes these. */
static void
test_export_is_bounded(void **state)
{
	struct image	im;
	char		text[64];
	int		i;

	(void)state;
	settings.penalty_sources6 = IMAGE_PENALTIES_MAX + 100;
	begin(&no_image, T0);
	for (i = 0; i < IMAGE_PENALTIES_MAX + 100; i++) {
		snprintf(text, sizeof(text), "2001:db8:%x:%x::1", i >> 8,
		    i & 255);
		penalise(text, PENALTY_CRASH, T0 + i);
	}
	image_init(&im);
	sources_export(&im, T0);
	assert_int_equal(im.npenalties, IMAGE_PENALTIES_MAX);
	settings.penalty_sources6 = 2;
	begin(&im, T0);
	assert_int_equal(sources_size().penalties, 2);
	assert_int_not_equal(shut(text, T0), 0);
	free(im.penalties);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup(test_counts_by_block, set_up),
		cmocka_unit_test_setup(test_held_places, set_up),
		cmocka_unit_test_setup(test_counts_stay_above_zero, set_up),
		cmocka_unit_test_setup(test_block_size_of_settings, set_up),
		cmocka_unit_test_setup(test_penalties_add_up, set_up),
		cmocka_unit_test_setup(test_penalty_runs_off, set_up),
		cmocka_unit_test_setup(test_slow_failures_are_forgiven,
		    set_up),
		cmocka_unit_test_setup(test_max, set_up),
		cmocka_unit_test_setup(test_each_cause, set_up),
		cmocka_unit_test_setup(test_switched_off, set_up),
		cmocka_unit_test_setup(test_exempt, set_up),
		cmocka_unit_test_setup(test_exempt_in_a_block, set_up),
		cmocka_unit_test_setup(test_counts_and_penalties, set_up),
		cmocka_unit_test_setup(test_overflow_permissive, set_up),
		cmocka_unit_test_setup(test_overflow_deny_all, set_up),
		cmocka_unit_test_setup(test_flood, set_up),
		cmocka_unit_test_setup(test_export_and_import, set_up),
		cmocka_unit_test_setup(test_import_with_other_settings,
		    set_up),
		cmocka_unit_test_setup(test_export_is_bounded, set_up),
	};

	log_init("", LOG_LEVEL_ERROR);	/* thousands of penalties */
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
