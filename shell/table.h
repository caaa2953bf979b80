/* SPDX-License-Identifier: ISC */
/*
 * Rows as a table, for shell/output.c.
 */
#ifndef SHELL_TABLE_H
#define SHELL_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct result;

/*
 * Prints a line of heads and the rows; nothing when there are none. With a
 * width (columns of a terminal) lines fit it: first times are told shorter,
 * then the widest columns are cut. Width 0: nothing is cut.
 */
void	 table_print(FILE *, int width, const struct result *, int64_t now);

/*
 * The cell of a row and a field as people read it, escaped; caller frees.
 * brief: times are told shortly.
 */
char	*table_cell(const struct result *, size_t row, size_t field,
	    int64_t now, int brief);

#endif
