/* SPDX-License-Identifier: ISC */
/*
 * The words of the limits per source, as sshd_config(5) has them.
 */
#ifndef DAEMON_CONF_SOURCES_H
#define DAEMON_CONF_SOURCES_H

#include "lib/settings.h"

/*
 * PerSourceNetBlockSize: "32:64" or "24". Returns 0, or -1 if it is not that.
 */
int	conf_sources_blocks(struct settings *, const char *);

/*
 * PerSourcePenalties: "no" or "yes", or words with blanks between them; those
 * that are not named are as defaults has them, which names all but overflow6.
 * Returns 0, or -1, and then nothing has changed.
 */
int	conf_sources_penalties(struct settings *, const char *defaults,
	    const char *value);

#endif
