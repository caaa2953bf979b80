/* SPDX-License-Identifier: ISC */
/*
 * Who may come in here and now.
 */
#include <string.h>

#include "db/db.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/network.h"
#include "monitor/monitor.h"
#include "monitor/standing.h"

/* Whether the connection's address is of a list. */
static int
is_from(const struct monitor *m, const char *list)
{
	struct network	n;

	/* a link-local address may have "%interface" behind it */
	if (network_parse(&n, m->address, strcspn(m->address, "%/")) == -1)
		memset(&n, 0, sizeof(n));
	return (network_list_has(list, &n));
}

const char *
standing_user(const struct monitor *m, const struct user *u, int64_t now)
{
	if (u->disabled)
		return ("account is disabled");
	if (!user_usable(u, now))
		return ("account is expired");
	if (!is_from(m, u->allowed_from))
		return ("account is not for this address");
	return (NULL);
}

const char *
standing_key(const struct monitor *m, const struct userkey *k, int64_t now)
{
	if (!userkey_usable(k, now))
		return ("key is expired");
	if (!is_from(m, k->allowed_from))
		return ("key is not for this address");
	return (NULL);
}

/* Whether the key is still there, this user's, and good. */
static int
still_key(struct monitor *m, const char **why)
{
	struct userkey	*k = NULL;
	int64_t		 now = clock_utc();
	int		 r;

	r = userkey_get(m->db, m->userkey, &k);
	if (r == DB_NOTFOUND || (r == DB_OK && k->user_id != m->user->id))
		*why = "your key was removed";
	else if (r == DB_OK && !userkey_usable(k, now))
		*why = "your key has expired";
	else if (r == DB_OK && standing_key(m, k, now) != NULL)
		*why = "your key is no longer for this address";
	if (r == DB_OK)
		m->key_expires = k->expires_at;
	userkey_free(k);
	return (*why != NULL ? DB_OK : r);
}

int
standing_still(struct monitor *m, const char **why)
{
	struct user	*u = NULL;
	int64_t		 now = clock_utc();
	int		 r;

	*why = NULL;
	if ((r = user_get(m->db, m->user->id, &u)) == DB_NOTFOUND)
		*why = "your account was removed";
	else if (r == DB_OK && u->created_at != m->user->created_at)
		*why = "your account was replaced by a restored one";
	else if (r == DB_OK && u->disabled)
		*why = "your account is disabled";
	else if (r == DB_OK && !user_usable(u, now))
		*why = "your account has expired";
	else if (r == DB_OK && standing_user(m, u, now) != NULL)
		*why = "your account is no longer for this address";
	else if (r == DB_OK)
		r = still_key(m, why);
	if (u != NULL)
		m->user->expires_at = u->expires_at;
	user_free(u);
	return (*why != NULL ? DB_OK : r);
}
