/* SPDX-License-Identifier: ISC */
/*
 * A security key in software, of the two types that OpenSSH knows: what its
 * ssh-sk-helper loads in place of a library for real ones (SSH_SK_PROVIDER).
 * There is nobody to touch it: it always says that somebody did.  What it hands
 * out as the key's handle is the private key itself.
 */
#include <sys/types.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The interface, with its numbers, is that of OpenSSH 8.9 and later. */
#define API_VERSION	0x000a0000
#define ALG_ECDSA	0
#define ALG_ED25519	1
#define TOUCHED		1
#define ERR_GENERAL	(-1)
#define ERR_UNSUPPORTED	(-2)

struct sk_option;
struct sk_resident_key;

struct sk_enroll_response {
	uint8_t		 flags;
	uint8_t		*public_key;
	size_t		 public_key_len;
	uint8_t		*key_handle;
	size_t		 key_handle_len;
	uint8_t		*signature;
	size_t		 signature_len;
	uint8_t		*attestation_cert;
	size_t		 attestation_cert_len;
	uint8_t		*authdata;
	size_t		 authdata_len;
};

struct sk_sign_response {
	uint8_t		 flags;
	uint32_t	 counter;
	uint8_t		*sig_r;
	size_t		 sig_r_len;
	uint8_t		*sig_s;
	size_t		 sig_s_len;
};

uint32_t	sk_api_version(void);
int		sk_enroll(uint32_t, const uint8_t *, size_t, const char *,
		    uint8_t, const char *, struct sk_option **,
		    struct sk_enroll_response **);
int		sk_sign(uint32_t, const uint8_t *, size_t, const char *,
		    const uint8_t *, size_t, uint8_t, const char *,
		    struct sk_option **, struct sk_sign_response **);
int		sk_load_resident_keys(const char *, struct sk_option **,
		    struct sk_resident_key ***, size_t *);

uint32_t
sk_api_version(void)
{
	return (API_VERSION);
}

/* No key lives in it. */
int
sk_load_resident_keys(const char *pin, struct sk_option **options,
    struct sk_resident_key ***keys, size_t *nkeys)
{
	(void)pin;
	(void)options;
	(void)keys;
	(void)nkeys;
	return (ERR_UNSUPPORTED);
}

/* The public key as OpenSSH wants it: a point, or Ed25519's 32 bytes. */
static int
write_public(EVP_PKEY *pkey, struct sk_enroll_response *r)
{
	if (EVP_PKEY_is_a(pkey, "EC")) {
		r->public_key_len =
		    EVP_PKEY_get1_encoded_public_key(pkey, &r->public_key);
		return (r->public_key_len > 0 ? 0 : ERR_GENERAL);
	}
	r->public_key_len = 32;
	if ((r->public_key = malloc(r->public_key_len)) == NULL ||
	    EVP_PKEY_get_raw_public_key(pkey, r->public_key,
	    &r->public_key_len) != 1)
		return (ERR_GENERAL);
	return (0);
}

int
sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len,
    const char *application, uint8_t flags, const char *pin,
    struct sk_option **options, struct sk_enroll_response **response)
{
	struct sk_enroll_response	*r = calloc(1, sizeof(*r));
	EVP_PKEY			*pkey;
	int				 n;

	(void)challenge;
	(void)challenge_len;
	(void)application;
	(void)pin;
	(void)options;
	pkey = alg == ALG_ECDSA ? EVP_EC_gen("P-256") :
	    EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (r == NULL || pkey == NULL || write_public(pkey, r) != 0 ||
	    (n = i2d_PrivateKey(pkey, &r->key_handle)) <= 0)
		return (ERR_GENERAL);
	r->key_handle_len = (size_t)n;
	r->flags = flags;
	EVP_PKEY_free(pkey);
	*response = r;
	return (0);
}

/* The two numbers of an ECDSA signature, 32 bytes each. */
static int
split(const uint8_t *der, size_t len, struct sk_sign_response *r)
{
	ECDSA_SIG	*sig = d2i_ECDSA_SIG(NULL, &der, (long)len);

	r->sig_r_len = r->sig_s_len = 32;
	if (sig == NULL || (r->sig_r = malloc(32)) == NULL ||
	    (r->sig_s = malloc(32)) == NULL ||
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), r->sig_r, 32) != 32 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), r->sig_s, 32) != 32)
		return (ERR_GENERAL);
	ECDSA_SIG_free(sig);
	return (0);
}

/* What a security key signs: hash of the application, flags, counter, hash. */
static size_t
write_signed(uint8_t *to, const char *application,
    const struct sk_sign_response *r, const uint8_t *data, size_t len)
{
	SHA256((const uint8_t *)application, strlen(application), to);
	to += SHA256_DIGEST_LENGTH;
	*to++ = r->flags;
	*to++ = (uint8_t)(r->counter >> 24);
	*to++ = (uint8_t)(r->counter >> 16);
	*to++ = (uint8_t)(r->counter >> 8);
	*to++ = (uint8_t)r->counter;
	SHA256(data, len, to);
	return (2 * SHA256_DIGEST_LENGTH + 5);
}

int
sk_sign(uint32_t alg, const uint8_t *data, size_t data_len,
    const char *application, const uint8_t *handle, size_t handle_len,
    uint8_t flags, const char *pin, struct sk_option **options,
    struct sk_sign_response **response)
{
	struct sk_sign_response	*r = calloc(1, sizeof(*r));
	EVP_PKEY		*pkey;
	EVP_MD_CTX		*ctx = EVP_MD_CTX_new();
	uint8_t			 what[2 * SHA256_DIGEST_LENGTH + 5];
	uint8_t			 sig[128];
	size_t			 len, sig_len = sizeof(sig);

	(void)pin;
	(void)options;
	pkey = d2i_AutoPrivateKey(NULL, &handle, (long)handle_len);
	if (r == NULL || ctx == NULL || pkey == NULL)
		return (ERR_GENERAL);
	/* without the flag the user wants no touch to be asked for */
	r->flags = flags & TOUCHED;
	r->counter = 0x01020304;
	len = write_signed(what, application, r, data, data_len);
	if (EVP_DigestSignInit_ex(ctx, NULL,
	    alg == ALG_ECDSA ? "SHA256" : NULL, NULL, NULL, pkey, NULL) != 1 ||
	    EVP_DigestSign(ctx, sig, &sig_len, what, len) != 1)
		return (ERR_GENERAL);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	*response = r;
	if (alg == ALG_ECDSA)
		return (split(sig, sig_len, r));
	r->sig_r_len = sig_len;
	if ((r->sig_r = malloc(sig_len)) == NULL)
		return (ERR_GENERAL);
	memcpy(r->sig_r, sig, sig_len);
	return (0);
}
