/* SPDX-License-Identifier: ISC */
/*
 * Events and sessions of a backup. There may be a great many, so they are not
 * kept as rows but read twice: once to see whether they can be taken, and once
 * to be inserted.
 */
#include <stdlib.h>
#include <string.h>

#include "db/load.h"
#include "db/total.h"
#include "lib/xmalloc.h"
#include "shell/restore_plan.h"

#define BYTES_MAX	INT64_MAX

/* The name in a nested row, or in the word of its own. */
static const char *
nested_name(struct row *w, const char *row, const char *word)
{
	json_t		*nested = json_object_get(w->json, row);
	const char	*name = row_text(w, word, DB_NAME_MAX);
	json_t		*j = json_object_get(nested, "Name");

	if (*name != '\0' || !json_is_string(j))
		return (name);
	if (json_string_length(j) > DB_NAME_MAX) {
		row_refuse(w, "the Name of its %s is too long", row);
		return ("");
	}
	return (json_string_value(j));
}

static int
moved_cmp(const void *a, const void *b)
{
	const struct moved	*x = a, *y = b;

	return (x->from < y->from ? -1 : x->from > y->from);
}

/* The session of an event, as it is here: those that did not come are none. */
static int64_t
session_here(struct row *w)
{
	const struct restore	*r = w->r;
	const struct moved	*m, key = {
		.from = row_number(w, "SessionID", 0, INT64_MAX) };

	if (fate_of(w->r, RESTORE_SESSIONS, key.from) != FATE_TAKEN)
		return (0);
	m = r->nmoved == 0 ? NULL : bsearch(&key, r->moved, r->nmoved,
	    sizeof(key), moved_cmp);
	return (m != NULL ? m->to : key.from);
}

/* Borrowed but for args. */
static void
event_of(struct row *w, struct event *e)
{
	json_t	*args = json_object_get(w->json, "Args");
	char	*text;

	memset(e, 0, sizeof(*e));
	e->id = w->id;
	e->author_id = row_number(w, "AuthorID", 0, INT64_MAX);
	e->author_name = (char *)nested_name(w, "Author", "AuthorName");
	e->source = (char *)row_text(w, "Source", DB_NAME_MAX);
	e->domain = (char *)row_text(w, "Domain", DB_NAME_MAX);
	e->action = (char *)row_text(w, "Action", DB_NAME_MAX);
	e->entity = (char *)row_text(w, "Entity", DB_NAME_MAX);
	e->created_at = w->created_at;
	e->restored = w->r->args.now;
	e->session_id = session_here(w);
	/* the words as they were, where JSON would not give them back */
	e->args = xstrdup(row_text(w, "ArgsText", DB_TEXT_MAX));
	if (*e->args != '\0' || args == NULL || json_is_null(args))
		return;
	text = json_dumps(args, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text != NULL && strlen(text) <= DB_TEXT_MAX) {
		free(e->args);
		e->args = text;
		return;
	}
	row_refuse(w, "its Args are longer than %d bytes", DB_TEXT_MAX);
	free(text);
}

static const char *const	event_members[] = { "ID", "CreatedAt",
				    "UpdatedAt", "DeletedAt", "Author",
				    "AuthorID", "AuthorName", "Domain",
				    "Action", "Entity", "Args", "ArgsText",
				    "Source", "Seal", "RestoredAt",
				    "SessionID", "Changes", NULL };

static enum fate
take_event(struct row *w)
{
	struct event	e;

	event_of(w, &e);
	free(e.args);
	return (FATE_TAKEN);
}

/* All borrowed. */
static void
session_of(struct row *w, struct session *s)
{
	memset(s, 0, sizeof(*s));
	s->id = w->id;
	s->user_id = row_number(w, "UserID", 0, INT64_MAX);
	s->host_id = row_number(w, "HostID", 0, INT64_MAX);
	s->user_name = (char *)nested_name(w, "User", "UserName");
	s->host_name = (char *)nested_name(w, "Host", "HostName");
	s->account = (char *)row_text(w, "Account", DB_NAME_MAX);
	s->instance_id = (char *)row_text(w, "Instance", DB_NAME_MAX);
	s->source = (char *)row_text(w, "Source", DB_NAME_MAX);
	s->client_version = (char *)row_text(w, "ClientVersion", DB_NAME_MAX);
	s->error = (char *)row_text(w, "ErrMsg", DB_TEXT_MAX);
	s->comment = (char *)row_text(w, "Comment", DB_TEXT_MAX);
	s->started_at = w->created_at;
	/* one that went on is over: nobody is there any more to end it */
	s->ended_at = row_time(w, "StoppedAt");
	if (s->ended_at == 0)
		s->ended_at = w->updated_at;
	s->bytes_in = row_number(w, "BytesIn", 0, BYTES_MAX);
	s->bytes_out = row_number(w, "BytesOut", 0, BYTES_MAX);
	/* rows of nobody who is here keep the name alone */
	if (fate_of(w->r, RESTORE_USERS, s->user_id) != FATE_TAKEN)
		s->user_id = 0;
	if (fate_of(w->r, RESTORE_HOSTS, s->host_id) != FATE_TAKEN)
		s->host_id = 0;
}

