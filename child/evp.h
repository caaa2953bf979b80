/* SPDX-License-Identifier: ISC */
/*
 * How an unmodified libssh signs and verifies through the monitor: this
 * program defines the few OpenSSL functions that libssh calls for it, under
 * their own names, and hands all other calls on to libcrypto. They act only
 * while the side says that libssh is the caller, for libssh2 uses the same
 * functions.
 */
#ifndef CHILD_EVP_H
#define CHILD_EVP_H

#include <stddef.h>
#include <stdint.h>

#include <libssh/libssh.h>

#include "lib/catalogue.h"

struct msg;

enum evp_side {
	EVP_SIDE_OTHER,		/* calls go to libcrypto as they are */
	EVP_SIDE_CLIENT,	/* libssh, the server towards the person */
	EVP_SIDE_HOST		/* libssh2, in its handshake with a host */
};

/*
 * Signs what libssh hashed in a key exchange (RFC 4253, section 8): len bytes
 * of transcript, of which libssh made a hash of hash_len bytes, to be signed
 * with a hash of sig_hash_len bytes once more (0: none, Ed25519). *siglen is
 * the room in sig, then the length. Returns 0, or -1: refused.
 */
typedef int evp_signer(const uint8_t *transcript, size_t len,
	    size_t hash_len, size_t sig_hash_len, uint8_t *sig,
	    size_t *siglen);

/* A signature of a person that libssh found to be right. */
struct evp_verified {
	uint8_t		 sig[SIG_MAX];	/* as OpenSSL takes it */
	size_t		 len;
	size_t		 hash_len;	/* of its digest; 0: none (Ed25519) */
	uint8_t		 sk_flags;	/* sk-… keys: what the token signed */
	uint32_t	 sk_counter;
};

/*
 * Finds libcrypto's own functions; before the sandbox, which opens no files.
 * Ends the process if one is missing.
 */
void		 evp_init(void);

/* Says who calls from now on; returns who did before, to be restored. */
enum evp_side	 evp_enter(enum evp_side);

/* Who signs for libssh from now on. */
void		 evp_set_signer(evp_signer *);

/*
 * A host key for libssh with this public half (a blob: Ed25519, ECDSA or RSA)
 * and a private half that is none and signs nothing. One Ed25519 key at a time.
 * Returns 0 and a key that the caller frees with ssh_key_free(), or -1: not
 * such a blob.
 */
int		 evp_hollow_key(const uint8_t *blob, size_t len, ssh_key *);

/*
 * The last signature that libssh verified, which is then forgotten. Returns 0,
 * or -1: there was none.
 */
int		 evp_take_verified(struct evp_verified *);

/* Whether libssh met a wrong signature since this was last asked. */
int		 evp_take_refused(void);

/*
 * What libssh2 hashed in its last whole key exchange on EVP_SIDE_HOST, into an
 * empty message, which the caller frees; it is then forgotten. Returns 0, or
 * -1: there was none, or of more than TRANSCRIPT_MAX bytes.
 */
int		 evp_take_exchange(struct msg *);

/*
 * Does one key exchange and one login against itself, and one key exchange
 * with libssh2, and checks that all went through the functions here. Returns
 * 0, or -1: interposition does not work and nobody must be served.
 */
int		 evp_self_test(void);

#endif
