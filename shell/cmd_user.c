/* SPDX-License-Identifier: ISC */
/*
 * user: the people.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/group.h"
#include "db/user.h"
#include "lib/token.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/names.h"
#include "shell/run.h"
#include "shell/when.h"

/* user invite -- make an account and the login that binds a key to it */

static const struct cmd_opt	invite_opts[] = {
	{ .name = "name", .letter = 'n', .kind = VALUE_TEXT, .arg = "NAME",
	    .brief = "their login name here (left of the @)" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = "group", .letter = 'g', .kind = VALUE_USERGROUP,
	    .flags = OPT_LIST, .arg = "GROUP", .brief = "user group",
	    .fallback = GROUP_DEFAULT },
	{ .name = "expires", .letter = 'e', .kind = VALUE_WHEN,
	    .arg = "TIME", .brief = "until when the invite is good",
	    .fallback = "+7d" },
	{ .name = NULL }
};

/* Nobody else may go by the e-mail: it is a login too. */
static int
invite_check_email(struct cmd_call *c, const char *email)
{
	struct user	*u;
	int		 r = user_by_email(c->sh->db, email, &u);

	if (r == DB_OK)
		r = cmd_fail(c, "the user \"%s\" has this e-mail already",
		    u->name);
	else if (r == DB_AMBIGUOUS)
		r = cmd_fail(c, "several users have this e-mail already");
	else if (r == DB_NOTFOUND)
		r = DB_OK;
	user_free(u);
	return (r);
}

static int
invite_row(struct cmd_call *c, const struct user *u, int64_t *id)
{
	const struct refs	*groups = opt_refs(c, "group");
	struct db		*db = c->sh->db;
	size_t			 i;
	int			 r;

	if ((r = user_create(db, u, id)) == DB_EXISTS)
		return (cmd_fail(c, "there is a user \"%s\" already", u->name));
	if (r == DB_OK)
		r = user_role_add(db, *id, ROLE_STANDARD);
	for (i = 0; r == DB_OK && i < groups->n; i++)
		r = group_add(db, GROUP_USER, groups->v[i].id, *id);
	return (r);
}

static int
invite_user(struct cmd_call *c, const char *email, const char *name)
{
	struct user	u;
	char		token[TOKEN_SIZE], hash[TOKEN_HASH_SIZE];
	int64_t		id;
	int		r;

	memset(&u, 0, sizeof(u));
	if (when_parse(opt_text(c, "expires"), c->now,
	    &u.invite_expires_at) == -1 || u.invite_expires_at <= c->now)
		return (cmd_fail(c, "the invite would have expired already"));
	if ((r = invite_check_email(c, email)) != DB_OK)
		return (r);
	token_make(token);
	token_hash(token, hash);
	u.name = (char *)name;
	u.email = (char *)email;
	u.comment = (char *)opt_text(c, "comment");
	u.invite_hash = hash;
	if ((r = invite_row(c, &u, &id)) == DB_OK) {
		cmd_made(c, id, name);
		result_line(&c->result, "invite:%s", token);
	}
	explicit_bzero(token, sizeof(token));
	return (r);
}

static int
user_invite_exec(struct cmd_call *c)
{
	const char	*email = operand_text(c, 0);
	char		*name = NULL, err[NAMES_ERROR_MAX];
	int		 r;

	if (name_from_email(email, &name, err) == -1) {
		r = cmd_fail(c, "%s", err);
		goto out;
	}
	if (opt_given(c, "name")) {
		free(name);
		name = xstrdup(opt_text(c, "name"));
	}
	if (name_check_login(name, c->sh->settings, err) == -1)
		r = cmd_fail(c, "%s", err);
	else
		r = invite_user(c, email, name);
 out:
	free(name);
	return (r);
}

const struct cmd_entry cmd_user_invite = {
	.noun = "user", .verb = "invite",
	.brief = "invite somebody",
	.opts = invite_opts,
	.operands = { "E-MAIL", VALUE_TEXT, 1, 1 },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = user_invite_exec,
};

/* user ls -- list the users */

static const struct field	ls_fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "Name", "Name", FIELD_TEXT },
	{ "Email", "Email", FIELD_TEXT },
	{ "Roles", "Roles", FIELD_NAMES },
	{ "Keys", "KeyCount", FIELD_INT },
	{ "Groups", "Groups", FIELD_NAMES },
	{ "Updated", "UpdatedAt", FIELD_TIME },
	{ "Created", "CreatedAt", FIELD_TIME },
	{ "Comment", "Comment", FIELD_TEXT },
	{ "Status", "Status", FIELD_TEXT },
	{ NULL, "ExpiresAt", FIELD_TIME },
	{ NULL, "InviteExpiresAt", FIELD_TIME },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	ls_opts[] = {
	OPTS_LS,
	{ .name = NULL }
};

static const char *
user_status(const struct user *u, int64_t now)
{
	if (u->disabled)
		return ("disabled");
	if (!user_usable(u, now))
		return ("expired");
	if (u->invite_hash == NULL)
		return ("active");
	return (u->invite_expires_at == 0 || u->invite_expires_at > now ?
	    "invited" : "invite expired");
}

static void
put_user(struct result *r, const struct user *u, int64_t now)
{
	result_row(r);
	result_number(r, u->id);
	result_text(r, u->name);
	result_text(r, u->email);
	result_names(r, &u->roles);
	result_number(r, u->nkeys);
	result_names(r, &u->groups);
	result_number(r, u->updated_at);
	result_number(r, u->created_at);
	result_text(r, u->comment);
	result_text(r, user_status(u, now));
	result_number(r, u->expires_at);
	result_number(r, u->invite_hash != NULL ? u->invite_expires_at : 0);
}

static int
user_ls_exec(struct cmd_call *c)
{
	struct user_list	*l;
	size_t			 i;
	int			 r;

	if ((r = user_list(c->sh->db, opt_limit(c), &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++)
		put_user(&c->result, &l->v[i], c->now);
	user_list_free(l);
	return (DB_OK);
}

const struct cmd_entry cmd_user_ls = {
	.noun = "user", .verb = "ls",
	.brief = "list the users, newest first",
	.opts = ls_opts,
	.role = NEED_READER,
	.fields = ls_fields, .things = "users",
	.exec = user_ls_exec,
};
