/* SPDX-License-Identifier: ISC */
/*
 * What sessions come to: sums by user, host or day, and last uses.
 */
#ifndef DB_USAGE_H
#define DB_USAGE_H

#include <stddef.h>
#include <stdint.h>

struct db;

enum usage_by {
	USAGE_USER,
	USAGE_HOST,
	USAGE_DAY
};

/* Which sessions; 0 is any. */
struct usage_filter {
	int64_t	user_id;
	int64_t	host_id;
	int64_t	since;		/* started then or later */
	int64_t	now;		/* until when those last that go on */
	int64_t	limit;		/* of the sums */
};

struct usage {
	char	*name;		/* of the user or host, as sessions have it;
				   "" of a day */
	int64_t	 day;		/* when it began, UTC seconds */
	int64_t	 sessions;
	int64_t	 active;	/* of these */
	int64_t	 seconds;	/* that they lasted, all together */
	int64_t	 bytes_in, bytes_out;
	int64_t	 last;		/* when the last one began */
};

struct usage_list {
	struct usage	*v;
	size_t		 n;
};

/* Most sessions first, of days the newest. Reads all that the filter fits. */
int	usage_sums(struct db *db, enum usage_by by,
	    const struct usage_filter *f, struct usage_list **out);

void	usage_list_free(struct usage_list *l);

/* When the last session of a user, or to a host, began. */
struct last_use {
	int64_t	id;
	int64_t	at;
};

/*
 * Of users (USAGE_USER) or hosts (USAGE_HOST) with ids from low to high, newest
 * first; those without a session are left out. A few steps in an index each,
 * however many sessions there are. Caller frees *v.
 */
int	usage_last(struct db *db, enum usage_by by, int64_t low, int64_t high,
	    struct last_use **v, size_t *n);

/*
 * Of these the one of an id that is asked for in descending order, 0 if it has
 * none; *at, 0 at first, is where the search goes on.
 */
int64_t	usage_last_of(const struct last_use *v, size_t n, size_t *at,
	    int64_t id);

#endif
