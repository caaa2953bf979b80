/* SPDX-License-Identifier: ISC */
/*
 * Rows as tables, facts, JSON and ids, with text that means harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <locale.h>
#include <cmocka.h>
#include <jansson.h>

#include "db/db.h"
#include "shell/output.h"
#include "shell/result.h"

#define HOSTILE	"\033]0;x\007\xff\n\xe2\x80\xae\\x1b"

static const struct field	fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "Name", "Name", FIELD_TEXT },
	{ "Groups", "Groups", FIELD_NAMES },
	{ "Hop", "Hop", FIELD_NAME },
	{ "Created", "CreatedAt", FIELD_TIME },
	{ "Took", "Took", FIELD_SPAN },
	{ NULL, "On", FIELD_BOOL },
	{ NULL, "Args", FIELD_JSON },
	{ "Table only", NULL, FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static char	*group_names[] = { (char *)"one", (char *)"two" };

static void
fill(struct result *r, const char *name)
{
	const struct db_names	groups = { group_names, 2 };
	const struct db_names	none = { NULL, 0 };

	result_init(r, fields);
	result_row(r);
	result_number(r, 2);
	result_text(r, name);
	result_names(r, &groups);
	result_text(r, "gate");
	result_number(r, 1000);
	result_number(r, 65);
	result_number(r, 1);
	result_text(r, "[\"a\", 1]");
	result_text(r, "here");
	result_row(r);
	result_number(r, 1);
	result_text(r, "plain");
	result_names(r, &none);
	result_text(r, NULL);
	result_number(r, 0);
	result_number(r, 0);
	result_number(r, 0);
	result_text(r, "");
	result_text(r, "");
}

/* What is printed, for the caller to free. */
static char *
print(enum form form, const struct result *r, int width)
{
	struct output	 o = { .width = width };
	char		*text = NULL;
	size_t		 len = 0;

	o.out = o.err = open_memstream(&text, &len);
	assert_non_null(o.out);
	output_result(&o, form, r, "hosts", 1180);
	assert_int_equal(output_flush(&o), 0);
	fclose(o.out);
	return (text);
}

/* No byte of it can make a terminal do anything but show it. */
static void
assert_tame(const char *text)
{
	for (; *text != '\0'; text++)
		assert_true(*text == '\n' || (*text >= ' ' && *text != 0x7f));
}

static void
test_table(void **state)
{
	struct result	 r;
	char		*text;

	(void)state;
	fill(&r, "web1");
	text = print(FORM_TABLE, &r, 0);
	assert_string_equal(text,
	    "ID Name  Groups   Hop  Created       Took Table only\n"
	    " 2 web1  one, two gate 3 minutes ago 1m5s here\n"
	    " 1 plain                             0s\n"
	    "Total: 2 hosts.\n");
	free(text);
	r.total = 250;
	text = print(FORM_TABLE, &r, 0);
	assert_non_null(strstr(text, "\nTotal: 2 of 250 hosts.\n"));
	free(text);
	r.total = 1000;
	r.total_is_least = 1;
	text = print(FORM_TABLE, &r, 0);
	assert_non_null(strstr(text,
	    "\nTotal: 2 of more than 1,000 hosts.\n"));
	free(text);
	result_free(&r);
	result_init(&r, fields);
	text = print(FORM_TABLE, &r, 0);
	assert_string_equal(text, "Total: 0 hosts.\n");
	free(text);
	result_free(&r);
}

/* On a terminal lines fit; elsewhere nothing is cut. */
static void
test_width(void **state)
{
	struct result	 r;
	char		 name[301], *text;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[300] = '\0';
	fill(&r, name);
	text = print(FORM_TABLE, &r, 0);
	assert_non_null(strstr(text, name));
	free(text);
	text = print(FORM_TABLE, &r, 48);
	assert_string_equal(text,
	    "ID Name         Groups Hop  Creat\xe2\x80\xa6 Took "
	    "Table\xe2\x80\xa6\n"
	    " 2 nnnnnnnnnnn\xe2\x80\xa6 one, \xe2\x80\xa6 gate 3m ago 1m5s "
	    "here\n"
	    " 1 plain                           0s\n"
	    "Total: 2 hosts.\n");
	free(text);
	result_free(&r);
	/* characters are never cut in two, and the wide ones count twice */
	fill(&r, "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2"
	    "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2");
	text = print(FORM_TABLE, &r, 48);
	assert_non_null(strstr(text, " 2 \xe6\xbc\xa2\xe6\xbc\xa2"
	    "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe2\x80\xa6 one, "));
	free(text);
	result_free(&r);
}

