/* SPDX-License-Identifier: ISC */
/*
 * Fingerprints of public keys, as ssh-keygen -l prints them.
 */
#ifndef DB_FINGERPRINT_H
#define DB_FINGERPRINT_H

#include <stddef.h>

#define FINGERPRINT_SIZE	51	/* "SHA256:", 43 characters, NUL */

/* Writes the fingerprint of a wire blob, always terminated. */
void	fingerprint_blob(const void *blob, size_t len,
	    char out[FINGERPRINT_SIZE]);

#endif /* DB_FINGERPRINT_H */
