/* SPDX-License-Identifier: ISC */
/*
 * key: bringing keys along, renaming and removing them.
 */
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "db/key.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/cmd_key.h"
#include "shell/run.h"
#include "shell/secret.h"
#include "shell/unlock.h"

/* key import -- take a private key that there is */

static const struct cmd_opt	import_opts[] = {
	{ .name = "name", .letter = 'n', .kind = VALUE_TEXT, .arg = "NAME",
	    .brief = "what it is called (random)" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = "passphrase", .letter = 'p', .kind = VALUE_TEXT,
	    .flags = OPT_SECRET | OPT_ASKED, .arg = "PASSPHRASE",
	    .brief = "the key's passphrase; without a value it is asked for" },
	{ .name = NULL }
};

/* What was read: text and pem are sodium's memory. */
struct import {
	char		*text;		/* with a NUL */
	size_t		 textlen;
	EVP_PKEY	*pkey;
	char		*pem;
	size_t		 len;
};

static void
import_forget(void *prepared)
{
	struct import	*m = prepared;

	sodium_free(m->text);
	EVP_PKEY_free(m->pkey);
	sodium_free(m->pem);
	free(m);
}

/*
 * Reads lines up to the one that begins with END, an empty one, or the end of
 * the input. An empty line after the headers of an old PEM file is part of it.
 */
static void
import_lines(struct import *m, FILE *in)
{
	int	 headers = 0, ended = 0, len;
	char	*line;
	size_t	 room;

	while (!ended && (room = SSHKEY_TEXT_MAX - m->textlen) > 2) {
		line = m->text + m->textlen;
		if ((len = secret_line(in, line, room - 1)) == -1)
			break;
		if (line[strspn(line, " \t")] == '\0' && !headers) {
			/* blank lines before the key are none of it */
			if (m->textlen > 0)
				break;
			continue;
		}
		headers = memchr(line, ':', len) != NULL;
		ended = strncmp(line, "-----END", 8) == 0;
		line[len] = '\n';
		m->textlen += len + 1;
	}
	m->text[m->textlen] = '\0';
}

static int
import_read(struct cmd_call *c, struct import *m)
{
	FILE	*in = c->sh->in;

	if (in == NULL)
		return (cmd_fail(c, "no private key came on standard input"));
	if ((m->text = sodium_malloc(SSHKEY_TEXT_MAX)) == NULL)
		return (cmd_fail(c, "no memory for a private key"));
	if (isatty(fileno(in))) {
		secret_hide(in);
		output_hint(&c->sh->out, "Paste the private key, which does "
		    "not show, and then an empty line.");
		import_lines(m, in);
		secret_show(in);
	} else {
		import_lines(m, in);
	}
	if (m->textlen == 0)
		return (cmd_fail(c, "no private key came on standard input"));
	return (DB_OK);
}

/* The passphrase: given, asked for before the key, or asked for now. */
static int
import_unlock(struct cmd_call *c, struct import *m, char *err)
{
	const char	*given = opt_text(c, "passphrase");
	char		*typed = NULL;
	int		 r;

	if (given == NULL && !isatty(fileno(c->sh->in)))
		return (cmd_fail(c, "the private key has a passphrase: with "
		    "--passphrase it is read from the line before the key"));
	if (given == NULL &&
	    (r = secret_read(c, "passphrase", &typed)) != DB_OK)
		return (r);
	r = DB_OK;
	if (unlock_private(m->text, given != NULL ? given : typed, &m->pkey,
	    err) == -1)
		r = cmd_fail(c, "%s", err);
	sodium_free(typed);
	return (r);
}

/* RSA keys that could be read are still too short to be relied on. */
static int
import_check(struct cmd_call *c, EVP_PKEY *pkey)
{
	if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA &&
	    EVP_PKEY_get_bits(pkey) < SSHKEY_RSA_BITS_MIN)
		return (cmd_fail(c, "an RSA key of %d bits is too weak: %d is "
		    "the least", EVP_PKEY_get_bits(pkey),
		    SSHKEY_RSA_BITS_MIN));
	return (DB_OK);
}

