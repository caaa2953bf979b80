/* SPDX-License-Identifier: ISC */
/*
 * The portal's own keys: those it logs in to hosts with, and its host key.
 * The private half is in the store only sealed, for its row alone.
 */
#ifndef DB_KEY_H
#define DB_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "db/db.h"

struct sealer;

#define KEY_HOST	"host"		/* the portal's host key, Ed25519 */
#define KEY_HOST_ECDSA	"host-ecdsa"	/* others that clients may know it */
#define KEY_HOST_RSA	"host-rsa"	/*  by; most portals have neither */
#define KEY_DEFAULT	"default"	/* what a host gets if not told */

struct key {
	int64_t		 id;
	char		*name;		/* unique */
	char		*type;		/* "ed25519", "ecdsa" or "rsa" */
	int64_t		 length;	/* bits */
	unsigned char	*pub_blob;	/* SSH wire form */
	size_t		 pub_bloblen;
	char		*fingerprint;	/* "SHA256:...", made by the store */
	char		*priv_sealed;	/* NULL until key_set_sealed() */
	char		*comment;
	int64_t		 created_at;
	int64_t		 updated_at;
	int64_t		 replaces_id;	/* the key whose place it is to take;
					   0: none */
	int64_t		 nhosts;	/* filled by getters */
};

/* The portal's host keys: what each is called, and the type it must be of. */
struct key_host {
	const char	*name;
	const char	*type;
};

/* In the order in which they are offered. */
#define KEY_HOST_KINDS	3
extern const struct key_host	key_host_kinds[KEY_HOST_KINDS];

/* The place in key_host_kinds of a name, or of a type; KEY_HOST_KINDS: none. */
size_t	key_host_by_name(const char *name);
size_t	key_host_by_type(const char *type);

/* Whether a key of this name is for showing and never for logging in. */
int	key_is_host(const char *name);

struct key_list {
	struct key	*v;
	size_t		 n;
};

/*
 * Inserts name, type, length, pub_blob, comment and replaces_id, without a
 * private half: a caller that seals by itself does so with the new id and calls
 * key_set_sealed() in the same transaction.
 */
int	key_create(struct db *db, const struct key *k, int64_t *id);
int	key_set_sealed(struct db *db, int64_t id, const char *sealed);

/* Both at once. DB_ERROR if the sealer refuses; no row is left then. */
int	key_create_sealed(struct db *db, const struct key *k,
	    const void *priv, size_t privlen, const struct sealer *sealer,
	    int64_t *id);

/* Writes name and comment of the row k->id. */
int	key_update(struct db *db, const struct key *k);

/* The newest key that is to take the place of this one; caller frees. */
int	key_successor(struct db *db, int64_t id, struct key **out);

/*
 * A key takes the place of the one that it replaces: that row is removed, and
 * its name and comment are this one's. One transaction; DB_REF while hosts use
 * the old one, DB_NOTFOUND when this one replaces none.
 */
int	key_take_over(struct db *db, int64_t id);

/* DB_REF while hosts use it. */
int	key_remove(struct db *db, int64_t id);

/* Caller frees with key_free(). */
int	key_get(struct db *db, int64_t id, struct key **out);
int	key_by_name(struct db *db, const char *name, struct key **out);
/* By id if it is all digits and there is one, else by name. */
int	key_find(struct db *db, const char *text, struct key **out);

/* Newest first; limit 0 is all. */
int	key_list(struct db *db, int64_t limit, struct key_list **out);

/* Names of the hosts that use it, sorted. db_names_free() the names. */
int	key_hosts(struct db *db, int64_t id, struct db_names *names);

void	key_free(struct key *k);
void	key_list_free(struct key_list *l);

#endif
