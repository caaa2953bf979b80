/* SPDX-License-Identifier: ISC */
/*
 * `sshportal backup FILE`: a copy of a live SQLite database.
 */
#ifndef MONITOR_BACKUP_H
#define MONITOR_BACKUP_H

struct secret_settings;
struct settings;

/*
 * Copies the database, as it stands at one moment, to a new file (mode 0600),
 * which has that name only when it is whole and on the disk. The portal may be
 * running. The caller makes the file; the database is read with the privileges
 * of a monitor. Returns an exit status: 0 or 1, having said what came of it.
 */
int	backup_main(const struct settings *, struct secret_settings *,
	    const char *path);

#endif