static int
key_import_prepare(struct cmd_call *c)
{
	struct import	*m = xcalloc(1, sizeof(*m));
	char		 err[UNLOCK_ERROR_MAX];
	int		 locked, r;

	c->prepared = m;
	c->forget = import_forget;
	if ((r = import_read(c, m)) != DB_OK)
		return (r);
	if ((locked = unlock_check(m->text, err)) == -1)
		return (cmd_fail(c, "%s", err));
	if (locked && (r = import_unlock(c, m, err)) != DB_OK)
		return (r);
	if (!locked && sshkey_read_private(m->text, m->textlen, &m->pkey, err,
	    sizeof(err)) == -1)
		return (cmd_fail(c, "%s", err));
	if ((r = import_check(c, m->pkey)) != DB_OK)
		return (r);
	if (sshkey_write_private(m->pkey, &m->pem, &m->len) == -1)
		return (cmd_fail(c, "the key could not be written"));
	return (DB_OK);
}

static int
key_import_exec(struct cmd_call *c)
{
	const struct import	*m = c->prepared;

	return (key_store(c, m->pkey, m->pem, m->len));
}

const struct cmd_entry cmd_key_import = {
	.noun = "key", .verb = "import",
	.brief = "take a private key from standard input",
	.opts = import_opts,
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.prepare = key_import_prepare, .exec = key_import_exec,
};

/* key update -- rename keys, or say what they are for */

static const struct cmd_opt	update_opts[] = {
	{ .name = "name", .letter = 'n', .kind = VALUE_TEXT, .arg = "NAME",
	    .brief = "what it is called (of one key only)" },
	{ .name = "comment", .letter = 'c', .kind = VALUE_TEXT,
	    .arg = "TEXT", .brief = "what people should know" },
	{ .name = NULL }
};

/* The portal finds it by its name when it starts. */
static int
is_host_key(const struct ref *key)
{
	return (key_is_host(key->name));
}

static int
update_key(struct cmd_call *c, const struct ref *ref)
{
	struct key	*k;
	int		 r;

	if (opt_given(c, "name") && is_host_key(ref))
		return (cmd_fail(c, "the key \"%s\" is the portal's own host "
		    "key: it keeps its name", ref->name));
	if ((r = key_get(c->sh->db, ref->id, &k)) != DB_OK)
		return (r);
	if (opt_given(c, "name")) {
		free(k->name);
		k->name = xstrdup(opt_text(c, "name"));
	}
	if (opt_given(c, "comment")) {
		free(k->comment);
		k->comment = xstrdup(opt_text(c, "comment"));
	}
	if ((r = key_update(c->sh->db, k)) == DB_EXISTS)
		r = cmd_fail(c, "there is a key \"%s\" already", k->name);
	key_free(k);
	return (r);
}

static int
key_update_exec(struct cmd_call *c)
{
	static const char *const	single[] = { "name", NULL };
	size_t				 i;
	int				 r;

	if ((r = opts_check(c, single, NULL)) != DB_OK)
		return (r);
	if (opt_given(c, "name"))
		r = key_name_check(c, opt_text(c, "name"));
	for (i = 0; r == DB_OK && i < c->targets.n; i++)
		r = update_key(c, &c->targets.v[i]);
	return (r);
}

const struct cmd_entry cmd_key_update = {
	.noun = "key", .verb = "update",
	.brief = "rename keys, or say what they are for",
	.opts = update_opts,
	.operands = { "KEY", VALUE_KEY, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = key_update_exec,
};

/* key rm -- remove keys that no host needs */

static int
remove_key(struct cmd_call *c, const struct ref *ref)
{
	struct db_names	hosts;
	int		r;

	if (is_host_key(ref))
		return (cmd_fail(c, "the key \"%s\" is the portal's own host "
		    "key: it stays", ref->name));
	if ((r = key_hosts(c->sh->db, ref->id, &hosts)) != DB_OK)
		return (r);
	if (hosts.n == 1)
		r = cmd_fail(c, "the host \"%s\" is logged in to with \"%s\"",
		    hosts.name[0], ref->name);
	else if (hosts.n > 1)
		r = cmd_fail(c, "%zu hosts are logged in to with \"%s\", "
		    "\"%s\" among them", hosts.n, ref->name, hosts.name[0]);
	else
		r = key_remove(c->sh->db, ref->id);
	db_names_free(&hosts);
	return (r);
}

static int
key_rm_exec(struct cmd_call *c)
{
	size_t	i;
	int	r = DB_OK;

	for (i = 0; r == DB_OK && i < c->targets.n; i++)
		r = remove_key(c, &c->targets.v[i]);
	return (r);
}

const struct cmd_entry cmd_key_rm = {
	.noun = "key", .verb = "rm",
	.brief = "remove keys that no host is logged in to with",
	.operands = { "KEY", VALUE_KEY, 1, CMD_MANY },
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = key_rm_exec,
};
