/* SPDX-License-Identifier: ISC */
/*
 * What is read of files that pass by scp's own protocol, whole and byte by
 * byte: from the person, to them, refused, cut, and by who does not keep to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/sha.h>

#include "regress/unit/audit_fixture.h"

static void
say(struct audit *a, enum audit_side side, const char *text)
{
	give(a, side, text, strlen(text));
}

static void
yes(struct audit *a, enum audit_side side)
{
	give(a, side, "", 1);
}

#define SOURCE	AUDIT_CLIENT
#define SINK	AUDIT_HOST

static struct audit *
scp_of(const char *command)
{
	struct audit	*a = audit_new("exec", command, hear, NULL);

	assert_non_null(a);
	yes(a, SINK);
	return (a);
}

static void
scp_file(struct audit *a, const char *line, const char *text)
{
	say(a, SOURCE, line);
	yes(a, SINK);
	say(a, SOURCE, text);
	yes(a, SOURCE);
	yes(a, SINK);
}

static void
test_scp_put(void **state)
{
	struct audit	*a = scp_of("scp -r -p -d -t -- '/tmp/a b'");

	(void)state;
	say(a, SOURCE, "T1 0 2 0\n");
	yes(a, SINK);
	scp_file(a, "C0644 3 one\n", "abc");
	heard(1, "put /tmp/a b/one : ok bytes sum size");
	scp_file(a, "C0644 0 none\n", "");
	heard(2, "put /tmp/a b/none : ok bytes sum size");
	say(a, SOURCE, "D0755 0 dir\n");
	yes(a, SINK);
	heard(3, "mkdir /tmp/a b/dir : ok; it may have been there before");
	scp_file(a, "C0644 3 two\n", "abc");
	heard(4, "put /tmp/a b/dir/two : ok bytes sum size");
	say(a, SOURCE, "E\n");
	yes(a, SINK);
	scp_file(a, "C0644 3 three\n", "abc");
	heard(5, "put /tmp/a b/three : ok bytes sum size");
	audit_free(a);
}

/* Where it is not known whether the target is a directory, both are said. */
static void
test_scp_target(void **state)
{
	struct audit	*a = scp_of("scp -r -t /tmp/x");

	(void)state;
	scp_file(a, "C0644 3 one\n", "abc");
	heard(1, "put /tmp/x one: ok bytes sum size");
	say(a, SOURCE, "D0755 0 dir\n");
	yes(a, SINK);
	scp_file(a, "C0644 3 two\n", "abc");
	heard(3, "put /tmp/x dir/two: ok bytes sum size");
	audit_free(a);
}

static void
test_scp_refused(void **state)
{
	struct audit	*a = scp_of("scp -t /tmp/x/");

	(void)state;
	say(a, SOURCE, "C0644 3 one\n");
	say(a, SINK, "\1scp: /tmp/x/one: Permission denied\n");
	heard(1, "put /tmp/x/one : /tmp/x/one: Permission denied bytes sum "
	    "size");
	say(a, SOURCE, "C0644 3 two\n");
	yes(a, SINK);
	say(a, SOURCE, "abc");
	yes(a, SOURCE);
	say(a, SINK, "\1No space\n");
	heard(2, "put /tmp/x/two : No space bytes sum size");
	say(a, SOURCE, "C0644 3 three\n");
	yes(a, SINK);
	say(a, SOURCE, "abc\1read error\n");
	yes(a, SINK);
	heard(3, "put /tmp/x/three : read error bytes sum size");
	say(a, SOURCE, "\1scp: mine: No such file\n");
	say(a, SOURCE, "C0644 9 four\n");
	yes(a, SINK);
	say(a, SOURCE, "abc");
	audit_free(a);
	heard(4, "put /tmp/x/four : cut bytes sum size");
}

