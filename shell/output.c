/* SPDX-License-Identifier: ISC */
/*
 * Facts, JSON, ids, and errors; tables are in shell/table.c.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "shell/entity.h"
#include "shell/output.h"
#include "shell/result.h"
#include "shell/table.h"

static json_t *
json_of_names(const struct cell *c)
{
	json_t	*all = json_array();
	size_t	 i;

	for (i = 0; i < c->n; i++)
		json_array_append_new(all, json_pack("{s:o}", "Name",
		    entity_text(c->names[i])));
	return (all);
}

static json_t *
json_of_cell(const struct field *f, const struct cell *c)
{
	char	 stamp[CLOCK_STAMP_LEN];
	json_t	*j;

	switch (f->kind) {
	case FIELD_INT:
	case FIELD_SPAN:
		return (json_integer(c->number));
	case FIELD_BOOL:
	case FIELD_MARK:
		return (json_boolean(c->number));
	case FIELD_TIME:
	case FIELD_SELDOM:
		return (c->number == 0 ? json_null() :
		    json_string(clock_stamp(c->number, stamp)));
	case FIELD_TEXT:
	case FIELD_RARE:
		return (entity_text(c->text));
	case FIELD_NAME:
		return (c->text[0] == '\0' ? json_null() :
		    json_pack("{s:o}", "Name", entity_text(c->text)));
	case FIELD_JSON:
		if (c->text[0] == '\0')
			return (json_null());
		j = json_loads(c->text, JSON_DECODE_ANY, NULL);
		return (j != NULL ? j : entity_text(c->text));
	case FIELD_NAMES:
		return (json_of_names(c));
	}
	panic("json_of_cell: kind %d", f->kind);
}

json_t *
output_row(const struct result *r, size_t i)
{
	json_t	*row = json_object();
	size_t	 k;

	for (k = 0; k < r->nfields; k++) {
		if (r->fields[k].json != NULL)
			json_object_set_new(row, r->fields[k].json,
			    json_of_cell(&r->fields[k],
			    &r->cells[i * r->nfields + k]));
	}
	return (row);
}

void
output_json(const struct output *o, const char *json)
{
	size_t	n;

	for (; *json != '\0'; json += n + (json[n] != '\0')) {
		n = strcspn(json, "\177");
		fprintf(o->out, "%.*s%s", (int)n, json,
		    json[n] != '\0' ? "\\u007f" : "");
	}
}

static void
print_json(const struct output *o, const struct result *r)
{
	json_t	*rows;
	size_t	 i;
	char	*text;

	rows = r->json != NULL ? json_incref(r->json) : json_array();
	for (i = 0; i < r->nrows; i++)
		json_array_append_new(rows, output_row(r, i));
	text = json_dumps(rows, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	if (text == NULL)
		fatal("out of memory");
	output_json(o, text);
	fputc('\n', o->out);
	explicit_bzero(text, strlen(text));
	free(text);
	json_decref(rows);
}

static void
print_ids(FILE *out, const struct result *r)
{
	size_t	i;

	for (i = 0; i < r->nrows; i++)
		fprintf(out, "%" PRId64 "\n", r->cells[i * r->nfields].number);
}

static void
print_facts(FILE *out, const struct result *r, int64_t now)
{
	size_t	 i, k;
	int	 width = 0;
	char	*text;

	for (k = 0; k < r->nfields; k++) {
		if (r->fields[k].head != NULL &&
		    (int)strlen(r->fields[k].head) > width)
			width = strlen(r->fields[k].head);
	}
	for (i = 0; i < r->nrows; i++) {
		if (i > 0)
			fputc('\n', out);
		for (k = 0; k < r->nfields; k++) {
			if (r->fields[k].head == NULL)
				continue;
			text = table_cell(r, i, k, now, 0);
			fprintf(out, "%s:", r->fields[k].head);
			if (*text != '\0')
				fprintf(out, "%*s%s", width + 1 -
				    (int)strlen(r->fields[k].head), "", text);
			fputc('\n', out);
			free(text);
		}
	}
}

/* "1,000,000": a number that is read by people; returns buf. */
static char *
grouped(int64_t n, char buf[32])
{
	char	digits[24], *p = buf;
	size_t	i, len;

	len = snprintf(digits, sizeof(digits), "%" PRId64, n);
	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = '\0';
	return (buf);
}

/* "host" of "hosts"; "ACL of this user" of "ACLs of this user". */
static void
print_one(FILE *out, const char *things)
{
	const char	*of = strstr(things, " of ");
	size_t		 n = of != NULL ? (size_t)(of - things) :
			    strlen(things);

	fprintf(out, "Total: 1 %.*s%s.\n", (int)n - 1, things, things + n);
}

static void
print_total(FILE *out, const struct result *r, const char *things)
{
	char	some[32], all[32];

	if (r->total > (int64_t)r->nrows || r->total_is_least)
		fprintf(out, "Total: %s of %s%s %s.\n",
		    grouped((int64_t)r->nrows, some),
		    r->total_is_least ? "more than " : "",
		    grouped(r->total, all), things);
	else if (r->nrows == 1)
		print_one(out, things);
	else
		fprintf(out, "Total: %zu %s.\n", r->nrows, things);
}

void
output_result(const struct output *o, enum form form, const struct result *r,
    const char *things, int64_t now)
{
	if (r->text != NULL)
		output_text(o, r->text);
	if (r->fields == NULL)
		return;
	switch (form) {
	case FORM_TABLE:
		table_print(o->out, o->width, r, now);
		print_total(o->out, r, things);
		break;
	case FORM_FACTS:
		print_facts(o->out, r, now);
		break;
	case FORM_JSON:
		print_json(o, r);
		break;
	case FORM_IDS:
		print_ids(o->out, r);
		break;
	}
}

void
output_error(const struct output *o, const char *sentence)
{
	char	*safe = escape_text(sentence, strlen(sentence));

	fflush(o->out);
	fprintf(o->err, "error: %s\n", safe);
	fflush(o->err);
	free(safe);
}

void
output_warning(const struct output *o, const char *sentence)
{
	fflush(o->out);
	fprintf(o->err, "warning: %s\n", sentence);
	fflush(o->err);
}

void
output_prompt(const struct output *o, const char *what)
{
	fprintf(o->err, "%s (it does not show): ", what);
	fflush(o->err);
}

void
output_hint(const struct output *o, const char *line)
{
	fflush(o->out);
	fprintf(o->err, "%s\n", line);
	fflush(o->err);
}

void
output_text(const struct output *o, const char *text)
{
	fputs(text, o->out);
}

int
output_flush(const struct output *o)
{
	return (fflush(o->out) == 0 && !ferror(o->out) ? 0 : -1);
}
