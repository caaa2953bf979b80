/* SPDX-License-Identifier: ISC */
/*
 * Opening what the original sshportal has encrypted.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "shell/import_secret.h"

#define CFB_IV_LEN	16
#define GCM_NONCE_LEN	12
#define GCM_TAG_LEN	16
#define PEM_BEGIN	"-----BEGIN "

/*
 * The fork's backups encrypt once more what is encrypted already; one more
 * layer than that is no harm.
 */
#define LAYERS_MAX	3

int
import_key_set(struct import_key *k, const char *text, char *err,
    size_t errlen)
{
	size_t	len = strlen(text);

	memset(k, 0, sizeof(*k));
	if (len == 0)
		return (0);
	if (len != 16 && len != 24 && len != 32) {
		snprintf(err, errlen, "the AES key has %zu bytes, and those of "
		    "the original have 16, 24 or 32: give it as its --aes-key "
		    "had it", len);
		return (-1);
	}
	memcpy(k->bytes, text, len);
	k->len = len;
	return (0);
}

static void
wipe(void *p, size_t len)
{
	if (p != NULL)
		explicit_bzero(p, len);
	free(p);
}

/* As Go reads it: padded, line ends apart. NULL: it is something else. */
static unsigned char *
unbase64(const char *text, size_t *len)
{
	size_t		 max = strlen(text);
	unsigned char	*out = xmalloc(max + 1);

	if (sodium_base642bin(out, max + 1, text, max, "\r\n", len, NULL,
	    sodium_base64_VARIANT_URLSAFE) == 0)
		return (out);
	wipe(out, max + 1);
	return (NULL);
}

static const EVP_CIPHER *
cipher_of(const struct import_key *k, int gcm)
{
	switch (k->len) {
	case 16:
		return (gcm ? EVP_aes_128_gcm() : EVP_aes_128_cfb128());
	case 24:
		return (gcm ? EVP_aes_192_gcm() : EVP_aes_192_cfb128());
	default:
		return (gcm ? EVP_aes_256_gcm() : EVP_aes_256_cfb128());
	}
}

/*
 * n bytes at in, after an IV, before a tag if there is one; out has room for
 * n. 0: it did not open.
 */
static int
decipher(const struct import_key *k, const unsigned char *iv,
    const unsigned char *in, size_t n, const unsigned char *tag,
    unsigned char *out)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	int		 part = 0, last = 0, ok;

	ok = ctx != NULL && n <= INT_MAX &&
	    EVP_DecryptInit_ex2(ctx, cipher_of(k, tag != NULL), k->bytes, iv,
	    NULL) == 1 &&
	    EVP_DecryptUpdate(ctx, out, &part, in, (int)n) == 1 &&
	    (tag == NULL || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
	    GCM_TAG_LEN, (void *)(uintptr_t)tag) == 1) &&
	    EVP_DecryptFinal_ex(ctx, out + part, &last) == 1;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return (ok && (size_t)part + last == n);
}

/* What lies under one layer, NUL-terminated, or NULL; caller wipes. */
static char *
open_layer(const struct import_key *k, const char *text, int gcm,
    size_t *len)
{
	size_t		 rawlen, head = gcm ? GCM_NONCE_LEN : CFB_IV_LEN;
	size_t		 tail = gcm ? GCM_TAG_LEN : 0;
	unsigned char	*raw, *out = NULL;

	*len = 0;
	if (k->len == 0 || (raw = unbase64(text, &rawlen)) == NULL)
		return (NULL);
	if (rawlen > head + tail) {
		*len = rawlen - head - tail;
		out = xcalloc(1, *len + 1);
		if (!decipher(k, raw, raw + head, *len,
		    gcm ? raw + rawlen - tail : NULL, out)) {
			wipe(out, *len + 1);
			out = NULL;
		}
	}
	wipe(raw, rawlen);
	return ((char *)out);
}

static int
is_pem(const char *text)
{
	return (strncmp(text + strspn(text, " \t\r\n"), PEM_BEGIN,
	    strlen(PEM_BEGIN)) == 0);
}

/* Layer by layer until PEM appears. */
static char *
open_pem(const struct import_key *k, const char *text, int layers, int *gcm)
{
	char	*inner, *plain = NULL;
	size_t	 len;

	for (*gcm = 1; *gcm >= 0; (*gcm)--) {
		inner = open_layer(k, text, *gcm, &len);
		if (inner != NULL && is_pem(inner))
			return (inner);
		if (inner != NULL && layers > 1 && strlen(inner) == len) {
			int	deeper;

			plain = open_pem(k, inner, layers - 1, &deeper);
		}
		wipe(inner, len);
		if (plain != NULL)
			return (plain);
	}
	return (NULL);
}

enum import_secret
import_open_private(const struct import_key *k, const char *text,
    char **plain)
{
	int	gcm;

	*plain = NULL;
	if (*text == '\0')
		return (SECRET_NONE);
	if (is_pem(text)) {
		*plain = xstrdup(text);
		return (SECRET_CLEAR);
	}
	if ((*plain = open_pem(k, text, LAYERS_MAX, &gcm)) == NULL)
		return (SECRET_SHUT);
	return (gcm ? SECRET_GCM : SECRET_CFB);
}

/* Whether somebody may have typed it. */
static int
is_typed(const char *text, size_t len)
{
	size_t	i;

	if (strlen(text) != len || !utf8_is_valid(text, len))
		return (0);
	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return (0);
	return (1);
}

static int
looks_encrypted(const char *text)
{
	unsigned char	*raw;
	size_t		 len;

	if ((raw = unbase64(text, &len)) == NULL)
		return (0);
	wipe(raw, len);
	return (len > CFB_IV_LEN);
}

/* Further layers are the fork's alone, and each has its check. */
static char *
open_more(const struct import_key *k, char *text)
{
	char	*inner;
	size_t	 len;
	int	 i;

	for (i = 1; i < LAYERS_MAX; i++) {
		if ((inner = open_layer(k, text, 1, &len)) == NULL)
			break;
		wipe(text, strlen(text));
		text = inner;
	}
	return (text);
}

enum import_secret
import_open_password(const struct import_key *k, const char *text,
    char **plain)
{
	char	*inner;
	size_t	 len;

	*plain = NULL;
	if (*text == '\0')
		return (SECRET_NONE);
	if (!looks_encrypted(text)) {
		*plain = xstrdup(text);
		return (SECRET_CLEAR);
	}
	if ((inner = open_layer(k, text, 1, &len)) != NULL) {
		*plain = open_more(k, inner);
		return (SECRET_GCM);
	}
	inner = open_layer(k, text, 0, &len);
	if (inner != NULL && is_typed(inner, len)) {
		*plain = inner;
		return (SECRET_CFB);
	}
	wipe(inner, len);
	return (SECRET_SHUT);
}
