/* SPDX-License-Identifier: ISC */
/*
 * The people, their roles and their invites.
 */
#include <stdlib.h>
#include <string.h>

#include "db/query.h"
#include "db/setting.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"

#define SELECT \
	"SELECT u.id, u.name, u.email, u.comment, u.invite_hash," \
	" u.invite_expires_at, u.invite_uses, u.disabled," \
	" u.expires_at, u.created_at, u.updated_at, u.allowed_from," \
	" (SELECT COUNT(*) FROM user_keys k WHERE k.user_id = u.id)" \
	" FROM users u "

#define ROLE_NAMES \
	"SELECT m.user_id, r.name FROM user_user_roles m" \
	" JOIN user_roles r ON r.id = m.role_id" \
	" WHERE m.user_id BETWEEN ? AND ? ORDER BY m.user_id DESC, r.name"

#define GROUP_NAMES \
	"SELECT m.member_id, g.name FROM user_user_groups m" \
	" JOIN user_groups g ON g.id = m.group_id" \
	" WHERE m.member_id BETWEEN ? AND ?" \
	" ORDER BY m.member_id DESC, g.name"

static void
user_clear(void *row)
{
	struct user	*u = row;

	free(u->name);
	free(u->email);
	free(u->comment);
	free(u->invite_hash);
	free(u->allowed_from);
	db_names_free(&u->roles);
	db_names_free(&u->groups);
}

void
user_free(struct user *u)
{
	if (u != NULL)
		db_free_rows(u, 1, sizeof(*u), user_clear);
}

void
user_list_free(struct user_list *l)
{
	if (l == NULL)
		return;
	db_free_rows(l->v, l->n, sizeof(*l->v), user_clear);
	free(l);
}

static void
user_read(struct db_stmt *st, void *row)
{
	struct user	*u = row;

	u->id = col_int(st);
	u->name = col_text(st);
	u->email = col_text(st);
	u->comment = col_text(st);
	u->invite_hash = col_opt(st);
	u->invite_expires_at = col_int(st);
	u->invite_uses = col_int(st);
	if (u->invite_uses <= 0 || u->invite_hash == NULL) {
		free(u->invite_hash);
		u->invite_hash = NULL;
		u->invite_uses = 0;
	}
	u->disabled = col_int(st) != 0;
	u->expires_at = col_int(st);
	u->created_at = col_int(st);
	u->updated_at = col_int(st);
	u->allowed_from = col_opt(st);
	u->nkeys = col_int(st);
}

static int
users_attach(struct db *db, struct user *v, size_t n)
{
	int	r;

	r = db_attach_names(db, v, n, sizeof(*v), offsetof(struct user, id),
	    offsetof(struct user, roles), ROLE_NAMES);
	if (r != DB_OK)
		return (r);
	return (db_attach_names(db, v, n, sizeof(*v),
	    offsetof(struct user, id), offsetof(struct user, groups),
	    GROUP_NAMES));
}

static int
user_fetch(struct db *db, struct user **out, const char *sql,
    const struct db_bind *binds)
{
	int	r;

	r = db_get_row(db, out, sizeof(**out), user_read, user_clear, sql,
	    binds);
	if (r == DB_OK && (r = users_attach(db, *out, 1)) != DB_OK) {
		user_free(*out);
		*out = NULL;
	}
	return (r);
}

static int
user_check(struct db *db, const struct user *u)
{
	int	r;

	if ((r = db_check_name(db, "user name", u->name)) != DB_OK ||
	    (r = db_check_short(db, "e-mail", u->email)) != DB_OK ||
	    (r = db_check_short(db, "invite", u->invite_hash)) != DB_OK ||
	    (r = db_check_sources(db, u->allowed_from)) != DB_OK)
		return (r);
	return (db_check_text(db, "comment", u->comment));
}

int
user_create(struct db *db, const struct user *u, int64_t *id)
{
	int64_t	now = clock_utc(), uses = 0;
	int	r;

	*id = 0;
	if ((r = user_check(db, u)) != DB_OK)
		return (r);
	if (u->invite_hash != NULL)
		uses = u->invite_uses > 0 ? u->invite_uses : 1;
	return (db_edit(db, id, "INSERT INTO users (name, email, comment,"
	    " invite_hash, invite_expires_at, invite_uses, disabled,"
	    " expires_at, allowed_from, created_at, updated_at)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    BINDS(bind_text(u->name), bind_text(u->email),
	    bind_text(u->comment), bind_opt(u->invite_hash),
	    bind_int(u->invite_expires_at), bind_int(uses),
	    bind_int(u->disabled != 0), bind_int(u->expires_at),
	    bind_sources(u->allowed_from),
	    bind_int(now), bind_int(now))));
}

