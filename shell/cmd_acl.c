/* SPDX-License-Identifier: ISC */
/*
 * acl: who may reach what, and why.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/acl.h"
#include "db/group.h"
#include "db/host.h"
#include "db/kinds.h"
#include "db/setting.h"
#include "db/user.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/entity.h"
#include "shell/kinds.h"
#include "shell/recorded.h"
#include "shell/run.h"
#include "shell/when.h"

static const char *const	actions[] = { "allow", "deny", NULL };

/* A moment that was asked for, if it was; 0 would mean none at all. */
static int
take_when(struct cmd_call *c, const char *option, int64_t *utc)
{
	if (!opt_given(c, option))
		return (DB_OK);
	if (when_parse(opt_text(c, option), c->now, utc) == -1 || *utc <= 0)
		return (cmd_fail(c, "--%s: that is before all time", option));
	return (DB_OK);
}

static int
take_kinds(struct cmd_call *c, struct acl *a)
{
	int	r;

	if ((r = kinds_take(c, &a->allow)) != DB_OK)
		return (r);
	if (opt_given(c, "allow") && a->allow != 0 && a->action == ACL_DENY)
		return (cmd_fail(c, "a rule that denies, denies everything: "
		    "--allow is for one that allows"));
	return (DB_OK);
}

/* What the options that create and update have in common say. */
static int
take_options(struct cmd_call *c, struct acl *a)
{
	const char	*action = opt_text(c, "action");
	int		 r;

	/* options_parse() has seen that it is one of the two */
	if (action != NULL && acl_action_parse(action, &a->action) == -1)
		a->action = ACL_DENY;
	if (opt_given(c, "weight"))
		a->weight = opt_number(c, "weight");
	if (opt_given(c, "pattern"))
		a->host_pattern = (char *)opt_text(c, "pattern");
	if (opt_given(c, "login"))
		a->login_pattern = (char *)opt_text(c, "login");
	if (opt_given(c, "comment"))
		a->comment = (char *)opt_text(c, "comment");
	if ((r = take_kinds(c, a)) != DB_OK ||
	    (r = acl_recorded_take(c, a)) != DB_OK ||
	    (r = take_when(c, "inception", &a->inception)) != DB_OK)
		return (r);
	return (take_when(c, "expiration", &a->expiration));
}

static int
link_all(struct cmd_call *c, int64_t id, enum group_kind kind,
    const char *option)
{
	const struct refs	*groups = opt_refs(c, option);
	size_t			 i;
	int			 r = DB_OK;

	for (i = 0; r == DB_OK && i < groups->n; i++)
		r = acl_link(c->sh->db, id, kind, groups->v[i].id);
	return (r);
}

static int
unlink_all(struct cmd_call *c, int64_t id, enum group_kind kind,
    const char *option)
{
	const struct refs	*groups = opt_refs(c, option);
	size_t			 i;
	int			 r = DB_OK;

	for (i = 0; r == DB_OK && i < groups->n; i++)
		r = acl_unlink(c->sh->db, id, kind, groups->v[i].id);
	return (r);
}

/* acl create -- make a rule */

static const struct cmd_opt	create_opts[] = {
	{ .name = "usergroup", .kind = VALUE_USERGROUP, .flags = OPT_LIST,
	    .arg = "GROUP", .brief = "whom it is for", .alias = "ug" },
	{ .name = "hostgroup", .kind = VALUE_HOSTGROUP, .flags = OPT_LIST,
	    .arg = "GROUP", .brief = "what it is about", .alias = "hg" },
	{ .name = "pattern", .letter = 'p', .kind = VALUE_TEXT,
	    .arg = "GLOB",
	    .brief = "and hosts whose name or address is like this" },
	{ .name = "login", .kind = VALUE_TEXT, .arg = "GLOB",
	    .brief = "as which accounts there (the host's own; of a deny, all "
	    "of them)" },
	OPT_ALLOW("what may be done there (all but jump)"),
	{ .name = "logging", .letter = 'l', .kind = VALUE_CHOICE,
	    .arg = "WHAT", .brief = "what is recorded, if that is more than "
	    "the host says (host)", .choices = acl_loggings },
	OPT_RECORD("whether there is no session without (possible)"),
	{ .name = "action", .letter = 'a', .kind = VALUE_CHOICE,
	    .arg = "ACTION", .brief = "what it decides",
	    .fallback = "allow", .choices = actions },
	{ .name = "weight", .letter = 'w', .kind = VALUE_NUMBER,
	    .arg = "N", .brief = "the lowest decides; of equals, deny",
	    .fallback = "0" },
	{ .name = "inception", .letter = 'i', .kind = VALUE_WHEN,
	    .arg = "TIME", .brief = "in force from then on" },
	{ .name = "expiration", .letter = 'e', .kind = VALUE_WHEN,
	    .arg = "TIME", .brief = "and until then" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = NULL }
};

