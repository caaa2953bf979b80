/* SPDX-License-Identifier: ISC */
/*
 * Sealing with the master key. The key itself is used for nothing but the
 * making of subkeys (crypto_kdf, BLAKE2b): one that seals values, one for the
 * event log's seals, one for challenges, and two that say which key this is
 * without saying what.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "db/db.h"
#include "db/setting.h"
#include "lib/log.h"
#include "lib/msg.h"
#include "lib/xmalloc.h"
#include "monitor/secrets.h"
#include "monitor/secrets_file.h"

#define NONCE_LEN	crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN		crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SEALED_VERSION	"$1$"
#define SEALED_MAX	65535		/* bytes of sealed text */
#define BASE64		sodium_base64_VARIANT_ORIGINAL
#define CHECK_LEN	32

/* The subkeys; crypto_kdf wants eight bytes of context. */
#define CONTEXT		"sshportl"
enum subkey {
	SUBKEY_ID = 1,
	SUBKEY_CHECK,
	SUBKEY_SEAL,
	SUBKEY_EVENTS,
	SUBKEY_CHALLENGE
};

/* In sodium_malloc'ed memory that is read-only once filled; NULL: no key. */
static struct master {
	uint8_t	seal[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
	uint8_t	events[SECRETS_EVENT_KEY_LEN];
	uint8_t	challenge[SECRETS_CHALLENGE_KEY_LEN];
	char	id[SECRETS_ID_SIZE];
	char	check[2 * CHECK_LEN + 1];
} *master;

static void
subkey(void *out, size_t len, enum subkey which,
    const uint8_t key[SECRETS_KEY_LEN])
{
	if (crypto_kdf_derive_from_key(out, len, which, CONTEXT, key) != 0)
		panic("a subkey of %zu bytes", len);
}

void
secrets_use_key(const uint8_t key[SECRETS_KEY_LEN])
{
	uint8_t	raw[CHECK_LEN];

	secrets_forget();
	if ((master = sodium_malloc(sizeof(*master))) == NULL)
		fatal("no locked memory for the master key");
	subkey(master->seal, sizeof(master->seal), SUBKEY_SEAL, key);
	subkey(master->events, sizeof(master->events), SUBKEY_EVENTS, key);
	subkey(master->challenge, sizeof(master->challenge),
	    SUBKEY_CHALLENGE, key);
	subkey(raw, sizeof(raw), SUBKEY_ID, key);
	sodium_bin2hex(master->id, sizeof(master->id), raw,
	    (SECRETS_ID_SIZE - 1) / 2);
	subkey(raw, sizeof(raw), SUBKEY_CHECK, key);
	sodium_bin2hex(master->check, sizeof(master->check), raw,
	    sizeof(raw));
	sodium_memzero(raw, sizeof(raw));
	sodium_mprotect_readonly(master);
}

void
secrets_forget(void)
{
	sodium_free(master);		/* wipes; takes NULL */
	master = NULL;
}

int
secrets_loaded(void)
{
	return (master != NULL);
}

const char *
secrets_key_id(void)
{
	return (master != NULL ? master->id : "");
}

const uint8_t *
secrets_event_key(void)
{
	if (master == NULL)
		panic("event seals without a master key");
	return (master->events);
}

const uint8_t *
secrets_challenge_key(void)
{
	return (master != NULL ? master->challenge : NULL);
}

/* The store's own idea of the key */

static int
compare(const char *id, const char *check, char *err, size_t errlen)
{
	if (master == NULL) {
		snprintf(err, errlen, "no master key is loaded");
		return (-1);
	}
	if (strcmp(id, master->id) != 0) {
		snprintf(err, errlen, "wrong master key: the database was "
		    "sealed with key %s, the key file holds %s; put the right "
		    "file in its place", id, master->id);
		return (-1);
	}
	if (strcmp(check, master->check) != 0) {
		snprintf(err, errlen, "the database's check value of master "
		    "key %s was changed: restore the row %s of its settings",
		    id, SETTING_MASTER_KEY_CHECK);
		return (-1);
	}
	return (0);
}

int
secrets_check(struct db *db, char *err, size_t errlen)
{
	char	*id = NULL, *check = NULL;
	int	 r;

	if ((r = setting_get(db, SETTING_MASTER_KEY_ID, &id)) == DB_OK)
		r = setting_get(db, SETTING_MASTER_KEY_CHECK, &check);
	if (r == DB_NOTFOUND)
		snprintf(err, errlen, "the database has no master key yet: "
		    "start the server once");
	else if (r != DB_OK)
		snprintf(err, errlen, "%s", db_error(db));
	else
		r = compare(id, check, err, errlen);
	free(id);
	free(check);
	return (r == DB_OK ? 0 : -1);
}

int
secrets_adopt(struct db *db, char *err, size_t errlen)
{
	char	*id = NULL, *check = NULL;
	int	 r;

	if (master == NULL)
		panic("no master key to adopt");
	r = setting_init(db, SETTING_MASTER_KEY_ID, master->id, &id);
	/* A store of another key must not get this one's check value. */
	if (r == DB_OK && strcmp(id, master->id) != 0) {
		compare(id, "", err, errlen);
		r = DB_INVALID;
	}
	if (r == DB_OK)
		r = setting_init(db, SETTING_MASTER_KEY_CHECK, master->check,
		    &check);
	if (r == DB_OK && compare(id, check, err, errlen) == -1)
		r = DB_INVALID;
	free(id);
	free(check);
	return (r);
}

/* Values */

/*
 * What is authenticated besides the value. Each part has its length before
 * it, so that no two places have the same bytes.
 */
static void
place_put(struct msg *m, const char *id, const char *table,
    const char *column, int64_t row)
{
	msg_init(m);
	msg_put_text(m, SEALED_VERSION);
	msg_put_text(m, id);
	msg_put_text(m, table);
	msg_put_text(m, column);
	msg_put_u64(m, row);
}

/* "$1$KEYID$" and the base64 of len bytes; malloc'ed. */
static char *
sealed_text(const uint8_t *data, size_t len)
{
	size_t	 head, n = sodium_base64_encoded_len(len, BASE64);
	char	*text;

	head = strlen(SEALED_VERSION) + strlen(master->id) + 1;
	text = xmalloc(head + n);
	snprintf(text, head + n, "%s%s$", SEALED_VERSION, master->id);
	sodium_bin2base64(text + head, n, data, len, BASE64);
	return (text);
}

static int
value_seal(void *arg, const char *table, const char *column, int64_t row,
    const void *plain, size_t len, char **sealed)
{
	struct msg	 place;
	uint8_t		*box;

	(void)arg;
	*sealed = NULL;
	if (master == NULL || len > SEALED_MAX / 2)
		return (-1);
	box = xmalloc(NONCE_LEN + len + TAG_LEN);
	randombytes_buf(box, NONCE_LEN);
	place_put(&place, master->id, table, column, row);
	crypto_aead_xchacha20poly1305_ietf_encrypt(box + NONCE_LEN, NULL,
	    plain, len, place.data, place.len, NULL, box, master->seal);
	*sealed = sealed_text(box, NONCE_LEN + len + TAG_LEN);
	msg_free(&place);
	free(box);
	return (0);
}

/*
 * The base64 of a sealed text, if it is one of ours and of this key; NULL
 * after having said so in the log if not.
 */
static const char *
sealed_base64(const char *sealed)
{
	size_t	n = strlen(SEALED_VERSION), idlen = SECRETS_ID_SIZE - 1;

	if (strlen(sealed) > SEALED_MAX ||
	    strncmp(sealed, SEALED_VERSION, n) != 0 ||
	    strlen(sealed) < n + idlen + 1 || sealed[n + idlen] != '$') {
		log_error("a sealed value in the database is damaged");
		return (NULL);
	}
	if (strncmp(sealed + n, master->id, idlen) != 0) {
		log_error("a value in the database is sealed with key %.*s, "
		    "not with %s", (int)idlen, sealed + n, master->id);
		return (NULL);
	}
	return (sealed + n + idlen + 1);
}

/* Opens nonce and ciphertext; returns sodium's memory or NULL. */
static void *
box_open(const uint8_t *box, size_t boxlen, const struct msg *place,
    size_t *len)
{
	unsigned long long	 n;
	uint8_t			*plain;

	if (boxlen < NONCE_LEN + TAG_LEN)
		return (NULL);
	/* One byte more, so that an empty value has a place too. */
	plain = sodium_malloc(boxlen - NONCE_LEN - TAG_LEN + 1);
	if (plain == NULL)
		return (NULL);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &n, NULL,
	    box + NONCE_LEN, boxlen - NONCE_LEN, place->data, place->len, box,
	    master->seal) != 0) {
		sodium_free(plain);
		return (NULL);
	}
	plain[n] = '\0';
	*len = n;
	return (plain);
}

static int
value_open(void *arg, const char *table, const char *column, int64_t row,
    const char *sealed, void **plain, size_t *len)
{
	struct msg	 place;
	const char	*base64, *end;
	uint8_t		*box;
	size_t		 boxlen;

	(void)arg;
	*plain = NULL;
	*len = 0;
	if (master == NULL || (base64 = sealed_base64(sealed)) == NULL)
		return (-1);
	box = xmalloc(strlen(base64) + 1);
	place_put(&place, master->id, table, column, row);
	if (sodium_base642bin(box, strlen(base64), base64, strlen(base64),
	    NULL, &boxlen, &end, BASE64) == 0 && *end == '\0')
		*plain = box_open(box, boxlen, &place, len);
	msg_free(&place);
	free(box);
	if (*plain == NULL)
		log_error("%s.%s of row %lld does not open: it was changed, "
		    "or moved there from another row", table, column,
		    (long long)row);
	return (*plain != NULL ? 0 : -1);
}

const struct sealer *
secrets_sealer(void)
{
	static const struct sealer	sealer = {
		.seal = value_seal,
		.open = value_open
	};

	return (&sealer);
}
