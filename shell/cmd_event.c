/* SPDX-License-Identifier: ISC */
/*
 * event: the audit log.
 */
#include <stdlib.h>

#include "db/db.h"
#include "db/event.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/options.h"
#include "shell/run.h"

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
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	ls_opts[] = {
	OPTS_LS,
	OPT_LIMIT,
	{ .name = NULL }
};

static void
put_event(struct result *r, const struct event *e)
{
	result_row(r);
	result_number(r, e->id);
	result_text(r, e->author_name);
	result_text(r, e->domain);
	result_text(r, e->action);
	result_text(r, e->entity);
	result_text(r, e->args);
	result_number(r, e->created_at);
	result_text(r, e->source);
	result_number(r, 0);
	result_number(r, e->author_id);
	result_number(r, e->seal_no);
}

static int
event_ls_exec(struct cmd_call *c)
{
	struct event_list	*l;
	size_t			 i;
	int			 r;

	if ((r = event_list(c->sh->db, 0, opt_limit(c), &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++)
		put_event(&c->result, &l->v[i]);
	event_list_free(l);
	if (!cmd_total_wanted(c, opt_limit(c)))
		return (DB_OK);
	return (event_count(c->sh->db, &c->result.total));
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

static int
inspect_one(struct cmd_call *c, const char *text)
{
	struct event	*e = NULL;
	char		*end;
	int64_t		 id = strtoll(text, &end, 10);
	int		 r = DB_NOTFOUND;

	if (id > 0 && *end == '\0')
		r = event_get(c->sh->db, id, &e);
	if (r == DB_OK)
		put_event(&c->result, e);
	else if (r == DB_NOTFOUND)
		r = cmd_fail(c, "no event \"%s\"", text);
	event_free(e);
	return (r);
}

static int
event_inspect_exec(struct cmd_call *c)
{
	size_t	i;
	int	r = DB_OK;

	for (i = 0; r == DB_OK && i < c->parsed->noperands; i++)
		r = inspect_one(c, operand_text(c, i));
	return (r);
}

const struct cmd_entry cmd_event_inspect = {
	.noun = "event", .verb = "inspect",
	.brief = "show all about events, as JSON",
	.operands = { "EVENT", VALUE_TEXT, 1, CMD_MANY },
	.role = NEED_READER, .flags = CMD_AS_JSON,
	.fields = ls_fields, .things = "events",
	.exec = event_inspect_exec,
};
