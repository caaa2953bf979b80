/* SPDX-License-Identifier: ISC */
/*
 * The making and hashing of invites' tokens.
 */
#include <sodium.h>
#include <string.h>

#include "lib/log.h"
#include "lib/token.h"

#define HASH_BYTES	((TOKEN_HASH_SIZE - 1) / 2)

/* 32 of them, so that a random byte's low five bits choose evenly. */
static const char	letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

void
token_make(char token[TOKEN_SIZE])
{
	unsigned char	random[TOKEN_SIZE - 1];
	size_t		i;

	if (sodium_init() < 0)
		fatal("libsodium finds no source of random numbers");
	randombytes_buf(random, sizeof(random));
	for (i = 0; i < sizeof(random); i++)
		token[i] = letters[random[i] & 31];
	token[i] = '\0';
	sodium_memzero(random, sizeof(random));
}

void
token_hash(const char *token, char hash[TOKEN_HASH_SIZE])
{
	unsigned char	raw[HASH_BYTES];

	if (crypto_generichash(raw, sizeof(raw), (const unsigned char *)token,
	    strlen(token), NULL, 0) != 0)
		panic("token_hash: BLAKE2b of %zu bytes", strlen(token));
	sodium_bin2hex(hash, TOKEN_HASH_SIZE, raw, sizeof(raw));
}
