/* SPDX-License-Identifier: ISC */
/*
 * host: for those who are no administrators. They see the hosts that the rules
 * let them reach, and of these what they need to log in; the role trusted adds
 * hosts to the groups that the rules let them into.
 *
 * Nobody must get by that way where the rules do not let them. What tells hosts
 * apart for the rules, the name and the groups, is what who adds a host may
 * choose; where it leads to, an address, has many names. So a key of the
 * portal's is lent only to accounts that they may log in to on every host it
 * is known to open; all else they log in to with a password of theirs.
 */
#include <stdlib.h>
#include <string.h>

#include "db/acl.h"
#include "db/db.h"
#include "db/host.h"
#include "db/kinds.h"
#include "db/user.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_host.h"
#include "shell/own.h"
#include "shell/run.h"

const struct field	host_own_fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "Name", "Name", FIELD_TEXT },
	{ "Login", "Login", FIELD_TEXT },
	{ "Accounts", "Accounts", FIELD_TEXT },
	{ "Groups", "Groups", FIELD_NAMES },
	{ "Comment", "Comment", FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static int
is_portals(const char *name, const struct settings *s)
{
	return (s != NULL && (strcmp(name, s->config_user) == 0 ||
	    strcmp(name, s->healthcheck_user) == 0));
}

/*
 * What to write before the @ to get there, with its first account. A name that
 * means something else to the portal, or to it from this person, takes "host:".
 */
static char *
own_login(const struct cmd_call *c, const struct host *h,
    const struct db_names *accounts)
{
	const char	*name = h->name, *mark = "";

	if (strcmp(name, c->me->name) == 0 || strcmp(name, c->me->email) == 0 ||
	    is_portals(name, c->sh->settings) || strpbrk(name, ":+") != NULL)
		mark = "host:";
	if (strcmp(accounts->name[0], h->login) == 0)
		return (xasprintf("%s%s", mark, name));
	return (xasprintf("%s+%s%s", accounts->name[0], mark, name));
}

static char *
joined(const struct db_names *names)
{
	char	*all = xstrdup(""), *more;
	size_t	 i;

	for (i = 0; i < names->n; i++) {
		more = xasprintf("%s%s%s", all, i > 0 ? ", " : "",
		    names->name[i]);
		free(all);
		all = more;
	}
	return (all);
}

static void
put_own(struct cmd_call *c, const struct host *h,
    const struct db_names *accounts)
{
	char	*login = own_login(c, h, accounts), *all = joined(accounts);

	result_row(&c->result);
	result_number(&c->result, h->id);
	result_text(&c->result, h->name);
	result_text(&c->result, login);
	result_text(&c->result, all);
	result_names(&c->result, &h->groups);
	result_text(&c->result, h->comment);
	free(login);
	free(all);
}

int
host_ls_own(struct cmd_call *c)
{
	const struct own	 own = { c->me, c->now };
	struct own_hosts	 h;
	size_t			 i;
	int			 r;

	r = own_hosts(c->sh->db, &own, opt_limit(c), &h);
	for (i = 0; i < h.n; i++)
		put_own(c, &h.l->v[h.which[i]], &h.accounts[h.which[i]]);
	own_hosts_free(&h);
	return (r);
}

int
host_create_own_check(struct cmd_call *c, const struct host *h)
{
	if (h->scheme != HOST_SSH)
		return (cmd_fail(c, "hosts of telnet are for administrators "
		    "to add: they would lead to any service that the portal "
		    "can reach"));
	if (h->logging < LOGGING_EVERYTHING)
		return (cmd_fail(c, "only administrators add hosts that are "
		    "not recorded: leave out --logging"));
	if (h->legacy)
		return (cmd_fail(c, "only administrators permit old "
		    "algorithms: leave out --legacy"));
	if ((host_kinds(h) & KIND_BIT(KIND_JUMP)) != 0)
		return (cmd_fail(c, "only administrators allow jumps: they "
		    "would lead to any service that the portal can reach"));
	return (DB_OK);
}

/* What the rules let them do on a host, as this account. */
static int
may_do(struct cmd_call *c, const struct host *h, const char *account,
    uint32_t *kinds)
{
	struct acl_verdict	v;
	int			r;

	if (strcmp(account, h->login) == 0)
		account = NULL;
	r = acl_judge(c->sh->db, c->me->id, h, account, c->now, &v, NULL,
	    NULL);
	*kinds = v.kinds;
	return (r);
}

/*
 * Whether all that they may do on one host they may do on the other too, as
 * each of these accounts. What cannot be looked up, they may not.
 */
static int
kinds_within(struct cmd_call *c, const struct host *few,
    const struct host *many, const struct db_names *accounts)
{
	uint32_t	here, there;
	size_t		i;

	for (i = 0; i < accounts->n; i++) {
		if (may_do(c, few, accounts->name[i], &here) != DB_OK ||
		    may_do(c, many, accounts->name[i], &there) != DB_OK ||
		    (here & ~there) != 0)
			return (0);
	}
	return (1);
}

static int
names_within(const struct db_names *few, const struct db_names *many)
{
	size_t	i;

	for (i = 0; i < few->n; i++) {
		if (!db_names_have(many, few->name[i]))
			return (0);
	}
	return (1);
}

/* Where a host is in the list, or its length. */
static size_t
place_of(const struct own_hosts *h, int64_t id)
{
	size_t	i;

	for (i = 0; i < h->l->n && h->l->v[i].id != id; i++)
		continue;
	return (i);
}

/*
 * Whether the key of the new host opens others, and on each of these they may
 * have all accounts that they would have on the new one, and do as much there.
 */
static int
key_is_lent(struct cmd_call *c, const struct own_hosts *h, size_t at)
{
	const struct host	*v = h->l->v;
	size_t			 i, n = 0;

	for (i = 0; i < h->l->n; i++) {
		if (i == at || v[i].key_id != v[at].key_id)
			continue;
		if (!names_within(&h->accounts[at], &h->accounts[i]) ||
		    !kinds_within(c, &v[at], &v[i], &h->accounts[at]))
			return (0);
		n++;
	}
	return (n > 0);
}

/*
 * The hop is logged in to with the account that it has, and connects for them
 * to where they like.
 */
static int
hop_is_theirs(struct cmd_call *c, const struct own_hosts *h,
    const struct host *host)
{
	const struct host	*hop;
	size_t			 i = place_of(h, host->hop_id);
	uint32_t		 kinds;

	if (i == h->l->n)
		return (0);
	hop = &h->l->v[i];
	return (db_names_have(&h->accounts[i], hop->login) &&
	    may_do(c, hop, hop->login, &kinds) == DB_OK &&
	    (kinds & KIND_BIT(KIND_FORWARD_LOCAL)) != 0);
}

static int
judge_new(struct cmd_call *c, const struct own_hosts *h, size_t at)
{
	const struct host	*host = &h->l->v[at];

	if (!db_names_have(&h->accounts[at], host->login))
		return (cmd_fail(c, "the rules would not let you log in to "
		    "\"%s\" as \"%s\": an administrator can add it",
		    host->name, host->login));
	if (host->hop_id != 0 && !hop_is_theirs(c, h, host))
		return (cmd_fail(c, "\"%s\" cannot be your hop: the rules do "
		    "not let you log in and forward ports there",
		    host->hop_name));
	if (host->key_id != 0 && !key_is_lent(c, h, at))
		return (cmd_fail(c, "the key \"%s\" may open more than you "
		    "may: give a --password, or --key with a key that logs in "
		    "as \"%s\" to hosts of yours only", host->key_name,
		    host->login));
	return (DB_OK);
}

int
host_create_own_judge(struct cmd_call *c, int64_t id)
{
	const struct own	 own = { c->me, c->now };
	struct own_hosts	 h;
	size_t			 at;
	int			 r;

	if ((r = own_hosts(c->sh->db, &own, 0, &h)) == DB_OK) {
		at = place_of(&h, id);
		r = at < h.l->n ? judge_new(c, &h, at) : DB_NOTFOUND;
	}
	own_hosts_free(&h);
	return (r);
}
