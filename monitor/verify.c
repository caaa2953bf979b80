/* SPDX-License-Identifier: ISC */
/*
 * Checking the seals of events.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "db/db.h"
#include "db/event.h"
#include "lib/settings.h"
#include "monitor/local.h"
#include "monitor/privileges.h"
#include "monitor/seals.h"
#include "monitor/seals_sum.h"
#include "monitor/secrets.h"
#include "monitor/state.h"
#include "monitor/verify.h"
#include "monitor/verify_files.h"

#define PAGE	512		/* events read at a time */

struct walk {
	seals_report		*report;
	seals_event		*believed;	/* or NULL */
	void			*arg;
	struct seals_count	*count;
	struct seals_head	 head;
	int64_t			 last;		/* number */
	uint8_t			 chain[SEALS_SUM_LEN];
	int			 chain_good;	/* chain may be relied on */
};

static void
fault(struct walk *w, enum seals_fault f, int64_t first, int64_t last)
{
	w->count->faults++;
	w->report(w->arg, f, first, last);
}

/* Whether the chain of e is one of those that its place allows. */
static int
chain_fits(const struct walk *w, const struct event *e)
{
	uint8_t	want[SEALS_SUM_LEN];

	seals_chain_sum(want, w->last > 0 ? w->chain : NULL, e->seal);
	return (memcmp(want, e->seal + SEALS_SUM_LEN, SEALS_SUM_LEN) == 0);
}

static void
event_check(struct walk *w, const struct event *e)
{
	uint8_t	want[SEALS_SUM_LEN];
	int	hole = e->seal_no != w->last + 1;
	int	follows = w->chain_good && !hole;

	if (hole)
		fault(w, SEALS_MISSING, w->last + 1, e->seal_no - 1);
	w->chain_good = 0;
	if (e->seallen != SEALS_LEN) {
		fault(w, SEALS_EDITED, e->seal_no, e->seal_no);
	} else {
		seals_row_sum(want, e, e->seal_no);
		w->chain_good = memcmp(want, e->seal, SEALS_SUM_LEN) == 0;
		if (!w->chain_good)
			fault(w, SEALS_EDITED, e->seal_no, e->seal_no);
		else if (follows && !chain_fits(w, e))
			fault(w, SEALS_MOVED, e->seal_no, e->seal_no);
		else {
			w->count->good++;
			if (w->believed != NULL)
				w->believed(w->arg, e);
		}
		memcpy(w->chain, e->seal + SEALS_SUM_LEN, SEALS_SUM_LEN);
	}
	w->last = e->seal_no;
	if (w->head.no == e->seal_no && w->chain_good &&
	    memcmp(w->head.chain, w->chain, SEALS_SUM_LEN) != 0)
		fault(w, SEALS_HEAD, e->seal_no, e->seal_no);
}

static int
walk_all(struct db *db, struct walk *w)
{
	struct event_list	*l;
	size_t			 i, n;
	int			 r;

	do {
		if ((r = event_sealed(db, w->last, PAGE, &l)) != DB_OK)
			return (r);
		for (i = 0; i < l->n; i++)
			event_check(w, &l->v[i]);
		n = l->n;
		event_list_free(l);
	} while (n > 0);
	return (DB_OK);
}

static int
walk_waiting(struct db *db, struct walk *w)
{
	struct event_list	*l;
	size_t			 i;
	int			 r;

	if ((r = event_unsealed(db, 0, &l)) != DB_OK)
		return (r);
	w->count->waiting = l->n;
	for (i = 0; w->believed != NULL && i < l->n; i++)
		w->believed(w->arg, &l->v[i]);
	event_list_free(l);
	return (DB_OK);
}

int
seals_walk(struct db *db, seals_report *report, seals_event *believed,
    void *arg, struct seals_count *count)
{
	struct walk	w = { .report = report, .believed = believed,
			    .arg = arg, .count = count, .chain_good = 1 };
	int		r;

	memset(count, 0, sizeof(*count));
	/* First the head: events may be sealed while this reads. */
	if ((r = seals_head_get(db, &w.head)) != DB_OK ||
	    (r = walk_all(db, &w)) != DB_OK)
		return (r);
	if (w.head.state == HEAD_BAD ||
	    (w.head.state == HEAD_NONE && w.last > 0))
		fault(&w, SEALS_HEAD, w.last, w.last);
	if (w.last < w.head.no)
		fault(&w, SEALS_CUT, w.last + 1, w.head.no);
	return (walk_waiting(db, &w));
}

