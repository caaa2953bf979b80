/* SPDX-License-Identifier: ISC */
/*
 * Private SSH keys: made, read from OpenSSH's own format (PROTOCOL.key in its
 * sources) and from PEM, and written as PKCS#8. What holds secret bytes is
 * sodium's memory or memory that OpenSSL wipes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <sodium.h>

#include "lib/msg.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"

#define OPENSSH_BEGIN	"-----BEGIN OPENSSH PRIVATE KEY-----"
#define OPENSSH_END	"-----END OPENSSH PRIVATE KEY-----"
#define OPENSSH_MAGIC	"openssh-key-v1"	/* and its NUL */
#define PKCS8_BEGIN	"-----BEGIN PRIVATE KEY-----"
#define PKCS8_END	"-----END PRIVATE KEY-----"
#define NUMBER_MAX	(16384 / 8 + 1)
#define SEED_LEN	32

static const struct {
	unsigned	 bits;
	const char	*type, *curve, *group;
} curves[] = {
	{ 256, "ecdsa-sha2-nistp256", "nistp256", "P-256" },
	{ 384, "ecdsa-sha2-nistp384", "nistp384", "P-384" },
	{ 521, "ecdsa-sha2-nistp521", "nistp521", "P-521" },
};
#define NCURVES	(sizeof(curves) / sizeof(curves[0]))

static const char has_passphrase[] = "the private key has a passphrase: "
    "remove it first, with ssh-keygen -p -f FILE";
static const char is_damaged[] = "not a private key that can be read: "
    "paste the whole file, from BEGIN to END";

static EVP_PKEY *
generate_ec(unsigned bits)
{
	size_t	i;

	for (i = 0; i < NCURVES; i++) {
		if (curves[i].bits == (bits ? bits : 256))
			return (EVP_PKEY_Q_keygen(NULL, NULL, "EC",
			    curves[i].group));
	}
	return (NULL);
}

static EVP_PKEY *
generate_rsa(unsigned bits)
{
	if (bits == 0)
		bits = 3072;
	if (bits < SSHKEY_RSA_BITS_MIN || bits > SSHKEY_RSA_BITS_MAX)
		return (NULL);
	return (EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits));
}

int
sshkey_generate(const char *kind, unsigned bits, EVP_PKEY **pkey, char *err,
    size_t errlen)
{
	const char	*lengths;

	*pkey = NULL;
	if (strcmp(kind, "ed25519") == 0) {
		lengths = "256";
		if (bits == 0 || bits == 256)
			*pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	} else if (strcmp(kind, "ecdsa") == 0) {
		lengths = "256, 384 or 521";
		*pkey = generate_ec(bits);
	} else if (strcmp(kind, "rsa") == 0) {
		lengths = "2048 to 8192";
		*pkey = generate_rsa(bits);
	} else {
		snprintf(err, errlen, "no such type of key: ed25519, ecdsa "
		    "and rsa can be made");
		return (-1);
	}
	if (*pkey != NULL)
		return (0);
	ERR_clear_error();
	snprintf(err, errlen, "a key of type %s has a length of %s bits",
	    kind, lengths);
	return (-1);
}

int
sshkey_write_private(EVP_PKEY *pkey, char **pem, size_t *len)
{
	BIO	*bio = BIO_new(BIO_s_mem());
	char	*data;
	long	 n;

	*pem = NULL;
	*len = 0;
	if (bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL,
	    0, NULL, NULL) == 1 && (n = BIO_get_mem_data(bio, &data)) > 0 &&
	    (*pem = sodium_malloc(n + 1)) != NULL) {
		memcpy(*pem, data, n);
		(*pem)[n] = '\0';
		*len = n;
	}
	BIO_free(bio);			/* wipes */
	ERR_clear_error();
	return (*pem != NULL ? 0 : -1);
}

/* OpenSSH's format */

/* The pair that the parameters describe, if its two halves are one. */
static EVP_PKEY *
pair_from_params(const char *algorithm, OSSL_PARAM_BLD *bld)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_name(NULL, algorithm,
			    NULL);
	EVP_PKEY_CTX	*check = NULL;
	OSSL_PARAM	*params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY	*pkey = NULL;

	if (ctx != NULL && params != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params);
	if (pkey != NULL && ((check = EVP_PKEY_CTX_new_from_pkey(NULL, pkey,
	    NULL)) == NULL || EVP_PKEY_pairwise_check(check) != 1)) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	EVP_PKEY_CTX_free(check);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return (pkey);
}

