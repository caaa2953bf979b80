/* SPDX-License-Identifier: ISC */
/*
 * Sessions that are to end: asked for on one instance, read by the keeper of
 * the one that has the session.
 */
#ifndef DB_STOP_H
#define DB_STOP_H

#include <stddef.h>
#include <stdint.h>

struct db;

struct stop {
	int64_t	 session_id;
	char	*reason;	/* that the person reads; any bytes, cut at
				   DB_TEXT_MAX; "" if none */
	char	*author;	/* who asked; a name */
	int64_t	 asked_at;
};

struct stop_list {
	struct stop	*v;
	size_t		 n;
};

/*
 * Asks for a session's end, which keepers look for as often as for the
 * generation: that stays, for nothing is withdrawn from anybody. asked_at 0
 * means now. Who asks again takes the place of who asked before.
 * DB_NOTFOUND if there is no such session, or it has ended.
 */
int	stop_request(struct db *db, const struct stop *s);

/*
 * Those of an instance's active sessions (NULL: of all instances) that were
 * asked for at `since` or later, oldest first.
 */
int	stop_list(struct db *db, const char *instance_id, int64_t since,
	    struct stop_list **out);

/* It was done, or cannot be: DB_NOTFOUND if nobody asks for it. */
int	stop_remove(struct db *db, int64_t session_id);

/* Removes what was asked for before a time; *removed gets how many. */
int	stop_prune(struct db *db, int64_t before, int64_t *removed);

void	stop_list_free(struct stop_list *l);

#endif
