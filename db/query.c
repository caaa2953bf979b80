/* SPDX-License-Identifier: ISC */
/*
 * Statements with bound values, and small helpers that the entities share.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/driver.h"
#include "db/query.h"
#include "db/setting.h"
#include "lib/escape.h"
#include "lib/network.h"
#include "lib/xmalloc.h"

struct db_bind
bind_int(int64_t i)
{
	return ((struct db_bind){ .kind = BIND_INT, .i = i });
}

struct db_bind
bind_id(int64_t id)
{
	return ((struct db_bind){ .kind = id == 0 ? BIND_NULL : BIND_INT,
	    .i = id });
}

struct db_bind
bind_text(const char *s)
{
	if (s == NULL)
		s = "";
	return ((struct db_bind){ .kind = BIND_TEXT, .p = s,
	    .len = strlen(s) });
}

struct db_bind
bind_cut(const char *s, size_t max)
{
	struct db_bind	b = bind_text(s);

	if (b.len > max)
		b.len = max;
	return (b);
}

struct db_bind
bind_opt(const char *s)
{
	if (s == NULL)
		return ((struct db_bind){ .kind = BIND_NULL });
	return (bind_text(s));
}

struct db_bind
bind_sources(const char *s)
{
	return (bind_opt(s == NULL || *s == '\0' ? NULL : s));
}

struct db_bind
bind_kinds(uint32_t row, char buf[KINDS_TEXT_SIZE])
{
	return (row == 0 ? bind_opt(NULL) : bind_text(kinds_text(row, buf)));
}

struct db_bind
bind_blob(const void *p, size_t len)
{
	return ((struct db_bind){ .kind = p == NULL ? BIND_NULL : BIND_BLOB,
	    .p = p, .len = len });
}

/* Prepares, binds and makes the first step; *sent: it may have been done. */
static int
stmt_try(struct db_stmt *st, const char *sql, const struct db_bind *binds,
    int *sent)
{
	const struct db_driver	*driver = st->db->driver;
	int			 r;

	*sent = 0;
	if ((r = db_ready(st->db)) != DB_OK)
		return (r);
	if ((r = driver->prepare(st, sql)) != DB_OK)
		return (db_note(st->db, r));
	if ((r = driver->bind(st, binds)) == DB_OK) {
		*sent = 1;
		r = driver->step(st);
	}
	if (r != DB_OK && r != DB_NOTFOUND)
		driver->finish(st);
	return (db_note(st->db, r));
}

/*
 * A lost connection is renewed once. A statement that may have been done
 * already is sent again only if it reads.
 */
static int
stmt_start(struct db_stmt *st, const char *sql, const struct db_bind *binds,
    int reads)
{
	struct db	*db = st->db;
	int		 r, sent;

	r = stmt_try(st, sql, binds, &sent);
	if (r != DB_GONE || db->depth > 0 || db->handle == NULL ||
	    !db->driver->reconnects || db->connecting || (sent && !reads))
		return (r);
	return (stmt_try(st, sql, binds, &sent));
}

int
db_exec(struct db *db, const char *sql, const struct db_bind *binds)
{
	struct db_stmt	st = { .db = db, .first = -1 };
	int		r;

	r = stmt_start(&st, sql, binds, 0);
	if (r != DB_OK && r != DB_NOTFOUND)
		return (r);
	db->changes = db->driver->changes(&st);
	db->last_id = db->driver->last_id(&st);
	db->driver->finish(&st);
	return (DB_OK);
}

int
db_exec_one(struct db *db, const char *sql, const struct db_bind *binds)
{
	int	r;

	if ((r = db_exec(db, sql, binds)) == DB_OK && db->changes == 0)
		r = db_absent(db);
	return (r);
}

int
db_in_transaction(const struct db *db)
{
	return (db->depth > 0);
}

int64_t
db_changes(const struct db *db)
{
	return (db->changes);
}

int64_t
db_last_id(const struct db *db)
{
	return (db->last_id);
}

struct edit {
	const char		*sql;
	const struct db_bind	*binds;
	int64_t			 id;
};