int
user_update(struct db *db, const struct user *u)
{
	int	r;

	if ((r = user_check(db, u)) != DB_OK)
		return (r);
	return (db_edit(db, NULL, "UPDATE users SET name = ?, email = ?,"
	    " comment = ?, disabled = ?, expires_at = ?, allowed_from = ?,"
	    " updated_at = ? WHERE id = ?",
	    BINDS(bind_text(u->name), bind_text(u->email),
	    bind_text(u->comment), bind_int(u->disabled != 0),
	    bind_int(u->expires_at), bind_sources(u->allowed_from),
	    bind_int(clock_utc()), bind_int(u->id))));
}

int
user_open_invite(struct db *db, int64_t id, const char *hash,
    int64_t expires_at, int64_t uses)
{
	int	r;

	if ((r = db_check_short(db, "invite", hash)) != DB_OK)
		return (r);
	if (hash == NULL)
		expires_at = uses = 0;
	return (db_edit(db, NULL, "UPDATE users SET invite_hash = ?,"
	    " invite_expires_at = ?, invite_uses = ?, updated_at = ?"
	    " WHERE id = ?",
	    BINDS(bind_opt(hash), bind_int(expires_at), bind_int(uses),
	    bind_int(clock_utc()), bind_int(id))));
}

int
user_set_invite(struct db *db, int64_t id, const char *hash,
    int64_t expires_at)
{
	return (user_open_invite(db, id, hash, expires_at, 1));
}

int
user_set_invite_uses(struct db *db, int64_t id, int64_t uses)
{
	return (db_edit(db, NULL, "UPDATE users SET invite_uses = ?,"
	    " updated_at = ? WHERE id = ? AND invite_hash IS NOT NULL AND"
	    " invite_uses > 0", BINDS(bind_int(uses), bind_int(clock_utc()),
	    bind_int(id))));
}

int
user_invites_expire(struct db *db, int64_t now)
{
	return (db_exec(db, "UPDATE users SET invite_uses = 0"
	    " WHERE invite_hash IS NOT NULL AND invite_uses > 0 AND"
	    " invite_expires_at > 0 AND invite_expires_at <= ?",
	    BINDS(bind_int(now))));
}

int
user_remove(struct db *db, int64_t id)
{
	return (db_edit(db, NULL, "DELETE FROM users WHERE id = ?",
	    BINDS(bind_int(id))));
}

int
user_get(struct db *db, int64_t id, struct user **out)
{
	return (user_fetch(db, out, SELECT "WHERE u.id = ?",
	    BINDS(bind_int(id))));
}

int
user_get_plain(struct db *db, int64_t id, struct user **out)
{
	return (db_get_row(db, out, sizeof(**out), user_read, user_clear,
	    SELECT "WHERE u.id = ?", BINDS(bind_int(id))));
}

int
user_attach(struct db *db, struct user *u)
{
	db_names_free(&u->roles);
	db_names_free(&u->groups);
	return (users_attach(db, u, 1));
}

int
user_by_name(struct db *db, const char *name, struct user **out)
{
	return (user_fetch(db, out, SELECT "WHERE u.name = ?",
	    BINDS(bind_text(name))));
}

int
user_by_email(struct db *db, const char *email, struct user **out)
{
	int	r;

	*out = NULL;
	if (*email == '\0')
		return (db_absent(db));
	r = user_fetch(db, out, SELECT "WHERE u.email = ? LIMIT 2",
	    BINDS(bind_text(email)));
	if (r == DB_AMBIGUOUS)
		db_fail(db, r, "several users have this e-mail");
	return (r);
}

int
user_find(struct db *db, const char *text, struct user **out)
{
	int64_t	id;
	int	r = DB_NOTFOUND;

	*out = NULL;
	if (db_text_id(text, &id))
		r = user_get(db, id, out);
	if (r == DB_NOTFOUND)
		r = user_by_name(db, text, out);
	if (r == DB_NOTFOUND)
		r = user_by_email(db, text, out);
	return (r);
}

#define INVITE_OPEN \
	"invite_hash = ? AND invite_uses > 0 AND (invite_expires_at = 0" \
	" OR invite_expires_at > ?) AND disabled = 0" \
	" AND (expires_at = 0 OR expires_at > ?)"

int
user_by_invite(struct db *db, const char *hash, int64_t now,
    struct user **out)
{
	return (user_fetch(db, out, SELECT "WHERE " INVITE_OPEN,
	    BINDS(bind_text(hash), bind_int(now), bind_int(now))));
}

int
user_by_any_invite(struct db *db, const char *hash, struct user **out)
{
	return (user_fetch(db, out, SELECT "WHERE u.invite_hash = ?",
	    BINDS(bind_text(hash))));
}

int
user_list(struct db *db, int64_t limit, struct user_list **out)
{
	struct user_list	*l;
	int			 r;

	*out = NULL;
	l = xcalloc(1, sizeof(*l));
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), user_read,
	    SELECT "ORDER BY u.id DESC LIMIT ?",
	    BINDS(bind_int(db_limit(limit))));
	if (r != DB_OK || (r = users_attach(db, l->v, l->n)) != DB_OK) {
		user_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}

int
user_count(struct db *db, int64_t *count)
{
	return (db_get_int(db, count, "SELECT COUNT(*) FROM users", NO_BINDS));
}