static EVP_PKEY *
read_ed25519(struct msg *m)
{
	const uint8_t	*pk, *sk;
	size_t		 pk_len, sk_len;

	pk = msg_get_blob(m, SEED_LEN, &pk_len);
	sk = msg_get_blob(m, 2 * SEED_LEN, &sk_len);
	if (pk_len != SEED_LEN || sk_len != 2 * SEED_LEN ||
	    memcmp(sk + SEED_LEN, pk, SEED_LEN) != 0) {
		msg_bad(m);
		return (NULL);
	}
	return (EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, sk,
	    SEED_LEN));
}

static BIGNUM *
read_number(struct msg *m)
{
	const uint8_t	*p;
	size_t		 n;

	p = msg_get_blob(m, NUMBER_MAX, &n);
	if (p == NULL || n == 0 || p[0] & 0x80) {
		msg_bad(m);
		return (NULL);
	}
	return (BN_bin2bn(p, n, NULL));
}

static EVP_PKEY *
read_ec(struct msg *m, size_t curve)
{
	OSSL_PARAM_BLD	*bld = OSSL_PARAM_BLD_new();
	const uint8_t	*point;
	BIGNUM		*d;
	EVP_PKEY	*pkey = NULL;
	size_t		 n;

	msg_want_text(m, curves[curve].curve);
	point = msg_get_blob(m, NUMBER_MAX, &n);
	d = read_number(m);
	if (!m->error && bld != NULL && d != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
	    curves[curve].group, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
	    point, n) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d))
		pkey = pair_from_params("EC", bld);
	OSSL_PARAM_BLD_free(bld);
	BN_clear_free(d);
	return (pkey);
}

/* d modulo p - 1, which the format leaves out; NULL on failure. */
static BIGNUM *
crt_exponent(const BIGNUM *d, const BIGNUM *p)
{
	BN_CTX	*ctx = BN_CTX_new();
	BIGNUM	*less = BN_dup(p), *out = BN_new();

	if (ctx == NULL || less == NULL || out == NULL ||
	    !BN_sub_word(less, 1) || !BN_mod(out, d, less, ctx)) {
		BN_clear_free(out);
		out = NULL;
	}
	BN_clear_free(less);
	BN_CTX_free(ctx);
	return (out);
}

enum { RSA_N, RSA_E, RSA_D, RSA_IQMP, RSA_P, RSA_Q, RSA_DP, RSA_DQ,
	RSA_NUMBERS };

static const char *const rsa_params[RSA_NUMBERS] = {
	OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
	OSSL_PKEY_PARAM_RSA_COEFFICIENT1, OSSL_PKEY_PARAM_RSA_FACTOR1,
	OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
	OSSL_PKEY_PARAM_RSA_EXPONENT2,
};

static EVP_PKEY *
read_rsa(struct msg *m)
{
	OSSL_PARAM_BLD	*bld = OSSL_PARAM_BLD_new();
	BIGNUM		*number[RSA_NUMBERS] = { NULL };
	EVP_PKEY	*pkey = NULL;
	int		 i, ok = bld != NULL;

	for (i = 0; i <= RSA_Q; i++)
		number[i] = read_number(m);
	if (!m->error) {
		number[RSA_DP] = crt_exponent(number[RSA_D], number[RSA_P]);
		number[RSA_DQ] = crt_exponent(number[RSA_D], number[RSA_Q]);
	}
	for (i = 0; i < RSA_NUMBERS; i++)
		ok = ok && number[i] != NULL && OSSL_PARAM_BLD_push_BN(bld,
		    rsa_params[i], number[i]);
	if (ok)
		pkey = pair_from_params("RSA", bld);
	for (i = 0; i < RSA_NUMBERS; i++)
		BN_clear_free(number[i]);
	OSSL_PARAM_BLD_free(bld);
	return (pkey);
}

