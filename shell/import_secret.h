/* SPDX-License-Identifier: ISC */
/*
 * Secrets as the original sshportal stores them. Started with --aes-key it
 * encrypts private keys and passwords with AES-CFB, without a mark and without
 * a check; its maintained fork with AES-GCM. Either is written in the URL form
 * of base64. Anything else is in clear.
 */
#ifndef SHELL_IMPORT_SECRET_H
#define SHELL_IMPORT_SECRET_H

#include <stddef.h>

#define IMPORT_KEY_MAX	32	/* bytes of an AES key */

/* The original's key: its bytes are those of the flag. */
struct import_key {
	unsigned char	bytes[IMPORT_KEY_MAX];
	size_t		len;		/* 0: none was given */
};

enum import_secret {
	SECRET_NONE,		/* there is none */
	SECRET_CLEAR,		/* it lay there in clear */
	SECRET_CFB,
	SECRET_GCM,
	SECRET_SHUT		/* it looks encrypted and does not open */
};

/*
 * Takes a key as it was typed: 16, 24 or 32 bytes; "" is none. Returns 0, or
 * -1 with a sentence in err.
 */
int	import_key_set(struct import_key *, const char *text, char *err,
	    size_t errlen);

/*
 * A private key: text that begins as PEM does is in clear, all else is
 * encrypted, and has been opened when what comes out begins so. *plain (caller
 * wipes and frees) is NULL with SECRET_NONE and SECRET_SHUT.
 */
enum import_secret import_open_private(const struct import_key *,
	    const char *text, char **plain);

/*
 * A password, of which nothing tells whether it is in clear: what is no base64
 * of more than 16 bytes is; and what opens, or seems to, when readable text
 * comes out, was encrypted. With AES-CFB a wrong key may pass here.
 */
enum import_secret import_open_password(const struct import_key *,
	    const char *text, char **plain);

#endif
