/* SPDX-License-Identifier: ISC */
/*
 * What all steps of moving in share: notes, and looks into the document.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xmalloc.h"
#include "shell/import.h"

static void
note_add(struct import *im, enum import_grade grade, char *text)
{
	im->note = xreallocarray(im->note, im->nnotes + 1, sizeof(*im->note));
	im->note[im->nnotes++] =
	    (struct import_note){ .grade = grade, .text = text };
	im->stops += grade == IMPORT_STOP;
}

static char *
format(const char *fmt, va_list ap)
{
	char	*text;

	if (vasprintf(&text, fmt, ap) == -1)
		return (xstrdup("out of memory"));
	return (text);
}

void
import_note(struct import *im, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	note_add(im, IMPORT_NOTE, format(fmt, ap));
	va_end(ap);
}

void
import_stop(struct import *im, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	note_add(im, IMPORT_STOP, format(fmt, ap));
	va_end(ap);
}

char *
import_names(const char *word, const struct db_names *names)
{
	char	*all, *more;
	size_t	 i;

	all = xasprintf("%s%s", word, names->n == 1 ? "" : "s");
	for (i = 0; i < names->n && i < IMPORT_NAMES_MAX; i++) {
		more = xasprintf("%s%s \"%.100s\"", all, i > 0 ? "," : "",
		    names->name[i]);
		free(all);
		all = more;
	}
	if (i == names->n)
		return (all);
	more = xasprintf("%s and %zu more", all, names->n - i);
	free(all);
	return (more);
}

void
import_note_names(struct import *im, const char *before, const char *word,
    const struct db_names *names, const char *after)
{
	char	*all;

	if (names->n == 0)
		return;
	all = import_names(word, names);
	import_note(im, "%s%s%s", before, all, after);
	free(all);
}

int
import_is_live(const json_t *row)
{
	const json_t	*deleted = json_object_get(row, "DeletedAt");

	return (json_is_object(row) &&
	    (deleted == NULL || json_is_null(deleted)));
}

const char *
import_text(const json_t *row, const char *field)
{
	const char	*text = json_string_value(json_object_get(row, field));

	return (text != NULL ? text : "");
}

int64_t
import_number(const json_t *row, const char *field)
{
	return (json_integer_value(json_object_get(row, field)));
}

void
import_free(struct import *im)
{
	size_t	i;

	json_decref(im->doc);
	for (i = 0; i < im->nnotes; i++)
		free(im->note[i].text);
	free(im->note);
	memset(im, 0, sizeof(*im));
}
