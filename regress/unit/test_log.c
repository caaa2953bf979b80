/* SPDX-License-Identifier: ISC */
/*
 * The log: its forms, its fields, and where the lines go.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/log.h"

static int	saved_err;

/* What is written to standard error while fn runs. */
static const char *
lines_of(void (*fn)(void))
{
	static char	buf[16384];
	ssize_t		n;
	int		p[2];

	assert_int_equal(pipe(p), 0);
	saved_err = dup(STDERR_FILENO);
	assert_int_not_equal(dup2(p[1], STDERR_FILENO), -1);
	close(p[1]);
	fn();
	dup2(saved_err, STDERR_FILENO);
	close(saved_err);
	n = read(p[0], buf, sizeof(buf) - 1);
	close(p[0]);
	buf[n > 0 ? n : 0] = '\0';
	return (buf);
}

static void
say_all(void)
{
	log_info("plain \033[2J %s", "text");
	assert_int_equal(log_session(12), 0);
	log_error("in it");
	assert_int_equal(log_session(13), 12);
	log_relay(LOG_LEVEL_INFO, "child", "a child's\nline");
	assert_int_equal(log_session(0), 13);
	log_debug("nobody wants this");
}

static void
test_text(void **state)
{
	char	wanted[512];
	int	pid = getpid();

	(void)state;
	log_init("", LOG_LEVEL_INFO);
	snprintf(wanted, sizeof(wanted),
	    "sshportal[%d]: plain \\x1b[2J text\n"
	    "sshportal[%d]: in it session=12\n"
	    "sshportal[%d]: child: a child's\\x0aline session=13\n",
	    pid, pid, pid);
	assert_string_equal(lines_of(say_all), wanted);
}

static void
say_long(void)
{
	char	*text = malloc(100000);

	memset(text, '\001', 99999);
	text[99999] = '\0';
	log_session(INT64_MAX);
	log_info("%s", text);
	log_about(LOG_ABOUT_USER, text);
	log_info("%s", text);
	log_session(0);
	log_about(LOG_ABOUT_USER, "");
	free(text);
}

/* Cut, but for what comes after the message. */
static void
test_long(void **state)
{
	static const char	end[] = "\\x01 session=9223372036854775807\n";
	const char		*got = lines_of(say_long);
	size_t			 len = strlen(got);

	(void)state;
	assert_true(len > 2 * 4000 && len < 2 * 4500);
	assert_string_equal(got + len - strlen(end), end);
}

static void
say_about(void)
{
	log_as_json(1);
	log_about(LOG_ABOUT_USER, "al\"i\\ce");
	log_about(LOG_ABOUT_SOURCE, "2001:db8::7");
	log_session(7);
	log_error("said \"no\" \xff \xe2\x82\xac");
	log_session(0);
	log_about(LOG_ABOUT_USER, "");
	log_relay(LOG_LEVEL_VERBOSE, "child", "line");
	log_relay(LOG_LEVEL_INFO, "child", "line");
	log_about(LOG_ABOUT_SOURCE, "");
	log_as_json(0);
}

static const char *
member(const json_t *o, const char *name)
{
	const char	*s = json_string_value(json_object_get(o, name));

	assert_non_null(s);
	return (s);
}

static void
test_json(void **state)
{
	const char	*got, *second;
	json_t		*o;

	(void)state;
	log_init("keeper", LOG_LEVEL_INFO);
	got = lines_of(say_about);
	o = json_loads(got, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(o);
	assert_string_equal(member(o, "level"), "error");
	assert_string_equal(member(o, "process"), "keeper");
	assert_string_equal(member(o, "message"),
	    "said \"no\" \\xff \xe2\x82\xac");
	assert_string_equal(member(o, "user"), "al\"i\\\\ce");
	assert_string_equal(member(o, "source"), "2001:db8::7");
	assert_null(json_object_get(o, "host"));
	assert_int_equal(json_integer_value(json_object_get(o, "session")), 7);
	assert_int_equal(json_integer_value(json_object_get(o, "pid")),
	    getpid());
	assert_int_equal(strlen(member(o, "time")),
	    strlen("2026-01-01T00:00:00.000Z"));
	json_decref(o);
	second = strchr(got, '\n');
	assert_non_null(second);
	o = json_loads(second, 0, NULL);
	assert_non_null(o);
	assert_string_equal(member(o, "process"), "child");
	assert_null(json_object_get(o, "session"));
	assert_null(json_object_get(o, "user"));
	json_decref(o);
	log_init("", LOG_LEVEL_INFO);
}

static void
test_native(void **state)
{
	struct logline	l = {
		.priority = 6, .level = "info", .role = "", .text = "a=b",
		.session = 3, .fields = { "alice", "", "192.0.2.7" },
	};
	char		buf[1024], wanted[1024];
	size_t		n;

	(void)state;
	snprintf(wanted, sizeof(wanted), "PRIORITY=6\nSYSLOG_FACILITY=4\n"
	    "SYSLOG_IDENTIFIER=sshportal\nSYSLOG_PID=%d\n"
	    "MESSAGE=a=b session=3\nSSHPORTAL_PROCESS=monitor\n"
	    "SSHPORTAL_SESSION=3\nSSHPORTAL_USER=alice\n"
	    "SSHPORTAL_SOURCE=192.0.2.7\n", (int)getpid());
	n = logline_native(&l, buf, sizeof(buf));
	assert_int_equal(n, strlen(wanted));
	assert_memory_equal(buf, wanted, n);
	/* whole, or not at all */
	assert_int_equal(logline_native(&l, buf, n), 0);
	assert_int_equal(logline_native(&l, buf, n + 1), n);
}

/* Whether standard error is taken for the journal's when its peer is at path */
static int
journal_at(int fd)
{
	int	there;

	saved_err = dup(STDERR_FILENO);
	assert_int_not_equal(dup2(fd, STDERR_FILENO), -1);
	there = logline_journal_there();
	dup2(saved_err, STDERR_FILENO);
	close(saved_err);
	return (there);
}

static void
test_journal_there(void **state)
{
	char			dir[] = "/var/tmp/sshportal-test.XXXXXX";
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	int			c, p[2], s;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
	assert_int_equal(journal_at(p[0]), 0);
	close(p[0]);
	close(p[1]);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(journal_at(p[1]), 0);
	close(p[0]);
	close(p[1]);
	assert_non_null(mkdtemp(dir));
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/stdout", dir);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(s, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(s, 1), 0);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(c, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(journal_at(c), 0);
	close(c);
	close(s);
	unlink(sun.sun_path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_journal_there),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
