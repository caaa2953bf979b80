/* SPDX-License-Identifier: ISC */
/*
 * What is read of a host's packets when libssh2 gives their memory back: whole
 * ones, and each that is cut short or lies about a length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "child/heard.h"
#include "child/upstream.h"
#include "lib/xmalloc.h"

#define ID		"\000\000\000\007"
#define CONFIRM		"\133" ID "\000\000\000\001\000\040\000\000" \
			"\000\000\200\000"
#define STATUS		"\142" ID "\000\000\000\013exit-status\000"
#define SIGNAL		"\142" ID "\000\000\000\013exit-signal\000"

static struct upstream	 up;
static LIBSSH2_CHANNEL	*channel = (LIBSSH2_CHANNEL *)&up;

/* In memory that has not one byte more. */
static void
free_packet(const char *data, size_t len)
{
	char	*memory = xmalloc(len + 1);

	memcpy(memory + 1, data, len);
	heard_freed(&up, memory + 1, len);
	free(memory);
}

#define FREED(s)	free_packet(s, sizeof(s) - 1)

static int
setup(void **state)
{
	(void)state;
	memset(&up, 0, sizeof(up));
	FREED(CONFIRM);
	heard_open(&up, channel);
	assert_non_null(heard_of(&up, channel));
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	heard_close(&up, channel);
	assert_null(heard_of(&up, channel));
	free(up.heard);
	return (0);
}

static void
test_unconfirmed(void **state)
{
	static char	 other;
	LIBSSH2_CHANNEL	*c = (LIBSSH2_CHANNEL *)&other;

	(void)state;
	heard_open(&up, c);
	assert_null(heard_of(&up, c));
	heard_close(&up, c);
	assert_non_null(heard_of(&up, channel));
}

static void
test_status(void **state)
{
	const struct heard	*h = heard_of(&up, channel);

	(void)state;
	FREED("");
	FREED("\142");
	FREED(STATUS);
	FREED(STATUS "\000\000\000");
	FREED("\142\000\000\000\010\000\000\000\013exit-status\000"
	    "\000\000\000\000");
	FREED("\136" ID "\000\000\000\013exit-status\000\000\000\000\000");
	FREED("\142" ID "\377\377\377\377exit-status\000\000\000\000\000");
	FREED("\142" ID "\000\000\000\012exit-statu\000\000\000\000\000");
	assert_int_equal(h->status, 0);
	FREED(STATUS "\000\000\000\000");
	assert_int_equal(h->status, 1);
}

static void
test_signal(void **state)
{
	static const char	 whole[] = SIGNAL "\000\000\000\004SEGV\001"
				    "\000\000\000\005fault\000\000\000\000";
	const struct heard	*h = heard_of(&up, channel);
	size_t			 i;

	(void)state;
	/* the language is not read */
	for (i = 0; i < sizeof(whole) - 1 - 4; i++) {
		free_packet(whole, i);
		assert_null(h->message);
		assert_int_equal(h->core, 0);
	}
	FREED(SIGNAL "\000\000\000\004SEGV\001\377\377\377\377fault");
	FREED(SIGNAL "\177\377\377\377SEGV\001\000\000\000\005fault");
	assert_null(h->message);
	FREED(whole);
	assert_string_equal(h->message, "fault");
	assert_int_equal(h->core, 1);
	FREED(SIGNAL "\000\000\000\004TERM\000\000\000\000\000");
	assert_string_equal(h->message, "");
	assert_int_equal(h->core, 0);
}

static void
test_long_message(void **state)
{
	static const char	 head[] = SIGNAL "\000\000\000\004ABRT\000"
				    "\000\000\010\000";
	char			 packet[sizeof(head) - 1 + 2048];

	(void)state;
	memset(packet, 'x', sizeof(packet));
	memcpy(packet, head, sizeof(head) - 1);
	free_packet(packet, sizeof(packet));
	assert_int_equal(strlen(heard_of(&up, channel)->message),
	    HEARD_MESSAGE_MAX);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_unconfirmed, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_status, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_message, setup,
		    teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
