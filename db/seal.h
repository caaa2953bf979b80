/* SPDX-License-Identifier: ISC */
/*
 * What the store needs from whoever holds the master key. The store itself
 * knows no key: the monitor passes the real thing, the shell one that asks
 * its monitor.
 */
#ifndef DB_SEAL_H
#define DB_SEAL_H

#include <stddef.h>
#include <stdint.h>

struct sealer {
	/*
	 * Encrypts len bytes at plain for one place in the store. Returns 0
	 * and malloc'ed text in *sealed (caller frees), or -1.
	 */
	int	(*seal)(void *arg, const char *table, const char *column,
		    int64_t row, const void *plain, size_t len, char **sealed);
	/*
	 * Decrypts. Returns 0 and sodium_malloc'ed memory in *plain (caller
	 * sodium_free's) with *len bytes, or -1: text that was sealed for
	 * another table, column or row does not open.
	 */
	int	(*open)(void *arg, const char *table, const char *column,
		    int64_t row, const char *sealed, void **plain,
		    size_t *len);
	void	*arg;
};

/* The places. */
#define SEAL_KEY_TABLE		"private_keys"
#define SEAL_KEY_COLUMN		"priv_sealed"
#define SEAL_HOST_TABLE		"hosts"
#define SEAL_HOST_COLUMN	"password_sealed"

#endif
