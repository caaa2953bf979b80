/* SPDX-License-Identifier: ISC */
/*
 * Inserting rows as they were.
 */
#include <stdlib.h>

#include "db/event.h"
#include "db/host.h"
#include "db/key.h"
#include "db/load.h"
#include "db/query.h"
#include "db/session.h"
#include "db/setting.h"
#include "db/total.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/sshkey.h"

/* In this order nothing refers to what is gone. */
static const char *const clear[] = {
	"DELETE FROM acl_user_groups",
	"DELETE FROM acl_host_groups",
	"DELETE FROM acls",
	"DELETE FROM user_user_groups",
	"DELETE FROM host_host_groups",
	"DELETE FROM user_groups",
	"DELETE FROM host_groups",
	"DELETE FROM user_user_roles",
	"DELETE FROM user_keys",
	"DELETE FROM users",
	"UPDATE hosts SET hop_id = NULL WHERE hop_id IS NOT NULL",
	"DELETE FROM hosts",
	"DELETE FROM private_keys",
};

int
load_clear(struct db *db)
{
	size_t	i;
	int	r;

	/* history will come in between what is there */
	if ((r = generation_bump(db)) != DB_OK ||
	    (r = total_forget(db, TOTAL_SESSIONS)) != DB_OK ||
	    (r = total_forget(db, TOTAL_EVENTS)) != DB_OK)
		return (r);
	for (i = 0; i < sizeof(clear) / sizeof(clear[0]); i++) {
		if ((r = db_exec(db, clear[i], NO_BINDS)) != DB_OK)
			return (r);
	}
	return (DB_OK);
}

/* What the entities check of a name and a comment. */
static int
check(struct db *db, const char *name, const char *comment)
{
	int	r;

	if ((r = db_check_name(db, "name", name)) != DB_OK)
		return (r);
	return (db_check_text(db, "comment", comment));
}

int
load_key(struct db *db, const struct key *k)
{
	char	fingerprint[SSHKEY_FINGERPRINT_SIZE];
	int	r;

	if ((r = check(db, k->name, k->comment)) != DB_OK ||
	    (r = db_check_text(db, "sealed key", k->priv_sealed)) != DB_OK)
		return (r);
	sshkey_fingerprint(k->pub_blob, k->pub_bloblen, fingerprint);
	return (db_exec(db, "INSERT INTO private_keys (id, name, type, length,"
	    " pub_blob, fingerprint, priv_sealed, comment, created_at,"
	    " updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    BINDS(bind_int(k->id), bind_text(k->name), bind_text(k->type),
	    bind_int(k->length), bind_blob(k->pub_blob, k->pub_bloblen),
	    bind_text(fingerprint), bind_opt(k->priv_sealed),
	    bind_text(k->comment), bind_int(k->created_at),
	    bind_int(k->updated_at))));
}

int
load_host(struct db *db, const struct host *h)
{
	char	allow[KINDS_TEXT_SIZE];
	int	r;

	if ((r = check(db, h->name, h->comment)) != DB_OK ||
	    (r = db_check_short(db, "address", h->addr)) != DB_OK ||
	    (r = db_check_short(db, "login", h->login)) != DB_OK ||
	    (r = db_check_text(db, "sealed password",
	    h->password_sealed)) != DB_OK)
		return (r);
	return (db_exec(db, "INSERT INTO hosts (id, name, scheme, addr, port,"
	    " login, password_sealed, key_id, logging, comment, host_key,"
	    " host_key_type, legacy, allow, record, created_at, updated_at)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    BINDS(bind_int(h->id), bind_text(h->name),
	    bind_text(host_scheme_name(h->scheme)), bind_text(h->addr),
	    bind_int(h->port), bind_text(h->login),
	    bind_opt(h->password_sealed), bind_id(h->key_id),
	    bind_text(host_logging_name(h->logging)), bind_text(h->comment),
	    bind_blob(h->host_key, h->host_keylen),
	    bind_text(h->host_key_type), bind_int(h->legacy != 0),
	    bind_kinds(h->allow, allow),
	    bind_text(record_word(h->record_required)),
	    bind_int(h->created_at), bind_int(h->updated_at))));
}

int
load_hop(struct db *db, int64_t host, int64_t hop)
{
	return (db_exec_one(db, "UPDATE hosts SET hop_id = ? WHERE id = ?",
	    BINDS(bind_int(hop), bind_int(host))));
}

