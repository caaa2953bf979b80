/* SPDX-License-Identifier: ISC */
/*
 * Tables.
 */
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "lib/escape.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/result.h"
#include "shell/table.h"
#include "shell/when.h"

#define CUT		"\xe2\x80\xa6"	/* stands where text was cut */

/* The texts of a table, escaped: heads first, then the rows. */
struct table {
	size_t	  ncols, nlines;
	char	**texts;
	int	 *widths;	/* of the columns */
	int	 *numbers;	/* columns that are flushed right */
};

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

char *
table_cell(const struct result *r, size_t row, size_t field, int64_t now,
    int brief)
{
	const struct field	*f = &r->fields[field];
	const struct cell	*c = &r->cells[row * r->nfields + field];
	char			 when[WHEN_SIZE];
	char			*raw, *safe;

	switch (f->kind) {
	case FIELD_INT:
		return (xasprintf("%" PRId64, c->number));
	case FIELD_BOOL:
		return (xstrdup(c->number ? "yes" : "no"));
	case FIELD_MARK:
		return (xstrdup(c->number ? "yes" : ""));
	case FIELD_TIME:
	case FIELD_SELDOM:
		if (c->number == 0)
			return (xstrdup(""));
		return (xstrdup(brief ? when_brief(c->number, now, when) :
		    when_relative(c->number, now, when)));
	case FIELD_SPAN:
		return (xstrdup(when_span(c->number, when)));
	case FIELD_TEXT:
	case FIELD_RARE:
	case FIELD_NAME:
	case FIELD_JSON:
		return (escape_text(c->text, strlen(c->text)));
	case FIELD_NAMES:
		raw = join_names(c);
		safe = escape_text(raw, strlen(raw));
		free(raw);
		return (safe);
	}
	panic("table_cell: kind %d", f->kind);
}

/* Places that escaped text takes on a terminal. */
static int
text_width(const char *s)
{
	mbstate_t	state;
	wchar_t		wc;
	size_t		n;
	int		w, width = 0;

	memset(&state, 0, sizeof(state));
	for (; (n = mbrtowc(&wc, s, MB_CUR_MAX, &state)) != 0; s += n) {
		/* not of this locale: as many places as bytes */
		if (n == (size_t)-1 || n == (size_t)-2)
			return (width + strlen(s));
		if ((w = wcwidth(wc)) > 0)
			width += w;
	}
	return (width);
}

/* Cuts text to so many places, the last one for the mark; frees the old. */
static char *
text_cut(char *s, int width)
{
	size_t	 n, len = strlen(s);
	unsigned code;
	char	*cut = xstrdup(s);

	/* whole characters, from the end */
	while (len > 0 && text_width(cut) > width - 1) {
		for (n = 1; n < len && n < 4 && utf8_char(
		    (unsigned char *)cut + len - n, n, &code) != n; n++)
			continue;
		len -= n;
		cut[len] = '\0';
	}
	free(s);
	s = xasprintf("%s" CUT, cut);
	free(cut);
	return (s);
}

/* Whether a field is a column. */
static int
is_column(const struct result *r, size_t field)
{
	const enum field_kind	 kind = r->fields[field].kind;
	const struct cell	*c;
	size_t			 i;

	if (r->fields[field].head == NULL)
		return (0);
	if (kind != FIELD_MARK && kind != FIELD_RARE && kind != FIELD_SELDOM)
		return (1);
	for (i = 0; i < r->nrows; i++) {
		c = &r->cells[i * r->nfields + field];
		if (kind == FIELD_RARE ? *c->text != '\0' : c->number != 0)
			return (1);
	}
	return (0);
}

static void
table_fill(struct table *t, const struct result *r, int64_t now, int brief)
{
	size_t	 i, k, at = 0;
	char	*shown = xcalloc(r->nfields, 1);

	for (k = 0; k < r->nfields; k++)
		t->ncols += shown[k] = is_column(r, k);
	t->nlines = r->nrows + 1;
	t->texts = xcalloc(t->ncols * t->nlines, sizeof(*t->texts));
	t->widths = xcalloc(t->ncols, sizeof(*t->widths));
	t->numbers = xcalloc(t->ncols, sizeof(*t->numbers));
	for (i = 0; i < t->nlines; i++) {
		for (k = 0; k < r->nfields; k++) {
			if (!shown[k])
				continue;
			t->numbers[at % t->ncols] =
			    r->fields[k].kind == FIELD_INT;
			t->texts[at++] = i == 0 ? xstrdup(r->fields[k].head) :
			    table_cell(r, i - 1, k, now, brief);
		}
	}
	for (at = 0; at < t->ncols * t->nlines; at++) {
		if (text_width(t->texts[at]) > t->widths[at % t->ncols])
			t->widths[at % t->ncols] = text_width(t->texts[at]);
	}
	free(shown);
}

static void
table_free(struct table *t)
{
	size_t	at;

	for (at = 0; at < t->ncols * t->nlines; at++)
		free(t->texts[at]);
	free(t->texts);
	free(t->widths);
	free(t->numbers);
	memset(t, 0, sizeof(*t));
}

/* How wide a column may be: ids and names, which people type, twice that. */
static int
column_most(size_t k, int most)
{
	return (k < 2 ? 2 * most : most);
}

/* How wide lines are when no column is wider than most. */
static int
table_width(const struct table *t, int most)
{
	size_t	k;
	int	width = t->ncols - 1;

	for (k = 0; k < t->ncols; k++)
		width += t->widths[k] < column_most(k, most) ? t->widths[k] :
		    column_most(k, most);
	return (width);
}

/* Cuts the widest columns, all to the same width, so that lines fit. */
static void
table_cut(struct table *t, int width)
{
	size_t	at;
	int	most;

	for (most = width; most > 1 && table_width(t, most) > width; most--)
		continue;
	for (at = 0; at < t->ncols * t->nlines; at++) {
		if (text_width(t->texts[at]) >
		    column_most(at % t->ncols, most))
			t->texts[at] = text_cut(t->texts[at],
			    column_most(at % t->ncols, most));
	}
}

static void
table_write(FILE *out, const struct table *t)
{
	struct libscols_table	*st = scols_new_table();
	struct libscols_line	*line;
	size_t			 i, k;

	if (st == NULL)
		fatal("out of memory");
	/* all text is escaped already, and fits already */
	scols_table_enable_noencoding(st, 1);
	scols_table_enable_minout(st, 1);
	scols_table_set_termforce(st, SCOLS_TERMFORCE_NEVER);
	scols_table_set_stream(st, out);
	for (k = 0; k < t->ncols; k++) {
		if (scols_table_new_column(st, t->texts[k], 0,
		    t->numbers[k] ? SCOLS_FL_RIGHT : 0) == NULL)
			fatal("out of memory");
	}
	for (i = 1; i < t->nlines; i++) {
		if ((line = scols_table_new_line(st, NULL)) == NULL)
			fatal("out of memory");
		for (k = 0; k < t->ncols; k++) {
			if (scols_line_set_data(line, k,
			    t->texts[i * t->ncols + k]) != 0)
				fatal("out of memory");
		}
	}
	scols_print_table(st);
	scols_unref_table(st);
}

void
table_print(FILE *out, int width, const struct result *r, int64_t now)
{
	struct table	t;

	if (r->nrows == 0)
		return;
	memset(&t, 0, sizeof(t));
	table_fill(&t, r, now, 0);
	if (width > 0 && table_width(&t, width) > width) {
		table_free(&t);
		table_fill(&t, r, now, 1);
		table_cut(&t, width);
	}
	table_write(out, &t);
	table_free(&t);
}
