/* SPDX-License-Identifier: ISC */
/*
 * Errands: for whom, where to, and with which key.
 */
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/host.h"
#include "db/key.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"
#include "monitor/errand.h"
#include "monitor/journal.h"
#include "monitor/monitor.h"
#include "monitor/store.h"

/* Who works at the machine itself has no row. */
static int
find_user(struct monitor *m)
{
	const struct errand_run	*r = m->errand;

	user_free(m->user);
	m->user = NULL;
	if (r->e.user != 0)
		return (user_get(m->db, r->e.user, &m->user));
	m->user = xcalloc(1, sizeof(*m->user));
	m->user->name = xstrdup(r->user_name);
	m->user->email = xstrdup("");
	m->user->comment = xstrdup("");
	return (DB_OK);
}

static int
look_up(struct monitor *m, void *arg)
{
	struct errand_run	*r = arg;
	int64_t			 id;
	int			 x;

	way_forget(m);
	host_free(m->host);
	key_free(r->other);
	m->host = NULL;
	r->other = NULL;
	if ((x = find_user(m)) != DB_OK ||
	    (x = host_get(m->db, r->e.host, &m->host)) != DB_OK)
		return (x);
	id = r->e.key != 0 ? r->e.key : m->host->key_id;
	if ((x = way_look_up(m, id)) != DB_OK)
		return (x == DB_REF ? DB_NOTFOUND : x);
	if (r->e.other != 0)
		x = key_get(m->db, r->e.other, &r->other);
	return (x);
}

/*
 * Keys are only put in and taken away where one is to take the other's place:
 * a shell cannot have just any key let in.
 */
static int
keys_belong(struct monitor *m)
{
	const struct errand_run	*r = m->errand;
	const struct key	*key = way_last(m)->key;

	switch (r->e.kind) {
	case ERRAND_INSTALL:
		return (key != NULL && r->other->replaces_id == key->id);
	case ERRAND_REMOVE:
		return (key->replaces_id == r->other->id);
	default:
		return (1);
	}
}

static int
may(const struct monitor *m)
{
	return (m->errand->e.user == 0 || (user_usable(m->user, clock_utc()) &&
	    user_is(m->user, ROLE_ADMIN)));
}

/* Nobody but a login may send a password to a host that is unknown. */
static void
spare_passwords(struct monitor *m)
{
	struct host	*h;
	size_t		 i;

	for (i = 0; i < m->way.n; i++) {
		h = m->way.hops[i].host;
		if ((h == m->host && m->errand->e.key != 0) ||
		    (h->host_key == NULL && !errand_learns(m))) {
			free(h->password_sealed);
			h->password_sealed = NULL;
		}
	}
}

/* NULL, or the sentence why we cannot go there. */
static char *
way_there(struct monitor *m)
{
	const struct errand_run	*r = m->errand;
	struct way_hop		*last = way_last(m);
	char			*no;

	if (!may(m))
		return (xstrdup("errands are for administrators"));
	if (!keys_belong(m))
		return (xstrdup("neither of the two keys takes the other's "
		    "place"));
	if ((no = way_open(m)) != NULL)
		return (no);
	if (m->host->scheme != HOST_SSH)
		return (r->e.kind == ERRAND_TEST ? NULL :
		    xstrdup("a telnet host knows no keys"));
	if (last->key != NULL && way_load_key(last) == -1)
		return (xasprintf("the key \"%s\" cannot be read: see the "
		    "portal's log", last->key->name));
	spare_passwords(m);
	return (NULL);
}

int
errand_has_way(const struct way_hop *hop)
{
	return (hop->pkey != NULL || hop->host->password_sealed != NULL);
}

char *
errand_find(struct monitor *m)
{
	char	*no;
	int	 x;

	x = store_try(m, look_up, m->errand);
	if (x == DB_NOTFOUND)
		return (xstrdup("the host, a key or your account was removed "
		    "meanwhile"));
	if (x != DB_OK)
		return (xstrdup("the portal cannot reach its database: try "
		    "again later"));
	if ((no = way_there(m)) != NULL)
		return (no);
	if (store_try(m, journal_begin, NULL) != DB_OK)
		return (xstrdup("the session cannot be recorded in the "
		    "database: try again later"));
	return (NULL);
}
