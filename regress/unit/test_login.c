/* SPDX-License-Identifier: ISC */
/*
 * Login names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "db/host.h"
#include "db/user.h"
#include "lib/settings.h"
#include "monitor/login.h"

static const struct settings	settings = {
	.config_user = (char *)"admin",
	.healthcheck_user = (char *)"healthcheck",
};

static const struct {
	const char	*text;
	enum login_kind	 kind;
	const char	*name, *account;
} cases[] = {
	{ "web1", LOGIN_NAME, "web1", NULL },
	{ "", LOGIN_NAME, "", NULL },
	{ "admin", LOGIN_SHELL, "admin", NULL },
	{ "Admin", LOGIN_NAME, "Admin", NULL },
	{ "admin ", LOGIN_NAME, "admin ", NULL },
	{ "healthcheck", LOGIN_HEALTHCHECK, "healthcheck", NULL },
	{ "healthcheck2", LOGIN_NAME, "healthcheck2", NULL },
	{ "invite:abc", LOGIN_INVITE, "abc", NULL },
	{ "invite:", LOGIN_INVITE, "", NULL },
	{ "invite:a+b", LOGIN_INVITE, "a+b", NULL },
	{ "invite", LOGIN_NAME, "invite", NULL },
	{ "host:bob", LOGIN_HOST, "bob", NULL },
	{ "host:admin", LOGIN_HOST, "admin", NULL },
	{ "host:a+b", LOGIN_HOST, "a+b", NULL },
	{ "host:invite:x", LOGIN_HOST, "invite:x", NULL },
	{ "deploy+web1", LOGIN_NAME, "web1", "deploy" },
	{ "a+b+web1", LOGIN_NAME, "web1", "a+b" },
	{ "+web1", LOGIN_NAME, "web1", "" },
	{ "deploy+", LOGIN_NAME, "", "deploy" },
	{ "deploy+host:web1", LOGIN_HOST, "web1", "deploy" },
	{ "a+b+host:c+d", LOGIN_HOST, "c+d", "a+b" },
	{ "+host:web1", LOGIN_HOST, "web1", "" },
	{ "host:a+host:b", LOGIN_HOST, "a+host:b", NULL },
	{ "deploy+admin", LOGIN_NAME, "admin", "deploy" },
	{ "deploy+healthcheck", LOGIN_NAME, "healthcheck", "deploy" },
	{ "x from 192.0.2.1 port 22 ssh2: y", LOGIN_NAME,
	    "x from 192.0.2.1 port 22 ssh2: y", NULL },
};

static void
test_parse(void **state)
{
	struct login	l;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		login_parse(&l, cases[i].text, &settings);
		assert_int_equal(l.kind, cases[i].kind);
		assert_string_equal(l.name, cases[i].name);
		assert_string_equal(l.whole, cases[i].text);
		assert_null(strchr(l.shown, ' '));
		assert_int_equal(strlen(l.shown), strlen(cases[i].text));
		if (cases[i].account == NULL)
			assert_null(l.account);
		else
			assert_string_equal(l.account, cases[i].account);
		login_free(&l);
	}
}

/* As whom one logs in on a host whose own account is "bart". */
static void
test_account(void **state)
{
	static const struct {
		const char	*text, *account;
		int		 other;
	} logins[] = {
		{ "web1", "bart", 0 }, { "bart+web1", "bart", 0 },
		{ "host:web1", "bart", 0 }, { "bart+host:web1", "bart", 0 },
		{ "root+web1", "root", 1 }, { "Bart+web1", "Bart", 1 },
		{ "+web1", "", 1 }, { "root+host:web1", "root", 1 },
	};
	const struct host	h = { .login = (char *)"bart" };
	struct login		l;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
		login_parse(&l, logins[i].text, &settings);
		assert_string_equal(login_account(&l, &h), logins[i].account);
		assert_int_equal(login_other_account(&l, &h),
		    logins[i].other);
		login_free(&l);
	}
	/* a host that is called so as a whole */
	login_parse(&l, "root+web1", &settings);
	login_whole_host(&l);
	assert_string_equal(l.name, "root+web1");
	assert_string_equal(login_account(&l, &h), "bart");
	login_free(&l);
}

static int
is_shell(const char *text, const char *name, const char *email)
{
	const struct user	u = { .name = (char *)name,
				    .email = (char *)email };
	struct login		l;
	int			is;

	login_parse(&l, text, &settings);
	is = login_is_shell(&l, &u);
	login_free(&l);
	return (is);
}

static void
test_shell(void **state)
{
	(void)state;
	assert_true(is_shell("admin", "bob", "bob@example.com"));
	assert_true(is_shell("bob", "bob", "bob@example.com"));
	assert_true(is_shell("bob@example.com", "bob", "bob@example.com"));
	assert_true(is_shell("bob+x@example.com", "bob",
	    "bob+x@example.com"));
	assert_true(is_shell("b+ob", "b+ob", ""));
	assert_false(is_shell("alice", "bob", "bob@example.com"));
	assert_false(is_shell("Bob", "bob", ""));
	assert_false(is_shell("x+bob", "bob", ""));
	assert_false(is_shell("x+host:bob", "bob", ""));
	assert_false(is_shell("x+admin", "bob", ""));
	assert_false(is_shell("host:bob", "bob", ""));
	assert_false(is_shell("host:admin", "bob", ""));
	/* A user without e-mail does not own the empty name. */
	assert_false(is_shell("", "bob", ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_shell),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
