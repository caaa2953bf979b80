/* SPDX-License-Identifier: ISC */
/*
 * The command line of the server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/flags.h"

#define WORDS_MAX	80

static char	err[CONF_ERR_MAX];

/* Parses words, the last of which is NULL. */
static int
parse(struct flags *f, const char **words)
{
	int	n;

	err[0] = '\0';
	for (n = 0; words[n] != NULL; n++)
		;
	return (flags_parse(f, n, (char **)words, err, sizeof(err)));
}

#define PARSE(f, ...)	parse(f, (const char *[]){ __VA_ARGS__, NULL })

static void
assert_value(const struct flags *f, size_t i, const char *name,
    const char *value)
{
	assert_true(i < f->nvalues);
	assert_string_equal(f->values[i].key->name, name);
	assert_string_equal(f->values[i].value, value);
}

static void
test_forms(void **state)
{
	struct flags	f;

	(void)state;
	assert_int_equal(PARSE(&f, "--bind-address=:1", "--bind-address",
	    ":2", "-b", ":3", "-b=:4", "-b:5", "-bind-address", ":6"), 0);
	assert_int_equal(f.nvalues, 6);
	assert_value(&f, 0, "bind-address", ":1");
	assert_value(&f, 1, "bind-address", ":2");
	assert_value(&f, 2, "bind-address", ":3");
	assert_value(&f, 3, "bind-address", ":4");
	assert_value(&f, 4, "bind-address", ":5");
	assert_value(&f, 5, "bind-address", ":6");
}

static void
test_switches(void **state)
{
	struct flags	f;

	(void)state;
	assert_int_equal(PARSE(&f, "-D", "--debug", "--debug=false",
	    "--syslog"), 0);
	assert_int_equal(f.nvalues, 4);
	assert_value(&f, 0, "debug", "true");
	assert_value(&f, 1, "debug", "true");
	assert_value(&f, 2, "debug", "false");
	assert_value(&f, 3, "syslog", "true");
}

static void
test_own_flags(void **state)
{
	struct flags	f;

	(void)state;
	assert_int_equal(PARSE(&f, "--config", "a", "--check"), 0);
	assert_string_equal(f.config_file, "a");
	assert_true(f.check);
	assert_false(f.help);
	assert_int_equal(PARSE(&f, "--config=b=c", "-h"), 0);
	assert_string_equal(f.config_file, "b=c");
	assert_false(f.check);
	assert_true(f.help);
}

/* Each flag that the original has. */
static void
test_flags_of_the_original(void **state)
{
	static const char *const	words[] = { "--bind-address=:1",
		"-b=:1", "--db-driver=mysql", "--db-conn=x", "--debug", "-D",
		"--aes-key=k", "--logs-location=l", "--idle-timeout=5m",
		"--acl-check-cmd=c", "--config-user=u",
		"--healthcheck-user=h" };
	struct flags	f;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(PARSE(&f, words[i]), 0);
		assert_int_equal(f.nvalues, 1);
	}
}

static void
test_errors(void **state)
{
	struct flags	f;

	(void)state;
	assert_int_equal(PARSE(&f, "--bogus"), -1);
	assert_string_equal(err, "--bogus: there is no such flag");
	assert_int_equal(PARSE(&f, "--bogus=1"), -1);
	assert_int_equal(PARSE(&f, "-x"), -1);
	assert_int_equal(PARSE(&f, "-Dx"), -1);
	assert_int_equal(PARSE(&f, "-"), -1);
	assert_int_equal(PARSE(&f, "--"), -1);
	assert_int_equal(PARSE(&f, "word"), -1);
	assert_string_equal(err, "word: the server takes flags only");
	assert_int_equal(PARSE(&f, "--spares"), -1);
	assert_string_equal(err, "--spares: wants a value");
	assert_int_equal(PARSE(&f, "--config"), -1);
	assert_int_equal(PARSE(&f, "--config="), -1);
	assert_int_equal(PARSE(&f, "--check=1"), -1);
	/* other users can read command lines */
	assert_int_equal(PARSE(&f, "--invite-token=t"), -1);
}

static void
test_too_many(void **state)
{
	struct flags	 f;
	const char	*words[WORDS_MAX + 1];
	int		 i;

	(void)state;
	for (i = 0; i < WORDS_MAX; i++)
		words[i] = "--debug";
	words[i] = NULL;
	assert_int_equal(parse(&f, words), -1);
	words[FLAGS_MAX] = NULL;
	assert_int_equal(parse(&f, words), 0);
}

/* The help names every key that may be a flag, and its variable. */
static void
test_usage(void **state)
{
	char	*text = NULL, flag[64];
	size_t	 size = 0, i;
	FILE	*f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	flags_usage(f);
	fclose(f);
	for (i = 0; i < conf_nkeys; i++) {
		snprintf(flag, sizeof(flag), "--%s", conf_keys[i].name);
		assert_int_equal(strstr(text, flag) == NULL,
		    conf_keys[i].no_flag);
		if (conf_keys[i].env != NULL && !conf_keys[i].no_flag)
			assert_non_null(strstr(text, conf_keys[i].env));
	}
	free(text);
}

/* The flags before a command end where it begins. */
static void
test_head(void **state)
{
	const char	*words[] = { "-D", "--db-conn", "x", "--config=c",
			    "user", "invite", "--group=g", "a@b" };
	const char	*dashes[] = { "--debug", "--", "--db-conn", "x" };
	struct flags	 f;
	int		 used = -1;

	(void)state;
	assert_int_equal(flags_parse_head(&f, 8, (char **)words, &used, err,
	    sizeof(err)), 0);
	assert_int_equal(used, 4);
	assert_int_equal(f.nvalues, 2);
	assert_value(&f, 1, "db-conn", "x");
	assert_string_equal(f.config_file, "c");
	assert_int_equal(flags_parse_head(&f, 4, (char **)dashes, &used, err,
	    sizeof(err)), 0);
	assert_int_equal(used, 2);
	assert_int_equal(f.nvalues, 1);
	assert_int_equal(flags_parse_head(&f, 1, (char **)words, &used, err,
	    sizeof(err)), 0);
	assert_int_equal(used, 1);
	assert_int_equal(flags_parse_head(&f, 0, (char **)words, &used, err,
	    sizeof(err)), 0);
	assert_int_equal(used, 0);
	words[0] = "--nonsense";
	assert_int_equal(flags_parse_head(&f, 8, (char **)words, &used, err,
	    sizeof(err)), -1);
	assert_non_null(strstr(err, "--nonsense"));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_own_flags),
		cmocka_unit_test(test_flags_of_the_original),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_head),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
