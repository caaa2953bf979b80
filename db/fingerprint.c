/* SPDX-License-Identifier: ISC */
/*
 * Fingerprints of public keys: SHA-256 in base64 without padding.
 */
#include <string.h>

#include <sodium.h>

#include "db/fingerprint.h"

#define PREFIX	"SHA256:"

void
fingerprint_blob(const void *blob, size_t len, char out[FINGERPRINT_SIZE])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, blob, len);
	memcpy(out, PREFIX, strlen(PREFIX));
	sodium_bin2base64(out + strlen(PREFIX),
	    FINGERPRINT_SIZE - strlen(PREFIX), hash, sizeof(hash),
	    sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}
