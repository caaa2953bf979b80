/* SPDX-License-Identifier: ISC */
/*
 * The libraries' own start-up.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <libssh/libssh.h>
#include <libssh2.h>

#include "child/chacha.h"
#include "child/evp.h"
#include "child/sandbox.h"
#include "child/warm.h"
#include "lib/log.h"

#define ED25519_SIG_LEN	64

/* A fresh key of this type; the caller frees. */
static EVP_PKEY *
make_key(int type)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_id(type, NULL);
	EVP_PKEY	*key = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_keygen(ctx, &key) != 1)
		fatal("OpenSSL makes no keys of type %d", type);
	EVP_PKEY_CTX_free(ctx);
	return (key);
}

/* One agreement between two throw-away keys. */
static void
warm_x25519(void)
{
	EVP_PKEY	*mine = make_key(EVP_PKEY_X25519);
	EVP_PKEY	*theirs = make_key(EVP_PKEY_X25519);
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new(mine, NULL);
	unsigned char	 secret[64];
	size_t		 len = sizeof(secret);

	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, theirs) != 1 ||
	    EVP_PKEY_derive(ctx, secret, &len) != 1)
		fatal("OpenSSL does no X25519");
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(theirs);
	EVP_PKEY_free(mine);
}

/* One signature and its verification. */
static void
warm_ed25519(void)
{
	static const unsigned char data[] = "warm";
	EVP_PKEY	*key = make_key(EVP_PKEY_ED25519);
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	unsigned char	 sig[ED25519_SIG_LEN];
	size_t		 len = sizeof(sig);

	if (ctx == NULL ||
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, sig, &len, data, sizeof(data)) != 1 ||
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestVerify(ctx, sig, len, data, sizeof(data)) != 1)
		fatal("OpenSSL does no Ed25519");
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

/* What host keys of these kinds are made of, and sign with. */
static void
warm_kind(const char *key, const char *signature)
{
	EVP_KEYMGMT	*k = EVP_KEYMGMT_fetch(NULL, key, NULL);
	EVP_SIGNATURE	*s = EVP_SIGNATURE_fetch(NULL, signature, NULL);

	if (k == NULL || s == NULL)
		fatal("OpenSSL does no %s", signature);
	EVP_SIGNATURE_free(s);
	EVP_KEYMGMT_free(k);
}

void
child_warm_up(void)
{
	static int	done;
	unsigned char	random[16];

	if (done)
		return;
	done = 1;
	evp_init();
	if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1)
		fatal("OpenSSL does not start");
	if (ssh_init() != SSH_OK)
		fatal("libssh does not start");
	if (libssh2_init(0) != 0)
		fatal("libssh2 does not start");
	if (RAND_bytes(random, sizeof(random)) != 1 ||
	    RAND_priv_bytes(random, sizeof(random)) != 1)
		fatal("no random numbers");
	warm_x25519();
	warm_ed25519();
	warm_kind("EC", "ECDSA");
	warm_kind("RSA", "RSA");
	chacha_check();
	sandbox_prepare();
}
