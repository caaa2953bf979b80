/* SPDX-License-Identifier: ISC */
/*
 * `sshportal import`: everything of an original sshportal, its host key
 * included, becomes this portal's. For whom the portal's files permit it
 * anyway, as `sshportal admin` is.
 */
#ifndef MONITOR_IMPORT_H
#define MONITOR_IMPORT_H

struct secret_settings;
struct settings;

enum import_source {
	IMPORT_NOWHERE,
	IMPORT_SQLITE,
	IMPORT_MYSQL,
	IMPORT_JSON		/* what `config backup` printed */
};

struct import_options {
	enum import_source	 source;
	const char		*from;		/* file, or DSN; borrowed */
	int			 dry_run;	/* say it all, change nothing */
	int			 replace;	/* an inventory that is there */
};

/*
 * Reads the original, prints what is worth knowing about it on standard
 * output, makes the portal's database and master key where there are none yet,
 * and loads everything in one transaction. The original's AES key is that of
 * the secret settings, which are wiped and freed. Privileges are dropped for
 * good once the original was read. Returns an exit status, 0 or 1.
 */
int	import_main(const struct settings *, struct secret_settings *,
	    const struct import_options *);

#endif