static int
acl_create_exec(struct cmd_call *c)
{
	struct acl	 a = { .host_pattern = (char *)"",
			    .logging = ACL_LOGGING_HOST };
	char		*name;
	int64_t		 id;
	int		 r;

	if ((r = take_options(c, &a)) != DB_OK)
		return (r);
	if (opt_refs(c, "usergroup")->n == 0 ||
	    (opt_refs(c, "hostgroup")->n == 0 && *a.host_pattern == '\0')) {
		c->usage = 1;
		return (cmd_fail(c, "an ACL needs a --usergroup, and a "
		    "--hostgroup or a --pattern"));
	}
	if ((r = acl_create(c->sh->db, &a, &id)) != DB_OK ||
	    (r = link_all(c, id, GROUP_USER, "usergroup")) != DB_OK ||
	    (r = link_all(c, id, GROUP_HOST, "hostgroup")) != DB_OK)
		return (r);
	name = xasprintf("%" PRId64, id);
	cmd_made(c, id, name);
	free(name);
	return (DB_OK);
}

const struct cmd_entry cmd_acl_create = {
	.noun = "acl", .verb = "create",
	.brief = "make a rule of who may reach what",
	.opts = create_opts,
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = acl_create_exec,
};

/* acl explain -- why somebody may reach a host, or not */

