/* SPDX-License-Identifier: ISC */
/*
 * The end of what was granted.
 *
 * Ends are moments of the wall's clock, which may be set: so they are looked at
 * again each hour at least (monitor/serve.c), and what is due is decided by the
 * store's word of that moment, not by what was once known.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "db/db.h"
#include "db/host.h"
#include "db/user.h"
#include "lib/catalogue.h"
#include "lib/clock.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/grant.h"
#include "monitor/jumps.h"
#include "monitor/monitor.h"
#include "monitor/recheck.h"
#include "monitor/records.h"

#define LOOK_AGAIN_MS	2000	/* at least between looks */
#define COMMAND_MS	1500	/* for a command of the portal's to end */
#define FAR_S		86400	/* what is later is not waited for at once */

void
grant_end(struct monitor *m, struct jump *j, const char *sentence)
{
	if (j != NULL)
		jumps_cut(m, j, sentence);
	else
		monitor_stop(m, sentence);
}

/* An event about the grant of the session, or of a jump. */
static void
tell(struct monitor *m, const struct jump *j, const char *action,
    const char *why)
{
	const struct host	*h = j != NULL ? j->host : m->host;
	struct record		 r = {
		.kind = RECORD_EVENT,
		.session = j != NULL ? j->session : m->session,
		.event = {
			.author = m->user->id,
			.author_name = m->user->name,
			.source = m->address,
			.domain = "grant",
			.action = action,
			.entity = h != NULL ? h->name : "",
		},
	};
	json_t			*o = json_pack("{s:s}", "reason", why);
	char			*args = json_dumps(o, JSON_COMPACT);

	r.event.args = args != NULL ? args : "";
	(void)records_put(&r);
	free(args);
	json_decref(o);
}

/* Whether the person has had one command run by the portal's own shell. */
static int
is_one_shot(const struct monitor *m)
{
	size_t	i;

	for (i = 0; i < m->nchannels; i++) {
		if (m->channels[i].shell != 0 && m->channels[i].one_shot)
			return (1);
	}
	return (0);
}

/*
 * Ends it, unless it is ending, and writes the event. Who took a grant from
 * themselves by a command, as by restoring a backup, reads what came of it
 * first.
 */
static void
put_out(struct monitor *m, struct jump *j, const char *action, const char *why)
{
	char	*sentence;

	if (m->stopping || (j != NULL && (j->over || j->cut_ends != 0)))
		return;
	if (j == NULL && m->put_off == NULL && is_one_shot(m)) {
		m->put_off = why;
		m->put_off_ends = clock_mono_ms() + COMMAND_MS;
		return;
	}
	tell(m, j, action, why);
	sentence = xasprintf("sshportal: this session ends: %s", why);
	grant_end(m, j, sentence);
	free(sentence);
}

void
grant_withdrawn(struct monitor *m, struct jump *j, const char *why)
{
	put_out(m, j, "withdrawn", why);
}

static int64_t
nearer(int64_t a, int64_t b)
{
	return (a == 0 || (b != 0 && b < a) ? b : a);
}

/* The end of the session that is known, UTC seconds, and why; 0: none. */
static int64_t
known_end(const struct monitor *m, const char **why)
{
	int64_t	account = m->user->expires_at, key = m->key_expires;
	int64_t	rules = m->session != 0 ? m->granted.verdict.ends_at : 0;
	int64_t	end = nearer(nearer(account, key), rules);

	*why = end == account ? "your account has expired" :
	    end == key ? "your key has expired" :
	    "you may no longer reach this host";
	return (end);
}

/* When something may change: an end, or rules that begin. */
static int64_t
next_change(const struct monitor *m)
{
	const struct jump	*j;
	const char		*why;
	int64_t			 at = known_end(m, &why);

	if (m->session != 0)
		at = nearer(at, m->granted.verdict.changes_at);
	LIST_FOREACH(j, &m->jumps, link) {
		if (!j->over && j->cut_ends == 0)
			at = nearer(at, j->changes_at);
	}
	return (at);
}

/* Whether there is a person of whom to think. */
static int
is_watched(const struct monitor *m)
{
	return (m->user != NULL && m->errand == NULL && !m->stopping &&
	    !m->ending);
}

/* Whether the end that is known is one to warn of, at its time. */
static int64_t
warning_at(const struct monitor *m)
{
	const char	*why;
	int64_t		 end = known_end(m, &why);

	return (end == 0 || end == m->warned_of || m->listener == -1 ? 0 :
	    end - GRANT_WARNING_S);
}

int64_t
grant_deadline(const struct monitor *m)
{
	struct timespec	now;
	int64_t		at, when;

	if (is_watched(m) && m->put_off != NULL)
		return (m->put_off_ends);
	if (!is_watched(m) || (at = nearer(next_change(m),
	    warning_at(m))) == 0)
		return (0);
	clock_gettime(CLOCK_REALTIME, &now);
	if (at > now.tv_sec + FAR_S)
		at = now.tv_sec + FAR_S;
	when = clock_mono_ms() + (at - now.tv_sec) * 1000 -
	    now.tv_nsec / 1000000;
	return (when > m->look_at ? when : m->look_at);
}

/* An end for the terminals that there are and will be; 0: none any more. */
static void
warn(struct monitor *m, int64_t end)
{
	struct sentence	 s;
	struct ipc	 out;
	char		 text[160] = "", stamp[CLOCK_STAMP_LEN];

	m->warned_of = end;
	if (end != 0)
		snprintf(text, sizeof(text), "sshportal: this session ends at "
		    "%s, unless your access is extended",
		    clock_stamp(end, stamp));
	s.text = text;
	ipc_init(&out, TELL_WARN, 0);
	put_sentence(&out.body, &s);
	/* a child that does not listen now is not worth waiting for */
	if (m->gate != -1)
		(void)ipc_send(m->gate, &out);
	ipc_free(&out);
}

/* Looks at the session, or a jump, in the store. */
static void
look(struct monitor *m, struct jump *j, int64_t now)
{
	const char	*why, *known = "you may no longer reach this host";
	int64_t		 end = j == NULL ? known_end(m, &known) : j->ends_at;
	int		 r = recheck_all(m, j, &why);

	/* an end that was known waits for nobody who could move it */
	if (r != DB_OK && end != 0 && end <= now)
		why = known;
	else if (r != DB_OK)
		return;
	if (why != NULL)
		put_out(m, j, "expired", why);
}

void
grant_run(struct monitor *m)
{
	const char	*why;
	struct jump	*j;
	int64_t		 now = clock_utc(), at;

	if (!is_watched(m))
		return;
	if (m->put_off != NULL && clock_mono_ms() >= m->put_off_ends)
		grant_withdrawn(m, NULL, m->put_off);
	if (m->put_off != NULL)
		return;
	if ((at = warning_at(m)) != 0 && now >= at)
		warn(m, at + GRANT_WARNING_S);
	else if (m->warned_of != 0 && known_end(m, &why) != m->warned_of)
		warn(m, 0);	/* that end was moved */
	if ((at = next_change(m)) == 0 || now < at ||
	    clock_mono_ms() < m->look_at)
		return;
	m->look_at = clock_mono_ms() + LOOK_AGAIN_MS;
	LIST_FOREACH(j, &m->jumps, link) {
		if (!j->over && j->cut_ends == 0 && j->changes_at != 0 &&
		    now >= j->changes_at)
			look(m, j, now);
	}
	look(m, NULL, now);
}
