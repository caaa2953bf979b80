/* SPDX-License-Identifier: ISC */
/*
 * Public SSH keys: blobs, their names and lengths, and their lines of text.
 * One table says which kinds there are.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <sodium.h>

#include "lib/msg.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"

#define ED25519_LEN	32
#define RSA_BITS_MIN	1024
#define RSA_BITS_MAX	16384
#define NAME_LEN_MAX	64		/* of a type's or curve's name */
#define BASE64		sodium_base64_VARIANT_ORIGINAL

static const struct type {
	const char	*name;
	const char	*kind;
	const char	*curve;		/* in the blob; NULL: not EC */
	const char	*group;		/* OpenSSL's name of it */
	unsigned	 bits;		/* 0: as long as the modulus */
	int		 sk;		/* an application follows */
} types[] = {
	{ "ssh-ed25519", "ed25519", NULL, NULL, 256, 0 },
	{ "ecdsa-sha2-nistp256", "ecdsa", "nistp256", "prime256v1", 256, 0 },
	{ "ecdsa-sha2-nistp384", "ecdsa", "nistp384", "secp384r1", 384, 0 },
	{ "ecdsa-sha2-nistp521", "ecdsa", "nistp521", "secp521r1", 521, 0 },
	{ "ssh-rsa", "rsa", NULL, NULL, 0, 0 },
	{ "sk-ssh-ed25519@openssh.com", "ed25519-sk", NULL, NULL, 256, 1 },
	{ "sk-ecdsa-sha2-nistp256@openssh.com", "ecdsa-sk", "nistp256",
	    "prime256v1", 256, 1 },
};
#define NTYPES	(sizeof(types) / sizeof(types[0]))

/* A blob taken apart; pointers into it. */
struct parts {
	const struct type	*type;
	const uint8_t		*point;		/* EC point, Ed25519 key */
	size_t			 point_len;
	const uint8_t		*e, *n;		/* RSA, as mpints */
	size_t			 e_len, n_len;
};

static const struct type *
type_by_name(const void *name, size_t len)
{
	size_t	i;

	for (i = 0; i < NTYPES; i++) {
		if (strlen(types[i].name) == len &&
		    memcmp(types[i].name, name, len) == 0)
			return (&types[i]);
	}
	return (NULL);
}

/* A positive mpint in its shortest form (RFC 4251, section 5). */
static const uint8_t *
get_mpint(struct msg *m, size_t *len)
{
	const uint8_t	*p = msg_get_blob(m, RSA_BITS_MAX / 8 + 1, len);

	if (p == NULL || *len == 0 || p[0] & 0x80 ||
	    (p[0] == 0 && (*len == 1 || !(p[1] & 0x80))))
		msg_bad(m);
	return (p);
}

static void
get_point(struct msg *m, struct parts *k)
{
	size_t	want = ED25519_LEN;

	if (k->type->curve != NULL) {
		msg_want_text(m, k->type->curve);
		want = 1 + 2 * ((k->type->bits + 7) / 8);
	}
	k->point = msg_get_blob(m, want, &k->point_len);
	if (k->point_len != want ||
	    (k->type->curve != NULL && k->point[0] != 0x04))
		msg_bad(m);
}

static int
parts_get(const void *blob, size_t len, struct parts *k)
{
	struct msg	 m;
	const uint8_t	*name;
	size_t		 n;

	memset(k, 0, sizeof(*k));
	if (len > SSHKEY_BLOB_MAX)
		return (-1);
	msg_borrow(&m, blob, len);
	if ((name = msg_get_blob(&m, NAME_LEN_MAX, &n)) == NULL ||
	    (k->type = type_by_name(name, n)) == NULL)
		return (-1);
	if (k->type->bits != 0) {
		get_point(&m, k);
	} else {
		k->e = get_mpint(&m, &k->e_len);
		k->n = get_mpint(&m, &k->n_len);
	}
	if (k->type->sk)
		msg_get_blob(&m, SSHKEY_BLOB_MAX, &n);
	return (msg_end(&m) ? 0 : -1);
}

static unsigned
mpint_bits(const uint8_t *p, size_t len)
{
	unsigned	bits = len * 8, top;

	for (top = 0x80; top != 0 && !(p[0] & top); top >>= 1)
		bits--;
	if (p[0] == 0)
		bits = (len - 1) * 8;
	return (bits);
}

int
sshkey_info(const void *blob, size_t len, struct sshkey_info *info)
{
	struct parts	k;

	memset(info, 0, sizeof(*info));
	if (parts_get(blob, len, &k) == -1)
		return (-1);
	info->type = k.type->name;
	info->kind = k.type->kind;
	info->bits = k.type->bits ? k.type->bits :
	    mpint_bits(k.n, k.n_len);
	return (0);
}

