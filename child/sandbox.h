/* SPDX-License-Identifier: ISC */
/*
 * The wall around a child: after it there are no files, no sockets but those
 * that the monitor hands in, no programs, no other processes.
 */
#ifndef CHILD_SANDBOX_H
#define CHILD_SANDBOX_H

struct settings;

/*
 * Compiles the system call filter; once, before anything is forked, so that
 * each child only has to load it. Ends the process when it cannot.
 */
void	sandbox_prepare(void);

/*
 * Gives up the file system (chroot, if root), the ids, and resources; to be
 * called with nothing open that must not be. Ends the process when one step
 * fails.
 */
void	sandbox_drop(const struct settings *);

/*
 * Landlock, the filter, no dumps: from here on a forbidden system call kills
 * the process with SIGSYS or fails with EACCES. Ends the process when the
 * filter cannot be loaded; a kernel without Landlock is only reported.
 */
void	sandbox_lock(void);

#endif
