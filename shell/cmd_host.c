/* SPDX-License-Identifier: ISC */
/*
 * host: the inventory of what can be reached.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "db/group.h"
#include "db/host.h"
#include "db/key.h"
#include "db/kinds.h"
#include "db/seal.h"
#include "db/usage.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/cmd_host.h"
#include "shell/entity.h"
#include "shell/kinds.h"
#include "shell/names.h"
#include "shell/recorded.h"
#include "shell/run.h"
#include "shell/url.h"

/* host create -- add a host to the inventory */

static const struct cmd_opt	create_opts[] = {
	{ .name = "name", .letter = 'n', .kind = VALUE_TEXT, .arg = "NAME",
	    .brief = "its name here (first label of the address)" },
	{ .name = "password", .letter = 'p', .kind = VALUE_TEXT,
	    .flags = OPT_SECRET | OPT_ASKED, .arg = "PASSWORD",
	    .brief = "password to log in with; without a value it is "
	    "asked for" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = "key", .letter = 'k', .kind = VALUE_KEY, .arg = "KEY",
	    .brief = "key to log in with (default, if no password)" },
	{ .name = "hop", .letter = 'o', .kind = VALUE_HOST, .arg = "HOST",
	    .brief = "reach it through this host" },
	{ .name = "logging", .letter = 'l', .kind = VALUE_CHOICE,
	    .arg = "WHAT", .brief = "what is recorded",
	    .fallback = "everything", .choices = host_loggings },
	OPT_RECORD("whether there is no session without (possible)"),
	{ .name = "group", .letter = 'g', .kind = VALUE_HOSTGROUP,
	    .flags = OPT_LIST, .arg = "GROUP", .brief = "host group",
	    .fallback = GROUP_DEFAULT },
	{ .name = "legacy", .kind = VALUE_FLAG,
	    .brief = "permit old algorithms with it" },
	OPT_ALLOW("what anybody may do there (all but jump)"),
	{ .name = NULL }
};

int
host_key_check(struct cmd_call *c, const struct ref *key)
{
	if (key_is_host(key->name))
		return (cmd_fail(c, "the key \"%s\" is the portal's own host "
		    "key: it is not for logging in", key->name));
	return (DB_OK);
}

int
host_legacy_check(struct cmd_call *c, const struct host *h)
{
	if (h->legacy && h->scheme == HOST_TELNET && opt_given(c, "legacy"))
		return (cmd_fail(c, "--legacy is for hosts of SSH: telnet has "
		    "no algorithms"));
	return (DB_OK);
}

/*
 * The key that was asked for, or `default' where there is no password. Telnet
 * has no use for one.
 */
static int
create_key(struct cmd_call *c, const struct host *h, const char *password,
    int64_t *id)
{
	const struct refs	*asked = opt_refs(c, "key");
	struct key		*k;
	int			 r;

	*id = 0;
	if (asked->n > 0) {
		*id = asked->v[0].id;
		return (host_key_check(c, &asked->v[0]));
	}
	if (password != NULL || h->scheme == HOST_TELNET)
		return (DB_OK);
	if ((r = key_by_name(c->sh->db, KEY_DEFAULT, &k)) == DB_NOTFOUND)
		return (cmd_fail(c, "there is no key \"%s\": name one with "
		    "--key", KEY_DEFAULT));
	if (r == DB_OK)
		*id = k->id;
	key_free(k);
	return (r);
}

static int
create_row(struct cmd_call *c, const struct host *h, const char *password,
    int64_t *id)
{
	const struct refs	*groups = opt_refs(c, "group");
	struct db		*db = c->sh->db;
	size_t			 i;
	int			 r;

	if (password != NULL)
		r = host_create_sealed(db, h, password, c->sh->sealer, id);
	else
		r = host_create(db, h, id);
	if (r == DB_EXISTS)
		return (cmd_fail(c, "there is a host \"%s\" already", h->name));
	for (i = 0; r == DB_OK && i < groups->n; i++)
		r = group_add(db, GROUP_HOST, groups->v[i].id, *id);
	return (r);
}

static int
create_host(struct cmd_call *c, const struct url *u, const char *name,
    const char *password)
{
	struct host		 h;
	const struct refs	*hop = opt_refs(c, "hop");
	int64_t			 id;
	int			 r;

	memset(&h, 0, sizeof(h));
	h.name = (char *)name;
	h.addr = u->addr;
	h.port = u->port;
	h.login = u->login;
	h.hop_id = hop->n > 0 ? hop->v[0].id : 0;
	h.comment = (char *)opt_text(c, "comment");
	h.legacy = opt_given(c, "legacy");
	if (host_scheme_parse(u->scheme, &h.scheme) == -1)
		return (cmd_fail(c, "\"%s\" is not known here", u->scheme));
	if ((r = kinds_take(c, &h.allow)) != DB_OK ||
	    (r = host_recorded_take(c, &h)) != DB_OK ||
	    (r = host_legacy_check(c, &h)) != DB_OK ||
	    (r = host_hop_check(c, &h)) != DB_OK)
		return (r);
	if (c->own && (r = host_create_own_check(c, &h)) != DB_OK)
		return (r);
	if ((r = create_key(c, &h, password, &h.key_id)) != DB_OK ||
	    (r = create_row(c, &h, password, &id)) != DB_OK)
		return (r);
	if (c->own && (r = host_create_own_judge(c, id)) != DB_OK)
		return (r);
	cmd_made(c, id, name);
	return (DB_OK);
}

