/* SPDX-License-Identifier: ISC */
/*
 * Text out of what a terminal was shown: lines, as they stood at their end.
 * What was overwritten, deleted or erased in a line is not in it; a line that
 * went on in the terminal's next row is one. Where the cursor is sent to
 * another row, as full-screen programs do, a line ends. Nothing of what comes
 * out controls a terminal, and all of it is UTF-8.
 */
#ifndef SHELL_PLAIN_H
#define SHELL_PLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "shell/ecma48.h"

#define PLAIN_COLUMNS	1024	/* the widest row */
#define PLAIN_LINE_MAX	16384	/* bytes; longer lines come in pieces */

/* The first character is of a column, a combining one may follow it. */
struct plain_cell {
	char	text[8];
	uint8_t	len;		/* 0: the right half of what is before it */
};

struct plain {
	struct ecma		 parser;
	/* a line, without its end; at is of its first character */
	void			(*line)(void *arg, int64_t at, const char *,
				    size_t);
	void			*arg;
	unsigned		 width;
	struct plain_cell	 row[PLAIN_COLUMNS];
	unsigned		 used;		/* columns that were written */
	unsigned		 col;		/* where the cursor is */
	int			 saved;		/* and was, when its place was
						   kept; -1: in another line */
	int64_t			 now, begun;
	char			*text;		/* of a line, rows before */
	size_t			 len;
	int			 pieces;	/* of it have been told */
};

/* Wants LC_CTYPE in UTF-8, for how wide characters are. */
void	plain_init(struct plain *, void (*line)(void *, int64_t, const char *,
	    size_t), void *arg);

/* The terminal's width from now on; 0: it is none. */
void	plain_width(struct plain *, unsigned cols);

/* Takes what was shown at a moment, in whatever unit. */
void	plain_feed(struct plain *, int64_t at, const void *, size_t);

/*
 * The same of what was typed: Enter ends a line, the key that deletes what is
 * before the cursor does.
 */
void	plain_typed(struct plain *, int64_t at, const char *, size_t);

/* Tells the last line, and frees. */
void	plain_end(struct plain *);

#endif
