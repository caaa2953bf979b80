/* SPDX-License-Identifier: ISC */
/*
 * A shell and the running of its command lines.
 */
#ifndef SHELL_RUN_H
#define SHELL_RUN_H

#include <stdint.h>
#include <stdio.h>

#include "shell/cmd.h"
#include "shell/output.h"

struct db;
struct errander;
struct sealer;
struct settings;

/* Exit statuses. */
#define RUN_OK		0
#define RUN_FAILED	1
#define RUN_USAGE	2

struct shell {
	struct db		*db;		/* not owned, any of these */
	int64_t			 user_id;	/* who is at it */
	/* After a restore the id may be somebody else's: */
	int64_t			 born;		/* when their row was made */
	int64_t			 born_id;	/* whose time that is */
	const char		*source;	/* and from where */
	const struct sealer	*sealer;
	const struct errander	*errander;	/* shell/errand.h; NULL: none */
	/*
	 * What whoever is at it signs to prove that a key is theirs
	 * (shell/proof.h), now or some minutes before; NULL: nobody asks them.
	 */
	int			(*challenge)(void *arg, int before, char *out,
				    size_t size);
	void			*challenge_arg;
	const struct settings	*settings;	/* may be NULL */
	const char		*local;		/* no account, but the machine's
						   own administrator, by this
						   name; else NULL */
	FILE			*in;		/* what commands read; or
						   NULL */
	struct output		 out;
	int			 done;		/* "exit" was said, or the
						   account is no longer */
};

/*
 * Runs one line, prints what comes of it, and returns one of the statuses
 * above. An empty line is no failure.
 */
int	run_line(struct shell *, const char *line);

/* The same with a line that was split already, into n words, 1 or more. */
int	run_words(struct shell *, char *const *words, size_t n);

/*
 * Reads the user of the shell; of a local one there is no row, so one is made
 * that is an administrator's. Returns DB_OK and the row (caller frees), or
 * another class and a sentence in err (CMD_ERROR_MAX bytes): the account is
 * gone, disabled or expired, or the store is away.
 */
int	run_identify(struct shell *, struct user **, char *err);

/*
 * What was asked for about commands (shell/lookup.h), of those that whoever is
 * at it may run; caller frees.
 */
struct lookup;
char	*run_help(struct shell *, const struct lookup *);

/* Whether a user (not NULL) may do what needs this role. */
int	run_permitted(const struct user *, enum cmd_role);

/* "admin or auditor": one of these it takes. Returns buf. */
#define RUN_NEEDS_SIZE	64
char	*run_needs(enum cmd_role, char buf[RUN_NEEDS_SIZE]);

#endif