static int
host_create_exec(struct cmd_call *c)
{
	struct url	 u;
	const char	*password;
	char		*name = NULL, err[NAMES_ERROR_MAX];
	int		 r;

	if (url_parse(operand_text(c, 0), &u, err) == -1) {
		r = cmd_fail(c, "%s", err);
		goto out;
	}
	password = opt_given(c, "password") ? opt_text(c, "password") :
	    u.password;
	if (password != NULL && *password == '\0')
		password = NULL;
	name = opt_given(c, "name") ? xstrdup(opt_text(c, "name")) :
	    url_host_name(u.addr);
	/* an IPv6 address is a name all the same when nobody chose another */
	if ((strcmp(name, u.addr) != 0 || strchr(name, ':') == NULL) &&
	    name_check_login(name, c->sh->settings, err) == -1)
		r = cmd_fail(c, "%s", err);
	else
		r = create_host(c, &u, name, password);
out:
	free(name);
	url_free(&u);
	return (r);
}

const struct cmd_entry cmd_host_create = {
	.noun = "host", .verb = "create",
	.brief = "add a host",
	.opts = create_opts,
	.operands = { "[SCHEME://][USER[:PASSWORD]@]HOST[:PORT]", VALUE_TEXT,
	    1, 1 },
	.role = NEED_TRUSTED, .whole = NEED_ADMIN,
	.flags = CMD_WRITES | CMD_URL,
	.exec = host_create_exec,
};

/* host ls -- list the hosts */

static const struct field	ls_fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "Name", "Name", FIELD_TEXT },
	{ "URL", "URL", FIELD_TEXT },
	{ "Key", "SSHKey", FIELD_NAME },
	{ "Groups", "Groups", FIELD_NAMES },
	{ "Updated", "UpdatedAt", FIELD_TIME },
	{ "Created", "CreatedAt", FIELD_TIME },
	{ "Comment", "Comment", FIELD_TEXT },
	{ "Hop", "Hop", FIELD_NAME },
	{ "Logging", "Logging", FIELD_TEXT },
	{ "Legacy", "Legacy", FIELD_MARK },
	{ NULL, "Addr", FIELD_TEXT },
	{ NULL, "Port", FIELD_INT },
	{ NULL, "User", FIELD_TEXT },
	{ NULL, "HasPassword", FIELD_BOOL },
	{ NULL, "SSHKeyID", FIELD_INT },
	{ NULL, "HopID", FIELD_INT },
	{ NULL, "HostKey", FIELD_TEXT },
	{ "Allow", "Allow", FIELD_RARE },
	{ "Record", "Record", FIELD_RARE },
	{ "Last use", "LastUseAt", FIELD_SELDOM },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	ls_opts[] = {
	OPTS_LS,
	{ .name = NULL }
};

static void
put_host_key(struct result *r, const struct host *h)
{
	size_t	 size = sodium_base64_encoded_len(h->host_keylen,
	    sodium_base64_VARIANT_ORIGINAL);
	char	*text = xcalloc(1, size);

	if (h->host_keylen > 0)
		sodium_bin2base64(text, size, h->host_key, h->host_keylen,
		    sodium_base64_VARIANT_ORIGINAL);
	result_text(r, text);
	free(text);
}

static void
put_host(struct result *r, const struct host *h, int64_t used)
{
	char	*url = url_write(host_scheme_name(h->scheme), h->login,
	    h->addr, h->port);
	char	 allow[KINDS_TEXT_SIZE];

	result_row(r);
	result_number(r, h->id);
	result_text(r, h->name);
	result_text(r, url);
	result_text(r, h->key_name);
	result_names(r, &h->groups);
	result_number(r, h->updated_at);
	result_number(r, h->created_at);
	result_text(r, h->comment);
	result_text(r, h->hop_name);
	result_text(r, host_logging_name(h->logging));
	result_number(r, h->legacy);
	result_text(r, h->addr);
	result_number(r, h->port);
	result_text(r, h->login);
	result_number(r, h->password_sealed != NULL);
	result_number(r, h->key_id);
	result_number(r, h->hop_id);
	put_host_key(r, h);
	result_text(r, kinds_text(h->allow, allow));
	result_text(r, record_word(h->record_required));
	result_number(r, used);
	free(url);
}

static int
host_ls_exec(struct cmd_call *c)
{
	struct host_list	*l;
	struct last_use		*used = NULL;
	size_t			 i, n = 0, at = 0;
	int			 r;

	if (c->own)
		return (host_ls_own(c));
	if ((r = host_list(c->sh->db, opt_limit(c), &l)) != DB_OK)
		return (r);
	if (l->n > 0)
		r = usage_last(c->sh->db, USAGE_HOST, l->v[l->n - 1].id,
		    l->v[0].id, &used, &n);
	for (i = 0; r == DB_OK && i < l->n; i++)
		put_host(&c->result, &l->v[i],
		    usage_last_of(used, n, &at, l->v[i].id));
	free(used);
	host_list_free(l);
	return (r);
}

