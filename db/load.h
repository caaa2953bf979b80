/* SPDX-License-Identifier: ISC */
/*
 * Rows that were somewhere before: written with the ids and times they had,
 * for whoever restores them. Nothing of a row is made up here but a key's
 * fingerprint; strings that are NULL are empty ones.
 *
 * All of it happens in the caller's transaction, load_clear() first. It bumps
 * the generation. Rows must come before those that refer to them.
 */
#ifndef DB_LOAD_H
#define DB_LOAD_H

#include <stdint.h>

#include "db/acl.h"
#include "db/group.h"

struct db;
struct event;
struct host;
struct key;
struct session;
struct user;
struct userkey;

/* Removes all users, keys, hosts, groups and ACLs. */
int	load_clear(struct db *db);

/* Each inserts all columns of its table, DB_EXISTS for what is taken. */
int	load_key(struct db *db, const struct key *k);
int	load_host(struct db *db, const struct host *h);	/* but its hop */
int	load_user(struct db *db, const struct user *u);	/* with its roles */
int	load_userkey(struct db *db, const struct userkey *k);
int	load_group(struct db *db, enum group_kind kind,
	    const struct group *g);
int	load_acl(struct db *db, const struct acl *a);

/* What ties them; as many as there are, each once. */
int	load_hop(struct db *db, int64_t host, int64_t hop);
int	load_member(struct db *db, enum group_kind kind, int64_t group,
	    int64_t member);
int	load_acl_group(struct db *db, int64_t acl, enum group_kind kind,
	    int64_t group);

/*
 * History is added to what is there, under its own id if that is free, else
 * under a new one. What is there already is known and not to be added again:
 * ask of all rows before the first of them is inserted, for two of the same
 * second may well be alike. Of an event, restored must not be 0; a session is
 * closed, *id is the one under which it is there from now on, or, of one that
 * is known, is already; 0: it is not known.
 */
int	load_event_known(struct db *db, const struct event *e, int *known);
int	load_event(struct db *db, const struct event *e);
int	load_session_known(struct db *db, const struct session *s, int64_t *id);
int	load_session(struct db *db, const struct session *s, int64_t *id);

/*
 * Past sessions of a user or host that is now somebody else under the same id,
 * or nobody, keep the name alone.
 */
int	load_forget_user(struct db *db, int64_t id);
int	load_forget_host(struct db *db, int64_t id);

#endif
