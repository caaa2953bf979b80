/* SPDX-License-Identifier: ISC */
/*
 * key: the portal's own keys, with which it logs in to hosts.
 */
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/key.h"
#include "db/seal.h"
#include "db/user.h"
#include "lib/log.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/cmd_key.h"
#include "shell/entity.h"
#include "shell/names.h"
#include "shell/run.h"

/* key create -- make a key pair */

static const char *const	types[] = { "ed25519", "ecdsa", "rsa", NULL };

static const struct cmd_opt	create_opts[] = {
	{ .name = "name", .letter = 'n', .kind = VALUE_TEXT, .arg = "NAME",
	    .brief = "what it is called (random)" },
	{ .name = "type", .letter = 't', .kind = VALUE_CHOICE, .arg = "TYPE",
	    .brief = "its kind", .fallback = "ed25519", .choices = types },
	{ .name = "length", .letter = 'b', .kind = VALUE_NUMBER,
	    .arg = "BITS", .brief = "its length (rsa 3072, ecdsa 256)" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = NULL }
};

/* A pair that was made, and its private half as it is stored. */
struct pair {
	EVP_PKEY	*pkey;
	char		*pem;		/* sodium_malloc'ed */
	size_t		 len;
};

static void
pair_forget(void *prepared)
{
	struct pair	*p = prepared;

	EVP_PKEY_free(p->pkey);
	sodium_free(p->pem);
	free(p);
}

/* A long RSA key takes seconds. */
static int
key_create_prepare(struct cmd_call *c)
{
	struct pair	*p = xcalloc(1, sizeof(*p));
	char		 err[256];
	int64_t		 bits = opt_number(c, "length");

	c->prepared = p;
	c->forget = pair_forget;
	if (bits > SSHKEY_RSA_BITS_MAX)
		bits = SSHKEY_RSA_BITS_MAX + 1;	/* refused just as well */
	if (sshkey_generate(opt_text(c, "type"), bits, &p->pkey, err,
	    sizeof(err)) == -1)
		return (cmd_fail(c, "%s", err));
	if (sshkey_write_private(p->pkey, &p->pem, &p->len) == -1)
		return (cmd_fail(c, "the key could not be written"));
	return (DB_OK);
}

/* A row of a pair whose private half is this PEM. */
static int
store_named(struct cmd_call *c, const char *name, EVP_PKEY *pkey,
    const char *pem, size_t len)
{
	struct key		 k;
	struct sshkey_info	 info;
	int64_t			 id;
	int			 r;

	memset(&k, 0, sizeof(k));
	if (sshkey_blob(pkey, &k.pub_blob, &k.pub_bloblen) == -1 ||
	    sshkey_info(k.pub_blob, k.pub_bloblen, &info) == -1) {
		free(k.pub_blob);
		return (cmd_fail(c, "the key could not be written"));
	}
	k.name = (char *)name;
	k.type = (char *)info.kind;
	k.length = info.bits;
	k.comment = (char *)opt_text(c, "comment");
	r = key_create_sealed(c->sh->db, &k, pem, len, c->sh->sealer, &id);
	free(k.pub_blob);
	if (r == DB_EXISTS)
		return (cmd_fail(c, "there is a key \"%s\" already", name));
	if (r == DB_OK)
		cmd_made(c, id, name);
	return (r);
}

int
key_name_check(struct cmd_call *c, const char *name)
{
	char	err[NAMES_ERROR_MAX];

	if (name_check(name, err) == -1)
		return (cmd_fail(c, "%s", err));
	/* the first is always there, and says so itself */
	if (key_is_host(name) && strcmp(name, KEY_HOST) != 0)
		return (cmd_fail(c, "the name \"%s\" is kept for the portal's "
		    "own host keys", name));
	return (DB_OK);
}

int
key_store(struct cmd_call *c, EVP_PKEY *pkey, const char *pem, size_t len)
{
	char	*name;
	int	 r;

	name = opt_given(c, "name") ? xstrdup(opt_text(c, "name")) :
	    name_random("key");
	if ((r = key_name_check(c, name)) == DB_OK)
		r = store_named(c, name, pkey, pem, len);
	free(name);
	return (r);
}

static int
key_create_exec(struct cmd_call *c)
{
	const struct pair	*p = c->prepared;

	return (key_store(c, p->pkey, p->pem, p->len));
}

const struct cmd_entry cmd_key_create = {
	.noun = "key", .verb = "create",
	.brief = "make a key",
	.opts = create_opts,
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.prepare = key_create_prepare, .exec = key_create_exec,
};

