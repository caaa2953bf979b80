/* SPDX-License-Identifier: ISC */
/*
 * The one-shot process before the first listen: directories, schema, master
 * key, first rows, and the first administrator's invite.
 */
#ifndef MONITOR_SETUP_H
#define MONITOR_SETUP_H

struct settings;

/*
 * Does all of it, in the calling process, which is a forked one: it drops its
 * privileges on the way. Prints what to type next on standard output (unless
 * quiet_start) and each failure as one sentence on standard error. Harmless
 * when run again, and by several instances at once. Takes the secrets_fd over.
 * Returns an exit status, 0 or 1.
 */
int	setup_main(int secrets_fd, const struct settings *);

#endif