static void
scp_sends(const char *command, const char *line, const char *expected)
{
	struct audit	*a = audit_new("exec", command, hear, NULL);

	assert_non_null(a);
	yes(a, AUDIT_CLIENT);
	say(a, AUDIT_HOST, line);
	yes(a, AUDIT_CLIENT);
	say(a, AUDIT_HOST, "abc");
	yes(a, AUDIT_HOST);
	yes(a, AUDIT_CLIENT);
	audit_free(a);
	heard(1, expected);
	forget();
}

static void
test_scp_get(void **state)
{
	struct audit	*a;

	(void)state;
	scp_sends("scp -f /etc/one", "C0644 3 one\n",
	    "get /etc/one : ok bytes sum size");
	scp_sends("scp -f /etc/*", "C0644 3 one\n",
	    "get /etc/one : ok bytes sum size");
	scp_sends("scp -f one /etc/two", "C0644 3 two\n",
	    "get /etc/two : ok bytes sum size");
	scp_sends("sudo -u bart /usr/bin/scp -pf /etc/$X", "C0644 3 two\n",
	    "get two : ok bytes sum size");
	a = audit_new("exec", "scp -f /gone", hear, NULL);
	yes(a, AUDIT_CLIENT);
	say(a, AUDIT_HOST, "\1scp: /gone: No such file\n");
	audit_free(a);
	heard(1, "get /gone : /gone: No such file");
}

/* Two that do not keep to it cannot be followed. */
static void
test_not_scp(void **state)
{
	struct audit	*a = scp_of("scp -t /tmp/x/");

	(void)state;
	say(a, SOURCE, "C0644 3 one\nabc");
	assert_string_equal(said[0], "put /tmp/x/one : no answer bytes sum "
	    "size");
	heard(2, "unknown scp : ; the source does not wait for the sink");
	audit_free(a);
	forget();
	a = scp_of("scp -t /tmp/x/");
	say(a, SOURCE, "C0644 99999999999999999999 one\n");
	heard(1, "unknown scp : ; a line that is none of scp's");
	audit_free(a);
	forget();
	a = scp_of("scp -t /tmp/x/");
	say(a, SOURCE, "Hello\n");
	heard(1, "unknown scp : ; a line that is none of scp's");
	audit_free(a);
	forget();
	a = scp_of("scp -t /tmp/x/");
	/* a sink that agrees in advance is still the one that agrees */
	yes(a, SINK);
	yes(a, SINK);
	say(a, SOURCE, "C0644 3 one\n");
	say(a, SOURCE, "abc");
	yes(a, SOURCE);
	heard(1, "put /tmp/x/one : ok bytes sum size");
	audit_free(a);
}

static uint8_t	sum_seen[32];
static uint64_t	bytes_seen;

static void
hear_sum(void *arg, const struct file_op *op)
{
	(void)arg;
	memcpy(sum_seen, op->sum, sizeof(sum_seen));
	bytes_seen = op->bytes;
	assert_true(op->has & FILE_HAS_SUM);
}

static void
test_sum(void **state)
{
	struct audit	*a = audit_new("exec", "scp -t f", hear_sum, NULL);
	uint8_t		 expected[32];
	/* what looks like a key exchange to those who look for one */
	char		 text[] = "....SSH-2.0-OpenSSH_9.2 and more";

	(void)state;
	give(a, AUDIT_HOST, "", 1);
	give(a, AUDIT_CLIENT, "C0644 33 f\n", 11);
	give(a, AUDIT_HOST, "", 1);
	give(a, AUDIT_CLIENT, text, sizeof(text));
	give(a, AUDIT_CLIENT, "", 1);
	give(a, AUDIT_HOST, "", 1);
	SHA256((const unsigned char *)text, sizeof(text), expected);
	assert_int_equal(bytes_seen, sizeof(text));
	assert_memory_equal(sum_seen, expected, sizeof(expected));
	audit_free(a);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		BOTH(test_scp_put), BOTH(test_scp_target),
		BOTH(test_scp_refused), BOTH(test_scp_get),
		BOTH(test_not_scp), BOTH(test_sum),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
