/* SPDX-License-Identifier: ISC */
/*
 * `sshportal admin`: the admin shell's commands at the machine itself, for
 * those whom its files permit it anyway: root and the owner of the database.
 * The way back in for an administrator who is locked out.
 */
#ifndef MONITOR_LOCAL_H
#define MONITOR_LOCAL_H

#include <stddef.h>

struct db;
struct secret_settings;
struct settings;

/*
 * Loads the master key, drops its privileges for good, opens the store and
 * runs one command of n words (a word alone is split as a line is); without
 * one, what is typed at a prompt or comes on standard input. Whether the
 * portal runs meanwhile does not matter. The secrets are wiped and freed once
 * they have been used. Returns an exit status: 0, 1 for failures, 2 for usage.
 */
int	local_main(const struct settings *, struct secret_settings *,
	    char *const *words, int n);

/*
 * Whether the database is a file of ours, or we are root, or it is no file at
 * all. Returns 0, or -1 with a sentence that says what to do instead.
 */
int	local_owner_check(const struct settings *, char *err, size_t errlen);

/*
 * Loads the master key, drops the privileges for good and opens the store,
 * which must be set up. Returns 0, or -1 with a sentence.
 */
int	local_open(const struct settings *, const struct secret_settings *,
	    struct db **, char *err, size_t errlen);

/* Who calls, as events have it: "root (local)". Caller frees. */
char	*local_name(void);

#endif
