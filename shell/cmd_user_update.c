/* SPDX-License-Identifier: ISC */
/*
 * user: changing and removing people. Nothing here leaves the portal without
 * an administrator where there was one.
 */
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/group.h"
#include "db/user.h"
#include "lib/token.h"
#include "lib/xmalloc.h"
#include "shell/admins.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/cmd_user.h"
#include "shell/limits.h"
#include "shell/names.h"
#include "shell/run.h"
#include "shell/when.h"

#define TOKEN_CHARS_MIN	16
#define TOKEN_CHARS_MAX	128

/* user rm -- remove users */

static int
user_rm_exec(struct cmd_call *c)
{
	const struct refs	*t = &c->targets;
	struct admins_before	 before;
	size_t			 i;
	int			 r;

	if ((r = admins_count(c, 0, &before)) != DB_OK)
		return (r);
	for (i = 0; r == DB_OK && i < t->n; i++) {
		if (t->v[i].id == c->me->id)
			r = cmd_fail(c, "you cannot remove yourself: another "
			    "administrator can");
		else
			r = user_remove(c->sh->db, t->v[i].id);
	}
	return (r == DB_OK ? admins_remain(c, &before) : r);
}

const struct cmd_entry cmd_user_rm = {
	.noun = "user", .verb = "rm",
	.brief = "remove users, with their keys; their sessions stay on "
	    "record",
	.operands = { "USER", VALUE_USER, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = user_rm_exec,
};

/* user update -- change users */

static const struct cmd_opt	update_opts[] = {
	{ .name = "name", .letter = 'n', .kind = VALUE_TEXT, .arg = "NAME",
	    .brief = "their login name here (of one user only)" },
	{ .name = "email", .letter = 'e', .kind = VALUE_TEXT, .arg = "E-MAIL",
	    .brief = "their e-mail (of one user only)" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = "invite_token", .letter = 'i', .kind = VALUE_TEXT,
	    .flags = OPT_SECRET, .arg = "TOKEN",
	    .brief = "open an invite for 7 days with a token of your own "
	    "(of one user only)" },
	{ .name = "max-uses", .letter = 'm', .kind = VALUE_NUMBER,
	    .arg = "N", .brief = "how many keys the invite still binds" },
	{ .name = "remove_invite", .letter = 'R', .kind = VALUE_FLAG,
	    .brief = "withdraw the invite" },
	{ .name = "set-admin", .kind = VALUE_FLAG,
	    .brief = "make them administrators" },
	{ .name = "unset-admin", .kind = VALUE_FLAG,
	    .brief = "no longer administrators" },
	{ .name = "assign-role", .letter = 'r', .kind = VALUE_CHOICE,
	    .flags = OPT_LIST, .arg = "ROLE", .brief = "give a role",
	    .choices = user_role_names },
	{ .name = "unassign-role", .kind = VALUE_CHOICE, .flags = OPT_LIST,
	    .arg = "ROLE", .brief = "take a role away",
	    .choices = user_role_names },
	{ .name = "assign-group", .letter = 'g', .kind = VALUE_USERGROUP,
	    .flags = OPT_LIST, .arg = "GROUP", .brief = "add to a user group" },
	{ .name = "unassign-group", .kind = VALUE_USERGROUP,
	    .flags = OPT_LIST, .arg = "GROUP",
	    .brief = "take out of a user group" },
	OPT_EXPIRES("until when they may log in"),
	{ .name = "unset-expires", .kind = VALUE_FLAG,
	    .brief = "they may log in without an end" },
	OPT_FROM("the networks that they may log in from"),
	{ .name = "unset-from", .kind = VALUE_FLAG,
	    .brief = "they may log in from anywhere" },
	{ .name = "disable", .kind = VALUE_FLAG,
	    .brief = "they may not log in for now" },
	{ .name = "enable", .kind = VALUE_FLAG,
	    .brief = "they may log in again" },
	{ .name = NULL }
};

/* The end that is given, if it is. */
static int
take_expires(struct cmd_call *c, int64_t *until)
{
	if (opt_given(c, "expires") &&
	    (when_parse(opt_text(c, "expires"), c->now, until) == -1 ||
	    *until <= c->now))
		return (cmd_fail(c, "--expires is in the past: --disable "
		    "keeps somebody out at once"));
	return (DB_OK);
}

/* From where and until when. */
static int
update_limits(struct cmd_call *c, struct user *u)
{
	char	*from = NULL;
	int	 r;

	if ((r = take_expires(c, &u->expires_at)) != DB_OK ||
	    (r = limits_from(c, &from)) != DB_OK)
		return (r);
	if (opt_given(c, "unset-expires"))
		u->expires_at = 0;
	if (from != NULL || opt_given(c, "unset-from")) {
		free(u->allowed_from);
		u->allowed_from = from;
	}
	return (from != NULL ? limits_keep_me(c, u->id, from) : DB_OK);
}

/* Name, e-mail, comment, limits, and whether they may log in. */
static int
update_row(struct cmd_call *c, struct user *u)
{
	int	r;

	if ((r = update_limits(c, u)) != DB_OK)
		return (r);
	if (opt_given(c, "disable"))
		u->disabled = 1;
	if (opt_given(c, "enable"))
		u->disabled = 0;
	if (opt_given(c, "name")) {
		free(u->name);
		u->name = xstrdup(opt_text(c, "name"));
	}
	if (opt_given(c, "email")) {
		free(u->email);
		u->email = xstrdup(opt_text(c, "email"));
	}
	if (opt_given(c, "comment")) {
		free(u->comment);
		u->comment = xstrdup(opt_text(c, "comment"));
	}
	if ((r = user_update(c->sh->db, u)) == DB_EXISTS)
		return (cmd_fail(c, "there is a user \"%s\" already", u->name));
	return (r);
}

static int
update_invite(struct cmd_call *c, const struct user *u)
{
	struct db	*db = c->sh->db;
	char		 hash[TOKEN_HASH_SIZE];
	int64_t		 uses = 1;
	int		 r;

	if (opt_given(c, "remove_invite"))
		return (user_set_invite(db, u->id, NULL, 0));
	if (opt_given(c, "max-uses"))
		uses = opt_number(c, "max-uses");
	if (opt_given(c, "invite_token")) {
		token_hash(opt_text(c, "invite_token"), hash);
		r = user_open_invite(db, u->id, hash, c->now + INVITE_LIFE,
		    uses);
		return (r != DB_EXISTS ? r : cmd_fail(c, "this token cannot "
		    "be used: take another"));
	}
	if (!opt_given(c, "max-uses"))
		return (DB_OK);
	r = user_set_invite_uses(db, u->id, uses);
	return (r != DB_NOTFOUND ? r : cmd_fail(c, "\"%s\" has no open "
	    "invite: \"user invite --again\" makes one", u->name));
}

static int
update_roles(struct cmd_call *c, int64_t id)
{
	struct db	*db = c->sh->db;
	size_t		 i;
	int		 r = DB_OK;

	for (i = 0; r == DB_OK && i < opt_count(c, "assign-role"); i++)
		r = user_role_add(db, id, opt_nth(c, "assign-role", i));
	for (i = 0; r == DB_OK && i < opt_count(c, "unassign-role"); i++)
		r = user_role_remove(db, id, opt_nth(c, "unassign-role", i));
	if (r == DB_OK && opt_given(c, "set-admin"))
		r = user_role_add(db, id, ROLE_ADMIN);
	if (r == DB_OK && opt_given(c, "unset-admin"))
		r = user_role_remove(db, id, ROLE_ADMIN);
	return (r);
}

static int
update_user(struct cmd_call *c, int64_t id)
{
	struct user	*u;
	int		 r;

	if ((r = user_get(c->sh->db, id, &u)) != DB_OK)
		return (r);
	if ((r = update_row(c, u)) == DB_OK &&
	    (r = update_invite(c, u)) == DB_OK &&
	    (r = update_roles(c, id)) == DB_OK)
		r = cmd_change_groups(c, GROUP_USER, id);
	user_free(u);
	return (r);
}

static int
token_is_good(const char *token)
{
	size_t	len = strspn(token, "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return (token[len] == '\0' && len >= TOKEN_CHARS_MIN &&
	    len <= TOKEN_CHARS_MAX);
}

/* What was asked for, without a look at the rows. */
static int
update_check(struct cmd_call *c)
{
	static const char *const	single[] = { "name", "email",
					    "invite_token", NULL };
	static const char *const	either[][2] = {
		{ "set-admin", "unset-admin" }, { "disable", "enable" },
		{ "expires", "unset-expires" }, { "from", "unset-from" },
		{ "invite_token", "remove_invite" },
		{ "max-uses", "remove_invite" }, { NULL, NULL }
	};
	char	err[NAMES_ERROR_MAX];
	int	r;

	if ((r = opts_check(c, single, either)) != DB_OK)
		return (r);
	if (opt_given(c, "name") && name_check_login(opt_text(c, "name"),
	    c->sh->settings, err) == -1)
		return (cmd_fail(c, "%s", err));
	if (opt_given(c, "max-uses") && (r = user_check_uses(c)) != DB_OK)
		return (r);
	if (opt_given(c, "invite_token") &&
	    !token_is_good(opt_text(c, "invite_token")))
		return (cmd_fail(c, "--invite_token takes %d to %d letters "
		    "and digits: \"user invite --again\" makes a good one",
		    TOKEN_CHARS_MIN, TOKEN_CHARS_MAX));
	if (!opt_given(c, "email") || *opt_text(c, "email") == '\0')
		return (DB_OK);
	return (user_check_email(c, opt_text(c, "email"),
	    c->targets.v[0].id));
}

static int
user_update_exec(struct cmd_call *c)
{
	const struct refs	*t = &c->targets;
	struct admins_before	 before;
	int64_t			 until = 0;
	size_t			 i;
	int			 r;

	if ((r = update_check(c)) != DB_OK ||
	    (r = take_expires(c, &until)) != DB_OK ||
	    (r = admins_count(c, until, &before)) != DB_OK)
		return (r);
	for (i = 0; r == DB_OK && i < t->n; i++) {
		if (opt_given(c, "disable") && t->v[i].id == c->me->id)
			r = cmd_fail(c, "you cannot disable yourself: another "
			    "administrator can");
		else
			r = update_user(c, t->v[i].id);
	}
	return (r == DB_OK ? admins_remain(c, &before) : r);
}

const struct cmd_entry cmd_user_update = {
	.noun = "user", .verb = "update",
	.brief = "change users",
	.opts = update_opts,
	.operands = { "USER", VALUE_USER, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = user_update_exec,
};
