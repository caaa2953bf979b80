/* SPDX-License-Identifier: ISC */
/*
 * Sessions, of which there may be millions: every list is bounded by an
 * index.
 */
#include <stdio.h>
#include <stdlib.h>

#include "db/query.h"
#include "db/session.h"
#include "db/total.h"
#include "lib/xmalloc.h"

#define COLUMNS \
	"id, user_id, user_name, host_id, host_name, account, instance_id," \
	" source, client_version, status, started_at, ended_at, error," \
	" comment, bytes_in, bytes_out"

#define ACTIVE	"active"
#define CLOSED	"closed"

#define FILTER_BINDS	8	/* at most, with limit and end */

#define FROM	" FROM sessions WHERE 1 = 1"

const char *
session_status_name(enum session_status s)
{
	return (s == SESSION_ACTIVE ? ACTIVE : CLOSED);
}

static void
session_clear(void *row)
{
	struct session	*s = row;

	free(s->user_name);
	free(s->host_name);
	free(s->account);
	free(s->instance_id);
	free(s->source);
	free(s->client_version);
	free(s->error);
	free(s->comment);
}

void
session_free(struct session *s)
{
	if (s != NULL)
		db_free_rows(s, 1, sizeof(*s), session_clear);
}

void
session_list_free(struct session_list *l)
{
	if (l == NULL)
		return;
	db_free_rows(l->v, l->n, sizeof(*l->v), session_clear);
	free(l);
}

static void
session_read(struct db_stmt *st, void *row)
{
	struct session	*s = row;
	char		*status;

	s->id = col_int(st);
	s->user_id = col_int(st);
	s->user_name = col_text(st);
	s->host_id = col_int(st);
	s->host_name = col_text(st);
	s->account = col_text(st);
	s->instance_id = col_text(st);
	s->source = col_text(st);
	s->client_version = col_text(st);
	status = col_text(st);
	s->status = strcmp(status, ACTIVE) == 0 ? SESSION_ACTIVE :
	    SESSION_CLOSED;
	free(status);
	s->started_at = col_int(st);
	s->ended_at = col_int(st);
	s->error = col_text(st);
	s->comment = col_text(st);
	s->bytes_in = col_int(st);
	s->bytes_out = col_int(st);
}

int
session_create(struct db *db, const struct session *s, int64_t *id)
{
	int	r;

	*id = 0;
	if ((r = db_check_text(db, "comment", s->comment)) != DB_OK)
		return (r);
	r = db_exec(db, "INSERT INTO sessions (user_id, user_name, host_id,"
	    " host_name, account, instance_id, source, client_version,"
	    " status, started_at, ended_at, error, comment, bytes_in,"
	    " bytes_out) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '" ACTIVE "', ?, 0,"
	    " '', ?, 0, 0)",
	    BINDS(bind_id(s->user_id), bind_cut(s->user_name, DB_NAME_MAX),
	    bind_id(s->host_id), bind_cut(s->host_name, DB_NAME_MAX),
	    bind_cut(s->account, DB_NAME_MAX),
	    bind_cut(s->instance_id, DB_NAME_MAX),
	    bind_cut(s->source, DB_NAME_MAX),
	    bind_cut(s->client_version, DB_NAME_MAX),
	    bind_int(s->started_at), bind_text(s->comment)));
	if (r == DB_OK)
		*id = db_last_id(db);
	return (r);
}

int
session_close(struct db *db, int64_t id, int64_t ended_at,
    const char *error, int64_t bytes_in, int64_t bytes_out)
{
	return (db_exec_one(db, "UPDATE sessions SET status = '" CLOSED "',"
	    " ended_at = ?, error = ?, bytes_in = ?, bytes_out = ?"
	    " WHERE id = ? AND status = '" ACTIVE "'",
	    BINDS(bind_int(ended_at), bind_cut(error, DB_TEXT_MAX),
	    bind_int(bytes_in), bind_int(bytes_out), bind_int(id))));
}

int
session_get(struct db *db, int64_t id, struct session **out)
{
	return (db_get_row(db, out, sizeof(**out), session_read,
	    session_clear, "SELECT " COLUMNS " FROM sessions WHERE id = ?",
	    BINDS(bind_int(id))));
}

/* A statement put together from constant parts, and what they bind. */
struct query {
	char		sql[1024];
	struct db_bind	binds[FILTER_BINDS];
	size_t		nbinds;
};

static void
query_add(struct query *q, const char *part)
{
	size_t	len = strlen(q->sql);

	snprintf(q->sql + len, sizeof(q->sql) - len, "%s", part);
}

