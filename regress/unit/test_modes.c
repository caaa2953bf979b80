/* SPDX-License-Identifier: ISC */
/*
 * Terminal modes that are to fit into what libssh2 has for them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "child/modes.h"

#define SIZE	64

/* Modes in, modes out, of a buffer with this many bytes. */
static void
check(const void *in, size_t len, size_t size, const void *out, size_t want)
{
	uint8_t	buf[SIZE];
	size_t	i;

	memset(buf, 0xa5, sizeof(buf));
	assert_int_equal(modes_fit(in, len, buf, size), want);
	assert_memory_equal(buf, out, want);
	for (i = want; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0xa5);
}

#define CHECK(in, size, out) \
	check(in, sizeof(in) - 1, size, out, sizeof(out) - 1)

#define VERASE	"\003\000\000\000\010"
#define VINTR	"\001\000\000\000\030"
#define ISTRIP	"\041\000\000\000\000"		/* off by default, and off */
#define INLCR	"\042\000\000\000\001"		/* off by default, but on */
#define IXON	"\046\000\000\000\000"		/* on by default, but off */
#define END	"\000"

static void
test_all(void **state)
{
	(void)state;
	CHECK(VERASE ISTRIP IXON END, SIZE, VERASE ISTRIP IXON END);
	CHECK(VERASE ISTRIP IXON END, 16, VERASE ISTRIP IXON END);
	CHECK(VERASE VINTR, 11, VERASE VINTR END);
}

static void
test_none(void **state)
{
	(void)state;
	check(NULL, 0, SIZE, "", 0);
	CHECK(END, SIZE, "");
	CHECK(VERASE, 0, "");
	CHECK(VERASE, 5, "");
	CHECK(ISTRIP, 5, "");
}

static void
test_left_out(void **state)
{
	(void)state;
	CHECK(ISTRIP VERASE ISTRIP INLCR IXON END, 16,
	    VERASE INLCR IXON END);
	CHECK(ISTRIP VERASE ISTRIP INLCR IXON END, 15, VERASE INLCR END);
	CHECK(VERASE VINTR IXON END, 15, VERASE VINTR END);
}

/* What no client should send: it ends where its meaning does. */
static void
test_malformed(void **state)
{
	(void)state;
	CHECK(VERASE "\001\000\000\000", SIZE, VERASE END);
	CHECK(VERASE END IXON, SIZE, VERASE END);
	CHECK(VERASE "\240\000\000\000\000" IXON, SIZE, VERASE END);
	CHECK(VERASE "\237\000\000\000\000" IXON, SIZE,
	    VERASE "\237\000\000\000\000" IXON END);
	CHECK("\377", SIZE, "");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_malformed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
