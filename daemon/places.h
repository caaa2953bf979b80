/* SPDX-License-Identifier: ISC */
/*
 * What follows from the settings: absolute paths, and under which uids monitors
 * and children run.
 */
#ifndef DAEMON_PLACES_H
#define DAEMON_PLACES_H

#include <stddef.h>

#include "daemon/conf.h"

/*
 * The uid of children when root starts a portal on a machine without the user
 * sshportal-child: above what any system hands out to people, services and
 * containers. Where it is not mapped (a user namespace) 65533 takes its place.
 */
#define PLACES_CHILD_USER	"sshportal-child"
#define PLACES_CHILD_UID	2000022022
#define PLACES_CHILD_UID_LOW	65533

/* The master key's name in $CREDENTIALS_DIRECTORY, see systemd.exec(5). */
#define PLACES_CREDENTIAL	"master-key"

/*
 * Makes paths absolute and fills in those that were not given. SQLite:
 * DBFILE.d, DBFILE.d/run. The master key is the credential, if there is one;
 * else, where the state directory is that of an installed portal, master.key in
 * its configuration directory (with MySQL only if it exists); else, with
 * SQLite, DBFILE.key. Returns 0, or -1 with a sentence.
 */
int	places_find(struct conf *, char *err, size_t);

/*
 * Sets the uids: -1 unless root calls. Monitors run as the owner of the
 * directory where the SQLite file lies (MySQL: of the state directory or its
 * nearest parent that exists); where that is root they keep CAP_DAC_OVERRIDE.
 * Returns 0, or -1 with a sentence.
 */
int	places_own(struct conf *, char *err, size_t);

/*
 * This program's absolute path: as it was called where that names the file
 * that runs, so that a replaced file or link is found by a reload. Caller
 * frees; NULL with errno.
 */
char	*places_program(const char *argv0);

/* Whether the file at path is no longer the one that runs. */
int	places_program_changed(const char *path);

#endif