static EVP_PKEY *
read_by_type(struct msg *m)
{
	const uint8_t	*type;
	size_t		 i, n;

	if ((type = msg_get_blob(m, 64, &n)) == NULL)
		return (NULL);
	if (n == 11 && memcmp(type, "ssh-ed25519", n) == 0)
		return (read_ed25519(m));
	if (n == 7 && memcmp(type, "ssh-rsa", n) == 0)
		return (read_rsa(m));
	for (i = 0; i < NCURVES; i++) {
		if (n == strlen(curves[i].type) &&
		    memcmp(type, curves[i].type, n) == 0)
			return (read_ec(m, i));
	}
	return (NULL);
}

/*
 * The bytes 1, 2, 3, ... up to a whole block: of eight, ssh-keygen says, but
 * libssh takes a cipher's sixteen where there is none.
 */
static int
padding_ok(struct msg *m)
{
	const uint8_t	*p;
	size_t		 i, n = m->len - m->off;

	if (m->error || n >= 16 || m->len % 8 != 0 ||
	    (p = msg_get_raw(m, n)) == NULL)
		return (0);
	for (i = 0; i < n; i++) {
		if (p[i] != i + 1)
			return (0);
	}
	return (1);
}

static int
same_public(EVP_PKEY *pkey, const uint8_t *blob, size_t len)
{
	uint8_t	*own;
	size_t	 own_len;
	int	 same;

	if (sshkey_blob(pkey, &own, &own_len) == -1)
		return (0);
	same = own_len == len && memcmp(own, blob, len) == 0;
	free(own);
	return (same);
}

/* The part that would be encrypted; pub is the public blob before it. */
static EVP_PKEY *
read_openssh_secret(struct msg *m, const uint8_t *pub, size_t pub_len)
{
	EVP_PKEY	*pkey;
	uint32_t	 check = msg_get_u32(m);
	size_t		 n;

	if (msg_get_u32(m) != check)
		return (NULL);
	pkey = read_by_type(m);
	msg_get_blob(m, SSHKEY_TEXT_MAX, &n);	/* the comment */
	if (pkey != NULL && (!padding_ok(m) || !msg_end(m) ||
	    !same_public(pkey, pub, pub_len))) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return (pkey);
}

static EVP_PKEY *
read_openssh_blob(struct msg *m, const char **why)
{
	struct msg	 secret;
	const uint8_t	*p, *pub;
	size_t		 n, pub_len;

	p = msg_get_raw(m, sizeof(OPENSSH_MAGIC));
	if (p == NULL || memcmp(p, OPENSSH_MAGIC, sizeof(OPENSSH_MAGIC)) != 0)
		return (NULL);
	p = msg_get_blob(m, 64, &n);
	if (p != NULL && (n != 4 || memcmp(p, "none", 4) != 0)) {
		*why = has_passphrase;
		return (NULL);
	}
	msg_want_text(m, "none");
	msg_want_text(m, "");
	if (msg_get_u32(m) != 1)
		msg_bad(m);
	pub = msg_get_blob(m, SSHKEY_BLOB_MAX, &pub_len);
	p = msg_get_blob(m, SSHKEY_TEXT_MAX, &n);
	if (!msg_end(m))
		return (NULL);
	msg_borrow(&secret, p, n);
	return (read_openssh_secret(&secret, pub, pub_len));
}

/*
 * Locked memory for a moment: of the heap that OpenSSL's keys lie in, where
 * there is one (a monitor's), for sodium's costs ten calls to the kernel.
 */
static void *
locked_alloc(size_t len)
{
	void	*p = NULL;

	if (CRYPTO_secure_malloc_initialized())
		p = OPENSSL_secure_malloc(len);
	return (p != NULL ? p : sodium_malloc(len));
}

/* Wipes and frees. */
static void
locked_free(void *p)
{
	if (p != NULL && CRYPTO_secure_allocated(p))
		OPENSSL_secure_clear_free(p, CRYPTO_secure_actual_size(p));
	else
		sodium_free(p);
}

/*
 * The base64 between two lines, decoded into *m: locked memory, to be freed
 * with locked_free(). NULL: no such lines, or no base64 between them.
 */
