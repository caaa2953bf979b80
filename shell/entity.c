/* SPDX-License-Identifier: ISC */
/*
 * One serialiser an entity. The flat form of each row is made once and shared
 * by all the rows that it is nested in.
 */
#include <inttypes.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/acl.h"
#include "db/event.h"
#include "db/host.h"
#include "db/key.h"
#include "db/kinds.h"
#include "db/session.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "shell/cmd_user.h"
#include "shell/entity.h"
#include "shell/url.h"

#define ID_SIZE	24	/* an id in decimal */

/* All are JSON objects. The arrays are in the order of ids. */
struct entities {
	json_t	*keys;			/* flat rows by id */
	json_t	*hosts;
	json_t	*users;
	json_t	*groups[2];		/* by name */
	json_t	*key_hosts;		/* arrays by the key's id */
	json_t	*user_keys;		/* arrays by the user's id */
	json_t	*members[2];		/* arrays by the group's name */
	json_t	*acls[2];
};

static void
free_wiped(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void
entity_wipe_freed(void)
{
	json_set_alloc_funcs(malloc, free_wiped);
}

json_t *
entity_text(const char *s)
{
	json_t	*j;
	char	*safe;

	if (s == NULL)
		s = "";
	if ((j = json_string(s)) == NULL) {
		safe = escape_text(s, strlen(s));
		j = json_string(safe);
		free(safe);
	}
	return (j);
}

json_t *
entity_time(int64_t utc)
{
	char	stamp[CLOCK_STAMP_LEN];

	return (utc == 0 ? json_null() : json_string(clock_stamp(utc, stamp)));
}

/* Members one after the other. */

static void
put(json_t *row, const char *name, json_t *value)
{
	if (json_object_set_new(row, name, value) == -1)
		fatal("out of memory");
}

static void
put_text(json_t *row, const char *name, const char *s)
{
	put(row, name, entity_text(s));
}

static void
put_int(json_t *row, const char *name, int64_t n)
{
	put(row, name, json_integer(n));
}

static void
put_base64(json_t *row, const char *name, const void *data, size_t len)
{
	size_t	 size = sodium_base64_encoded_len(len,
	    sodium_base64_VARIANT_ORIGINAL);
	char	*text = xmalloc(size);

	sodium_bin2base64(text, size, data, len,
	    sodium_base64_VARIANT_ORIGINAL);
	put(row, name, len > 0 ? json_string(text) : json_null());
	free(text);
}

/* As --allow takes them; "" for what nobody said anything about. */
static void
put_kinds(json_t *row, uint32_t allow)
{
	char	text[KINDS_TEXT_SIZE];

	put_text(row, "Allow", kinds_text(allow, text));
}

static json_t *
row_new(int64_t id, int64_t created_at, int64_t updated_at)
{
	json_t	*row = json_object();

	put_int(row, "ID", id);
	put(row, "CreatedAt", entity_time(created_at));
	put(row, "UpdatedAt", entity_time(updated_at));
	put(row, "DeletedAt", json_null());
	return (row);
}

/* Flat rows */

static json_t *
flat_key(const struct key *k, const char *secret)
{
	json_t	*row = row_new(k->id, k->created_at, k->updated_at);
	char	*line = sshkey_line(k->pub_blob, k->pub_bloblen, NULL);

	put_text(row, "Name", k->name);
	put_text(row, "Type", k->type);
	put_int(row, "Length", k->length);
	put_text(row, "Fingerprint", k->fingerprint);
	put_text(row, "PrivKey", secret);
	put_text(row, "PubKey", line);
	put(row, "Hosts", json_null());
	put_text(row, "Comment", k->comment);
	free(line);
	return (row);
}

static json_t *
flat_host(const struct host *h, const char *secret)
{
	json_t	*row = row_new(h->id, h->created_at, h->updated_at);
	char	*url = url_write(host_scheme_name(h->scheme), h->login,
	    h->addr, h->port);

	put_text(row, "Name", h->name);
	put_text(row, "Addr", h->addr);
	put_int(row, "Port", h->port);
	put_text(row, "User", h->login);
	put_text(row, "Password", secret);
	put(row, "HasPassword", json_boolean(h->password_sealed != NULL));
	put_text(row, "URL", url);
	put(row, "SSHKey", json_null());
	put_int(row, "SSHKeyID", h->key_id);
	put_base64(row, "HostKey", h->host_key, h->host_keylen);
	put_text(row, "HostKeyType", h->host_key_type);
	put(row, "Groups", json_null());
	put_text(row, "Comment", h->comment);
	put_text(row, "Logging", host_logging_name(h->logging));
	put(row, "Hop", json_null());
	put_int(row, "HopID", h->hop_id);
	put(row, "Legacy", json_boolean(h->legacy));
	put_kinds(row, h->allow);
	put_text(row, "Record", record_word(h->record_required));
	free(url);
	return (row);
}

/* An invite's token is nowhere to be had: only its hash is stored. */
static json_t *
flat_user(const struct user *u)
{
	json_t	*row = row_new(u->id, u->created_at, u->updated_at);

	put(row, "Roles", json_null());
	put_text(row, "Email", u->email);
	put_text(row, "Name", u->name);
	put(row, "Keys", json_null());
	put(row, "Groups", json_null());
	put_text(row, "Comment", u->comment);
	put_text(row, "InviteToken", "");
	put(row, "InviteExpiresAt",
	    entity_time(u->invite_hash != NULL ? u->invite_expires_at : 0));
	put(row, "Disabled", json_boolean(u->disabled));
	put(row, "ExpiresAt", entity_time(u->expires_at));
	put_int(row, "InviteUses", u->invite_uses);
	put(row, "AllowedFrom", u->allowed_from == NULL ? json_null() :
	    entity_text(u->allowed_from));
	return (row);
}

static json_t *
flat_userkey(const struct userkey *k)
{
	json_t	*row = row_new(k->id, k->created_at, k->updated_at);
	char	*line = sshkey_line(k->blob, k->bloblen, NULL);

	put_base64(row, "Key", k->blob, k->bloblen);
	put_text(row, "AuthorizedKey", line);
	put_int(row, "UserID", k->user_id);
	put(row, "User", json_null());
	put_text(row, "Comment", k->comment);
	put_text(row, "Type", k->type);
	put_text(row, "Fingerprint", k->fingerprint);
	put(row, "ExpiresAt", entity_time(k->expires_at));
	put(row, "AllowedFrom", k->allowed_from == NULL ? json_null() :
	    entity_text(k->allowed_from));
	free(line);
	return (row);
}

static json_t *
flat_group(enum group_kind kind, const struct group *g)
{
	json_t	*row = row_new(g->id, g->created_at, g->updated_at);

	put_text(row, "Name", g->name);
	put(row, kind == GROUP_USER ? "Users" : "Hosts", json_null());
	put(row, "ACLs", json_null());
	put_text(row, "Comment", g->comment);
	return (row);
}

static json_t *
flat_acl(const struct acl *a)
{
	json_t	*row = row_new(a->id, a->created_at, a->updated_at);

	put(row, "HostGroups", json_null());
	put(row, "UserGroups", json_null());
	put_text(row, "HostPattern", a->host_pattern);
	put_text(row, "Action", acl_action_name(a->action));
	put_int(row, "Weight", a->weight);
	put_text(row, "Comment", a->comment);
	put(row, "Inception", entity_time(a->inception));
	put(row, "Expiration", entity_time(a->expiration));
	put_text(row, "LoginPattern", a->login_pattern);
	put_kinds(row, a->allow);
	put_text(row, "Logging", acl_logging_word(a->logging));
	put_text(row, "Record", record_word(a->record_required));
	return (row);
}

/* Roles have their numbers in the order in which they were made. */
static json_t *
flat_role(const char *name)
{
	json_t	*row;
	int64_t	 i;

	for (i = 0; user_role_names[i] != NULL; i++) {
		if (strcmp(user_role_names[i], name) == 0)
			break;
	}
	row = row_new(i + 1, 0, 0);
	put_text(row, "Name", name);
	put(row, "Users", json_null());
	return (row);
}

/* Loading */

/* The row (stolen), under a name or, name NULL, under an id. */
static void
keep(json_t *rows, const char *name, int64_t id, json_t *row)
{
	char	key[ID_SIZE];

	snprintf(key, sizeof(key), "%" PRId64, id);
	/* a name in the store may be no UTF-8: this object is never printed */
	if (json_object_set_new_nocheck(rows, name != NULL ? name : key,
	    row) == -1)
		fatal("out of memory");
}

static json_t *
kept(json_t *rows, const char *name, int64_t id)
{
	char	key[ID_SIZE];

	snprintf(key, sizeof(key), "%" PRId64, id);
	return (json_object_get(rows, name != NULL ? name : key));
}

/* The array of these, with another row at its end (borrowed). */
static void
append(json_t *arrays, const char *name, int64_t id, json_t *row)
{
	json_t	*all = kept(arrays, name, id);

	if (all == NULL) {
		all = json_array();
		keep(arrays, name, id, all);
	}
	if (json_array_append(all, row) == -1)
		fatal("out of memory");
}

static int
load_keys(struct db *db, struct entities *e)
{
	struct key_list	*l;
	size_t		 i;
	int		 r;

	if ((r = key_list(db, 0, &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++)
		keep(e->keys, NULL, l->v[i].id, flat_key(&l->v[i], NULL));
	key_list_free(l);
	return (DB_OK);
}

static int
load_hosts(struct db *db, struct entities *e)
{
	struct host_list	*l;
	const struct host	*h;
	json_t			*row;
	size_t			 i, k;
	int			 r;

	if ((r = host_list(db, 0, &l)) != DB_OK)
		return (r);
	for (i = l->n; i-- > 0;) {
		h = &l->v[i];
		row = flat_host(h, NULL);
		keep(e->hosts, NULL, h->id, row);
		if (h->key_id != 0)
			append(e->key_hosts, NULL, h->key_id, row);
		for (k = 0; k < h->groups.n; k++)
			append(e->members[GROUP_HOST], h->groups.name[k], 0,
			    row);
	}
	host_list_free(l);
	return (DB_OK);
}

static int
load_users(struct db *db, struct entities *e)
{
	struct user_list	*l;
	const struct user	*u;
	json_t			*row;
	size_t			 i, k;
	int			 r;

	if ((r = user_list(db, 0, &l)) != DB_OK)
		return (r);
	for (i = l->n; i-- > 0;) {
		u = &l->v[i];
		row = flat_user(u);
		keep(e->users, NULL, u->id, row);
		for (k = 0; k < u->groups.n; k++)
			append(e->members[GROUP_USER], u->groups.name[k], 0,
			    row);
	}
	user_list_free(l);
	return (DB_OK);
}

/* All, or those of one user. */
static int
load_userkeys(struct db *db, struct entities *e, int64_t user)
{
	struct userkey_list	*l;
	json_t			*row;
	size_t			 i;
	int			 r;

	if ((r = userkey_list(db, user, 0, &l)) != DB_OK)
		return (r);
	for (i = l->n; i-- > 0;) {
		row = flat_userkey(&l->v[i]);
		append(e->user_keys, NULL, l->v[i].user_id, row);
		json_decref(row);
	}
	userkey_list_free(l);
	return (DB_OK);
}

static int
load_groups(struct db *db, struct entities *e, enum group_kind kind)
{
	struct group_list	*l;
	size_t			 i;
	int			 r;

	if ((r = group_list(db, kind, 0, &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++)
		keep(e->groups[kind], l->v[i].name, 0,
		    flat_group(kind, &l->v[i]));
	group_list_free(l);
	return (DB_OK);
}

static int
load_acls(struct db *db, struct entities *e)
{
	struct acl_list		*l;
	const struct acl	*a;
	json_t			*row;
	size_t			 i, k;
	int			 r;

	if ((r = acl_list(db, 0, &l)) != DB_OK)
		return (r);
	for (i = l->n; i-- > 0;) {
		a = &l->v[i];
		row = flat_acl(a);
		for (k = 0; k < a->user_groups.n; k++)
			append(e->acls[GROUP_USER], a->user_groups.name[k], 0,
			    row);
		for (k = 0; k < a->host_groups.n; k++)
			append(e->acls[GROUP_HOST], a->host_groups.name[k], 0,
			    row);
		json_decref(row);
	}
	acl_list_free(l);
	return (DB_OK);
}

static int
load_lists(struct db *db, int lists, struct entities *e)
{
	int	r = DB_OK;

	if (r == DB_OK && (lists & ENTITY_KEYS))
		r = load_keys(db, e);
	if (r == DB_OK && (lists & ENTITY_HOSTS))
		r = load_hosts(db, e);
	if (r == DB_OK && (lists & ENTITY_USERS))
		r = load_users(db, e);
	if (r == DB_OK && (lists & ENTITY_USER_KEYS))
		r = load_userkeys(db, e, 0);
	if (r == DB_OK && (lists & ENTITY_USER_GROUPS))
		r = load_groups(db, e, GROUP_USER);
	if (r == DB_OK && (lists & ENTITY_HOST_GROUPS))
		r = load_groups(db, e, GROUP_HOST);
	if (r == DB_OK && (lists & ENTITY_ACLS))
		r = load_acls(db, e);
	return (r);
}

int
entities_load(struct db *db, int lists, struct entities **out)
{
	struct entities	*e = xcalloc(1, sizeof(*e));
	int		 i, r;

	e->keys = json_object();
	e->hosts = json_object();
	e->users = json_object();
	e->key_hosts = json_object();
	e->user_keys = json_object();
	for (i = GROUP_USER; i <= GROUP_HOST; i++) {
		e->groups[i] = json_object();
		e->members[i] = json_object();
		e->acls[i] = json_object();
	}
	if ((r = load_lists(db, lists, e)) != DB_OK) {
		entities_free(e);
		e = NULL;
	}
	*out = e;
	return (r);
}

int
entities_load_user(struct db *db, int64_t user, struct entities **out)
{
	int	r;

	if ((r = entities_load(db, 0, out)) != DB_OK)
		return (r);
	if ((r = load_userkeys(db, *out, user)) != DB_OK) {
		entities_free(*out);
		*out = NULL;
	}
	return (r);
}

void
entities_free(struct entities *e)
{
	int	i;

	if (e == NULL)
		return;
	json_decref(e->keys);
	json_decref(e->hosts);
	json_decref(e->users);
	json_decref(e->key_hosts);
	json_decref(e->user_keys);
	for (i = GROUP_USER; i <= GROUP_HOST; i++) {
		json_decref(e->groups[i]);
		json_decref(e->members[i]);
		json_decref(e->acls[i]);
	}
	free(e);
}

/* Full rows */

/* A row that is kept, or what is known of it. */
static json_t *
nested(json_t *rows, int64_t id, const char *name)
{
	json_t	*row = kept(rows, NULL, id);

	if (row != NULL)
		return (json_incref(row));
	return (name == NULL ? json_null() : json_pack("{s:I, s:o}", "ID",
	    (json_int_t)id, "Name", entity_text(name)));
}

/* An array that is kept, or an empty one. */
static json_t *
array(json_t *arrays, const char *name, int64_t id)
{
	json_t	*all = kept(arrays, name, id);

	return (all != NULL ? json_incref(all) : json_array());
}

/* The rows that bear these names, or what is known of them. */
static json_t *
named(json_t *rows, const struct db_names *names)
{
	json_t	*all = json_array(), *row;
	size_t	 i;

	for (i = 0; i < names->n; i++) {
		if ((row = kept(rows, names->name[i], 0)) != NULL)
			json_array_append(all, row);
		else
			json_array_append_new(all, json_pack("{s:o}", "Name",
			    entity_text(names->name[i])));
	}
	return (all);
}

json_t *
entity_key(const struct entities *e, const struct key *k, const char *secret)
{
	json_t	*row = flat_key(k, secret);

	put(row, "Hosts", array(e->key_hosts, NULL, k->id));
	return (row);
}

json_t *
entity_host(const struct entities *e, const struct host *h,
    const char *secret)
{
	json_t	*row = flat_host(h, secret);

	put(row, "SSHKey", nested(e->keys, h->key_id, h->key_name));
	put(row, "Groups", named(e->groups[GROUP_HOST], &h->groups));
	put(row, "Hop", nested(e->hosts, h->hop_id, h->hop_name));
	return (row);
}

const char *
entity_user_status(const struct user *u, int64_t now)
{
	if (u->disabled)
		return ("disabled");
	if (!user_usable(u, now))
		return ("expired");
	if (u->invite_hash == NULL)
		return (u->nkeys > 0 ? "active" : "no key");
	return (u->invite_expires_at == 0 || u->invite_expires_at > now ?
	    "invited" : "invite expired");
}

json_t *
entity_user(const struct entities *e, const struct user *u, int64_t now)
{
	json_t	*row = flat_user(u), *roles = json_array();
	size_t	 i;

	for (i = 0; i < u->roles.n; i++)
		json_array_append_new(roles, flat_role(u->roles.name[i]));
	put(row, "Roles", roles);
	put(row, "Keys", array(e->user_keys, NULL, u->id));
	put(row, "Groups", named(e->groups[GROUP_USER], &u->groups));
	put_text(row, "Status", entity_user_status(u, now));
	return (row);
}

json_t *
entity_userkey(const struct entities *e, const struct userkey *k)
{
	json_t	*row = flat_userkey(k);

	put(row, "User", nested(e->users, k->user_id, k->user_name));
	return (row);
}

json_t *
entity_group(const struct entities *e, enum group_kind kind,
    const struct group *g)
{
	json_t	*row = flat_group(kind, g);

	put(row, kind == GROUP_USER ? "Users" : "Hosts",
	    array(e->members[kind], g->name, 0));
	put(row, "ACLs", array(e->acls[kind], g->name, 0));
	return (row);
}

json_t *
entity_acl(const struct entities *e, const struct acl *a)
{
	json_t	*row = flat_acl(a);

	put(row, "HostGroups", named(e->groups[GROUP_HOST], &a->host_groups));
	put(row, "UserGroups", named(e->groups[GROUP_USER], &a->user_groups));
	return (row);
}

/* History */

/* Who it was: the row if it is still the one of that name. */
static json_t *
who(json_t *rows, int64_t id, const char *name)
{
	json_t		*row = rows != NULL ? kept(rows, NULL, id) : NULL;
	const char	*is = json_string_value(json_object_get(row, "Name"));

	if (is != NULL && strcmp(is, name) == 0)
		return (json_incref(row));
	if (id == 0 && *name == '\0')
		return (json_null());
	row = json_object();
	put_int(row, "ID", id);
	put_text(row, "Name", name);
	return (row);
}

json_t *
entity_event(const struct entities *e, const struct event *ev)
{
	json_t	*row = row_new(ev->id, ev->created_at, ev->created_at);
	json_t	*args = *ev->args != '\0' ? json_loads(ev->args,
	    JSON_DECODE_ANY, NULL) : json_null();
	json_t	*changes = json_object_get(args, "Changes");
	json_t	*words = json_object_get(args, "Args");
	char	*again = NULL;

	put(row, "Author", who(e != NULL ? e->users : NULL, ev->author_id,
	    ev->author_name));
	put_int(row, "AuthorID", ev->author_id);
	put_text(row, "Domain", ev->domain);
	put_text(row, "Action", ev->action);
	put_text(row, "Entity", ev->entity);
	if (args != NULL && !json_is_null(args))
		again = json_dumps(args, JSON_COMPACT | JSON_ENCODE_ANY);
	/* a command's words, and what it changed; others have but the one */
	if (changes != NULL && words != NULL) {
		put(row, "Args", json_incref(words));
		put(row, "Changes", json_incref(changes));
	} else {
		put(row, "Args", args != NULL ? json_incref(args) :
		    entity_text(ev->args));
		put(row, "Changes", json_null());
	}
	/* what reading it back would not give again */
	if (*ev->args != '\0' && (again == NULL || changes != NULL ||
	    strcmp(again, ev->args) != 0))
		put_text(row, "ArgsText", ev->args);
	put_text(row, "Source", ev->source);
	put_int(row, "Seal", ev->seal_no);
	put(row, "RestoredAt", entity_time(ev->restored));
	put_int(row, "SessionID", ev->session_id);
	json_decref(args);
	free(again);
	return (row);
}

json_t *
entity_session(const struct entities *e, const struct session *s, int64_t now)
{
	int64_t	 end = s->ended_at != 0 ? s->ended_at : now;
	json_t	*row = row_new(s->id, s->started_at, end);

	put(row, "StoppedAt", entity_time(s->ended_at));
	put_text(row, "Status", session_status_name(s->status));
	put(row, "User", who(e != NULL ? e->users : NULL, s->user_id,
	    s->user_name));
	put(row, "Host", who(e != NULL ? e->hosts : NULL, s->host_id,
	    s->host_name));
	put_int(row, "UserID", s->user_id);
	put_int(row, "HostID", s->host_id);
	put_text(row, "ErrMsg", s->error);
	put_text(row, "Comment", s->comment);
	put_text(row, "Account", s->account);
	put_text(row, "Source", s->source);
	put_text(row, "ClientVersion", s->client_version);
	put_text(row, "Instance", s->instance_id);
	put_int(row, "BytesIn", s->bytes_in);
	put_int(row, "BytesOut", s->bytes_out);
	put_int(row, "Duration",
	    end > s->started_at ? end - s->started_at : 0);
	return (row);
}