int
seals_verify(struct db *db, seals_report *report, void *arg,
    struct seals_count *count)
{
	return (seals_walk(db, report, NULL, arg, count));
}

/* The command */

static void
print_fault(void *arg, enum seals_fault f, int64_t first, int64_t last)
{
	static const char *const	what[] = {
		[SEALS_EDITED] = "edited",
		[SEALS_MOVED] = "taken from another copy of the log: it does "
		    "not follow the one before it",
		[SEALS_MISSING] = "missing",
		[SEALS_CUT] = "cut off at the end",
		[SEALS_HEAD] = "the last, but the record of that was changed "
		    "or removed",
	};

	(void)arg;
	if (first == last)
		printf("event %lld: %s\n", (long long)first, what[f]);
	else
		printf("events %lld to %lld: %s\n", (long long)first,
		    (long long)last, what[f]);
}

static void
believe(void *arg, const struct event *e)
{
	verify_files_event(arg, e);
}

/* Returns how many faults there are, or -1. */
static int64_t
verify_all(struct db *db, struct verify_files *files)
{
	struct seals_count	events;
	struct verify_count	tapes;

	if (seals_walk(db, print_fault, believe, files, &events) != DB_OK) {
		fprintf(stderr, "sshportal: %s\n", db_error(db));
		return (-1);
	}
	verify_files_end(files, &tapes);
	if (tapes.elsewhere > 0)
		printf("%lld recordings are not here but with other "
		    "instances: verify them there\n",
		    (long long)tapes.elsewhere);
	if (tapes.good + tapes.faults + tapes.waiting + tapes.unknown > 0)
		printf("%lld recordings are as they were finished, "
		    "%lld faults, %lld are being written or wait to be "
		    "finished, %lld are unknown\n", (long long)tapes.good,
		    (long long)tapes.faults, (long long)tapes.waiting,
		    (long long)tapes.unknown);
	printf("%lld events are as they were sealed, %lld faults, "
	    "%lld events wait for their seal\n",
	    (long long)events.good, (long long)events.faults,
	    (long long)events.waiting);
	return (events.faults + tapes.faults);
}

/* A copy of the database, looked at where no instance is, has recordings of
   others alone. */
static int
who_we_are(const struct settings *s, char id[STATE_ID_SIZE], char *err,
    size_t errlen)
{
	id[0] = '\0';
	if (access(s->state_dir, F_OK) == -1 && errno == ENOENT)
		return (0);
	return (state_instance_id(s, id, err, errlen));
}

static int
verify_store(const struct settings *s, const struct secret_settings *ss)
{
	struct db_options	 o = { .driver = s->db_driver,
				    .conn = ss->db_conn };
	struct verify_files	*files = NULL;
	struct db		*db;
	char			 err[512], instance[STATE_ID_SIZE];
	int64_t			 faults = -1;

	if (db_open(&db, &o, err, sizeof(err)) != DB_OK) {
		fprintf(stderr, "sshportal: %s\n", err);
		return (1);
	}
	if (secrets_check(db, err, sizeof(err)) == -1 ||
	    who_we_are(s, instance, err, sizeof(err)) == -1)
		fprintf(stderr, "sshportal: %s\n", err);
	else if ((files = verify_files_new(s, instance)) == NULL)
		fprintf(stderr, "sshportal: %s: %s\n", s->logs_dir,
		    strerror(errno));
	else
		faults = verify_all(db, files);
	verify_files_free(files);
	db_close(db);
	return (faults == 0 ? 0 : 1);
}

int
verify_main(int secrets_fd, const struct settings *s)
{
	struct secret_settings	ss;
	char			err[512];
	int			status = 1;

	if (secret_settings_from_memfd(secrets_fd, &ss) == -1) {
		fprintf(stderr, "sshportal: settings cannot be read\n");
		return (1);
	}
	if (local_owner_check(s, err, sizeof(err)) == -1 ||
	    secrets_load_key(s, &ss, err, sizeof(err)) != 0)
		fprintf(stderr, "sshportal: %s\n", err);
	else if (privileges_drop(s) == 0)
		status = verify_store(s, &ss);
	secrets_forget();
	secret_settings_free(&ss);
	if (fflush(stdout) == EOF)
		status = 1;
	return (status);
}
