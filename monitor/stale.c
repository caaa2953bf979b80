/* SPDX-License-Identifier: ISC */
/*
 * Closing the rows of dead sessions.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/session.h"
#include "lib/log.h"
#include "lib/reach.h"
#include "lib/unixsock.h"
#include "monitor/happenings.h"
#include "monitor/stale.h"

struct closing {
	const struct session	*s;
	int64_t			 now;
};

static int
close_row(struct db *db, void *arg)
{
	const struct closing	*c = arg;
	const struct session	*s = c->s;
	int			 r;

	r = session_close(db, s->id, c->now, STALE_WHY, s->bytes_in,
	    s->bytes_out);
	return (r != DB_OK ? r : happening_end(db, s, c->now, STALE_WHY,
	    s->bytes_in, s->bytes_out));
}

/* DB_OK too when it lives, is young, or was ended by somebody else. */
static int
close_one(struct db *db, int64_t id, const char *run_dir, int64_t now,
    int64_t grace, size_t *closed)
{
	struct closing	 c = { .now = now };
	struct session	*s;
	char		 name[REACH_SOCKET_SIZE];
	int		 r;

	reach_session_socket(id, name);
	if (unixsock_alive(run_dir, name) != 0)
		return (DB_OK);
	if ((r = session_get(db, id, &s)) != DB_OK)
		return (r == DB_NOTFOUND ? DB_OK : r);
	if (s->status == SESSION_ACTIVE &&
	    s->started_at <= now - grace) {
		c.s = s;
		r = db_transaction(db, close_row, &c);
		if (r == DB_OK) {
			log_session(id);
			log_info("session %lld closed: %s", (long long)id,
			    STALE_WHY);
			log_session(0);
			(void)unixsock_remove(run_dir, name);
			(*closed)++;
		}
	}
	session_free(s);
	return (r == DB_NOTFOUND ? DB_OK : r);
}

int
stale_close(struct db *db, const char *instance, const char *run_dir,
    int64_t now, int64_t grace, size_t *closed)
{
	int64_t	*ids;
	size_t	 i, n;
	int	 r;

	*closed = 0;
	r = session_active_ids(db, instance, &ids, &n);
	for (i = 0; r == DB_OK && i < n; i++)
		r = close_one(db, ids[i], run_dir, now, grace, closed);
	free(ids);
	return (r);
}

int
stale_any_alive(const char *run_dir)
{
	struct dirent	*e;
	DIR		*d;
	int		 alive = 0;

	if ((d = opendir(run_dir)) == NULL)
		return (0);
	while (!alive && (e = readdir(d)) != NULL)
		alive = strncmp(e->d_name, "session-", 8) == 0 &&
		    unixsock_alive(run_dir, e->d_name) == 1;
	closedir(d);
	return (alive);
}
