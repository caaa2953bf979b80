/* SPDX-License-Identifier: ISC */
/*
 * ChaCha20 and Poly1305 for libssh2, from OpenSSL.
 *
 * libssh2 brings both in plain C, four times slower than OpenSSL's. Linked
 * from its archive, it uses the functions below instead of its own, which
 * have the same names and are then never pulled in; a shared libssh2 has its
 * own bound to itself and is as slow as ever. These names are none of its API:
 * the version is checked when this is compiled, the results at each start.
 */
#ifndef CHILD_CHACHA_H
#define CHILD_CHACHA_H

#include <stddef.h>
#include <stdint.h>

/* As in libssh2's chacha.h: constants, key, block counter, nonce. */
struct chacha_ctx {
	unsigned	input[16];
};

/* Known answers; ends the process when one is wrong. Before the sandbox. */
void	chacha_check(void);

/* Sets the key, 32 bytes; bits is 256. */
void	chacha_keysetup(struct chacha_ctx *, const uint8_t *key,
	    unsigned bits);

/* Sets the nonce, 8 bytes, and the counter, 8 bytes or NULL for 0. */
void	chacha_ivsetup(struct chacha_ctx *, const uint8_t *nonce,
	    const uint8_t *counter);

/* Encrypts or decrypts len bytes; in and out may be the same. */
void	chacha_encrypt_bytes(struct chacha_ctx *, const uint8_t *in,
	    uint8_t *out, unsigned len);

/* The tag of len bytes under a key for one use. */
void	poly1305_auth(uint8_t tag[16], const uint8_t *data, size_t len,
	    const uint8_t key[32]);

#endif
