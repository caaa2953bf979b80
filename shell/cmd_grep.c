/* SPDX-License-Identifier: ISC */
/*
 * session grep: a text that somebody saw, in all that was recorded.
 *
 * Sessions are read page by page, newest first, and each recording once, from
 * its begin; what is found is printed at once. Nothing is held but one page of
 * rows and one line.
 */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/session.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/plain.h"
#include "shell/rawtty.h"
#include "shell/run.h"
#include "shell/viewing.h"
#include "shell/when.h"

#define PAGE		200	/* rows of sessions at once */
#define PATTERN_MAX	1024	/* bytes */
#define SECOND		1000000	/* in microseconds */
#define SHOWN_MAX	400	/* bytes of a line */
#define LOOK_MS		100	/* how often it is asked whether to go on */

static const struct cmd_opt	grep_opts[] = {
	{ .name = "user", .letter = 'u', .kind = VALUE_USER, .arg = "USER",
	    .brief = "only sessions of this user" },
	{ .name = "host", .kind = VALUE_HOST, .arg = "HOST",
	    .brief = "only sessions to this host" },
	{ .name = "since", .letter = 's', .kind = VALUE_WHEN, .arg = "TIME",
	    .brief = "only sessions that began then or later" },
	{ .name = "ignore-case", .letter = 'i', .kind = VALUE_FLAG,
	    .brief = "capital letters are as good as small ones" },
	{ .name = "fixed", .letter = 'F', .kind = VALUE_FLAG,
	    .brief = "the pattern is just text" },
	{ .name = "limit", .kind = VALUE_NUMBER, .arg = "N",
	    .fallback = "0", .brief = "how many lines at most, 0 for all" },
	{ .name = NULL }
};

struct grep {
	struct cmd_call		*c;
	struct session_filter	 filter;
	regex_t			 regex;
	const char		*fixed;		/* instead, or NULL */
	int			 compiled;
	int64_t			 since, limit;
	int64_t			 found;
	struct plain		 plain;
	/* the recording that is read */
	const struct reel_file	*file;
	int			 stop;		/* enough, or nobody is there */
	struct rawtty		 tty;
	int64_t			 looked;
	/* what could not be read */
	int64_t			 unread;
	char			 err[REEL_ERROR_SIZE];	/* the first such */
};

static void
grep_forget(void *prepared)
{
	struct grep	*g = prepared;

	if (g->compiled)
		regfree(&g->regex);
	free(g);
}

/* Text without a sign of a regular expression's needs none. */
static int
compile(struct cmd_call *c, struct grep *g)
{
	const char	*pattern = operand_text(c, 0);
	int		 icase = opt_given(c, "ignore-case"), r;
	char		 why[128];

	if (*pattern == '\0' || strlen(pattern) > PATTERN_MAX)
		return (cmd_fail(c, "a pattern has from 1 to %d bytes",
		    PATTERN_MAX));
	if (!icase && (opt_given(c, "fixed") ||
	    pattern[strcspn(pattern, "\\.[]()*+?{}|^$")] == '\0')) {
		g->fixed = pattern;
		return (DB_OK);
	}
	if (opt_given(c, "fixed"))
		return (cmd_fail(c, "--fixed and --ignore-case do not go "
		    "together"));
	r = regcomp(&g->regex, pattern, REG_EXTENDED | REG_NOSUB |
	    (icase ? REG_ICASE : 0));
	if (r != 0) {
		regerror(r, &g->regex, why, sizeof(why));
		return (cmd_fail(c, "\"%s\" is no regular expression: %s",
		    pattern, why));
	}
	g->compiled = 1;
	return (DB_OK);
}

static int
session_grep_exec(struct cmd_call *c)
{
	struct grep	*g = xcalloc(1, sizeof(*g));
	int		 r;

	c->prepared = g;
	c->forget = grep_forget;
	g->c = c;
	if ((r = viewing_permitted(c)) != DB_OK ||
	    (r = compile(c, g)) != DB_OK)
		return (r);
	g->limit = opt_number(c, "limit");
	if (c->own)
		g->filter.user_id = c->me->id;
	else if (opt_refs(c, "user")->n > 0)
		g->filter.user_id = opt_refs(c, "user")->v[0].id;
	if (opt_refs(c, "host")->n > 0)
		g->filter.host_id = opt_refs(c, "host")->v[0].id;
	if (opt_given(c, "since") &&
	    when_parse(opt_text(c, "since"), c->now, &g->since) == -1)
		return (cmd_fail(c, "--since is not a time"));
	c->entity = xstrdup(operand_text(c, 0));
	c->audit = 1;
	return (DB_OK);
}

/* Now and then: whether somebody still waits for what is found. */
static void
look(struct grep *g)
{
	int64_t	now = clock_mono_ms();

	if (now - g->looked < LOOK_MS)
		return;
	g->looked = now;
	if (rawtty_key(&g->tty, 0, -1) == KEY_QUIT)
		g->stop = 1;
}

/* The end of what is printed of a line, not within a character. */
static size_t
shown(const char *line, size_t len)
{
	size_t	n = len < SHOWN_MAX ? len : SHOWN_MAX;

	while (n > 0 && n < len && (line[n] & 0xc0) == 0x80)
		n--;
	return (n);
}

