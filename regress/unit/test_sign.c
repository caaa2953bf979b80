/* SPDX-License-Identifier: ISC */
/*
 * What a monitor signs for its child, and what it does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "lib/msg.h"
#include "lib/sshkey.h"
#include "monitor/sign.h"

#define VC	"SSH-2.0-OpenSSH_9.2p1"
#define VS	SERVER_VERSION

static struct sign_host_key	host_key;

/* The eight parts of a transcript; NULL: as it should be. */
struct parts {
	const char	*vc, *vs;
	const uint8_t	*ks;
	size_t		 ks_len;
	uint8_t		 kexinit;	/* first byte of I_C and I_S */
	int		 missing;	/* parts left out at the end */
};

static void
build(struct msg *m, const struct parts *p)
{
	uint8_t	init[40] = { 0 }, q[32] = { 1, 2, 3 };
	int	n;

	msg_init(m);
	init[0] = p->kexinit != 0 ? p->kexinit : 20;
	msg_put_text(m, p->vc != NULL ? p->vc : VC);
	msg_put_text(m, p->vs != NULL ? p->vs : VS);
	msg_put_blob(m, init, sizeof(init));
	msg_put_blob(m, init, sizeof(init));
	msg_put_blob(m, p->ks != NULL ? p->ks : host_key.blob,
	    p->ks != NULL ? p->ks_len : host_key.blob_len);
	for (n = 3 - p->missing; n > 0; n--)
		msg_put_blob(m, q, sizeof(q));
}

static const char *
try_parts(const struct parts *p, struct sign_exchange *x, struct msg *sig)
{
	struct ask_sign	 a;
	struct msg	 m;
	const char	*wrong;

	build(&m, p);
	a.transcript = m.data;
	a.len = m.len;
	a.hash_len = 32;
	a.sig_hash_len = 0;
	wrong = sign_exchange(&a, &host_key, 1, x, sig);
	msg_free(&m);
	return (wrong);
}

static int
verify(EVP_PKEY *pkey, const EVP_MD *md, const void *sig, size_t sig_len,
    const void *data, size_t len)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	int		 ok;

	ok = EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey) == 1 &&
	    EVP_DigestVerify(ctx, sig, sig_len, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	return (ok);
}

static void
test_exchange(void **state)
{
	static const struct {
		uint8_t		 len;
		const EVP_MD	*(*md)(void);
	} hashes[] = { { 32, EVP_sha256 }, { 48, EVP_sha384 },
	    { 64, EVP_sha512 } };
	const struct parts	parts = { 0 };
	struct sign_exchange	x;
	struct ask_sign		a;
	struct msg		m, sig;
	uint8_t			hash[64];
	unsigned		n;
	size_t			i;

	(void)state;
	for (i = 0; i < 3; i++) {
		build(&m, &parts);
		a.transcript = m.data;
		a.len = m.len;
		a.hash_len = hashes[i].len;
		a.sig_hash_len = 0;
		msg_init(&sig);
		assert_null(sign_exchange(&a, &host_key, 1, &x, &sig));
		EVP_Digest(m.data, m.len, hash, &n, hashes[i].md(), NULL);
		assert_int_equal(x.hash_len, hashes[i].len);
		assert_memory_equal(x.hash, hash, n);
		assert_ptr_equal(x.key, &host_key);
		assert_string_equal(x.client_version, VC);
		assert_true(verify(host_key.pkey, NULL, sig.data, sig.len,
		    hash, n));
		msg_free(&sig);
		msg_free(&m);
	}
}

static void
test_exchange_refused(void **state)
{
	static const uint8_t	foreign[51] = { 0, 0, 0, 11, 's', 's', 'h' };
	const struct parts	bad[] = {
		{ .vs = "SSH-2.0-OpenSSH_9.2p1" },
		{ .vs = "SSH-2.0-libssh_" },
		{ .vs = "" },
		{ .vc = "hello" },
		{ .vc = "SSH-2.0-a\nb" },
		{ .vc = "SSH-1.5-old" },
		{ .vc = "" },
		{ .ks = foreign, .ks_len = sizeof(foreign) },
		{ .ks = host_key.blob, .ks_len = host_key.blob_len - 1 },
		{ .ks = host_key.blob, .ks_len = 0 },
		{ .kexinit = 21 },
		{ .missing = 1 },
		{ .missing = 3 },
	};
	struct sign_exchange	x;
	struct msg		sig;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		msg_init(&sig);
		if (try_parts(&bad[i], &x, &sig) == NULL)
			fail_msg("case %zu was signed", i);
		assert_int_equal(sig.len, 0);
		msg_free(&sig);
	}
}

