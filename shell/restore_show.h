/* SPDX-License-Identifier: ISC */
/*
 * The report of a restore, as people read it.
 */
#ifndef SHELL_RESTORE_SHOW_H
#define SHELL_RESTORE_SHOW_H

#include "shell/restore.h"

/*
 * Lines: a table of the kinds of rows that were found, then a hundred notes of
 * each grade, escaped, and how many more there are. Caller frees.
 */
char	*restore_show(const struct restore_report *);

#endif
