/* SPDX-License-Identifier: ISC */
/*
 * session: who was where.
 */
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/session.h"
#include "db/user.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/entity.h"
#include "shell/options.h"
#include "shell/run.h"
#include "shell/session_parts.h"
#include "shell/when.h"

#define COUNTED_MOST	10000	/* of those that filters leave */

/* session ls -- list the sessions */

static const struct field	ls_fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "User", "User", FIELD_NAME },
	{ "Host", "Host", FIELD_NAME },
	{ "Status", "Status", FIELD_TEXT },
	{ "Start", "CreatedAt", FIELD_TIME },
	{ "Duration", "Duration", FIELD_SPAN },
	{ "Error", "ErrMsg", FIELD_TEXT },
	{ "Comment", "Comment", FIELD_TEXT },
	{ "Account", "Account", FIELD_TEXT },
	{ "From", "Source", FIELD_TEXT },
	{ NULL, "StoppedAt", FIELD_TIME },
	{ NULL, "DeletedAt", FIELD_TIME },
	{ NULL, "UserID", FIELD_INT },
	{ NULL, "HostID", FIELD_INT },
	{ NULL, "ClientVersion", FIELD_TEXT },
	{ NULL, "Instance", FIELD_TEXT },
	{ NULL, "BytesIn", FIELD_INT },
	{ NULL, "BytesOut", FIELD_INT },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	ls_opts[] = {
	{ .name = "active", .letter = 'a', .kind = VALUE_FLAG,
	    .brief = "only those that go on" },
	{ .name = "closed", .kind = VALUE_FLAG,
	    .brief = "only those that have ended" },
	{ .name = "user", .letter = 'u', .kind = VALUE_USER, .arg = "USER",
	    .brief = "only those of this user" },
	{ .name = "host", .kind = VALUE_HOST, .arg = "HOST",
	    .brief = "only those to this host" },
	{ .name = "since", .letter = 's', .kind = VALUE_WHEN, .arg = "TIME",
	    .brief = "only those that began then or later" },
	OPTS_LS,
	OPT_LIMIT,
	{ .name = NULL }
};

static void
put_session(struct result *r, const struct session *s, int64_t now)
{
	int64_t	end = s->ended_at != 0 ? s->ended_at : now;

	result_row(r);
	result_number(r, s->id);
	result_text(r, s->user_name);
	result_text(r, s->host_name);
	result_text(r, session_status_name(s->status));
	result_number(r, s->started_at);
	result_number(r, end > s->started_at ? end - s->started_at : 0);
	result_text(r, s->error);
	result_text(r, s->comment);
	result_text(r, s->account);
	result_text(r, s->source);
	result_number(r, s->ended_at);
	result_number(r, 0);
	result_number(r, s->user_id);
	result_number(r, s->host_id);
	result_text(r, s->client_version);
	result_text(r, s->instance_id);
	result_number(r, s->bytes_in);
	result_number(r, s->bytes_out);
}

/*
 * How many there are where the list shows but some. Whoever filters and still
 * has so many left does not ask how many exactly, and it would take seconds.
 */
static int
count_cut(struct cmd_call *c, const struct session_filter *f)
{
	const int	 filtered = f->active || f->closed || f->user_id != 0 ||
	    f->host_id != 0 || f->since != 0;
	struct result	*res = &c->result;
	int		 r;

	if (!cmd_total_wanted(c, f->limit))
		return (DB_OK);
	r = session_count(c->sh->db, f, COUNTED_MOST + 1, &res->total);
	if (filtered && res->total > COUNTED_MOST) {
		res->total = COUNTED_MOST;
		res->total_is_least = 1;
	}
	return (r);
}

