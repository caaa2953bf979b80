/* SPDX-License-Identifier: ISC */
/*
 * Private keys that somebody brings: what a text is, before anything is done
 * with it, and the opening of those that have a passphrase. The text is
 * NUL-terminated.
 */
#ifndef SHELL_UNLOCK_H
#define SHELL_UNLOCK_H

#include <stddef.h>

struct evp_pkey_st;			/* OpenSSL's EVP_PKEY */

#define UNLOCK_ERROR_MAX	256	/* bytes of a sentence */

/*
 * 0: it may be a private key without passphrase; 1: it is one with a
 * passphrase; -1: it is none that the portal can use, and err (
 * UNLOCK_ERROR_MAX bytes) says why.
 */
int	unlock_check(const char *text, char *err);

/*
 * Opens a text for which unlock_check() returned 1: OpenSSH's own format, or
 * PEM, as ssh-keygen writes both. Returns 0 and a key that the caller frees
 * with EVP_PKEY_free(), or -1 and a sentence.
 */
int	unlock_private(const char *text, const char *passphrase,
	    struct evp_pkey_st **pkey, char *err);

#endif
