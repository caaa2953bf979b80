/* SPDX-License-Identifier: ISC */
/*
 * The two signatures that a monitor makes for its child: over a key exchange
 * with the person, with the portal's host key, and over a login on a host,
 * with the key for that host. The child gives what is to be signed in full;
 * here it is taken apart and believed in nothing.
 */
#ifndef MONITOR_SIGN_H
#define MONITOR_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/catalogue.h"

struct evp_pkey_st;
struct msg;

#define SIGN_HASH_MAX	64

struct sign_host_key {
	struct evp_pkey_st	*pkey;
	uint8_t			*blob;		/* public half, wire form */
	size_t			 blob_len;
};

/* What a transcript came to. */
struct sign_exchange {
	const struct sign_host_key *key;	/* K_S: one of ours */
	uint8_t	 hash[SIGN_HASH_MAX];
	size_t	 hash_len;
	char	 client_version[VERSION_MAX];	/* V_C, printable */
};

/*
 * Takes the input of an exchange hash (RFC 4253, section 8; RFC 5656) apart:
 * V_C, V_S, I_C, I_S, K_S and three more strings. K_S must be one of our n host
 * keys, and V_S what libssh calls itself for us. Hashes it, signs the hash with
 * that key, and adds the bare signature, as OpenSSL makes it, to sig. The key
 * says which hash is in the signature; RSA leaves the choice of SHA-256 and
 * SHA-512 (RFC 8332), and no other. Returns NULL, or in a few words what is
 * wrong.
 */
const char	*sign_exchange(const struct ask_sign *,
		    const struct sign_host_key *, size_t n,
		    struct sign_exchange *, struct msg *sig);

/* What the session id of a connection to a host may be (RFC 4253, 7.2). */
#define SIGN_IDS	4

struct sign_ids {
	uint8_t	 hash[SIGN_IDS][SIGN_HASH_MAX];	/* SHA-1, -256, -384, -512 */
};

/*
 * Takes the input of an exchange hash with a host apart: V_C, V_S, I_C, I_S,
 * K_S, and what the method adds. *key is K_S, within the transcript. Whoever
 * else has the hash of it as their session id has shown K_S too: that is what
 * binds a login's signature to a host. Returns 0, or -1: not an exchange.
 */
int		 sign_host(const uint8_t *transcript, size_t len,
		    const uint8_t **key, size_t *key_len, struct sign_ids *);

/* What was handed out for a host: who may be logged in there, with what. */
struct sign_login {
	const char		*account;
	struct evp_pkey_st	*pkey;
	const uint8_t		*blob;		/* its public half */
	size_t			 blob_len;
	int			 legacy;	/* SHA-1 too: exchanges, and
						   signatures of RSA */
	const struct sign_ids	*ids;		/* of the connection */
};

/*
 * Takes the data of a publickey login (RFC 4252, section 7) apart: account and
 * key must be those that were handed out, the session id that of the exchange
 * in which the host showed its key. Adds the signature, without its
 * algorithm's name, to sig. Returns 0; 1 for an algorithm that is not used
 * there (SHA-1); -1 if it is anything else than such a login.
 */
int		 sign_login(const uint8_t *data, size_t len,
		    const struct sign_login *, struct msg *sig);

#endif
