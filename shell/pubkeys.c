/* SPDX-License-Identifier: ISC */
/*
 * The reading and storing of people's public keys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "db/db.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/pubkeys.h"
#include "shell/run.h"

static void
pubkeys_forget(void *prepared)
{
	struct pubkeys	*b = prepared;
	size_t		 i;

	for (i = 0; i < b->n; i++) {
		free(b->v[i].blob);
		free(b->v[i].comment);
		free(b->v[i].fingerprint);
	}
	free(b);
}

static struct pubkeys *
pubkeys_prepare(struct cmd_call *c)
{
	c->prepared = xcalloc(1, sizeof(struct pubkeys));
	c->forget = pubkeys_forget;
	return (c->prepared);
}

/* One line; a remark is none. */
static int
pubkeys_add(struct cmd_call *c, struct pubkeys *b, const char *line)
{
	struct userkey		*k = &b->v[b->n];
	struct sshkey_info	 info;
	EVP_PKEY		*pkey;
	char			 err[256], print[SSHKEY_FINGERPRINT_SIZE];

	if (line[strspn(line, " \t")] == '#')
		return (DB_OK);
	if (b->n == PUBKEYS_MAX)
		return (cmd_fail(c, "more than %d keys at once", PUBKEYS_MAX));
	if (sshkey_parse_line(line, &k->blob, &k->bloblen, &k->comment, err,
	    sizeof(err)) == -1)
		return (cmd_fail(c, "key %zu: %s", b->n + 1, err));
	b->n++;
	if (sshkey_info(k->blob, k->bloblen, &info) == -1 ||
	    sshkey_from_blob(k->blob, k->bloblen, &pkey) == -1)
		return (cmd_fail(c, "key %zu is none that a signature could "
		    "be checked with", b->n));
	EVP_PKEY_free(pkey);
	k->type = (char *)info.type;
	k->fingerprint = xstrdup(sshkey_fingerprint(k->blob, k->bloblen,
	    print));
	return (DB_OK);
}

/* Reads lines up to an empty one, or the end. */
static int
pubkeys_read_lines(struct cmd_call *c, struct pubkeys *b, FILE *in)
{
	char	*line = xmalloc(SSHKEY_TEXT_MAX);
	size_t	 len;
	int	 r = DB_OK;

	while (r == DB_OK && fgets(line, SSHKEY_TEXT_MAX, in) != NULL) {
		len = strcspn(line, "\r\n");
		if (line[len] == '\0' && !feof(in)) {
			r = cmd_fail(c, "key %zu: the line is too long",
			    b->n + 1);
			break;
		}
		line[len] = '\0';
		if (line[strspn(line, " \t")] == '\0')
			break;
		r = pubkeys_add(c, b, line);
	}
	/* Ctrl-D ends the keys, not the prompt */
	if (feof(in) && isatty(fileno(in)))
		clearerr(in);
	free(line);
	return (r);
}

int
pubkeys_read(struct cmd_call *c)
{
	struct pubkeys	*b = pubkeys_prepare(c);
	FILE		*in = c->sh->in;
	int		 r;

	if (in != NULL && isatty(fileno(in)))
		output_hint(&c->sh->out, "Paste the public keys, one a line, "
		    "and then an empty line.");
	if (in != NULL && (r = pubkeys_read_lines(c, b, in)) != DB_OK)
		return (r);
	if (b->n == 0)
		return (cmd_fail(c, "no public key came on standard input"));
	return (DB_OK);
}

int
pubkeys_take(struct cmd_call *c, const char *line)
{
	struct pubkeys	*b = pubkeys_prepare(c);
	int		 r;

	if ((r = pubkeys_add(c, b, line)) == DB_OK && b->n == 0)
		r = cmd_fail(c, "a remark is no public key");
	return (r);
}

int
pubkeys_store(struct cmd_call *c, const struct userkey *from, int64_t user,
    const char *comment, int64_t *id)
{
	struct userkey	 k = *from;
	int64_t		 owner;
	int		 r;

	k.user_id = user;
	if (comment != NULL)
		k.comment = (char *)comment;
	r = userkey_create(c->sh->db, &k, id);
	if (r == DB_EXISTS && userkey_lookup(c->sh->db, k.blob, k.bloblen,
	    &owner, NULL) == DB_OK)
		return (cmd_fail(c, "the key %s is %s already", k.fingerprint,
		    owner == user ? "theirs" : "somebody else's"));
	return (r);
}
