/* SPDX-License-Identifier: ISC */
/*
 * The verification of a person's signature: the one thing that makes an
 * identity here.
 */
#ifndef LIB_VERIFY_SIG_H
#define LIB_VERIFY_SIG_H

#include <stddef.h>
#include <stdint.h>

#define VERIFY_RSA_BITS_MIN	2048

/* A signature, as struct ask_auth has it. */
struct verify_sig {
	const char	*alg;		/* signature algorithm */
	const uint8_t	*key;		/* public key, wire form */
	size_t		 key_len;
	const uint8_t	*sig;		/* as OpenSSL takes it: ECDSA in DER */
	size_t		 sig_len;
	uint8_t		 sk_flags;	/* sk-… keys only (PROTOCOL.u2f) */
	uint32_t	 sk_counter;
};

/*
 * Whether a key and an algorithm are ones that we take and fit each other:
 * ssh-ed25519 (RFC 8709), rsa-sha2-256 and -512 (RFC 8332) with 2048 bits or
 * more, ecdsa-sha2-nistp256, -384, -521 (RFC 5656), and both sk-… of OpenSSH.
 * NULL, or in a few words why not.
 */
const char	*verify_sig_key(const uint8_t *key, size_t len,
		    const char *alg);

/*
 * Whether the signature covers these bytes and the key is as above; of an
 * sk-… key the token must have felt a touch. 1 or 0.
 */
int		 verify_sig(const struct verify_sig *, const void *data,
		    size_t len);

/* "ED25519", "RSA", … as sshd's log names the type of a key. */
const char	*verify_sig_log_name(const uint8_t *key, size_t len);

#endif
