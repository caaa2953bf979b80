/* SPDX-License-Identifier: ISC */
/*
 * The audit log and its seals.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/event.h"
#include "db/query.h"
#include "db/total.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"

#define COLUMNS \
	"id, author_id, author_name, source, domain, action, entity, args," \
	" created_at, seal_no, seal, restored, session_id"
#define SELECT	"SELECT " COLUMNS " FROM events "

static void
event_clear(void *row)
{
	struct event	*e = row;

	free(e->author_name);
	free(e->source);
	free(e->domain);
	free(e->action);
	free(e->entity);
	free(e->args);
	free(e->seal);
}

void
event_free(struct event *e)
{
	if (e != NULL)
		db_free_rows(e, 1, sizeof(*e), event_clear);
}

void
event_list_free(struct event_list *l)
{
	if (l == NULL)
		return;
	db_free_rows(l->v, l->n, sizeof(*l->v), event_clear);
	free(l);
}

static void
event_read(struct db_stmt *st, void *row)
{
	struct event	*e = row;

	e->id = col_int(st);
	e->author_id = col_int(st);
	e->author_name = col_text(st);
	e->source = col_text(st);
	e->domain = col_text(st);
	e->action = col_text(st);
	e->entity = col_text(st);
	e->args = col_text(st);
	e->created_at = col_int(st);
	e->seal_no = col_int(st);
	e->seal = col_blob(st, &e->seallen);
	e->restored = col_int(st);
	e->session_id = col_int(st);
}

static int
event_fetch(struct db *db, struct event_list **out, const char *sql,
    const struct db_bind *binds)
{
	struct event_list	*l;
	int			 r;

	*out = NULL;
	l = xcalloc(1, sizeof(*l));
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), event_read, sql,
	    binds);
	if (r != DB_OK) {
		event_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}

int
event_create(struct db *db, const struct event *e, int64_t *id)
{
	int	r;

	*id = 0;
	if ((r = db_check_text(db, "event arguments", e->args)) != DB_OK)
		return (r);
	r = db_exec(db, "INSERT INTO events (author_id, author_name, source,"
	    " domain, action, entity, args, created_at, session_id)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    BINDS(bind_id(e->author_id),
	    bind_cut(e->author_name, DB_NAME_MAX),
	    bind_cut(e->source, DB_NAME_MAX),
	    bind_cut(e->domain, DB_NAME_MAX),
	    bind_cut(e->action, DB_NAME_MAX),
	    bind_cut(e->entity, DB_NAME_MAX), bind_text(e->args),
	    bind_int(e->created_at != 0 ? e->created_at : clock_utc()),
	    bind_id(e->session_id)));
	if (r == DB_OK)
		*id = db_last_id(db);
	return (r);
}

int
event_get(struct db *db, int64_t id, struct event **out)
{
	return (db_get_row(db, out, sizeof(**out), event_read, event_clear,
	    SELECT "WHERE id = ?", BINDS(bind_int(id))));
}

int
event_list(struct db *db, int64_t before_id, int64_t limit,
    struct event_list **out)
{
	return (event_fetch(db, out, SELECT "WHERE id < ?"
	    " ORDER BY id DESC LIMIT ?",
	    BINDS(bind_int(before_id != 0 ? before_id : INT64_MAX),
	    bind_int(db_limit(limit)))));
}

int
event_page(struct db *db, int64_t after_id, int64_t limit,
    struct event_list **out)
{
	return (event_fetch(db, out, SELECT "WHERE id > ?"
	    " ORDER BY id LIMIT ?",
	    BINDS(bind_int(after_id), bind_int(db_limit(limit)))));
}

int
event_count(struct db *db, int64_t *count)
{
	return (total_count(db, TOTAL_EVENTS, count));
}

#define FILTER_BINDS	7
#define DOMAIN_RARE	5000	/* events; their ids are sorted at once */

/* A condition put together from constant parts, and what it binds. */
struct condition {
	char		 sql[512];
	struct db_bind	 binds[FILTER_BINDS + 1];
	size_t		 n;
};

static void
condition_add(struct condition *c, const char *part, struct db_bind bind)
{
	size_t	len = strlen(c->sql);

	snprintf(c->sql + len, sizeof(c->sql) - len, "%s", part);
	c->binds[c->n++] = bind;
}

/*
 * Of one session, whose index leaves few: the others must not be chosen in its
 * place for having more columns.
 */
static void
condition_of_session(struct condition *c, const struct event_filter *f)
{
	condition_add(c, " AND session_id = ?", bind_int(f->session_id));
	if (f->author != NULL)
		condition_add(c, " AND COALESCE(author_name, '') = ?",
		    bind_text(f->author));
	if (f->domain != NULL)
		condition_add(c, " AND COALESCE(domain, '') = ?",
		    bind_text(f->domain));
	if (f->since != 0)
		condition_add(c, " AND COALESCE(created_at, 0) >= ?",
		    bind_int(f->since));
}

static void
condition_of_all(struct condition *c, const struct event_filter *f, int spread)
{
	if (f->author != NULL)
		condition_add(c, " AND author_name = ?", bind_text(f->author));
	if (f->domain != NULL)
		condition_add(c, spread ? " AND COALESCE(domain, '') = ?" :
		    " AND domain = ?", bind_text(f->domain));
	if (f->since != 0)
		condition_add(c, " AND created_at >= ?", bind_int(f->since));
}