/* The pair or public key that the parameters describe. */
static EVP_PKEY *
pkey_from_params(const char *algorithm, OSSL_PARAM_BLD *bld)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_name(NULL, algorithm,
			    NULL);
	OSSL_PARAM	*params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY	*pkey = NULL;

	if (ctx != NULL && params != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return (pkey);
}

static EVP_PKEY *
pkey_from_rsa(const struct parts *k)
{
	OSSL_PARAM_BLD	*bld = OSSL_PARAM_BLD_new();
	BIGNUM		*n = BN_bin2bn(k->n, k->n_len, NULL);
	BIGNUM		*e = BN_bin2bn(k->e, k->e_len, NULL);
	EVP_PKEY	*pkey = NULL;
	unsigned	 bits = mpint_bits(k->n, k->n_len);

	if (bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX && bld != NULL &&
	    n != NULL && e != NULL && BN_is_odd(n) && BN_is_odd(e) &&
	    !BN_is_one(e) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e))
		pkey = pkey_from_params("RSA", bld);
	OSSL_PARAM_BLD_free(bld);
	BN_free(n);
	BN_free(e);
	return (pkey);
}

static EVP_PKEY *
pkey_from_point(const struct parts *k)
{
	OSSL_PARAM_BLD	*bld = OSSL_PARAM_BLD_new();
	EVP_PKEY	*pkey = NULL;

	if (bld != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
	    k->type->group, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
	    k->point, k->point_len))
		pkey = pkey_from_params("EC", bld);
	OSSL_PARAM_BLD_free(bld);
	return (pkey);
}

int
sshkey_from_blob(const void *blob, size_t len, EVP_PKEY **pkey)
{
	struct parts	k;

	*pkey = NULL;
	if (parts_get(blob, len, &k) == -1)
		return (-1);
	if (k.type->curve != NULL)
		*pkey = pkey_from_point(&k);
	else if (k.type->bits != 0)
		*pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
		    k.point, k.point_len);
	else
		*pkey = pkey_from_rsa(&k);
	return (*pkey != NULL ? 0 : -1);
}

/* A number of the key as an mpint; marks the message where there is none. */
static void
put_number(struct msg *m, const EVP_PKEY *pkey, const char *param)
{
	uint8_t	 raw[RSA_BITS_MAX / 8 + 1] = { 0 };
	BIGNUM	*bn = NULL;
	size_t	 n;

	if (EVP_PKEY_get_bn_param(pkey, param, &bn) != 1 ||
	    (n = BN_num_bytes(bn)) == 0 || n > sizeof(raw) - 1) {
		msg_bad(m);
	} else {
		BN_bn2bin(bn, raw + 1);
		if (raw[1] & 0x80)
			msg_put_blob(m, raw, n + 1);
		else
			msg_put_blob(m, raw + 1, n);
	}
	BN_free(bn);
}

/* The point uncompressed, whatever form the key's file had. */
static void
put_point(struct msg *m, const EVP_PKEY *pkey, const struct type *t)
{
	uint8_t	 raw[1 + 2 * 66];
	size_t	 n = (t->bits + 7) / 8;
	BIGNUM	*x = NULL, *y = NULL;

	raw[0] = 0x04;
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) != 1 ||
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) != 1 ||
	    BN_bn2binpad(x, raw + 1, n) == -1 ||
	    BN_bn2binpad(y, raw + 1 + n, n) == -1)
		msg_bad(m);
	else
		msg_put_blob(m, raw, 1 + 2 * n);
	BN_free(x);
	BN_free(y);
}

static void
put_ec(struct msg *m, const EVP_PKEY *pkey)
{
	char	group[NAME_LEN_MAX];
	size_t	i, n;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &n) != 1) {
		msg_bad(m);
		return;
	}
	for (i = 0; i < NTYPES; i++) {
		if (types[i].group == NULL || types[i].sk ||
		    strcmp(types[i].group, group) != 0)
			continue;
		msg_put_text(m, types[i].name);
		msg_put_text(m, types[i].curve);
		put_point(m, pkey, &types[i]);
		return;
	}
	msg_bad(m);
}

static void
put_ed25519(struct msg *m, const EVP_PKEY *pkey)
{
	uint8_t	raw[ED25519_LEN];
	size_t	n = sizeof(raw);

	msg_put_text(m, "ssh-ed25519");
	if (EVP_PKEY_get_raw_public_key(pkey, raw, &n) != 1 ||
	    n != sizeof(raw))
		msg_bad(m);
	else
		msg_put_blob(m, raw, n);
}

