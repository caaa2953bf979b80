/* SPDX-License-Identifier: ISC */
/*
 * event: the audit log.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/db.h"
#include "db/event.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/entity.h"
#include "shell/options.h"
#include "shell/run.h"
#include "shell/when.h"

#define COUNTED_MOST	10000	/* of events that filters leave */

/* event ls -- list the events */

static const struct field	ls_fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "Author", "Author", FIELD_NAME },
	{ "Domain", "Domain", FIELD_TEXT },
	{ "Action", "Action", FIELD_TEXT },
	{ "Entity", "Entity", FIELD_TEXT },
	{ "Args", "Args", FIELD_JSON },
	{ "Date", "CreatedAt", FIELD_TIME },
	{ "From", "Source", FIELD_TEXT },
	{ NULL, "DeletedAt", FIELD_TIME },
	{ NULL, "AuthorID", FIELD_INT },
	{ NULL, "Seal", FIELD_INT },
	{ NULL, "Changes", FIELD_JSON },
	{ NULL, "SessionID", FIELD_INT },
	{ "Session", NULL, FIELD_RARE },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	ls_opts[] = {
	{ .name = "author", .letter = 'a', .kind = VALUE_TEXT, .arg = "USER",
	    .brief = "only what this user did, who may be gone" },
	{ .name = "domain", .letter = 'd', .kind = VALUE_TEXT, .arg = "NOUN",
	    .brief = "only what was done to such things" },
	{ .name = "action", .kind = VALUE_TEXT, .arg = "VERB",
	    .brief = "only what was done so" },
	{ .name = "entity", .letter = 'e', .kind = VALUE_TEXT, .arg = "TEXT",
	    .brief = "only what was done to rows with this in their name" },
	{ .name = "session", .kind = VALUE_NUMBER, .arg = "SESSION",
	    .brief = "only what was done in this session" },
	{ .name = "since", .letter = 's', .kind = VALUE_WHEN, .arg = "TIME",
	    .brief = "only what was done then or later" },
	OPTS_LS,
	OPT_LIMIT,
	{ .name = NULL }
};

/*
 * The words of a command, and what it changed; events of others have but the
 * one.
 */
static void
put_args(struct result *r, const char *args, int want_changes)
{
	json_t	*all = json_loads(args, 0, NULL);
	json_t	*words = json_object_get(all, "Args");
	json_t	*changes = json_object_get(all, "Changes");
	json_t	*wanted = want_changes ? changes : words;
	char	*text = NULL;

	if (words != NULL && changes != NULL)
		text = json_dumps(wanted, JSON_COMPACT);
	else if (!want_changes)
		text = xstrdup(args);
	result_text(r, text != NULL ? text : "");
	free(text);
	json_decref(all);
}

static void
put_event(struct result *r, const struct event *e)
{
	char	session[24] = "";

	if (e->session_id != 0)
		snprintf(session, sizeof(session), "%" PRId64, e->session_id);
	result_row(r);
	result_number(r, e->id);
	result_text(r, e->author_name);
	result_text(r, e->domain);
	result_text(r, e->action);
	result_text(r, e->entity);
	put_args(r, e->args, 0);
	result_number(r, e->created_at);
	result_text(r, e->source);
	result_number(r, 0);
	result_number(r, e->author_id);
	result_number(r, e->seal_no);
	put_args(r, e->args, 1);
	result_number(r, e->session_id);
	result_text(r, session);
}

/* How many there are where the list shows but some; at most so many. */
static int
count_cut(struct cmd_call *c, const struct event_filter *f)
{
	const int	 filtered = f->author != NULL || f->domain != NULL ||
	    f->action != NULL || f->entity != NULL || f->session_id != 0 ||
	    f->since != 0;
	struct result	*res = &c->result;
	int		 r;

	if (!cmd_total_wanted(c, f->limit))
		return (DB_OK);
	if (!filtered)
		return (event_count(c->sh->db, &res->total));
	r = event_found(c->sh->db, f, COUNTED_MOST + 1, &res->total);
	if (res->total > COUNTED_MOST) {
		res->total = COUNTED_MOST;
		res->total_is_least = 1;
	}
	return (r);
}

static int
event_ls_exec(struct cmd_call *c)
{
	struct event_filter	 f = {
		.author = opt_text(c, "author"),
		.domain = opt_text(c, "domain"),
		.action = opt_text(c, "action"),
		.entity = opt_text(c, "entity"),
		.session_id = opt_number(c, "session"),
		.limit = opt_limit(c),
	};
	struct event_list	*l;
	size_t			 i;
	int			 r;

	if (opt_given(c, "since") &&
	    when_parse(opt_text(c, "since"), c->now, &f.since) == -1)
		return (cmd_fail(c, "--since is not a time"));
	if ((r = event_find(c->sh->db, &f, &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++)
		put_event(&c->result, &l->v[i]);
	event_list_free(l);
	return (count_cut(c, &f));
}

const struct cmd_entry cmd_event_ls = {
	.noun = "event", .verb = "ls",
	.brief = "list the audit log, newest first",
	.opts = ls_opts,
	.role = NEED_READER,
	.fields = ls_fields, .things = "events",
	.exec = event_ls_exec,
};

/* event inspect -- all about events, as JSON */

static const struct field	inspect_fields[] = {
	{ NULL, "ID", FIELD_INT },
	{ NULL, "CreatedAt", FIELD_TIME },
	{ NULL, "UpdatedAt", FIELD_TIME },
	{ NULL, "DeletedAt", FIELD_TIME },
	{ NULL, "Author", FIELD_JSON },
	{ NULL, "AuthorID", FIELD_INT },
	{ NULL, "Domain", FIELD_TEXT },
	{ NULL, "Action", FIELD_TEXT },
	{ NULL, "Entity", FIELD_TEXT },
	{ NULL, "Args", FIELD_JSON },
	{ NULL, "Source", FIELD_TEXT },
	{ NULL, "Seal", FIELD_INT },
	{ NULL, "RestoredAt", FIELD_TIME },
	{ NULL, "SessionID", FIELD_INT },
	{ NULL, "Changes", FIELD_JSON },
	{ NULL, NULL, FIELD_INT }
};

static int
inspect_one(struct cmd_call *c, const struct entities *users,
    const char *text)
{
	struct event	*e = NULL;
	char		*end;
	int64_t		 id = strtoll(text, &end, 10);
	int		 r = DB_NOTFOUND;

	if (id > 0 && *end == '\0')
		r = event_get(c->sh->db, id, &e);
	if (r == DB_OK)
		result_json(&c->result, entity_event(users, e));
	else if (r == DB_NOTFOUND)
		r = cmd_fail(c, "no event \"%s\"", text);
	event_free(e);
	return (r);
}

static int
event_inspect_exec(struct cmd_call *c)
{
	struct entities	*users;
	size_t		 i;
	int		 r;

	r = entities_load(c->sh->db, ENTITY_USERS, &users);
	for (i = 0; r == DB_OK && i < c->parsed->noperands; i++)
		r = inspect_one(c, users, operand_text(c, i));
	entities_free(users);
	return (r);
}

const struct cmd_entry cmd_event_inspect = {
	.noun = "event", .verb = "inspect",
	.brief = "show all about events, as JSON",
	.operands = { "EVENT", VALUE_TEXT, 1, CMD_MANY },
	.role = NEED_READER, .flags = CMD_AS_JSON,
	.fields = inspect_fields, .things = "events",
	.exec = event_inspect_exec,
};
