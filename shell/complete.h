/* SPDX-License-Identifier: ISC */
/*
 * What could be typed next.
 */
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include "db/db.h"

struct shell;

struct completion {
	struct db_names	 names;		/* what fits, sorted, not escaped */
	char		*insert;	/* to be inserted at the cursor */
};

/*
 * Completes a line at its end: nouns, verbs, options, and names of rows where
 * the command takes them; only of commands that the person may run. Text to
 * insert is what all names have in common, and a blank when there is just one.
 * Free with complete_free().
 */
void	complete_line(struct shell *, const char *line, struct completion *);

void	complete_free(struct completion *);

#endif
