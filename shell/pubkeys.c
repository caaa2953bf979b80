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
#include "lib/sshsig.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/proof.h"
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

/* The key of a signature, among those that are there or a new one. */
static int
pubkeys_prove(struct cmd_call *c, struct pubkeys *b, const struct sshsig *s)
{
	char	*line;
	size_t	 i;
	int	 r = DB_OK;

	if (!proof_check(c->sh, s))
		return (cmd_fail(c, "the signature proves nothing: it must be "
		    "of what \"userkey prove\" prints, no more than ten "
		    "minutes old, with -n " PROOF_SPACE));
	for (i = 0; i < b->n; i++) {
		if (b->v[i].bloblen == s->key_len &&
		    memcmp(b->v[i].blob, s->key, s->key_len) == 0)
			break;
	}
	if (i == b->n) {
		line = sshkey_line(s->key, s->key_len, NULL);
		r = line == NULL ? DB_INVALID : pubkeys_add(c, b, line);
		free(line);
	}
	if (r == DB_OK)
		b->proven[i] = 1;
	return (r);
}

/* A signature, of which the first line was read already. */
static int
pubkeys_read_sig(struct cmd_call *c, struct pubkeys *b, FILE *in)
{
	struct sshsig	 s;
	char		*text = xmalloc(SSHSIG_TEXT_MAX), *line;
	size_t		 len;
	int		 r;

	len = (size_t)snprintf(text, SSHSIG_TEXT_MAX, "%s\n", SSHSIG_BEGIN);
	do {
		line = text + len;
		if (len + 1 >= SSHSIG_TEXT_MAX ||
		    fgets(line, (int)(SSHSIG_TEXT_MAX - len), in) == NULL)
			break;
		len += strlen(line);
	} while (strncmp(line, SSHSIG_END, strlen(SSHSIG_END)) != 0);
	text[len] = '\0';
	if (sshsig_read(&s, text) == -1)
		r = cmd_fail(c, "the signature is damaged: paste all of what "
		    "ssh-keygen printed");
	else
		r = pubkeys_prove(c, b, &s);
	sshsig_free(&s);
	free(text);
	return (r);
}

/*
 * Reads lines up to an empty one, or the end; or, where what is read is the
 * missing proof, until all are proven.
 */
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
		if (strcmp(line, SSHSIG_BEGIN) == 0)
			r = pubkeys_read_sig(c, b, in);
		else
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

/* The first key that nothing has proven, or NULL. */
static const struct userkey *
pubkeys_unproven(const struct pubkeys *b)
{
	size_t	i;

	for (i = 0; i < b->n; i++) {
		if (!b->proven[i])
			return (&b->v[i]);
	}
	return (NULL);
}

/* Asks for the signature, on a terminal. */
static int
pubkeys_ask(struct cmd_call *c, const char *challenge)
{
	char	*hint;

	hint = xasprintf("Now prove that it is yours. Where its private half "
	    "is, run\n    echo %s | ssh-keygen -Y sign -n %s -f FILE\n"
	    "and paste what that prints, and then an empty line.", challenge,
	    PROOF_SPACE);
	output_hint(&c->sh->out, hint);
	free(hint);
	return (pubkeys_read_lines(c, c->prepared, c->sh->in));
}

int
pubkeys_read_proven(struct cmd_call *c)
{
	const struct userkey	*k;
	char			 challenge[PROOF_SIZE];
	int			 r;

	if ((r = pubkeys_read(c)) != DB_OK || !c->own)
		return (r);
	if (pubkeys_unproven(c->prepared) == NULL)
		return (DB_OK);
	if (proof_challenge(c->sh, challenge) == -1)
		return (cmd_fail(c, "no challenge can be made now: try again "
		    "later"));
	if (isatty(fileno(c->sh->in)) &&
	    (r = pubkeys_ask(c, challenge)) != DB_OK)
		return (r);
	if ((k = pubkeys_unproven(c->prepared)) == NULL)
		return (DB_OK);
	return (cmd_fail(c, "nothing proves that the key %s is yours: run "
	    "\"echo %s | ssh-keygen -Y sign -n %s -f FILE\" with it, and give "
	    "what that prints to \"userkey create\" within ten minutes",
	    k->fingerprint, challenge, PROOF_SPACE));
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
	int64_t		 owner, n;
	int		 r;

	if ((r = userkey_count(c->sh->db, user, &n)) != DB_OK)
		return (r);
	if (n >= PUBKEYS_MAX)
		return (cmd_fail(c, "there are %d keys already, and that is "
		    "the most that a user can have: remove some first",
		    PUBKEYS_MAX));
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