/* Host keys of each type, as a portal that was moved has them. */
static const struct {
	const char	*kind;
	unsigned	 bits;
	uint8_t		 fits[3];	/* of its signature; 0xff: none */
} kinds[] = {
	{ "ed25519", 0, { 0, 0xff, 0xff } },
	{ "ecdsa", 256, { 32, 0xff, 0xff } },
	{ "rsa", 2048, { 32, 64, 0xff } },
	{ "ecdsa", 384, { 48, 0xff, 0xff } },
	{ "ecdsa", 521, { 64, 0xff, 0xff } },
};
#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

static void
try_hash(const struct sign_host_key *keys, size_t i, uint8_t len)
{
	const struct parts	parts = { .ks = keys[i].blob,
				    .ks_len = keys[i].blob_len };
	struct sign_exchange	x;
	struct ask_sign		a = { .hash_len = 48, .sig_hash_len = len };
	struct msg		m, sig;
	const EVP_MD		*md;

	build(&m, &parts);
	a.transcript = m.data;
	a.len = m.len;
	msg_init(&sig);
	if (memchr(kinds[i].fits, len, sizeof(kinds[i].fits)) == NULL) {
		assert_non_null(sign_exchange(&a, keys, NKINDS, &x, &sig));
		assert_int_equal(sig.len, 0);
	} else {
		assert_null(sign_exchange(&a, keys, NKINDS, &x, &sig));
		assert_ptr_equal(x.key, &keys[i]);
		md = len == 0 ? NULL : len == 32 ? EVP_sha256() : len == 48 ?
		    EVP_sha384() : EVP_sha512();
		assert_true(verify(keys[i].pkey, md, sig.data, sig.len,
		    x.hash, x.hash_len));
		/* a key that is not among ours any more signs nothing */
		msg_free(&sig);
		assert_non_null(sign_exchange(&a, keys, i, &x, &sig));
		assert_int_equal(sig.len, 0);
	}
	msg_free(&sig);
	msg_free(&m);
}

/* The key that K_S says signs, with a hash that is its own, and no other. */
static void
test_exchange_keys(void **state)
{
	static const uint8_t	lens[] = { 0, 20, 32, 48, 64 };
	struct sign_host_key	keys[NKINDS];
	size_t			i, n;

	(void)state;
	for (i = 0; i < NKINDS; i++) {
		assert_int_equal(sshkey_generate(kinds[i].kind, kinds[i].bits,
		    &keys[i].pkey, NULL, 0), 0);
		assert_int_equal(sshkey_blob(keys[i].pkey, &keys[i].blob,
		    &keys[i].blob_len), 0);
	}
	for (i = 0; i < NKINDS; i++) {
		for (n = 0; n < sizeof(lens); n++)
			try_hash(keys, i, lens[n]);
	}
	for (i = 0; i < NKINDS; i++) {
		EVP_PKEY_free(keys[i].pkey);
		free(keys[i].blob);
	}
}

/* Nothing shorter and nothing longer than a transcript is signed. */
static void
test_exchange_cut(void **state)
{
	const struct parts	parts = { 0 };
	struct sign_exchange	x;
	struct ask_sign		a = { .hash_len = 32 };
	struct msg		m, sig;

	(void)state;
	build(&m, &parts);
	msg_init(&sig);
	a.transcript = m.data;
	for (a.len = 0; a.len < m.len; a.len++)
		assert_non_null(sign_exchange(&a, &host_key, 1, &x, &sig));
	msg_put_u8(&m, 0);
	a.transcript = m.data;
	a.len = m.len;
	assert_non_null(sign_exchange(&a, &host_key, 1, &x, &sig));
	assert_int_equal(sig.len, 0);
	msg_free(&m);
}

/* Data of a login on a host. */
struct login {
	size_t		 id_len;
	uint8_t		 type;
	const char	*user, *service, *method, *alg;
	uint8_t		 has_sig;
	const uint8_t	*blob;
	size_t		 blob_len;
	int		 trailing;
	int		 other_id;
};

static void
build_login(struct msg *m, const struct login *l)
{
	uint8_t	id[64] = { 7 };

	if (l->other_id)
		id[l->id_len - 1] ^= 1;
	msg_init(m);
	msg_put_blob(m, id, l->id_len);
	msg_put_u8(m, l->type);
	msg_put_text(m, l->user);
	msg_put_text(m, l->service);
	msg_put_text(m, l->method);
	msg_put_u8(m, l->has_sig);
	msg_put_text(m, l->alg);
	msg_put_blob(m, l->blob, l->blob_len);
	if (l->trailing)
		msg_put_u8(m, 0);
}

struct up {
	EVP_PKEY	*pkey;
	uint8_t		*blob;
	size_t		 len;
};

static void
make(struct up *k, const char *kind, unsigned bits)
{
	assert_int_equal(sshkey_generate(kind, bits, &k->pkey, NULL, 0), 0);
	assert_int_equal(sshkey_blob(k->pkey, &k->blob, &k->len), 0);
}

