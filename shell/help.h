/* SPDX-License-Identifier: ISC */
/*
 * Help, made from the entries of the commands.
 */
#ifndef SHELL_HELP_H
#define SHELL_HELP_H

#include "shell/cmd.h"

/* All return text that the caller frees. */

/* What a user may run (NULL: all commands), by noun, with their briefs. */
char	*help_all(const struct user *);

/* The commands of one noun. */
char	*help_noun(const char *noun);

/* A command with its options. */
char	*help_entry(const struct cmd_entry *);

/* "usage: host rm HOST...", one line without newline. */
char	*help_usage(const struct cmd_entry *);

#endif