int
load_user(struct db *db, const struct user *u)
{
	size_t	i;
	int	r;

	if ((r = check(db, u->name, u->comment)) != DB_OK ||
	    (r = db_check_short(db, "e-mail", u->email)) != DB_OK ||
	    (r = db_check_short(db, "invite", u->invite_hash)) != DB_OK)
		return (r);
	r = db_exec(db, "INSERT INTO users (id, name, email, comment,"
	    " invite_hash, invite_expires_at, invite_uses, disabled,"
	    " expires_at, allowed_from, created_at, updated_at)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    BINDS(bind_int(u->id), bind_text(u->name), bind_text(u->email),
	    bind_text(u->comment), bind_opt(u->invite_hash),
	    bind_int(u->invite_expires_at), bind_int(u->invite_uses),
	    bind_int(u->disabled != 0), bind_int(u->expires_at),
	    bind_opt(u->allowed_from), bind_int(u->created_at),
	    bind_int(u->updated_at)));
	for (i = 0; r == DB_OK && i < u->roles.n; i++)
		r = db_exec_one(db, "INSERT INTO user_user_roles (user_id,"
		    " role_id) SELECT ?, id FROM user_roles WHERE name = ?",
		    BINDS(bind_int(u->id), bind_text(u->roles.name[i])));
	return (r);
}

int
load_userkey(struct db *db, const struct userkey *k)
{
	char	fingerprint[SSHKEY_FINGERPRINT_SIZE];
	int	r;

	if ((r = db_check_text(db, "comment", k->comment)) != DB_OK)
		return (r);
	sshkey_fingerprint(k->blob, k->bloblen, fingerprint);
	return (db_exec(db, "INSERT INTO user_keys (id, user_id, type,"
	    " key_blob, fingerprint, comment, expires_at, allowed_from,"
	    " created_at, updated_at)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    BINDS(bind_int(k->id), bind_int(k->user_id), bind_text(k->type),
	    bind_blob(k->blob, k->bloblen), bind_text(fingerprint),
	    bind_text(k->comment), bind_int(k->expires_at),
	    bind_opt(k->allowed_from), bind_int(k->created_at),
	    bind_int(k->updated_at))));
}

int
load_group(struct db *db, enum group_kind kind, const struct group *g)
{
	int	r;

	if ((r = check(db, g->name, g->comment)) != DB_OK)
		return (r);
	return (db_exec(db, kind == GROUP_USER ?
	    "INSERT INTO user_groups (id, name, comment, created_at,"
	    " updated_at) VALUES (?, ?, ?, ?, ?)" :
	    "INSERT INTO host_groups (id, name, comment, created_at,"
	    " updated_at) VALUES (?, ?, ?, ?, ?)",
	    BINDS(bind_int(g->id), bind_text(g->name), bind_text(g->comment),
	    bind_int(g->created_at), bind_int(g->updated_at))));
}

int
load_member(struct db *db, enum group_kind kind, int64_t group,
    int64_t member)
{
	return (db_exec(db, kind == GROUP_USER ?
	    "INSERT INTO user_user_groups (group_id, member_id)"
	    " VALUES (?, ?)" :
	    "INSERT INTO host_host_groups (group_id, member_id)"
	    " VALUES (?, ?)", BINDS(bind_int(group), bind_int(member))));
}

int
load_acl(struct db *db, const struct acl *a)
{
	char	allow[KINDS_TEXT_SIZE];
	int	r;

	if ((r = db_check_short(db, "pattern",
	    a->host_pattern)) != DB_OK ||
	    (r = db_check_short(db, "login", a->login_pattern)) != DB_OK ||
	    (r = db_check_text(db, "comment", a->comment)) != DB_OK)
		return (r);
	return (db_exec(db, "INSERT INTO acls (id, action, weight,"
	    " host_pattern, login_pattern, inception, expiration, comment,"
	    " allow, logging, record, created_at, updated_at)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    BINDS(bind_int(a->id), bind_text(acl_action_name(a->action)),
	    bind_int(a->weight), bind_text(a->host_pattern),
	    bind_text(a->login_pattern),
	    bind_int(a->inception), bind_int(a->expiration),
	    bind_text(a->comment), bind_kinds(a->allow, allow),
	    bind_text(acl_logging_word(a->logging)),
	    bind_text(record_word(a->record_required)),
	    bind_int(a->created_at), bind_int(a->updated_at))));
}

int
load_acl_group(struct db *db, int64_t acl, enum group_kind kind,
    int64_t group)
{
	return (db_exec(db, kind == GROUP_USER ?
	    "INSERT INTO acl_user_groups (group_id, acl_id) VALUES (?, ?)" :
	    "INSERT INTO acl_host_groups (group_id, acl_id) VALUES (?, ?)",
	    BINDS(bind_int(group), bind_int(acl))));
}

/* History */

/* An insert whose first value, the id, may be taken: once more without it. */
static int
insert_history(struct db *db, const char *sql, struct db_bind *binds)
{
	int64_t	id = binds[0].i;
	int	r;

	if ((r = db_exec(db, sql, binds)) != DB_EXISTS)
		return (r);
	binds[0] = bind_id(0);
	r = db_exec(db, sql, binds);
	binds[0] = bind_int(id);
	return (r);
}

/* DB_OK: *known tells whether the query has a row. */
static int
is_known(struct db *db, int *known, const char *sql,
    const struct db_bind *binds)
{
	int64_t	id;
	int	r;

	r = db_get_int(db, &id, sql, binds);
	*known = r == DB_OK;
	return (r == DB_NOTFOUND ? DB_OK : r);
}

