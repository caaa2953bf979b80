/* SPDX-License-Identifier: ISC */
/*
 * What a host's shell is given to change its authorized_keys.
 */
#ifndef MONITOR_ERRAND_SCRIPT_H
#define MONITOR_ERRAND_SCRIPT_H

struct key;

/*
 * A script for a POSIX shell, which reads it from its standard input
 * (child/errand.c): no login shell in between has anything to take apart.
 *
 * With an incoming key: puts a line of it after each of the old one, with the
 * same options and comment, unless it is there. Without (NULL): takes the
 * lines of the old key away. It looks into ~/.ssh/authorized_keys and
 * authorized_keys2, follows symbolic links, and replaces a file at once, with
 * its mode and owner, or leaves it as it was. Exit status 0; 3 when there was
 * no line to put the incoming key beside; else 4; the reason is the last line
 * that begins with "sshportal: ". Caller frees; NULL when a key is damaged.
 */
char	*errand_script(const struct key *old, const struct key *incoming);

#endif