const struct cmd_entry cmd_host_ls = {
	.noun = "host", .verb = "ls",
	.brief = "list the hosts, newest first",
	.opts = ls_opts,
	.role = NEED_ANYONE, .whole = NEED_LISTER,
	.fields = ls_fields, .own_fields = host_own_fields, .things = "hosts",
	.exec = host_ls_exec,
};

/* host rm -- remove hosts */

/* A host that others hop over goes after them: rounds, as long as it helps. */
static int
host_rm_exec(struct cmd_call *c)
{
	const struct refs	*t = &c->targets;
	char			*gone = xcalloc(t->n, 1);
	size_t			 i, left = t->n, before = t->n + 1, stuck = 0;
	int			 r = DB_OK;

	while (left > 0 && left < before) {
		before = left;
		for (i = 0; i < t->n; i++) {
			if (gone[i])
				continue;
			r = host_remove(c->sh->db, t->v[i].id);
			if (r != DB_OK && r != DB_REF)
				goto out;
			gone[i] = r == DB_OK;
			left -= r == DB_OK;
			stuck = r == DB_REF ? i : stuck;
		}
	}
	r = left == 0 ? DB_OK : cmd_fail(c, "other hosts are reached through "
	    "\"%s\"", t->v[stuck].name);
out:
	free(gone);
	return (r);
}

const struct cmd_entry cmd_host_rm = {
	.noun = "host", .verb = "rm",
	.brief = "remove hosts",
	.operands = { "HOST", VALUE_HOST, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = host_rm_exec,
};

/* host inspect -- all about hosts, as JSON */

static const struct field	inspect_fields[] = {
	{ NULL, "ID", FIELD_INT },
	{ NULL, "CreatedAt", FIELD_TIME },
	{ NULL, "UpdatedAt", FIELD_TIME },
	{ NULL, "DeletedAt", FIELD_TIME },
	{ NULL, "Name", FIELD_TEXT },
	{ NULL, "Addr", FIELD_TEXT },
	{ NULL, "Port", FIELD_INT },
	{ NULL, "User", FIELD_TEXT },
	{ NULL, "Password", FIELD_TEXT },
	{ NULL, "HasPassword", FIELD_BOOL },
	{ NULL, "URL", FIELD_TEXT },
	{ NULL, "SSHKey", FIELD_JSON },
	{ NULL, "SSHKeyID", FIELD_INT },
	{ NULL, "HostKey", FIELD_TEXT },
	{ NULL, "HostKeyType", FIELD_TEXT },
	{ NULL, "Groups", FIELD_JSON },
	{ NULL, "Comment", FIELD_TEXT },
	{ NULL, "Logging", FIELD_TEXT },
	{ NULL, "Hop", FIELD_JSON },
	{ NULL, "HopID", FIELD_INT },
	{ NULL, "Legacy", FIELD_BOOL },
	{ NULL, "Allow", FIELD_TEXT },
	{ NULL, "Record", FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	inspect_opts[] = {
	{ .name = "decrypt", .kind = VALUE_FLAG,
	    .brief = "with the password; for administrators, and audited" },
	{ .name = NULL }
};

static int
inspect_host(struct cmd_call *c, const struct entities *e,
    const struct host *h)
{
	char	*password;
	int	 r;

	r = cmd_open_secret(c, SEAL_HOST_TABLE, SEAL_HOST_COLUMN, h->id,
	    opt_given(c, "decrypt") ? h->password_sealed : NULL, "password",
	    h->name, &password);
	if (r == DB_OK)
		result_json(&c->result, entity_host(e, h, password));
	secret_free(password);
	return (r);
}

static int
host_inspect_exec(struct cmd_call *c)
{
	struct entities	*e;
	struct host	*h;
	size_t		 i;
	int		 r;

	if (opt_given(c, "decrypt")) {
		if (!run_permitted(c->me, NEED_ADMIN))
			return (cmd_fail(c, "passwords are for administrators "
			    "only"));
		c->audit = 1;
	}
	r = entities_load(c->sh->db, c->brief ? 0 : ENTITY_KEYS | ENTITY_HOSTS |
	    ENTITY_HOST_GROUPS, &e);
	for (i = 0; r == DB_OK && i < c->targets.n; i++) {
		r = host_get(c->sh->db, c->targets.v[i].id, &h);
		if (r == DB_OK)
			r = inspect_host(c, e, h);
		host_free(h);
	}
	entities_free(e);
	return (r);
}

const struct cmd_entry cmd_host_inspect = {
	.noun = "host", .verb = "inspect",
	.brief = "show all about hosts, as JSON",
	.opts = inspect_opts,
	.operands = { "HOST", VALUE_HOST, 1, CMD_MANY },
	.role = NEED_LISTER, .flags = CMD_AS_JSON,
	.fields = inspect_fields, .things = "hosts",
	.exec = host_inspect_exec,
};
