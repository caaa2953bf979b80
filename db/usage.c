/* SPDX-License-Identifier: ISC */
/*
 * Sums over sessions, and last uses.
 */
#include <stdio.h>
#include <stdlib.h>

#include "db/query.h"
#include "db/usage.h"
#include "lib/xmalloc.h"

/* 64 TiB, so that no number that somebody made up makes a sum overflow. */
#define BYTES_MOST	"70368744177664"
#define BYTES(column) \
	"CAST(SUM(CASE WHEN " column " < " BYTES_MOST " THEN " column \
	" ELSE " BYTES_MOST " END) AS SIGNED)"
#define DAY		"(started_at - started_at % 86400)"

#define SUMS \
	"SELECT COUNT(*) AS number, CAST(SUM(CASE WHEN status = 'active'" \
	" THEN 1 ELSE 0 END) AS SIGNED)," \
	" CAST(SUM(CASE WHEN ended_at > started_at" \
	" THEN ended_at - started_at WHEN ended_at > 0 OR started_at > ?" \
	" THEN 0 ELSE ? - started_at END) AS SIGNED), " BYTES("bytes_in") \
	", " BYTES("bytes_out") ", MAX(started_at), "
#define WHERE_NEW	" FROM sessions WHERE started_at >= ?"

static const struct {
	const char	*columns, *group;
} groupings[] = {
	[USAGE_USER] = { SUMS "0, user_name AS name" WHERE_NEW,
	    " GROUP BY user_name ORDER BY number DESC, name LIMIT ?" },
	[USAGE_HOST] = { SUMS "0, host_name AS name" WHERE_NEW,
	    " GROUP BY host_name ORDER BY number DESC, name LIMIT ?" },
	[USAGE_DAY] = { SUMS DAY " AS day, ''" WHERE_NEW,
	    " GROUP BY day ORDER BY day DESC LIMIT ?" },
};

static void
usage_clear(void *row)
{
	free(((struct usage *)row)->name);
}

void
usage_list_free(struct usage_list *l)
{
	if (l == NULL)
		return;
	db_free_rows(l->v, l->n, sizeof(*l->v), usage_clear);
	free(l);
}

static void
usage_read(struct db_stmt *st, void *row)
{
	struct usage	*u = row;

	u->sessions = col_int(st);
	u->active = col_int(st);
	u->seconds = col_int(st);
	u->bytes_in = col_int(st);
	u->bytes_out = col_int(st);
	u->last = col_int(st);
	u->day = col_int(st);
	u->name = col_text(st);
}

int
usage_sums(struct db *db, enum usage_by by, const struct usage_filter *f,
    struct usage_list **out)
{
	struct db_bind		 binds[7];
	struct usage_list	*l = xcalloc(1, sizeof(*l));
	char			*sql;
	size_t			 n = 0;
	int			 r;

	*out = NULL;
	binds[n++] = bind_int(f->now);
	binds[n++] = bind_int(f->now);
	binds[n++] = bind_int(f->since);
	if (f->user_id != 0)
		binds[n++] = bind_int(f->user_id);
	if (f->host_id != 0)
		binds[n++] = bind_int(f->host_id);
	binds[n++] = bind_int(db_limit(f->limit));
	binds[n] = (struct db_bind){ .kind = BIND_END };
	sql = xasprintf("%s%s%s%s", groupings[by].columns,
	    f->user_id != 0 ? " AND user_id = ?" : "",
	    f->host_id != 0 ? " AND host_id = ?" : "", groupings[by].group);
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), usage_read, sql,
	    binds);
	free(sql);
	if (r != DB_OK) {
		usage_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}

/*
 * The index has a user's or a host's sessions in the order of their ids: its
 * last entry is the last session. MySQL, left to itself, may rather walk back
 * over all sessions until it meets one of theirs.
 */
#define LAST(table, column, index) \
	"SELECT t.id, (SELECT s.started_at FROM sessions s" index \
	" WHERE s." column " = t.id ORDER BY s.id DESC LIMIT 1)" \
	" FROM " table " t WHERE t.id BETWEEN ? AND ? ORDER BY t.id DESC"

static void
last_read(struct db_stmt *st, void *row)
{
	struct last_use	*l = row;

	l->id = col_int(st);
	l->at = col_int(st);
}

int
usage_last(struct db *db, enum usage_by by, int64_t low, int64_t high,
    struct last_use **v, size_t *n)
{
	static const char	*const sql[][2] = {
		[USAGE_USER] = { LAST("users", "user_id", ""),
		    LAST("users", "user_id", " FORCE INDEX (sessions_user)") },
		[USAGE_HOST] = { LAST("hosts", "host_id", ""),
		    LAST("hosts", "host_id", " FORCE INDEX (sessions_host)") },
	};
	const int		 mysql = *db_for_update(db) != '\0';
	size_t			 i, kept = 0;
	int			 r;

	r = db_get_rows(db, v, n, sizeof(**v), last_read, sql[by][mysql],
	    BINDS(bind_int(low), bind_int(high)));
	if (r != DB_OK) {
		free(*v);
		*v = NULL;
		*n = 0;
		return (r);
	}
	for (i = 0; i < *n; i++) {
		if ((*v)[i].at != 0)
			(*v)[kept++] = (*v)[i];
	}
	*n = kept;
	return (DB_OK);
}

int64_t
usage_last_of(const struct last_use *v, size_t n, size_t *at, int64_t id)
{
	while (*at < n && v[*at].id > id)
		(*at)++;
	return (*at < n && v[*at].id == id ? v[*at].at : 0);
}
