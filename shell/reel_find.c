/* SPDX-License-Identifier: ISC */
/*
 * Where the recordings of a session lie. The name of a file follows from the
 * rows; what a row says of it is held against that, so that no row leads
 * anywhere else.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/channel.h"
#include "db/db.h"
#include "db/session.h"
#include "lib/xmalloc.h"
#include "shell/reel.h"

#define DAY_LEN		10	/* "2026-01-02" */
#define DAY_SECONDS	86400

/* As its writer names it, its archivist, and as it is while it is written. */
static const struct {
	const char	*suffix;
	int		 live, zst;
} stages[] = {
	{ "", 0, 0 },
	{ ".zst", 0, 1 },
	{ RECORDING_PART, 1, 0 },
};
#define NSTAGES	(sizeof(stages) / sizeof(stages[0]))

/* What is looked for. */
struct search {
	const char		*logs_dir;
	struct reel_files	*found;
	int64_t			 session, channel;
	char			 base[REEL_NAME_SIZE];
};

static int
is_there(const struct search *s, const char *name)
{
	struct stat	 st;
	char		*path = xasprintf("%s/%s", s->logs_dir, name);
	int		 is = lstat(path, &st) == 0 && S_ISREG(st.st_mode);

	free(path);
	return (is);
}

static int
find_format(struct search *s, enum recording_format format)
{
	struct reel_file	 f = { .session = s->session,
				    .channel = s->channel, .format = format };
	size_t			 i;

	for (i = 0; i < NSTAGES; i++) {
		snprintf(f.name, sizeof(f.name), "%.60s.%s%s", s->base,
		    recording_ext(format), stages[i].suffix);
		if (!is_there(s, f.name))
			continue;
		f.live = stages[i].live;
		f.zst = stages[i].zst;
		s->found->v = xroom(s->found->v, s->found->n, sizeof(f));
		s->found->v[s->found->n++] = f;
		return (1);
	}
	return (0);
}

/* Once more where there is none: it may just have got its last name. */
static int
find_base(struct search *s)
{
	int	i, k, n = 0;

	for (k = 0; k < 2 && n == 0; k++) {
		for (i = RECORDING_TTYREC; i < RECORDING_FORMATS; i++)
			n += find_format(s, (enum recording_format)i);
	}
	return (n);
}

static void
base_of_day(struct search *s, const char *day)
{
	snprintf(s->base, sizeof(s->base), "%.10s/session-%lld-%lld", day,
	    (long long)s->session, (long long)s->channel);
}

/* The day's name is all that is believed of what a row says. */
static int
base_of_row(struct search *s, const char *recording)
{
	size_t	i;

	if (strlen(recording) <= DAY_LEN)
		return (-1);
	for (i = 0; i < DAY_LEN; i++) {
		if (i == 4 || i == 7 ? recording[i] != '-' :
		    recording[i] < '0' || recording[i] > '9')
			return (-1);
	}
	base_of_day(s, recording);
	return (strcmp(s->base, recording) == 0 ? 0 : -1);
}

/* Rows of a time when they did not say it: only this form was there. */
static void
find_by_day(struct search *s, int64_t begun)
{
	char		day[32];
	struct tm	tm;
	time_t		t;
	int		i;

	for (i = 0; i < 2; i++) {
		t = begun + (time_t)i * DAY_SECONDS;
		if (gmtime_r(&t, &tm) == NULL ||
		    strftime(day, sizeof(day), "%Y-%m-%d", &tm) != DAY_LEN)
			return;
		base_of_day(s, day);
		if (find_format(s, RECORDING_TTYREC) > 0)
			return;
	}
}

int
reel_find(struct db *db, const char *logs_dir, const struct session *row,
    int64_t channel, struct reel_files *found)
{
	struct search		 s = { logs_dir, found, row->id, 0, "" };
	struct channel_list	*l;
	size_t			 i;
	int			 r;

	memset(found, 0, sizeof(*found));
	if ((r = channel_list(db, row->id, &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++) {
		s.channel = l->v[i].seq;
		if (channel != 0 && s.channel != channel)
			continue;
		if (l->v[i].recording[0] == '\0')
			find_by_day(&s, l->v[i].started_at);
		else if (base_of_row(&s, l->v[i].recording) == 0)
			find_base(&s);
	}
	channel_list_free(l);
	return (DB_OK);
}
