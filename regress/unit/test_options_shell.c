/* SPDX-License-Identifier: ISC */
/*
 * Options and operands of commands, and what of them may be written down.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shell/options.h"
#include "shell/words.h"

static const char *const	colours[] = { "red", "blue", NULL };
static const struct cmd_opt	opts[] = {
	{ .name = "name", .letter = 'n', .kind = VALUE_TEXT, .arg = "NAME" },
	{ .name = "list", .letter = 'g', .kind = VALUE_TEXT,
	    .flags = OPT_LIST, .fallback = "default", .alias = "ls" },
	{ .name = "quiet", .letter = 'q', .kind = VALUE_FLAG },
	{ .name = "latest", .letter = 'l', .kind = VALUE_FLAG },
	{ .name = "limit", .kind = VALUE_NUMBER, .fallback = "100" },
	{ .name = "colour", .letter = 'c', .kind = VALUE_CHOICE,
	    .choices = colours },
	{ .name = "until", .kind = VALUE_WHEN },
	{ .name = "password", .letter = 'p', .kind = VALUE_TEXT,
	    .flags = OPT_SECRET },
	{ .name = "url", .letter = 'u', .kind = VALUE_TEXT,
	    .flags = OPT_URL },
	{ .name = NULL }
};
enum { NAME, LIST, QUIET, LATEST, LIMIT, COLOUR, UNTIL, PASSWORD, WHERE };

static const struct cmd_entry	entry = {
	.noun = "thing", .verb = "make", .opts = opts,
	.operands = { "URL", VALUE_TEXT, 1, 2 }, .flags = CMD_URL,
};
static const struct cmd_entry	bare = { .noun = "bare" };

static char	err[CMD_ERROR_MAX];

static int
parse(const struct cmd_entry *e, const char *line, struct parsed *p)
{
	struct words	 w;
	const char	*why;
	int		 r;

	assert_int_equal(words_split(line, &w, &why), 0);
	err[0] = '\0';
	r = options_parse(e, w.v, w.n, p, err);
	words_free(&w);
	return (r);
}

static void
test_forms(void **state)
{
	static const char *const	lines[] = {
		"--name web x", "--name=web x", "-n web x", "-nweb x",
		"-n=web x", "x --name web", "x -n web", "-n old -n web x",
	};
	struct parsed	p;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(parse(&entry, lines[i], &p), 0);
		assert_int_equal(p.opts[NAME].given, 1);
		assert_int_equal(p.opts[NAME].n, 1);
		assert_string_equal(p.opts[NAME].texts[0], "web");
		assert_int_equal(p.noperands, 1);
		assert_string_equal(p.operands[0], "x");
		options_free(&p);
	}
}

static void
test_values(void **state)
{
	struct parsed	p;

	(void)state;
	assert_int_equal(parse(&entry, "x", &p), 0);
	assert_int_equal(p.opts[NAME].given, 0);
	assert_int_equal(p.opts[NAME].n, 0);
	assert_int_equal(p.opts[LIST].given, 0);
	assert_string_equal(p.opts[LIST].texts[0], "default");
	assert_string_equal(p.opts[LIMIT].texts[0], "100");
	options_free(&p);
	assert_int_equal(parse(&entry, "-g a,b -g c --ls=d,,e x", &p), 0);
	assert_int_equal(p.opts[LIST].n, 5);
	assert_string_equal(p.opts[LIST].texts[0], "a");
	assert_string_equal(p.opts[LIST].texts[4], "e");
	options_free(&p);
	assert_int_equal(parse(&entry, "-lq x", &p), 0);
	assert_int_equal(p.opts[QUIET].on, 1);
	assert_int_equal(p.opts[LATEST].on, 1);
	options_free(&p);
	assert_int_equal(parse(&entry, "-q --quiet=false -lnweb x", &p), 0);
	assert_int_equal(p.opts[QUIET].on, 0);
	assert_int_equal(p.opts[LATEST].on, 1);
	assert_string_equal(p.opts[NAME].texts[0], "web");
	options_free(&p);
	assert_int_equal(parse(&entry, "--name= -- -q --name", &p), 0);
	assert_string_equal(p.opts[NAME].texts[0], "");
	assert_int_equal(p.opts[QUIET].on, 0);
	assert_int_equal(p.noperands, 2);
	options_free(&p);
	assert_int_equal(parse(&entry, "--limit 0 -c blue --until +1h -", &p),
	    0);
	assert_string_equal(p.operands[0], "-");
	options_free(&p);
}

static void
test_refused(void **state)
{
	static const char *const	lines[][2] = {
		{ "", "URL is missing" },
		{ "a b c", "\"c\" is too much" },
		{ "--nosuch x", "\"--nosuch\" is not an option" },
		{ "--nosuch=secret x", "\"--nosuch\" is not an option" },
		{ "-z x", "\"-z\" is not an option" },
		{ "-qz x", "\"-z\" is not an option" },
		{ "x --name", "needs a value" },
		{ "x -n", "needs a value" },
		{ "x --quiet=perhaps", "takes no value" },
		{ "x --limit=ten", "is not a number" },
		{ "x --limit=-1", "is not a number" },
		{ "x --limit=", "is not a number" },
		{ "x --limit=9999999999999999999", "is not a number" },
		{ "x -c green", "it takes red or blue" },
		{ "x --until=soon", "is not a time" },
	};
	struct parsed	p;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(parse(&entry, lines[i][0], &p), -1);
		assert_non_null(strstr(err, lines[i][1]));
		assert_null(strstr(err, "secret"));
		options_free(&p);
	}
	assert_int_equal(parse(&bare, "x", &p), -1);
	options_free(&p);
	assert_int_equal(parse(&bare, "-q", &p), -1);
	options_free(&p);
	assert_int_equal(parse(&bare, "", &p), 0);
	options_free(&p);
}

static void
test_help(void **state)
{
	struct parsed	p;

	(void)state;
	assert_int_equal(parse(&entry, "--help", &p), 0);
	assert_int_equal(p.help, 1);
	options_free(&p);
	assert_int_equal(parse(&entry, "a b c -qh", &p), 0);
	assert_int_equal(p.help, 1);
	options_free(&p);
	assert_int_equal(parse(&entry, "--name --help x", &p), 0);
	assert_int_equal(p.help, 0);
	assert_string_equal(p.opts[NAME].texts[0], "--help");
	options_free(&p);
}

static void
test_masked(void **state)
{
	static const char *const	lines[] = {
		"u:secret@h --password secret", "--password=secret u:secret@h",
		"-p secret u@h", "-psecret u@h", "-p=secret u@h",
		"-qp secret ssh://u:secret@h",
		"--password secret --limit=x u:secret@h",
	};
	struct parsed	p;
	size_t		i, k;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parse(&entry, lines[i], &p);
		for (k = 0; k < p.nmasked; k++) {
			/* what is not read any more is not masked either */
			if (i < 6)
				assert_null(strstr(p.masked[k], "secret"));
		}
		assert_null(strstr(err, "secret"));
		if (i < 6) {
			assert_int_equal(p.opts[PASSWORD].n, 1);
			assert_string_equal(p.opts[PASSWORD].texts[0],
			    "secret");
		}
		options_free(&p);
	}
	parse(&entry, "--password=secret u:secret@h", &p);
	assert_string_equal(p.masked[0], "--password=****");
	assert_string_equal(p.masked[1], "u:****@h");
	options_free(&p);
	parse(&entry, "--url=u:secret@h --url u:secret@h -uu:secret@h", &p);
	assert_string_equal(p.masked[0], "--url=u:****@h");
	assert_string_equal(p.masked[2], "u:****@h");
	assert_string_equal(p.masked[3], "-uu:****@h");
	assert_string_equal(p.opts[WHERE].texts[0], "u:secret@h");
	options_free(&p);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_masked),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