int
sshkey_blob(EVP_PKEY *pkey, uint8_t **blob, size_t *len)
{
	struct msg	m;

	*blob = NULL;
	*len = 0;
	msg_init(&m);
	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_ED25519:
		put_ed25519(&m, pkey);
		break;
	case EVP_PKEY_EC:
		put_ec(&m, pkey);
		break;
	case EVP_PKEY_RSA:
		msg_put_text(&m, "ssh-rsa");
		put_number(&m, pkey, OSSL_PKEY_PARAM_RSA_E);
		put_number(&m, pkey, OSSL_PKEY_PARAM_RSA_N);
		break;
	default:
		msg_bad(&m);
	}
	ERR_clear_error();
	if (!m.error) {
		*blob = xmalloc(m.len);
		memcpy(*blob, m.data, m.len);
		*len = m.len;
	}
	msg_free(&m);
	return (*blob != NULL ? 0 : -1);
}

char *
sshkey_fingerprint(const void *blob, size_t len,
    char out[SSHKEY_FINGERPRINT_SIZE])
{
	uint8_t	hash[SHA256_DIGEST_LENGTH];

	SHA256(blob, len, hash);
	memcpy(out, "SHA256:", 7);
	sodium_bin2base64(out + 7, SSHKEY_FINGERPRINT_SIZE - 7, hash,
	    sizeof(hash), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	return (out);
}

char *
sshkey_line(const void *blob, size_t len, const char *comment)
{
	struct parts	 k;
	char		*line, *base64, *p;
	size_t		 size;

	if (parts_get(blob, len, &k) == -1)
		return (NULL);
	size = sodium_base64_encoded_len(len, BASE64);
	base64 = xmalloc(size);
	sodium_bin2base64(base64, size, blob, len, BASE64);
	if (comment == NULL)
		comment = "";
	line = xasprintf("%s %s%s", k.type->name, base64,
	    *comment != '\0' ? " " : "");
	free(base64);
	size = strlen(line);
	line = xreallocarray(line, size + strlen(comment) + 1, 1);
	for (p = line + size; *comment != '\0'; comment++) {
		if (!iscntrl((unsigned char)*comment))
			*p++ = *comment;
	}
	*p = '\0';
	return (line);
}

static const char *
skip_blanks(const char *s)
{
	return (s + strspn(s, " \t"));
}

/* Length of a word; in options, blanks may stand between double quotes. */
static size_t
word_length(const char *s)
{
	size_t	n;
	int	quoted = 0;

	for (n = 0; s[n] != '\0' && strchr("\r\n", s[n]) == NULL; n++) {
		if (s[n] == '\\' && s[n + 1] == '"')
			n++;
		else if (s[n] == '"')
			quoted = !quoted;
		else if (!quoted && (s[n] == ' ' || s[n] == '\t'))
			break;
	}
	return (n);
}

/* Decodes a word of base64 as a blob of the type named before it. */
static uint8_t *
decode_blob(const char *word, size_t n, const struct type *t, size_t *len)
{
	uint8_t		*blob;
	struct parts	 k;
	const char	*end;

	if (n == 0 || n > SSHKEY_TEXT_MAX)
		return (NULL);
	blob = xmalloc(n);
	if (sodium_base642bin(blob, n, word, n, NULL, len, &end,
	    BASE64) == 0 && end == word + n &&
	    parts_get(blob, *len, &k) == 0 && k.type == t)
		return (blob);
	free(blob);
	*len = 0;
	return (NULL);
}

int
sshkey_parse_line(const char *line, uint8_t **blob, size_t *len,
    char **comment, char *err, size_t errlen)
{
	const struct type	*t;
	const char		*s = skip_blanks(line);
	size_t			 n = word_length(s);

	*blob = NULL;
	*len = 0;
	if (comment != NULL)
		*comment = NULL;
	if ((t = type_by_name(s, n)) == NULL && *s != '#') {
		s = skip_blanks(s + n);
		n = word_length(s);
		t = type_by_name(s, n);
	}
	if (t == NULL) {
		snprintf(err, errlen, "not a public key: a line should begin "
		    "with ssh-ed25519, ecdsa-sha2-nistp256, ssh-rsa or the "
		    "like");
		return (-1);
	}
	s = skip_blanks(s + n);
	n = strcspn(s, " \t\r\n");
	if ((*blob = decode_blob(s, n, t, len)) == NULL) {
		snprintf(err, errlen, "the public key (%s) is damaged: copy "
		    "the whole line", t->name);
		return (-1);
	}
	s = skip_blanks(s + n);
	if (comment != NULL)
		*comment = xmemdup0(s, strcspn(s, "\r\n"));
	return (0);
}
