/* SPDX-License-Identifier: ISC */
/*
 * host: for those who are no administrators. They see the hosts that the rules
 * let them reach, and of these what they need to log in.
 */
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/host.h"
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