static int
matches(const struct grep *g, const char *line, size_t len)
{
	char	*text;
	int	 does;

	if (g->fixed != NULL)
		return (memmem(line, len, g->fixed, strlen(g->fixed)) !=
		    NULL);
	text = xmemdup0(line, len);
	does = regexec(&g->regex, text, 0, NULL, 0) == 0;
	free(text);
	return (does);
}

/* What leaves shell/plain.h controls no terminal. */
static void
take_line(void *arg, int64_t at, const char *line, size_t len)
{
	struct grep	*g = arg;
	char		 stamp[CLOCK_STAMP_LEN];
	size_t		 n;

	if (g->stop || !matches(g, line, len))
		return;
	n = shown(line, len);
	fprintf(g->c->sh->out.out, "%lld.%lld %s %.*s%s\n",
	    (long long)g->file->session, (long long)g->file->channel,
	    clock_stamp(at / SECOND, stamp), (int)n, line,
	    n < len ? "..." : "");
	if (output_flush(&g->c->sh->out) == -1 || ++g->found == g->limit)
		g->stop = 1;
}

static void
read_reel(struct grep *g, struct reel *reel)
{
	int			 typed = g->file->format == RECORDING_INPUT;
	struct reel_frame	 f;
	enum reel_result	 r = REEL_END;

	plain_init(&g->plain, take_line, g);
	while (!g->stop && (r = reel_next(reel, &f)) == REEL_FRAME) {
		if (f.kind == 'r' && !typed)
			plain_width(&g->plain, f.cols);
		else if (f.kind == 'o')
			plain_feed(&g->plain, f.at, f.data, f.len);
		else if (f.kind == 'i' && typed)
			plain_typed(&g->plain, f.at, f.data, f.len);
		look(g);
	}
	plain_end(&g->plain);
	if (r == REEL_BROKEN) {
		if (g->unread++ == 0)
			snprintf(g->err, sizeof(g->err), "%.200s: %s",
			    g->file->name, "damaged");
	}
}

static void
read_file(struct grep *g)
{
	struct reel	*reel;
	char		 err[REEL_ERROR_SIZE];

	reel = reel_open(viewing_dir(g->c), g->file, err);
	if (reel != NULL)
		read_reel(g, reel);
	else if (g->unread++ == 0)
		memcpy(g->err, err, sizeof(err));
	reel_close(reel);
}

/* What was typed is shown too, where anything is. */
static int
is_searched(const struct reel_files *files, size_t i)
{
	const struct reel_file	*f = &files->v[i];

	if (f->format == RECORDING_INPUT)
		return (i == 0 || files->v[i - 1].channel != f->channel);
	return (f->format == RECORDING_TTYREC || f->format == RECORDING_CAST);
}

static int
search_session(struct grep *g, const struct session *s)
{
	struct reel_files	files;
	size_t			i;
	int			r;

	r = reel_find(g->c->sh->db, viewing_dir(g->c), s, 0, &files);
	for (i = 0; r == DB_OK && i < files.n && !g->stop; i++) {
		g->file = &files.v[i];
		if (is_searched(&files, i))
			read_file(g);
	}
	free(files.v);
	return (r);
}

/*
 * By their numbers: a clock that was set back mixes a few, so that the search
 * ends where a whole page began too early.
 */
static int
search(struct grep *g)
{
	struct session_list	*l;
	size_t			 i, n, late;
	int			 r;

	g->filter.limit = PAGE;
	do {
		if ((r = session_list(g->c->sh->db, &g->filter, &l)) != DB_OK)
			return (r);
		n = l->n;
		for (i = late = 0; i < n && r == DB_OK && !g->stop; i++) {
			g->filter.before_id = l->v[i].id;
			if (l->v[i].started_at < g->since)
				continue;
			late++;
			r = search_session(g, &l->v[i]);
			look(g);
		}
		session_list_free(l);
	} while (r == DB_OK && n == PAGE && late > 0 && !g->stop);
	return (r);
}

static int
session_grep_print(struct cmd_call *c)
{
	struct grep	*g = c->prepared;
	int		 r;

	rawtty_begin(&g->tty, NULL, c->sh->out.out);
	r = search(g);
	rawtty_end(&g->tty);
	if (r != DB_OK)
		return (cmd_fail(c, "the search is cut short: %s",
		    db_error(c->sh->db)));
	if (g->unread > 0)
		return (cmd_fail(c, "not all could be read, of %lld recordings "
		    "at least a part is missing; the first: %s",
		    (long long)g->unread, g->err));
	c->failed = g->found == 0;
	return (DB_OK);
}

const struct cmd_entry cmd_session_grep = {
	.noun = "session", .verb = "grep",
	.brief = "search what was shown in recorded sessions",
	.opts = grep_opts,
	.operands = { "PATTERN", VALUE_TEXT, 1, 1 },
	.role = NEED_ANYONE, .whole = NEED_READER,
	.things = "lines",
	.exec = session_grep_exec, .print = session_grep_print,
};
