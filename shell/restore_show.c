/* SPDX-License-Identifier: ISC */
/*
 * The report of a restore, as people read it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/log.h"
#include "shell/restore_show.h"

#define NOTES_SHOWN	100	/* of each grade */

static void
show_counts(FILE *f, const struct restore_report *p)
{
	const struct restore_count	*n;
	int				 kind, any = 0;

	for (kind = 0; kind < RESTORE_KINDS; kind++) {
		n = &p->count[kind];
		if (n->found == 0)
			continue;
		if (!any++)
			fprintf(f, "             found  deleted  refused  "
			    "left out  to restore\n");
		fprintf(f, "%-11s %6zu  %7zu  %7zu  %8zu  %10zu\n",
		    restore_kind_name(kind), n->found, n->deleted, n->refused,
		    n->left_out, n->taken);
	}
}

static void
show_notes(FILE *f, const struct restore_report *p, enum restore_grade grade,
    size_t all)
{
	size_t	 i, shown = 0;
	char	*safe;

	for (i = 0; i < p->nnotes && shown < NOTES_SHOWN; i++) {
		if (p->note[i].grade != grade)
			continue;
		safe = escape_text(p->note[i].text, strlen(p->note[i].text));
		fprintf(f, "%s: %s\n", grade == RESTORE_WARNING ? "warning" :
		    "refused", safe);
		free(safe);
		shown++;
	}
	if (all > shown)
		fprintf(f, "and %zu more\n", all - shown);
}

char *
restore_show(const struct restore_report *p)
{
	FILE	*f;
	char	*text;
	size_t	 len;

	if ((f = open_memstream(&text, &len)) == NULL)
		fatal("out of memory");
	show_counts(f, p);
	show_notes(f, p, RESTORE_WARNING, p->warnings);
	show_notes(f, p, RESTORE_REFUSAL, p->refusals);
	if (fclose(f) != 0)
		fatal("out of memory");
	return (text);
}
