/* SPDX-License-Identifier: ISC */
/*
 * Whoever keeps the pace never asks more often than the gate permits, and is
 * never made to wait for nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "child/ask.h"
#include "child/pace.h"
#include "monitor/dispatch.h"

#define NOW	1000000

static void
test_burst(void **state)
{
	struct pace	p = { 0 };
	unsigned	i;

	(void)state;
	for (i = 0; i < 400; i++)
		assert_int_equal(pace_wait(&p, 1000, NOW), 0);
	assert_int_equal(pace_wait(&p, 1000, NOW), 150);
	/* asking does not make it longer */
	assert_int_equal(pace_wait(&p, 1000, NOW), 150);
	assert_int_equal(pace_wait(&p, 1000, NOW + 149), 1);
	assert_int_equal(pace_wait(&p, 1000, NOW + 150), 0);
	assert_int_equal(pace_wait(&p, 1000, NOW + 150), 150);
	/* after a minute of rest it is as at first */
	for (i = 0; i < 400; i++)
		assert_int_equal(pace_wait(&p, 1000, NOW + 60150), 0);
	assert_true(pace_wait(&p, 1000, NOW + 60150) > 0);
}

/* Asks as fast as it may for ten minutes, of a monitor that reads late. */
static void
test_gate(void **state)
{
	static const uint8_t	types[] = { ASK_REKEY_SIGN, ASK_CHANNEL_OPEN,
				    ASK_SHELL, ASK_SHELL_RESIZE, ASK_JUMP,
				    ASK_FILE };
	struct gate_use		use;
	struct pace		p;
	unsigned		i, asked;
	int64_t			now, late;

	(void)state;
	for (i = 0; i < sizeof(types); i++) {
		memset(&use, 0, sizeof(use));
		memset(&p, 0, sizeof(p));
		use.state = types[i] == ASK_SHELL ||
		    types[i] == ASK_SHELL_RESIZE || types[i] == ASK_JUMP ?
		    ST_SHELL : ST_RUN;
		asked = 0;
		for (now = 0; now < 600000; now += 10) {
			late = now / 10000 * 10000 + 10000;
			while (pace_wait(&p, gates[types[i]].a_minute,
			    now) == 0) {
				asked++;
				assert_null(gate_check(&use, types[i], 0, 0,
				    late));
			}
		}
		assert_true(asked > gates[types[i]].a_minute * 4);
	}
}

/* All that a client can have asked as often as it likes keeps it. */
static void
test_asked(void **state)
{
	static const enum ask	types[] = { ASK_CHANNEL_OPEN,
				    ASK_CHANNEL_REQUEST, ASK_SHELL,
				    ASK_SHELL_RESIZE, ASK_JUMP, ASK_FILE };
	unsigned		i, n;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		for (n = 0; n < gates[types[i]].a_minute &&
		    ask_may(types[i]); n++)
			continue;
		assert_true(n < gates[types[i]].a_minute);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_gate),
		cmocka_unit_test(test_asked),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
