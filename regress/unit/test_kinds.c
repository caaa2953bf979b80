/* SPDX-License-Identifier: ISC */
/*
 * Sets of kinds: from words, to words, and what is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "db/kinds.h"

static const uint32_t	shell = KIND_BIT(KIND_SHELL);
static const uint32_t	jump = KIND_BIT(KIND_JUMP);

static void
test_words(void **state)
{
	const struct {
		const char	*text;
		uint32_t	 row;
		const char	*back;
	} cases[] = {
		{ "default", 0, "" },
		{ "all", KINDS_ALL, "all" },
		{ "none", KINDS_NOTHING, "none" },
		{ "shell", shell, "shell" },
		{ "jump,shell", shell | jump, "shell,jump" },
		{ "shell,shell", shell, "shell" },
		{ "default,jump", KINDS_ALL, "all" },
		{ "shell,exec,sftp,scp,forward-local,forward-remote,agent,"
		    "x11", KINDS_DEFAULT, "shell,exec,sftp,scp,forward-local,"
		    "forward-remote,agent,x11" },
	};
	char	 err[128] = "", buf[KINDS_TEXT_SIZE];
	uint32_t row;
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(kinds_parse(cases[i].text, &row, err,
		    sizeof(err)), 0);
		assert_int_equal(row, cases[i].row);
		assert_string_equal(kinds_text(row, buf), cases[i].back);
		/* as the store has it */
		assert_int_equal(kinds_read(buf), row);
		assert_int_equal(kinds_read(cases[i].text), row);
	}
	assert_int_equal(kinds_read(NULL), 0);
	assert_int_equal(kinds_read(""), 0);
	assert_string_equal(kind_name(KIND_FORWARD_REMOTE), "forward-remote");
}

static void
test_no_words(void **state)
{
	static const char *const	bad[] = { "", ",", "shell,", ",shell",
					    "Shell", "shell exec", "shel",
					    "shells", "none,shell",
					    "shell,none", "\033[2J" };
	char				err[128];
	uint32_t			row;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err[0] = '\0';
		assert_int_equal(kinds_parse(bad[i], &row, err, sizeof(err)),
		    -1);
		assert_int_equal(row, 0);
		assert_non_null(strstr(err, "is no kind of channel"));
		assert_null(strchr(err, '\033'));
	}
	assert_int_equal(kinds_parse("sftp,telepathy", &row, err,
	    sizeof(err)), -1);
	assert_string_equal(err, "\"telepathy\" is no kind of channel");
	/* in the store such words allow nothing, and never the default */
	assert_int_equal(kinds_read("telepathy"), KINDS_NOTHING);
	assert_int_equal(kinds_read("telepathy,shell"), shell);
	assert_int_equal(kinds_read(" "), KINDS_NOTHING);
}

static void
test_effective(void **state)
{
	char	buf[KINDS_TEXT_SIZE];

	(void)state;
	assert_int_equal(kinds_effective(0), KINDS_DEFAULT);
	assert_int_equal(KINDS_DEFAULT & jump, 0);
	assert_int_equal(KINDS_DEFAULT | jump, KINDS_ALL);
	assert_int_equal(kinds_effective(KINDS_NOTHING), 0);
	assert_int_equal(kinds_effective(shell), shell);
	assert_string_equal(kinds_text_of(0, buf), "none");
	assert_string_equal(kinds_text_of(KINDS_ALL, buf), "all");
	/* the longest of all fits */
	assert_string_equal(kinds_text_of(KINDS_ALL & ~shell, buf),
	    "exec,sftp,scp,forward-local,forward-remote,agent,x11,jump");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_no_words),
		cmocka_unit_test(test_effective),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
