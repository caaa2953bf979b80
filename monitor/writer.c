/* SPDX-License-Identifier: ISC */
/*
 * The keeper's hand in the store.
 *
 * Order is kept by one rule: nothing is written to the store while the spool
 * holds anything. So each writing looks into the spool first (an empty
 * directory, as a rule) and joins it when it cannot be emptied.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "db/db.h"
#include "db/event.h"
#include "db/instance.h"
#include "db/record.h"
#include "db/setting.h"
#include "db/stop.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "monitor/apply.h"
#include "monitor/asker.h"
#include "monitor/seals.h"
#include "monitor/secrets.h"
#include "monitor/stale.h"
#include "monitor/writer.h"

#define STORE_TIMEOUT_S	5
#define BACKOFF_FIRST	1000	/* ms */
#define BACKOFF_MOST	5000
#define REPLAY_AT_ONCE	32	/* files */
#define SEALS_AT_ONCE	4	/* transactions */
/*
 * A record comes a second time when a keeper died between writing it and
 * removing it from the spool: until an instance is started again, that is.
 */
#define RECORDS_KEPT_S	(7 * 86400)
#define PRUNE_AT_ONCE	2000	/* records, each beat */
#define STOPS_KEPT_S	86400	/* of sessions that have ended, mostly */

int
writer_init(struct writer *w, const struct settings *s,
    const struct secret_settings *ss)
{
	char	err[512];

	memset(w, 0, sizeof(*w));
	w->settings = s;
	w->secrets = ss;
	w->spool = -1;
	w->generation = -1;
	w->pid = getppid();
	w->started_at = clock_utc();
	if (state_instance_id(s, w->instance, err, sizeof(err)) == -1) {
		log_error("%s", err);
		return (-1);
	}
	if ((w->spool = spool_open(s->state_dir)) == -1) {
		log_error("spool in %s: %s", s->state_dir, strerror(errno));
		return (-1);
	}
	spool_sweep(w->spool);
	return (0);
}

/* The store failed: close it, say so once, try again later. */
static void
store_away(struct writer *w, const char *why)
{
	if (!w->away_said)
		log_error("the store is away, records wait in the spool: %s",
		    why);
	w->away_said = 1;
	db_close(w->db);
	w->db = NULL;
	w->backoff = w->backoff ? 2 * w->backoff : BACKOFF_FIRST;
	if (w->backoff > BACKOFF_MOST)
		w->backoff = BACKOFF_MOST;
	w->retry_at = clock_mono_ms() + w->backoff;
}

/* The instance's row says that it lives; it is made where it is missing. */
static int
heartbeat(struct writer *w)
{
	char		hostname[256] = "";
	struct instance	in = { .id = w->instance, .hostname = hostname,
			    .version = (char *)PACKAGE_VERSION, .pid = w->pid,
			    .started_at = w->started_at,
			    .heartbeat_at = clock_utc() };
	int		r;

	r = instance_heartbeat(w->db, w->instance, in.heartbeat_at);
	if (r != DB_NOTFOUND)
		return (r);
	if (gethostname(hostname, sizeof(hostname) - 1) == -1)
		hostname[0] = '\0';
	return (instance_upsert(w->db, &in));
}

static int
store_open(struct writer *w)
{
	struct db_options	o = { .driver = w->settings->db_driver,
				    .conn = w->secrets->db_conn,
				    .timeout = STORE_TIMEOUT_S };
	char			err[512];

	if (db_open(&w->db, &o, err, sizeof(err)) != DB_OK ||
	    secrets_check(w->db, err, sizeof(err)) == -1) {
		store_away(w, err);
		return (-1);
	}
	if (heartbeat(w) != DB_OK) {
		store_away(w, db_error(w->db));
		return (-1);
	}
	if (w->away_said)
		log_info("the store is back");
	w->away_said = 0;
	w->backoff = 0;
	w->more = 1;
	return (0);
}

static int
store_ready(struct writer *w)
{
	if (w->db != NULL)
		return (0);
	if (clock_mono_ms() < w->retry_at)
		return (-1);
	return (store_open(w));
}

/* The records that the store refused, put where an operator finds them. */
static int
set_aside(struct writer *w, const struct spool_record *v, size_t n,
    const unsigned char *refused)
{
	struct spool_record	*out = xcalloc(n, sizeof(*out));
	size_t			 i, nout = 0;
	int			 r = 0;

	for (i = 0; i < n; i++) {
		if (refused[i])
			out[nout++] = v[i];
	}
	if (nout > 0 && (r = spool_write_aside(w->spool, out, nout)) == -1)
		log_error("the spool cannot be written: %s",
		    strerror(errno));
	free(out);
	return (r);
}

/* 0: all are in the store or aside. */
static int
store_records(struct writer *w, const struct spool_record *v, size_t n)
{
	unsigned char	*refused = xcalloc(n, 1);
	int		 r;

	if (apply_records(w->db, v, n, refused) != DB_OK) {
		store_away(w, db_error(w->db));
		r = -1;
	} else
		r = set_aside(w, v, n, refused);
	free(refused);
	return (r);
}

