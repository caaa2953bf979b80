/* SPDX-License-Identifier: ISC */
/*
 * How hosts are written, named, and shown without their passwords; names in
 * general; times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "shell/names.h"
#include "shell/url.h"
#include "shell/when.h"

static void
test_parse(void **state)
{
	static const struct {
		const char	*text;
		const char	*scheme, *login, *password, *addr;
		int		 port;
		const char	*name, *shown;
	} cases[] = {
		{ "web1", "ssh", "root", NULL, "web1", 22, "web1",
		    "ssh://root@web1" },
		{ "bart@web1.example.org:2022", "ssh", "bart", NULL,
		    "web1.example.org", 2022, "web1",
		    "ssh://bart@web1.example.org:2022" },
		{ "ssh://bob:marley@example.com", "ssh", "bob", "marley",
		    "example.com", 22, "example", "ssh://bob@example.com" },
		{ "telnet://switch", "telnet", "root", NULL, "switch", 23,
		    "switch", "telnet://root@switch" },
		{ "telnet://switch:22/", "telnet", "root", NULL, "switch", 22,
		    "switch", "telnet://root@switch:22" },
		{ "192.168.7.9", "ssh", "root", NULL, "192.168.7.9", 22,
		    "192.168.7.9", "ssh://root@192.168.7.9" },
		{ "10.example.org", "ssh", "root", NULL, "10.example.org", 22,
		    "10.example.org", "ssh://root@10.example.org" },
		{ "u@[2001:db8::1]:2222", "ssh", "u", NULL, "2001:db8::1",
		    2222, "2001:db8::1", "ssh://u@[2001:db8::1]:2222" },
		{ "[fe80::1%eth0]", "ssh", "root", NULL, "fe80::1%eth0", 22,
		    "fe80::1%eth0", "ssh://root@[fe80::1%eth0]" },
		{ "u:p@ss:w/rd@h", "ssh", "u", "p@ss:w/rd", "h", 22, "h",
		    "ssh://u@h" },
		{ "u:a://b@h", "ssh", "u", "a://b", "h", 22, "h",
		    "ssh://u@h" },
		{ "u:50%25%20%c3%a9@h", "ssh", "u", "50% \xc3\xa9", "h", 22,
		    "h", "ssh://u@h" },
		{ ":secret@h", "ssh", "root", "secret", "h", 22, "h",
		    "ssh://root@h" },
	};
	struct url	 u;
	char		 err[URL_ERROR_MAX], *s;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(url_parse(cases[i].text, &u, err), 0);
		assert_string_equal(u.scheme, cases[i].scheme);
		assert_string_equal(u.login, cases[i].login);
		if (cases[i].password == NULL)
			assert_null(u.password);
		else
			assert_string_equal(u.password, cases[i].password);
		assert_string_equal(u.addr, cases[i].addr);
		assert_int_equal(u.port, cases[i].port);
		s = url_host_name(u.addr);
		assert_string_equal(s, cases[i].name);
		free(s);
		s = url_write(u.scheme, u.login, u.addr, u.port);
		assert_string_equal(s, cases[i].shown);
		free(s);
		url_free(&u);
	}
}

static void
test_refused(void **state)
{
	static const char *const	texts[] = {
		"", "u@", "http://h", "://h", "h:", "h:0", "h:65536", "h:-1",
		"h:22x", "h: 22", "h:0x16", "2001:db8::1", "[::1", "[::1]x",
		"[zz]", "[]", "h/path", "h o", "-oProxyCommand=x", "h\n",
		"u\x1b@h", "h\xc3\xa9", "u:%zz@h", "u:%00@h", "u:%4@h",
		"ssh://", "ssh://u:secret@", ".", "h;ls",
	};
	struct url	 u;
	char		 err[URL_ERROR_MAX];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		err[0] = '\0';
		assert_int_equal(url_parse(texts[i], &u, err), -1);
		assert_string_not_equal(err, "");
		assert_null(strstr(err, "secret"));
		url_free(&u);
	}
}

static void
test_mask(void **state)
{
	static const char *const	cases[][2] = {
		{ "h", "h" },
		{ "u@h:22", "u@h:22" },
		{ "u:secret@h:22", "u:****@h:22" },
		{ "ssh://u:secret@h", "ssh://u:****@h" },
		{ "u:sec@ret://x@h", "u:****@h" },
		{ ":secret@h", ":****@h" },
		{ "ssh://u:secret@", "ssh://u:****@" },
	};
	size_t	 i;
	char	*s;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = url_mask(cases[i][0]);
		assert_string_equal(s, cases[i][1]);
		free(s);
	}
}

static void
test_names(void **state)
{
	static const char *const	bad[] = { "", "a b", "a,b", "a:b",
					    "a+b", "a/b", "a@b", "-a", "42",
					    "a\x1b[2J", "a\xff", "a\n",
					    "\xe2\x80\xaez" };
	struct settings	 s = { .config_user = (char *)"boss",
			    .healthcheck_user = (char *)"alive" };
	char		 err[NAMES_ERROR_MAX], long_name[257];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(name_check(bad[i], err), -1);
	memset(long_name, 'a', sizeof(long_name));
	long_name[256] = '\0';
	assert_int_equal(name_check(long_name, err), -1);
	long_name[255] = '\0';
	assert_int_equal(name_check(long_name, err), 0);
	assert_int_equal(name_check("admin", err), 0);
	assert_int_equal(name_check("192.168.7.9", err), 0);
	assert_int_equal(name_check("w\xc3\xa9" "b_1.x-y", err), 0);
	assert_int_equal(name_check_login("admin", NULL, err), -1);
	assert_int_equal(name_check_login("healthcheck", NULL, err), -1);
	assert_int_equal(name_check_login("boss", &s, err), -1);
	assert_int_equal(name_check_login("alive", &s, err), -1);
	assert_int_equal(name_check_login("boss", NULL, err), 0);
	assert_int_equal(name_distance("host", "hots"), 1);
	assert_int_equal(name_distance("sesion", "session"), 1);
	assert_int_equal(name_distance("ls", ""), 2);
	assert_int_equal(name_distance(long_name, "a"), SIZE_MAX);
}

static void
test_email(void **state)
{
	static const char *const	bad[] = { "", "bob", "@x", "bob@",
					    "a@b@c", "a b@c", "a@b\n", "a,b@c",
					    "a:b@c" };
	char	*name, err[NAMES_ERROR_MAX];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(name_from_email(bad[i], &name, err), -1);
		assert_null(name);
	}
	assert_int_equal(name_from_email("bob+x@example.org", &name, err), 0);
	assert_string_equal(name, "bob");
	free(name);
}

static void
test_when(void **state)
{
	char	buf[WHEN_SIZE];
	int64_t	t;

	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	assert_int_equal(when_parse("2026-01-02T03:04:05Z", 0, &t), 0);
	assert_int_equal(t, 1767323045);
	assert_int_equal(when_parse("2026-01-02T04:04:05.9+01:00", 0, &t), 0);
	assert_int_equal(t, 1767323045);
	assert_int_equal(when_parse("2026-01-02 04:04", 0, &t), 0);
	assert_int_equal(t, 1767323040);
	assert_int_equal(when_parse("+7d", 100, &t), 0);
	assert_int_equal(t, 100 + 7 * 86400);
	assert_int_equal(when_parse("2026-02-30 00:00", 0, &t), -1);
	assert_int_equal(when_parse("2026-01-02T03:04:05", 0, &t), -1);
	assert_int_equal(when_parse("tomorrow", 0, &t), -1);
	assert_int_equal(when_parse("+", 0, &t), -1);
	assert_int_equal(when_parse("", 0, &t), -1);
	assert_string_equal(when_relative(100, 100, buf), "now");
	assert_string_equal(when_relative(99, 100, buf), "1 second ago");
	assert_string_equal(when_relative(0, 180, buf), "3 minutes ago");
	assert_string_equal(when_relative(7200, 0, buf), "in 2 hours");
	assert_string_equal(when_relative(0, 86400 * 400, buf), "1 year ago");
	assert_string_equal(when_brief(0, 180, buf), "3m ago");
	assert_string_equal(when_brief(86400 * 20, 0, buf), "in 20d");
	assert_string_equal(when_brief(5, 5, buf), "now");
	assert_string_equal(when_span(0, buf), "0s");
	assert_string_equal(when_span(65, buf), "1m5s");
	assert_string_equal(when_span(3605, buf), "1h");
	assert_string_equal(when_span(90061, buf), "1d1h");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_email),
		cmocka_unit_test(test_when),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
