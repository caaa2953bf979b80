/* SPDX-License-Identifier: ISC */
/*
 * Signatures for the child.
 */
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "lib/msg.h"
#include "monitor/sign.h"

#define MSG_KEXINIT		20	/* RFC 4253, section 12 */
#define MSG_USERAUTH_REQUEST	50	/* RFC 4252, section 6 */
#define KEXINIT_MIN		17	/* type and cookie */
#define RAW_MAX			2048	/* a signature of RSA, 16384 bits */

/*
 * Signs with the hash that goes with the key (NULL: the key's own scheme).
 * Returns 0 and the length in *out_len, or -1.
 */
static int
evp_sign(EVP_PKEY *pkey, const EVP_MD *md, const void *data, size_t len,
    uint8_t out[RAW_MAX], size_t *out_len)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	int		 ok;

	*out_len = RAW_MAX;
	ok = ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, md, NULL, pkey) == 1 &&
	    EVP_DigestSign(ctx, out, out_len, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	return (ok ? 0 : -1);
}

/* The hash that ECDSA uses with this key (RFC 5656, section 6.2.1). */
static const EVP_MD *
ecdsa_md(const EVP_PKEY *pkey)
{
	int	bits = EVP_PKEY_get_bits(pkey);

	if (bits <= 256)
		return (EVP_sha256());
	return (bits <= 384 ? EVP_sha384() : EVP_sha512());
}

static const EVP_MD *
md_by_len(size_t len)
{
	if (len == 32)
		return (EVP_sha256());
	return (len == 48 ? EVP_sha384() : EVP_sha512());
}

/* Whether it is an identification line that may be shown (RFC 4253, 4.2). */
static int
is_version(const uint8_t *p, size_t len)
{
	size_t	i;

	if (p == NULL || len < 9 || len >= VERSION_MAX)
		return (0);
	for (i = 0; i < len; i++) {
		if (p[i] < 0x20 || p[i] > 0x7e)
			return (0);
	}
	return (memcmp(p, "SSH-2.0-", 8) == 0 ||
	    memcmp(p, "SSH-1.99-", 9) == 0);
}

static int
is_kexinit(const uint8_t *p, size_t len)
{
	return (p != NULL && len > KEXINIT_MIN && p[0] == MSG_KEXINIT);
}

static const struct sign_host_key *
own_key(const struct sign_host_key *keys, size_t n, const uint8_t *blob,
    size_t len)
{
	size_t	i;

	for (i = 0; blob != NULL && i < n; i++) {
		if (keys[i].blob_len == len &&
		    memcmp(keys[i].blob, blob, len) == 0)
			return (&keys[i]);
	}
	return (NULL);
}

static const char *
read_exchange(const struct ask_sign *a, const struct sign_host_key *keys,
    size_t n, struct sign_exchange *x)
{
	const uint8_t	*p[8];
	size_t		 len[8];
	struct msg	 m;
	int		 i;

	msg_borrow(&m, a->transcript, a->len);
	for (i = 0; i < 8; i++)
		p[i] = msg_get_blob(&m, a->len, &len[i]);
	if (!msg_end(&m))
		return ("not an exchange");
	if (!is_version(p[0], len[0]))
		return ("V_C is no version");
	if (p[1] == NULL || len[1] != strlen(SERVER_VERSION) ||
	    memcmp(p[1], SERVER_VERSION, len[1]) != 0)
		return ("V_S is not ours");
	if (!is_kexinit(p[2], len[2]) || !is_kexinit(p[3], len[3]))
		return ("no KEXINIT");
	if ((x->key = own_key(keys, n, p[4], len[4])) == NULL)
		return ("K_S is not our host key");
	memcpy(x->client_version, p[0], len[0]);
	x->client_version[len[0]] = '\0';
	return (NULL);
}

/* The hash in a host key's signature; -1 if the child wants another. */
static int
exchange_md(const EVP_PKEY *pkey, size_t len, const EVP_MD **md)
{
	*md = NULL;
	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		if (len != 32 && len != 64)
			return (-1);
		*md = md_by_len(len);
		return (0);
	case EVP_PKEY_EC:
		*md = ecdsa_md(pkey);
		return ((size_t)EVP_MD_get_size(*md) == len ? 0 : -1);
	}
	return (len == 0 ? 0 : -1);
}

const char *
sign_exchange(const struct ask_sign *a, const struct sign_host_key *keys,
    size_t nkeys, struct sign_exchange *x, struct msg *sig)
{
	uint8_t		 raw[RAW_MAX];
	const EVP_MD	*md;
	const char	*wrong;
	size_t		 raw_len;
	unsigned	 n;

	memset(x, 0, sizeof(*x));
	if ((wrong = read_exchange(a, keys, nkeys, x)) != NULL)
		return (wrong);
	if (exchange_md(x->key->pkey, a->sig_hash_len, &md) == -1)
		return ("not a hash for this host key");
	if (EVP_Digest(a->transcript, a->len, x->hash, &n,
	    md_by_len(a->hash_len), NULL) != 1)
		return ("cannot hash");
	x->hash_len = n;
	if (evp_sign(x->key->pkey, md, x->hash, x->hash_len, raw,
	    &raw_len) == -1)
		return ("cannot sign");
	msg_put_raw(sig, raw, raw_len);
	return (NULL);
}

static const EVP_MD *
id_md(int i)
{
	switch (i) {
	case 0:
		return (EVP_sha1());
	case 1:
		return (EVP_sha256());
	case 2:
		return (EVP_sha384());
	}
	return (EVP_sha512());
}