/* key ls -- list the keys */

static const struct field	ls_fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "Name", "Name", FIELD_TEXT },
	{ "Type", "Type", FIELD_TEXT },
	{ "Length", "Length", FIELD_INT },
	{ "Hosts", "HostCount", FIELD_INT },
	{ "Updated", "UpdatedAt", FIELD_TIME },
	{ "Created", "CreatedAt", FIELD_TIME },
	{ "Comment", "Comment", FIELD_TEXT },
	{ "Fingerprint", "Fingerprint", FIELD_TEXT },
	{ NULL, "PubKey", FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	ls_opts[] = {
	OPTS_LS,
	{ .name = NULL }
};

/* The public half as a line of authorized_keys. */
static void
put_public(struct result *r, const struct key *k)
{
	char	*line = sshkey_line(k->pub_blob, k->pub_bloblen, NULL);

	result_text(r, line);
	free(line);
}

static void
put_key(struct result *r, const struct key *k)
{
	result_row(r);
	result_number(r, k->id);
	result_text(r, k->name);
	result_text(r, k->type);
	result_number(r, k->length);
	result_number(r, k->nhosts);
	result_number(r, k->updated_at);
	result_number(r, k->created_at);
	result_text(r, k->comment);
	result_text(r, k->fingerprint);
	put_public(r, k);
}

static int
key_ls_exec(struct cmd_call *c)
{
	struct key_list	*l;
	size_t		 i;
	int		 r;

	if ((r = key_list(c->sh->db, opt_limit(c), &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++)
		put_key(&c->result, &l->v[i]);
	key_list_free(l);
	return (DB_OK);
}

const struct cmd_entry cmd_key_ls = {
	.noun = "key", .verb = "ls",
	.brief = "list the keys, newest first",
	.opts = ls_opts,
	.role = NEED_READER,
	.fields = ls_fields, .things = "keys",
	.exec = key_ls_exec,
};

/* key inspect -- all about keys, as JSON */

static const struct field	inspect_fields[] = {
	{ NULL, "ID", FIELD_INT },
	{ NULL, "CreatedAt", FIELD_TIME },
	{ NULL, "UpdatedAt", FIELD_TIME },
	{ NULL, "DeletedAt", FIELD_TIME },
	{ NULL, "Name", FIELD_TEXT },
	{ NULL, "Type", FIELD_TEXT },
	{ NULL, "Length", FIELD_INT },
	{ NULL, "Fingerprint", FIELD_TEXT },
	{ NULL, "PrivKey", FIELD_TEXT },
	{ NULL, "PubKey", FIELD_TEXT },
	{ NULL, "Hosts", FIELD_JSON },
	{ NULL, "Comment", FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	inspect_opts[] = {
	{ .name = "decrypt", .kind = VALUE_FLAG,
	    .brief = "with the private key; for administrators, and audited" },
	{ .name = NULL }
};

/* With the private half, when somebody asked for it. */
static int
inspect_key(struct cmd_call *c, const struct entities *e, const struct key *k)
{
	char	*pem;
	int	 r;

	r = cmd_open_secret(c, SEAL_KEY_TABLE, SEAL_KEY_COLUMN, k->id,
	    opt_given(c, "decrypt") ? k->priv_sealed : NULL, "private key",
	    k->name, &pem);
	if (r == DB_OK)
		result_json(&c->result, entity_key(e, k, pem));
	secret_free(pem);
	return (r);
}

/* Runs fn with each key that was named and the names of its hosts. */
static int
each_key(struct cmd_call *c, int (*fn)(struct cmd_call *, const struct key *,
    const struct db_names *))
{
	struct db_names	 hosts;
	struct key	*k;
	size_t		 i;
	int		 r = DB_OK;

	for (i = 0; r == DB_OK && i < c->targets.n; i++) {
		memset(&hosts, 0, sizeof(hosts));
		r = key_get(c->sh->db, c->targets.v[i].id, &k);
		if (r == DB_OK)
			r = key_hosts(c->sh->db, k->id, &hosts);
		if (r == DB_OK)
			r = fn(c, k, &hosts);
		db_names_free(&hosts);
		key_free(k);
	}
	return (r);
}

static int
key_inspect_exec(struct cmd_call *c)
{
	struct entities	*e;
	struct key	*k;
	size_t		 i;
	int		 r;

	if (opt_given(c, "decrypt")) {
		if (!run_permitted(c->me, NEED_ADMIN))
			return (cmd_fail(c, "private keys are for "
			    "administrators only"));
		c->audit = 1;
	}
	r = entities_load(c->sh->db, c->brief ? 0 : ENTITY_HOSTS, &e);
	for (i = 0; r == DB_OK && i < c->targets.n; i++) {
		r = key_get(c->sh->db, c->targets.v[i].id, &k);
		if (r == DB_OK)
			r = inspect_key(c, e, k);
		key_free(k);
	}
	entities_free(e);
	return (r);
}

const struct cmd_entry cmd_key_inspect = {
	.noun = "key", .verb = "inspect",
	.brief = "show all about keys, as JSON",
	.opts = inspect_opts,
	.operands = { "KEY", VALUE_KEY, 1, CMD_MANY },
	.role = NEED_READER, .flags = CMD_AS_JSON,
	.fields = inspect_fields, .things = "keys",
	.exec = key_inspect_exec,
};

/* key setup -- the shell line that lets the portal in on a host */

/*
 * It works in any login shell that knows single quotes, for within them there
 * is none, and no exclamation mark. An authorized_keys whose last line has no
 * end is given one; a key that is there already is not added again.
 */
#define SETUP_LINE							\
	"sh -c 'umask 077; d=\"$HOME/.ssh\"; f=\"$d/authorized_keys\"; "\
	"[ -d \"$d\" ] || mkdir \"$d\" || exit 1; "			\
	"grep -v \"^[[:space:]]*#\" \"$f\" 2>/dev/null | "		\
	"grep -qF \"%s\" && exit 0; "					\
	"if [ -n \"$(tail -c 1 \"$f\" 2>/dev/null)\" ]; "		\
	"then echo >>\"$f\"; fi; "					\
	"echo \"%s sshportal\" >>\"$f\" || exit 1; "			\
	"if command -v restorecon >/dev/null 2>&1; "			\
	"then restorecon -F \"$d\" \"$f\"; fi'"

static int
setup_key(struct cmd_call *c, const struct key *k, const struct db_names *hosts)
{
	char	*line;

	(void)hosts;
	if (key_is_host(k->name))
		return (cmd_fail(c, "the key \"%s\" is the portal's own host "
		    "key: it is not for logging in", k->name));
	if ((line = sshkey_line(k->pub_blob, k->pub_bloblen, NULL)) == NULL)
		return (cmd_fail(c, "the key \"%s\" is damaged", k->name));
	result_line(&c->result, SETUP_LINE, line, line);
	free(line);
	return (DB_OK);
}

static int
key_setup_exec(struct cmd_call *c)
{
	return (each_key(c, setup_key));
}

const struct cmd_entry cmd_key_setup = {
	.noun = "key", .verb = "setup",
	.brief = "print the shell line that lets it in on a host",
	.operands = { "KEY", VALUE_KEY, 1, 1 },
	.role = NEED_ANYONE,
	.exec = key_setup_exec,
};

/* key show -- public facts of a key, for people */

static const struct field	show_fields[] = {
	{ "ID", NULL, FIELD_INT },
	{ "Name", NULL, FIELD_TEXT },
	{ "Type", NULL, FIELD_TEXT },
	{ "Length", NULL, FIELD_INT },
	{ "Fingerprint", NULL, FIELD_TEXT },
	{ "Created", NULL, FIELD_TIME },
	{ "Updated", NULL, FIELD_TIME },
	{ "Comment", NULL, FIELD_TEXT },
	{ "Hosts", NULL, FIELD_NAMES },
	{ "authorized_keys", NULL, FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static int
show_key(struct cmd_call *c, const struct key *k, const struct db_names *hosts)
{
	struct result	*r = &c->result;

	result_row(r);
	result_number(r, k->id);
	result_text(r, k->name);
	result_text(r, k->type);
	result_number(r, k->length);
	result_text(r, k->fingerprint);
	result_number(r, k->created_at);
	result_number(r, k->updated_at);
	result_text(r, k->comment);
	result_names(r, hosts);
	put_public(r, k);
	return (DB_OK);
}

static int
key_show_exec(struct cmd_call *c)
{
	return (each_key(c, show_key));
}

const struct cmd_entry cmd_key_show = {
	.noun = "key", .verb = "show",
	.brief = "show what is public of a key",
	.operands = { "KEY", VALUE_KEY, 1, 1 },
	.role = NEED_READER, .flags = CMD_FACTS,
	.fields = show_fields, .things = "keys",
	.exec = key_show_exec,
};