int
user_has_role(struct db *db, int64_t id, const char *role, int *has)
{
	int64_t	n;
	int	r;

	r = db_get_int(db, &n, "SELECT COUNT(*) FROM user_user_roles m"
	    " JOIN user_roles r ON r.id = m.role_id"
	    " WHERE m.user_id = ? AND r.name = ?",
	    BINDS(bind_int(id), bind_text(role)));
	*has = n > 0;
	return (r);
}

static int
role_id(struct db *db, const char *role, int64_t *id)
{
	return (db_get_int(db, id, "SELECT id FROM user_roles WHERE name = ?",
	    BINDS(bind_text(role))));
}

int
user_role_add(struct db *db, int64_t id, const char *role)
{
	int64_t	rid;
	int	r;

	if ((r = role_id(db, role, &rid)) != DB_OK)
		return (r);
	r = db_edit(db, NULL, "INSERT INTO user_user_roles"
	    " (user_id, role_id) VALUES (?, ?)",
	    BINDS(bind_int(id), bind_int(rid)));
	if (r == DB_EXISTS)
		return (DB_OK);
	return (r == DB_REF ? db_absent(db) : r);
}

int
user_role_remove(struct db *db, int64_t id, const char *role)
{
	int64_t	rid, one;
	int	r;

	if ((r = role_id(db, role, &rid)) != DB_OK ||
	    (r = db_get_int(db, &one, "SELECT 1 FROM users WHERE id = ?",
	    BINDS(bind_int(id)))) != DB_OK)
		return (r);
	r = db_edit(db, NULL, "DELETE FROM user_user_roles"
	    " WHERE user_id = ? AND role_id = ?",
	    BINDS(bind_int(id), bind_int(rid)));
	return (r == DB_NOTFOUND ? DB_OK : r);
}

#define COUNT_ADMINS \
	"SELECT COUNT(*) FROM users u" \
	" JOIN user_user_roles m ON m.user_id = u.id" \
	" JOIN user_roles r ON r.id = m.role_id" \
	" WHERE r.name = '" ROLE_ADMIN "' AND u.disabled = 0" \
	" AND (u.expires_at = 0 OR u.expires_at > ?)"

int
user_admins_with_key(struct db *db, int64_t now, int64_t *count)
{
	return (db_get_int(db, count, COUNT_ADMINS " AND EXISTS"
	    " (SELECT 1 FROM user_keys k WHERE k.user_id = u.id"
	    " AND (k.expires_at = 0 OR k.expires_at > ?))",
	    BINDS(bind_int(now), bind_int(now))));
}

int
user_admins(struct db *db, int64_t now, struct admins *out)
{
	int	r;

	r = db_get_int(db, &out->usable, COUNT_ADMINS, BINDS(bind_int(now)));
	if (r != DB_OK)
		return (r);
	return (user_admins_with_key(db, now, &out->with_key));
}

struct redemption {
	const char		*hash;
	int64_t			 now;
	const struct userkey	*key;
	int64_t			 user_id;
};

/*
 * Who takes the invite's last use has won: the update matches only an open
 * one, and whoever comes second waits for the first to commit and then finds
 * none. (MySQL assigns from left to right: the count goes down last.)
 */
static int
redeem_run(struct db *db, void *arg)
{
	struct redemption	*x = arg;
	struct userkey		 k = *x->key;
	char			*sql;
	int64_t			 id;
	int			 r;

	sql = xasprintf("SELECT id FROM users WHERE " INVITE_OPEN "%s",
	    db_for_update(db));
	r = db_get_int(db, &x->user_id, sql, BINDS(bind_text(x->hash),
	    bind_int(x->now), bind_int(x->now)));
	free(sql);
	if (r != DB_OK)
		return (r);
	r = db_exec_one(db, "UPDATE users SET updated_at = ?,"
	    " invite_expires_at = CASE WHEN invite_uses > 1"
	    " THEN invite_expires_at ELSE 0 END,"
	    " invite_uses = invite_uses - 1"
	    " WHERE id = ? AND invite_hash = ? AND invite_uses > 0",
	    BINDS(bind_int(x->now), bind_int(x->user_id),
	    bind_text(x->hash)));
	if (r != DB_OK)
		return (r);
	k.user_id = x->user_id;
	return (userkey_create(db, &k, &id));
}

int
user_redeem(struct db *db, const char *hash, int64_t now,
    const struct userkey *key, int64_t *user_id)
{
	struct redemption	x = { .hash = hash, .now = now, .key = key };
	int			r;

	r = db_transaction(db, redeem_run, &x);
	*user_id = r == DB_OK ? x.user_id : 0;
	return (r);
}

int
user_usable(const struct user *u, int64_t now)
{
	return (!u->disabled && (u->expires_at == 0 || u->expires_at > now));
}

int
user_is(const struct user *u, const char *role)
{
	size_t	i;

	for (i = 0; i < u->roles.n; i++)
		if (strcmp(u->roles.name[i], role) == 0)
			return (1);
	return (0);
}
