/* SPDX-License-Identifier: ISC */
/*
 * The OpenSSL functions that stand before libcrypto's.
 *
 * In a key exchange libssh hashes the transcript (it begins with the client's
 * version, a string "SSH-2.0-…"), which EVP_DigestUpdate() keeps, and signs
 * the hash with its host key, for which EVP_DigestSign() asks the monitor.
 * When a person logs in, EVP_DigestVerify() keeps the signature that libssh
 * found right; the monitor verifies it again, and both must agree. No private
 * half is here, and none is used: the hollow keys that libssh gets have the
 * true public half, for K_S and the size of a signature. libssh 0.12
 * makes the public half of an Ed25519 key from its private half, which is
 * hollow: EVP_PKEY_new_raw_private_key() hands out the real public half.
 *
 * libssh2 hashes its exchange with a host in many pieces, of which the first is
 * the length of its version and the second the version; EVP_DigestUpdate()
 * keeps them until EVP_DigestFinal(), for the monitor to hash them once more:
 * so it knows the session id that a login's signature must be for.
 *
 * The lookup of the next definition works for a shared libcrypto, whether
 * libssh itself is shared or static.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "child/evp.h"
#include "lib/log.h"
#include "lib/msg.h"
#include "lib/xmalloc.h"

#define ED25519_LEN	32
#define PREIMAGE	"SSH-2.0-"
#define PREIMAGE_OFF	4	/* behind the length of the first string */
#define SK_DATA_LEN	69	/* SHA-256, flags, counter, SHA-256 */
#define SK_FLAGS_OFF	32
#define SK_COUNTER_OFF	33
#define ED25519		"ssh-ed25519"
#define RSA_TYPE	"ssh-rsa"
#define NUMBER		"\3"	/* a private number, as good as any other */

typedef int digest_update(EVP_MD_CTX *, const void *, size_t);
typedef int digest_final(EVP_MD_CTX *, unsigned char *, unsigned int *);
typedef int digest_sign(EVP_MD_CTX *, unsigned char *, size_t *,
	    const unsigned char *, size_t);
typedef int digest_verify(EVP_MD_CTX *, const unsigned char *, size_t,
	    const unsigned char *, size_t);
typedef EVP_PKEY *raw_private_key(int, ENGINE *, const unsigned char *,
	    size_t);

static digest_update	*real_update;
static digest_final	*real_final;
static digest_sign	*real_sign;
static digest_verify	*real_verify;
static raw_private_key	*real_private_key;

static enum evp_side	 side;
static evp_signer	*signer;
static uint8_t		 transcript[TRANSCRIPT_MAX];
static size_t		 transcript_len;
static struct evp_verified verified;
static int		 have_verified, have_refused;
static struct {
	EVP_MD_CTX	*ctx;		/* that is fed; NULL: none is */
	struct msg	 m;
	int		 whole;
} exchange;
static uint8_t		 hollow_seed[ED25519_LEN], hollow_pub[ED25519_LEN];
static int		 have_hollow;

/* Puts the next definition of a function behind ours into *(void **)where. */
static void
find_real(void *where, const char *name)
{
	void	*p;

	if ((p = dlsym(RTLD_NEXT, name)) == NULL)
		fatal("libcrypto has no %s", name);
	memcpy(where, &p, sizeof(p));
}

void
evp_init(void)
{
	find_real(&real_update, "EVP_DigestUpdate");
	find_real(&real_final, "EVP_DigestFinal");
	find_real(&real_sign, "EVP_DigestSign");
	find_real(&real_verify, "EVP_DigestVerify");
	find_real(&real_private_key, "EVP_PKEY_new_raw_private_key");
}

enum evp_side
evp_enter(enum evp_side now)
{
	enum evp_side	before = side;

	side = now;
	return (before);
}

void
evp_set_signer(evp_signer *fn)
{
	signer = fn;
}

static void
exchange_forget(void)
{
	msg_free(&exchange.m);
	exchange.ctx = NULL;
	exchange.whole = 0;
}

/* Whether more is kept than what may be any number. */
static int
exchange_begun(void)
{
	return (exchange.ctx != NULL && exchange.m.len > PREIMAGE_OFF);
}

static void
exchange_piece(EVP_MD_CTX *ctx, const void *data, size_t len)
{
	if (exchange.whole || (exchange_begun() && ctx != exchange.ctx))
		return;
	if (exchange_begun() || (ctx == exchange.ctx &&
	    len > strlen(PREIMAGE) &&
	    memcmp(data, PREIMAGE, strlen(PREIMAGE)) == 0)) {
		if (len <= TRANSCRIPT_MAX - exchange.m.len)
			msg_put_raw(&exchange.m, data, len);
		else
			exchange_forget();
		return;
	}
	exchange_forget();
	if (len == PREIMAGE_OFF) {
		msg_put_raw(&exchange.m, data, len);
		exchange.ctx = ctx;
	}
}

