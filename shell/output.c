/* SPDX-License-Identifier: ISC */
/*
 * Tables, facts, JSON and ids.
 */
#include <inttypes.h>
#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/output.h"
#include "shell/result.h"
#include "shell/when.h"

/* The names with commas between them, not yet escaped. */
static char *
join_names(const struct cell *c)
{
	char	*all = NULL;
	size_t	 i, len = 0;
	FILE	*f;

	if ((f = open_memstream(&all, &len)) == NULL)
		fatal("out of memory");
	for (i = 0; i < c->n; i++)
		fprintf(f, "%s%s", i > 0 ? ", " : "", c->names[i]);
	fclose(f);
	return (all);
}

/* A cell as people read it, escaped; caller frees. */
static char *
cell_text(const struct field *f, const struct cell *c, int64_t now)
{
	char	 when[WHEN_SIZE];
	char	*raw, *safe;

	switch (f->kind) {
	case FIELD_INT:
		return (xasprintf("%" PRId64, c->number));
	case FIELD_BOOL:
		return (xstrdup(c->number ? "yes" : "no"));
	case FIELD_TIME:
		return (xstrdup(c->number == 0 ? "" :
		    when_relative(c->number, now, when)));
	case FIELD_SPAN:
		return (xstrdup(when_span(c->number, when)));
	case FIELD_TEXT:
	case FIELD_NAME:
	case FIELD_JSON:
		return (escape_text(c->text, strlen(c->text)));
	case FIELD_NAMES:
		raw = join_names(c);
		safe = escape_text(raw, strlen(raw));
		free(raw);
		return (safe);
	}
	panic("cell_text: kind %d", f->kind);
}

/* A string that JSON can hold: what is no UTF-8 is escaped. */
static json_t *
json_of_text(const char *s)
{
	json_t	*j = json_string(s);
	char	*safe;

	if (j == NULL) {
		safe = escape_text(s, strlen(s));
		j = json_string(safe);
		free(safe);
	}
	return (j);
}

static json_t *
json_of_names(const struct cell *c)
{
	json_t	*all = json_array();
	size_t	 i;

	for (i = 0; i < c->n; i++)
		json_array_append_new(all, json_pack("{s:o}", "Name",
		    json_of_text(c->names[i])));
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
		return (json_boolean(c->number));
	case FIELD_TIME:
		return (c->number == 0 ? json_null() :
		    json_string(clock_stamp(c->number, stamp)));
	case FIELD_TEXT:
		return (json_of_text(c->text));
	case FIELD_NAME:
		return (c->text[0] == '\0' ? json_null() :
		    json_pack("{s:o}", "Name", json_of_text(c->text)));
	case FIELD_JSON:
		if (c->text[0] == '\0')
			return (json_null());
		j = json_loads(c->text, JSON_DECODE_ANY, NULL);
		return (j != NULL ? j : json_of_text(c->text));
	case FIELD_NAMES:
		return (json_of_names(c));
	}
	panic("json_of_cell: kind %d", f->kind);
}

static void
print_json(FILE *out, const struct result *r)
{
	json_t	*rows = json_array(), *row;
	size_t	 i, k;
	char	*text;

	for (i = 0; i < r->nrows; i++) {
		row = json_object();
		for (k = 0; k < r->nfields; k++) {
			if (r->fields[k].json != NULL)
				json_object_set_new(row, r->fields[k].json,
				    json_of_cell(&r->fields[k],
				    &r->cells[i * r->nfields + k]));
		}
		json_array_append_new(rows, row);
	}
	/* ASCII: no character can disturb the terminal that it may go to */
	text = json_dumps(rows, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	if (text == NULL)
		fatal("out of memory");
	fprintf(out, "%s\n", text);
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
			text = cell_text(&r->fields[k],
			    &r->cells[i * r->nfields + k], now);
			fprintf(out, "%s:%*s %s\n", r->fields[k].head,
			    width - (int)strlen(r->fields[k].head), "", text);
			free(text);
		}
	}
}

/* Columns and cells; those whose field has no head have none. */
static void
table_fill(struct libscols_table *t, const struct result *r, int cut,
    int64_t now)
{
	const struct field	*f;
	struct libscols_line	*line;
	size_t			 i, k, at;
	int			 flags;

	for (k = 0; k < r->nfields; k++) {
		f = &r->fields[k];
		if (f->head == NULL)
			continue;
		flags = f->kind == FIELD_INT ? SCOLS_FL_RIGHT :
		    cut ? SCOLS_FL_TRUNC : 0;
		if (scols_table_new_column(t, f->head, 0, flags) == NULL)
			fatal("out of memory");
	}
	for (i = 0; i < r->nrows; i++) {
		if ((line = scols_table_new_line(t, NULL)) == NULL)
			fatal("out of memory");
		for (k = at = 0; k < r->nfields; k++) {
			if (r->fields[k].head != NULL)
				scols_line_refer_data(line, at++,
				    cell_text(&r->fields[k],
				    &r->cells[i * r->nfields + k], now));
		}
	}
}

static void
print_table(const struct output *o, const struct result *r,
    const char *things, int64_t now)
{
	struct libscols_table	*t = scols_new_table();

	if (t == NULL)
		fatal("out of memory");
	/* all text is escaped already */
	scols_table_enable_noencoding(t, 1);
	scols_table_enable_minout(t, 1);
	scols_table_set_stream(t, o->out);
	if (o->width > 0) {
		scols_table_set_termforce(t, SCOLS_TERMFORCE_ALWAYS);
		scols_table_set_termwidth(t, o->width);
	} else {
		scols_table_set_termforce(t, SCOLS_TERMFORCE_NEVER);
	}
	table_fill(t, r, o->width > 0, now);
	if (r->nrows > 0)
		scols_print_table(t);
	scols_unref_table(t);
	if (r->total > (int64_t)r->nrows)
		fprintf(o->out, "Total: %zu of %" PRId64 " %s.\n", r->nrows,
		    r->total, things);
	else
		fprintf(o->out, "Total: %zu %s.\n", r->nrows, things);
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
		print_table(o, r, things, now);
		break;
	case FORM_FACTS:
		print_facts(o->out, r, now);
		break;
	case FORM_JSON:
		print_json(o->out, r);
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
