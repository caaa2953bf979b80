/* SPDX-License-Identifier: ISC */
/*
 * The verification of a person's signature, with OpenSSL.
 */
#include <string.h>

#include <openssl/evp.h>

#include "lib/msg.h"
#include "lib/sshkey.h"
#include "lib/verify_sig.h"

#define SK_USER_PRESENT	0x01	/* in sk_flags: somebody touched the token */

static const struct sig_alg {
	const char	*name;		/* signature algorithm */
	const char	*key_type;	/* in the key's blob */
	const char	*log_name;
	const EVP_MD	*(*md)(void);	/* NULL: the algorithm's own */
	int		 sk;
} sig_algs[] = {
	{ "ssh-ed25519", "ssh-ed25519", "ED25519", NULL, 0 },
	{ "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", "ECDSA",
	    EVP_sha256, 0 },
	{ "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", "ECDSA",
	    EVP_sha384, 0 },
	{ "ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", "ECDSA",
	    EVP_sha512, 0 },
	{ "rsa-sha2-256", "ssh-rsa", "RSA", EVP_sha256, 0 },
	{ "rsa-sha2-512", "ssh-rsa", "RSA", EVP_sha512, 0 },
	{ "sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519@openssh.com",
	    "ED25519-SK", NULL, 1 },
	{ "sk-ecdsa-sha2-nistp256@openssh.com",
	    "sk-ecdsa-sha2-nistp256@openssh.com", "ECDSA-SK", EVP_sha256, 1 },
};
#define NALGS	(sizeof(sig_algs) / sizeof(sig_algs[0]))

static const struct sig_alg *
alg_by_name(const char *name)
{
	size_t	i;

	for (i = 0; i < NALGS; i++) {
		if (strcmp(sig_algs[i].name, name) == 0)
			return (&sig_algs[i]);
	}
	return (NULL);
}

/* Why key and algorithm will not do, or NULL and *pkey, the caller's. */
static const char *
load_key(const uint8_t *key, size_t len, const struct sig_alg *alg,
    EVP_PKEY **pkey)
{
	struct sshkey_info	info;

	*pkey = NULL;
	if (alg == NULL)
		return ("algorithm not accepted");
	if (sshkey_info(key, len, &info) == -1)
		return ("key type not accepted");
	if (strcmp(info.type, alg->key_type) != 0)
		return ("algorithm of another key type");
	if (sshkey_from_blob(key, len, pkey) == -1)
		return ("malformed key");
	if (EVP_PKEY_get_base_id(*pkey) == EVP_PKEY_RSA &&
	    EVP_PKEY_get_bits(*pkey) < VERIFY_RSA_BITS_MIN) {
		EVP_PKEY_free(*pkey);
		*pkey = NULL;
		return ("RSA key too short");
	}
	return (NULL);
}

const char *
verify_sig_key(const uint8_t *key, size_t len, const char *alg)
{
	EVP_PKEY	*pkey;
	const char	*why;

	why = load_key(key, len, alg_by_name(alg), &pkey);
	EVP_PKEY_free(pkey);
	return (why);
}

const char *
verify_sig_log_name(const uint8_t *key, size_t len)
{
	struct sshkey_info	info;
	size_t			i;

	if (sshkey_info(key, len, &info) == 0) {
		for (i = 0; i < NALGS; i++) {
			if (strcmp(sig_algs[i].key_type, info.type) == 0)
				return (sig_algs[i].log_name);
		}
	}
	return ("UNKNOWN");
}

/* The application an sk-… key was made for: its blob's last string. */
static const uint8_t *
sk_application(const struct verify_sig *v, size_t *len)
{
	const uint8_t	*p = NULL;
	struct msg	 m;

	*len = 0;
	msg_borrow(&m, v->key, v->key_len);
	while (!m.error && m.off < m.len)
		p = msg_get_blob(&m, m.len, len);
	return (msg_end(&m) ? p : NULL);
}

/* What a token signs for data (PROTOCOL.u2f); 0, or -1. */
static int
sk_signed(struct msg *out, const struct verify_sig *v, const void *data,
    size_t len)
{
	uint8_t		 app_hash[32], data_hash[32];
	const uint8_t	*app;
	size_t		 app_len;

	if ((v->sk_flags & SK_USER_PRESENT) == 0)
		return (-1);
	if ((app = sk_application(v, &app_len)) == NULL)
		return (-1);
	if (EVP_Digest(app, app_len, app_hash, NULL, EVP_sha256(),
	    NULL) != 1 ||
	    EVP_Digest(data, len, data_hash, NULL, EVP_sha256(), NULL) != 1)
		return (-1);
	msg_put_raw(out, app_hash, sizeof(app_hash));
	msg_put_u8(out, v->sk_flags);
	msg_put_u32(out, v->sk_counter);
	msg_put_raw(out, data_hash, sizeof(data_hash));
	return (0);
}

static int
evp_verify(EVP_PKEY *pkey, const EVP_MD *md, const struct verify_sig *v,
    const void *data, size_t len)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	int		 ok;

	ok = ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey) == 1 &&
	    EVP_DigestVerify(ctx, v->sig, v->sig_len, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	return (ok);
}

int
verify_sig(const struct verify_sig *v, const void *data, size_t len)
{
	const struct sig_alg	*alg = alg_by_name(v->alg);
	const EVP_MD		*md;
	EVP_PKEY		*pkey;
	struct msg		 m;
	int			 ok = 0;

	msg_init(&m);
	if (load_key(v->key, v->key_len, alg, &pkey) != NULL)
		return (0);
	md = alg->md != NULL ? alg->md() : NULL;
	if (!alg->sk)
		ok = evp_verify(pkey, md, v, data, len);
	else if (sk_signed(&m, v, data, len) == 0)
		ok = evp_verify(pkey, md, v, m.data, m.len);
	msg_free(&m);
	EVP_PKEY_free(pkey);
	return (ok);
}