int
evp_take_exchange(struct msg *out)
{
	if (!exchange.whole) {
		exchange_forget();
		return (-1);
	}
	*out = exchange.m;
	msg_init(&exchange.m);
	exchange_forget();
	return (0);
}

int
EVP_DigestFinal(EVP_MD_CTX *ctx, unsigned char *md, unsigned int *len)
{
	if (real_final == NULL)
		evp_init();
	if (side == EVP_SIDE_HOST && ctx == exchange.ctx) {
		exchange.whole = exchange_begun();
		exchange.ctx = NULL;
	}
	return (real_final(ctx, md, len));
}

int
EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *data, size_t len)
{
	if (real_update == NULL)
		evp_init();
	if (side == EVP_SIDE_CLIENT &&
	    len > PREIMAGE_OFF + strlen(PREIMAGE) &&
	    len <= sizeof(transcript) &&
	    memcmp((const char *)data + PREIMAGE_OFF, PREIMAGE,
	    strlen(PREIMAGE)) == 0) {
		memcpy(transcript, data, len);
		transcript_len = len;
	}
	if (side == EVP_SIDE_HOST)
		exchange_piece(ctx, data, len);
	return (real_update(ctx, data, len));
}

/* The length of the hash within a signature; 0: it has none (Ed25519). */
static size_t
digest_len(EVP_MD_CTX *ctx)
{
	const EVP_MD	*md = EVP_MD_CTX_get0_md(ctx);

	return (md == NULL ? 0 : EVP_MD_get_size(md));
}

int
EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *siglen,
    const unsigned char *data, size_t len)
{
	int	r;

	if (real_sign == NULL)
		evp_init();
	if (side != EVP_SIDE_CLIENT)
		return (real_sign(ctx, sig, siglen, data, len));
	if (sig == NULL || signer == NULL || transcript_len == 0)
		return (0);
	r = signer(transcript, transcript_len, len, digest_len(ctx), sig,
	    siglen);
	explicit_bzero(transcript, transcript_len);
	transcript_len = 0;
	return (r == 0);
}

/* Keeps what libssh found right. */
static void
keep_verified(EVP_MD_CTX *ctx, const uint8_t *sig, size_t siglen,
    const uint8_t *data, size_t len)
{
	memcpy(verified.sig, sig, siglen);
	verified.len = siglen;
	verified.hash_len = digest_len(ctx);
	verified.sk_flags = 0;
	verified.sk_counter = 0;
	if (len == SK_DATA_LEN) {
		verified.sk_flags = data[SK_FLAGS_OFF];
		data += SK_COUNTER_OFF;
		verified.sk_counter = (uint32_t)data[0] << 24 |
		    data[1] << 16 | data[2] << 8 | data[3];
	}
	have_verified = 1;
}

int
EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig, size_t siglen,
    const unsigned char *data, size_t len)
{
	int	r;

	if (real_verify == NULL)
		evp_init();
	r = real_verify(ctx, sig, siglen, data, len);
	if (side != EVP_SIDE_CLIENT)
		return (r);
	have_verified = 0;
	if (r != 1)
		have_refused = 1;
	else if (siglen <= sizeof(verified.sig))
		keep_verified(ctx, sig, siglen, data, len);
	return (r);
}

EVP_PKEY *
EVP_PKEY_new_raw_private_key(int type, ENGINE *e, const unsigned char *key,
    size_t len)
{
	if (real_private_key == NULL)
		evp_init();
	if (side == EVP_SIDE_CLIENT && have_hollow &&
	    type == EVP_PKEY_ED25519 && len == sizeof(hollow_seed) &&
	    memcmp(key, hollow_seed, len) == 0)
		return (EVP_PKEY_new_raw_public_key(type, e, hollow_pub,
		    sizeof(hollow_pub)));
	return (real_private_key(type, e, key, len));
}

int
evp_take_verified(struct evp_verified *v)
{
	if (!have_verified)
		return (-1);
	*v = verified;
	explicit_bzero(&verified, sizeof(verified));
	have_verified = 0;
	return (0);
}

int
evp_take_refused(void)
{
	int	r = have_refused;

	have_refused = 0;
	return (r);
}

/* A public half out of a blob, as its private part has it once more. */
struct public_half {
	const uint8_t	*type, *a, *b;
	size_t		 type_len, a_len, b_len;
};