static int
edit_run(struct db *db, void *arg)
{
	struct edit	*e = arg;
	int		 r;

	if ((r = db_exec_one(db, e->sql, e->binds)) != DB_OK)
		return (r);
	e->id = db->last_id;
	return (generation_bump(db));
}

int
db_edit(struct db *db, int64_t *id, const char *sql,
    const struct db_bind *binds)
{
	struct edit	e = { .sql = sql, .binds = binds };
	int		r;

	r = db_transaction(db, edit_run, &e);
	if (id != NULL)
		*id = r == DB_OK ? e.id : 0;
	return (r);
}

int
db_query(struct db *db, struct db_stmt **stp, const char *sql,
    const struct db_bind *binds)
{
	struct db_stmt	*st;
	int		 r;

	*stp = NULL;
	st = xcalloc(1, sizeof(*st));
	st->db = db;
	r = stmt_start(st, sql, binds, 1);
	if (r != DB_OK && r != DB_NOTFOUND) {
		free(st);
		return (r);
	}
	st->first = r;
	*stp = st;
	return (DB_OK);
}

int
db_next(struct db_stmt *st)
{
	int	r = st->first;

	st->column = 0;
	if (r == -1)
		r = db_note(st->db, st->db->driver->step(st));
	/* A finished statement must not be stepped again: it would rerun. */
	st->first = r == DB_OK ? -1 : r;
	return (r == DB_NOTFOUND ? db_absent(st->db) : r);
}

void
db_done(struct db_stmt *st)
{
	if (st == NULL)
		return;
	st->db->driver->finish(st);
	free(st);
}

int64_t
col_int(struct db_stmt *st)
{
	struct db_value	v;

	st->db->driver->column(st, st->column++, &v);
	return (v.null ? 0 : v.i);
}

uint32_t
col_kinds(struct db_stmt *st)
{
	char		*text = col_opt(st);
	uint32_t	 kinds = kinds_read(text);

	free(text);
	return (kinds);
}

void *
col_blob(struct db_stmt *st, size_t *len)
{
	struct db_value	v;

	st->db->driver->column(st, st->column++, &v);
	*len = v.null ? 0 : v.len;
	return (v.null ? NULL : xmemdup0(v.p, v.len));
}

char *
col_opt(struct db_stmt *st)
{
	size_t	len;

	return (col_blob(st, &len));
}

char *
col_text(struct db_stmt *st)
{
	char	*s = col_opt(st);

	return (s != NULL ? s : xstrdup(""));
}

int
db_get_int(struct db *db, int64_t *out, const char *sql,
    const struct db_bind *binds)
{
	struct db_stmt	*st;
	int		 r;

	*out = 0;
	if ((r = db_query(db, &st, sql, binds)) != DB_OK)
		return (r);
	if ((r = db_next(st)) == DB_OK)
		*out = col_int(st);
	db_done(st);
	return (r);
}

int
db_get_rows(struct db *db, void *vp, size_t *n, size_t size,
    void (*read)(struct db_stmt *, void *), const char *sql,
    const struct db_bind *binds)
{
	struct db_stmt	*st;
	char		*v = NULL;
	int		 r;

	*n = 0;
	if ((r = db_query(db, &st, sql, binds)) == DB_OK) {
		while ((r = db_next(st)) == DB_OK) {
			v = xroom(v, *n, size);
			read(st, v + *n * size);
			(*n)++;
		}
		db_done(st);
	}
	/* vp points to a pointer to whatever the rows are. */
	memcpy(vp, &v, sizeof(v));
	return (r == DB_NOTFOUND ? DB_OK : r);
}

int
db_get_row(struct db *db, void *rowp, size_t size,
    void (*read)(struct db_stmt *, void *), void (*clear)(void *),
    const char *sql, const struct db_bind *binds)
{
	void	*v;
	size_t	 n;
	int	 r;

	r = db_get_rows(db, &v, &n, size, read, sql, binds);
	if (r == DB_OK && n == 0)
		r = db_absent(db);
	else if (r == DB_OK && n > 1)
		r = db_fail(db, DB_AMBIGUOUS, "more than one row fits");
	if (r != DB_OK) {
		db_free_rows(v, n, size, clear);
		v = NULL;
	}
	memcpy(rowp, &v, sizeof(v));
	return (r);
}

