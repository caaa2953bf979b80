/* SPDX-License-Identifier: ISC */
/*
 * Secrets in a backup: in clear, sealed with this portal's master key, sealed
 * with another one, or encrypted by the original. Only the first two are of
 * use; of the others it is said what to do.
 */
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "db/seal.h"
#include "db/setting.h"
#include "lib/catalogue.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "shell/restore_plan.h"

#define SEAL_MARK	"$1$"
#define IV_CHARS	22	/* of base64: the least that is encrypted */

static const char *
said(json_t *about, const char *member)
{
	const char	*text = json_string_value(json_object_get(about,
	    member));

	return (text != NULL ? text : "");
}

/* The store's own word on its master key; "" if it has none. */
static char *
own_word(struct restore *r, const char *name)
{
	char	*value = NULL;

	if (setting_get(r->args.db, name, &value) != DB_OK)
		return (xstrdup(""));
	return (value);
}

/* Sealed values are of use under the same master key only. */
static void
look_at_seals(struct restore *r, json_t *about)
{
	const char	*id = said(about, "MasterKeyID");
	char		*our_id = own_word(r, SETTING_MASTER_KEY_ID);
	char		*our_check = own_word(r, SETTING_MASTER_KEY_CHECK);

	r->sealed = 1;
	if (*id == '\0' || *our_id == '\0')
		refuse_all(r, "the secrets in it are sealed, and nothing says "
		    "with which master key: make the backup with --decrypt");
	else if (strcmp(id, our_id) != 0)
		refuse_all(r, "the secrets in it are sealed with the master "
		    "key %.32s, and this portal has the master key %s: start "
		    "it with that key's file, or make the backup with "
		    "--decrypt", id, our_id);
	else if (strcmp(said(about, "MasterKeyCheck"), our_check) != 0)
		refuse_all(r, "the secrets in it are sealed with another "
		    "master key than %s, though it bears that key's id", id);
	free(our_id);
	free(our_check);
}

void
secrets_look(struct restore *r)
{
	json_t		*about = json_object_get(r->doc, "sshportal");
	const char	*how = said(about, "Secrets");

	r->report.ours = json_is_object(about);
	if (r->args.secrets == RESTORE_CLEAR || !r->report.ours)
		return;
	if (strcmp(how, "sealed") == 0)
		look_at_seals(r, about);
	else if (strcmp(how, "clear") != 0)
		refuse_all(r, "it does not say whether its secrets are sealed "
		    "or clear: sshportal.Secrets is neither");
}

/* The place of a row's secret. */
static const char *
table_of(const struct row *w)
{
	return (w->kind == RESTORE_KEYS ? SEAL_KEY_TABLE : SEAL_HOST_TABLE);
}

static const char *
column_of(const struct row *w)
{
	return (w->kind == RESTORE_KEYS ? SEAL_KEY_COLUMN : SEAL_HOST_COLUMN);
}

static char *
seal(struct row *w, const void *plain, size_t len)
{
	const struct sealer	*s = w->r->args.sealer;
	char			*sealed = NULL;

	if (w->r->args.dry_run)
		return (NULL);
	if (s->seal(s->arg, table_of(w), column_of(w), w->id, plain, len,
	    &sealed) == -1)
		row_refuse(w, "its secret could not be sealed: secrets are "
		    "for administrators, and the log says more");
	return (sealed);
}

/* PEM of any kind that is read; 0 or -1. */
static int
take_private(struct row *w, struct key *k, const void *text, size_t len,
    EVP_PKEY **pkey)
{
	struct sshkey_info	info;
	char			err[256];

	if (sshkey_read_private(text, len, pkey, err, sizeof(err)) == -1) {
		row_refuse(w, "its private key: %s", err);
		return (-1);
	}
	if (sshkey_blob(*pkey, &k->pub_blob, &k->pub_bloblen) == -1 ||
	    sshkey_info(k->pub_blob, k->pub_bloblen, &info) == -1) {
		row_refuse(w, "its private key has no public half");
		return (-1);
	}
	k->type = xstrdup(info.kind);
	k->length = info.bits;
	return (0);
}

