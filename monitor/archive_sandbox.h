/* SPDX-License-Identifier: ISC */
/*
 * The archivist's wall: of all files, the recordings; no sockets but the one
 * that it has, no programs, no other processes.
 */
#ifndef MONITOR_ARCHIVE_SANDBOX_H
#define MONITOR_ARCHIVE_SANDBOX_H

/*
 * Compiles the filter of system calls; once, in the keeper, so that each
 * archivist has only to load it. Returns 0, or -1 after having logged why.
 */
int	archive_sandbox_prepare(void);

/*
 * From here on only what is below this directory (a descriptor) can be opened,
 * and calls that no archivist needs fail with EPERM. Returns 0, or -1 after
 * having logged why; a kernel without Landlock is no reason.
 */
int	archive_sandbox_enter(int dir);

#endif