static void
test_json(void **state)
{
	struct result	 r;
	char		*text;
	json_t		*all, *row;

	(void)state;
	fill(&r, "h\xc3\xb6st \"1\"");
	text = print(FORM_JSON, &r, 80);
	assert_tame(text);
	all = json_loads(text, 0, NULL);
	assert_int_equal(json_array_size(all), 2);
	row = json_array_get(all, 0);
	assert_int_equal(json_integer_value(json_object_get(row, "ID")), 2);
	assert_string_equal(json_string_value(json_object_get(row, "Name")),
	    "h\xc3\xb6st \"1\"");
	assert_string_equal(json_string_value(json_object_get(
	    json_array_get(json_object_get(row, "Groups"), 1), "Name")),
	    "two");
	assert_string_equal(json_string_value(json_object_get(
	    json_object_get(row, "Hop"), "Name")), "gate");
	assert_string_equal(json_string_value(json_object_get(row,
	    "CreatedAt")), "1970-01-01T00:16:40Z");
	assert_int_equal(json_integer_value(json_object_get(row, "Took")), 65);
	assert_true(json_is_true(json_object_get(row, "On")));
	assert_int_equal(json_array_size(json_object_get(row, "Args")), 2);
	assert_null(json_object_get(row, "Table only"));
	row = json_array_get(all, 1);
	assert_true(json_is_null(json_object_get(row, "Hop")));
	assert_true(json_is_null(json_object_get(row, "CreatedAt")));
	assert_true(json_is_null(json_object_get(row, "Args")));
	json_decref(all);
	free(text);
	result_free(&r);
	result_init(&r, fields);
	text = print(FORM_JSON, &r, 0);
	assert_string_equal(text, "[]\n");
	free(text);
	result_free(&r);
}

static void
test_ids_and_facts(void **state)
{
	struct result	 r;
	char		*text;

	(void)state;
	fill(&r, "web1");
	text = print(FORM_IDS, &r, 0);
	assert_string_equal(text, "2\n1\n");
	free(text);
	text = print(FORM_FACTS, &r, 0);
	assert_non_null(strstr(text, "ID:         2\nName:       web1\n"));
	assert_non_null(strstr(text, "here\n\nID:         1\n"));
	free(text);
	result_free(&r);
}

static void
test_hostile(void **state)
{
	static const enum form	forms[] = { FORM_TABLE, FORM_FACTS, FORM_JSON };
	struct result		r;
	struct output		o = { .width = 0 };
	char			*text;
	size_t			i, len;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		fill(&r, HOSTILE);
		text = print(forms[i], &r, i == 0 ? 100 : 0);
		assert_tame(text);
		free(text);
		result_free(&r);
	}
	fill(&r, HOSTILE);
	text = print(FORM_TABLE, &r, 0);
	assert_non_null(strstr(text, "\\x1b]0;x\\x07\\xff\\x0a"
	    "\\xe2\\x80\\xae\\\\x1b "));
	free(text);
	result_free(&r);
	o.out = o.err = open_memstream(&text, &len);
	output_error(&o, "no host \"" HOSTILE "\"");
	fclose(o.out);
	assert_tame(text);
	assert_memory_equal(text, "error: ", strlen("error: "));
	free(text);
}

static void
test_lines(void **state)
{
	struct result	 r;
	char		*text;

	(void)state;
	result_init(&r, NULL);
	result_line(&r, "%d", 42);
	result_line(&r, "invite:%s", "t");
	text = print(FORM_TABLE, &r, 80);
	assert_string_equal(text, "42\ninvite:t\n");
	free(text);
	result_free(&r);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_ids_and_facts),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_lines),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