static int
session_ls_exec(struct cmd_call *c)
{
	struct session_filter	 f;
	struct session_list	*l;
	size_t			 i;
	int			 r;

	if (opt_given(c, "active") && opt_given(c, "closed")) {
		c->usage = 1;
		return (cmd_fail(c, "--active and --closed do not go "
		    "together"));
	}
	memset(&f, 0, sizeof(f));
	f.active = opt_given(c, "active");
	f.closed = opt_given(c, "closed");
	f.limit = opt_limit(c);
	if (c->own)
		f.user_id = c->me->id;
	else if (opt_refs(c, "user")->n > 0)
		f.user_id = opt_refs(c, "user")->v[0].id;
	if (opt_refs(c, "host")->n > 0)
		f.host_id = opt_refs(c, "host")->v[0].id;
	if (opt_given(c, "since") &&
	    when_parse(opt_text(c, "since"), c->now, &f.since) == -1)
		return (cmd_fail(c, "--since is not a time"));
	if ((r = session_list(c->sh->db, &f, &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++)
		put_session(&c->result, &l->v[i], c->now);
	session_list_free(l);
	return (count_cut(c, &f));
}

const struct cmd_entry cmd_session_ls = {
	.noun = "session", .verb = "ls",
	.brief = "list the sessions, newest first",
	.opts = ls_opts,
	.role = NEED_ANYONE, .whole = NEED_READER,
	.fields = ls_fields, .things = "sessions",
	.exec = session_ls_exec,
};

/* session inspect -- all about sessions, as JSON */

static const struct field	inspect_fields[] = {
	{ NULL, "ID", FIELD_INT },
	{ NULL, "CreatedAt", FIELD_TIME },
	{ NULL, "UpdatedAt", FIELD_TIME },
	{ NULL, "DeletedAt", FIELD_TIME },
	{ NULL, "StoppedAt", FIELD_TIME },
	{ NULL, "Status", FIELD_TEXT },
	{ NULL, "User", FIELD_JSON },
	{ NULL, "Host", FIELD_JSON },
	{ NULL, "UserID", FIELD_INT },
	{ NULL, "HostID", FIELD_INT },
	{ NULL, "ErrMsg", FIELD_TEXT },
	{ NULL, "Comment", FIELD_TEXT },
	{ NULL, "Account", FIELD_TEXT },
	{ NULL, "Source", FIELD_TEXT },
	{ NULL, "ClientVersion", FIELD_TEXT },
	{ NULL, "Instance", FIELD_TEXT },
	{ NULL, "BytesIn", FIELD_INT },
	{ NULL, "BytesOut", FIELD_INT },
	{ NULL, "Duration", FIELD_SPAN },
	{ NULL, "Channels", FIELD_JSON },
	{ NULL, "Tunnels", FIELD_JSON },
	{ NULL, "Files", FIELD_JSON },
	{ NULL, "FilesCut", FIELD_BOOL },
	{ NULL, "Recordings", FIELD_JSON },
	{ NULL, NULL, FIELD_INT }
};

static int
inspect_row(struct cmd_call *c, const struct entities *e,
    const struct session *s)
{
	json_t	*row = entity_session(e, s, c->now);
	int	 r;

	if ((r = session_parts_add(c->sh->db, s, row)) == DB_OK)
		result_json(&c->result, row);
	else
		json_decref(row);
	return (r);
}

static int
inspect_one(struct cmd_call *c, const struct entities *e, const char *text)
{
	struct session	*s = NULL;
	char		*end;
	int64_t		 id = strtoll(text, &end, 10);
	int		 r = DB_NOTFOUND;

	if (id > 0 && *end == '\0')
		r = session_get(c->sh->db, id, &s);
	/* somebody else's is not there for whoever may see their own only */
	if (r == DB_OK && c->own && s->user_id != c->me->id)
		r = DB_NOTFOUND;
	if (r == DB_OK)
		r = inspect_row(c, e, s);
	else if (r == DB_NOTFOUND)
		r = cmd_fail(c, "no session%s \"%s\"",
		    c->own ? " of yours" : "", text);
	session_free(s);
	return (r);
}

static int
session_inspect_exec(struct cmd_call *c)
{
	struct entities	*e;
	size_t		 i;
	int		 r;

	/* of hosts, whoever sees their own sessions only sees the names */
	r = entities_load(c->sh->db, c->own ? 0 : ENTITY_USERS | ENTITY_HOSTS,
	    &e);
	for (i = 0; r == DB_OK && i < c->parsed->noperands; i++)
		r = inspect_one(c, e, operand_text(c, i));
	entities_free(e);
	return (r);
}

const struct cmd_entry cmd_session_inspect = {
	.noun = "session", .verb = "inspect",
	.brief = "show all about sessions, as JSON",
	.operands = { "SESSION", VALUE_TEXT, 1, CMD_MANY },
	.role = NEED_ANYONE, .whole = NEED_READER, .flags = CMD_AS_JSON,
	.fields = inspect_fields, .things = "sessions",
	.exec = session_inspect_exec,
};