static const struct field	explain_fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "Weight", "Weight", FIELD_INT },
	{ "Action", "Action", FIELD_TEXT },
	{ "In force", "InForce", FIELD_BOOL },
	{ "Decides", "Decides", FIELD_BOOL },
	{ "User groups", "UserGroups", FIELD_NAMES },
	{ "Host groups", "HostGroups", FIELD_NAMES },
	{ "Host pattern", "HostPattern", FIELD_TEXT },
	{ "Inception", "Inception", FIELD_TIME },
	{ "Expiration", "Expiration", FIELD_TIME },
	{ "Comment", "Comment", FIELD_TEXT },
	{ "Login", "LoginPattern", FIELD_RARE },
	{ "Account", "Account", FIELD_TEXT },
	{ NULL, "Allow", FIELD_TEXT },
	{ NULL, "Grants", FIELD_TEXT },
	{ NULL, "Logging", FIELD_TEXT },
	{ NULL, "Record", FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	explain_opts[] = {
	{ .name = "login", .kind = VALUE_TEXT, .arg = "ACCOUNT",
	    .brief = "as which account there (the host's own)" },
	{ .name = "json", .kind = VALUE_FLAG,
	    .brief = "the rules alone, as a JSON array" },
	{ .name = NULL }
};

/* Why a rule speaks of the account, or does not. */
static const char *
account_reason(const struct acl *a)
{
	static const char *const	reasons[] = {
		[ACL_EVERY_ACCOUNT] = "any",
		[ACL_OWN_ACCOUNT] = "the host's own",
		[ACL_ACCOUNT_FITS] = "fits",
		[ACL_NOT_OWN_ACCOUNT] = "not the host's own",
		[ACL_ACCOUNT_DIFFERS] = "does not fit",
	};

	return (reasons[a->account]);
}

/* What a rule of the decision adds to what is allowed there. */
static uint32_t
rule_grants(struct cmd_call *c, const struct acl *a, const struct acl *by,
    const struct host *h)
{
	return (acl_decides_with(a, by, c->now) ?
	    kinds_effective(a->allow) & host_kinds(h) : 0);
}

/*
 * A rule of the decision, of which by, or NULL, is the one that decided; its
 * groups are not among what decided.
 */
static int
put_rule(struct cmd_call *c, const struct acl *a, const struct acl *by,
    const struct host *h)
{
	char			 allow[KINDS_TEXT_SIZE];
	uint32_t		 grants = rule_grants(c, a, by, h);
	const struct db_names	 none = { 0 };
	struct result		*out = &c->result;
	struct acl		*whole;
	int			 r;

	/* gone by now: it decided all the same */
	if ((r = acl_get(c->sh->db, a->id, &whole)) != DB_OK &&
	    r != DB_NOTFOUND)
		return (r);
	result_row(out);
	result_number(out, a->id);
	result_number(out, a->weight);
	result_text(out, acl_action_name(a->action));
	result_number(out, acl_in_force(a, c->now));
	result_number(out, (by != NULL && a->id == by->id) ||
	    acl_decides_with(a, by, c->now));
	result_names(out, whole != NULL ? &whole->user_groups : &none);
	result_names(out, whole != NULL ? &whole->host_groups : &none);
	result_text(out, a->host_pattern);
	result_number(out, a->inception);
	result_number(out, a->expiration);
	result_text(out, a->comment);
	result_text(out, a->login_pattern);
	result_text(out, account_reason(a));
	result_text(out, kinds_text(a->allow, allow));
	result_text(out, grants == 0 ? "" : kinds_text_of(grants, allow));
	result_text(out, acl_logging_word(a->logging));
	result_text(out, record_word(a->record_required));
	acl_free(whole);
	return (DB_OK);
}

static void
put_verdict(struct cmd_call *c, int usable, enum acl_action verdict,
    const struct acl *by)
{
	const struct settings	*s = c->sh->settings;

	if (!usable)
		result_line(&c->result, "Verdict: deny. The account is "
		    "disabled or has expired.");
	else if (by == NULL)
		result_line(&c->result, "Verdict: deny. No ACL that is in "
		    "force speaks of this user, this host and this account.");
	else
		result_line(&c->result, "Verdict: %s, by ACL %" PRId64 ".",
		    acl_action_name(verdict), by->id);
	if (usable && s != NULL && s->acl_check_cmd != NULL &&
	    s->acl_check_cmd[0] != '\0')
		result_line(&c->result, "At a login the program of "
		    "--acl-check-cmd has the last word; it was not asked.");
}

static const char *
kinds_words_of(uint32_t kinds, char text[KINDS_TEXT_SIZE])
{
	return (kinds == KINDS_DEFAULT ? "all but jump" :
	    kinds_text_of(kinds, text));
}

/* What may be done there, and whose word that is. */
static void
put_kinds(struct cmd_call *c, const struct acl_list *rules,
    const struct acl *by, const struct host *h, uint32_t kinds)
{
	char	text[KINDS_TEXT_SIZE];
	size_t	i;

	result_line(&c->result, "Allowed there: %s.",
	    kinds_words_of(kinds, text));
	for (i = 0; i < rules->n; i++) {
		if (acl_decides_with(&rules->v[i], by, c->now))
			result_line(&c->result, "  ACL %" PRId64 " allows %s.",
			    rules->v[i].id, kinds_words_of(kinds_effective(
			    rules->v[i].allow), text));
	}
	result_line(&c->result, "  The host allows %s%s.",
	    kinds_words_of(host_kinds(h), text),
	    h->scheme == HOST_TELNET ? ", since it speaks telnet" : "");
}

/* What the rules do not know: the password is that of one account. */
static void
put_password_warning(struct cmd_call *c, const struct host *h,
    const char *account)
{
	if (account != NULL && strcmp(account, h->login) != 0 &&
	    h->key_id == 0 && h->password_sealed != NULL)
		result_line(&c->result, "The host has a password and no key: "
		    "nobody gets in as another account than its own.");
}

static int
explain(struct cmd_call *c, const struct user *u, const struct host *h)
{
	const char		*account = opt_text(c, "login");
	const struct acl	*by;
	struct acl_list		*rules;
	struct acl_verdict	 v;
	size_t			 i;
	int			 r, usable = user_usable(u, c->now);

	if (account != NULL && !acl_account_valid(account))
		return (cmd_fail(c, "\"%s\" cannot be an account on a host: "
		    "it has 1 to %d bytes that show", account, DB_NAME_MAX));
	r = acl_judge(c->sh->db, u->id, h, account, c->now, &v, &rules,
	    &by);
	if (r != DB_OK)
		return (r);
	if (!opt_given(c, "json")) {
		put_verdict(c, usable, v.action, by);
		if (usable && v.action == ACL_ALLOW) {
			put_kinds(c, rules, by, h, v.kinds);
			recorded_explain(c, rules, by, h, &v);
		}
		put_password_warning(c, h, account);
	}
	for (i = 0; r == DB_OK && i < rules->n; i++)
		r = put_rule(c, &rules->v[i], usable ? by : NULL, h);
	acl_list_free(rules);
	return (r);
}

static int
acl_explain_exec(struct cmd_call *c)
{
	struct user	*u;
	struct host	*h = NULL;
	int		 r;

	if ((r = user_get(c->sh->db, c->targets.v[0].id, &u)) == DB_OK &&
	    (r = host_get(c->sh->db, c->second.v[0].id, &h)) == DB_OK)
		r = explain(c, u, h);
	host_free(h);
	user_free(u);
	return (r);
}

const struct cmd_entry cmd_acl_explain = {
	.noun = "acl", .verb = "explain",
	.brief = "tell whether a user may reach a host, and which rules say so",
	.opts = explain_opts,
	.operands = { "USER HOST", VALUE_USER, 2, 2 },
	.second = VALUE_HOST,
	.role = NEED_READER,
	.fields = explain_fields, .things = "ACLs of this user and host",
	.exec = acl_explain_exec,
};

/* acl ls, acl inspect -- which there are */

static const struct field	ls_fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "Weight", "Weight", FIELD_INT },
	{ "User groups", "UserGroups", FIELD_NAMES },
	{ "Host groups", "HostGroups", FIELD_NAMES },
	{ "Host pattern", "HostPattern", FIELD_TEXT },
	{ "Action", "Action", FIELD_TEXT },
	{ "Inception", "Inception", FIELD_TIME },
	{ "Expiration", "Expiration", FIELD_TIME },
	{ "Updated", "UpdatedAt", FIELD_TIME },
	{ "Created", "CreatedAt", FIELD_TIME },
	{ "Comment", "Comment", FIELD_TEXT },
	{ NULL, "DeletedAt", FIELD_TIME },
	{ "Login", "LoginPattern", FIELD_RARE },
	{ "Allow", "Allow", FIELD_RARE },
	{ "Logging", "Logging", FIELD_RARE },
	{ "Record", "Record", FIELD_RARE },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	ls_opts[] = {
	OPTS_LS,
	{ .name = NULL }
};

