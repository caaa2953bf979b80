/* SPDX-License-Identifier: ISC */
/*
 * From the first words of a line to a command. Nouns, verbs and their aliases
 * may be cut short as long as only one fits.
 */
#ifndef SHELL_LOOKUP_H
#define SHELL_LOOKUP_H

#include <stddef.h>

#include "shell/cmd.h"

struct lookup {
	const struct cmd_entry	*entry;	/* the command, or NULL */
	const char		*noun;	/* without one: help for this noun is
					   wanted, or NULL */
	size_t			 used;	/* words that named it */
	int			 help;	/* "help" stood among them */
	int			 lacks_verb;
};

/*
 * Finds the command that n words (n > 0) begin with. Returns 0, or -1 and a
 * sentence in err (CMD_ERROR_MAX bytes) that names what is near.
 */
int	lookup_command(char *const *words, size_t n, struct lookup *,
	    char *err);

/* The entry of exactly these names, or NULL; verb may be NULL. */
const struct cmd_entry *lookup_entry(const char *noun, const char *verb);

/* The next entry after e (NULL: the first) with this noun, or NULL. */
const struct cmd_entry *lookup_next(const char *noun,
	    const struct cmd_entry *e);

#endif