static void
unmake(struct up *k)
{
	EVP_PKEY_free(k->pkey);
	free(k->blob);
}

static struct login
good_login(const struct up *k, const char *alg)
{
	return ((struct login){ .id_len = 32, .type = 50, .user = "bart",
	    .service = "ssh-connection", .method = "publickey", .has_sig = 1,
	    .alg = alg, .blob = k->blob, .blob_len = k->len });
}

static int
try_login(const struct up *k, const struct login *l, int legacy,
    struct msg *m, struct msg *sig)
{
	const struct sign_ids	ids = { { { 7 }, { 7 }, { 7 }, { 7 } } };
	const struct sign_login	s = { .account = "bart", .pkey = k->pkey,
				    .blob = k->blob, .blob_len = k->len,
				    .legacy = legacy, .ids = &ids };

	build_login(m, l);
	msg_init(sig);
	return (sign_login(m->data, m->len, &s, sig));
}

/* ECDSA: mpint r, mpint s, made DER again. */
static void
ecdsa_der(struct msg *sig, struct msg *der)
{
	const uint8_t	*r, *s;
	size_t		 rlen, slen;
	ECDSA_SIG	*e = ECDSA_SIG_new();
	unsigned char	*out = NULL;
	int		 n;

	r = msg_get_blob(sig, 128, &rlen);
	s = msg_get_blob(sig, 128, &slen);
	assert_true(msg_end(sig));
	assert_false(r[0] & 0x80);
	assert_false(s[0] & 0x80);
	assert_int_equal(ECDSA_SIG_set0(e, BN_bin2bn(r, rlen, NULL),
	    BN_bin2bn(s, slen, NULL)), 1);
	n = i2d_ECDSA_SIG(e, &out);
	assert_true(n > 0);
	msg_init(der);
	msg_put_raw(der, out, n);
	OPENSSL_free(out);
	ECDSA_SIG_free(e);
}

static void
test_login(void **state)
{
	static const struct {
		const char	*kind;
		unsigned	 bits;
		const char	*alg;
		const EVP_MD	*(*md)(void);
	} kinds[] = {
		{ "ed25519", 0, "ssh-ed25519", NULL },
		{ "rsa", 2048, "rsa-sha2-256", EVP_sha256 },
		{ "rsa", 2048, "rsa-sha2-512", EVP_sha512 },
		{ "ecdsa", 256, "ecdsa-sha2-nistp256", EVP_sha256 },
		{ "ecdsa", 384, "ecdsa-sha2-nistp384", EVP_sha384 },
		{ "ecdsa", 521, "ecdsa-sha2-nistp521", EVP_sha512 },
	};
	struct msg	m, sig, der;
	struct login	l;
	struct up	k;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		make(&k, kinds[i].kind, kinds[i].bits);
		l = good_login(&k, kinds[i].alg);
		assert_int_equal(try_login(&k, &l, 0, &m, &sig), 0);
		msg_init(&der);
		if (strcmp(kinds[i].kind, "ecdsa") == 0)
			ecdsa_der(&sig, &der);
		else
			msg_put_raw(&der, sig.data, sig.len);
		assert_true(verify(k.pkey, kinds[i].md != NULL ?
		    kinds[i].md() : NULL, der.data, der.len, m.data, m.len));
		msg_free(&der);
		msg_free(&sig);
		msg_free(&m);
		unmake(&k);
	}
}

static void
refused(const struct up *k, const struct login *l, int want, int line)
{
	struct msg	m, sig;
	int		r;

	r = try_login(k, l, 0, &m, &sig);
	if (r != want || sig.len != 0)
		fail_msg("line %d: %d", line, r);
	msg_free(&sig);
	msg_free(&m);
}

#define REFUSED(k, field, value, want) do {		\
	struct login	changed = good;			\
							\
	changed.field = (value);			\
	refused(k, &changed, want, __LINE__);		\
} while (0)

static void
test_login_refused(void **state)
{
	struct login	good;
	struct up	k, other, rsa;

	(void)state;
	make(&k, "ed25519", 0);
	make(&other, "ed25519", 0);
	make(&rsa, "rsa", 2048);
	good = good_login(&k, "ssh-ed25519");
	REFUSED(&k, user, "root", -1);
	REFUSED(&k, user, "", -1);
	REFUSED(&k, service, "ssh-userauth", -1);
	REFUSED(&k, method, "hostbased", -1);
	REFUSED(&k, method, "publickey-hostbound-v00@openssh.com", -1);
	REFUSED(&k, type, 51, -1);
	REFUSED(&k, has_sig, 0, -1);
	REFUSED(&k, id_len, 0, -1);
	REFUSED(&k, id_len, 20, -1);
	REFUSED(&k, id_len, 33, -1);
	REFUSED(&k, other_id, 1, -1);
	REFUSED(&k, alg, "rsa-sha2-256", -1);
	REFUSED(&k, alg, "", -1);
	REFUSED(&k, blob, other.blob, -1);
	REFUSED(&k, blob_len, k.len - 1, -1);
	REFUSED(&k, trailing, 1, -1);
	good = good_login(&rsa, "rsa-sha2-256");
	REFUSED(&rsa, alg, "ssh-rsa", 1);
	REFUSED(&rsa, alg, "ssh-ed25519", -1);
	good = good_login(&k, "ssh-ed25519");
	REFUSED(&k, alg, "ssh-rsa", -1);
	unmake(&k);
	unmake(&other);
	unmake(&rsa);
}

