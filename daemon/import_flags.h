/* SPDX-License-Identifier: ISC */
/*
 * The flags that only `sshportal import` has, beside those of the server.
 */
#ifndef DAEMON_IMPORT_FLAGS_H
#define DAEMON_IMPORT_FLAGS_H

#include <stddef.h>

#include "monitor/import.h"

struct import_flags {
	struct import_options	 options;
	const char		*aes_key_file;	/* NULL without one */
	int			 argc;		/* the rest: flags of the */
	char			**argv;		/* server; free() argv */
};

/*
 * Takes its own flags out of the words after "import". Values are borrowed
 * from them. Returns 0, or -1 with a sentence.
 */
int	import_flags_parse(struct import_flags *, int argc, char **argv,
	    char *err, size_t errlen);

/*
 * The first line of a file, malloc'ed: caller wipes and frees. Returns NULL
 * with a sentence.
 */
char	*import_flags_key(const char *path, char *err, size_t errlen);

#endif
