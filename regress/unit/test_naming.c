/* SPDX-License-Identifier: ISC */
/*
 * The names of requests, out of libssh's log: in their order, and none where it
 * is not certain whose it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libssh/libssh.h>

#include "child/naming.h"

#define FUNCTION	"ssh_message_handle_channel_request"

/* As libssh does it. */
static void
arrives(const char *name)
{
	_ssh_log(SSH_LOG_PACKET, FUNCTION, "Received a %s channel_request for "
	    "channel (%d:%d) (want_reply=%d)", name, 43, 0, 0);
}

static void
test_order(void **state)
{
	(void)state;
	naming_start();
	naming_settled();
	assert_int_equal(naming_take(), NAMING_NONE);
	arrives("break");
	arrives("pty-req");
	arrives("shell");
	arrives("eow@openssh.com");
	arrives("eow");
	arrives("");
	assert_int_equal(naming_take(), NAMING_BREAK);
	assert_int_equal(naming_take(), NAMING_EOW);
	assert_int_equal(naming_take(), NAMING_OTHER);
	assert_int_equal(naming_take(), NAMING_OTHER);
	assert_int_equal(naming_take(), NAMING_NONE);
	naming_stop();
	arrives("break");
	assert_int_equal(naming_take(), NAMING_NONE);
}

/* What was read before somebody started has no name, and comes first. */
static void
test_start(void **state)
{
	(void)state;
	arrives("nonsense");
	naming_start();
	arrives("eow@openssh.com");
	assert_int_equal(naming_take(), NAMING_NONE);
	assert_int_equal(naming_take(), NAMING_NONE);
	naming_settled();
	arrives("eow@openssh.com");
	assert_int_equal(naming_take(), NAMING_EOW);
	naming_stop();
}

static void
test_users(void **state)
{
	(void)state;
	naming_start();
	naming_settled();
	naming_start();
	naming_stop();
	arrives("eow@openssh.com");
	assert_int_equal(naming_take(), NAMING_EOW);
	naming_stop();
	naming_settled();
}

/* Lines of others, and more names than are kept. */
static void
test_strange(void **state)
{
	int	i;

	(void)state;
	naming_start();
	naming_settled();
	_ssh_log(SSH_LOG_PACKET, "another", "Received a break channel_request "
	    "for channel (1:1)");
	_ssh_log(SSH_LOG_PACKET, FUNCTION, "nothing");
	assert_int_equal(naming_take(), NAMING_NONE);
	for (i = 0; i < 100000; i++)
		arrives("eow@openssh.com");
	assert_int_equal(naming_take(), NAMING_NONE);
	naming_settled();
	arrives("break");
	assert_int_equal(naming_take(), NAMING_BREAK);
	naming_stop();
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_strange),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
