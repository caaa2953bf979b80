/* SPDX-License-Identifier: ISC */
/*
 * Planning and loading of a backup.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/load.h"
#include "db/seal.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/restore_plan.h"

/* The document as such. */
static void
look_at_document(struct restore *r)
{
	static const char	*known[] = { "date", "sshportal" };
	const char		*member;
	json_t			*value;
	size_t			 i;

	if (!json_is_object(r->doc)) {
		refuse_all(r, "it is no JSON object");
		return;
	}
	for (i = 0; i < RESTORE_KINDS; i++) {
		value = json_object_get(r->doc, restore_kind_name(i));
		if ((i == RESTORE_KEYS || i == RESTORE_USERS) &&
		    !json_is_array(value))
			refuse_all(r, "it has no array \"%s\": it is no "
			    "backup", restore_kind_name(i));
		else if (value != NULL && !json_is_array(value) &&
		    !json_is_null(value))
			refuse_all(r, "\"%s\" in it is no array",
			    restore_kind_name(i));
		r->report.count[i].found = json_array_size(value);
	}
	json_object_foreach(r->doc, member, value) {
		for (i = 0; i < RESTORE_KINDS; i++) {
			if (strcmp(restore_kind_name(i), member) == 0)
				break;
		}
		if (i == RESTORE_KINDS && strcmp(known[0], member) != 0 &&
		    strcmp(known[1], member) != 0)
			warn_all(r, "\"%.100s\" is not known here: left out",
			    member);
	}
}

/*
 * A document without a host key of a kind leaves the present one, which must be
 * sealed again, for its number may be another key's then.
 */
static void
keep_host_key(struct restore *r, size_t kind)
{
	const struct sealer	*s = r->args.sealer;
	struct key		*k;

	if (r->brings[kind] || r->args.dry_run || r->report.refused)
		return;
	if (key_by_name(r->args.db, key_host_kinds[kind].name, &k) != DB_OK)
		return;		/* the next start makes what must be */
	r->kept[kind].key = k;
	if (k->priv_sealed == NULL ||
	    s->open(s->arg, SEAL_KEY_TABLE, SEAL_KEY_COLUMN, k->id,
	    k->priv_sealed, &r->kept[kind].pem, &r->kept[kind].len) == -1)
		refuse_all(r, "it has no key \"%s\" for the portal, and the "
		    "present one does not open", k->name);
}

struct restore *
restore_plan(const struct restore_args *a, json_t *doc)
{
	struct restore	*r = xcalloc(1, sizeof(*r));
	size_t		 i;

	r->args = *a;
	r->doc = doc;
	r->seen = json_object();
	for (i = 0; i < RESTORE_KINDS; i++) {
		r->fates[i] = json_object();
		r->names[i] = json_object();
	}
	look_at_document(r);
	if (!r->report.refused)
		secrets_look(r);
	if (r->report.refused)
		return (r);
	plan_inventory(r);
	if (r->encrypted)
		return (r);
	plan_hops(r);
	plan_links(r);
	plan_admins(r);
	plan_history(r);
	for (i = 0; i < KEY_HOST_KINDS; i++)
		keep_host_key(r, i);
	return (r);
}

const struct restore_report *
restore_report(const struct restore *r)
{
	return (&r->report);
}

/* Loading */

/* Whether the plan has this very user still; else old sessions lose them. */
static int
forget_users(struct db *db, struct restore *r)
{
	struct user_list	*l;
	json_t			*stay = json_object();
	size_t			 i;
	char			*key;
	int			 status;

	for (i = 0; i < r->users.n; i++) {
		key = xasprintf("%lld %lld", (long long)r->users.v[i].id,
		    (long long)r->users.v[i].created_at);
		json_object_set_new(stay, key, json_true());
		free(key);
	}
	status = user_list(db, 0, &l);
	for (i = 0; status == DB_OK && i < l->n; i++) {
		key = xasprintf("%lld %lld", (long long)l->v[i].id,
		    (long long)l->v[i].created_at);
		if (json_object_get(stay, key) == NULL)
			status = load_forget_user(db, l->v[i].id);
		free(key);
	}
	user_list_free(l);
	json_decref(stay);
	return (status);
}

static int
forget_hosts(struct db *db, struct restore *r)
{
	struct host_list	*l;
	json_t			*stay = json_object();
	size_t			 i;
	char			*key;
	int			 status;

	for (i = 0; i < r->hosts.n; i++) {
		key = xasprintf("%lld %lld", (long long)r->hosts.v[i].id,
		    (long long)r->hosts.v[i].created_at);
		json_object_set_new(stay, key, json_true());
		free(key);
	}
	status = host_list(db, 0, &l);
	for (i = 0; status == DB_OK && i < l->n; i++) {
		key = xasprintf("%lld %lld", (long long)l->v[i].id,
		    (long long)l->v[i].created_at);
		if (json_object_get(stay, key) == NULL)
			status = load_forget_host(db, l->v[i].id);
		free(key);
	}
	host_list_free(l);
	json_decref(stay);
	return (status);
}

/* Of a list, the rows that are taken, one by one. */
#define LOAD(list, kind, call) do {					\
	for (i = 0; status == DB_OK && i < (list).n; i++) {		\
		if (fate_of(r, kind, (list).v[i].id) == FATE_TAKEN)	\
			status = (call);				\
	}								\
} while (0)

