/* SPDX-License-Identifier: ISC */
/*
 * The words of the limits per source, as sshd_config(5) has them.
 */
#ifndef DAEMON_CONF_SOURCES_H
#define DAEMON_CONF_SOURCES_H

#include "lib/settings.h"

/*
 * Milder than sshd's for what a person can do by mistake: behind one address
 * there may be a whole office, of which one has a loop that logs in with the
 * wrong key, and there are no passwords to guess here. One failure a second
 * goes on for ever, and thirty at once are forgiven.
 */
#define CONF_SOURCES_PENALTIES						\
	"crash:90s authfail:1s noauth:1s grace-exceeded:10s "		\
	"refuseconnection:1s max:10m min:30s max-sources4:65536 "	\
	"max-sources6:65536 overflow:permissive"

/*
 * PerSourceNetBlockSize: "32:64" or "24". Returns 0, or -1 if it is not that.
 */
int	conf_sources_blocks(struct settings *, const char *);

/*
 * PerSourcePenalties: "no" or "yes", or words with blanks between them; those
 * that are not named have their defaults. Returns 0, or -1, and then nothing
 * has changed.
 */
int	conf_sources_penalties(struct settings *, const char *);

#endif
