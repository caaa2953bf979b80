/* SPDX-License-Identifier: ISC */
/*
 * Command lines in words, and words quoted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/xmalloc.h"
#include "shell/words.h"

static void
test_split(void **state)
{
	static const struct {
		const char	*line;
		const char	*words[5];
	} cases[] = {
		{ "", { NULL } },
		{ "  \t ", { NULL } },
		{ "host ls", { "host", "ls", NULL } },
		{ "  host \t ls  ", { "host", "ls", NULL } },
		{ "host ls\n", { "host", "ls", NULL } },
		{ "a 'b c' d", { "a", "b c", "d", NULL } },
		{ "a'b'\"c\"d", { "abcd", NULL } },
		{ "'' \"\"", { "", "", NULL } },
		{ "'\\' x", { "\\", "x", NULL } },
		{ "\"a\\\"b\\$c\\d\"", { "a\"b$c\\d", NULL } },
		{ "a\\ b \\'", { "a b", "'", NULL } },
		{ "\"a\\\nb\" c\\\nd", { "ab", "cd", NULL } },
		{ "'a\nb'", { "a\nb", NULL } },
		{ "$HOME `x` *", { "$HOME", "`x`", "*", NULL } },
		{ "--comment=#1 ~", { "--comment=#1", "~", NULL } },
		{ "h\xc3\xb6st", { "h\xc3\xb6st", NULL } },
	};
	struct words	w;
	const char	*err;
	size_t		i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(words_split(cases[i].line, &w, &err), 0);
		for (k = 0; cases[i].words[k] != NULL; k++) {
			assert_true(k < w.n);
			assert_string_equal(w.v[k], cases[i].words[k]);
		}
		assert_int_equal(w.n, k);
		assert_null(w.v[k]);
		words_free(&w);
	}
}

static void
test_refused(void **state)
{
	static const char *const	lines[] = { "a 'b", "a \"b", "a \\",
					    "\"a\\\"", "a\nb", "a\n \nb c" };
	struct words			w;
	const char			*err = NULL;
	char				*line;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(words_split(lines[i], &w, &err), -1);
		assert_non_null(err);
		words_free(&w);
	}
	line = xmalloc(LINE_BYTES_MAX + 2);
	memset(line, 'a', LINE_BYTES_MAX + 1);
	line[LINE_BYTES_MAX + 1] = '\0';
	assert_int_equal(words_split(line, &w, &err), -1);
	words_free(&w);
	line[LINE_BYTES_MAX] = '\0';
	assert_int_equal(words_split(line, &w, &err), 0);
	words_free(&w);
	for (i = 0; i < 2 * (WORDS_MAX + 1); i++)
		line[i] = i % 2 ? ' ' : 'a';
	line[i] = '\0';
	assert_int_equal(words_split(line, &w, &err), -1);
	words_free(&w);
	line[2 * WORDS_MAX] = '\0';
	assert_int_equal(words_split(line, &w, &err), 0);
	assert_int_equal(w.n, WORDS_MAX);
	words_free(&w);
	free(line);
}

/* Where completion finds the cursor. */
static void
test_end(void **state)
{
	struct words	w;
	const char	*err;

	(void)state;
	words_split("host ", &w, &err);
	assert_int_equal(w.in_word, 0);
	words_free(&w);
	words_split("host l", &w, &err);
	assert_int_equal(w.in_word, 1);
	words_free(&w);
	words_split("host rm 'my h", &w, &err);
	assert_int_equal(w.in_word, 1);
	assert_int_equal(w.open, '\'');
	assert_string_equal(w.v[2], "my h");
	words_free(&w);
}

static void
test_quote(void **state)
{
	static const char *const	texts[] = { "", "plain", "a b", "it's",
					    "'''", "\\\"$`", "a\nb", "-x",
					    "\xc3\xa9", "#", "a\tb" };
	struct words			w;
	const char			*err;
	char				*quoted;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		quoted = words_quote(texts[i]);
		assert_int_equal(words_split(quoted, &w, &err), 0);
		assert_int_equal(w.n, 1);
		assert_string_equal(w.v[0], texts[i]);
		words_free(&w);
		free(quoted);
	}
	quoted = words_quote("plain");
	assert_string_equal(quoted, "plain");
	free(quoted);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_quote),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
