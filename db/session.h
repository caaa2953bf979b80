/* SPDX-License-Identifier: ISC */
/*
 * Sessions: who was where, from where, from when to when. They keep the
 * names they were made with, and ids that may have outlived their rows.
 * Text in them may come from the network: any bytes but NUL, stored as they
 * are; whoever prints them escapes them.
 */
#ifndef DB_SESSION_H
#define DB_SESSION_H

#include <stddef.h>
#include <stdint.h>

struct db;

enum session_status {
	SESSION_CLOSED,
	SESSION_ACTIVE
};

struct session {
	int64_t			 id;
	int64_t			 user_id;	/* 0: none */
	char			*user_name;
	int64_t			 host_id;	/* 0: none */
	char			*host_name;
	char			*account;	/* login on the host */
	char			*instance_id;
	char			*source;	/* the person's address */
	char			*client_version;
	enum session_status	 status;
	int64_t			 started_at;
	int64_t			 ended_at;	/* 0: not yet */
	char			*error;		/* "" if none */
	char			*comment;
	int64_t			 bytes_in;	/* from the person */
	int64_t			 bytes_out;	/* to the person */
};

struct session_list {
	struct session	*v;
	size_t		 n;
};

/* What to list; zero or NULL means "any". */
struct session_filter {
	int		 active;	/* only those still going on */
	int		 closed;	/* only those that have ended */
	int64_t		 user_id;
	int64_t		 host_id;
	int64_t		 since;		/* started at or after */
	int64_t		 before_id;	/* older than this one: paging */
	int64_t		 limit;
};

/*
 * Inserts an active session; started_at and the names are the caller's.
 * Texts longer than DB_NAME_MAX are cut, never refused.
 */
int	session_create(struct db *db, const struct session *s, int64_t *id);

/*
 * Ends it, once: DB_OK for the call that ended it, DB_NOTFOUND if it was
 * ended before or never was, and then changes nothing.
 */
int	session_close(struct db *db, int64_t id, int64_t ended_at,
	    const char *error, int64_t bytes_in, int64_t bytes_out);

/* Caller frees with session_free(). */
int	session_get(struct db *db, int64_t id, struct session **out);

/* Newest first: by id, or, with `since`, by start. */
int	session_list(struct db *db, const struct session_filter *f,
	    struct session_list **out);

/* Oldest first, younger than after_id. */
int	session_page(struct db *db, int64_t after_id, int64_t limit,
	    struct session_list **out);

/*
 * How many the filter fits; its limit and before_id do not count. With a
 * filter the counting ends at `most`, unless that is 0.
 */
int	session_count(struct db *db, const struct session_filter *f,
	    int64_t most, int64_t *count);

/* Ids of an instance's active sessions, ascending; caller frees *ids. */
int	session_active_ids(struct db *db, const char *instance_id,
	    int64_t **ids, size_t *n);

/*
 * Removes up to `limit` closed sessions, with their channels, that ended
 * before a time: retention, in bites. *removed gets how many.
 */
int	session_prune(struct db *db, int64_t before, int64_t limit,
	    int64_t *removed);

const char	*session_status_name(enum session_status s);

void	session_free(struct session *s);
void	session_list_free(struct session_list *l);

#endif
