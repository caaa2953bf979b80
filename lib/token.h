/* SPDX-License-Identifier: ISC */
/*
 * Tokens of invites. Only a token's hash is stored: who reads the database
 * cannot redeem what it offers.
 */
#ifndef LIB_TOKEN_H
#define LIB_TOKEN_H

#define TOKEN_SIZE	27	/* 26 characters, 130 random bits, and a NUL */
#define TOKEN_HASH_SIZE	65	/* 256 bits in lower-case hex, and a NUL */

/* A new token: lower-case letters and digits without i, l, o and u. */
void	token_make(char token[TOKEN_SIZE]);

/* BLAKE2b-256 of a token's bytes (any text, without its NUL), in hex. */
void	token_hash(const char *token, char hash[TOKEN_HASH_SIZE]);

#endif
