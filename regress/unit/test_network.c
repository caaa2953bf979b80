/* SPDX-License-Identifier: ISC */
/*
 * Networks: how they are read and written, and what lies in what.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/network.h"

static struct network
parse(const char *text)
{
	struct network	n;

	if (network_parse(&n, text, strlen(text)) == -1)
		fail_msg("%s is not a network", text);
	return (n);
}

static void
test_parse(void **state)
{
	static const struct {
		const char	*text, *shown;
	} good[] = {
		{ "192.0.2.7", "192.0.2.7/32" },
		{ "192.0.2.0/24", "192.0.2.0/24" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "192.0.2.128/25", "192.0.2.128/25" },
		{ "::1", "::1/128" },
		{ "2001:db8::/32", "2001:db8::/32" },
		{ "2001:db8:0:8000::/49", "2001:db8:0:8000::/49" },
		{ "::/0", "::/0" },
		{ "::ffff:192.0.2.7", "192.0.2.7/32" },
		{ "::ffff:192.0.2.0/120", "192.0.2.0/24" },
	};
	static const char *const	bad[] = { "", "/", "/8", "10.0.0.0/",
		"10.0.0.0/33", "10.0.0.0/8x", "10.0.0.0/-1", "10.0.0.0/+8",
		"10.0.0.0/0008", "10.0.0.0/8/8", "10.0.0.1/8", "10.0.0/8",
		"192.0.2.192/25", "2001:db8::1/64", "::/129", "::1/", "x",
		"localhost", "[::1]", "fe80::1%lo", " 10.0.0.1",
		"::ffff:192.0.2.0/95",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb" };
	struct network	n;
	char		text[NETWORK_TEXT_SIZE];
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		n = parse(good[i].text);
		assert_string_equal(network_format(&n, text), good[i].shown);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (network_parse(&n, bad[i], strlen(bad[i])) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
	}
	/* not more than it was told of */
	assert_int_equal(network_parse(&n, "10.0.0.1/32", 8), 0);
	assert_string_equal(network_format(&n, text), "10.0.0.1/32");
	assert_int_equal(network_parse(&n, "10.0.0.0/24", 9), -1);
}

static void
test_list(void **state)
{
	struct network	list[4];

	(void)state;
	assert_int_equal(network_parse_list(NULL, 9, "none"), 0);
	assert_int_equal(network_parse_list(NULL, 9, ""), 0);
	assert_int_equal(network_parse_list(list, 4,
	    "127.0.0.0/8, ::1\t10.0.0.1"), 3);
	assert_int_equal(list[0].bits, 8);
	assert_int_equal(list[1].family, 6);
	assert_int_equal(list[2].bytes[3], 1);
	assert_int_equal(network_parse_list(list, 2, "::1,::2,::3"), -1);
	assert_int_equal(network_parse_list(NULL, 9, "::1,none"), -1);
	assert_int_equal(network_parse_list(NULL, 9, "::1;::2"), -1);
}

static void
test_cut(void **state)
{
	struct network	n = parse("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
	struct network	m = parse("255.255.255.255");
	char		text[NETWORK_TEXT_SIZE];

	(void)state;
	network_cut(&n, 128);
	assert_int_equal(n.bits, 128);
	network_cut(&n, 64);
	assert_string_equal(network_format(&n, text),
	    "2001:db8:ffff:ffff::/64");
	network_cut(&n, 35);
	assert_string_equal(network_format(&n, text), "2001:db8:e000::/35");
	network_cut(&n, 64);
	assert_int_equal(n.bits, 35);
	network_cut(&n, 0);
	assert_string_equal(network_format(&n, text), "::/0");
	network_cut(&m, 31);
	assert_string_equal(network_format(&m, text), "255.255.255.254/31");
}

static void
test_contains(void **state)
{
	static const struct {
		const char	*outer, *inner;
		int		 yes;
	} t[] = {
		{ "10.0.0.0/8", "10.255.0.1", 1 },
		{ "10.0.0.0/8", "11.0.0.1", 0 },
		{ "10.0.0.0/8", "10.0.0.0/8", 1 },
		{ "10.0.0.0/8", "10.0.0.0/7", 0 },
		{ "0.0.0.0/0", "10.0.0.1", 1 },
		{ "0.0.0.0/0", "::1", 0 },
		{ "::/0", "10.0.0.1", 0 },
		{ "10.0.0.0/8", "::ffff:10.0.0.1", 1 },
		{ "2001:db8::/33", "2001:db8:7fff::1", 1 },
		{ "2001:db8::/33", "2001:db8:8000::1", 0 },
	};
	struct network	a, b;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		a = parse(t[i].outer);
		b = parse(t[i].inner);
		if (network_contains(&a, &b) != t[i].yes)
			fail_msg("%s in %s", t[i].inner, t[i].outer);
	}
}

