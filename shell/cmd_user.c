/* SPDX-License-Identifier: ISC */
/*
 * user: the people.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/group.h"
#include "db/usage.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/log.h"
#include "lib/sshkey.h"
#include "lib/token.h"
#include "lib/xmalloc.h"
#include "shell/changes.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/cmd_user.h"
#include "shell/entity.h"
#include "shell/limits.h"
#include "shell/names.h"
#include "shell/pubkeys.h"
#include "shell/run.h"
#include "shell/when.h"

const char *const	user_role_names[] = { ROLE_ADMIN, ROLE_TRUSTED,
			    ROLE_STANDARD, ROLE_AUDITOR, ROLE_LISTHOSTS,
			    NULL };

int
user_check_email(struct cmd_call *c, const char *email, int64_t id)
{
	struct user	*u = NULL;
	char		*name, err[NAMES_ERROR_MAX];
	int		 r;

	if (name_from_email(email, &name, err) == -1)
		return (cmd_fail(c, "%s", err));
	free(name);
	r = user_by_email(c->sh->db, email, &u);
	if (r == DB_OK && u->id != id)
		r = cmd_fail(c, "the user \"%s\" has this e-mail already"
		    "%s", u->name, id == 0 ? ": \"user invite --again\" "
		    "makes a new invite for them" : "");
	else if (r == DB_AMBIGUOUS)
		r = cmd_fail(c, "several users have this e-mail already");
	else if (r == DB_NOTFOUND)
		r = DB_OK;
	user_free(u);
	return (r);
}

int
user_check_uses(struct cmd_call *c)
{
	int64_t	n = opt_number(c, "max-uses");

	if (n >= 1 && n <= USER_INVITE_USES_MAX)
		return (DB_OK);
	return (cmd_fail(c, "--max-uses takes 1 to %d", USER_INVITE_USES_MAX));
}

/* user invite -- make an account and the login that binds a key to it */

static const struct cmd_opt	invite_opts[] = {
	{ .name = "name", .letter = 'n', .kind = VALUE_TEXT, .arg = "NAME",
	    .brief = "their login name here (left of the @)" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = "group", .letter = 'g', .kind = VALUE_USERGROUP,
	    .flags = OPT_LIST, .arg = "GROUP", .brief = "user group",
	    .fallback = GROUP_DEFAULT },
	{ .name = "role", .letter = 'r', .kind = VALUE_CHOICE,
	    .flags = OPT_LIST, .arg = "ROLE", .brief = "what they may do here",
	    .fallback = ROLE_STANDARD, .choices = user_role_names },
	{ .name = "again", .letter = 'a', .kind = VALUE_FLAG,
	    .brief = "for a user that there is, who lost their key" },
	{ .name = "expires", .letter = 'e', .kind = VALUE_WHEN,
	    .arg = "TIME", .brief = "until when the invite is good",
	    .fallback = "+7d" },
	{ .name = "max-uses", .letter = 'm', .kind = VALUE_NUMBER,
	    .arg = "N", .brief = "how many keys it binds, each once",
	    .fallback = "1" },
	OPT_FROM("the networks that they may log in from"),
	{ .name = NULL }
};

/* A new user, with the groups and roles that the options name. */
static int
create_row(struct cmd_call *c, const struct user *u, int64_t *id)
{
	const struct refs	*groups = opt_refs(c, "group");
	struct user		 row = *u;
	struct db		*db = c->sh->db;
	size_t			 i;
	int			 r;

	row.allowed_from = NULL;
	if ((r = limits_from(c, &row.allowed_from)) != DB_OK)
		return (r);
	r = user_create(db, &row, id);
	free(row.allowed_from);
	if (r == DB_EXISTS)
		return (cmd_fail(c, "there is a user \"%s\" already", u->name));
	for (i = 0; r == DB_OK && i < opt_count(c, "role"); i++)
		r = user_role_add(db, *id, opt_nth(c, "role", i));
	for (i = 0; r == DB_OK && i < groups->n; i++)
		r = group_add(db, GROUP_USER, groups->v[i].id, *id);
	return (r);
}

static void
invite_made(struct cmd_call *c, int64_t id, const char *name,
    const char *token)
{
	cmd_made(c, id, name);
	result_line(&c->result, "invite:%s", token);
}

static int
invite_user(struct cmd_call *c, const char *email, const char *name,
    int64_t until)
{
	struct user	u;
	char		token[TOKEN_SIZE], hash[TOKEN_HASH_SIZE];
	int64_t		id;
	int		r;

	if ((r = user_check_email(c, email, 0)) != DB_OK)
		return (r);
	token_make(token);
	token_hash(token, hash);
	memset(&u, 0, sizeof(u));
	u.name = (char *)name;
	u.email = (char *)email;
	u.comment = (char *)opt_text(c, "comment");
	u.invite_hash = hash;
	u.invite_expires_at = until;
	u.invite_uses = opt_number(c, "max-uses");
	if ((r = create_row(c, &u, &id)) == DB_OK)
		invite_made(c, id, name, token);
	explicit_bzero(token, sizeof(token));
	return (r);
}