static void
query_filter(struct query *q, int on, const char *part, int64_t value)
{
	if (!on)
		return;
	query_add(q, part);
	q->binds[q->nbinds++] = bind_int(value);
}

static void
query_where(struct query *q, const struct session_filter *f)
{
	if (f->active)
		query_add(q, " AND status = '" ACTIVE "'");
	/* nearly all: no index is to be searched for them */
	if (f->closed)
		query_add(q, " AND COALESCE(status, '') = '" CLOSED "'");
	query_filter(q, f->user_id != 0, " AND user_id = ?", f->user_id);
	query_filter(q, f->host_id != 0, " AND host_id = ?", f->host_id);
	query_filter(q, f->since != 0, " AND started_at >= ?", f->since);
}

/*
 * The ids first, which an index holds, and then their rows: asked for rows,
 * MySQL would rather read all that fit and sort them. With `since` in the
 * order of that index: left to itself, SQLite would walk back over all sessions
 * in search of the few that are new enough.
 */
int
session_list(struct db *db, const struct session_filter *f,
    struct session_list **out)
{
	const char		*order = f->since != 0 ?
	    " ORDER BY started_at DESC, id DESC" : " ORDER BY id DESC";
	struct query		 q = { .sql = "SELECT " COLUMNS };
	struct session_list	*l;
	int			 r;

	*out = NULL;
	query_add(&q, f->limit != 0 ? " FROM (SELECT id AS listed" FROM : FROM);
	query_where(&q, f);
	query_filter(&q, f->before_id != 0, " AND id < ?", f->before_id);
	query_add(&q, order);
	if (f->limit != 0) {
		query_filter(&q, 1, " LIMIT ?", f->limit);
		query_add(&q, ") l JOIN sessions ON id = listed");
		query_add(&q, order);
	}
	l = xcalloc(1, sizeof(*l));
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), session_read,
	    q.sql, q.binds);
	if (r != DB_OK) {
		session_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}

int
session_count(struct db *db, const struct session_filter *f, int64_t most,
    int64_t *count)
{
	struct query	q = { .sql = "SELECT COUNT(*) FROM (SELECT 1" FROM };

	if (!f->active && !f->closed && f->user_id == 0 && f->host_id == 0 &&
	    f->since == 0)
		return (total_count(db, TOTAL_SESSIONS, count));
	query_where(&q, f);
	query_filter(&q, most != 0, " LIMIT ?", most);
	query_add(&q, ") few");
	return (db_get_int(db, count, q.sql, q.binds));
}

static void
id_read(struct db_stmt *st, void *row)
{
	*(int64_t *)row = col_int(st);
}

int
session_active_ids(struct db *db, const char *instance_id, int64_t **ids,
    size_t *n)
{
	int	r;

	r = db_get_rows(db, ids, n, sizeof(**ids), id_read,
	    "SELECT id FROM sessions WHERE status = '" ACTIVE "'"
	    " AND instance_id = ? ORDER BY id",
	    BINDS(bind_text(instance_id)));
	if (r != DB_OK) {
		free(*ids);
		*ids = NULL;
		*n = 0;
	}
	return (r);
}

/* What session_prune() was asked for, and what came of it. */
struct prune {
	int64_t	before, limit;
	int64_t	removed;
};

static int
prune_run(struct db *db, void *arg)
{
	struct prune	*p = arg;
	int		 r;

	if ((r = total_forget(db, TOTAL_SESSIONS)) != DB_OK)
		return (r);
	r = db_exec(db, "DELETE FROM sessions WHERE id IN (SELECT id FROM"
	    " (SELECT id FROM sessions WHERE ended_at > 0 AND ended_at < ?"
	    " AND status = '" CLOSED "' ORDER BY ended_at LIMIT ?) old)",
	    BINDS(bind_int(p->before), bind_int(db_limit(p->limit))));
	p->removed = r == DB_OK ? db_changes(db) : 0;
	return (r);
}

int
session_prune(struct db *db, int64_t before, int64_t limit,
    int64_t *removed)
{
	struct prune	p = { .before = before, .limit = limit };
	int		r;

	*removed = 0;
	r = db_transaction(db, prune_run, &p);
	if (r == DB_OK)
		*removed = p.removed;
	return (r);
}

int
session_page(struct db *db, int64_t after_id, int64_t limit,
    struct session_list **out)
{
	struct session_list	*l = xcalloc(1, sizeof(*l));
	int			 r;

	*out = NULL;
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), session_read,
	    "SELECT " COLUMNS " FROM sessions WHERE id > ?"
	    " ORDER BY id LIMIT ?",
	    BINDS(bind_int(after_id), bind_int(db_limit(limit))));
	if (r != DB_OK) {
		session_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}
