/* SPDX-License-Identifier: ISC */
/*
 * What is a person's own. Hosts are decided by the code that decides logins.
 */
#include <stdlib.h>
#include <string.h>

#include "db/acl.h"
#include "db/db.h"
#include "db/group.h"
#include "db/host.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/xmalloc.h"
#include "shell/own.h"

static int
has_host(struct db *db, const struct own *o, int64_t id, int *has)
{
	struct db_names	 accounts = { 0 };
	struct host	*h;
	int		 r;

	if ((r = host_get(db, id, &h)) == DB_OK)
		r = acl_judge_hosts(db, o->me->id, h, 1, o->now, &accounts);
	*has = r == DB_OK && accounts.n > 0;
	db_names_free(&accounts);
	host_free(h);
	return (r);
}

static int
has_hostgroup(struct db *db, const struct own *o, int64_t id, int *has)
{
	struct db_names	 open = { 0 };
	struct group	*g;
	int		 r;

	if ((r = group_get(db, GROUP_HOST, id, &g)) == DB_OK)
		r = acl_open_groups(db, o->me->id, o->now, &open);
	*has = r == DB_OK && db_names_have(&open, g->name);
	db_names_free(&open);
	group_free(g);
	return (r);
}

static int
has_userkey(struct db *db, const struct own *o, int64_t id, int *has)
{
	struct userkey	*k;
	int		 r = userkey_get(db, id, &k);

	*has = r == DB_OK && k->user_id == o->me->id;
	userkey_free(k);
	return (r);
}

int
own_has(struct db *db, const struct own *o, enum value_kind kind, int64_t id,
    int *has)
{
	switch (kind) {
	case VALUE_HOST:
		return (has_host(db, o, id, has));
	case VALUE_HOSTGROUP:
		return (has_hostgroup(db, o, id, has));
	case VALUE_USERKEY:
		return (has_userkey(db, o, id, has));
	case VALUE_USER:
		*has = id == o->me->id;
		return (DB_OK);
	case VALUE_KEY:
		*has = 1;
		return (DB_OK);
	default:
		*has = 0;
		return (DB_OK);
	}
}

int
own_hosts(struct db *db, const struct own *o, int64_t limit,
    struct own_hosts *h)
{
	size_t	i;
	int	r;

	memset(h, 0, sizeof(*h));
	if ((r = host_list(db, 0, &h->l)) != DB_OK)
		return (r);
	h->accounts = xcalloc(h->l->n, sizeof(*h->accounts));
	h->which = xcalloc(h->l->n, sizeof(*h->which));
	r = acl_judge_hosts(db, o->me->id, h->l->v, h->l->n, o->now,
	    h->accounts);
	for (i = 0; r == DB_OK && i < h->l->n; i++) {
		if (h->accounts[i].n > 0 &&
		    (limit == 0 || h->n < (size_t)limit))
			h->which[h->n++] = i;
	}
	return (r);
}

void
own_hosts_free(struct own_hosts *h)
{
	size_t	i;

	for (i = 0; h->accounts != NULL && i < h->l->n; i++)
		db_names_free(&h->accounts[i]);
	free(h->accounts);
	free(h->which);
	host_list_free(h->l);
	memset(h, 0, sizeof(*h));
}
