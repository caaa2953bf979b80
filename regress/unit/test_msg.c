/* SPDX-License-Identifier: ISC */
/*
 * The message codec: what goes in comes out; what is cut, too long or left
 * over is an error that sticks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/msg.h"

static void
test_round_trip(void **state)
{
	const uint8_t	*p;
	struct msg	 m;
	size_t		 len;

	(void)state;
	msg_init(&m);
	msg_put_u8(&m, 200);
	msg_put_u32(&m, 0xfedcba98);
	msg_put_u64(&m, UINT64_C(0x0123456789abcdef));
	msg_put_blob(&m, "a\0b", 3);
	msg_put_str(&m, "web1");
	msg_put_str(&m, NULL);
	msg_put_text(&m, "ssh-connection");
	assert_int_equal(msg_get_u8(&m), 200);
	assert_int_equal(msg_get_u32(&m), 0xfedcba98);
	assert_true(msg_get_u64(&m) == UINT64_C(0x0123456789abcdef));
	p = msg_get_blob(&m, 3, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(p, "a\0b", 3);
	assert_string_equal(msg_get_str(&m, 4), "web1");
	assert_string_equal(msg_get_str(&m, 4), "");
	assert_false(msg_end(&m));
	msg_want_text(&m, "ssh-connection");
	assert_true(msg_end(&m));
	msg_free(&m);
}

static void
test_ssh_string_is_rfc4251(void **state)
{
	static const uint8_t	want[] = { 0, 0, 0, 7, 't', 'e', 's', 't',
				    'i', 'n', 'g' };
	struct msg		m;

	(void)state;
	msg_init(&m);
	msg_put_text(&m, "testing");
	assert_int_equal(m.len, sizeof(want));
	assert_memory_equal(m.data, want, sizeof(want));
	msg_free(&m);
}

/* Every proper prefix of a message is an error. */
static void
test_short(void **state)
{
	struct msg	m, part;
	size_t		cut, len;

	(void)state;
	msg_init(&m);
	msg_put_u32(&m, 7);
	msg_put_str(&m, "name");
	msg_put_blob(&m, "xyz", 3);
	for (cut = 0; cut <= m.len; cut++) {
		msg_borrow(&part, m.data, cut);
		msg_get_u32(&part);
		msg_get_str(&part, 10);
		msg_get_blob(&part, 10, &len);
		assert_int_equal(msg_end(&part), cut == m.len);
	}
	msg_free(&m);
}

static void
test_too_long_and_trailing(void **state)
{
	struct msg	m, r;
	size_t		len;

	(void)state;
	msg_init(&m);
	msg_put_str(&m, "abcd");
	msg_borrow(&r, m.data, m.len);
	assert_string_equal(msg_get_str(&r, 3), "");
	assert_false(msg_end(&r));
	msg_put_u8(&m, 0);
	msg_borrow(&r, m.data, m.len);
	assert_string_equal(msg_get_str(&r, 4), "abcd");
	assert_false(msg_end(&r));
	msg_borrow(&r, "\xff\xff\xff\xff", 4);
	assert_null(msg_get_blob(&r, SIZE_MAX, &len));
	assert_int_equal(len, 0);
	assert_false(msg_end(&r));
	msg_free(&m);
}

static void
test_nul_inside_a_string(void **state)
{
	struct msg	m;

	(void)state;
	msg_init(&m);
	msg_put_blob(&m, "a\0b", 4);
	assert_string_equal(msg_get_str(&m, 10), "");
	assert_false(msg_end(&m));
	msg_free(&m);
	msg_put_blob(&m, "ab", 2);	/* no NUL at all */
	assert_string_equal(msg_get_str(&m, 10), "");
	assert_false(msg_end(&m));
	msg_free(&m);
}

static void
test_error_sticks(void **state)
{
	struct msg	m;

	(void)state;
	msg_init(&m);
	msg_put_u8(&m, 1);
	assert_int_equal(msg_get_u32(&m), 0);
	assert_int_equal(msg_get_u8(&m), 0);
	assert_false(msg_end(&m));
	msg_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_ssh_string_is_rfc4251),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_too_long_and_trailing),
		cmocka_unit_test(test_nul_inside_a_string),
		cmocka_unit_test(test_error_sticks),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
