/* SPDX-License-Identifier: ISC */
/*
 * Signatures of people: each kind of key with each algorithm, what was
 * changed in any bit, what is too short, and tokens that nobody touched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "lib/msg.h"
#include "lib/sshkey.h"
#include "lib/verify_sig.h"

static const char	data[] = "what was agreed on";
#define DATA_LEN	(sizeof(data) - 1)

/* A key pair, and a signature by it. */
struct made {
	EVP_PKEY	*pkey;
	uint8_t		*blob;
	size_t		 len;
	uint8_t		 sig[2048];
	size_t		 sig_len;
};

static void
sign(struct made *k, const EVP_MD *md, const void *what, size_t len)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();

	k->sig_len = sizeof(k->sig);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, k->pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, k->sig, &k->sig_len, what, len),
	    1);
	EVP_MD_CTX_free(ctx);
}

static void
make(struct made *k, const char *kind, unsigned bits)
{
	char	err[256];

	assert_int_equal(sshkey_generate(kind, bits, &k->pkey, err,
	    sizeof(err)), 0);
	assert_int_equal(sshkey_blob(k->pkey, &k->blob, &k->len), 0);
}

static void
unmake(struct made *k)
{
	EVP_PKEY_free(k->pkey);
	free(k->blob);
}

static int
verify_with(const struct made *k, const char *alg, uint8_t flags,
    uint32_t counter, const void *what, size_t len)
{
	const struct verify_sig	v = {
		.alg = alg, .key = k->blob, .key_len = k->len,
		.sig = k->sig, .sig_len = k->sig_len,
		.sk_flags = flags, .sk_counter = counter,
	};

	return (verify_sig(&v, what, len));
}

static int
verify(const struct made *k, const char *alg)
{
	return (verify_with(k, alg, 0, 0, data, DATA_LEN));
}

static const struct {
	const char	*kind;
	unsigned	 bits;
	const char	*alg, *log_name;
	const EVP_MD	*(*md)(void);
} kinds[] = {
	{ "ed25519", 0, "ssh-ed25519", "ED25519", NULL },
	{ "rsa", 2048, "rsa-sha2-256", "RSA", EVP_sha256 },
	{ "rsa", 2048, "rsa-sha2-512", "RSA", EVP_sha512 },
	{ "ecdsa", 256, "ecdsa-sha2-nistp256", "ECDSA", EVP_sha256 },
	{ "ecdsa", 384, "ecdsa-sha2-nistp384", "ECDSA", EVP_sha384 },
	{ "ecdsa", 521, "ecdsa-sha2-nistp521", "ECDSA", EVP_sha512 },
};
#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

static void
test_kinds(void **state)
{
	struct made	k, other;
	size_t		i, j;

	(void)state;
	for (i = 0; i < NKINDS; i++) {
		make(&k, kinds[i].kind, kinds[i].bits);
		make(&other, kinds[i].kind, kinds[i].bits);
		sign(&k, kinds[i].md != NULL ? kinds[i].md() : NULL, data,
		    DATA_LEN);
		assert_null(verify_sig_key(k.blob, k.len, kinds[i].alg));
		assert_string_equal(verify_sig_log_name(k.blob, k.len),
		    kinds[i].log_name);
		assert_true(verify(&k, kinds[i].alg));
		for (j = 0; j < NKINDS; j++) {
			if (strcmp(kinds[j].alg, kinds[i].alg) != 0)
				assert_false(verify(&k, kinds[j].alg));
		}
		/* Other bytes, one less, another key. */
		assert_false(verify_with(&k, kinds[i].alg, 0, 0,
		    "what was agreed oN", DATA_LEN));
		assert_false(verify_with(&k, kinds[i].alg, 0, 0, data,
		    DATA_LEN - 1));
		memcpy(other.sig, k.sig, k.sig_len);
		other.sig_len = k.sig_len;
		assert_false(verify(&other, kinds[i].alg));
		unmake(&k);
		unmake(&other);
	}
}

static void
test_every_bit_counts(void **state)
{
	struct made	k;
	size_t		i;

	(void)state;
	make(&k, "ed25519", 0);
	sign(&k, NULL, data, DATA_LEN);
	for (i = 0; i < k.sig_len * 8; i++) {
		k.sig[i / 8] ^= 1 << i % 8;
		assert_false(verify(&k, "ssh-ed25519"));
		k.sig[i / 8] ^= 1 << i % 8;
	}
	for (i = 0; i <= k.sig_len; i++) {
		k.sig_len--;
		assert_false(verify(&k, "ssh-ed25519"));
		k.sig_len++;
	}
	assert_true(verify(&k, "ssh-ed25519"));
	unmake(&k);
}

static void
test_malformed_keys(void **state)
{
	struct made	k;
	size_t		n, whole;

	(void)state;
	make(&k, "ed25519", 0);
	sign(&k, NULL, data, DATA_LEN);
	whole = k.len;
	for (n = 0; n < whole; n++) {
		k.len = n;
		assert_false(verify(&k, "ssh-ed25519"));
		assert_non_null(verify_sig_key(k.blob, n, "ssh-ed25519"));
	}
	k.blob = realloc(k.blob, whole + 1);
	k.blob[whole] = 0;
	k.len = whole + 1;
	assert_false(verify(&k, "ssh-ed25519"));
	assert_string_equal(verify_sig_log_name((const uint8_t *)"x", 1),
	    "UNKNOWN");
	unmake(&k);
}