/* `spread`: the domain's events are looked for from the newest back. */
static void
condition_make(struct condition *c, const struct event_filter *f, int spread)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->sql, sizeof(c->sql), "FROM events WHERE 1 = 1");
	if (f->session_id != 0)
		condition_of_session(c, f);
	else
		condition_of_all(c, f, spread);
	if (f->action != NULL)
		condition_add(c, " AND action = ?", bind_text(f->action));
	if (f->entity != NULL)
		condition_add(c, " AND INSTR(entity, ?) > 0",
		    bind_text(f->entity));
}

/*
 * The index of domains has its ids in order only for one action. Of a domain
 * with a few events they are sorted; of one with many, the newest are soon
 * found without it.
 */
static int
domain_is_common(struct db *db, const struct event_filter *f, int *common)
{
	const struct event_filter	domain = { .domain = f->domain };
	int64_t				n = 0;
	int				r;

	*common = 0;
	if (f->domain == NULL || f->action != NULL || f->author != NULL ||
	    f->since != 0 || f->session_id != 0)
		return (DB_OK);
	r = event_found(db, &domain, DOMAIN_RARE, &n);
	*common = n == DOMAIN_RARE;
	return (r);
}

/*
 * The ids first, which an index holds, then their rows; with `since` in the
 * order of its index: else all that is older would be walked through, too.
 */
int
event_find(struct db *db, const struct event_filter *f,
    struct event_list **out)
{
	const char		*order = f->since != 0 && f->session_id == 0 ?
	    "ORDER BY created_at DESC, id DESC" : "ORDER BY id DESC";
	struct condition	 c;
	char			*sql;
	int			 common, r;

	*out = NULL;
	if ((r = domain_is_common(db, f, &common)) != DB_OK)
		return (r);
	condition_make(&c, f, common);
	c.binds[c.n++] = bind_int(db_limit(f->limit));
	sql = xasprintf("SELECT " COLUMNS " FROM (SELECT id AS listed %s %s"
	    " LIMIT ?) l JOIN events ON id = listed %s", c.sql, order, order);
	r = event_fetch(db, out, sql, c.binds);
	free(sql);
	return (r);
}

int
event_found(struct db *db, const struct event_filter *f, int64_t most,
    int64_t *count)
{
	struct condition	 c;
	char			*sql;
	int			 r;

	condition_make(&c, f, 0);
	c.binds[c.n++] = bind_int(most);
	sql = xasprintf("SELECT COUNT(*) FROM (SELECT 1 %s LIMIT ?) few",
	    c.sql);
	r = db_get_int(db, count, sql, c.binds);
	free(sql);
	return (r);
}

/*
 * On MySQL a row that all keepers lock; on SQLite the transaction has the
 * whole database for itself.
 */
int
event_seal_lock(struct db *db)
{
	int64_t	 value;
	char	*sql;
	int	 r;

	if (!db_in_transaction(db))
		return (db_fail(db, DB_ERROR,
		    "events are sealed in a transaction"));
	sql = xasprintf("SELECT value FROM counters WHERE name = 'seal'%s",
	    db_for_update(db));
	r = db_get_int(db, &value, sql, NO_BINDS);
	free(sql);
	return (r);
}

int
event_unsealed(struct db *db, int64_t limit, struct event_list **out)
{
	return (event_fetch(db, out, SELECT "WHERE seal_no IS NULL"
	    " ORDER BY id LIMIT ?", BINDS(bind_int(db_limit(limit)))));
}

int
event_last_sealed(struct db *db, int64_t *no, unsigned char **seal,
    size_t *seallen)
{
	struct db_stmt	*st;
	int		 r;

	*no = 0;
	*seal = NULL;
	*seallen = 0;
	r = db_query(db, &st, "SELECT seal_no, seal FROM events"
	    " WHERE seal_no IS NOT NULL ORDER BY seal_no DESC LIMIT 1",
	    NO_BINDS);
	if (r != DB_OK)
		return (r);
	if ((r = db_next(st)) == DB_OK) {
		*no = col_int(st);
		*seal = col_blob(st, seallen);
	}
	db_done(st);
	return (r);
}

int
event_set_seal(struct db *db, int64_t id, int64_t no, const void *seal,
    size_t seallen)
{
	if (no < 1 || seal == NULL || seallen == 0 ||
	    seallen > EVENT_SEAL_MAX)
		return (db_fail(db, DB_INVALID, "a seal has a number above 0 "
		    "and 1 to %d bytes", EVENT_SEAL_MAX));
	return (db_exec_one(db, "UPDATE events SET seal_no = ?, seal = ?"
	    " WHERE id = ? AND seal_no IS NULL",
	    BINDS(bind_int(no), bind_blob(seal, seallen), bind_int(id))));
}

int
event_sealed(struct db *db, int64_t after, int64_t limit,
    struct event_list **out)
{
	return (event_fetch(db, out, SELECT "WHERE seal_no > ?"
	    " ORDER BY seal_no LIMIT ?",
	    BINDS(bind_int(after), bind_int(db_limit(limit)))));
}
