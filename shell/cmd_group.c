/* SPDX-License-Identifier: ISC */
/*
 * hostgroup, usergroup: the two sides of an ACL. One code serves both; what
 * it works on is known by the noun.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/acl.h"
#include "db/group.h"
#include "db/setting.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/entity.h"
#include "shell/names.h"
#include "shell/run.h"

#define IDS_NAMED	20	/* ACLs that a refusal names */

static enum group_kind
kind_of(const struct cmd_call *c)
{
	return (strcmp(c->entry->noun, "usergroup") == 0 ? GROUP_USER :
	    GROUP_HOST);
}

static const char *
thing_of(const struct cmd_call *c)
{
	return (kind_of(c) == GROUP_USER ? "user group" : "host group");
}

/* create -- make a group */

static const struct cmd_opt	create_opts[] = {
	{ .name = "name", .letter = 'n', .kind = VALUE_TEXT, .arg = "NAME",
	    .brief = "what it is called (random)" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = NULL }
};

static int
create_group(struct cmd_call *c, const char *name)
{
	const struct group	g = { .name = (char *)name,
				    .comment = (char *)opt_text(c, "comment") };
	int64_t			id;
	int			r;

	r = group_create(c->sh->db, kind_of(c), &g, &id);
	if (r == DB_EXISTS)
		return (cmd_fail(c, "there is a %s \"%s\" already",
		    thing_of(c), name));
	/* whoever works at the machine itself has no account to add */
	if (r == DB_OK && kind_of(c) == GROUP_USER && c->me->id != 0)
		r = group_add(c->sh->db, GROUP_USER, id, c->me->id);
	if (r == DB_OK)
		cmd_made(c, id, name);
	return (r);
}

static int
group_create_exec(struct cmd_call *c)
{
	char	*name, err[NAMES_ERROR_MAX];
	int	 r;

	name = opt_given(c, "name") ? xstrdup(opt_text(c, "name")) :
	    name_random("group");
	if (name_check(name, err) == -1)
		r = cmd_fail(c, "%s", err);
	else
		r = create_group(c, name);
	free(name);
	return (r);
}

const struct cmd_entry cmd_hostgroup_create = {
	.noun = "hostgroup", .verb = "create",
	.brief = "make a group of hosts",
	.opts = create_opts,
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = group_create_exec,
};

const struct cmd_entry cmd_usergroup_create = {
	.noun = "usergroup", .verb = "create",
	.brief = "make a group of users; you are its first member",
	.opts = create_opts,
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = group_create_exec,
};

/* inspect -- all about groups */

#define INSPECT_FIELDS(members)						\
	{ "ID", "ID", FIELD_INT },					\
	{ NULL, "CreatedAt", FIELD_TIME },				\
	{ NULL, "UpdatedAt", FIELD_TIME },				\
	{ NULL, "DeletedAt", FIELD_TIME },				\
	{ NULL, "Name", FIELD_TEXT },					\
	{ NULL, members, FIELD_JSON },					\
	{ NULL, "ACLs", FIELD_JSON },					\
	{ NULL, "Comment", FIELD_TEXT },				\
	{ NULL, NULL, FIELD_INT }

static const struct field	hosts_fields[] = { INSPECT_FIELDS("Hosts") };
static const struct field	users_fields[] = { INSPECT_FIELDS("Users") };

static int
group_inspect_exec(struct cmd_call *c)
{
	struct db	*db = c->sh->db;
	struct entities	*e;
	struct group	*g;
	size_t		 i;
	int		 r;

	r = entities_load(db, ENTITY_ACLS | (kind_of(c) == GROUP_USER ?
	    ENTITY_USERS : ENTITY_HOSTS), &e);
	for (i = 0; r == DB_OK && i < c->targets.n; i++) {
		r = group_get(db, kind_of(c), c->targets.v[i].id, &g);
		if (r == DB_OK)
			result_json(&c->result, entity_group(e, kind_of(c),
			    g));
		group_free(g);
	}
	entities_free(e);
	return (r);
}

const struct cmd_entry cmd_hostgroup_inspect = {
	.noun = "hostgroup", .verb = "inspect",
	.brief = "show all about groups of hosts, as JSON",
	.operands = { "HOSTGROUP", VALUE_HOSTGROUP, 1, CMD_MANY },
	.role = NEED_READER, .flags = CMD_AS_JSON,
	.fields = hosts_fields, .things = "host groups",
	.exec = group_inspect_exec,
};

const struct cmd_entry cmd_usergroup_inspect = {
	.noun = "usergroup", .verb = "inspect",
	.brief = "show all about groups of users, as JSON",
	.operands = { "USERGROUP", VALUE_USERGROUP, 1, CMD_MANY },
	.role = NEED_READER, .flags = CMD_AS_JSON,
	.fields = users_fields, .things = "user groups",
	.exec = group_inspect_exec,
};

/* ls -- list the groups */

#define LS_FIELDS(head, count)						\
	{ "ID", "ID", FIELD_INT },					\
	{ "Name", "Name", FIELD_TEXT },					\
	{ head, count, FIELD_INT },					\
	{ "ACLs", "ACLCount", FIELD_INT },				\
	{ "Updated", "UpdatedAt", FIELD_TIME },				\
	{ "Created", "CreatedAt", FIELD_TIME },				\
	{ "Comment", "Comment", FIELD_TEXT },				\
	{ NULL, NULL, FIELD_INT }

static const struct field	hosts_ls[] = {
	LS_FIELDS("Hosts", "HostCount")
};
static const struct field	users_ls[] = {
	LS_FIELDS("Users", "UserCount")
};

static const struct cmd_opt	ls_opts[] = {
	OPTS_LS,
	{ .name = NULL }
};

