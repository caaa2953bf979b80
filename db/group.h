/* SPDX-License-Identifier: ISC */
/*
 * Groups of users and groups of hosts: the two sides of an ACL.
 */
#ifndef DB_GROUP_H
#define DB_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "db/db.h"

enum group_kind {
	GROUP_USER,
	GROUP_HOST
};

#define GROUP_DEFAULT	"default"

struct group {
	int64_t	 id;
	char	*name;		/* unique in its kind */
	char	*comment;
	int64_t	 created_at;
	int64_t	 updated_at;
	/* Filled by getters: */
	int64_t	 nmembers;	/* users or hosts */
	int64_t	 nacls;
};

struct group_list {
	struct group	*v;
	size_t		 n;
};

/* Inserts name and comment. */
int	group_create(struct db *db, enum group_kind kind,
	    const struct group *g, int64_t *id);

/* Makes sure that a group of this name is there. */
int	group_ensure(struct db *db, enum group_kind kind, const char *name,
	    const char *comment, int64_t *id);

/* Writes name and comment of the row g->id. */
int	group_update(struct db *db, enum group_kind kind,
	    const struct group *g);

/* Removes the group with its memberships and its part in ACLs. */
int	group_remove(struct db *db, enum group_kind kind, int64_t id);

/* Caller frees with group_free(). */
int	group_get(struct db *db, enum group_kind kind, int64_t id,
	    struct group **out);
int	group_by_name(struct db *db, enum group_kind kind, const char *name,
	    struct group **out);
/* By id if it is all digits and there is one, else by name. */
int	group_find(struct db *db, enum group_kind kind, const char *text,
	    struct group **out);

/* Newest first; limit 0 is all. */
int	group_list(struct db *db, enum group_kind kind, int64_t limit,
	    struct group_list **out);

/*
 * Membership of a user or host. Adding a member and removing a stranger
 * are DB_OK; DB_REF if the group or the member does not exist.
 */
int	group_add(struct db *db, enum group_kind kind, int64_t group_id,
	    int64_t member_id);
int	group_drop(struct db *db, enum group_kind kind, int64_t group_id,
	    int64_t member_id);

/* Names of the users or hosts in it, sorted. db_names_free() the names. */
int	group_members(struct db *db, enum group_kind kind, int64_t id,
	    struct db_names *names);

void	group_free(struct group *g);
void	group_list_free(struct group_list *l);

#endif