static int
load_rows(struct db *db, struct restore *r)
{
	struct group_list	*ug = &r->groups[GROUP_USER];
	struct group_list	*hg = &r->groups[GROUP_HOST];
	size_t			 i;
	int			 status = DB_OK;

	LOAD(r->keys, RESTORE_KEYS, load_key(db, &r->keys.v[i]));
	LOAD(r->hosts, RESTORE_HOSTS, load_host(db, &r->hosts.v[i]));
	LOAD(r->hosts, RESTORE_HOSTS, r->hosts.v[i].hop_id == 0 ? DB_OK :
	    load_hop(db, r->hosts.v[i].id, r->hosts.v[i].hop_id));
	LOAD(r->users, RESTORE_USERS, load_user(db, &r->users.v[i]));
	LOAD(r->userkeys, RESTORE_USER_KEYS,
	    load_userkey(db, &r->userkeys.v[i]));
	LOAD(*ug, RESTORE_USER_GROUPS, load_group(db, GROUP_USER, &ug->v[i]));
	LOAD(*hg, RESTORE_HOST_GROUPS, load_group(db, GROUP_HOST, &hg->v[i]));
	LOAD(r->acls, RESTORE_ACLS, load_acl(db, &r->acls.v[i]));
	return (status);
}

static int
load_links(struct db *db, struct restore *r)
{
	const struct links	*l;
	size_t			 i;
	int			 kind, status = DB_OK;

	for (kind = GROUP_USER; kind <= GROUP_HOST; kind++) {
		l = &r->members[kind];
		for (i = 0; status == DB_OK && i < l->n; i++)
			status = load_member(db, kind, l->v[i].group,
			    l->v[i].other);
		l = &r->acl_groups[kind];
		for (i = 0; status == DB_OK && i < l->n; i++)
			status = load_acl_group(db, l->v[i].other, kind,
			    l->v[i].group);
	}
	return (status);
}

static int
load_kept_keys(struct db *db, struct restore *r)
{
	int64_t	id;
	size_t	i;
	int	status = DB_OK;

	for (i = 0; status == DB_OK && i < KEY_HOST_KINDS; i++) {
		if (r->kept[i].key != NULL)
			status = key_create_sealed(db, r->kept[i].key,
			    r->kept[i].pem, r->kept[i].len, r->args.sealer,
			    &id);
	}
	return (status);
}

static int
invite_again(struct db *db, struct restore *r)
{
	struct restore_report	*p = &r->report;
	char			 hash[TOKEN_HASH_SIZE];

	p->token[0] = '\0';
	if (r->again == 0)
		return (DB_OK);
	snprintf(p->admin, sizeof(p->admin), "%s",
	    r->users.v[r->again - 1].name);
	token_make(p->token);
	token_hash(p->token, hash);
	return (user_set_invite(db, r->users.v[r->again - 1].id, hash,
	    r->args.now + INVITE_LIFE_ADMIN));
}

static int
load(struct db *db, void *arg)
{
	struct restore	*r = arg;
	int		 status;

	if ((status = forget_users(db, r)) != DB_OK ||
	    (status = forget_hosts(db, r)) != DB_OK ||
	    (status = load_clear(db)) != DB_OK ||
	    (status = load_rows(db, r)) != DB_OK ||
	    (status = load_links(db, r)) != DB_OK ||
	    (status = load_kept_keys(db, r)) != DB_OK ||
	    (status = invite_again(db, r)) != DB_OK)
		return (status);
	return (load_history(db, r));
}

int
restore_load(struct db *db, struct restore *r)
{
	if (r->report.refused || r->args.dry_run)
		return (DB_INVALID);
	return (db_transaction(db, load, r));
}

/* The rows were made here one by one, but are freed as lists are. */
static void
free_rows(struct restore *r)
{
	struct key_list		*keys = xcalloc(1, sizeof(*keys));
	struct host_list	*hosts = xcalloc(1, sizeof(*hosts));
	struct user_list	*users = xcalloc(1, sizeof(*users));
	struct userkey_list	*userkeys = xcalloc(1, sizeof(*userkeys));
	struct acl_list		*acls = xcalloc(1, sizeof(*acls));
	struct group_list	*groups;
	int			 i;

	*keys = r->keys;
	*hosts = r->hosts;
	*users = r->users;
	*userkeys = r->userkeys;
	*acls = r->acls;
	key_list_free(keys);
	host_list_free(hosts);
	user_list_free(users);
	userkey_list_free(userkeys);
	acl_list_free(acls);
	for (i = GROUP_USER; i <= GROUP_HOST; i++) {
		groups = xcalloc(1, sizeof(*groups));
		*groups = r->groups[i];
		group_list_free(groups);
		free(r->members[i].v);
		free(r->acl_groups[i].v);
	}
}

void
restore_free(struct restore *r)
{
	size_t	i;

	if (r == NULL)
		return;
	free_rows(r);
	for (i = 0; i < RESTORE_KINDS; i++) {
		json_decref(r->fates[i]);
		json_decref(r->names[i]);
	}
	json_decref(r->seen);
	free(r->moved);
	for (i = 0; i < r->report.nnotes; i++)
		free(r->report.note[i].text);
	free(r->report.note);
	for (i = 0; i < KEY_HOST_KINDS; i++) {
		key_free(r->kept[i].key);
		sodium_free(r->kept[i].pem);
	}
	explicit_bzero(r->report.token, sizeof(r->report.token));
	free(r);
}
