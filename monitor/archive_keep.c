/* SPDX-License-Identifier: ISC */
/*
 * Removing recordings: the old, and of what is then too much the oldest. What
 * is finished of any session in the store is removed, whichever instance it was
 * on: instances that share a directory share what fits into it, and some may be
 * gone. What the store does not know is somebody else's, and is left alone.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "monitor/archivist_int.h"

#define PICKED_MAX	2048	/* the oldest of a day, at a time */
#define BLOCK		512	/* bytes of a st_blocks */

struct keep {
	int64_t	before;		/* age: what was written to until then */
	int64_t	total;		/* size: bytes of all, as du(1) counts */
	int64_t	removed;
	char	why[64];
};

/* The file as a finished recording; 0 when it is none. */
static int
look(const struct archivist *a, const char *file, struct archive_name *name,
    struct stat *st)
{
	return (archive_name_parse(file, name) == 0 &&
	    name->stage == ARCHIVE_FINISHED &&
	    fstatat(a->dir, file, st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st->st_mode));
}

/* 1: it will be gone. */
static int
forget(struct archivist *a, struct keep *k, const char *file,
    const struct archive_name *name, const struct stat *st)
{
	char		entity[ARCHIVE_PATH_SIZE], args[192];
	struct deed	d = { .fd = -1 };

	switch (archivist_whose(a, name->session)) {
	case OWNER_ENDED:
	case OWNER_LOST:
	case OWNER_OTHER:
		break;
	default:
		return (0);
	}
	snprintf(entity, sizeof(entity), "%s/%s", a->day, file);
	snprintf(args, sizeof(args), "{\"why\":\"%s\",\"size\":%lld,"
	    "\"instance\":\"%s\"}", k->why, (long long)st->st_size,
	    a->instance);
	snprintf(d.from, sizeof(d.from), "%s", file);
	log_verbose("recording %s is removed: %s", entity, k->why);
	archivist_tell(a, name, "removed", entity, args, "", &d);
	k->removed++;
	return (1);
}

/* By age */

static void
forget_old(struct archivist *a, const char *file, void *arg)
{
	struct keep		*k = arg;
	struct archive_name	 name;
	struct stat		 st;

	if (look(a, file, &name, &st) && st.st_mtime < k->before)
		forget(a, k, file, &name, &st);
}

static void
keep_age(struct archivist *a, const int64_t *days, size_t n)
{
	uint32_t	most = a->settings->recording_keep;
	struct keep	k = { .before = clock_utc() -
			    (int64_t)most * ARCHIVE_DAY_S };
	size_t		i;

	if (most == 0)
		return;
	snprintf(k.why, sizeof(k.why), "older than %u days", most);
	for (i = 0; i < n && days[i] < k.before; i++)
		archivist_day(a, days[i], forget_old, &k);
	if (k.removed > 0)
		log_info("%lld recordings were removed: %s",
		    (long long)k.removed, k.why);
}

/* By size */

static void
add_size(struct archivist *a, const char *file, void *arg)
{
	struct keep	*k = arg;
	struct stat	 st;

	if (fstatat(a->dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode))
		k->total += (int64_t)st.st_blocks * BLOCK;
}

/* The lowest sessions of a day: as many as fit twice, half of them good. */
struct pick {
	struct picked {
		int64_t	session;
		char	file[ARCHIVE_NAME_SIZE];
	}		*v;
	size_t		 n;
	int64_t		 after;	/* only sessions above this */
};

static int
picked_order(const void *x, const void *y)
{
	const struct picked	*a = x, *b = y;

	if (a->session != b->session)
		return (a->session < b->session ? -1 : 1);
	return (strcmp(a->file, b->file));
}

static void
pick_one(struct archivist *a, const char *file, void *arg)
{
	struct pick		*p = arg;
	struct archive_name	 name;
	struct stat		 st;

	if (!look(a, file, &name, &st) || name.session <= p->after)
		return;
	p->v[p->n].session = name.session;
	snprintf(p->v[p->n++].file, sizeof(p->v->file), "%s", file);
	if (p->n == 2 * PICKED_MAX) {
		qsort(p->v, p->n, sizeof(*p->v), picked_order);
		p->n = PICKED_MAX;
	}
}

static void
forget_picked(struct archivist *a, struct keep *k, const struct pick *p)
{
	struct archive_name	name;
	struct stat		st;
	int64_t			size;
	size_t			i;

	for (i = 0; i < p->n &&
	    k->total > a->settings->recording_keep_size; i++) {
		if (!look(a, p->v[i].file, &name, &st))
			continue;
		size = (int64_t)st.st_blocks * BLOCK;
		if (forget(a, k, p->v[i].file, &name, &st))
			k->total -= size;
	}
}

/*
 * In rounds, each with the lowest of those that are left. What cannot be
 * removed (its session goes on, or is unknown) is in no second one.
 */
static void
shrink_day(struct archivist *a, struct keep *k, struct pick *p, int64_t day)
{
	DIR	*d;

	if ((d = archivist_enter(a, day)) == NULL)
		return;
	p->after = 0;
	do {
		p->n = 0;
		archivist_each(a, d, pick_one, p);
		if (p->n == 0)
			break;
		qsort(p->v, p->n, sizeof(*p->v), picked_order);
		if (p->n > PICKED_MAX)
			p->n = PICKED_MAX;
		forget_picked(a, k, p);
		p->after = p->v[p->n - 1].session;
	} while (k->total > a->settings->recording_keep_size);
	archivist_leave(a, d);
}

static void
keep_size(struct archivist *a, const int64_t *days, size_t n)
{
	struct keep	k = { .total = 0 };
	struct pick	p;
	int64_t		most = a->settings->recording_keep_size;
	size_t		i;

	if (most == 0)
		return;
	for (i = 0; i < n; i++)
		archivist_day(a, days[i], add_size, &k);
	if (k.total <= most)
		return;
	snprintf(k.why, sizeof(k.why), "more than %lld bytes in all",
	    (long long)most);
	p.v = xcalloc(2 * PICKED_MAX, sizeof(*p.v));
	for (i = 0; i < n && k.total > most; i++)
		shrink_day(a, &k, &p, days[i]);
	free(p.v);
	if (k.removed > 0)
		log_info("%lld recordings were removed: %s",
		    (long long)k.removed, k.why);
	if (k.total > most)
		log_info("recordings take %lld bytes, which is more than "
		    "recording-keep-size: what is left is of sessions that go "
		    "on or are unknown", (long long)k.total);
}

void
archive_keep(struct archivist *a)
{
	int64_t	 new = clock_utc() - 2 * ARCHIVE_DAY_S, *days;
	char	 day[ARCHIVE_DAY_SIZE];
	size_t	 i, n;

	if (a->settings->recording_keep == 0 &&
	    a->settings->recording_keep_size == 0)
		return;
	days = archivist_days(a, 0, &n);
	keep_age(a, days, n);
	keep_size(a, days, n);
	/* Those that are empty now, and nobody will fill. */
	for (i = 0; i < n && days[i] < new; i++)
		(void)unlinkat(a->root, archive_day(days[i], day),
		    AT_REMOVEDIR);
	free(days);
}