/* For somebody who is known here; the account stays as it is. */
static int
invite_again(struct cmd_call *c, const char *whom, int64_t until)
{
	struct user	*u = NULL;
	char		 token[TOKEN_SIZE], hash[TOKEN_HASH_SIZE];
	int		 r;

	if (opt_given(c, "name") || opt_given(c, "comment") ||
	    opt_given(c, "group") || opt_given(c, "role") ||
	    opt_given(c, "from")) {
		c->usage = 1;
		return (cmd_fail(c, "--again changes nothing of the account: "
		    "--name, --comment, --group, --role and --from are for "
		    "new ones"));
	}
	token_make(token);
	token_hash(token, hash);
	r = user_find(c->sh->db, whom, &u);
	if (r == DB_NOTFOUND)
		r = cmd_fail(c, "no user \"%s\"", whom);
	else if (r == DB_AMBIGUOUS)
		r = cmd_fail(c, "several users have this e-mail: use a name "
		    "or an id");
	else if (r == DB_OK && !user_usable(u, c->now))
		r = cmd_fail(c, "the account of \"%s\" is disabled or has "
		    "expired: an invite would not let them in", u->name);
	else if (r == DB_OK &&
	    (r = changes_watch(c, u->id)) == DB_OK)
		r = user_open_invite(c->sh->db, u->id, hash, until,
		    opt_number(c, "max-uses"));
	if (r == DB_OK)
		invite_made(c, u->id, u->name, token);
	user_free(u);
	explicit_bzero(token, sizeof(token));
	return (r);
}

