/* SPDX-License-Identifier: ISC */
/*
 * The channels of sessions.
 */
#include <stdlib.h>

#include "db/channel.h"
#include "db/query.h"
#include "lib/xmalloc.h"

#define COLUMNS \
	"session_id, seq, type, detail, started_at, ended_at, bytes_in," \
	" bytes_out, exit_status, exit_signal, refused, recording"

static void
channel_clear(void *row)
{
	struct channel	*c = row;

	free(c->type);
	free(c->detail);
	free(c->exit_signal);
	free(c->refused);
	free(c->recording);
}

void
channel_list_free(struct channel_list *l)
{
	if (l == NULL)
		return;
	db_free_rows(l->v, l->n, sizeof(*l->v), channel_clear);
	free(l);
}

static void
channel_read(struct db_stmt *st, void *row)
{
	struct channel	*c = row;

	c->id = col_int(st);
	c->session_id = col_int(st);
	c->seq = col_int(st);
	c->type = col_text(st);
	c->detail = col_text(st);
	c->started_at = col_int(st);
	c->ended_at = col_int(st);
	c->bytes_in = col_int(st);
	c->bytes_out = col_int(st);
	c->exit_status = col_int(st);
	c->exit_signal = col_text(st);
	c->refused = col_text(st);
	c->recording = col_text(st);
}

int
channel_create(struct db *db, const struct channel *c, int64_t *id)
{
	int	r;

	*id = 0;
	r = db_exec(db, "INSERT INTO channels (" COLUMNS ")"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    BINDS(bind_int(c->session_id), bind_int(c->seq),
	    bind_cut(c->type, DB_NAME_MAX), bind_cut(c->detail, DB_TEXT_MAX),
	    bind_int(c->started_at), bind_int(c->ended_at),
	    bind_int(c->bytes_in), bind_int(c->bytes_out),
	    bind_int(c->exit_status), bind_cut(c->exit_signal, DB_NAME_MAX),
	    bind_cut(c->refused, DB_NAME_MAX),
	    bind_cut(c->recording, DB_NAME_MAX)));
	if (r == DB_OK)
		*id = db_last_id(db);
	return (r);
}

int
channel_close(struct db *db, const struct channel *c)
{
	return (db_exec_one(db, "UPDATE channels SET ended_at = ?,"
	    " bytes_in = ?, bytes_out = ?, exit_status = ?, exit_signal = ?"
	    " WHERE session_id = ? AND seq = ? AND ended_at = 0",
	    BINDS(bind_int(c->ended_at), bind_int(c->bytes_in),
	    bind_int(c->bytes_out), bind_int(c->exit_status),
	    bind_cut(c->exit_signal, DB_NAME_MAX), bind_int(c->session_id),
	    bind_int(c->seq))));
}

int
channel_type(struct db *db, int64_t session_id, int64_t seq, char **type)
{
	struct db_stmt	*st;
	int		 r;

	*type = NULL;
	r = db_query(db, &st, "SELECT type FROM channels WHERE session_id = ?"
	    " AND seq = ?", BINDS(bind_int(session_id), bind_int(seq)));
	if (r != DB_OK)
		return (r);
	if ((r = db_next(st)) == DB_OK)
		*type = col_text(st);
	db_done(st);
	return (r);
}

int
channel_list(struct db *db, int64_t session_id, struct channel_list **out)
{
	struct channel_list	*l;
	int			 r;

	*out = NULL;
	l = xcalloc(1, sizeof(*l));
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), channel_read,
	    "SELECT id, " COLUMNS " FROM channels WHERE session_id = ?"
	    " ORDER BY seq", BINDS(bind_int(session_id)));
	if (r != DB_OK) {
		channel_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}
