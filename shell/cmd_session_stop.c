/* SPDX-License-Identifier: ISC */
/*
 * session stop -- end sessions, wherever they are
 *
 * The wish is a row in the store, which the keeper of the session's instance
 * finds; a session of this instance is told at once, for its keeper may be
 * away. What is printed is what came of it within a few seconds.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/db.h"
#include "db/event.h"
#include "db/instance.h"
#include "db/session.h"
#include "db/stop.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/reach.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/options.h"
#include "shell/run.h"

#define REASON_MAX	500	/* bytes */
#define TELL_MS		300	/* for a session's word that it has heard, */
#define TELL_ALL_MS	1500	/* and all of them; keepers tell the rest */
#define WAIT_MS		4000	/* for their ends */
#define LOOK_MS		50	/* between looks */
#define SILENT_S	35	/* an instance that beats every ten */

static const struct field	stop_fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "User", "User", FIELD_NAME },
	{ "Host", "Host", FIELD_NAME },
	{ "Result", "Result", FIELD_TEXT },
	{ "Detail", "Detail", FIELD_RARE },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	stop_opts[] = {
	{ .name = "reason", .letter = 'r', .kind = VALUE_TEXT, .arg = "TEXT",
	    .brief = "that the person reads" },
	{ .name = "json", .kind = VALUE_FLAG, .brief = "as a JSON array" },
	{ .name = NULL }
};

/* A session on its way to the end. */
struct ending {
	struct session	*s;
	int		 over;		/* it has ended */
	int		 was_over;	/* before it was asked */
	int		 told;		/* by us */
	int		 nobody;	/* its instance does not live */
};

struct endings {
	struct cmd_call	*c;
	const char	*reason;
	struct ending	*v;
	size_t		 n;
};

static void
endings_free(struct endings *e)
{
	size_t	i;

	for (i = 0; i < e->n; i++)
		session_free(e->v[i].s);
	free(e->v);
}

/* All that were named, or the one that is none. */
static int
find_all(struct endings *e)
{
	struct cmd_call	*c = e->c;
	const char	*text;
	char		*end;
	int64_t		 id;
	size_t		 i;
	int		 r;

	e->v = xcalloc(c->parsed->noperands, sizeof(*e->v));
	for (i = 0; i < c->parsed->noperands; i++) {
		text = operand_text(c, i);
		errno = 0;
		id = strtoll(text, &end, 10);
		r = id > 0 && *end == '\0' && errno == 0 ?
		    session_get(c->sh->db, id, &e->v[i].s) : DB_NOTFOUND;
		if (r == DB_NOTFOUND)
			return (cmd_fail(c, "no session \"%s\"", text));
		if (r != DB_OK)
			return (r);
		e->n++;
		e->v[i].over = e->v[i].was_over =
		    e->v[i].s->status != SESSION_ACTIVE;
	}
	return (DB_OK);
}

static int
write_event(struct endings *e, const struct session *s)
{
	char		 reason[REACH_REQUEST_MAX], id[32];
	json_t		*o = json_pack("{s:s, s:s, s:s}", "user", s->user_name,
			    "host", s->host_name, "reason", escape_into(reason,
			    sizeof(reason), e->reason));
	char		*args = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	struct event	 ev = {
		.author_id = e->c->me->id,
		.author_name = e->c->me->name,
		.source = (char *)e->c->sh->source,
		.domain = (char *)"session",
		.action = (char *)"stop",
		.entity = id,
		.args = args != NULL ? args : (char *)"",
		.session_id = s->id,
	};
	int64_t		 row;
	int		 r;

	snprintf(id, sizeof(id), "%lld", (long long)s->id);
	r = event_create(e->c->sh->db, &ev, &row);
	free(args);
	json_decref(o);
	return (r);
}

/* The wishes and their events, all or none. */
static int
write_all(struct db *db, void *arg)
{
	struct endings	*e = arg;
	size_t		 i;
	int		 r;

	for (i = 0; i < e->n; i++) {
		struct ending	*x = &e->v[i];
		struct stop	 stop = {
			.session_id = x->s->id,
			.reason = (char *)e->reason,
			.author = e->c->me->name,
		};

		if (x->was_over)
			continue;
		x->over = 0;
		r = stop_request(db, &stop);
		if (r == DB_NOTFOUND)
			x->over = 1;
		else if (r != DB_OK || (r = write_event(e, x->s)) != DB_OK)
			return (r);
	}
	return (DB_OK);
}

