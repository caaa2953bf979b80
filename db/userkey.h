/* SPDX-License-Identifier: ISC */
/*
 * The public keys that people log in with. A key belongs to one user.
 */
#ifndef DB_USERKEY_H
#define DB_USERKEY_H

#include <stddef.h>
#include <stdint.h>

struct db;

struct userkey {
	int64_t		 id;
	int64_t		 user_id;
	char		*user_name;	/* filled by getters */
	char		*type;		/* "ssh-ed25519", ... */
	unsigned char	*blob;		/* SSH wire form (RFC 4253, 6.6) */
	size_t		 bloblen;	/* 1 to 16384 */
	char		*fingerprint;	/* "SHA256:...", made by the store */
	char		*comment;
	int64_t		 expires_at;	/* 0: never */
	char		*allowed_from;	/* networks it may come from, as
					   network_list_normal() has them;
					   NULL: any */
	int64_t		 created_at;
	int64_t		 updated_at;
};

struct userkey_list {
	struct userkey	*v;
	size_t		 n;
};

/*
 * Adds user_id, type, blob, comment, expires_at and allowed_from of *k.
 * DB_EXISTS if anybody has this
 * key; DB_REF if there is no such user.
 */
int	userkey_create(struct db *db, const struct userkey *k, int64_t *id);

/* Writes comment, expires_at and allowed_from of the row k->id. */
int	userkey_update(struct db *db, const struct userkey *k);

int	userkey_remove(struct db *db, int64_t id);

int	userkey_get(struct db *db, int64_t id, struct userkey **out);

/*
 * Whose key is this?  The lookup of a login: one indexed read, the whole
 * blob compared. DB_NOTFOUND: nobody's. Expired ones are found too.
 */
int	userkey_by_blob(struct db *db, const void *blob, size_t bloblen,
	    struct userkey **out);

/* The same for its ids alone; *id may be NULL. */
int	userkey_lookup(struct db *db, const void *blob, size_t bloblen,
	    int64_t *user_id, int64_t *id);

/* Newest first, of one user, or of all with user_id 0; limit 0 is all. */
int	userkey_list(struct db *db, int64_t user_id, int64_t limit,
	    struct userkey_list **out);

int	userkey_count(struct db *db, int64_t user_id, int64_t *count);

/* True if not expired at `now`. */
int	userkey_usable(const struct userkey *k, int64_t now);

void	userkey_free(struct userkey *k);
void	userkey_list_free(struct userkey_list *l);

#endif
