/* SPDX-License-Identifier: ISC */
/*
 * The options and operands of one command line, as its entry declares them.
 */
#ifndef SHELL_OPTIONS_H
#define SHELL_OPTIONS_H

#include <stddef.h>

#include "shell/cmd.h"

struct option_value {
	int	  given;	/* on the line; else texts is the fallback */
	int	  on;		/* VALUE_FLAG */
	int	  asked;	/* OPT_ASKED, and no value: to be asked for */
	char	 *secret;	/* what was answered; sodium's memory */
	char	**texts;	/* owned; one, or those of a list */
	size_t	  n;
};

struct parsed {
	const struct cmd_entry	*entry;
	struct option_value	*opts;		/* one for each option */
	char			**operands;	/* owned */
	size_t			 noperands;
	int			 help;		/* --help or -h was there */
	/*
	 * The words as they may be written down: values of secret options and
	 * passwords in URLs stand as ****. Owned.
	 */
	char			**masked;
	size_t			 nmasked;
};

/*
 * Reads n words: "--name value", "--name=value", "-n value", "-nvalue",
 * "-n=value", flags together as "-lq", "--flag=false"; in any order with the
 * operands; "--" ends the options. Checks numbers, choices, moments and how
 * many operands there are, unless help was asked for. Returns 0, or -1 and a
 * sentence in err (CMD_ERROR_MAX bytes). Free with options_free() in any case.
 */
int	options_parse(const struct cmd_entry *, char *const *words, size_t n,
	    struct parsed *, char *err);

void	options_free(struct parsed *);

/* How many options the command has. */
size_t	option_count(const struct cmd_entry *);

/* The option of this long name, with its place in *i unless that is NULL. */
const struct cmd_opt	*option_find(const struct cmd_entry *,
	    const char *name, size_t len, size_t *i);
const struct cmd_opt	*option_find_letter(const struct cmd_entry *,
	    char letter, size_t *i);

#endif
