/* SPDX-License-Identifier: ISC */
/*
 * That an administrator is left who can log in.
 */
#include "db/db.h"
#include "shell/admins.h"
#include "shell/cmd.h"
#include "shell/run.h"

int
admins_count(struct cmd_call *c, int64_t when, struct admins_before *b)
{
	int	r;

	b->when = when;
	r = user_admins(c->sh->db, c->now, &b->now);
	if (r == DB_OK && when != 0)
		r = user_admins(c->sh->db, when, &b->then);
	return (r);
}

static int
were_lost(const struct admins *before, const struct admins *after)
{
	return ((after->usable == 0 && before->usable > 0) ||
	    (after->with_key == 0 && before->with_key > 0));
}

int
admins_remain(struct cmd_call *c, const struct admins_before *b)
{
	struct admins_before	after;
	int			r;

	if ((r = admins_count(c, b->when, &after)) != DB_OK)
		return (r);
	if (were_lost(&b->now, &after.now))
		return (cmd_fail(c, "no administrator would be left who can "
		    "log in: make somebody else one first"));
	if (b->when != 0 && were_lost(&b->then, &after.then))
		return (cmd_fail(c, "from then on no administrator would be "
		    "left who can log in: make somebody else one first"));
	return (DB_OK);
}