static int
event_check(struct db *db, const struct event *e)
{
	int	r;

	if ((r = db_check_short(db, "author", e->author_name)) != DB_OK ||
	    (r = db_check_short(db, "source", e->source)) != DB_OK ||
	    (r = db_check_short(db, "domain", e->domain)) != DB_OK ||
	    (r = db_check_short(db, "action", e->action)) != DB_OK ||
	    (r = db_check_short(db, "entity", e->entity)) != DB_OK)
		return (r);
	return (db_check_text(db, "arguments", e->args));
}

#define WHERE_SAME_EVENT \
	" WHERE created_at = ? AND author_name = ? AND source = ?" \
	" AND domain = ? AND action = ? AND entity = ? AND args = ?"

/* Mostly under its own number; else among those of its second. */
int
load_event_known(struct db *db, const struct event *e, int *known)
{
	const struct db_bind	binds[] = { bind_int(e->id),
				    bind_int(e->created_at),
				    bind_text(e->author_name),
				    bind_text(e->source),
				    bind_text(e->domain),
				    bind_text(e->action),
				    bind_text(e->entity), bind_text(e->args),
				    { .kind = BIND_END } };
	int			r;

	r = is_known(db, known, "SELECT id FROM (SELECT * FROM events"
	    " WHERE id = ?) e" WHERE_SAME_EVENT, binds);
	if (r != DB_OK || *known)
		return (r);
	return (is_known(db, known, "SELECT id FROM events" WHERE_SAME_EVENT
	    " LIMIT 1", binds + 1));
}

int
load_event(struct db *db, const struct event *e)
{
	int	r;

	if ((r = event_check(db, e)) != DB_OK)
		return (r);
	return (insert_history(db, "INSERT INTO events (id, author_id,"
	    " author_name, source, domain, action, entity, args, created_at,"
	    " restored, session_id)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    (struct db_bind[]){ bind_int(e->id), bind_id(e->author_id),
	    bind_text(e->author_name), bind_text(e->source),
	    bind_text(e->domain), bind_text(e->action), bind_text(e->entity),
	    bind_text(e->args), bind_int(e->created_at),
	    bind_int(e->restored), bind_id(e->session_id),
	    { .kind = BIND_END } }));
}

/* The same number, or, if it got another one, alike in all that is kept. */
int
load_session_known(struct db *db, const struct session *s, int64_t *id)
{
	int	r;

	*id = 0;
	r = db_get_int(db, id, "SELECT id FROM sessions"
	    " WHERE started_at = ? AND user_name = ? AND host_name = ?"
	    " AND source = ? AND (id = ? OR (ended_at = ? AND account = ?"
	    " AND bytes_in = ? AND bytes_out = ?)) LIMIT 1",
	    BINDS(bind_int(s->started_at),
	    bind_cut(s->user_name, DB_NAME_MAX),
	    bind_cut(s->host_name, DB_NAME_MAX),
	    bind_cut(s->source, DB_NAME_MAX), bind_int(s->id),
	    bind_int(s->ended_at), bind_cut(s->account, DB_NAME_MAX),
	    bind_int(s->bytes_in), bind_int(s->bytes_out)));
	return (r == DB_NOTFOUND ? DB_OK : r);
}

int
load_session(struct db *db, const struct session *s, int64_t *id)
{
	int	r;

	if ((r = db_check_text(db, "comment", s->comment)) != DB_OK)
		return (r);
	r = insert_history(db, "INSERT INTO sessions (id, user_id,"
	    " user_name, host_id, host_name, account, instance_id, source,"
	    " client_version, status, started_at, ended_at, error, comment,"
	    " bytes_in, bytes_out) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?,"
	    " 'closed', ?, ?, ?, ?, ?, ?)",
	    (struct db_bind[]){ bind_int(s->id), bind_id(s->user_id),
	    bind_cut(s->user_name, DB_NAME_MAX), bind_id(s->host_id),
	    bind_cut(s->host_name, DB_NAME_MAX),
	    bind_cut(s->account, DB_NAME_MAX),
	    bind_cut(s->instance_id, DB_NAME_MAX),
	    bind_cut(s->source, DB_NAME_MAX),
	    bind_cut(s->client_version, DB_NAME_MAX),
	    bind_int(s->started_at), bind_int(s->ended_at),
	    bind_cut(s->error, DB_TEXT_MAX), bind_text(s->comment),
	    bind_int(s->bytes_in), bind_int(s->bytes_out),
	    { .kind = BIND_END } });
	*id = r == DB_OK ? db_last_id(db) : 0;
	return (r);
}

int
load_forget_user(struct db *db, int64_t id)
{
	return (db_exec(db, "UPDATE sessions SET user_id = NULL"
	    " WHERE user_id = ?", BINDS(bind_int(id))));
}

int
load_forget_host(struct db *db, int64_t id)
{
	return (db_exec(db, "UPDATE sessions SET host_id = NULL"
	    " WHERE host_id = ?", BINDS(bind_int(id))));
}