static void
put_acl(struct result *r, const struct acl *a)
{
	char	allow[KINDS_TEXT_SIZE];

	result_row(r);
	result_number(r, a->id);
	result_number(r, a->weight);
	result_names(r, &a->user_groups);
	result_names(r, &a->host_groups);
	result_text(r, a->host_pattern);
	result_text(r, acl_action_name(a->action));
	result_number(r, a->inception);
	result_number(r, a->expiration);
	result_number(r, a->updated_at);
	result_number(r, a->created_at);
	result_text(r, a->comment);
	result_number(r, 0);
	result_text(r, a->login_pattern);
	result_text(r, kinds_text(a->allow, allow));
	result_text(r, acl_logging_word(a->logging));
	result_text(r, record_word(a->record_required));
}

static const struct field	inspect_fields[] = {
	{ NULL, "ID", FIELD_INT },
	{ NULL, "CreatedAt", FIELD_TIME },
	{ NULL, "UpdatedAt", FIELD_TIME },
	{ NULL, "DeletedAt", FIELD_TIME },
	{ NULL, "HostGroups", FIELD_JSON },
	{ NULL, "UserGroups", FIELD_JSON },
	{ NULL, "HostPattern", FIELD_TEXT },
	{ NULL, "Action", FIELD_TEXT },
	{ NULL, "Weight", FIELD_INT },
	{ NULL, "Comment", FIELD_TEXT },
	{ NULL, "Inception", FIELD_TIME },
	{ NULL, "Expiration", FIELD_TIME },
	{ NULL, "LoginPattern", FIELD_TEXT },
	{ NULL, "Allow", FIELD_TEXT },
	{ NULL, "Logging", FIELD_TEXT },
	{ NULL, "Record", FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static int
acl_inspect_exec(struct cmd_call *c)
{
	struct entities	*e;
	struct acl	*a;
	size_t		 i;
	int		 r;

	r = entities_load(c->sh->db, c->brief ? 0 : ENTITY_USER_GROUPS |
	    ENTITY_HOST_GROUPS, &e);
	for (i = 0; r == DB_OK && i < c->targets.n; i++) {
		r = acl_get(c->sh->db, c->targets.v[i].id, &a);
		if (r == DB_OK)
			result_json(&c->result, entity_acl(e, a));
		acl_free(a);
	}
	entities_free(e);
	return (r);
}

const struct cmd_entry cmd_acl_inspect = {
	.noun = "acl", .verb = "inspect",
	.brief = "show all about rules, as JSON",
	.operands = { "ACL", VALUE_ACL, 1, CMD_MANY },
	.role = NEED_READER, .flags = CMD_AS_JSON,
	.fields = inspect_fields, .things = "ACLs",
	.exec = acl_inspect_exec,
};

static int
acl_ls_exec(struct cmd_call *c)
{
	struct acl_list	*l;
	size_t		 i;
	int		 r;

	if ((r = acl_list(c->sh->db, opt_limit(c), &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++)
		put_acl(&c->result, &l->v[i]);
	acl_list_free(l);
	return (DB_OK);
}

const struct cmd_entry cmd_acl_ls = {
	.noun = "acl", .verb = "ls",
	.brief = "list the rules, newest first",
	.opts = ls_opts,
	.role = NEED_READER,
	.fields = ls_fields, .things = "ACLs",
	.exec = acl_ls_exec,
};

/* acl rm -- remove rules */

static int
acl_rm_exec(struct cmd_call *c)
{
	size_t	i;
	int	r = DB_OK;

	for (i = 0; r == DB_OK && i < c->targets.n; i++)
		r = acl_remove(c->sh->db, c->targets.v[i].id);
	return (r);
}

const struct cmd_entry cmd_acl_rm = {
	.noun = "acl", .verb = "rm",
	.brief = "remove rules",
	.operands = { "ACL", VALUE_ACL, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = acl_rm_exec,
};

/* acl update -- change rules */

static const struct cmd_opt	update_opts[] = {
	{ .name = "action", .letter = 'a', .kind = VALUE_CHOICE,
	    .arg = "ACTION", .brief = "what it decides",
	    .choices = actions },
	{ .name = "pattern", .letter = 'p', .kind = VALUE_TEXT,
	    .arg = "GLOB",
	    .brief = "hosts whose name or address is like this" },
	{ .name = "login", .kind = VALUE_TEXT, .arg = "GLOB",
	    .brief = "as which accounts there (empty: the host's own; of a "
	    "deny, all of them)" },
	OPT_ALLOW("what may be done there (default: all but jump)"),
	{ .name = "logging", .letter = 'l', .kind = VALUE_CHOICE,
	    .arg = "WHAT", .brief = "what is recorded, if that is more than "
	    "the host says", .choices = acl_loggings },
	OPT_RECORD("whether there is no session without"),
	{ .name = "weight", .letter = 'w', .kind = VALUE_NUMBER,
	    .arg = "N", .brief = "the lowest decides; of equals, deny" },
	{ .name = "inception", .letter = 'i', .kind = VALUE_WHEN,
	    .arg = "TIME", .brief = "in force from then on" },
	{ .name = "expiration", .letter = 'e', .kind = VALUE_WHEN,
	    .arg = "TIME", .brief = "and until then" },
	{ .name = "unset-inception", .kind = VALUE_FLAG,
	    .brief = "in force at once" },
	{ .name = "unset-expiration", .kind = VALUE_FLAG,
	    .brief = "in force for ever" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = "assign-usergroup", .kind = VALUE_USERGROUP,
	    .flags = OPT_LIST, .arg = "GROUP",
	    .brief = "for these people too", .alias = "ug" },
	{ .name = "unassign-usergroup", .kind = VALUE_USERGROUP,
	    .flags = OPT_LIST, .arg = "GROUP",
	    .brief = "for these no longer" },
	{ .name = "assign-hostgroup", .kind = VALUE_HOSTGROUP,
	    .flags = OPT_LIST, .arg = "GROUP",
	    .brief = "about these hosts too", .alias = "hg" },
	{ .name = "unassign-hostgroup", .kind = VALUE_HOSTGROUP,
	    .flags = OPT_LIST, .arg = "GROUP",
	    .brief = "about these no longer" },
	{ .name = NULL }
};

/* Neither is the one thing and its contrary. */
static int
check_contraries(struct cmd_call *c, const char *assign, const char *unassign)
{
	const struct refs	*a = opt_refs(c, assign);
	const struct refs	*u = opt_refs(c, unassign);
	size_t			 i, k;

	for (i = 0; i < a->n; i++) {
		for (k = 0; k < u->n; k++) {
			if (a->v[i].id != u->v[k].id)
				continue;
			c->usage = 1;
			return (cmd_fail(c, "\"%s\" can be assigned or "
			    "unassigned, not both", a->v[i].name));
		}
	}
	return (DB_OK);
}

static int
check_update(struct cmd_call *c)
{
	static const char *const	either[][2] = {
		{ "inception", "unset-inception" },
		{ "expiration", "unset-expiration" },
		{ NULL, NULL }
	};
	int				r;

	if ((r = opts_check(c, NULL, either)) != DB_OK ||
	    (r = check_contraries(c, "assign-usergroup",
	    "unassign-usergroup")) != DB_OK)
		return (r);
	return (check_contraries(c, "assign-hostgroup",
	    "unassign-hostgroup"));
}

static int
update_row(struct cmd_call *c, int64_t id)
{
	struct acl	*row, a;
	int		 r;

	if ((r = acl_get(c->sh->db, id, &row)) != DB_OK)
		return (r);
	a = *row;
	if ((r = take_options(c, &a)) == DB_OK) {
		if (opt_given(c, "unset-inception"))
			a.inception = 0;
		if (opt_given(c, "unset-expiration"))
			a.expiration = 0;
		r = acl_update(c->sh->db, &a);
	}
	acl_free(row);
	return (r);
}

/* What was taken away must have left it a rule for somebody and something. */
static int
check_left(struct cmd_call *c, int64_t id)
{
	struct acl	*a;
	int		 r;

	if ((r = acl_get(c->sh->db, id, &a)) != DB_OK)
		return (r);
	if (opt_given(c, "unassign-usergroup") && a->user_groups.n == 0)
		r = cmd_fail(c, "ACL %" PRId64 " would be left without a user "
		    "group: assign one, or remove it with acl rm", id);
	else if ((opt_given(c, "unassign-hostgroup") ||
	    opt_given(c, "pattern")) && a->host_groups.n == 0 &&
	    a->host_pattern[0] == '\0')
		r = cmd_fail(c, "ACL %" PRId64 " would be left without a host "
		    "group and a pattern: give it one, or remove it with "
		    "acl rm", id);
	acl_free(a);
	return (r);
}

static int
update_acl(struct cmd_call *c, int64_t id)
{
	int	r;

	if ((r = update_row(c, id)) != DB_OK ||
	    (r = link_all(c, id, GROUP_USER, "assign-usergroup")) != DB_OK ||
	    (r = link_all(c, id, GROUP_HOST, "assign-hostgroup")) != DB_OK ||
	    (r = unlink_all(c, id, GROUP_USER,
	    "unassign-usergroup")) != DB_OK ||
	    (r = unlink_all(c, id, GROUP_HOST,
	    "unassign-hostgroup")) != DB_OK)
		return (r);
	return (check_left(c, id));
}

static int
acl_update_exec(struct cmd_call *c)
{
	size_t	i;
	int	r;

	if ((r = check_update(c)) != DB_OK)
		return (r);
	/* no other edit comes between what is read here and written */
	r = generation_bump(c->sh->db);
	for (i = 0; r == DB_OK && i < c->targets.n; i++)
		r = update_acl(c, c->targets.v[i].id);
	return (r);
}

const struct cmd_entry cmd_acl_update = {
	.noun = "acl", .verb = "update",
	.brief = "change rules",
	.opts = update_opts,
	.operands = { "ACL", VALUE_ACL, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = acl_update_exec,
};