static int
group_ls_exec(struct cmd_call *c)
{
	struct group_list	*l;
	struct result		*out = &c->result;
	size_t			 i;
	int			 r;

	r = group_list(c->sh->db, kind_of(c), opt_limit(c), &l);
	if (r != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++) {
		result_row(out);
		result_number(out, l->v[i].id);
		result_text(out, l->v[i].name);
		result_number(out, l->v[i].nmembers);
		result_number(out, l->v[i].nacls);
		result_number(out, l->v[i].updated_at);
		result_number(out, l->v[i].created_at);
		result_text(out, l->v[i].comment);
	}
	group_list_free(l);
	return (DB_OK);
}

const struct cmd_entry cmd_hostgroup_ls = {
	.noun = "hostgroup", .verb = "ls",
	.brief = "list the groups of hosts, newest first",
	.opts = ls_opts,
	.role = NEED_READER,
	.fields = hosts_ls, .things = "host groups",
	.exec = group_ls_exec,
};

const struct cmd_entry cmd_usergroup_ls = {
	.noun = "usergroup", .verb = "ls",
	.brief = "list the groups of users, newest first",
	.opts = ls_opts,
	.role = NEED_READER,
	.fields = users_ls, .things = "user groups",
	.exec = group_ls_exec,
};

/* rm -- remove groups */

/* "3, 5 and 2 more" of those that deny, or "". */
static char *
denying_ids(const struct acl_list *l)
{
	char	*ids = xstrdup(""), *more;
	size_t	 i, n = 0;

	for (i = l->n; i-- > 0;) {
		if (l->v[i].action != ACL_DENY || n++ >= IDS_NAMED)
			continue;
		more = xasprintf("%s%s%" PRId64, ids, n > 1 ? ", " : "",
		    l->v[i].id);
		free(ids);
		ids = more;
	}
	if (n > IDS_NAMED) {
		more = xasprintf("%s and %zu more", ids, n - IDS_NAMED);
		free(ids);
		ids = more;
	}
	return (ids);
}

/*
 * A rule loses the group with it. One that allows then allows less, which
 * is safe, even nothing when that was its last. One that denies would deny
 * less, and open what it keeps shut: so that is not done in passing.
 */
static int
check_denials(struct cmd_call *c, const struct ref *group)
{
	struct acl_list	*l;
	char		*ids;
	int		 r;

	r = acl_of_group(c->sh->db, kind_of(c), group->id, &l);
	if (r != DB_OK)
		return (r);
	ids = denying_ids(l);
	if (*ids != '\0')
		r = cmd_fail(c, "the %s \"%s\" is in ACLs that deny (%s): "
		    "without it they would let in whom they keep out; change "
		    "or remove these ACLs first", thing_of(c), group->name,
		    ids);
	free(ids);
	acl_list_free(l);
	return (r);
}

static int
group_rm_exec(struct cmd_call *c)
{
	const struct refs	*t = &c->targets;
	size_t			 i;
	int			 r;

	/* no other edit comes between what is seen here and what is done */
	r = generation_bump(c->sh->db);
	for (i = 0; r == DB_OK && i < t->n; i++) {
		if ((r = check_denials(c, &t->v[i])) == DB_OK)
			r = group_remove(c->sh->db, kind_of(c), t->v[i].id);
	}
	return (r);
}

const struct cmd_entry cmd_hostgroup_rm = {
	.noun = "hostgroup", .verb = "rm",
	.brief = "remove groups of hosts; the hosts stay",
	.operands = { "HOSTGROUP", VALUE_HOSTGROUP, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = group_rm_exec,
};

const struct cmd_entry cmd_usergroup_rm = {
	.noun = "usergroup", .verb = "rm",
	.brief = "remove groups of users; the users stay",
	.operands = { "USERGROUP", VALUE_USERGROUP, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = group_rm_exec,
};

/* update -- change groups */

static const struct cmd_opt	update_opts[] = {
	{ .name = "name", .letter = 'n', .kind = VALUE_TEXT, .arg = "NAME",
	    .brief = "another name, for one group" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = NULL }
};

static int
update_group(struct cmd_call *c, int64_t id)
{
	struct group	*row, g;
	int		 r;

	if ((r = group_get(c->sh->db, kind_of(c), id, &row)) != DB_OK)
		return (r);
	g = *row;
	if (opt_given(c, "name"))
		g.name = (char *)opt_text(c, "name");
	if (opt_given(c, "comment"))
		g.comment = (char *)opt_text(c, "comment");
	r = group_update(c->sh->db, kind_of(c), &g);
	if (r == DB_EXISTS)
		r = cmd_fail(c, "there is a %s \"%s\" already", thing_of(c),
		    g.name);
	group_free(row);
	return (r);
}

static int
group_update_exec(struct cmd_call *c)
{
	static const char *const	single[] = { "name", NULL };
	char				err[NAMES_ERROR_MAX];
	size_t				i;
	int				r;

	if ((r = opts_check(c, single, NULL)) != DB_OK)
		return (r);
	if (opt_given(c, "name") &&
	    name_check(opt_text(c, "name"), err) == -1)
		return (cmd_fail(c, "%s", err));
	for (i = 0; r == DB_OK && i < c->targets.n; i++)
		r = update_group(c, c->targets.v[i].id);
	return (r);
}

const struct cmd_entry cmd_hostgroup_update = {
	.noun = "hostgroup", .verb = "update",
	.brief = "change groups of hosts",
	.opts = update_opts,
	.operands = { "HOSTGROUP", VALUE_HOSTGROUP, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = group_update_exec,
};

const struct cmd_entry cmd_usergroup_update = {
	.noun = "usergroup", .verb = "update",
	.brief = "change groups of users",
	.opts = update_opts,
	.operands = { "USERGROUP", VALUE_USERGROUP, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = group_update_exec,
};