/* An address on a socket, and as the pool remembers it, are the same. */
static void
test_sources(void **state)
{
	struct sockaddr_storage	 ss = { .ss_family = AF_INET6 };
	struct sockaddr_in6	*sin6 = (void *)&ss;
	struct sockaddr_in	*sin = (void *)&ss;
	static const char *const none[] = { "", ":", "[", "[]:1", "[::1]",
					    "::1:22", "[::1:22", "[:22",
					    "192.0.2.7", "[192.0.2.7:22" };
	struct network		 a, b;
	size_t			 i;

	(void)state;
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.7",
	    &sin6->sin6_addr), 1);
	network_from_sockaddr(&a, &ss);
	network_from_source(&b, "192.0.2.7:4711");
	assert_true(network_equal(&a, &b));
	assert_int_equal(a.family, 4);
	assert_int_equal(inet_pton(AF_INET6, "fe80::1", &sin6->sin6_addr), 1);
	sin6->sin6_scope_id = 1;
	network_from_sockaddr(&a, &ss);
	network_from_source(&b, "[fe80::1%lo]:22");
	assert_true(network_equal(&a, &b));
	assert_int_equal(a.family, 6);
	memset(&ss, 0, sizeof(ss));
	ss.ss_family = AF_INET;
	assert_int_equal(inet_pton(AF_INET, "192.0.2.7", &sin->sin_addr), 1);
	network_from_sockaddr(&a, &ss);
	network_from_source(&b, "192.0.2.7:1");
	assert_true(network_equal(&a, &b));
	ss.ss_family = AF_UNIX;
	network_from_sockaddr(&a, &ss);
	assert_int_equal(a.family, 0);
	network_from_source(&b, "unknown:0");
	assert_int_equal(b.family, 0);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		network_from_source(&b, none[i]);
		assert_int_equal(b.family, 0);
	}
}

/* Lists that are stored: who is in, and how they are written. */
static void
test_stored_list(void **state)
{
	static const struct {
		const char	*text, *normal;
	} t[] = {
		{ "10.0.0.0/8", "10.0.0.0/8" },
		{ "192.0.2.7/32, ::1/128", "192.0.2.7,::1" },
		{ "192.0.2.7,192.0.2.7/32 192.0.2.7", "192.0.2.7" },
		{ "2001:DB8:0:0::/32,::ffff:10.0.0.0/104",
		    "2001:db8::/32,10.0.0.0/8" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "", NULL }, { "none", NULL }, { ",", NULL },
		{ "10.0.0.1/8", NULL }, { "10.0.0.0/8,x", NULL },
	};
	static const struct {
		const char	*list, *address;
		int		 yes;
	} has[] = {
		{ NULL, "192.0.2.7", 1 }, { NULL, "", 1 },
		{ "192.0.2.7", "192.0.2.7", 1 },
		{ "192.0.2.7", "192.0.2.8", 0 },
		{ "10.0.0.0/8,192.0.2.0/24", "192.0.2.8", 1 },
		{ "10.0.0.0/8,192.0.2.0/24", "192.0.3.8", 0 },
		{ "10.0.0.0/8", "::ffff:10.1.2.3", 1 },
		{ "0.0.0.0/0", "::1", 0 }, { "::/0", "127.0.0.1", 0 },
		{ "2001:db8::/32,::1", "::1", 1 },
		/* what cannot be read lets nobody in */
		{ "", "192.0.2.7", 0 }, { "none", "192.0.2.7", 0 },
		{ "192.0.2.7,x", "192.0.2.7", 0 }, { "0.0.0.0/0", "", 0 },
	};
	struct network	n;
	char		many[NETWORK_LIST_MAX * 10 + 10] = "", *normal;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		normal = network_list_normal(t[i].text);
		if (t[i].normal == NULL)
			assert_null(normal);
		else
			assert_string_equal(normal, t[i].normal);
		free(normal);
	}
	for (i = 0; i < sizeof(has) / sizeof(has[0]); i++) {
		memset(&n, 0, sizeof(n));
		if (*has[i].address != '\0')
			n = parse(has[i].address);
		if (network_list_has(has[i].list, &n) != has[i].yes)
			fail_msg("\"%s\" and %s", has[i].list,
			    has[i].address);
	}
	n = parse("10.0.0.64");
	for (i = 1; i <= NETWORK_LIST_MAX; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many),
		    "%s10.0.0.%zu", i > 1 ? "," : "", i);
	assert_true(network_list_has(many, &n));
	normal = network_list_normal(many);
	assert_string_equal(normal, many);
	free(normal);
	snprintf(many + strlen(many), sizeof(many) - strlen(many), ",::1");
	assert_false(network_list_has(many, &n));
	assert_null(network_list_normal(many));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_stored_list),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
