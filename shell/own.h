/* SPDX-License-Identifier: ISC */
/*
 * What is a person's own: of commands that everybody may run, those without the
 * role for all rows see and name these only. Another row is not there for them:
 * no answer tells whether it exists.
 *
 *	hosts		those that the rules let them reach
 *	host groups	those that the rules let them into
 *	users		themselves
 *	user keys	theirs
 *	keys		all: their public halves are no secret
 *	the rest	none
 */
#ifndef SHELL_OWN_H
#define SHELL_OWN_H

#include <stddef.h>
#include <stdint.h>

#include "shell/cmd.h"

struct db;
struct db_names;
struct host_list;
struct user;

/* Whose, and when. */
struct own {
	const struct user	*me;
	int64_t			 now;		/* UTC seconds */
};

/*
 * Whether a row of this kind, which there is, is theirs: *has is 1 or 0.
 * Returns DB_OK or another class; *has is 0 then.
 */
int	own_has(struct db *, const struct own *, enum value_kind, int64_t id,
	    int *has);

/* The i-th of n is l->v[which[i]], the accounts there accounts[which[i]]. */
struct own_hosts {
	size_t			*which;
	size_t			 n;
	struct host_list	*l;
	struct db_names		*accounts;	/* of acl_judge_hosts() */
};

/*
 * Theirs, newest first, limit at most (0: all). Returns DB_OK or another
 * class. own_hosts_free() in any case.
 */
int	own_hosts(struct db *, const struct own *, int64_t limit,
	    struct own_hosts *);
void	own_hosts_free(struct own_hosts *);

#endif
