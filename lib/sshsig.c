/* SPDX-License-Identifier: ISC */
/*
 * Signatures of texts.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "lib/msg.h"
#include "lib/sshkey.h"
#include "lib/sshsig.h"
#include "lib/verify_sig.h"
#include "lib/xmalloc.h"

#define MAGIC		"SSHSIG"
#define MAGIC_LEN	6
#define VERSION		1
#define WORD_MAX	64		/* bytes of a name */
#define RAW_SIG_MAX	4096		/* of a signature alone */

static int
is_text(const uint8_t *p, size_t len, const char *text)
{
	return (len == strlen(text) && memcmp(p, text, len) == 0);
}

/* The bytes between the two lines; caller frees. NULL: there are none. */
static uint8_t *
unarmor(const char *text, size_t *len)
{
	size_t		 size = strlen(text);
	const char	*end;
	uint8_t		*raw;

	*len = 0;
	if (size > SSHSIG_TEXT_MAX ||
	    strncmp(text, SSHSIG_BEGIN, strlen(SSHSIG_BEGIN)) != 0)
		return (NULL);
	text += strlen(SSHSIG_BEGIN);
	if ((end = strstr(text, SSHSIG_END)) == NULL)
		return (NULL);
	raw = xmalloc(size);
	if (sodium_base642bin(raw, size, text, end - text, "\r\n", len, NULL,
	    sodium_base64_VARIANT_ORIGINAL) == 0 && *len > 0)
		return (raw);
	free(raw);
	*len = 0;
	return (NULL);
}

int
sshsig_read(struct sshsig *s, const char *text)
{
	const uint8_t	*magic;
	struct msg	 m;
	size_t		 len;

	memset(s, 0, sizeof(*s));
	if ((s->raw = unarmor(text, &len)) == NULL)
		return (-1);
	msg_borrow(&m, s->raw, len);
	magic = msg_get_raw(&m, MAGIC_LEN);
	if (magic == NULL || memcmp(magic, MAGIC, MAGIC_LEN) != 0 ||
	    msg_get_u32(&m) != VERSION)
		return (-1);
	s->key = msg_get_blob(&m, SSHKEY_BLOB_MAX, &s->key_len);
	s->space = msg_get_blob(&m, WORD_MAX, &s->space_len);
	s->reserved = msg_get_blob(&m, WORD_MAX, &s->reserved_len);
	s->hash = msg_get_blob(&m, WORD_MAX, &s->hash_len);
	s->sig = msg_get_blob(&m, 2 * RAW_SIG_MAX, &s->sig_len);
	return (msg_end(&m) ? 0 : -1);
}

void
sshsig_free(struct sshsig *s)
{
	free(s->raw);
	memset(s, 0, sizeof(*s));
}

/* What the key signed for these bytes; 0, or -1. */
static int
put_signed(struct msg *out, const struct sshsig *s, const void *data,
    size_t len)
{
	uint8_t		 sum[EVP_MAX_MD_SIZE];
	const EVP_MD	*md = NULL;
	unsigned	 size;

	if (is_text(s->hash, s->hash_len, "sha512"))
		md = EVP_sha512();
	else if (is_text(s->hash, s->hash_len, "sha256"))
		md = EVP_sha256();
	if (md == NULL || EVP_Digest(data, len, sum, &size, md, NULL) != 1)
		return (-1);
	msg_put_raw(out, MAGIC, MAGIC_LEN);
	msg_put_blob(out, s->space, s->space_len);
	msg_put_blob(out, s->reserved, s->reserved_len);
	msg_put_blob(out, s->hash, s->hash_len);
	msg_put_blob(out, sum, size);
	return (0);
}

/* DER of two numbers (RFC 5656, section 3.1.2); its length, 0 for none. */
static size_t
ecdsa_der(const uint8_t *blob, size_t len, uint8_t der[RAW_SIG_MAX])
{
	const uint8_t	*r, *s;
	size_t		 rlen, slen;
	ECDSA_SIG	*e;
	struct msg	 m;
	int		 n = 0;

	msg_borrow(&m, blob, len);
	r = msg_get_blob(&m, WORD_MAX + 8, &rlen);
	s = msg_get_blob(&m, WORD_MAX + 8, &slen);
	if (!msg_end(&m) || (e = ECDSA_SIG_new()) == NULL)
		return (0);
	if (ECDSA_SIG_set0(e, BN_bin2bn(r, (int)rlen, NULL),
	    BN_bin2bn(s, (int)slen, NULL)) == 1)
		n = i2d_ECDSA_SIG(e, &der);
	ECDSA_SIG_free(e);
	return (n > 0 ? (size_t)n : 0);
}

/* A signature on the wire as verify_sig() takes it; 0, or -1. */
static int
read_sig(const struct sshsig *s, struct verify_sig *v, char alg[WORD_MAX + 1],
    uint8_t der[RAW_SIG_MAX])
{
	const uint8_t	*name;
	struct msg	 m;
	size_t		 len;

	memset(v, 0, sizeof(*v));
	msg_borrow(&m, s->sig, s->sig_len);
	name = msg_get_blob(&m, WORD_MAX, &len);
	if (name == NULL)
		return (-1);
	memcpy(alg, name, len);
	alg[len] = '\0';
	v->alg = alg;
	v->key = s->key;
	v->key_len = s->key_len;
	v->sig = msg_get_blob(&m, RAW_SIG_MAX, &v->sig_len);
	if (strncmp(alg, "sk-", 3) == 0) {
		v->sk_flags = msg_get_u8(&m);
		v->sk_counter = msg_get_u32(&m);
	}
	if (!msg_end(&m))
		return (-1);
	if (strncmp(alg, "ecdsa-", 6) == 0 || strncmp(alg, "sk-ecdsa-", 9) ==
	    0) {
		v->sig_len = ecdsa_der(v->sig, v->sig_len, der);
		v->sig = der;
	}
	return (v->sig_len > 0 ? 0 : -1);
}

int
sshsig_verify(const struct sshsig *s, const char *space, const void *data,
    size_t len)
{
	struct verify_sig	v;
	struct msg		m;
	uint8_t			der[RAW_SIG_MAX];
	char			alg[WORD_MAX + 1];
	int			ok = 0;

	if (!is_text(s->space, s->space_len, space) ||
	    read_sig(s, &v, alg, der) == -1)
		return (0);
	msg_init(&m);
	if (put_signed(&m, s, data, len) == 0)
		ok = verify_sig(&v, m.data, m.len);
	msg_free(&m);
	return (ok);
}