/* The form that is stored is always the same, whatever it came in. */
static int
seal_private(struct row *w, struct key *k, EVP_PKEY *pkey)
{
	char	*pem;
	size_t	 len;

	if (sshkey_write_private(pkey, &pem, &len) == -1) {
		row_refuse(w, "its private key cannot be written");
		return (-1);
	}
	k->priv_sealed = seal(w, pem, len);
	sodium_free(pem);
	return (w->bad ? -1 : 0);
}

/* An original's secret under its AES key: base64url, and no mark. */
static int
looks_encrypted(const char *text)
{
	static const char	letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-_=";

	return (strlen(text) >= IV_CHARS && text[strspn(text, letters)] ==
	    '\0');
}

static int
clear_key(struct row *w, struct key *k, const char *text)
{
	EVP_PKEY	*pkey = NULL;
	int		 r;

	if (w->r->args.secrets == RESTORE_AS_SAID && !w->r->report.ours &&
	    looks_encrypted(text)) {
		if (!w->r->encrypted)
			refuse_all(w->r, "the secrets in it are encrypted with "
			    "the original's AES key, which this command does "
			    "not take: run \"sshportal import --from "
			    "json:FILE --aes-key KEY\" on this machine, or "
			    "make the backup there with --decrypt");
		w->r->encrypted = 1;
		w->bad = 1;
		return (-1);
	}
	r = take_private(w, k, text, strlen(text), &pkey);
	if (r == 0)
		r = seal_private(w, k, pkey);
	EVP_PKEY_free(pkey);
	return (r);
}

/* Sealed text goes as it is, but not before it was seen to open. */
static int
sealed_key(struct row *w, struct key *k, const char *text)
{
	const struct sealer	*s = w->r->args.sealer;
	EVP_PKEY		*pkey = NULL;
	void			*pem;
	size_t			 len;
	int			 r;

	if (s->open(s->arg, table_of(w), column_of(w), w->id, text, &pem,
	    &len) == -1) {
		row_refuse(w, "its private key does not open: it was changed, "
		    "or was another row's");
		return (-1);
	}
	r = take_private(w, k, pem, len, &pkey);
	if (r == 0)
		k->priv_sealed = xstrdup(text);
	EVP_PKEY_free(pkey);
	sodium_free(pem);
	return (r);
}

/* A public half that belongs to another key is a sign of a mix-up. */
static void
compare_public(struct row *w, const struct key *k)
{
	const char	*line = row_text(w, "PubKey", SSHKEY_TEXT_MAX);
	uint8_t		*blob;
	size_t		 len;

	if (*line == '\0')
		return;
	if (sshkey_parse_line(line, &blob, &len, NULL, NULL, 0) == -1) {
		row_warn(w, "its PubKey is no key; the private key's own half "
		    "is taken");
		return;
	}
	if (len != k->pub_bloblen || memcmp(blob, k->pub_blob, len) != 0)
		row_warn(w, "its PubKey is not the private key's half, which "
		    "is taken instead");
	free(blob);
}

int
secret_key(struct row *w, struct key *k)
{
	const char	*text = row_text(w, "PrivKey", SSHKEY_TEXT_MAX);
	int		 r;

	if (w->bad)
		return (-1);
	if (*text == '\0') {
		row_refuse(w, "it has no private key");
		return (-1);
	}
	r = w->r->sealed ? sealed_key(w, k, text) : clear_key(w, k, text);
	if (r == 0)
		compare_public(w, k);
	return (r);
}

char *
secret_password(struct row *w, const char *text, int clear)
{
	if (*text == '\0')
		return (NULL);
	if (clear || !w->r->sealed) {
		if (strlen(text) > PASSWORD_MAX) {
			row_refuse(w, "its password has more than %d bytes",
			    PASSWORD_MAX);
			return (NULL);
		}
		return (seal(w, text, strlen(text)));
	}
	if (strncmp(text, SEAL_MARK, strlen(SEAL_MARK)) != 0) {
		row_refuse(w, "its Password is not sealed, as all of it "
		    "should be");
		return (NULL);
	}
	return (xstrdup(text));
}