/* 0: the file is done with, whatever it held. */
static int
replay_file(struct writer *w, const char *name)
{
	struct spool_record	*v;
	struct msg		 file;
	size_t			 n;
	int			 r;

	if (spool_read(w->spool, name, &file, &v, &n) == -1) {
		log_error("spool file %s: %s", name, strerror(errno));
		if (errno != EBADMSG)
			return (-1);
		return (spool_set_aside(w->spool, name));
	}
	if ((r = store_records(w, v, n)) == 0) {
		log_info("%zu records of the spool were written", n);
		r = spool_remove(w->spool, name);
	}
	free(v);
	msg_free(&file);
	return (r);
}

/* 0: the spool is empty; 1: more is left for later; -1: it cannot be. */
static int
replay(struct writer *w)
{
	char	name[SPOOL_NAME_SIZE];
	int	i, r = 0;

	for (i = 0; i < REPLAY_AT_ONCE; i++) {
		if ((r = spool_first(w->spool, name)) != 1)
			return (r);
		if (replay_file(w, name) == -1)
			return (-1);
	}
	w->more = 1;
	return (1);
}

int
writer_write(struct writer *w, const struct spool_record *v, size_t n)
{
	if (n == 0)
		return (0);
	if (store_ready(w) == 0 && replay(w) == 0 &&
	    store_records(w, v, n) == 0) {
		w->more = 1;
		return (0);
	}
	if (spool_write(w->spool, v, n) == 0)
		return (0);
	log_error("neither the store nor the spool can be written: %s",
	    strerror(errno));
	return (-1);
}

int
writer_has_store(const struct writer *w)
{
	return (w->db != NULL);
}

void
writer_event(struct writer *w, const struct event *e)
{
	int64_t	id;
	int	r;

	if (w->db == NULL)
		return;
	r = event_create(w->db, e, &id);
	if (r == DB_INVALID)
		log_verbose("an event of a refused login: %s",
		    db_error(w->db));
	else if (r != DB_OK)
		store_away(w, db_error(w->db));
	else
		w->more = 1;
}

/* Seals what waits; leaves w->more set when that is much. */
static int
seal(struct writer *w)
{
	size_t	n = 0;
	int	i, r;

	for (i = 0; i < SEALS_AT_ONCE; i++) {
		if ((r = seals_extend(w->db, &n)) != DB_OK || n < SEALS_BATCH)
			return (r);
	}
	w->more = 1;
	return (DB_OK);
}

void
writer_work(struct writer *w)
{
	w->more = 0;
	if (store_ready(w) == -1 || replay(w) == -1)
		return;
	if (seal(w) != DB_OK)
		store_away(w, db_error(w->db));
}

void
writer_beat(struct writer *w)
{
	int64_t	pruned;
	size_t	closed;

	/* Spooled ends first: else their sessions would look as if dead. */
	writer_work(w);
	if (w->db == NULL)
		return;
	if (heartbeat(w) != DB_OK ||
	    stale_close(w->db, w->instance, w->settings->run_dir,
	    clock_utc(), STALE_GRACE_S, &closed) != DB_OK ||
	    user_invites_expire(w->db, clock_utc()) != DB_OK ||
	    record_prune(w->db, clock_utc() - RECORDS_KEPT_S, PRUNE_AT_ONCE,
	    &pruned) != DB_OK ||
	    stop_prune(w->db, clock_utc() - STOPS_KEPT_S, &pruned) != DB_OK)
		store_away(w, db_error(w->db));
}

/* All that are wanted: the asker knows which ones it has told. */
static int
hand_stops_over(struct writer *w, struct asker *a)
{
	struct stop_list	*l;
	size_t			 i;
	int			 r;

	if ((r = stop_list(w->db, w->instance, 0, &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++)
		asker_stop(a, l->v[i].session_id, l->v[i].reason);
	asker_stops_end(a);
	stop_list_free(l);
	return (DB_OK);
}

void
writer_look(struct writer *w, struct asker *a)
{
	int64_t	generation;

	if (store_ready(w) == -1)
		return;
	if (generation_get(w->db, &generation) != DB_OK ||
	    hand_stops_over(w, a) != DB_OK) {
		store_away(w, db_error(w->db));
		return;
	}
	if (generation != w->generation)
		asker_sweep(a);
	w->generation = generation;
}

int64_t
writer_wakes(const struct writer *w)
{
	if (w->db == NULL)
		return (w->retry_at);
	return (w->more ? 0 : -1);
}

/* Nobody is left, however young: what was killed has not said its end. */
static void
close_sessions(struct writer *w)
{
	size_t	closed;

	if (stale_close(w->db, w->instance, w->settings->run_dir, clock_utc(),
	    0, &closed) != DB_OK)
		log_error("sessions that were killed are not closed: %s",
		    db_error(w->db));
}

void
writer_close(struct writer *w, int last)
{
	if (w->db != NULL && last)
		close_sessions(w);
	if (w->db != NULL && last && db_checkpoint(w->db) != DB_OK)
		log_verbose("checkpoint: %s", db_error(w->db));
	db_close(w->db);
	w->db = NULL;
	if (w->spool != -1)
		close(w->spool);
	w->spool = -1;
}
