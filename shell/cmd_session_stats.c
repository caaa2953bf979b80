/* SPDX-License-Identifier: ISC */
/*
 * session stats -- how much was done, by whom, where and when
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/db.h"
#include "db/usage.h"
#include "db/user.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/options.h"
#include "shell/run.h"
#include "shell/when.h"

#define BAR_WIDTH	20
#define DAYS_OF_OLD	30	/* without --since */

static const char *const	words[] = {
	[USAGE_USER] = "user",
	[USAGE_HOST] = "host",
	[USAGE_DAY] = "day",
	NULL
};

static const struct field	stats_fields[] = {
	{ "Name", "Name", FIELD_TEXT },
	{ "Sessions", "Sessions", FIELD_INT },
	{ "", NULL, FIELD_TEXT },
	{ "Active", "Active", FIELD_INT },
	{ "Duration", "Duration", FIELD_SPAN },
	{ "In", "BytesIn", FIELD_INT },
	{ "Out", "BytesOut", FIELD_INT },
	{ "Last", "LastAt", FIELD_TIME },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	stats_opts[] = {
	{ .name = "by", .letter = 'b', .kind = VALUE_CHOICE, .arg = "WHAT",
	    .brief = "for each of what", .fallback = "user",
	    .choices = words },
	{ .name = "user", .letter = 'u', .kind = VALUE_USER, .arg = "USER",
	    .brief = "only sessions of this user" },
	{ .name = "host", .kind = VALUE_HOST, .arg = "HOST",
	    .brief = "only those to this host" },
	{ .name = "since", .letter = 's', .kind = VALUE_WHEN, .arg = "TIME",
	    .brief = "only those that began then or later (30 days ago)" },
	{ .name = "json", .kind = VALUE_FLAG,
	    .brief = "as a JSON array" },
	OPT_LIMIT,
	{ .name = NULL }
};

/* A bar for n of most; whoever was there at all has some of it. */
static void
put_bar(struct result *r, int64_t n, int64_t most)
{
	char	bar[BAR_WIDTH + 1];
	int	len = most > 0 ? (int)(n * BAR_WIDTH / most) : 0;

	if (len == 0 && n > 0)
		len = 1;
	memset(bar, '#', sizeof(bar));
	bar[len] = '\0';
	result_text(r, bar);
}

/* Days are those of UTC, as the directories of recordings. */
static void
put_name(struct result *r, const struct usage *u, enum usage_by by)
{
	char		day[sizeof("0000-00-00")] = "";
	struct tm	tm;
	time_t		t = u->day;

	if (by == USAGE_DAY && gmtime_r(&t, &tm) != NULL)
		strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	result_text(r, by == USAGE_DAY ? day : u->name);
}

static void
put_usages(struct result *r, const struct usage_list *l, enum usage_by by)
{
	const struct usage	*u;
	int64_t			 most = 0;
	size_t			 i;

	for (i = 0; i < l->n; i++) {
		if (l->v[i].sessions > most)
			most = l->v[i].sessions;
	}
	for (i = 0; i < l->n; i++) {
		u = &l->v[i];
		result_row(r);
		put_name(r, u, by);
		result_number(r, u->sessions);
		put_bar(r, u->sessions, most);
		result_number(r, u->active);
		result_number(r, u->seconds);
		result_number(r, u->bytes_in);
		result_number(r, u->bytes_out);
		result_number(r, u->last);
	}
}

static enum usage_by
wanted(struct cmd_call *c)
{
	int	by = USAGE_USER;

	while (strcmp(words[by], opt_text(c, "by")) != 0)
		by++;
	return ((enum usage_by)by);
}

static int
session_stats_exec(struct cmd_call *c)
{
	struct usage_filter	 f = { .now = c->now,
				    .limit = opt_number(c, "limit"),
				    .since = c->now - DAYS_OF_OLD * 86400 };
	struct usage_list	*l;
	int			 r;

	if (c->own)
		f.user_id = c->me->id;
	else if (opt_refs(c, "user")->n > 0)
		f.user_id = opt_refs(c, "user")->v[0].id;
	if (opt_refs(c, "host")->n > 0)
		f.host_id = opt_refs(c, "host")->v[0].id;
	if (opt_given(c, "since") &&
	    when_parse(opt_text(c, "since"), c->now, &f.since) == -1)
		return (cmd_fail(c, "--since is not a time"));
	if ((r = usage_sums(c->sh->db, wanted(c), &f, &l)) != DB_OK)
		return (r);
	put_usages(&c->result, l, wanted(c));
	usage_list_free(l);
	return (DB_OK);
}

const struct cmd_entry cmd_session_stats = {
	.noun = "session", .verb = "stats",
	.brief = "sum the sessions up, by user, host or day",
	.opts = stats_opts,
	.role = NEED_ANYONE, .whole = NEED_READER,
	.fields = stats_fields, .things = "lines",
	.exec = session_stats_exec,
};
