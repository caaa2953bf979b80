/* SPDX-License-Identifier: ISC */
/*
 * The OpenSSL functions that stand before libcrypto's: they act for libssh
 * alone, and what they say of a signature is what libcrypto says.
 *
 * valgrind: it does not know seccomp(2), which a child prepares for
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "child/evp.h"
#include "child/warm.h"
#include "lib/msg.h"
#include "lib/sshkey.h"

#define ED25519_LEN	32
#define SIG_LEN		64
#define SK_LEN		69	/* what a security key signs */

/* What the signer was last asked for. */
static struct {
	int	calls;
	uint8_t	transcript[256];
	size_t	len, hash_len, sig_hash_len;
	int	result;
} asked;

static int
note_sign(const uint8_t *transcript, size_t len, size_t hash_len,
    size_t sig_hash_len, uint8_t *sig, size_t *siglen)
{
	asked.calls++;
	assert_true(len <= sizeof(asked.transcript));
	memcpy(asked.transcript, transcript, len);
	asked.len = len;
	asked.hash_len = hash_len;
	asked.sig_hash_len = sig_hash_len;
	memset(sig, 'S', SIG_LEN);
	*siglen = SIG_LEN;
	return (asked.result);
}

static int
setup(void **state)
{
	(void)state;
	child_warm_up();
	memset(&asked, 0, sizeof(asked));
	evp_set_signer(note_sign);
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	evp_set_signer(NULL);
	evp_enter(EVP_SIDE_OTHER);
	return (0);
}

static EVP_PKEY *
make_key(void)
{
	EVP_PKEY	*key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	assert_non_null(key);
	return (key);
}

/* Hashes data as libssh hashes a transcript. */
static void
hash(const void *data, size_t len)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestInit_ex(ctx, EVP_sha256(), NULL), 1);
	assert_int_equal(EVP_DigestUpdate(ctx, data, len), 1);
	EVP_MD_CTX_free(ctx);
}

/* Signs; returns what EVP_DigestSign() does. */
static int
sign(EVP_PKEY *key, const void *data, size_t len, uint8_t sig[SIG_LEN])
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	size_t		 siglen = SIG_LEN;
	int		 r;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
	r = EVP_DigestSign(ctx, sig, &siglen, data, len);
	EVP_MD_CTX_free(ctx);
	return (r);
}

static int
verify(EVP_PKEY *key, const void *data, size_t len,
    const uint8_t sig[SIG_LEN])
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	int		 r;

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key), 1);
	r = EVP_DigestVerify(ctx, sig, SIG_LEN, data, len);
	EVP_MD_CTX_free(ctx);
	return (r);
}

static void
test_whole(void **state)
{
	(void)state;
	assert_int_equal(evp_self_test(), 0);
	assert_int_equal(evp_self_test(), 0);
}

static const char	exchange[] = "\0\0\0\x0dSSH-2.0-Tests and the rest";

static void
test_transcript_reaches_signer(void **state)
{
	uint8_t		 h[32] = { 1 }, sig[SIG_LEN];
	EVP_PKEY	*key = make_key();

	(void)state;
	evp_enter(EVP_SIDE_CLIENT);
	hash("something else that is longer", 29);
	hash(exchange, sizeof(exchange));
	hash("later", 5);
	assert_int_equal(sign(key, h, sizeof(h), sig), 1);
	assert_int_equal(asked.calls, 1);
	assert_int_equal(asked.hash_len, sizeof(h));
	assert_int_equal(asked.sig_hash_len, 0);
	assert_int_equal(asked.len, sizeof(exchange));
	assert_memory_equal(asked.transcript, exchange, sizeof(exchange));
	assert_int_equal(sig[0], 'S');
	/* a transcript is good for one signature */
	assert_int_not_equal(sign(key, h, sizeof(h), sig), 1);
	assert_int_equal(asked.calls, 1);
	EVP_PKEY_free(key);
}

