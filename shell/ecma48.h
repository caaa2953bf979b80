/* SPDX-License-Identifier: ISC */
/*
 * What a terminal is told, taken apart (ECMA-48, as xterm does it): characters,
 * control characters, escape sequences, control sequences. Strings (titles,
 * device control, clipboard and the like) are read over. It is hostile text:
 * memory is bounded, and no byte makes it fail.
 */
#ifndef SHELL_ECMA48_H
#define SHELL_ECMA48_H

#include <stddef.h>
#include <stdint.h>

#define ECMA_SEQ_MAX	256	/* bytes of a sequence; longer ones are none */
#define ECMA_PARAMS	32	/* numbers of a sequence that are read */
#define ECMA_NUMBER_MAX	99999	/* larger ones are this */

enum ecma_kind {
	ECMA_TEXT,	/* characters of ASCII, or one of UTF-8 */
	ECMA_BAD,	/* bytes that are no UTF-8 */
	ECMA_CONTROL,	/* of C0, DEL, or of C1 as UTF-8 */
	ECMA_ESCAPE,	/* ESC, intermediates, final */
	ECMA_CSI	/* ESC [, or what is broken of that form */
};

struct ecma_piece {
	enum ecma_kind	 kind;
	unsigned	 code;		/* the character, control, or final */
	const char	*bytes;		/* as they came; of a sequence what is
					   between its begin and its final */
	size_t		 len;
	/* of sequences */
	char		 lead;		/* one of <=>? or 0 */
	char		 inter[3];	/* intermediates, two at most */
	int		 whole;		/* well-formed */
	unsigned	 params[ECMA_PARAMS];	/* 0 where nothing stands */
	size_t		 nparams;	/* those after a colon are none */
};

typedef void (*ecma_fn)(void *arg, const struct ecma_piece *);

struct ecma {
	int	state;
	int	lines;			/* a line's end ends all strings */
	int	bell_ends;		/* and BEL this one */
	uint8_t	last;			/* of a string, the byte before */
	char	seq[ECMA_SEQ_MAX];
	size_t	len;
	int	overlong;
	uint8_t	utf8[4];
	size_t	nutf8;
};

/*
 * Begins. With `lines`, strings end with their line, so that nobody hides the
 * text after it in one that does not end; without, device control strings (of
 * which images are made) may have lines.
 */
void	ecma_init(struct ecma *, int lines);

/* Takes bytes, in pieces of any length; fn is called for each piece of them. */
void	ecma_feed(struct ecma *, const void *, size_t, ecma_fn, void *arg);

/* The n-th number of a sequence, or `fallback` where none or 0 stands. */
unsigned ecma_param(const struct ecma_piece *, size_t n, unsigned fallback);

#endif
