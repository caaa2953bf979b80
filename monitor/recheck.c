/* SPDX-License-Identifier: ISC */
/*
 * Looking again at what a login was granted.
 */
#include <stdio.h>

#include "db/db.h"
#include "db/host.h"
#include "db/kinds.h"
#include "db/setting.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "monitor/access.h"
#include "monitor/jumps.h"
#include "monitor/monitor.h"
#include "monitor/recheck.h"
#include "monitor/standing.h"
#include "monitor/store.h"

/* Of whom it is asked whether they may still be there. */
struct question {
	struct jump		*jump;		/* NULL: the session */
	const char		*why;		/* not; or NULL */
};

/* What the session may do from now on, and what of that is recorded. */
static void
renew(struct monitor *m, const struct host *h, const struct granted *g,
    uint32_t kinds)
{
	m->host->allow = h->allow;
	m->host->logging = h->logging;
	m->host->record_required = h->record_required;
	m->granted = *g;
	m->kinds = kinds;
	m->logging = g->verdict.logging;
	m->record_required = g->verdict.record_required;
}

/* The rules and the hook, of a user and a host as they are now. */
static int
check_access(struct monitor *m, struct question *q, struct user *u,
    struct host *h)
{
	const char	*account = q->jump == NULL ? m->wanted.account : NULL;
	struct granted	 g;
	uint32_t	 kinds;
	int		 r;

	if ((r = generation_get(m->db, &g.generation)) != DB_OK ||
	    (r = access_rules(m->db, u, h, account, clock_utc(),
	    &g.verdict)) != DB_OK)
		return (r);
	kinds = g.verdict.kinds;
	if (access_granted(m, u, h, account, g.verdict.action == ACL_ALLOW,
	    &kinds) != 1)
		q->why = "you may no longer reach this host";
	else if (q->jump != NULL && (kinds & KIND_BIT(KIND_JUMP)) == 0)
		q->why = "jumps to this host are no longer allowed";
	else if (q->jump != NULL && g.verdict.record_required)
		q->why = "what is done on this host must be recorded now, "
		    "and a jump cannot be";
	else if (q->jump != NULL) {
		q->jump->changes_at = g.verdict.changes_at;
		q->jump->ends_at = g.verdict.ends_at;
	} else
		renew(m, h, &g, kinds);
	return (DB_OK);
}

/* DB_OK: q->why is NULL or says why the person may no longer be there. */
static int
check(struct monitor *m, void *arg)
{
	struct question		*q = arg;
	const char		**why = &q->why;
	const struct host	*was = q->jump != NULL ? q->jump->host :
				    m->session != 0 ? m->host : NULL;
	struct user		*u = NULL;
	struct host		*h = NULL;
	int			 r;

	r = standing_still(m, why);
	if (was == NULL)
		return (*why != NULL ? DB_OK : r);
	if (r == DB_OK && *why == NULL &&
	    (r = user_get(m->db, m->user->id, &u)) == DB_OK &&
	    (r = host_get(m->db, was->id, &h)) == DB_NOTFOUND)
		*why = "the host was removed";
	else if (h != NULL && h->created_at != was->created_at)
		*why = "the host was replaced by a restored one";
	else if (h != NULL)
		r = check_access(m, q, u, h);
	user_free(u);
	host_free(h);
	if (*why != NULL && q->jump == NULL)
		m->kinds = 0;
	return (*why != NULL ? DB_OK : r);
}

int
recheck_all(struct monitor *m, struct jump *j, const char **why)
{
	struct question	q = { .jump = j };
	int		r;

	/* who asks comes again, and the person's stop must not wait */
	m->outage_ends = clock_mono_ms();
	r = store_try(m, check, &q);
	store_close(m);
	*why = q.why;
	return (r);
}

/* Whether counter and rules say what they said; a class of enum db_status. */
static int
is_same(struct monitor *m, int *same)
{
	const struct granted	*was = &m->granted;
	struct granted		 g;
	int			 r;

	if ((r = generation_get(m->db, &g.generation)) != DB_OK ||
	    (r = access_rules(m->db, m->user, m->host, m->wanted.account,
	    clock_utc(), &g.verdict)) != DB_OK)
		return (r);
	*same = g.generation == was->generation &&
	    g.verdict.action == was->verdict.action &&
	    g.verdict.kinds == was->verdict.kinds &&
	    g.verdict.logging == was->verdict.logging &&
	    g.verdict.record_required == was->verdict.record_required;
	return (DB_OK);
}

static int
look_again(struct monitor *m)
{
	struct question	q = { .jump = NULL };
	int		r, same;

	if ((r = is_same(m, &same)) != DB_OK || same)
		return (r);
	/* what is asked in there must not wait either */
	m->outage_ends = clock_mono_ms();
	if ((r = check(m, &q)) == DB_OK && q.why != NULL)
		log_info("user %s, host %s: %s: no new channels",
		    m->user->name, m->host->name, q.why);
	return (r);
}

void
recheck_kinds(struct monitor *m)
{
	char	err[512];
	int64_t	now = clock_mono_ms();
	int	r, was_open = m->db != NULL;

	if (now < m->recheck_at)
		return;
	r = store_open(m, err, sizeof(err));
	if (r == DB_OK && (r = look_again(m)) != DB_OK)
		snprintf(err, sizeof(err), "%s", db_error(m->db));
	if (r != DB_OK)
		log_verbose("what user %s may do on host %s cannot be looked "
		    "up, and stays: %s", m->user->name, m->host->name, err);
	if (!was_open)
		store_close(m);
	m->recheck_at = clock_mono_ms() + (r == DB_OK ? RECHECK_FRESH_MS :
	    RECHECK_AWAY_MS);
}
