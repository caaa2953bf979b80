/* SPDX-License-Identifier: ISC */
/*
 * Help, made from the entries of the commands.
 */
#ifndef SHELL_HELP_H
#define SHELL_HELP_H

#include "shell/cmd.h"

struct user;

/* All return text that the caller frees. */

/* What a user may run (NULL: all commands), by noun, with their briefs. */
char	*help_all(const struct user *);

/* Those of one noun that a user may run (NULL: all). */
char	*help_noun(const char *noun, const struct user *);

/* A command with its options, and the role that it takes. */
char	*help_entry(const struct cmd_entry *);

/* "usage: host rm HOST...", one line without newline. */
char	*help_usage(const struct cmd_entry *);

#endif
