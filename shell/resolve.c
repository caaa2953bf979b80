/* SPDX-License-Identifier: ISC */
/*
 * Looking up what operands and options name, by the kind that is declared.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/acl.h"
#include "db/db.h"
#include "db/group.h"
#include "db/host.h"
#include "db/key.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/own.h"
#include "shell/resolve.h"

static int
find_host(struct db *db, const char *text, struct ref *ref)
{
	struct host	*h;
	int		 r;

	if ((r = host_find(db, text, &h)) == DB_OK) {
		ref->id = h->id;
		ref->name = xstrdup(h->name);
	}
	host_free(h);
	return (r);
}

static int
find_key(struct db *db, const char *text, struct ref *ref)
{
	struct key	*k;
	int		 r;

	if ((r = key_find(db, text, &k)) == DB_OK) {
		ref->id = k->id;
		ref->name = xstrdup(k->name);
	}
	key_free(k);
	return (r);
}

static int
find_user(struct db *db, const char *text, struct ref *ref)
{
	struct user	*u;
	int		 r;

	if ((r = user_find(db, text, &u)) == DB_OK) {
		ref->id = u->id;
		ref->name = xstrdup(u->name);
	}
	user_free(u);
	return (r);
}

static int
find_group(struct db *db, enum group_kind kind, const char *text,
    struct ref *ref)
{
	struct group	*g;
	int		 r;

	if ((r = group_find(db, kind, text, &g)) == DB_OK) {
		ref->id = g->id;
		ref->name = xstrdup(g->name);
	}
	group_free(g);
	return (r);
}

static int
find_hostgroup(struct db *db, const char *text, struct ref *ref)
{
	return (find_group(db, GROUP_HOST, text, ref));
}

static int
find_usergroup(struct db *db, const char *text, struct ref *ref)
{
	return (find_group(db, GROUP_USER, text, ref));
}

static int
find_acl(struct db *db, const char *text, struct ref *ref)
{
	struct acl	*a;
	int		 r;

	if ((r = acl_find(db, text, &a)) == DB_OK) {
		ref->id = a->id;
		ref->name = xasprintf("%" PRId64, a->id);
	}
	acl_free(a);
	return (r);
}

/* Keeps a row that is not there yet. */
static void
refs_add(struct refs *refs, struct ref ref)
{
	size_t	i;

	for (i = 0; i < refs->n; i++) {
		if (refs->v[i].id == ref.id) {
			free(ref.name);
			return;
		}
	}
	refs->v = xreallocarray(refs->v, refs->n + 1, sizeof(*refs->v));
	refs->v[refs->n++] = ref;
}

static void
take_userkey(struct refs *refs, const struct userkey *k)
{
	struct ref	ref = { .id = k->id };

	ref.name = xasprintf("%s %s", k->user_name, k->fingerprint);
	refs_add(refs, ref);
}

/* A key by its id; or those of a user, who must have one. */
static int
find_userkeys(struct db *db, const char *text, struct refs *refs)
{
	struct userkey_list	*l;
	struct userkey		*k;
	struct user		*u;
	size_t			 i;
	int64_t			 id;
	int			 r;

	/* a user's name is never digits only */
	if (*text != '\0' && text[strspn(text, "0123456789")] == '\0') {
		errno = 0;
		id = strtoll(text, NULL, 10);
		r = userkey_get(db, errno == 0 ? id : 0, &k);
		if (r == DB_OK)
			take_userkey(refs, k);
		userkey_free(k);
		return (r);
	}
	if ((r = user_find(db, text, &u)) == DB_OK)
		r = userkey_list(db, u->id, 0, &l);
	user_free(u);
	if (r != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++)
		take_userkey(refs, &l->v[i]);
	r = l->n > 0 ? DB_OK : DB_NOTFOUND;
	userkey_list_free(l);
	return (r);
}

static void
take_name(struct db_names *names, const char *name)
{
	names->name = xreallocarray(names->name, names->n + 1,
	    sizeof(*names->name));
	names->name[names->n++] = xstrdup(name);
}

/* Each list has rows with a name. */
#define TAKE_NAMES(names, list, free_list) do {				\
	size_t	i_;							\
									\
	for (i_ = 0; (list) != NULL && i_ < (list)->n; i_++)		\
		take_name(names, (list)->v[i_].name);			\
	free_list(list);						\
} while (0)

static int
list_hosts(struct db *db, size_t limit, struct db_names *names)
{
	struct host_list	*l;
	int			 r = host_list(db, limit, &l);

	TAKE_NAMES(names, l, host_list_free);
	return (r);
}

static int
list_keys(struct db *db, size_t limit, struct db_names *names)
{
	struct key_list	*l;
	int		 r = key_list(db, limit, &l);

	TAKE_NAMES(names, l, key_list_free);
	return (r);
}

static int
list_users(struct db *db, size_t limit, struct db_names *names)
{
	struct user_list	*l;
	int			 r = user_list(db, limit, &l);

	TAKE_NAMES(names, l, user_list_free);
	return (r);
}

static int
list_hostgroups(struct db *db, size_t limit, struct db_names *names)
{
	struct group_list	*l;
	int			 r = group_list(db, GROUP_HOST, limit, &l);

	TAKE_NAMES(names, l, group_list_free);
	return (r);
}

static int
list_usergroups(struct db *db, size_t limit, struct db_names *names)
{
	struct group_list	*l;
	int			 r = group_list(db, GROUP_USER, limit, &l);

	TAKE_NAMES(names, l, group_list_free);
	return (r);
}

static int
list_acls(struct db *db, size_t limit, struct db_names *names)
{
	struct acl_list	*l;
	char		*id;
	size_t		 i;
	int		 r = acl_list(db, limit, &l);

	for (i = 0; l != NULL && i < l->n; i++) {
		id = xasprintf("%" PRId64, l->v[i].id);
		take_name(names, id);
		free(id);
	}
	acl_list_free(l);
	return (r);
}

