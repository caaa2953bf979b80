/* SPDX-License-Identifier: ISC */
/*
 * `sshportal verify`: whether the audit log is as it was written.
 */
#ifndef MONITOR_VERIFY_H
#define MONITOR_VERIFY_H

struct settings;

/*
 * Walks the sealed events and prints, a line each, what was edited, is missing
 * or was cut off, then a summary. Drops its privileges first. Takes secrets_fd
 * over. Returns an exit status: 0 all is well, 1 something is not or could not
 * be checked.
 */
int	verify_main(int secrets_fd, const struct settings *);

#endif
