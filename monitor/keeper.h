/* SPDX-License-Identifier: ISC */
/*
 * The keeper: one an instance. It alone writes what happens within sessions,
 * seals the audit log, says that the instance lives, and closes the rows of
 * sessions that died. It sleeps but for what monitors send and for a heartbeat
 * every ten seconds.
 */
#ifndef MONITOR_KEEPER_H
#define MONITOR_KEEPER_H

#include "lib/reach.h"

struct settings;

/*
 * Runs until the daemon's end of ctl is closed and no session of this instance
 * is left, or until another keeper takes over. ctl is any socket to the daemon:
 * nothing is read from it but its end (-1: none, the keeper then runs until
 * another takes over). Called in a forked process, as root or as the user;
 * closes every other descriptor but the standard ones. Exit status 0, or 1
 * after an error that was logged.
 *
 * There may be an older keeper (after a reload): it is asked to hand over,
 * and does so after it has written or spooled what it holds.
 */
void	keeper_main(int ctl, int secrets_fd, const struct settings *)
	    __attribute__((noreturn));

/* Beside KEEPER_SOCKET in run_dir. */
#define KEEPER_LOCK	"keeper.lock"

#endif
