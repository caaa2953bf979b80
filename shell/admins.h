/* SPDX-License-Identifier: ISC */
/*
 * That an administrator is left who can log in.
 */
#ifndef SHELL_ADMINS_H
#define SHELL_ADMINS_H

#include <stdint.h>

#include "db/user.h"

struct cmd_call;

/* The administrators who can log in before a change. */
struct admins_before {
	struct admins	 now;
	struct admins	 then;		/* and at `when` */
	int64_t		 when;		/* UTC seconds */
};

/*
 * Counts them now and, for a change that has an effect later, at `when` (0:
 * only now); and after the change sees to it that it does not take away the
 * last who is not disabled and not expired, or the last of these with a key.
 * Whoever changes users at the same time waits for this transaction, and then
 * looks too. Both return DB_OK, another class of the store's or what cmd_fail()
 * returned.
 */
int	admins_count(struct cmd_call *, int64_t when, struct admins_before *);
int	admins_remain(struct cmd_call *, const struct admins_before *);

#endif
