/* SPDX-License-Identifier: ISC */
/*
 * What one terminal was told, made fit for another: a recording is hostile
 * text, and the terminal of who looks at it is not the one that it was made in.
 *
 * Only what draws is passed on, each sequence written anew from what was
 * understood of it, so that no two readers can differ over where one ends.
 * Left out is all that a terminal would answer (attributes, status, settings,
 * checksums, ENQ), whatever acts beyond the screen (titles, clipboard, colours
 * of the palette, size and place of the window, printer, keyboard, files,
 * images), what has the mouse, the focus or pasted text reported, what leaves
 * UTF-8, and bytes that are no UTF-8.
 */
#ifndef SHELL_TAME_H
#define SHELL_TAME_H

#include <stddef.h>
#include <stdint.h>

#include "shell/ecma48.h"

#define TAME_SGR_MAX	256

struct tame {
	struct ecma	 parser;
	void		(*put)(void *arg, const void *, size_t);
	void		*arg;
	int		 silent;
	/* what the terminal was left in, to be told to another */
	uint32_t	 on, off;	/* modes that were set, reset */
	unsigned	 top, bottom;	/* of the part that scrolls; 0: all */
	char		 charset[4];	/* of G0 to G3; 0: as it was */
	int		 shifted;	/* G1 is in use */
	int		 keypad;
	char		 sgr[TAME_SGR_MAX];	/* since the last reset */
	size_t		 sgrlen;
};

/* put is called with what is passed on. */
void	tame_init(struct tame *, void (*put)(void *arg, const void *, size_t),
	    void *arg);

void	tame_feed(struct tame *, const void *, size_t);

/*
 * From now on nothing is passed on, but followed: what was set, is known. And
 * the end of that: a cleared screen, in the modes that are set by now.
 */
void	tame_hush(struct tame *);
void	tame_speak(struct tame *);

/*
 * An empty screen in the state that terminals begin in. And the end of it: the
 * cursor is on a line of its own below all that is shown, which is the other
 * screen's again where there are two.
 */
void	tame_clear(struct tame *);
void	tame_end(struct tame *);

#endif