int
sign_host(const uint8_t *transcript, size_t len, const uint8_t **key,
    size_t *key_len, struct sign_ids *ids)
{
	const uint8_t	*p[5];
	size_t		 n[5];
	struct msg	 m;
	int		 i;

	memset(ids, 0, sizeof(*ids));
	msg_borrow(&m, transcript, len);
	for (i = 0; i < 5; i++)
		p[i] = msg_get_blob(&m, len, &n[i]);
	*key = p[4];
	*key_len = n[4];
	if (m.error || m.off == m.len || !is_version(p[0], n[0]) ||
	    !is_kexinit(p[2], n[2]) || !is_kexinit(p[3], n[3]))
		return (-1);
	for (i = 0; i < SIGN_IDS; i++) {
		if (EVP_Digest(transcript, len, ids->hash[i], NULL, id_md(i),
		    NULL) != 1)
			return (-1);
	}
	return (0);
}

/* Whether it is what an exchange hash of the connection came to. */
static int
is_session_id(const struct sign_login *l, const uint8_t *id, size_t len)
{
	int	i;

	for (i = l->legacy ? 0 : 1; id != NULL && i < SIGN_IDS; i++) {
		if ((size_t)EVP_MD_get_size(id_md(i)) == len)
			return (memcmp(id, l->ids->hash[i], len) == 0);
	}
	return (0);
}

/* What a login's data names as its algorithm, when all else is right. */
static const uint8_t *
read_login(const uint8_t *data, size_t len, const struct sign_login *l,
    size_t *alg_len)
{
	const uint8_t	*alg, *blob, *id;
	size_t		 id_len, blob_len;
	struct msg	 m;

	msg_borrow(&m, data, len);
	id = msg_get_blob(&m, SIGN_HASH_MAX, &id_len);
	if (!is_session_id(l, id, id_len))
		msg_bad(&m);
	if (msg_get_u8(&m) != MSG_USERAUTH_REQUEST)
		msg_bad(&m);
	msg_want_text(&m, l->account);
	msg_want_text(&m, "ssh-connection");
	msg_want_text(&m, "publickey");
	if (msg_get_u8(&m) != 1)
		msg_bad(&m);
	alg = msg_get_blob(&m, ALG_MAX, alg_len);
	blob = msg_get_blob(&m, KEY_MAX, &blob_len);
	if (!msg_end(&m) || blob_len != l->blob_len ||
	    memcmp(blob, l->blob, blob_len) != 0)
		return (NULL);
	return (alg);
}

static int
is_text(const uint8_t *p, size_t len, const char *text)
{
	return (len == strlen(text) && memcmp(p, text, len) == 0);
}

/* mpint r, mpint s (RFC 5656, section 3.1.2) of a signature in DER. */
static int
put_ecdsa(struct msg *m, const uint8_t *der, size_t len)
{
	const BIGNUM	*part[2];
	ECDSA_SIG	*s;
	uint8_t		 n[RAW_MAX];
	int		 i, size;

	if ((s = d2i_ECDSA_SIG(NULL, &der, len)) == NULL)
		return (-1);
	ECDSA_SIG_get0(s, &part[0], &part[1]);
	for (i = 0; i < 2; i++) {
		n[0] = 0;
		size = BN_bn2bin(part[i], n + 1);
		if (n[1] & 0x80)
			msg_put_blob(m, n, size + 1);
		else
			msg_put_blob(m, n + 1, size);
	}
	ECDSA_SIG_free(s);
	return (0);
}

/*
 * The hash for an algorithm and a kind of key in *md. 0; 1 if the algorithm is
 * known but not used; -1 if it is not this key's.
 */
static int
login_md(const uint8_t *alg, size_t len, const struct sign_login *l,
    const EVP_MD **md)
{
	struct msg	 m;
	const uint8_t	*type;
	size_t		 type_len;

	*md = NULL;
	if (EVP_PKEY_get_base_id(l->pkey) == EVP_PKEY_RSA) {
		if (is_text(alg, len, "rsa-sha2-256"))
			*md = EVP_sha256();
		else if (is_text(alg, len, "rsa-sha2-512"))
			*md = EVP_sha512();
		else if (!is_text(alg, len, "ssh-rsa"))
			return (-1);
		else if (!l->legacy)
			return (1);
		else
			*md = EVP_sha1();
		return (0);
	}
	/* All others sign with the algorithm that their blob begins with. */
	msg_borrow(&m, l->blob, l->blob_len);
	type = msg_get_blob(&m, ALG_MAX, &type_len);
	if (type == NULL || type_len != len || memcmp(type, alg, len) != 0)
		return (-1);
	if (EVP_PKEY_get_base_id(l->pkey) == EVP_PKEY_EC)
		*md = ecdsa_md(l->pkey);
	return (0);
}

int
sign_login(const uint8_t *data, size_t len, const struct sign_login *l,
    struct msg *sig)
{
	uint8_t		 raw[RAW_MAX];
	const uint8_t	*alg;
	const EVP_MD	*md;
	size_t		 alg_len, raw_len;
	int		 r;

	if ((alg = read_login(data, len, l, &alg_len)) == NULL)
		return (-1);
	if ((r = login_md(alg, alg_len, l, &md)) != 0)
		return (r);
	if (evp_sign(l->pkey, md, data, len, raw, &raw_len) == -1)
		return (1);
	if (EVP_PKEY_get_base_id(l->pkey) == EVP_PKEY_EC)
		return (put_ecdsa(sig, raw, raw_len) == -1 ? 1 : 0);
	msg_put_raw(sig, raw, raw_len);
	return (0);
}
