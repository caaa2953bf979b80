/* SPDX-License-Identifier: ISC */
/*
 * Between the two halves of the secrets: the one that deals with the key's
 * file and the one that uses the key. For no one else.
 */
#ifndef MONITOR_SECRETS_FILE_H
#define MONITOR_SECRETS_FILE_H

#include <stdint.h>

#define SECRETS_KEY_LEN	32

/* Makes this the loaded key; the bytes stay the caller's to wipe. */
void	secrets_use_key(const uint8_t key[SECRETS_KEY_LEN]);

#endif