static int
is_type(const struct public_half *p, const char *type)
{
	return (p->type_len == strlen(type) &&
	    memcmp(p->type, type, p->type_len) == 0);
}

/*
 * ssh-ed25519: the key (RFC 8709, section 4). ssh-rsa: e and n (RFC 4253,
 * section 6.6). ecdsa-sha2-…: the curve and the point (RFC 5656, section 3.1).
 */
static int
read_blob(const uint8_t *blob, size_t len, struct public_half *p)
{
	struct msg	m;

	memset(p, 0, sizeof(*p));
	msg_borrow(&m, blob, len);
	p->type = msg_get_blob(&m, ALG_MAX, &p->type_len);
	p->a = msg_get_blob(&m, len, &p->a_len);
	if (p->type != NULL && !is_type(p, ED25519))
		p->b = msg_get_blob(&m, len, &p->b_len);
	if (!msg_end(&m))
		return (-1);
	return (p->b == NULL && p->a_len != ED25519_LEN ? -1 : 0);
}

/*
 * Numbers that could be the private ones for all that is checked. Nothing is
 * ever computed with them.
 */
static void
put_secret(struct msg *m, const struct public_half *p)
{
	int	i;

	if (is_type(p, ED25519)) {
		msg_put_blob(m, p->a, p->a_len);
		msg_put_u32(m, 2 * ED25519_LEN);
		msg_put_raw(m, hollow_seed, ED25519_LEN);
		msg_put_raw(m, p->a, ED25519_LEN);
	} else if (is_type(p, RSA_TYPE)) {
		msg_put_blob(m, p->b, p->b_len);
		msg_put_blob(m, p->a, p->a_len);
		for (i = 0; i < 4; i++)		/* d, iqmp, p, q */
			msg_put_text(m, NUMBER);
	} else {
		msg_put_blob(m, p->a, p->a_len);
		msg_put_blob(m, p->b, p->b_len);
		msg_put_text(m, NUMBER);
	}
}

/* The private part of OpenSSH's key file (PROTOCOL.key), unencrypted. */
static void
put_private(struct msg *m, const struct public_half *pub)
{
	struct msg	p;
	uint8_t		pad;

	msg_init(&p);
	msg_put_u32(&p, 0);	/* twice the same: "decrypted well" */
	msg_put_u32(&p, 0);
	msg_put_blob(&p, pub->type, pub->type_len);
	put_secret(&p, pub);
	msg_put_text(&p, "hollow");
	for (pad = 1; p.len % 8 != 0; pad++)
		msg_put_u8(&p, pad);
	msg_put_blob(m, p.data, p.len);
	msg_free(&p);
}

/* The hollow key as the text of a key file; caller frees. */
static char *
hollow_text(const uint8_t *blob, size_t len, const struct public_half *pub)
{
	static const char	 magic[] = "openssh-key-v1"; /* with its NUL */
	struct msg		 m;
	char			*base64, *text;

	msg_init(&m);
	msg_put_raw(&m, magic, sizeof(magic));
	msg_put_text(&m, "none");	/* cipher, key derivation, options */
	msg_put_text(&m, "none");
	msg_put_text(&m, "");
	msg_put_u32(&m, 1);
	msg_put_blob(&m, blob, len);
	put_private(&m, pub);
	base64 = xmalloc(m.len / 3 * 4 + 5);
	EVP_EncodeBlock((unsigned char *)base64, m.data, m.len);
	text = xasprintf("-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n"
	    "-----END OPENSSH PRIVATE KEY-----\n", base64);
	free(base64);
	msg_free(&m);
	return (text);
}

/* A seed to know it by. */
static int
seed_ed25519(const struct public_half *p)
{
	have_hollow = 0;
	if (RAND_bytes(hollow_seed, sizeof(hollow_seed)) != 1)
		return (-1);
	memcpy(hollow_pub, p->a, ED25519_LEN);
	have_hollow = 1;
	return (0);
}

int
evp_hollow_key(const uint8_t *blob, size_t len, ssh_key *key)
{
	enum evp_side	 before;
	struct public_half	 p;
	char		*text;
	int		 r;

	if (read_blob(blob, len, &p) == -1 ||
	    (is_type(&p, ED25519) && seed_ed25519(&p) == -1))
		return (-1);
	text = hollow_text(blob, len, &p);
	before = evp_enter(EVP_SIDE_CLIENT);
	r = ssh_pki_import_privkey_base64(text, NULL, NULL, NULL, key);
	evp_enter(before);
	free(text);
	return (r == SSH_OK ? 0 : -1);
}
