/* SPDX-License-Identifier: ISC */
/*
 * The one-shot process before the first listen: directories, schema, master
 * key, first rows, and the first administrator's invite.
 */
#ifndef MONITOR_SETUP_H
#define MONITOR_SETUP_H

#include <stddef.h>

struct settings;

/*
 * Does all of it, in the calling process, which is a forked one: it drops its
 * privileges on the way. Prints what to type next on standard output (unless
 * quiet_start) and each failure as one sentence on standard error. Harmless
 * when run again, and by several instances at once. Takes the secrets_fd over.
 * Returns an exit status, 0 or 1.
 */
int	setup_main(int secrets_fd, const struct settings *);

/*
 * Whether an operator's own token for the first invite ("": none) fits a login
 * name. Returns 0, or -1 and a sentence.
 */
int	setup_check_preset(const char *token, char *err, size_t errlen);

#endif