/* Feeds pieces to one hash as libssh2 does; the last is NULL. */
static void
feed(EVP_MD_CTX *ctx, const char *const *pieces)
{
	unsigned char	md[EVP_MAX_MD_SIZE];

	assert_int_equal(EVP_DigestInit(ctx, EVP_sha256()), 1);
	for (; *pieces != NULL; pieces++)
		assert_int_equal(EVP_DigestUpdate(ctx, *pieces,
		    strlen(*pieces)), 1);
	assert_int_equal(EVP_DigestFinal(ctx, md, NULL), 1);
}

#define FEED(ctx, ...)	feed(ctx, (const char *const[]){ __VA_ARGS__, NULL })

/* libssh2's exchange: all of it, and nothing else. */
static void
test_exchange(void **state)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new(), *other = EVP_MD_CTX_new();
	struct msg	 m;

	(void)state;
	FEED(ctx, "0008", "SSH-2.0-x", "rest");
	assert_int_equal(evp_take_exchange(&m), -1);
	evp_enter(EVP_SIDE_HOST);
	FEED(other, "something", "0004", "else");
	assert_int_equal(evp_take_exchange(&m), -1);
	FEED(ctx, "0004", "0009", "SSH-2.0-x", "0004", "SSH-2.0-y", "rest");
	/* the same context again, as malloc() likes it */
	FEED(ctx, "0004", "later");
	FEED(ctx, "0009", "SSH-2.0-z", "later");
	assert_int_equal(evp_take_exchange(&m), 0);
	assert_int_equal(m.len, 4 + 9 + 4 + 9 + 4);
	assert_memory_equal(m.data, "0009SSH-2.0-x0004SSH-2.0-yrest", m.len);
	msg_free(&m);
	assert_int_equal(evp_take_exchange(&m), -1);
	/* what else is hashed in between is not in it */
	assert_int_equal(EVP_DigestInit(ctx, EVP_sha256()), 1);
	assert_int_equal(EVP_DigestUpdate(ctx, "0009", 4), 1);
	assert_int_equal(EVP_DigestUpdate(ctx, "SSH-2.0-x", 9), 1);
	FEED(other, "0009", "SSH-2.0-z", "other");
	assert_int_equal(evp_take_exchange(&m), -1);
	FEED(ctx, "0009", "SSH-2.0-x", "more");
	assert_int_equal(evp_take_exchange(&m), 0);
	assert_memory_equal(m.data, "0009SSH-2.0-xmore", m.len);
	msg_free(&m);
	EVP_MD_CTX_free(ctx);
	EVP_MD_CTX_free(other);
}

/* One that is too long is none. */
static void
test_exchange_too_long(void **state)
{
	static char	 much[TRANSCRIPT_MAX];
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	struct msg	 m;

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	evp_enter(EVP_SIDE_HOST);
	FEED(ctx, "0009", "SSH-2.0-x", much, "rest");
	assert_int_equal(evp_take_exchange(&m), -1);
	much[sizeof(much) - 1 - 9 - 4] = '\0';
	FEED(ctx, "0009", "SSH-2.0-x", much, "1");
	assert_int_equal(evp_take_exchange(&m), 0);
	assert_int_equal(m.len, TRANSCRIPT_MAX);
	msg_free(&m);
	EVP_MD_CTX_free(ctx);
}

static void
test_refusal_is_failure(void **state)
{
	uint8_t		 h[32] = { 1 }, sig[SIG_LEN];
	EVP_PKEY	*key = make_key();

	(void)state;
	evp_enter(EVP_SIDE_CLIENT);
	asked.result = -1;
	hash(exchange, sizeof(exchange));
	assert_int_not_equal(sign(key, h, sizeof(h), sig), 1);
	assert_int_equal(asked.calls, 1);
	EVP_PKEY_free(key);
}

