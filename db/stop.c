/* SPDX-License-Identifier: ISC */
/*
 * Sessions that are to end, wherever they are.
 */
#include <stdlib.h>

#include "db/query.h"
#include "db/stop.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"

static void
stop_clear(void *row)
{
	struct stop	*s = row;

	free(s->reason);
	free(s->author);
}

void
stop_list_free(struct stop_list *l)
{
	if (l == NULL)
		return;
	db_free_rows(l->v, l->n, sizeof(*l->v), stop_clear);
	free(l);
}

static void
stop_read(struct db_stmt *st, void *row)
{
	struct stop	*s = row;

	s->session_id = col_int(st);
	s->reason = col_text(st);
	s->author = col_text(st);
	s->asked_at = col_int(st);
}

static int
request_run(struct db *db, void *arg)
{
	const struct stop	*s = arg;
	int64_t			 n, at;
	int			 r;

	at = s->asked_at != 0 ? s->asked_at : clock_utc();
	r = db_get_int(db, &n, "SELECT COUNT(*) FROM sessions WHERE id = ?"
	    " AND status = 'active'", BINDS(bind_int(s->session_id)));
	if (r != DB_OK)
		return (r);
	if (n == 0)
		return (db_absent(db));
	if ((r = db_exec(db, "DELETE FROM stops WHERE session_id = ?",
	    BINDS(bind_int(s->session_id)))) != DB_OK)
		return (r);
	return (db_exec(db, "INSERT INTO stops (session_id, reason, author,"
	    " asked_at) VALUES (?, ?, ?, ?)",
	    BINDS(bind_int(s->session_id), bind_cut(s->reason, DB_TEXT_MAX),
	    bind_cut(s->author, DB_NAME_MAX), bind_int(at))));
}

int
stop_request(struct db *db, const struct stop *s)
{
	return (db_transaction(db, request_run, (void *)s));
}

#define SELECT \
	"SELECT st.session_id, st.reason, st.author, st.asked_at" \
	" FROM stops st JOIN sessions s ON s.id = st.session_id" \
	" WHERE s.status = 'active' AND st.asked_at >= ?"
#define IN_ORDER	" ORDER BY st.asked_at, st.session_id"

int
stop_list(struct db *db, const char *instance_id, int64_t since,
    struct stop_list **out)
{
	struct stop_list	*l = xcalloc(1, sizeof(*l));
	const struct db_bind	 binds[] = { bind_int(since),
				    bind_text(instance_id),
				    { .kind = BIND_END } };
	const struct db_bind	 any[] = { binds[0], binds[2] };
	int			 r;

	*out = NULL;
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), stop_read,
	    instance_id != NULL ? SELECT " AND s.instance_id = ?" IN_ORDER :
	    SELECT IN_ORDER, instance_id != NULL ? binds : any);
	if (r != DB_OK) {
		stop_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}

int
stop_remove(struct db *db, int64_t session_id)
{
	return (db_exec_one(db, "DELETE FROM stops WHERE session_id = ?",
	    BINDS(bind_int(session_id))));
}

int
stop_prune(struct db *db, int64_t before, int64_t *removed)
{
	int	r;

	*removed = 0;
	r = db_exec(db, "DELETE FROM stops WHERE asked_at < ?",
	    BINDS(bind_int(before)));
	if (r == DB_OK)
		*removed = db_changes(db);
	return (r);
}