static uint8_t *
decode_between(struct msg *m, const char *text, size_t len, const char *begin,
    const char *end)
{
	const char	*base64, *stop;
	uint8_t		*bin;
	size_t		 n;

	if ((base64 = memmem(text, len, begin, strlen(begin))) == NULL)
		return (NULL);
	base64 += strlen(begin);
	stop = memmem(base64, text + len - base64, end, strlen(end));
	if (stop == NULL ||
	    (bin = locked_alloc(stop - base64 + 1)) == NULL)
		return (NULL);
	if (sodium_base642bin(bin, stop - base64, base64, stop - base64,
	    " \t\r\n", &n, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    end != stop) {
		locked_free(bin);
		return (NULL);
	}
	msg_borrow(m, bin, n);
	return (bin);
}

static EVP_PKEY *
read_openssh(const char *text, size_t len, const char **why)
{
	struct msg	 m;
	EVP_PKEY	*pkey;
	uint8_t		*bin;

	bin = decode_between(&m, text, len, OPENSSH_BEGIN, OPENSSH_END);
	if (bin == NULL)
		return (NULL);
	pkey = read_openssh_blob(&m, why);
	locked_free(bin);
	return (pkey);
}

/* PEM */

static int
passphrase_wanted(char *buf, int size, int rwflag, void *arg)
{
	const char	**why = arg;

	(void)buf, (void)size, (void)rwflag;
	*why = has_passphrase;
	return (-1);
}

/*
 * An Ed25519 key as sshkey_write_private() writes it (RFC 8410, section 7): 16
 * bytes that are always the same, and the seed. Two of them are read for each
 * login, and OpenSSL, which tries all its decoders, takes a millisecond for
 * one. Whatever looks different is left to it.
 */
static EVP_PKEY *
read_pkcs8_ed25519(const char *text, size_t len)
{
	static const uint8_t	 head[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30,
				    0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04,
				    0x22, 0x04, 0x20 };
	struct msg		 m;
	EVP_PKEY		*pkey = NULL;
	uint8_t			*bin;

	bin = decode_between(&m, text, len, PKCS8_BEGIN, PKCS8_END);
	if (bin == NULL)
		return (NULL);
	if (m.len == sizeof(head) + SEED_LEN &&
	    memcmp(bin, head, sizeof(head)) == 0)
		pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
		    bin + sizeof(head), SEED_LEN);
	locked_free(bin);
	return (pkey);
}

static EVP_PKEY *
read_pem(const char *text, size_t len, const char **why)
{
	BIO		*bio;
	EVP_PKEY	*pkey;

	if ((pkey = read_pkcs8_ed25519(text, len)) != NULL)
		return (pkey);
	if ((bio = BIO_new_mem_buf(text, len)) != NULL)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, passphrase_wanted,
		    why);
	BIO_free(bio);
	return (pkey);
}

/* A kind, curve and length that can be used here. */
static int
is_usable(EVP_PKEY *pkey)
{
	struct sshkey_info	 info;
	uint8_t			*blob;
	size_t			 len;
	int			 ok;

	if (sshkey_blob(pkey, &blob, &len) == -1)
		return (0);
	ok = sshkey_info(blob, len, &info) == 0 &&
	    (strcmp(info.kind, "rsa") != 0 || info.bits >= 1024);
	free(blob);
	return (ok);
}

int
sshkey_read_private(const void *text, size_t len, EVP_PKEY **pkey, char *err,
    size_t errlen)
{
	const char	*why = is_damaged;

	*pkey = NULL;
	if (len > SSHKEY_TEXT_MAX) {
		snprintf(err, errlen, "%s", is_damaged);
		return (-1);
	}
	if (memmem(text, len, OPENSSH_BEGIN, strlen(OPENSSH_BEGIN)) != NULL)
		*pkey = read_openssh(text, len, &why);
	else
		*pkey = read_pem(text, len, &why);
	if (*pkey != NULL && !is_usable(*pkey)) {
		EVP_PKEY_free(*pkey);
		*pkey = NULL;
		why = "a key of a type that cannot be used here: ed25519, "
		    "ecdsa (nistp256, nistp384, nistp521) and rsa (1024 bits "
		    "or more) can";
	}
	ERR_clear_error();
	if (*pkey == NULL)
		snprintf(err, errlen, "%s", why);
	return (*pkey != NULL ? 0 : -1);
}
