/* SPDX-License-Identifier: ISC */
/*
 * Escaping, numbers, durations, time stamps, and bounded byte queues.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/number.h"

static void
test_escape(void **state)
{
	static const struct {
		const char	*in, *out;
	} cases[] = {
		{ "plain text", "plain text" },
		{ "h\xc3\xa9llo", "h\xc3\xa9llo" },
		{ "\033[2J", "\\x1b[2J" },
		{ "a\nb\r\t", "a\\x0ab\\x0d\\x09" },
		{ "back\\slash", "back\\\\slash" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b" "31m", "\\xc2\\x9b31m" },	/* C1 CSI */
		{ "\xe2\x80\xae" "gpj", "\\xe2\\x80\\xaegpj" },
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xc0\xaf", "\\xc0\\xaf" },		/* overlong */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },	/* surrogate */
		{ "\xe2\x82", "\\xe2\\x82" },		/* cut short */
	};
	char	buf[128], *s;
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = escape_text(cases[i].in, strlen(cases[i].in));
		assert_string_equal(s, cases[i].out);
		free(s);
		assert_string_equal(escape_into(buf, sizeof(buf), cases[i].in),
		    cases[i].out);
	}
	s = escape_text("a\0b", 3);
	assert_string_equal(s, "a\\x00b");
	free(s);
	assert_string_equal(escape_into(buf, 6, "ab\ncd"), "ab");
	assert_true(text_is_clean("h\xc3\xa9llo", 6));
	assert_false(text_is_clean("a\tb", 3));
	assert_false(text_is_clean("\xc3", 1));
}

static void
test_durations(void **state)
{
	static const struct {
		const char	*in;
		int64_t		 ms;		/* -1: refused */
	} cases[] = {
		{ "0", 0 }, { "90", 90000 }, { "500ms", 500 }, { "30s", 30000 },
		{ "5m", 300000 }, { "2h30m", 9000000 }, { "7d", 604800000 },
		{ "", -1 }, { "-1", -1 }, { "5 m", -1 }, { "5x", -1 },
		{ "m", -1 }, { "5mm", -1 }, { "99999999999999999999", -1 },
		{ "9999999h", -1 }, { "1.5h", -1 },
	};
	int64_t	ms;
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ms = -2;
		assert_int_equal(clock_parse_duration(cases[i].in, &ms),
		    cases[i].ms == -1 ? -1 : 0);
		if (cases[i].ms != -1)
			assert_true(ms == cases[i].ms);
	}
}

static void
test_stamp(void **state)
{
	char	buf[CLOCK_STAMP_LEN];

	(void)state;
	assert_string_equal(clock_stamp(0, buf), "1970-01-01T00:00:00Z");
	assert_string_equal(clock_stamp(1767366245, buf),
	    "2026-01-02T15:04:05Z");
}

static void
test_queue(void **state)
{
	struct buf	 b;
	uint8_t		*p;
	char		 data[1000];
	size_t		 i, got, in = 0, out = 0;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = i;
	buf_init(&b, 10000);
	for (i = 0; i < 500; i++) {
		in += buf_put(&b, data + in % 1000, 1000 - in % 1000);
		assert_true(b.len <= 10000);
		while (b.len > i * 13 % 7000) {
			assert_int_equal(buf_head(&b)[0], (uint8_t)
			    data[out % 1000]);
			buf_take(&b, 1);
			out++;
		}
	}
	assert_int_equal(in, out + b.len);
	while ((p = buf_reserve(&b, 20000, &got)) != NULL) {
		memset(p, 1, got);
		buf_filled(&b, got);
	}
	assert_int_equal(b.len, 10000);
	assert_int_equal(buf_room(&b), 0);
	assert_int_equal(buf_put(&b, "x", 1), 0);
	buf_take(&b, 10000);
	assert_null(b.data);		/* an idle queue holds no memory */
	buf_clear(&b);
}

static void
test_numbers(void **state)
{
	static const char *const	bad[] = { "", " 7", "-7", "+7", "0x7",
					    "4", "100", "4294967303",
					    "0000000007" };
	uint32_t			n = 1;
	const char			*s = "7:8";
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(number_read(bad[i], 5, 99, &n));
		assert_int_equal(number_parse(bad[i], 5, 99, &n), -1);
	}
	assert_int_equal(number_parse(s, 5, 99, &n), -1);
	assert_int_equal(n, 1);
	assert_ptr_equal(number_read(s, 5, 99, &n), s + 1);
	assert_int_equal(n, 7);
	assert_int_equal(number_parse("5", 5, 99, &n), 0);
	assert_int_equal(n, 5);
	assert_int_equal(number_parse("099", 5, 99, &n), 0);
	assert_int_equal(n, 99);
}

static void
test_sizes(void **state)
{
	static const char *const	bad[] = { "", "-1", "1.5G", "G", "1k",
					    "1 G", "1GB", "1E",
					    "999999999T" };
	int64_t				n = 1;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(number_size(bad[i], &n), -1);
	assert_int_equal(n, 1);
	assert_int_equal(number_size("0", &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(number_size("4097", &n), 0);
	assert_int_equal(n, 4097);
	assert_int_equal(number_size("3K", &n), 0);
	assert_int_equal(n, 3072);
	assert_int_equal(number_size("8388607T", &n), 0);
	assert_true(n == INT64_C(8388607) << 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_stamp),
		cmocka_unit_test(test_queue),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
