/* SPDX-License-Identifier: ISC */
/*
 * session play and session watch: a recording, shown again, or while it is
 * written.
 */
#include <sys/ioctl.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/channel.h"
#include "db/db.h"
#include "db/session.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/play.h"
#include "shell/run.h"
#include "shell/viewing.h"
#include "shell/when.h"

#define SECOND		1000000		/* in microseconds */
#define READ_MS		2500		/* to read a warning, or until a key */

static const struct cmd_opt	play_opts[] = {
	{ .name = "speed", .letter = 's', .kind = VALUE_TEXT, .arg = "TIMES",
	    .fallback = "1", .brief = "how much faster than it was" },
	{ .name = "max-idle", .letter = 'i', .kind = VALUE_TEXT,
	    .arg = "SPAN", .fallback = "0",
	    .brief = "the longest pause, such as 2s; 0: as it was" },
	{ .name = "from", .letter = 'f', .kind = VALUE_TEXT, .arg = "SPAN",
	    .fallback = "0", .brief = "begin there, such as 90s" },
	{ .name = NULL }
};

/* session play -- show a recorded terminal again */

/* A span of time as it was given, in microseconds. */
static int
read_span(struct cmd_call *c, const char *opt, int64_t *us)
{
	int64_t	ms;

	if (clock_parse_duration(opt_text(c, opt), &ms) == -1) {
		c->usage = 1;
		return (cmd_fail(c, "--%s: \"%s\" is not a span of time, such "
		    "as 90s", opt, opt_text(c, opt)));
	}
	*us = ms * 1000;
	return (DB_OK);
}

static int
read_speed(struct cmd_call *c, double *speed)
{
	const char	*text = opt_text(c, "speed");
	char		*end;

	*speed = strtod(text, &end);
	if (end != text && *end == '\0' && isfinite(*speed) &&
	    *speed >= PLAY_SPEED_MIN && *speed <= PLAY_SPEED_MAX)
		return (DB_OK);
	c->usage = 1;
	return (cmd_fail(c, "--speed: \"%s\" is not a number from 0.01 to "
	    "1000", text));
}

static int
read_options(struct cmd_call *c, struct player *p)
{
	int	r;

	if ((r = read_speed(c, &p->speed)) == DB_OK &&
	    (r = read_span(c, "max-idle", &p->max_idle)) == DB_OK)
		r = read_span(c, "from", &p->from);
	return (r);
}

static int
session_play_exec(struct cmd_call *c)
{
	struct player	p;
	int		r;

	if ((r = viewing_begin(c)) != DB_OK ||
	    (r = read_options(c, &p)) != DB_OK)
		return (r);
	return (viewing_terminal(c, 0));
}

/* The size that it begins with; 0 and 0 where it has none. */
static void
first_size(struct reel *reel, unsigned *cols, unsigned *rows)
{
	struct reel_frame	f;

	*cols = *rows = 0;
	if (reel_next(reel, &f) == REEL_FRAME && f.kind == 'r') {
		*cols = f.cols;
		*rows = f.rows;
	}
	reel_rewind(reel);
}

/* Where the window is too small, what is shown is not what it was. */
static void
warn_size(struct cmd_call *c, struct reel *reel)
{
	struct rawtty	 tty;
	struct winsize	 ws;
	unsigned	 cols, rows;
	char		*text;

	first_size(reel, &cols, &rows);
	if (cols == 0 || c->sh->in == NULL || !isatty(fileno(c->sh->in)) ||
	    ioctl(fileno(c->sh->out.out), TIOCGWINSZ, &ws) == -1 ||
	    ws.ws_col == 0 || (ws.ws_col >= cols && ws.ws_row >= rows))
		return;
	text = xasprintf("this terminal is smaller, %ux%u, than the one that "
	    "was recorded, %ux%u: lines will not be where they were",
	    ws.ws_col, ws.ws_row, cols, rows);
	output_warning(&c->sh->out, text);
	free(text);
	rawtty_begin(&tty, c->sh->in, c->sh->out.out);
	(void)rawtty_key(&tty, READ_MS, -1);
	rawtty_end(&tty);
}