static const char *const	session_members[] = { "ID", "CreatedAt",
				    "UpdatedAt", "DeletedAt", "StoppedAt",
				    "Status", "User", "Host", "UserID",
				    "HostID", "UserName", "HostName", "ErrMsg",
				    "Comment", "Account", "Source",
				    "ClientVersion", "Instance", "BytesIn",
				    "BytesOut", "Duration", NULL };

static enum fate
take_session(struct row *w)
{
	struct session	s;

	session_of(w, &s);
	return (FATE_TAKEN);
}

void
plan_history(struct restore *r)
{
	rows_each(r, RESTORE_EVENTS, event_members, take_event);
	rows_each(r, RESTORE_SESSIONS, session_members, take_session);
}

/* Loading */

static int
load_one_session(struct db *db, struct row *w, int insert, int *known)
{
	struct restore	*r = w->r;
	struct session	 s;
	int64_t		 id;
	int		 status;

	session_of(w, &s);
	status = insert ? load_session(db, &s, &id) :
	    load_session_known(db, &s, &id);
	*known = id != 0;
	if (status == DB_OK && id != 0 && id != s.id) {
		r->moved = xroom(r->moved, r->nmoved, sizeof(*r->moved));
		r->moved[r->nmoved++] = (struct moved){ s.id, id };
	}
	return (status);
}

/* With an open row: is it known, or (insert) in with it. */
static int
load_one(struct db *db, struct row *w, int insert, int *known)
{
	struct event	e;
	int		r;

	if (w->kind == RESTORE_SESSIONS)
		return (load_one_session(db, w, insert, known));
	event_of(w, &e);
	r = insert ? load_event(db, &e) : load_event_known(db, &e, known);
	free(e.args);
	return (r);
}

/* All rows of a kind, once: those not known[] already, when inserting. */
static int
load_pass(struct db *db, struct restore *r, enum restore_kind kind,
    char *known, int insert)
{
	json_t		*json;
	struct row	 w;
	size_t		 i;
	int		 is_known = 0, status = DB_OK;

	json_array_foreach(json_object_get(r->doc, restore_kind_name(kind)),
	    i, json) {
		w = (struct row){ .r = r, .kind = kind, .json = json,
		    .id = json_integer_value(json_object_get(json, "ID")) };
		if (fate_of(r, kind, w.id) != FATE_TAKEN ||
		    (insert && known[i]))
			continue;
		row_times(&w);
		status = load_one(db, &w, insert, &is_known);
		if (status != DB_OK)
			break;
		if (!insert)
			known[i] = is_known != 0;
	}
	return (status);
}

static int
load_kind(struct db *db, struct restore *r, enum restore_kind kind,
    size_t *count)
{
	size_t	 i, n = r->report.count[kind].found;
	char	*known = xcalloc(n + 1, 1);
	int	 status;

	*count = 0;
	status = load_pass(db, r, kind, known, 0);
	if (status == DB_OK)
		status = load_pass(db, r, kind, known, 1);
	for (i = 0; i < n; i++)
		*count += known[i];
	free(known);
	return (status);
}

int
load_history(struct db *db, struct restore *r)
{
	int	status;

	status = load_kind(db, r, RESTORE_SESSIONS, &r->report.known_sessions);
	if (r->nmoved > 0)
		qsort(r->moved, r->nmoved, sizeof(*r->moved), moved_cmp);
	if (status == DB_OK)
		status = load_kind(db, r, RESTORE_EVENTS,
		    &r->report.known_events);
	if (status == DB_OK)
		status = total_forget(db, TOTAL_EVENTS);
	if (status == DB_OK)
		status = total_forget(db, TOTAL_SESSIONS);
	return (status);
}