/* RSA with SHA-1, only with a host marked as old. */
static void
test_login_legacy_rsa(void **state)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	struct login	 l;
	struct msg	 m, sig;
	struct up	 k;

	(void)state;
	make(&k, "rsa", 2048);
	l = good_login(&k, "ssh-rsa");
	assert_int_equal(try_login(&k, &l, 1, &m, &sig), 0);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha1(), NULL,
	    k.pkey), 1);
	assert_int_equal(EVP_DigestVerify(ctx, sig.data, sig.len, m.data,
	    m.len), 1);
	EVP_MD_CTX_free(ctx);
	msg_free(&sig);
	msg_free(&m);
	assert_int_equal(try_login(&k, &l, 0, &m, &sig), 1);
	assert_int_equal(sig.len, 0);
	msg_free(&sig);
	msg_free(&m);
	unmake(&k);
}

/* A session id of a SHA-1 exchange, only with a host marked as old. */
static void
test_login_legacy(void **state)
{
	struct login	l;
	struct msg	m, sig;
	struct up	k;

	(void)state;
	make(&k, "ed25519", 0);
	l = good_login(&k, "ssh-ed25519");
	l.id_len = 20;
	assert_int_equal(try_login(&k, &l, 1, &m, &sig), 0);
	msg_free(&sig);
	msg_free(&m);
	l.other_id = 1;
	assert_int_equal(try_login(&k, &l, 1, &m, &sig), -1);
	msg_free(&sig);
	msg_free(&m);
	unmake(&k);
}

/* K_S of an exchange with a host, and the hashes of all of it. */
static void
test_host(void **state)
{
	static const EVP_MD	*(*const mds[])(void) = { EVP_sha1, EVP_sha256,
				    EVP_sha384, EVP_sha512 };
	const struct parts	 good = { .vs = "SSH-2.0-other" };
	struct sign_ids		 ids;
	uint8_t			 hash[EVP_MAX_MD_SIZE];
	const uint8_t		*key;
	struct msg		 m;
	size_t			 i, len;
	unsigned		 n;

	(void)state;
	build(&m, &good);
	assert_int_equal(sign_host(m.data, m.len, &key, &len, &ids), 0);
	assert_int_equal(len, host_key.blob_len);
	assert_memory_equal(key, host_key.blob, len);
	for (i = 0; i < SIGN_IDS; i++) {
		EVP_Digest(m.data, m.len, hash, &n, mds[i](), NULL);
		assert_memory_equal(ids.hash[i], hash, n);
	}
	msg_free(&m);
}

static void
test_host_refused(void **state)
{
	static const struct parts	bad[] = {
		{ .missing = 3 },	/* K_S is the end */
		{ .kexinit = 21 },
		{ .vc = "SSH-1.5-old" },
		{ .vc = "" },
	};
	struct sign_ids		 ids;
	const uint8_t		*key;
	struct msg		 m;
	size_t			 i, len;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		build(&m, &bad[i]);
		assert_int_equal(sign_host(m.data, m.len, &key, &len, &ids),
		    -1);
		msg_free(&m);
	}
	assert_int_equal(sign_host((const uint8_t *)"", 0, &key, &len, &ids),
	    -1);
	build(&m, &(struct parts){ .missing = 3 });
	for (i = 0; i < m.len; i++)
		assert_int_equal(sign_host(m.data, i, &key, &len, &ids), -1);
	msg_free(&m);
}

static int
set_up(void **state)
{
	(void)state;
	return (sshkey_generate("ed25519", 0, &host_key.pkey, NULL, 0) ||
	    sshkey_blob(host_key.pkey, &host_key.blob, &host_key.blob_len));
}

static int
tear_down(void **state)
{
	(void)state;
	EVP_PKEY_free(host_key.pkey);
	free(host_key.blob);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchange),
		cmocka_unit_test(test_exchange_keys),
		cmocka_unit_test(test_exchange_refused),
		cmocka_unit_test(test_exchange_cut),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_login_refused),
		cmocka_unit_test(test_login_legacy),
		cmocka_unit_test(test_login_legacy_rsa),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_host_refused),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
