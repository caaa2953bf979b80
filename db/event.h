/* SPDX-License-Identifier: ISC */
/*
 * The audit log. Events are inserted unsealed in the transaction that they
 * tell of; the keeper then numbers them without gaps and chains them with
 * keyed seals, which this file only stores.
 */
#ifndef DB_EVENT_H
#define DB_EVENT_H

#include <stddef.h>
#include <stdint.h>

struct db;

#define EVENT_SEAL_MAX	64	/* bytes of a seal */

struct event {
	int64_t		 id;
	int64_t		 author_id;	/* 0: the system */
	char		*author_name;
	char		*source;	/* address, "local", ... */
	char		*domain;
	char		*action;
	char		*entity;
	char		*args;		/* JSON (UTF-8), or "" */
	int64_t		 created_at;
	int64_t		 session_id;	/* of which it tells, 0: of none */
	int64_t		 seal_no;	/* from 1; 0: unsealed */
	unsigned char	*seal;		/* NULL: unsealed */
	size_t		 seallen;
	int64_t		 restored;	/* when it came out of a backup, 0:
					   it was written here */
};

struct event_list {
	struct event	*v;
	size_t		 n;
};

/*
 * Inserts all but id, seal and restored (db/load.h); created_at 0 means now.
 */
int	event_create(struct db *db, const struct event *e, int64_t *id);

/* Caller frees with event_free(). */
int	event_get(struct db *db, int64_t id, struct event **out);

/* Newest first, older than before_id unless that is 0; limit 0 is all. */
int	event_list(struct db *db, int64_t before_id, int64_t limit,
	    struct event_list **out);

/* Oldest first, younger than after_id. */
int	event_page(struct db *db, int64_t after_id, int64_t limit,
	    struct event_list **out);

int	event_count(struct db *db, int64_t *count);

/* Which events; NULL and 0 are any. */
struct event_filter {
	const char	*author, *domain, *action;	/* exactly */
	const char	*entity;			/* a part of it */
	int64_t		 session_id;			/* of this one */
	int64_t		 since;				/* then or later */
	int64_t		 limit;
};

/*
 * Those that fit, newest first; and how many, where the counting ends at
 * `most` and the limit does not count. An index finds all but a part of the
 * entity, which is looked for in one event after the other.
 */
int	event_find(struct db *db, const struct event_filter *,
	    struct event_list **out);
int	event_found(struct db *db, const struct event_filter *, int64_t most,
	    int64_t *count);

/*
 * For the keeper, in a transaction: takes the lock that lets only one keeper
 * of all instances seal at a time, held until the transaction's end.
 */
int	event_seal_lock(struct db *db);

/* Unsealed ones, oldest id first. */
int	event_unsealed(struct db *db, int64_t limit, struct event_list **out);

/*
 * Number and seal of the last sealed one; DB_NOTFOUND if there is none.
 * The seal is malloc'ed, caller frees.
 */
int	event_last_sealed(struct db *db, int64_t *no, unsigned char **seal,
	    size_t *seallen);

/*
 * Seals one: DB_EXISTS if the number is taken, DB_NOTFOUND if the event is
 * sealed already or not there.
 */
int	event_set_seal(struct db *db, int64_t id, int64_t no,
	    const void *seal, size_t seallen);

/* For verification: sealed ones with a number above `after`, ascending. */
int	event_sealed(struct db *db, int64_t after, int64_t limit,
	    struct event_list **out);

void	event_free(struct event *e);
void	event_list_free(struct event_list *l);

#endif
