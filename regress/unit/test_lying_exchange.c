/* SPDX-License-Identifier: ISC */
/*
 * What a child may have signed with which of the portal's host keys, and what a
 * login that is bound to a host key must be bound to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "lib/log.h"
#include "lib/sshkey.h"
#include "regress/unit/liar.h"

/* An exchange with a host key of the portal's, to be signed with a hash. */
static void
put_kex(const struct liar *l, const uint8_t *ks, size_t len, uint8_t hash,
    struct msg *transcript, struct msg *body)
{
	struct ask_sign	a = { .hash_len = 32, .sig_hash_len = hash };

	liar_transcript(l, 1, ks, len, transcript);
	a.transcript = transcript->data;
	a.len = transcript->len;
	msg_init(body);
	put_ask_sign(body, &a);
}

/* The signature is over this transcript, by this key, with this hash. */
static void
check_kex(struct liar *l, struct ipc *in, const struct msg *t,
    const uint8_t *ks, size_t len, const EVP_MD *md)
{
	EVP_MD_CTX		*ctx = EVP_MD_CTX_new();
	EVP_PKEY		*pkey;
	struct answer_sign	 s;

	assert_int_equal(get_answer_sign(&in->body, &s), 0);
	l->session_id_len = 32;
	EVP_Digest(t->data, t->len, l->session_id, NULL, EVP_sha256(), NULL);
	assert_int_equal(sshkey_from_blob(ks, len, &pkey), 0);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey), 1);
	assert_int_equal(EVP_DigestVerify(ctx, s.sig, s.len, l->session_id,
	    32), 1);
	EVP_PKEY_free(pkey);
	EVP_MD_CTX_free(ctx);
	ipc_free(in);
}

/* Makes an exchange with host key i (2: the Ed25519 one). */
static void
kex_with(struct liar *l, int i, uint8_t hash, const EVP_MD *md)
{
	const uint8_t	*ks = i < 2 ? l->other[i].blob : l->hostkey;
	size_t		 len = i < 2 ? l->other[i].len : l->hostkey_len;
	struct msg	 t, body;
	struct ipc	 in;

	put_kex(l, ks, len, hash, &t, &body);
	assert_true(liar_ask(l, ASK_KEX_SIGN, &body, &in));
	check_kex(l, &in, &t, ks, len, md);
	msg_free(&body);
	msg_free(&t);
}

/*
 * Each host key signs, with its own hash alone: SHA-1 and none are not to be
 * had of RSA, nor SHA-384, and of ECDSA only what fits the curve.
 */
static void
test_host_key_types(void **state)
{
	static const struct {
		int	i;
		uint8_t	hash;
	} bad[] = { { 0, 0 }, { 0, 48 }, { 0, 64 }, { 1, 0 }, { 1, 20 },
	    { 1, 48 }, { 2, 32 }, { 2, 64 } };
	struct liar	l;
	struct msg	t, body;
	size_t		n;

	(void)state;
	liar_reach(&l, ST_KEX);
	kex_with(&l, 0, 32, EVP_sha256());
	assert_int_equal(liar_login(&l, "web1", &liar_bob), DEST_HOST);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	liar_reach(&l, ST_KEX);
	kex_with(&l, 1, 32, EVP_sha256());
	assert_int_equal(liar_login(&l, "web1", &liar_bob), DEST_HOST);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	liar_reach(&l, ST_KEX);
	kex_with(&l, 1, 64, EVP_sha512());
	assert_int_equal(liar_login(&l, "web1", &liar_bob), DEST_HOST);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	for (n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
		liar_reach(&l, ST_KEX);
		if (bad[n].i < 2)
			put_kex(&l, l.other[bad[n].i].blob,
			    l.other[bad[n].i].len, bad[n].hash, &t, &body);
		else
			put_kex(&l, NULL, 0, bad[n].hash, &t, &body);
		liar_send(&l, ASK_KEX_SIGN, &body);
		if (!liar_ends(&l, MONITOR_GATE))
			fail_msg("case %zu was signed", n);
		msg_free(&body);
		msg_free(&t);
	}
}

/* Neither the beginning of a host key nor one with more behind it is one. */
static void
test_host_key_cut(void **state)
{
	struct liar	l;
	struct msg	t, body;
	uint8_t		blob[1025] = { 0 };
	int		i;

	(void)state;
	for (i = 0; i < 2; i++) {
		liar_reach(&l, ST_KEX);
		memcpy(blob, l.other[1].blob, l.other[1].len);
		put_kex(&l, blob, l.other[1].len + (i == 0 ? -1 : 1), 32, &t,
		    &body);
		liar_send(&l, ASK_KEX_SIGN, &body);
		assert_true(liar_ends(&l, MONITOR_GATE));
		msg_free(&body);
		msg_free(&t);
	}
}

/* A login that is bound to a host key is to the one of this connection. */
static void
test_bound_login(void **state)
{
	struct liar	l;
	uint8_t		sig[128];
	size_t		n;

	(void)state;
	liar_reach(&l, ST_KEX);
	kex_with(&l, 1, 64, EVP_sha512());
	n = liar_sign_bound(&l, "web1", &liar_bob, l.hostkey, l.hostkey_len,
	    sig);
	assert_int_equal(liar_auth(&l, ASK_AUTH_KEY, "web1", &liar_bob, sig,
	    n), DEST_REFUSED);
	n = liar_sign_bound(&l, "web1", &liar_bob, l.other[0].blob,
	    l.other[0].len, sig);
	assert_int_equal(liar_auth(&l, ASK_AUTH_KEY, "web1", &liar_bob, sig,
	    n), DEST_REFUSED);
	n = liar_sign_bound(&l, "web1", &liar_bob, l.other[1].blob,
	    l.other[1].len, sig);
	assert_int_equal(liar_auth(&l, ASK_AUTH_KEY, "web1", &liar_bob, sig,
	    n), DEST_HOST);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	liar_reach(&l, ST_KEX);
	kex_with(&l, 2, 0, NULL);
	n = liar_sign_bound(&l, "web1", &liar_bob, l.hostkey, l.hostkey_len,
	    sig);
	assert_int_equal(liar_auth(&l, ASK_AUTH_KEY, "web1", &liar_bob, sig,
	    n), DEST_HOST);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

static void
no_log(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_key_types),
		cmocka_unit_test(test_host_key_cut),
		cmocka_unit_test(test_bound_login),
	};

	if (getenv("LIAR_LOG") == NULL)
		log_set_sink(no_log);
	return (cmocka_run_group_tests(tests, liar_start, liar_stop));
}