static void
test_other_side_is_left_alone(void **state)
{
	uint8_t			 sig[SIG_LEN];
	EVP_PKEY		*key = make_key();
	struct evp_verified	 v;

	(void)state;
	hash(exchange, sizeof(exchange));
	assert_int_equal(sign(key, "data", 4, sig), 1);
	assert_int_equal(asked.calls, 0);
	assert_int_equal(verify(key, "data", 4, sig), 1);
	sig[5] ^= 1;
	assert_int_not_equal(verify(key, "data", 4, sig), 1);
	assert_int_equal(evp_take_verified(&v), -1);
	assert_int_equal(evp_take_refused(), 0);
	/* what was hashed then is nothing to sign later */
	evp_enter(EVP_SIDE_CLIENT);
	assert_int_not_equal(sign(key, "data", 4, sig), 1);
	assert_int_equal(asked.calls, 0);
	EVP_PKEY_free(key);
}

static void
test_verdict_is_libcryptos(void **state)
{
	static struct evp_verified	v;
	uint8_t				 sig[SIG_LEN], bad[SIG_LEN];
	EVP_PKEY			*key = make_key();

	(void)state;
	assert_int_equal(sign(key, "data", 4, sig), 1);
	evp_enter(EVP_SIDE_CLIENT);
	assert_int_equal(verify(key, "data", 4, sig), 1);
	assert_int_equal(evp_take_verified(&v), 0);
	assert_int_equal(v.len, SIG_LEN);
	assert_memory_equal(v.sig, sig, SIG_LEN);
	assert_int_equal(v.hash_len, 0);
	assert_int_equal(evp_take_verified(&v), -1);

	/* a wrong one leaves nothing, not even the right one before it */
	memcpy(bad, sig, sizeof(bad));
	bad[0] ^= 1;
	assert_int_equal(verify(key, "data", 4, sig), 1);
	assert_int_not_equal(verify(key, "data", 4, bad), 1);
	assert_int_equal(evp_take_verified(&v), -1);
	assert_int_equal(evp_take_refused(), 1);
	assert_int_equal(evp_take_refused(), 0);
	EVP_PKEY_free(key);
}

static void
test_security_key(void **state)
{
	static struct evp_verified	v;
	uint8_t				 sig[SIG_LEN], data[SK_LEN];
	EVP_PKEY			*key = make_key();

	(void)state;
	memset(data, 7, sizeof(data));
	data[32] = 0x05;
	memcpy(data + 33, "\x01\x02\x03\xf4", 4);
	assert_int_equal(sign(key, data, sizeof(data), sig), 1);
	evp_enter(EVP_SIDE_CLIENT);
	assert_int_equal(verify(key, data, sizeof(data), sig), 1);
	assert_int_equal(evp_take_verified(&v), 0);
	assert_int_equal(v.sk_flags, 0x05);
	assert_int_equal(v.sk_counter, 0x010203f4);
	EVP_PKEY_free(key);
}

static void
blob_of(EVP_PKEY *key, struct msg *blob, size_t cut)
{
	uint8_t	pub[ED25519_LEN];
	size_t	len = sizeof(pub);

	assert_int_equal(EVP_PKEY_get_raw_public_key(key, pub, &len), 1);
	msg_init(blob);
	msg_put_text(blob, "ssh-ed25519");
	msg_put_blob(blob, pub, len - cut);
}

static void
test_hollow_key(void **state)
{
	EVP_PKEY	*key = make_key();
	struct msg	 blob, seed;
	ssh_key		 one, two;
	char		*a, *b;

	(void)state;
	blob_of(key, &blob, 0);
	assert_int_equal(evp_hollow_key(blob.data, blob.len, &one), 0);
	assert_int_equal(ssh_key_is_private(one), 1);
	assert_int_equal(ssh_pki_export_pubkey_base64(one, &a), SSH_OK);
	assert_int_equal(evp_hollow_key(blob.data, blob.len, &two), 0);
	assert_int_equal(ssh_pki_export_pubkey_base64(two, &b), SSH_OK);
	assert_string_equal(a, b);
	ssh_key_free(two);
	msg_init(&seed);
	msg_put_blob(&seed, blob.data, blob.len);
	assert_int_equal(evp_hollow_key(seed.data, seed.len, &two), -1);
	assert_int_equal(evp_hollow_key(blob.data, blob.len - 1, &two), -1);
	assert_int_equal(evp_hollow_key(blob.data, 0, &two), -1);
	msg_free(&seed);
	msg_free(&blob);
	blob_of(key, &blob, 1);
	assert_int_equal(evp_hollow_key(blob.data, blob.len, &two), -1);
	ssh_string_free_char(a);
	ssh_string_free_char(b);
	ssh_key_free(one);
	msg_free(&blob);
	EVP_PKEY_free(key);
}

