/* SPDX-License-Identifier: ISC */
/*
 * The prompt.
 */
#ifndef SHELL_LINE_H
#define SHELL_LINE_H

struct shell;

/*
 * Greets, and runs the lines that are typed on standard input, a terminal,
 * until "exit", Ctrl-D, or its end. Returns 0.
 */
int	line_loop(struct shell *, const char *name);

#endif
