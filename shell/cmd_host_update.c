/* SPDX-License-Identifier: ISC */
/*
 * host update -- change hosts
 */
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/group.h"
#include "db/host.h"
#include "db/seal.h"
#include "lib/catalogue.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/cmd_host.h"
#include "shell/kinds.h"
#include "shell/names.h"
#include "shell/recorded.h"
#include "shell/run.h"
#include "shell/url.h"

static const struct cmd_opt	update_opts[] = {
	{ .name = "name", .letter = 'n', .kind = VALUE_TEXT, .arg = "NAME",
	    .brief = "its name here (of one host only)" },
	{ .name = "url", .letter = 'u', .kind = VALUE_TEXT, .flags = OPT_URL,
	    .arg = "URL",
	    .brief = "where it is, as host create takes it (of one host "
	    "only)" },
	{ .name = "password", .letter = 'p', .kind = VALUE_TEXT,
	    .flags = OPT_SECRET | OPT_ASKED, .arg = "PASSWORD",
	    .brief = "password to log in with; without a value it is "
	    "asked for" },
	{ .name = "unset-password", .kind = VALUE_FLAG,
	    .brief = "forget the password" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = "key", .letter = 'k', .kind = VALUE_KEY, .arg = "KEY",
	    .brief = "key to log in with" },
	{ .name = "unset-key", .kind = VALUE_FLAG,
	    .brief = "log in without a key" },
	{ .name = "hop", .letter = 'o', .kind = VALUE_HOST, .arg = "HOST",
	    .alias = "set-hop", .brief = "reach it through this host" },
	{ .name = "unset-hop", .kind = VALUE_FLAG,
	    .brief = "reach it directly" },
	{ .name = "logging", .letter = 'l', .kind = VALUE_CHOICE,
	    .arg = "WHAT", .brief = "what is recorded",
	    .choices = host_loggings },
	OPT_RECORD("whether there is no session without"),
	{ .name = "assign-group", .letter = 'g', .kind = VALUE_HOSTGROUP,
	    .flags = OPT_LIST, .arg = "GROUP", .brief = "add to a host group" },
	{ .name = "unassign-group", .kind = VALUE_HOSTGROUP,
	    .flags = OPT_LIST, .arg = "GROUP",
	    .brief = "take out of a host group" },
	OPT_ALLOW("what anybody may do there (default: all but jump)"),
	{ .name = "reset-hostkey", .kind = VALUE_FLAG,
	    .brief = "forget its host key: the next connection learns it "
	    "anew" },
	{ .name = "legacy", .kind = VALUE_FLAG,
	    .brief = "permit old algorithms with it" },
	{ .name = "no-legacy", .kind = VALUE_FLAG,
	    .brief = "permit them no longer" },
	{ .name = NULL }
};

static void
set_text(char **text, const char *to)
{
	free(*text);
	*text = xstrdup(to);
}

/* A telnet host stands alone: nothing is before it or behind it. */
static int
telnet_check(struct cmd_call *c, const struct host *h)
{
	int64_t	behind = 0;
	int	r;

	if (h->hop_id != 0)
		return (cmd_fail(c, "a telnet host cannot lie behind another "
		    "host"));
	if (h->id != 0 &&
	    (r = host_leads_to(c->sh->db, h->id, &behind)) != DB_OK)
		return (r);
	return (behind == 0 ? DB_OK : cmd_fail(c, "other hosts are reached "
	    "through \"%s\", which therefore cannot be a telnet host",
	    h->name));
}

int
host_hop_check(struct cmd_call *c, const struct host *h)
{
	struct host	*hop;
	int64_t		 id = h->hop_id;
	int		 i, r = DB_OK;

	if (h->scheme != HOST_SSH)
		return (telnet_check(c, h));
	for (i = 1; r == DB_OK && id != 0; i++) {
		if (id == h->id)
			return (cmd_fail(c, "\"%s\" would be reached through "
			    "itself", h->name));
		if (i == HOPS_MAX)
			return (cmd_fail(c, "\"%s\" would be reached through "
			    "more than %d other hosts", h->name,
			    HOPS_MAX - 1));
		if ((r = host_get(c->sh->db, id, &hop)) != DB_OK)
			return (r);
		id = hop->hop_id;
		if (hop->scheme != HOST_SSH)
			r = cmd_fail(c, "\"%s\" is a telnet host: through it "
			    "no other host is reached", hop->name);
		host_free(hop);
	}
	return (r);
}

/* What the options say about a row, but for where it is. */
static int
update_fields(struct cmd_call *c, struct host *h)
{
	const struct refs	*key = opt_refs(c, "key");
	const struct refs	*hop = opt_refs(c, "hop");
	int			 r;

	if ((r = kinds_take(c, &h->allow)) != DB_OK)
		return (r);
	if (opt_given(c, "name"))
		set_text(&h->name, opt_text(c, "name"));
	if (opt_given(c, "comment"))
		set_text(&h->comment, opt_text(c, "comment"));
	if (opt_given(c, "unset-key"))
		h->key_id = 0;
	if (key->n > 0)
		h->key_id = key->v[0].id;
	if (opt_given(c, "unset-hop"))
		h->hop_id = 0;
	if (hop->n > 0)
		h->hop_id = hop->v[0].id;
	if (opt_given(c, "legacy") || opt_given(c, "no-legacy"))
		h->legacy = opt_given(c, "legacy");
	if ((r = host_recorded_take(c, h)) != DB_OK)
		return (r);
	return (DB_OK);
}

