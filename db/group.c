/* SPDX-License-Identifier: ISC */
/*
 * Groups of users and of hosts: the same code on two sets of tables.
 */
#include <stdlib.h>

#include "db/group.h"
#include "db/query.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"

#define SELECT(groups, links, acls) \
	"SELECT g.id, g.name, g.comment, g.created_at, g.updated_at," \
	" (SELECT COUNT(*) FROM " links " m WHERE m.group_id = g.id)," \
	" (SELECT COUNT(*) FROM " acls " a WHERE a.group_id = g.id)" \
	" FROM " groups " g "

/* All statements of one kind. */
struct statements {
	const char	*create, *update, *remove;
	const char	*by_id, *by_name, *list;
	const char	*add, *drop, *members, *both;
};

#define STATEMENTS(groups, links, acls, members_table) { \
	.create = "INSERT INTO " groups " (name, comment, created_at," \
	    " updated_at) VALUES (?, ?, ?, ?)", \
	.update = "UPDATE " groups " SET name = ?, comment = ?," \
	    " updated_at = ? WHERE id = ?", \
	.remove = "DELETE FROM " groups " WHERE id = ?", \
	.by_id = SELECT(groups, links, acls) "WHERE g.id = ?", \
	.by_name = SELECT(groups, links, acls) "WHERE g.name = ?", \
	.list = SELECT(groups, links, acls) "ORDER BY g.id DESC LIMIT ?", \
	.add = "INSERT INTO " links " (group_id, member_id)" \
	    " VALUES (?, ?)", \
	.drop = "DELETE FROM " links " WHERE group_id = ?" \
	    " AND member_id = ?", \
	.members = "SELECT x.name FROM " links " m" \
	    " JOIN " members_table " x ON x.id = m.member_id" \
	    " WHERE m.group_id = ? ORDER BY x.name", \
	.both = "SELECT COUNT(*) FROM " groups " g, " members_table " x" \
	    " WHERE g.id = ? AND x.id = ?" \
}

static const struct statements sql[] = {
	[GROUP_USER] = STATEMENTS("user_groups", "user_user_groups",
	    "acl_user_groups", "users"),
	[GROUP_HOST] = STATEMENTS("host_groups", "host_host_groups",
	    "acl_host_groups", "hosts"),
};

static void
group_clear(void *row)
{
	struct group	*g = row;

	free(g->name);
	free(g->comment);
}

void
group_free(struct group *g)
{
	if (g != NULL)
		db_free_rows(g, 1, sizeof(*g), group_clear);
}

void
group_list_free(struct group_list *l)
{
	if (l == NULL)
		return;
	db_free_rows(l->v, l->n, sizeof(*l->v), group_clear);
	free(l);
}

static void
group_read(struct db_stmt *st, void *row)
{
	struct group	*g = row;

	g->id = col_int(st);
	g->name = col_text(st);
	g->comment = col_text(st);
	g->created_at = col_int(st);
	g->updated_at = col_int(st);
	g->nmembers = col_int(st);
	g->nacls = col_int(st);
}

static int
group_check(struct db *db, const struct group *g)
{
	int	r;

	if ((r = db_check_name(db, "group name", g->name)) != DB_OK)
		return (r);
	return (db_check_text(db, "comment", g->comment));
}

int
group_create(struct db *db, enum group_kind kind, const struct group *g,
    int64_t *id)
{
	int64_t	now = clock_utc();
	int	r;

	*id = 0;
	if ((r = group_check(db, g)) != DB_OK)
		return (r);
	return (db_edit(db, id, sql[kind].create, BINDS(bind_text(g->name),
	    bind_text(g->comment), bind_int(now), bind_int(now))));
}

static int
group_id_of(struct db *db, enum group_kind kind, const char *name,
    int64_t *id)
{
	return (db_get_int(db, id, sql[kind].by_name, BINDS(bind_text(name))));
}

int
group_ensure(struct db *db, enum group_kind kind, const char *name,
    const char *comment, int64_t *id)
{
	struct group	g = { .name = (char *)(uintptr_t)name,
	    .comment = (char *)(uintptr_t)comment };
	int		r;

	if ((r = group_id_of(db, kind, name, id)) == DB_NOTFOUND &&
	    (r = group_create(db, kind, &g, id)) == DB_EXISTS)
		r = group_id_of(db, kind, name, id);
	return (r);
}

int
group_update(struct db *db, enum group_kind kind, const struct group *g)
{
	int	r;

	if ((r = group_check(db, g)) != DB_OK)
		return (r);
	return (db_edit(db, NULL, sql[kind].update, BINDS(bind_text(g->name),
	    bind_text(g->comment), bind_int(clock_utc()), bind_int(g->id))));
}

int
group_remove(struct db *db, enum group_kind kind, int64_t id)
{
	return (db_edit(db, NULL, sql[kind].remove, BINDS(bind_int(id))));
}

int
group_get(struct db *db, enum group_kind kind, int64_t id,
    struct group **out)
{
	return (db_get_row(db, out, sizeof(**out), group_read, group_clear,
	    sql[kind].by_id, BINDS(bind_int(id))));
}

int
group_by_name(struct db *db, enum group_kind kind, const char *name,
    struct group **out)
{
	return (db_get_row(db, out, sizeof(**out), group_read, group_clear,
	    sql[kind].by_name, BINDS(bind_text(name))));
}

int
group_find(struct db *db, enum group_kind kind, const char *text,
    struct group **out)
{
	int64_t	id;
	int	r = DB_NOTFOUND;

	*out = NULL;
	if (db_text_id(text, &id))
		r = group_get(db, kind, id, out);
	if (r == DB_NOTFOUND)
		r = group_by_name(db, kind, text, out);
	return (r);
}

int
group_list(struct db *db, enum group_kind kind, int64_t limit,
    struct group_list **out)
{
	struct group_list	*l;
	int			 r;

	*out = NULL;
	l = xcalloc(1, sizeof(*l));
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), group_read,
	    sql[kind].list, BINDS(bind_int(db_limit(limit))));
	if (r != DB_OK) {
		group_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}

int
group_add(struct db *db, enum group_kind kind, int64_t group_id,
    int64_t member_id)
{
	int	r;

	r = db_edit(db, NULL, sql[kind].add, BINDS(bind_int(group_id),
	    bind_int(member_id)));
	return (r == DB_EXISTS ? DB_OK : r);
}

int
group_drop(struct db *db, enum group_kind kind, int64_t group_id,
    int64_t member_id)
{
	int64_t	both;
	int	r;

	r = db_edit(db, NULL, sql[kind].drop, BINDS(bind_int(group_id),
	    bind_int(member_id)));
	if (r != DB_NOTFOUND)
		return (r);
	r = db_get_int(db, &both, sql[kind].both, BINDS(bind_int(group_id),
	    bind_int(member_id)));
	if (r == DB_OK && both == 0)
		r = db_fail(db, DB_REF, "no such group or member");
	return (r);
}

int
group_members(struct db *db, enum group_kind kind, int64_t id,
    struct db_names *names)
{
	*names = (struct db_names){ 0 };
	return (db_get_names(db, names, sql[kind].members,
	    BINDS(bind_int(id))));
}
