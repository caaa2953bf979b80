/* SPDX-License-Identifier: ISC */
/*
 * The filling of rows.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/result.h"

void
result_init(struct result *r, const struct field *fields)
{
	memset(r, 0, sizeof(*r));
	r->fields = fields;
	while (fields != NULL && (fields[r->nfields].head != NULL ||
	    fields[r->nfields].json != NULL))
		r->nfields++;
}

void
result_free(struct result *r)
{
	size_t	i, k;

	for (i = 0; i < r->nrows * r->nfields; i++) {
		for (k = 0; k < r->cells[i].n; k++)
			free(r->cells[i].names[k]);
		free(r->cells[i].names);
		/* it may be a secret that an administrator asked for */
		if (r->cells[i].text != NULL)
			explicit_bzero(r->cells[i].text,
			    strlen(r->cells[i].text));
		free(r->cells[i].text);
	}
	free(r->cells);
	json_decref(r->json);
	free(r->text);
	memset(r, 0, sizeof(*r));
}

void
result_row(struct result *r)
{
	if (r->nfields == 0 || r->at != r->nrows * r->nfields)
		panic("result_row: %zu of %zu cells", r->at,
		    r->nrows * r->nfields);
	r->nrows++;
	r->cells = xreallocarray(r->cells, r->nrows * r->nfields,
	    sizeof(*r->cells));
	memset(r->cells + r->at, 0, r->nfields * sizeof(*r->cells));
}

/* The cell to fill, which has one of the kinds from first to last. */
static struct cell *
result_cell(struct result *r, enum field_kind first, enum field_kind last)
{
	enum field_kind	kind;

	if (r->at >= r->nrows * r->nfields)
		panic("result_cell: the row is full");
	kind = r->fields[r->at % r->nfields].kind;
	if (kind < first || kind > last)
		panic("result_cell: cell %zu is of kind %d",
		    r->at % r->nfields, kind);
	return (&r->cells[r->at++]);
}

void
result_number(struct result *r, int64_t n)
{
	result_cell(r, FIELD_INT, FIELD_SPAN)->number = n;
}

void
result_text(struct result *r, const char *s)
{
	result_cell(r, FIELD_TEXT, FIELD_JSON)->text =
	    xstrdup(s != NULL ? s : "");
}

void
result_names(struct result *r, const struct db_names *names)
{
	struct cell	*c = result_cell(r, FIELD_NAMES, FIELD_NAMES);

	c->names = xcalloc(names->n, sizeof(*c->names));
	for (; c->n < names->n; c->n++)
		c->names[c->n] = xstrdup(names->name[c->n]);
}

void
result_json(struct result *r, struct json_t *row)
{
	if (r->json == NULL)
		r->json = json_array();
	if (json_array_append_new(r->json, row) == -1)
		fatal("out of memory");
}

void
result_line(struct result *r, const char *fmt, ...)
{
	va_list	 ap;
	char	*line, *text;

	va_start(ap, fmt);
	if (vasprintf(&line, fmt, ap) == -1)
		fatal("out of memory");
	va_end(ap);
	text = xasprintf("%s%s\n", r->text != NULL ? r->text : "", line);
	free(line);
	free(r->text);
	r->text = text;
}
