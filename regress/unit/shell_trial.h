/* SPDX-License-Identifier: ISC */
/*
 * A shell under test: it runs lines against a fixture's store, with a sealer
 * of our own and its output caught.
 */
#ifndef REGRESS_UNIT_SHELL_TRIAL_H
#define REGRESS_UNIT_SHELL_TRIAL_H

#include <stddef.h>
#include <stdint.h>

#include "db/seal.h"
#include "shell/run.h"

/* A shell whose output is caught. */
struct trial {
	struct shell	 sh;
	struct sealer	 sealer;
	int		 refuse;	/* the sealer says no */
	char		*out, *err;
	size_t		 outlen, errlen;
	int64_t		 admin;
};

/*
 * A shell of a new administrator "root"; the default groups are there, and the
 * host group "ops". End with trial_end().
 */
void	trial_begin(struct trial *, struct db *);
void	trial_end(struct trial *);

/* Runs a line and returns its status; t->out and t->err are what it printed. */
int	run(struct trial *, const char *line);

/* It succeeds, and says nothing on standard error. */
void	ok(struct trial *, const char *line);

/*
 * It fails with this status and an error that says this, and prints nothing
 * else but, for usage errors, what the usage is.
 */
void	fails(struct trial *, int status, const char *line, const char *says);

/* A user with one role (NULL: none). */
int64_t	add_user(struct db *, const char *name, const char *role);

int64_t	count_events(struct trial *);

/* The sealer's way back, for looking into sealed values. */
int	trial_open(void *trial, const char *table, const char *column,
	    int64_t row, const char *sealed, void **plain, size_t *len);

#endif