/* What it was, once the screen is the person's own again. */
static void
note_end(struct cmd_call *c, const struct player *p, const char *end)
{
	struct viewing	*v = c->prepared;
	char		 span[WHEN_SIZE], size[64] = "", *text;

	if (p->cols != 0)
		snprintf(size, sizeof(size), ", a terminal of %ux%u", p->cols,
		    p->rows);
	text = xasprintf("-- %s: session %lld, channel %lld, %s%s", end,
	    (long long)v->session->id, (long long)v->file->channel,
	    when_span(p->length / SECOND, span), size);
	output_hint(&c->sh->out, text);
	free(text);
}

static int
session_play_print(struct cmd_call *c)
{
	struct viewing	*v = c->prepared;
	struct player	 p;

	memset(&p, 0, sizeof(p));
	p.reel = v->reel;
	p.in = c->sh->in;
	p.out = c->sh->out.out;
	(void)read_options(c, &p);
	warn_size(c, v->reel);
	play(&p);
	if (p.end == REEL_BROKEN)
		return (cmd_fail(c, "%s; it was played up to there",
		    reel_error(v->reel)));
	note_end(c, &p, p.quit ? "stopped" : v->file->live ?
	    "the end so far" : "the end");
	return (DB_OK);
}

const struct cmd_entry cmd_session_play = {
	.noun = "session", .verb = "play",
	.brief = "show a recorded terminal again",
	.opts = play_opts,
	.operands = { "SESSION", VALUE_TEXT, 1, 1 },
	.role = NEED_ANYONE, .whole = NEED_READER,
	.things = "sessions",
	.exec = session_play_exec, .print = session_play_print,
};

/* session watch -- see what a person sees */

static int
session_watch_exec(struct cmd_call *c)
{
	struct viewing	*v;
	int		 r;

	if ((r = viewing_begin(c)) != DB_OK)
		return (r);
	v = c->prepared;
	if (v->session->status != SESSION_ACTIVE)
		return (cmd_fail(c, "session %lld has ended: there is "
		    "\"session play\" for it", (long long)v->session->id));
	return (viewing_terminal(c, 1));
}

/* Whether the channel that is watched has ended. */
static int
is_over(struct cmd_call *c)
{
	struct viewing		*v = c->prepared;
	struct channel_list	*l;
	size_t			 i;
	int			 over = 0;

	if (reel_finished(v->reel))
		return (1);
	if (channel_list(c->sh->db, v->session->id, &l) != DB_OK)
		return (0);
	for (i = 0; i < l->n; i++) {
		if (l->v[i].seq == v->file->channel)
			over = l->v[i].ended_at != 0;
	}
	channel_list_free(l);
	return (over);
}

/* Whether they still may: a terminal stays open for hours. */
static int
may_watch(struct cmd_call *c)
{
	struct user	*me = NULL;
	char		 err[CMD_ERROR_MAX] = "";
	int		 may, r;

	r = run_identify(c->sh, &me, err);
	may = r == DB_OK && (c->own || run_permitted(me, NEED_READER));
	user_free(me);
	/* while the store is away, what was true before holds */
	return (may || (r != DB_OK && err[0] == '\0'));
}

struct watcher {
	struct cmd_call	*c;
	int		 forbidden;
};

static int
goes_on(void *arg)
{
	struct watcher	*w = arg;

	w->forbidden = !may_watch(w->c);
	return (!w->forbidden && !is_over(w->c));
}

static int
session_watch_print(struct cmd_call *c)
{
	struct viewing	*v = c->prepared;
	struct watcher	 w = { c, 0 };
	struct player	 p;

	memset(&p, 0, sizeof(p));
	p.reel = v->reel;
	p.in = c->sh->in;
	p.out = c->sh->out.out;
	p.goes_on = goes_on;
	p.arg = &w;
	warn_size(c, v->reel);
	play_live(&p);
	if (w.forbidden)
		return (cmd_fail(c, "you may no longer watch"));
	if (p.end == REEL_BROKEN)
		return (cmd_fail(c, "%s; it was shown up to there",
		    reel_error(v->reel)));
	note_end(c, &p, p.quit ? "stopped" : "the end");
	return (DB_OK);
}

const struct cmd_entry cmd_session_watch = {
	.noun = "session", .verb = "watch",
	.brief = "see what is seen in a session, while it is",
	.operands = { "SESSION", VALUE_TEXT, 1, 1 },
	.role = NEED_ANYONE, .whole = NEED_READER,
	.things = "sessions",
	.exec = session_watch_exec, .print = session_watch_print,
};
