/* SPDX-License-Identifier: ISC */
/*
 * A terminal whose keys a command takes itself, and the signals that would end
 * it in the middle: both are waited for together, and whatever happens the
 * terminal gets back what it had.
 */
#ifndef SHELL_RAWTTY_H
#define SHELL_RAWTTY_H

#include <signal.h>
#include <stdio.h>
#include <termios.h>

enum key {
	KEY_NONE,	/* the time is up, or the further descriptor is ready */
	KEY_QUIT,	/* q, ^C, ^D; or nobody is there any more */
	KEY_SPACE,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_UP,
	KEY_DOWN,
	KEY_OTHER
};

struct rawtty {
	int		 in, out;	/* descriptors; in -1: no terminal */
	int		 signals;	/* signalfd(2), or -1 */
	sigset_t	 before;
	struct termios	 saved;
	int		 ended_by;	/* a signal, or 0 */
	int		 state;		/* of a key's sequence */
};

/*
 * Takes the terminal where in and out (NULL: none) are one, and the signals in
 * any case. Without a terminal nothing is read of in. What is printed goes to
 * the terminal as it is: a new line is "\r\n".
 */
void	 rawtty_begin(struct rawtty *, FILE *in, FILE *out);

/*
 * Waits for a key, at most so many milliseconds (-1: no end), or until a
 * further descriptor (-1: none) can be read.
 */
enum key rawtty_key(struct rawtty *, int ms, int fd);

/* Gives all of it back; a signal that came has its effect then. */
void	 rawtty_end(struct rawtty *);

#endif