/* Those of this instance hear it from us; keepers are there for the rest. */
static void
tell_all(struct endings *e)
{
	const struct settings	*s = e->c->sh->settings;
	char			*request, answer[REACH_ANSWER_MAX];
	int64_t			 ends = clock_mono_ms() + TELL_ALL_MS;
	size_t			 i;

	if (s == NULL || s->run_dir == NULL)
		return;
	(void)reach_keeper_look(s->run_dir);
	request = xasprintf("stop %s", e->reason);
	for (i = 0; i < e->n && clock_mono_ms() < ends; i++) {
		if (!e->v[i].over)
			e->v[i].told = reach_ask(s->run_dir, e->v[i].s->id,
			    request, TELL_MS, answer) == 0;
	}
	free(request);
}

/* Whether anybody can end it. */
static int
find_instance(struct cmd_call *c, struct ending *x)
{
	struct instance	*in = NULL;
	int		 r;

	r = instance_get(c->sh->db, x->s->instance_id, &in);
	x->nobody = r == DB_NOTFOUND || (r == DB_OK &&
	    in->heartbeat_at < clock_utc() - SILENT_S);
	instance_free(in);
	return (r == DB_NOTFOUND ? DB_OK : r);
}

static int
look(struct cmd_call *c, struct ending *x)
{
	struct session	*s = NULL;
	int		 r;

	r = session_get(c->sh->db, x->s->id, &s);
	x->over = r == DB_NOTFOUND ||
	    (r == DB_OK && s->status != SESSION_ACTIVE);
	session_free(s);
	return (r == DB_NOTFOUND ? DB_OK : r);
}

/* Until they have ended, or for a while. */
static int
wait_all(struct endings *e)
{
	const struct timespec	 pause = { .tv_nsec = LOOK_MS * 1000000L };
	int64_t			 ends = clock_mono_ms() + WAIT_MS;
	struct ending		*x;
	size_t			 i;
	int			 r = DB_OK;

	for (i = 0; r == DB_OK && i < e->n; i++) {
		x = &e->v[i];
		if (!x->over && !x->told)
			r = find_instance(e->c, x);
		while (r == DB_OK && !x->over) {
			if ((r = look(e->c, x)) != DB_OK || x->over ||
			    x->nobody || clock_mono_ms() >= ends)
				break;
			nanosleep(&pause, NULL);
		}
	}
	return (r);
}

static void
show_all(struct endings *e)
{
	struct result		*r = &e->c->result;
	const struct ending	*x;
	size_t			 i;

	for (i = 0; i < e->n; i++) {
		x = &e->v[i];
		result_row(r);
		result_number(r, x->s->id);
		result_text(r, x->s->user_name);
		result_text(r, x->s->host_name);
		result_text(r, x->was_over ? "had ended" : x->over ? "ended" :
		    "asked");
		result_text(r, x->over ? "" : x->nobody ? "its portal does "
		    "not run: the row is closed when that starts" :
		    "it has not ended yet: look again with session ls");
		e->c->failed |= !x->over;
	}
}

static int
session_stop_exec(struct cmd_call *c)
{
	struct endings	e = { .c = c, .reason = "" };
	int		r;

	if (opt_given(c, "reason"))
		e.reason = opt_text(c, "reason");
	if (strlen(e.reason) > REASON_MAX) {
		c->usage = 1;
		return (cmd_fail(c, "--reason is too long: %d bytes at most",
		    REASON_MAX));
	}
	if ((r = find_all(&e)) == DB_OK &&
	    (r = db_transaction(c->sh->db, write_all, &e)) == DB_OK) {
		tell_all(&e);
		r = wait_all(&e);
	}
	if (r == DB_OK)
		show_all(&e);
	endings_free(&e);
	return (r);
}

const struct cmd_entry cmd_session_stop = {
	.noun = "session", .verb = "stop",
	.brief = "end sessions that go on",
	.opts = stop_opts,
	.operands = { "SESSION", VALUE_TEXT, 1, CMD_MANY },
	.role = NEED_ADMIN,
	.fields = stop_fields, .things = "sessions",
	.exec = session_stop_exec,
};
