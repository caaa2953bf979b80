/* SPDX-License-Identifier: ISC */
/*
 * MySQL database names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "db/dsn.h"

static void
same(const char *got, const char *want)
{
	if (want == NULL)
		assert_null(got);
	else {
		assert_non_null(got);
		assert_string_equal(got, want);
	}
}

static void
good(void **state)
{
	static const struct {
		const char	*text, *user, *password, *host;
		int		 port;
		const char	*socket, *database;
	} t[] = {
		{ "u:p@tcp(db.example:3307)/portal?parseTime=true", "u", "p",
		    "db.example", 3307, NULL, "portal" },
		{ "u:p@tcp(db.example)/portal", "u", "p", "db.example", 3306,
		    NULL, "portal" },
		{ "u:p@db.example/portal", "u", "p", "db.example", 3306, NULL,
		    "portal" },
		{ "u:p@db.example:99/portal", "u", "p", "db.example", 99,
		    NULL, "portal" },
		{ "u@unix(/run/my sql/s)/portal?loc=Local&charset=utf8", "u",
		    NULL, NULL, 3306, "/run/my sql/s", "portal" },
		{ "u:@tcp([::1]:3308)/p", "u", "", "::1", 3308, NULL, "p" },
		{ "u@tcp([fe80::1])/p", "u", NULL, "fe80::1", 3306, NULL,
		    "p" },
		{ "u:a@b:c/d?e@tcp(h:1)/p", "u", "a@b:c/d?e", "h", 1, NULL,
		    "p" },
		{ "u@tcp/p", "u", NULL, "127.0.0.1", 3306, NULL, "p" },
		{ "u@unix/p", "u", NULL, NULL, 3306,
		    "/run/mysqld/mysqld.sock", "p" },
		{ "u@tcp(:3309)/p", "u", NULL, "127.0.0.1", 3309, NULL, "p" },
		{ "/p?tls=false", "", NULL, "127.0.0.1", 3306, NULL, "p" },
	};
	char why[256];
	struct dsn d;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (dsn_parse(&d, t[i].text, why, sizeof(why)) == -1)
			fail_msg("%s: %s", t[i].text, why);
		same(d.user, t[i].user);
		same(d.password, t[i].password);
		same(d.host, t[i].host);
		assert_int_equal(d.port, t[i].port);
		same(d.socket, t[i].socket);
		same(d.database, t[i].database);
		dsn_free(&d);
	}
}

static void
bad(void **state)
{
	static const char *const t[] = {
		"", "portal", "u:geheim@tcp(h:1)", "u:geheim@tcp(h:1)/",
		"u:geheim@tcp(h:0)/p", "u:geheim@tcp(h:65536)/p",
		"u:geheim@tcp(h:1x)/p", "u:geheim@tcp(h:)/p",
		"u:geheim@tcp(h:1/p", "u:geheim@udp(h:1)/p",
		"u:geheim@unix()/p", "u:geheim@tcp([::1)/p",
		"u:geheim@tcp([::1]x)/p", "u:geheim@h/p?tls=true",
		"u:geheim@h/p?tls=skip-verify", "u:geheim@h/p?tls",
		"u:geheim@h/p?surprise=1", "u:geheim@h/p?parseTimes=1"
	};
	char why[256];
	struct dsn d;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		why[0] = '\0';
		if (dsn_parse(&d, t[i], why, sizeof(why)) == 0)
			fail_msg("taken: %s", t[i]);
		assert_true(strlen(why) > 10);
		assert_null(strstr(why, "geheim"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