static void
test_refused_algorithms(void **state)
{
	static const char *const	no[] = { "", "ssh-rsa", "ssh-dss",
				    "ssh-ed25519-cert-v01@openssh.com",
				    "rsa-sha2-256-cert-v01@openssh.com" };
	struct made			k;
	size_t				i;

	(void)state;
	make(&k, "rsa", 2048);
	sign(&k, EVP_sha1(), data, DATA_LEN);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		assert_non_null(verify_sig_key(k.blob, k.len, no[i]));
		assert_false(verify(&k, no[i]));
	}
	unmake(&k);
}

static void
test_short_rsa(void **state)
{
	struct made	k;

	(void)state;
	assert_non_null(k.pkey = EVP_RSA_gen(1024));
	assert_int_equal(sshkey_blob(k.pkey, &k.blob, &k.len), 0);
	sign(&k, EVP_sha256(), data, DATA_LEN);
	assert_string_equal(verify_sig_key(k.blob, k.len, "rsa-sha2-256"),
	    "RSA key too short");
	assert_false(verify(&k, "rsa-sha2-256"));
	unmake(&k);
}

/* The blob of an sk-… key around a plain pair's public half. */
static void
make_token(struct made *k, const char *kind, const char *type)
{
	const uint8_t	*p;
	struct msg	 m, in;
	size_t		 n;

	make(k, kind, 0);
	msg_init(&m);
	msg_put_text(&m, type);
	msg_borrow(&in, k->blob, k->len);
	msg_get_blob(&in, 64, &n);
	while (in.off < in.len) {
		p = msg_get_blob(&in, 1024, &n);
		msg_put_blob(&m, p, n);
	}
	msg_put_text(&m, "ssh:");
	free(k->blob);
	k->len = m.len;
	k->blob = malloc(m.len);
	memcpy(k->blob, m.data, m.len);
	msg_free(&m);
}

/* Signs as a token does: application, flags, counter, data. */
static void
token_sign(struct made *k, const EVP_MD *md, const char *application,
    uint8_t flags, uint32_t counter)
{
	uint8_t		hash[32];
	struct msg	m;

	msg_init(&m);
	EVP_Digest(application, strlen(application), hash, NULL, EVP_sha256(),
	    NULL);
	msg_put_raw(&m, hash, 32);
	msg_put_u8(&m, flags);
	msg_put_u32(&m, counter);
	EVP_Digest(data, DATA_LEN, hash, NULL, EVP_sha256(), NULL);
	msg_put_raw(&m, hash, 32);
	sign(k, md, m.data, m.len);
	msg_free(&m);
}

static void
test_tokens(void **state)
{
	static const struct {
		const char	*kind, *type, *log_name;
		const EVP_MD	*(*md)(void);
	} tokens[] = {
		{ "ed25519", "sk-ssh-ed25519@openssh.com", "ED25519-SK",
		    NULL },
		{ "ecdsa", "sk-ecdsa-sha2-nistp256@openssh.com", "ECDSA-SK",
		    EVP_sha256 },
	};
	const EVP_MD	*md;
	const char	*alg;
	struct made	 k;
	size_t		 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		alg = tokens[i].type;
		md = tokens[i].md != NULL ? tokens[i].md() : NULL;
		make_token(&k, tokens[i].kind, alg);
		assert_null(verify_sig_key(k.blob, k.len, alg));
		assert_string_equal(verify_sig_log_name(k.blob, k.len),
		    tokens[i].log_name);
		token_sign(&k, md, "ssh:", 0x01, 42);
		assert_true(verify_with(&k, alg, 0x01, 42, data, DATA_LEN));
		assert_false(verify_with(&k, alg, 0x01, 43, data, DATA_LEN));
		assert_false(verify_with(&k, alg, 0x05, 42, data, DATA_LEN));
		assert_false(verify_with(&k, alg, 0x01, 42, data,
		    DATA_LEN - 1));
		/* Touched and PIN given. */
		token_sign(&k, md, "ssh:", 0x05, 42);
		assert_true(verify_with(&k, alg, 0x05, 42, data, DATA_LEN));
		/* Rightly signed, but nobody was there. */
		token_sign(&k, md, "ssh:", 0x00, 42);
		assert_false(verify_with(&k, alg, 0x00, 42, data, DATA_LEN));
		token_sign(&k, md, "ssh:", 0x04, 42);
		assert_false(verify_with(&k, alg, 0x04, 42, data, DATA_LEN));
		/* For another application; and not as a token at all. */
		token_sign(&k, md, "web:", 0x01, 42);
		assert_false(verify_with(&k, alg, 0x01, 42, data, DATA_LEN));
		sign(&k, md, data, DATA_LEN);
		assert_false(verify_with(&k, alg, 0x01, 42, data, DATA_LEN));
		unmake(&k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_malformed_keys),
		cmocka_unit_test(test_refused_algorithms),
		cmocka_unit_test(test_short_rsa),
		cmocka_unit_test(test_tokens),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
