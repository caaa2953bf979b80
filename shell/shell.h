/* SPDX-License-Identifier: ISC */
/*
 * The command interpreter's process.
 */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include <stdint.h>

struct db;
struct errander;
struct sealer;
struct settings;

/* All borrowed. Standard input, output and error are in place. */
struct shell_args {
	const char		*driver;	/* "sqlite3" or "mysql" */
	const char		*db_conn;	/* file, or DSN */
	const char		*db_password;	/* instead of the DSN's; may
						   be NULL */
	int64_t			 user;		/* who was authenticated */
	const char		*source;	/* their address, for events */
	int			 vault;		/* to the monitor (vault.h) */
	const char		*command;	/* one command; NULL: a prompt
						   on a pty, else lines of
						   input */
	int			 pty;		/* the three are a terminal */
	const struct settings	*settings;

	/* At the machine itself, where no monitor stands behind it: */
	const char		*local;		/* who, for events; NULL:
						   nobody, see no further */
	struct db		*db;		/* open, closed here; instead of
						   driver and db_conn */
	const struct sealer	*sealer;	/* instead of the vault */
	const struct errander	*errander;	/* the same */
	char *const		*words;		/* the command, split; instead
						   of command */
	size_t			 nwords;
};

/*
 * Runs in a process of its own, forked by the monitor without any secret and
 * without its store's connection; or started by the machine's administrator
 * (args->local), for whom nobody is asked. Opens the store itself; who the
 * user is and may do, it reads there before each command. Returns the exit
 * status: 0, 1 for failures, 2 for usage errors; of several lines that of the
 * last that failed. A prompt always ends with 0.
 */
int	shell_main(const struct shell_args *);

#endif
