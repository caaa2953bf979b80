/* SPDX-License-Identifier: ISC */
/*
 * The command line of the server, and what leads from it to settings.
 */
#ifndef DAEMON_FLAGS_H
#define DAEMON_FLAGS_H

#include <stdio.h>

#include "daemon/conf.h"

#define FLAGS_MAX	64	/* flags on one command line */

struct flags {
	const char	*config_file;	/* --config, or NULL */
	int		 check;
	int		 help;
	size_t		 nvalues;
	struct {
		const struct conf_key	*key;
		const char		*value;
	}		 values[FLAGS_MAX];
};

/*
 * Reads the words after "server": --flag VALUE, --flag=VALUE, -f VALUE,
 * -f=VALUE, -fVALUE. Values are borrowed from argv. Returns 0, or -1 with a
 * sentence.
 */
int	flags_parse(struct flags *, int argc, char **argv, char *err,
	    size_t);

/*
 * The same up to the first word that is no flag, or past a "--"; *used is how
 * many words were read.
 */
int	flags_parse_head(struct flags *, int argc, char **argv, int *used,
	    char *err, size_t);

/* Prints all flags of the server. */
void	flags_usage(FILE *);

enum flags_result {
	FLAGS_OK,
	FLAGS_USAGE,		/* a flag's value is at fault */
	FLAGS_BAD		/* file or environment is */
};

/*
 * Fills a config that conf_init() has made: file, environment, flags. Sets
 * config_file in it to the file that was read. On an error there is a sentence.
 */
enum flags_result flags_load(const struct flags *, struct conf *,
	    char *err, size_t);

#endif
