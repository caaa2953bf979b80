/* SPDX-License-Identifier: ISC */
/*
 * What the files of the noun "key" share.
 */
#ifndef SHELL_CMD_KEY_H
#define SHELL_CMD_KEY_H

#include <stddef.h>

struct cmd_call;
struct evp_pkey_st;			/* OpenSSL's EVP_PKEY */

/*
 * Whether a key may be given this name, which must not be one that is kept for
 * the portal's host keys. DB_OK, or after a sentence another class.
 */
int	key_name_check(struct cmd_call *, const char *name);

/*
 * For a command with the options --name and --comment: stores a pair, of whose
 * private half pem (len bytes) is the form to be sealed, under the name that
 * was given or a random one. Returns DB_OK, or another class of the store's.
 */
int	key_store(struct cmd_call *, struct evp_pkey_st *, const char *pem,
	    size_t len);

#endif
