/* SPDX-License-Identifier: ISC */
/*
 * Errands: for whom, where to, and with which key.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/host.h"
#include "db/key.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"
#include "monitor/answer_target.h"
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

	host_free(m->host);
	key_free(r->key);
	key_free(r->other);
	m->host = NULL;
	r->key = r->other = NULL;
	if ((x = find_user(m)) != DB_OK ||
	    (x = host_get(m->db, r->e.host, &m->host)) != DB_OK)
		return (x);
	id = r->e.key != 0 ? r->e.key : m->host->key_id;
	if (id != 0 && (x = key_get(m->db, id, &r->key)) != DB_OK)
		return (x);
	if (r->e.other != 0)
		x = key_get(m->db, r->e.other, &r->other);
	return (x);
}

/*
 * Keys are only put in and taken away where one is to take the other's place:
 * a shell cannot have just any key let in.
 */
static int
keys_belong(const struct errand_run *r)
{
	switch (r->e.kind) {
	case ERRAND_INSTALL:
		return (r->key != NULL && r->other->replaces_id == r->key->id);
	case ERRAND_REMOVE:
		return (r->key->replaces_id == r->other->id);
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

/* NULL, or the sentence why we cannot go there. */
static char *
way_there(struct monitor *m)
{
	const struct errand_run	*r = m->errand;
	struct host		*h = m->host;

	if (!may(m))
		return (xstrdup("errands are for administrators"));
	if (!keys_belong(r))
		return (xstrdup("neither of the two keys takes the other's "
		    "place"));
	if (h->hop_id != 0)
		return (xasprintf("it lies behind the host \"%s\", and logging "
		    "in through other hosts is not supported",
		    h->hop_name != NULL ? h->hop_name : "?"));
	if (h->scheme != HOST_SSH)
		return (r->e.kind == ERRAND_TEST ? NULL :
		    xstrdup("a telnet host knows no keys"));
	if (r->key != NULL && target_load_key(m, r->key) == -1)
		return (xasprintf("the key \"%s\" cannot be read: see the "
		    "portal's log", r->key->name));
	/* nobody but a login may send a password to a host that is unknown */
	if (r->e.key != 0 || (h->host_key == NULL && !errand_learns(m))) {
		free(h->password_sealed);
		h->password_sealed = NULL;
	}
	return (NULL);
}

int
errand_has_way(const struct monitor *m)
{
	return (m->up_key != NULL || m->host->password_sealed != NULL);
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
