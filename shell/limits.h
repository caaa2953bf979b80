/* SPDX-License-Identifier: ISC */
/*
 * What limits people and keys alike: --from, where they come from, and
 * --expires; and that an administrator is left who can log in.
 */
#ifndef SHELL_LIMITS_H
#define SHELL_LIMITS_H

#include <stdint.h>

#include "db/user.h"

struct cmd_call;

/* The options, with what they are of. */
#define OPT_FROM(text)							\
	{ .name = "from", .kind = VALUE_TEXT, .flags = OPT_LIST,	\
	    .arg = "CIDR", .brief = (text) }
#define OPT_EXPIRES(text)						\
	{ .name = "expires", .kind = VALUE_WHEN, .arg = "TIME",		\
	    .brief = (text) }

/*
 * The networks of --from as they are stored: *list gets them (caller frees), or
 * stays as it is without that option. Returns DB_OK or what cmd_fail()
 * returned.
 */
int	limits_from(struct cmd_call *, char **list);

/*
 * Whether the caller, if the user is they themselves, could come back from
 * where they are with this list (NULL: any). Returns the same.
 */
int	limits_keep_me(struct cmd_call *, int64_t user, const char *list);

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
