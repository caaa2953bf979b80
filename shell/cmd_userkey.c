/* SPDX-License-Identifier: ISC */
/*
 * userkey: the public keys that people log in with.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "shell/admins.h"
#include "shell/changes.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/entity.h"
#include "shell/limits.h"
#include "shell/proof.h"
#include "shell/pubkeys.h"
#include "shell/run.h"
#include "shell/when.h"

/* userkey create -- let a key in as a user */

static const struct cmd_opt	create_opts[] = {
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know (the key's own)" },
	OPT_FROM("the networks that they are good from"),
	OPT_EXPIRES("until when they are good"),
	{ .name = NULL }
};

/* Until when, if that is given. */
static int
take_expires(struct cmd_call *c, int64_t *until)
{
	if (opt_given(c, "expires") &&
	    (when_parse(opt_text(c, "expires"), c->now, until) == -1 ||
	    *until <= c->now))
		return (cmd_fail(c, "--expires is in the past: \"userkey rm\" "
		    "keeps a key out at once"));
	return (DB_OK);
}

static int
create_keys(struct cmd_call *c, int64_t until, char *from)
{
	const struct pubkeys	*b = c->prepared;
	const char		*comment = opt_text(c, "comment");
	struct userkey		 k;
	size_t			 i;
	int64_t			 id;
	int			 r = DB_OK;

	for (i = 0; r == DB_OK && i < b->n; i++) {
		k = b->v[i];
		k.expires_at = until;
		k.allowed_from = from;
		r = pubkeys_store(c, &k, c->targets.v[0].id, comment, &id);
		if (r != DB_OK)
			break;
		changes_made(c, id);
		result_line(&c->result, "%" PRId64, id);
	}
	return (r);
}

static int
userkey_create_exec(struct cmd_call *c)
{
	const struct pubkeys	*b = c->prepared;
	const struct ref	*user = &c->targets.v[0];
	char			*from = NULL;
	int64_t			 until = 0;
	int			 r;

	if ((r = take_expires(c, &until)) != DB_OK ||
	    (r = limits_from(c, &from)) != DB_OK)
		return (r);
	r = create_keys(c, until, from);
	free(from);
	if (b->n == 1)
		c->entity = xasprintf("%s %s", user->name,
		    b->v[0].fingerprint);
	else
		c->entity = xasprintf("%s %s and %zu more", user->name,
		    b->v[0].fingerprint, b->n - 1);
	return (r);
}

const struct cmd_entry cmd_userkey_create = {
	.noun = "userkey", .verb = "create",
	.brief = "let in public keys from standard input, one a line; as "
	    "oneself, unless named",
	.opts = create_opts,
	.operands = { "USER", VALUE_USER, 0, 1 },
	.role = NEED_ANYONE, .whole = NEED_ADMIN,
	.flags = CMD_WRITES | CMD_SELF,
	.prepare = pubkeys_read_proven, .exec = userkey_create_exec,
};

/* userkey prove -- what to sign, to prove that a key is one's own */

static int
userkey_prove_exec(struct cmd_call *c)
{
	char	challenge[PROOF_SIZE];

	if (proof_challenge(c->sh, challenge) == -1)
		return (cmd_fail(c, c->me->id == 0 ? "who works at the machine "
		    "needs no proof: userkey create USER" :
		    "no challenge can be made now: try again later"));
	result_line(&c->result, "%s", challenge);
	return (DB_OK);
}

const struct cmd_entry cmd_userkey_prove = {
	.noun = "userkey", .verb = "prove",
	.brief = "print what to sign with a key of one's own, for userkey "
	    "create",
	.role = NEED_ANYONE,
	.exec = userkey_prove_exec,
};

/* userkey ls, userkey inspect -- which there are */

static const struct field	fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "User", "User", FIELD_NAME },
	{ "Updated", "UpdatedAt", FIELD_TIME },
	{ "Created", "CreatedAt", FIELD_TIME },
	{ "Comment", "Comment", FIELD_TEXT },
	{ "Type", "Type", FIELD_TEXT },
	{ "Fingerprint", "Fingerprint", FIELD_TEXT },
	{ "Expires", "ExpiresAt", FIELD_TIME },
	{ "From", "AllowedFrom", FIELD_TEXT },
	{ NULL, "DeletedAt", FIELD_TIME },
	{ NULL, "UserID", FIELD_INT },
	{ NULL, "Key", FIELD_TEXT },
	{ NULL, "AuthorizedKey", FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	ls_opts[] = {
	OPTS_LS,
	{ .name = NULL }
};

static void
put_blob(struct result *r, const struct userkey *k)
{
	size_t	 size = sodium_base64_encoded_len(k->bloblen,
	    sodium_base64_VARIANT_ORIGINAL);
	char	*text = xmalloc(size), *line;

	sodium_bin2base64(text, size, k->blob, k->bloblen,
	    sodium_base64_VARIANT_ORIGINAL);
	result_text(r, text);
	free(text);
	line = sshkey_line(k->blob, k->bloblen, NULL);
	result_text(r, line);
	free(line);
}

static void
put_userkey(struct result *r, const struct userkey *k)
{
	result_row(r);
	result_number(r, k->id);
	result_text(r, k->user_name);
	result_number(r, k->updated_at);
	result_number(r, k->created_at);
	result_text(r, k->comment);
	result_text(r, k->type);
	result_text(r, k->fingerprint);
	result_number(r, k->expires_at);
	result_text(r, k->allowed_from != NULL ? k->allowed_from : "");
	result_number(r, 0);
	result_number(r, k->user_id);
	put_blob(r, k);
}

static int
userkey_ls_exec(struct cmd_call *c)
{
	struct userkey_list	*l;
	size_t			 i;
	int			 r;

	r = userkey_list(c->sh->db, c->own ? c->me->id : 0, opt_limit(c), &l);
	if (r != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++)
		put_userkey(&c->result, &l->v[i]);
	userkey_list_free(l);
	return (DB_OK);
}

const struct cmd_entry cmd_userkey_ls = {
	.noun = "userkey", .verb = "ls",
	.brief = "list the keys of users, newest first",
	.opts = ls_opts,
	.role = NEED_ANYONE, .whole = NEED_READER,
	.fields = fields, .things = "user keys",
	.exec = userkey_ls_exec,
};

static const struct field	inspect_fields[] = {
	{ NULL, "ID", FIELD_INT },
	{ NULL, "CreatedAt", FIELD_TIME },
	{ NULL, "UpdatedAt", FIELD_TIME },
	{ NULL, "DeletedAt", FIELD_TIME },
	{ NULL, "Key", FIELD_TEXT },
	{ NULL, "AuthorizedKey", FIELD_TEXT },
	{ NULL, "UserID", FIELD_INT },
	{ NULL, "User", FIELD_JSON },
	{ NULL, "Comment", FIELD_TEXT },
	{ NULL, "Type", FIELD_TEXT },
	{ NULL, "Fingerprint", FIELD_TEXT },
	{ NULL, "ExpiresAt", FIELD_TIME },
	{ NULL, "AllowedFrom", FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static int
userkey_inspect_exec(struct cmd_call *c)
{
	struct entities	*e;
	struct userkey	*k;
	size_t		 i;
	int		 r;

	r = entities_load(c->sh->db, c->brief ? 0 : ENTITY_USERS, &e);
	for (i = 0; r == DB_OK && i < c->targets.n; i++) {
		r = userkey_get(c->sh->db, c->targets.v[i].id, &k);
		if (r == DB_OK)
			result_json(&c->result, entity_userkey(e, k));
		userkey_free(k);
	}
	entities_free(e);
	return (r);
}

const struct cmd_entry cmd_userkey_inspect = {
	.noun = "userkey", .verb = "inspect",
	.brief = "show all about keys of users, as JSON",
	.operands = { "USERKEY|USER", VALUE_USERKEY, 1, CMD_MANY },
	.role = NEED_ANYONE, .whole = NEED_READER, .flags = CMD_AS_JSON,
	.fields = inspect_fields, .things = "user keys",
	.exec = userkey_inspect_exec,
};

/* userkey update -- until when and from where keys are good */

static const struct cmd_opt	update_opts[] = {
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	OPT_FROM("the networks that they are good from"),
	{ .name = "unset-from", .kind = VALUE_FLAG,
	    .brief = "good from anywhere" },
	OPT_EXPIRES("until when they are good"),
	{ .name = "unset-expires", .kind = VALUE_FLAG,
	    .brief = "good without an end" },
	{ .name = NULL }
};

/* One key; from is NULL where that is not to change. */
static int
update_key(struct cmd_call *c, int64_t id, int64_t until, char *from)
{
	struct userkey	*row, k;
	int		 r;

	if ((r = userkey_get(c->sh->db, id, &row)) != DB_OK)
		return (r);
	k = *row;
	if (opt_given(c, "comment"))
		k.comment = (char *)opt_text(c, "comment");
	if (until != 0 || opt_given(c, "unset-expires"))
		k.expires_at = until;
	if (from != NULL || opt_given(c, "unset-from"))
		k.allowed_from = from;
	r = userkey_update(c->sh->db, &k);
	userkey_free(row);
	return (r);
}

static int
userkey_update_exec(struct cmd_call *c)
{
	static const char *const	either[][2] = {
		{ "from", "unset-from" }, { "expires", "unset-expires" },
		{ NULL, NULL }
	};
	struct admins_before		before;
	char				*from = NULL;
	int64_t				 until = 0;
	size_t				 i;
	int				 r;

	if ((r = opts_check(c, NULL, either)) != DB_OK ||
	    (r = take_expires(c, &until)) != DB_OK ||
	    (r = admins_count(c, until, &before)) != DB_OK ||
	    (r = limits_from(c, &from)) != DB_OK)
		return (r);
	for (i = 0; r == DB_OK && i < c->targets.n; i++)
		r = update_key(c, c->targets.v[i].id, until, from);
	free(from);
	return (r == DB_OK ? admins_remain(c, &before) : r);
}

const struct cmd_entry cmd_userkey_update = {
	.noun = "userkey", .verb = "update",
	.brief = "change keys of users: one by its id, or all of a user",
	.opts = update_opts,
	.operands = { "USERKEY|USER", VALUE_USERKEY, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = userkey_update_exec,
};

/* userkey rm -- let keys in no longer */

/* How many of one's own keys let one in. */
static int
count_mine(struct cmd_call *c, size_t *n)
{
	struct userkey_list	*l;
	size_t			 i;
	int			 r;

	*n = 0;
	if (c->me->id == 0)
		return (DB_OK);
	if ((r = userkey_list(c->sh->db, c->me->id, 0, &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++)
		*n += userkey_usable(&l->v[i], c->now) != 0;
	userkey_list_free(l);
	return (DB_OK);
}

static int
userkey_rm_exec(struct cmd_call *c)
{
	struct admins_before	before;
	size_t			i, mine, left;
	int			r;

	if ((r = admins_count(c, 0, &before)) != DB_OK ||
	    (r = count_mine(c, &mine)) != DB_OK)
		return (r);
	for (i = 0; r == DB_OK && i < c->targets.n; i++)
		r = userkey_remove(c->sh->db, c->targets.v[i].id);
	if (r != DB_OK || (r = count_mine(c, &left)) != DB_OK)
		return (r);
	if (mine > 0 && left == 0)
		return (cmd_fail(c, "you could not log in any more: add "
		    "another key of yours first, with userkey create"));
	return (admins_remain(c, &before));
}

const struct cmd_entry cmd_userkey_rm = {
	.noun = "userkey", .verb = "rm",
	.brief = "remove keys of users: one by its id, or all of a user",
	.operands = { "USERKEY|USER", VALUE_USERKEY, 1, CMD_MANY },
	.role = NEED_ANYONE, .whole = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = userkey_rm_exec,
};
