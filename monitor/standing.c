/* SPDX-License-Identifier: ISC */
/*
 * Who may come in here and now.
 */
#include <string.h>

#include "db/user.h"
#include "db/userkey.h"
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
