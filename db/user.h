/* SPDX-License-Identifier: ISC */
/*
 * The people: who they are, what they may do here (roles), how they came in
 * (invites). Groups are in db/group.h, their keys in db/userkey.h.
 *
 * An invite's token is never stored, only a hash of it that the caller made.
 */
#ifndef DB_USER_H
#define DB_USER_H

#include <stddef.h>
#include <stdint.h>

#include "db/db.h"

struct userkey;

/* The roles that the schema seeds; there are no others. */
#define ROLE_ADMIN	"admin"
#define ROLE_TRUSTED	"trusted"
#define ROLE_STANDARD	"standard"
#define ROLE_AUDITOR	"auditor"
#define ROLE_LISTHOSTS	"listhosts"

/* Seconds that an open invite is good for, where nobody says. */
#define INVITE_LIFE		(INT64_C(7) * 86400)
#define INVITE_LIFE_ADMIN	INT64_C(86400)	/* an administrator's */

struct user {
	int64_t		 id;
	char		*name;			/* unique */
	char		*email;			/* may be empty */
	char		*comment;
	char		*invite_hash;		/* NULL if none is open */
	int64_t		 invite_expires_at;	/* 0: never, or used up */
	int64_t		 invite_uses;		/* keys that it still binds */
	int		 disabled;
	int64_t		 expires_at;		/* 0: never */
	char		*allowed_from;		/* networks they may come from,
						   as network_list_normal() has
						   them; NULL: any */
	int64_t		 created_at;
	int64_t		 updated_at;
	int64_t		 nkeys;			/* filled by every getter */
	/* Filled by every getter but the plain one: */
	struct db_names	 roles;			/* by name */
	struct db_names	 groups;		/* by name */
};

struct user_list {
	struct user	*v;
	size_t		 n;
};

/*
 * Inserts name, email, comment, disabled, expires_at, allowed_from and the
 * invite of *u (invite_uses 0 is 1); id, times and the rest are the store's. A
 * caller that adds roles and groups does all in one transaction.
 */
int	user_create(struct db *db, const struct user *u, int64_t *id);

/*
 * Writes name, email, comment, disabled, expires_at and allowed_from of the row
 * u->id.
 */
int	user_update(struct db *db, const struct user *u);

/*
 * Opens an invite (replacing any) that binds so many keys, or, hash NULL,
 * withdraws it; user_set_invite() one for a single key.
 */
int	user_open_invite(struct db *db, int64_t id, const char *hash,
	    int64_t expires_at, int64_t uses);
int	user_set_invite(struct db *db, int64_t id, const char *hash,
	    int64_t expires_at);

/* How many keys an open invite still binds; DB_NOTFOUND: none is open. */
int	user_set_invite_uses(struct db *db, int64_t id, int64_t uses);

/* Closes all invites that ended at or before `now`. */
int	user_invites_expire(struct db *db, int64_t now);

/* Removes the user with keys and memberships. Its id is never used again. */
int	user_remove(struct db *db, int64_t id);

/* Getters: caller frees with user_free(). They find disabled ones too. */
int	user_get(struct db *db, int64_t id, struct user **out);
/* The row without roles and groups: a login has no use for them, most times. */
int	user_get_plain(struct db *db, int64_t id, struct user **out);
/* Fills in, or anew, what user_get_plain() leaves out. */
int	user_attach(struct db *db, struct user *u);
int	user_by_name(struct db *db, const char *name, struct user **out);
/* DB_AMBIGUOUS if several have it. */
int	user_by_email(struct db *db, const char *email, struct user **out);
/* By id if it is all digits and there is one, else by name, else e-mail. */
int	user_find(struct db *db, const char *text, struct user **out);
/* The user whose open, unexpired invite has this hash. */
int	user_by_invite(struct db *db, const char *hash, int64_t now,
	    struct user **out);

/*
 * The same for an invite that may be used up (then there is no hash and no
 * end) or have expired: to say which.
 */
int	user_by_any_invite(struct db *db, const char *hash, struct user **out);

/* Newest first; limit 0 is all. */
int	user_list(struct db *db, int64_t limit, struct user_list **out);

int	user_count(struct db *db, int64_t *count);

/* True (1) or false (0) in *has. */
int	user_has_role(struct db *db, int64_t id, const char *role, int *has);

/*
 * Adding a role that is there and removing one that is not are DB_OK;
 * an unknown role or user is DB_NOTFOUND.
 */
int	user_role_add(struct db *db, int64_t id, const char *role);
int	user_role_remove(struct db *db, int64_t id, const char *role);

/*
 * How many enabled, unexpired administrators can log in with a key that has not
 * expired: zero means that the first invite must be renewed.
 */
int	user_admins_with_key(struct db *db, int64_t now, int64_t *count);

/*
 * How many are left that can do everything here: all administrators who are
 * enabled and unexpired at `now`, and those of them who have a key that is.
 */
struct admins {
	int64_t	usable;
	int64_t	with_key;
};

int	user_admins(struct db *db, int64_t now, struct admins *out);

/*
 * Redeems an invite, in one transaction: finds the enabled, unexpired user
 * with this open invite, takes one of its uses, the last of which closes it,
 * and adds the key (its user_id is ignored). Of any number that try at once,
 * as many as there are uses get DB_OK and the rest DB_NOTFOUND. DB_EXISTS: the
 * key is somebody's already; the invite then stays as it is.
 */
int	user_redeem(struct db *db, const char *hash, int64_t now,
	    const struct userkey *key, int64_t *user_id);

/* True if not disabled and not expired at `now`. */
int	user_usable(const struct user *u, int64_t now);

/* True if the row (as a getter filled it) holds the role. */
int	user_is(const struct user *u, const char *role);

void	user_free(struct user *u);
void	user_list_free(struct user_list *l);

#endif
