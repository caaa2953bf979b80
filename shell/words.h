/* SPDX-License-Identifier: ISC */
/*
 * A command line in words, as a POSIX shell splits it: blanks, '…', "…" and
 * backslashes (Shell Command Language, 2.2). Nothing is expanded.
 */
#ifndef SHELL_WORDS_H
#define SHELL_WORDS_H

#include <stddef.h>

#define WORDS_MAX	1024	/* words of a line */
#define LINE_BYTES_MAX	32768	/* bytes of a line */

struct words {
	char	**v;		/* owned; v[n] is NULL */
	size_t	  n;
	/* How the line ended, for completion: */
	char	  open;		/* ' or " that was not closed, \ or 0 */
	int	  in_word;	/* its last byte belongs to the last word */
};

/*
 * Splits a line. Returns 0, or -1 and a sentence in *err (a constant): a quote
 * is open (the words are there all the same), two lines, too many words, too
 * long. Free with words_free() in any case.
 */
int	words_split(const char *line, struct words *, const char **err);

/* Frees, and wipes them: a password may be among them. */
void	words_free(struct words *);

/*
 * A word written so that words_split() reads it as it is; caller frees.
 */
char	*words_quote(const char *word);

#endif