static int
user_invite_exec(struct cmd_call *c)
{
	const char	*email = operand_text(c, 0);
	char		*name = NULL, err[NAMES_ERROR_MAX];
	int64_t		 until;
	int		 r;

	if (when_parse(opt_text(c, "expires"), c->now, &until) == -1 ||
	    until <= c->now)
		return (cmd_fail(c, "the invite would have expired already"));
	if ((r = user_check_uses(c)) != DB_OK)
		return (r);
	if (opt_given(c, "again"))
		return (invite_again(c, email, until));
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
		r = invite_user(c, email, name, until);
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

/* user create -- make an account for whoever holds a key */

static const struct cmd_opt	create_opts[] = {
	{ .name = "name", .letter = 'n', .kind = VALUE_TEXT, .arg = "NAME",
	    .brief = "their login name here (left of the @)" },
	{ .name = "email", .letter = 'e', .kind = VALUE_TEXT, .arg = "E-MAIL",
	    .brief = "their e-mail" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = "key", .letter = 'k', .kind = VALUE_TEXT, .arg = "LINE",
	    .brief = "their public key (without it, keys come from standard "
	    "input, one a line)" },
	{ .name = "group", .letter = 'g', .kind = VALUE_USERGROUP,
	    .flags = OPT_LIST, .arg = "GROUP", .brief = "user group",
	    .fallback = GROUP_DEFAULT },
	{ .name = "role", .letter = 'r', .kind = VALUE_CHOICE,
	    .flags = OPT_LIST, .arg = "ROLE", .brief = "what they may do here",
	    .fallback = ROLE_STANDARD, .choices = user_role_names },
	OPT_EXPIRES("until when they may log in"),
	OPT_FROM("the networks that they may log in from"),
	{ .name = NULL }
};

static int
user_create_prepare(struct cmd_call *c)
{
	if (opt_given(c, "key"))
		return (pubkeys_take(c, opt_text(c, "key")));
	return (pubkeys_read(c));
}

static int
create_user(struct cmd_call *c, const char *name, const char *email)
{
	const struct pubkeys	*keys = c->prepared;
	struct user		 u;
	char			 err[NAMES_ERROR_MAX];
	int64_t			 id, key;
	size_t			 i;
	int			 r = DB_OK;

	memset(&u, 0, sizeof(u));
	u.name = (char *)name;
	u.email = (char *)email;
	u.comment = (char *)opt_text(c, "comment");
	if (opt_given(c, "expires") &&
	    (when_parse(opt_text(c, "expires"), c->now, &u.expires_at) == -1 ||
	    u.expires_at <= c->now))
		return (cmd_fail(c, "the account would have expired already"));
	if (name_check_login(name, c->sh->settings, err) == -1)
		return (cmd_fail(c, "%s", err));
	if (email != NULL && (r = user_check_email(c, email, 0)) != DB_OK)
		return (r);
	r = create_row(c, &u, &id);
	for (i = 0; r == DB_OK && i < keys->n; i++)
		r = pubkeys_store(c, &keys->v[i], id, NULL, &key);
	if (r == DB_OK)
		cmd_made(c, id, name);
	return (r);
}

static int
user_create_exec(struct cmd_call *c)
{
	const char	*text = operand_text(c, 0);
	const char	*email = opt_text(c, "email");
	char		*left = NULL, err[NAMES_ERROR_MAX];
	int		 r;

	if (strchr(text, '@') != NULL) {
		if (email != NULL) {
			c->usage = 1;
			return (cmd_fail(c, "two e-mails: one as --email and "
			    "one as the operand"));
		}
		email = text;
		if (name_from_email(text, &left, err) == -1)
			return (cmd_fail(c, "%s", err));
		text = left;
	}
	r = create_user(c, opt_given(c, "name") ? opt_text(c, "name") : text,
	    email);
	free(left);
	return (r);
}

const struct cmd_entry cmd_user_create = {
	.noun = "user", .verb = "create",
	.brief = "make a user who logs in with a key at once",
	.opts = create_opts,
	.operands = { "E-MAIL|NAME", VALUE_TEXT, 1, 1 },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.prepare = user_create_prepare, .exec = user_create_exec,
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
	{ NULL, "InviteUses", FIELD_INT },
	{ NULL, "AllowedFrom", FIELD_TEXT },
	{ "Last use", "LastUseAt", FIELD_SELDOM },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	ls_opts[] = {
	OPTS_LS,
	{ .name = NULL }
};

static void
put_user(struct result *r, const struct user *u, int64_t now, int64_t used)
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
	result_text(r, entity_user_status(u, now));
	result_number(r, u->expires_at);
	result_number(r, u->invite_hash != NULL ? u->invite_expires_at : 0);
	result_number(r, u->invite_uses);
	result_text(r, u->allowed_from != NULL ? u->allowed_from : "");
	result_number(r, used);
}

static int
user_ls_exec(struct cmd_call *c)
{
	struct user_list	*l;
	struct last_use		*used = NULL;
	size_t			 i, n = 0, at = 0;
	int			 r;

	if ((r = user_list(c->sh->db, opt_limit(c), &l)) != DB_OK)
		return (r);
	if (l->n > 0)
		r = usage_last(c->sh->db, USAGE_USER, l->v[l->n - 1].id,
		    l->v[0].id, &used, &n);
	for (i = 0; r == DB_OK && i < l->n; i++)
		put_user(&c->result, &l->v[i], c->now,
		    usage_last_of(used, n, &at, l->v[i].id));
	free(used);
	user_list_free(l);
	return (r);
}

const struct cmd_entry cmd_user_ls = {
	.noun = "user", .verb = "ls",
	.brief = "list the users, newest first",
	.opts = ls_opts,
	.role = NEED_READER,
	.fields = ls_fields, .things = "users",
	.exec = user_ls_exec,
};

/* user inspect -- all about users, as JSON */

static const struct field	inspect_fields[] = {
	{ NULL, "ID", FIELD_INT },
	{ NULL, "CreatedAt", FIELD_TIME },
	{ NULL, "UpdatedAt", FIELD_TIME },
	{ NULL, "DeletedAt", FIELD_TIME },
	{ NULL, "Roles", FIELD_JSON },
	{ NULL, "Email", FIELD_TEXT },
	{ NULL, "Name", FIELD_TEXT },
	{ NULL, "Keys", FIELD_JSON },
	{ NULL, "Groups", FIELD_JSON },
	{ NULL, "Comment", FIELD_TEXT },
	{ NULL, "InviteToken", FIELD_TEXT },
	{ NULL, "InviteExpiresAt", FIELD_TIME },
	{ NULL, "Disabled", FIELD_BOOL },
	{ NULL, "ExpiresAt", FIELD_TIME },
	{ NULL, "InviteUses", FIELD_INT },
	{ NULL, "AllowedFrom", FIELD_TEXT },
	{ NULL, "Status", FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static int
user_inspect_exec(struct cmd_call *c)
{
	struct entities	*e;
	struct user	*u;
	size_t		 i;
	int		 r;

	if (c->brief)
		r = entities_load_user(c->sh->db, c->targets.v[0].id, &e);
	else
		r = entities_load(c->sh->db, ENTITY_USER_KEYS |
		    ENTITY_USER_GROUPS, &e);
	for (i = 0; r == DB_OK && i < c->targets.n; i++) {
		r = user_get(c->sh->db, c->targets.v[i].id, &u);
		if (r == DB_OK)
			result_json(&c->result, entity_user(e, u, c->now));
		user_free(u);
	}
	entities_free(e);
	return (r);
}

const struct cmd_entry cmd_user_inspect = {
	.noun = "user", .verb = "inspect",
	.brief = "show all about users, as JSON",
	.operands = { "USER", VALUE_USER, 1, CMD_MANY },
	.role = NEED_ANYONE, .whole = NEED_READER, .flags = CMD_AS_JSON,
	.fields = inspect_fields, .things = "users",
	.exec = user_inspect_exec,
};
