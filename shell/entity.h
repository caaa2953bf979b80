/* SPDX-License-Identifier: ISC */
/*
 * Rows as JSON, for `inspect` and for backups: one function an entity, with
 * the member names of the original and, after those, what the original does
 * not have. Rows that are nested in another have null where others would be
 * nested in them, as the original's have. The caller owns what is returned.
 */
#ifndef SHELL_ENTITY_H
#define SHELL_ENTITY_H

#include <jansson.h>
#include <stdint.h>

#include "db/group.h"

struct acl;
struct db;
struct event;
struct host;
struct key;
struct session;
struct user;
struct userkey;

/*
 * Which lists are needed for full rows: of keys their hosts, of hosts keys and
 * groups, of users user keys and groups, of user keys users, of groups ACLs
 * and hosts or users, of ACLs both groups. Of what is not loaded, there is the
 * name at most.
 */
#define ENTITY_KEYS		0x1
#define ENTITY_HOSTS		0x2
#define ENTITY_USERS		0x4
#define ENTITY_USER_KEYS	0x8
#define ENTITY_USER_GROUPS	0x10
#define ENTITY_HOST_GROUPS	0x20
#define ENTITY_ACLS		0x40
#define ENTITY_ALL		0x7f

/* All rows of some lists, ready to be nested in each other. */
struct entities;

/* DB_OK and *out, for entities_free(); or another class. */
int	 entities_load(struct db *, int lists, struct entities **out);
/* Of one user the keys, and nothing else. */
int	 entities_load_user(struct db *, int64_t user,
	    struct entities **out);
void	 entities_free(struct entities *);

/* secret: the private key or password as it shall stand there; NULL: "". */
json_t	*entity_key(const struct entities *, const struct key *,
	    const char *secret);
json_t	*entity_host(const struct entities *, const struct host *,
	    const char *secret);
json_t	*entity_user(const struct entities *, const struct user *,
	    int64_t now);
json_t	*entity_userkey(const struct entities *, const struct userkey *);
json_t	*entity_group(const struct entities *, enum group_kind,
	    const struct group *);
json_t	*entity_acl(const struct entities *, const struct acl *);

/*
 * Of the user and host that they name, the rows, if they are among the
 * entities (NULL: of none); else their ID and Name.
 */
json_t	*entity_event(const struct entities *, const struct event *);
json_t	*entity_session(const struct entities *, const struct session *,
	    int64_t now);

/* "active", "invited", ...: what can be said of a user in a word. */
const char	*entity_user_status(const struct user *, int64_t now);

/* A string that JSON can hold: what is no UTF-8 is escaped. */
json_t	*entity_text(const char *);

/* RFC 3339; null for 0. */
json_t	*entity_time(int64_t utc);

/*
 * From now on what JSON frees is wiped, for secrets may be in it. For the
 * whole process; before its first JSON.
 */
void	 entity_wipe_freed(void);

#endif
