/* SPDX-License-Identifier: ISC */
/*
 * The master key and all that is done with it: secrets in the store are sealed
 * and opened, the audit log's seals get their key. One process holds one key,
 * in sodium_malloc'ed memory; only subkeys derived from it are ever used.
 *
 * The life of it, in setup, keeper and each monitor:
 *	secrets_load_key()	still as root, for the file may be root's
 *	privileges_drop(), db_open()
 *	secrets_check()		is it this store's key?
 *	secrets_sealer()	for db/ and for a shell's requests
 *	secrets_forget()	in a forked process that must not have it
 *
 * Functions that return int return 0, or -1 with a sentence in err (errlen
 * bytes) that says what to do.
 */
#ifndef MONITOR_SECRETS_H
#define MONITOR_SECRETS_H

#include <stddef.h>
#include <stdint.h>

#include "db/seal.h"

struct db;
struct secret_settings;
struct settings;

#define SECRETS_KEY_PREFIX	"sshportal-key-1:"
#define SECRETS_KEY_TEXT_SIZE	64	/* prefix, 44 of base64, NUL */
#define SECRETS_ID_SIZE		17	/* 8 bytes in hex, NUL */
#define SECRETS_EVENT_KEY_LEN	32
#define SECRETS_CHALLENGE_KEY_LEN	32

/* Returned by secrets_load_key() besides 0 and -1: there is no such file. */
#define SECRETS_ABSENT		1

/* A new key as text, without newline (`sshportal genkey`). Caller wipes. */
void	secrets_make_key_text(char out[SECRETS_KEY_TEXT_SIZE]);

/*
 * Reads the master key file: a regular file of root, of ours or of the monitor
 * uid, that neither group nor others can read. SECRETS_ABSENT (with a sentence
 * too): no such file, or no file was named.
 */
int	secrets_load_key(const struct settings *,
	    const struct secret_settings *, char *err, size_t errlen);

/*
 * Makes a key and its file (new, 0600, fsynced; given to the owner of its
 * directory when we are root), and loads it. A file that is there already is
 * not touched: -1.
 */
int	secrets_create_key(const struct secret_settings *, char *err,
	    size_t errlen);

/* Whether a key is loaded. */
int	secrets_loaded(void);

/* The loaded key's id in hex. */
const char *secrets_key_id(void);

/*
 * Compares with the key id and check value in the store. Fails too when the
 * store has none yet, or when it cannot be read.
 */
int	secrets_check(struct db *, char *err, size_t errlen);

/*
 * For setup, in its transaction: puts key id and check value into a store that
 * has none, then checks. Returns a class of enum db_status; DB_INVALID with
 * the sentence in err when it is the wrong key.
 */
int	secrets_adopt(struct db *, char *err, size_t errlen);

/*
 * Sealing and opening with the loaded key. Text form: $1$KEYID$base64 of nonce
 * and XChaCha20-Poly1305 ciphertext. Version, key id, table, column and row
 * are authenticated with it. Both fail once secrets_forget() was called.
 */
const struct sealer *secrets_sealer(void);

/* The key of the event seals, borrowed until secrets_forget(). */
const uint8_t *secrets_event_key(void);

/* The key that challenges are made with, or NULL when none is loaded. */
const uint8_t *secrets_challenge_key(void);

/* Wipes all of it. Harmless when nothing is loaded. */
void	secrets_forget(void);

#endif
