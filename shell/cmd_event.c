/* SPDX-License-Identifier: ISC */
/*
 * event: the audit log.
 */
#include "db/db.h"
#include "db/event.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
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
