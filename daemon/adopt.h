/* SPDX-License-Identifier: ISC */
/*
 * Sessions whose daemon died without a word. Their monitors are not ours to
 * reap, but each listens on a socket in the runtime directory, which tells its
 * pid; a pidfd then tells of its end and reaches it, whatever becomes of that
 * number.
 */
#ifndef DAEMON_ADOPT_H
#define DAEMON_ADOPT_H

#include <sys/types.h>

#include "lib/settings.h"

/*
 * Calls fn for every monitor that listens in run_dir and is no daemon's, be
 * it ours or one that drains; pidfd is close-on-exec and then the callee's. A
 * socket of a process that did not run as monitors do when it began to listen,
 * or does not now, is left alone. Waits for nobody but a process of its own,
 * which asks the kernel about each.
 */
void	adopt_scan(const struct settings *, void (*fn)(pid_t, int pidfd));

#endif