static const struct finder {
	enum value_kind	 kind;
	const char	*thing;
	int		(*find)(struct db *, const char *, struct ref *);
	int		(*list)(struct db *, size_t, struct db_names *);
	/* instead of find, where one text names several */
	int		(*find_all)(struct db *, const char *, struct refs *);
} finders[] = {
	{ VALUE_HOST, "host", find_host, list_hosts, NULL },
	{ VALUE_KEY, "key", find_key, list_keys, NULL },
	{ VALUE_USER, "user", find_user, list_users, NULL },
	{ VALUE_USERKEY, "user key", NULL, list_users, find_userkeys },
	{ VALUE_HOSTGROUP, "host group", find_hostgroup, list_hostgroups,
	    NULL },
	{ VALUE_USERGROUP, "user group", find_usergroup, list_usergroups,
	    NULL },
	{ VALUE_ACL, "ACL", find_acl, list_acls, NULL },
};

static const struct finder *
finder_of(enum value_kind kind)
{
	size_t	i;

	for (i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
		if (finders[i].kind == kind)
			return (&finders[i]);
	}
	return (NULL);
}

int
resolve_is_ref(enum value_kind kind)
{
	return (finder_of(kind) != NULL);
}

/* Adds a text that nothing is called by to the sentence. */
static void
blame(char *err, const char *thing, const struct own *own, const char *text)
{
	size_t	len = strlen(err);

	if (len == 0)
		snprintf(err, CMD_ERROR_MAX, "no %s%s \"%.255s\"", thing,
		    own != NULL ? " of yours" : "", text);
	else
		snprintf(err + len, CMD_ERROR_MAX - len, ", \"%.255s\"",
		    text);
}

/* Of the rows from the one at `from` on, only the person's own are there. */
static int
refs_keep_own(const struct finder *f, struct db *db, const struct own *own,
    struct refs *refs, size_t from)
{
	size_t	i, n = from;
	int	r = DB_OK, has;

	for (i = from; i < refs->n; i++) {
		has = 0;
		if (r == DB_OK)
			r = own_has(db, own, f->kind, refs->v[i].id, &has);
		if (has)
			refs->v[n++] = refs->v[i];
		else
			free(refs->v[i].name);
	}
	refs->n = n;
	return (r == DB_OK && n == from ? DB_NOTFOUND : r);
}

/* The row or rows that one text names. */
static int
refs_find(const struct finder *f, struct db *db, const struct own *own,
    const char *text, struct refs *refs)
{
	struct ref	ref;
	size_t		from = refs->n;
	int		r;

	if (f->find_all != NULL)
		r = f->find_all(db, text, refs);
	else if ((r = f->find(db, text, &ref)) == DB_OK)
		refs_add(refs, ref);
	/* what was named before is theirs already */
	if (r == DB_OK && own != NULL && refs->n > from)
		r = refs_keep_own(f, db, own, refs, from);
	return (r);
}

int
resolve_refs(struct db *db, const struct own *own, enum value_kind kind,
    char *const *texts, size_t n, struct refs *refs, char *err)
{
	const struct finder	*f = finder_of(kind);
	size_t			 i;
	int			 r, absent = 0;

	memset(refs, 0, sizeof(*refs));
	if (f == NULL)
		panic("resolve_refs: kind %d names no rows", kind);
	err[0] = '\0';
	for (i = 0; i < n; i++) {
		r = refs_find(f, db, own, texts[i], refs);
		if (r == DB_NOTFOUND || (r == DB_AMBIGUOUS && own != NULL)) {
			blame(err, f->thing, own, texts[i]);
			absent = 1;
		} else if (r == DB_AMBIGUOUS) {
			snprintf(err, CMD_ERROR_MAX, "more than one %s goes "
			    "by this e-mail: use a name or an id", f->thing);
			return (r);
		} else if (r != DB_OK) {
			return (r);
		}
	}
	return (absent ? DB_NOTFOUND : DB_OK);
}

void
refs_free(struct refs *refs)
{
	size_t	i;

	for (i = 0; i < refs->n; i++)
		free(refs->v[i].name);
	free(refs->v);
	memset(refs, 0, sizeof(*refs));
}

static int
own_host_names(struct db *db, const struct own *own, size_t limit,
    struct db_names *names)
{
	struct own_hosts	 h;
	size_t			 i;
	int			 r = own_hosts(db, own, limit, &h);

	for (i = 0; i < h.n; i++)
		take_name(names, h.l->v[h.which[i]].name);
	own_hosts_free(&h);
	return (r);
}

static int
own_hostgroup_names(struct db *db, const struct own *own,
    struct db_names *names)
{
	struct db_names	open = { 0 };
	size_t		i;
	int		r = acl_open_groups(db, own->me->id, own->now, &open);

	for (i = 0; i < open.n; i++)
		take_name(names, open.name[i]);
	db_names_free(&open);
	return (r);
}

int
resolve_names(struct db *db, const struct own *own, enum value_kind kind,
    size_t limit, struct db_names *names)
{
	const struct finder	*f = finder_of(kind);

	if (f == NULL)
		return (DB_OK);
	if (own == NULL || kind == VALUE_KEY)
		return (f->list(db, limit, names));
	switch (kind) {
	case VALUE_HOST:
		return (own_host_names(db, own, limit, names));
	case VALUE_HOSTGROUP:
		return (own_hostgroup_names(db, own, names));
	case VALUE_USER:
	case VALUE_USERKEY:
		take_name(names, own->me->name);
		return (DB_OK);
	default:
		return (DB_OK);
	}
}