void
db_free_rows(void *v, size_t n, size_t size, void (*clear)(void *))
{
	size_t	i;

	for (i = 0; i < n; i++)
		clear((char *)v + i * size);
	free(v);
}

static int
check_length(struct db *db, const char *what, const char *s, size_t max)
{
	if (s == NULL)
		return (DB_OK);
	if (strnlen(s, max + 1) > max)
		return (db_fail(db, DB_INVALID, "%s is longer than %zu bytes",
		    what, max));
	if (!utf8_is_valid(s, strlen(s)))
		return (db_fail(db, DB_INVALID, "%s is not UTF-8", what));
	return (DB_OK);
}

int
db_check_name(struct db *db, const char *what, const char *s)
{
	if (s == NULL || *s == '\0')
		return (db_fail(db, DB_INVALID, "%s is empty", what));
	return (check_length(db, what, s, DB_NAME_MAX));
}

int
db_check_sources(struct db *db, const char *s)
{
	char	*normal;
	int	 same;

	if (s == NULL || *s == '\0')
		return (DB_OK);
	normal = network_list_normal(s);
	same = normal != NULL && strcmp(normal, s) == 0;
	free(normal);
	return (same ? DB_OK : db_fail(db, DB_INVALID,
	    "\"%.100s\" is not a list of networks", s));
}

int
db_check_short(struct db *db, const char *what, const char *s)
{
	return (check_length(db, what, s, DB_NAME_MAX));
}

int
db_check_text(struct db *db, const char *what, const char *s)
{
	return (check_length(db, what, s, DB_TEXT_MAX));
}

const char *
db_for_update(const struct db *db)
{
	return (db->driver->dialect == DIALECT_MYSQL ? " FOR UPDATE" : "");
}

int64_t
db_limit(int64_t limit)
{
	return (limit > 0 ? limit : INT64_MAX);
}

int
db_text_id(const char *text, int64_t *id)
{
	char	*end;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return (0);
	errno = 0;
	*id = strtoll(text, &end, 10);
	return (errno == 0 && *id > 0);
}

void
db_names_add(struct db_names *names, const char *name)
{
	names->name = xroom(names->name, names->n, sizeof(*names->name));
	names->name[names->n++] = xstrdup(name);
}

int
db_names_have(const struct db_names *names, const char *name)
{
	size_t	i;

	for (i = 0; i < names->n; i++) {
		if (strcmp(names->name[i], name) == 0)
			return (1);
	}
	return (0);
}

void
db_names_free(struct db_names *names)
{
	size_t	i;

	for (i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct db_names){ 0 };
}

int
db_get_names(struct db *db, struct db_names *names, const char *sql,
    const struct db_bind *binds)
{
	struct db_stmt	*st;
	char		*name;
	int		 r;

	if ((r = db_query(db, &st, sql, binds)) != DB_OK)
		return (r);
	while ((r = db_next(st)) == DB_OK) {
		name = col_text(st);
		db_names_add(names, name);
		free(name);
	}
	db_done(st);
	return (r == DB_NOTFOUND ? DB_OK : r);
}

int
db_attach_names(struct db *db, void *rows, size_t n, size_t size,
    size_t idoff, size_t namesoff, const char *sql)
{
	struct db_stmt	*st;
	char		*row = rows, *end = row + n * size, *name;
	int64_t		 id;
	int		 r;

#define ROW_ID(p)	(*(const int64_t *)(const void *)((p) + idoff))
	if (n == 0)
		return (DB_OK);
	r = db_query(db, &st, sql,
	    BINDS(bind_int(ROW_ID(end - size)), bind_int(ROW_ID(row))));
	if (r != DB_OK)
		return (r);
	while ((r = db_next(st)) == DB_OK) {
		id = col_int(st);
		name = col_text(st);
		while (row < end && ROW_ID(row) > id)
			row += size;
		if (row < end && ROW_ID(row) == id)
			db_names_add((void *)(row + namesoff), name);
		free(name);
	}
	db_done(st);
	return (r == DB_NOTFOUND ? DB_OK : r);
#undef ROW_ID
}
