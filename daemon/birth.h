/* SPDX-License-Identifier: ISC */
/*
 * Forking the daemon's processes, and their end.
 */
#ifndef DAEMON_BIRTH_H
#define DAEMON_BIRTH_H

#include <sys/types.h>

/*
 * Forks a process in a session of its own, with a socket pair to it: the
 * daemon's end is put into *ctl, non-blocking and close-on-exec. In the new
 * process (0 is returned) *ctl is its own end, signals are as a program expects
 * them (SIGPIPE stays ignored), and no other descriptor is open than the
 * standard ones, that end and keep. Returns -1 with errno.
 */
pid_t	birth_fork(int *ctl, int keep);

/* The same for a process to which nothing is said; in our own session. */
pid_t	birth_fork_plain(int keep);

/*
 * Reaps one process that has ended, if there is one: its pid, else 0 or -1.
 * What is left of the group that it led is killed first, while its number is
 * still its own.
 */
pid_t	birth_reap(int *status);

/*
 * Ends what a monitor left behind: kills pid only if it is a child of ours
 * that has not been reaped, so that its number cannot be another's.
 */
void	birth_end_orphan(pid_t);

#endif