/* The hash that libssh signs with is the one that the signer is asked for. */
static void
test_signature_hash(void **state)
{
	static const struct {
		const char	*kind;
		unsigned	 bits;
		const EVP_MD	*(*md)(void);
	} kinds[] = {
		{ "rsa", 2048, EVP_sha256 }, { "rsa", 2048, EVP_sha512 },
		{ "ecdsa", 384, EVP_sha384 },
	};
	EVP_MD_CTX	*ctx;
	EVP_PKEY	*key;
	uint8_t		 h[32] = { 1 }, sig[256];
	size_t		 i, siglen;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		assert_int_equal(sshkey_generate(kinds[i].kind, kinds[i].bits,
		    &key, NULL, 0), 0);
		ctx = EVP_MD_CTX_new();
		evp_enter(EVP_SIDE_CLIENT);
		hash(exchange, sizeof(exchange));
		assert_int_equal(EVP_DigestSignInit(ctx, NULL, kinds[i].md(),
		    NULL, key), 1);
		siglen = sizeof(sig);
		assert_int_equal(EVP_DigestSign(ctx, sig, &siglen, h,
		    sizeof(h)), 1);
		assert_int_equal(asked.hash_len, sizeof(h));
		assert_int_equal(asked.sig_hash_len,
		    EVP_MD_get_size(kinds[i].md()));
		assert_int_equal(sig[0], 'S');
		evp_enter(EVP_SIDE_OTHER);
		EVP_MD_CTX_free(ctx);
		EVP_PKEY_free(key);
	}
	assert_int_equal(asked.calls, i);
}

/* RSA and ECDSA: the public half is the true one, and the key's size is. */
static void
test_hollow_kinds(void **state)
{
	static const struct {
		const char	*kind;
		unsigned	 bits;
		enum ssh_keytypes_e type;
	} kinds[] = {
		{ "rsa", 2048, SSH_KEYTYPE_RSA },
		{ "rsa", 3072, SSH_KEYTYPE_RSA },
		{ "ecdsa", 256, SSH_KEYTYPE_ECDSA_P256 },
		{ "ecdsa", 384, SSH_KEYTYPE_ECDSA_P384 },
		{ "ecdsa", 521, SSH_KEYTYPE_ECDSA_P521 },
	};
	EVP_PKEY	*key;
	ssh_key		 hollow, copy;
	uint8_t		*blob;
	char		*text, *line;
	size_t		 i, len;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		assert_int_equal(sshkey_generate(kinds[i].kind, kinds[i].bits,
		    &key, NULL, 0), 0);
		assert_int_equal(sshkey_blob(key, &blob, &len), 0);
		assert_int_equal(evp_hollow_key(blob, len, &hollow), 0);
		assert_int_equal(ssh_key_type(hollow), kinds[i].type);
		assert_int_equal(ssh_key_is_private(hollow), 1);
		/* libssh keeps copies */
		assert_non_null(copy = ssh_key_dup(hollow));
		assert_int_equal(ssh_pki_export_pubkey_base64(copy, &text),
		    SSH_OK);
		line = sshkey_line(blob, len, NULL);
		assert_string_equal(strchr(line, ' ') + 1, text);
		free(line);
		ssh_string_free_char(text);
		ssh_key_free(copy);
		assert_int_equal(evp_hollow_key(blob, len - 1, &copy), -1);
		ssh_key_free(hollow);
		free(blob);
		EVP_PKEY_free(key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_transcript_reaches_signer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exchange, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_exchange_too_long, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_refusal_is_failure,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_other_side_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verdict_is_libcryptos,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_security_key, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_hollow_key, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_hollow_kinds, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_signature_hash, setup,
		    teardown),
	};

	return (cmocka_run_group_tests_name("evp", tests, NULL, NULL));
}
