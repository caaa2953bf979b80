/* SPDX-License-Identifier: ISC */
/*
 * The file sshportal.yaml: one mapping of keys to values.
 */
#ifndef DAEMON_CONF_FILE_H
#define DAEMON_CONF_FILE_H

#include "daemon/conf.h"

/*
 * Sets all that the file says. Returns 0, or -1 with a sentence in err that
 * names file, line and column. An unknown key is an error.
 */
int	conf_file_load(struct conf *, const char *path, char *err,
	    size_t);

#endif
