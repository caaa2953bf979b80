/* SPDX-License-Identifier: ISC */
/*
 * What a child wants signed or verified: transcripts of key exchanges, logins
 * to hosts, signatures of people.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "lib/msg.h"
#include "lib/sshkey.h"
#include "lib/verify_sig.h"
#include "monitor/sign.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const uint8_t	seed[32] = "fuzz";

static void
try_exchange(const struct sign_host_key *key, const uint8_t *data, size_t len)
{
	struct ask_sign		a = { .transcript = data, .len = len,
				    .hash_len = 32 };
	struct sign_exchange	x;
	struct msg		sig;

	msg_init(&sig);
	(void)sign_exchange(&a, key, 1, &x, &sig);
	msg_free(&sig);
}

static void
try_login(const struct sign_host_key *key, const uint8_t *data, size_t len)
{
	struct sign_login	l = { .account = "root", .pkey = key->pkey,
				    .blob = key->blob,
				    .blob_len = key->blob_len };
	struct sign_ids		ids;
	const uint8_t		*ks;
	size_t			 n;
	struct msg		 sig;

	memset(&ids, 0, sizeof(ids));
	l.ids = &ids;
	msg_init(&sig);
	(void)sign_login(data, len, &l, &sig);
	msg_free(&sig);
	if (sign_host(data, len, &ks, &n, &ids) == 0 &&
	    (ks < data || ks + n > data + len))
		abort();
}

static void
try_verify(const uint8_t *data, size_t len)
{
	static const char *const	algs[] = {
		"ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-256",
		"rsa-sha2-512", "sk-ssh-ed25519@openssh.com",
		"sk-ecdsa-sha2-nistp256@openssh.com",
	};
	struct verify_sig	v;
	struct msg		m;

	if (len == 0)
		return;
	memset(&v, 0, sizeof(v));
	v.alg = algs[data[0] % (sizeof(algs) / sizeof(algs[0]))];
	msg_borrow(&m, data + 1, len - 1);
	v.sk_flags = msg_get_u8(&m);
	v.key = msg_get_blob(&m, len, &v.key_len);
	v.sig = msg_get_blob(&m, len, &v.sig_len);
	if (m.error)
		return;
	(void)verify_sig_log_name(v.key, v.key_len);
	if (verify_sig_key(v.key, v.key_len, v.alg) == NULL &&
	    verify_sig(&v, "data", 4))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct sign_host_key	key;

	if (key.pkey == NULL) {
		key.pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519,
		    NULL, seed, sizeof(seed));
		if (key.pkey == NULL ||
		    sshkey_blob(key.pkey, &key.blob, &key.blob_len) == -1)
			abort();
	}
	if (len == 0)
		return (0);
	switch (data[0] % 3) {
	case 0:
		try_exchange(&key, data + 1, len - 1);
		break;
	case 1:
		try_login(&key, data + 1, len - 1);
		break;
	default:
		try_verify(data + 1, len - 1);
	}
	return (0);
}