static int
update_url(struct cmd_call *c, struct host *h, const struct url *u)
{
	set_text(&h->addr, u->addr);
	set_text(&h->login, u->login);
	h->port = u->port;
	if (host_scheme_parse(u->scheme, &h->scheme) == -1)
		return (cmd_fail(c, "\"%s\" is not known here", u->scheme));
	return (DB_OK);
}

static int
update_password(struct cmd_call *c, int64_t id, const char *password)
{
	const struct sealer	*s = c->sh->sealer;
	char			*sealed;
	int			 r;

	if (s->seal(s->arg, SEAL_HOST_TABLE, SEAL_HOST_COLUMN, id, password,
	    strlen(password), &sealed) == -1)
		return (cmd_fail(c, "the password cannot be sealed"));
	r = host_set_password(c->sh->db, id, sealed);
	free(sealed);
	return (r);
}

/* u is NULL, or where it is from now on; a NULL password stays as it is. */
static int
update_host(struct cmd_call *c, struct host *h, const struct url *u,
    const char *password)
{
	struct db	*db = c->sh->db;
	int		 r;

	if ((r = update_fields(c, h)) != DB_OK ||
	    (u != NULL && (r = update_url(c, h, u)) != DB_OK) ||
	    ((u != NULL || opt_refs(c, "hop")->n > 0) &&
	    (r = host_hop_check(c, h)) != DB_OK) ||
	    (r = host_legacy_check(c, h)) != DB_OK)
		return (r);
	if ((r = host_update(db, h)) == DB_EXISTS)
		return (cmd_fail(c, "there is a host \"%s\" already", h->name));
	if (r == DB_OK && password != NULL)
		r = update_password(c, h->id, password);
	if (r == DB_OK && opt_given(c, "unset-password"))
		r = host_set_password(db, h->id, NULL);
	if (r == DB_OK && opt_given(c, "reset-hostkey"))
		r = host_unpin_key(db, h->id);
	return (r == DB_OK ? cmd_change_groups(c, GROUP_HOST, h->id) : r);
}

static int
update_hosts(struct cmd_call *c, const struct url *u, const char *password)
{
	struct host	*h;
	size_t		 i;
	int		 r = DB_OK;

	for (i = 0; r == DB_OK && i < c->targets.n; i++) {
		r = host_get(c->sh->db, c->targets.v[i].id, &h);
		if (r == DB_OK)
			r = update_host(c, h, u, password);
		host_free(h);
	}
	return (r);
}

/* What was asked for, without a look at the rows. */
static int
update_check(struct cmd_call *c)
{
	static const char *const	single[] = { "name", "url", NULL };
	static const char *const	either[][2] = {
		{ "password", "unset-password" }, { "key", "unset-key" },
		{ "hop", "unset-hop" }, { "legacy", "no-legacy" },
		{ NULL, NULL }
	};
	const struct refs		*key = opt_refs(c, "key");
	char				 err[NAMES_ERROR_MAX];
	int				 r;

	if ((r = opts_check(c, single, either)) != DB_OK)
		return (r);
	if (key->n > 0 && (r = host_key_check(c, &key->v[0])) != DB_OK)
		return (r);
	if (opt_given(c, "password") && *opt_text(c, "password") == '\0')
		return (cmd_fail(c, "an empty password is none: "
		    "--unset-password forgets one"));
	if (opt_given(c, "name") && name_check_login(opt_text(c, "name"),
	    c->sh->settings, err) == -1)
		return (cmd_fail(c, "%s", err));
	return (DB_OK);
}

static int
host_update_exec(struct cmd_call *c)
{
	struct url	 u;
	const char	*password = opt_text(c, "password");
	char		 err[URL_ERROR_MAX];
	int		 r;

	if ((r = update_check(c)) != DB_OK)
		return (r);
	if (!opt_given(c, "url"))
		return (update_hosts(c, NULL, password));
	if (url_parse(opt_text(c, "url"), &u, err) == -1)
		r = cmd_fail(c, "%s", err);
	else if (u.password != NULL && opt_given(c, "unset-password"))
		r = cmd_fail(c, "--unset-password and a password in the URL "
		    "do not go together");
	else
		r = update_hosts(c, &u, password != NULL ? password :
		    u.password != NULL && *u.password != '\0' ? u.password :
		    NULL);
	url_free(&u);
	return (r);
}

const struct cmd_entry cmd_host_update = {
	.noun = "host", .verb = "update",
	.brief = "change hosts",
	.opts = update_opts,
	.operands = { "HOST", VALUE_HOST, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = host_update_exec,
};
