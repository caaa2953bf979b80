/* SPDX-License-Identifier: ISC */
/*
 * Secrets that are not words of a command: typed at a terminal, where they do
 * not show, or a line of standard input.
 */
#ifndef SHELL_SECRET_H
#define SHELL_SECRET_H

#include <stddef.h>
#include <stdio.h>

struct cmd_call;

#define SECRET_MAX	1024	/* bytes of one */

/*
 * Reads a secret that is called `what`. On a terminal it is asked for, and
 * Ctrl-C or an empty line give up. Returns DB_OK and NUL-terminated text in
 * *secret (sodium's memory, caller frees), or what cmd_fail() returned.
 */
int	secret_read(struct cmd_call *, const char *what, char **secret);

/*
 * From here to the second call nothing that is typed shows, and Ctrl-C is a
 * character that ends a line. If it is no terminal, nothing happens.
 */
void	secret_hide(FILE *);
void	secret_show(FILE *);

/*
 * One line into buf, without its end, which may be CR, LF or both. On a
 * terminal nothing of it stays in any buffer. Returns its length, or -1 at the
 * end of input and after Ctrl-C; a line of size bytes or more is cut, and its
 * rest read away.
 */
int	secret_line(FILE *, char *buf, size_t size);

/* Gives standard input a buffer that is wiped by the second call. */
void	secret_stdin_begin(void);
void	secret_stdin_end(void);

#endif
