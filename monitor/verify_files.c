/* SPDX-License-Identifier: ISC */
/*
 * Checking recordings. Events come in their order: a file is read when its
 * "finished" passes; one that is not there is missing unless a "removed"
 * follows. Of the names that events told of eight bytes each are kept (a keyed
 * hash, whose key nobody knows who could make two the same), to tell the files
 * that have none.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "db/event.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "monitor/archive_name.h"
#include "monitor/archive_zip.h"
#include "monitor/verify_files.h"

#define UNKNOWN_SHOWN	20	/* lines about unknown ones */

struct verify_files {
	int			 root;		/* -1: there is none */
	const char		*instance;
	unsigned char		 key[crypto_shorthash_KEYBYTES];
	uint64_t		*known;		/* names that events told of */
	size_t			 nknown;
	void			*missing;	/* a tree of their names */
	struct verify_count	 count;
};

/* What a "finished" event says. */
struct told {
	int64_t			 size;
	char			 sha256[2 * ARCHIVE_SUM_LEN + 1];
	int			 is_ours;
	struct archive_name	 name;
};

struct verify_files *
verify_files_new(const struct settings *s, const char *instance)
{
	struct verify_files	*v;
	int			 root;

	root = open(s->logs_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root == -1 && errno != ENOENT)
		return (NULL);
	v = xcalloc(1, sizeof(*v));
	v->root = root;
	v->instance = instance;
	crypto_shorthash_keygen(v->key);
	return (v);
}

static int
name_order(const void *a, const void *b)
{
	return (strcmp(a, b));
}

void
verify_files_free(struct verify_files *v)
{
	char	*name;

	if (v == NULL)
		return;
	while (v->missing != NULL) {
		name = *(char **)v->missing;
		tdelete(name, &v->missing, name_order);
		free(name);
	}
	if (v->root != -1)
		close(v->root);
	free(v->known);
	free(v);
}

static uint64_t
hash_of(const struct verify_files *v, const char *path)
{
	uint64_t	h;

	crypto_shorthash((unsigned char *)&h, (const unsigned char *)path,
	    strlen(path), v->key);
	return (h);
}

/* The parts of an event's entity: a name in a day. */
static int
entity_parse(const char *entity, struct archive_name *name)
{
	char	day[ARCHIVE_DAY_SIZE];
	int64_t	start;

	snprintf(day, sizeof(day), "%s", entity);
	return (strlen(entity) > strlen(day) &&
	    archive_day_parse(day, &start) == 0 &&
	    entity[strlen(day)] == '/' &&
	    archive_name_parse(entity + strlen(day) + 1, name) == 0 &&
	    name->stage == ARCHIVE_FINISHED ? 0 : -1);
}

static int
told_parse(const struct verify_files *v, const struct event *e,
    struct told *t)
{
	json_t		*args = json_loads(e->args, 0, NULL);
	const char	*sum = NULL, *instance = "";
	json_int_t	 size = -1;
	int		 ok;

	ok = args != NULL && json_unpack(args, "{s:I, s:s, s?s}", "size",
	    &size, "sha256", &sum, "instance", &instance) == 0 && size >= 0 &&
	    strlen(sum) == sizeof(t->sha256) - 1 &&
	    entity_parse(e->entity, &t->name) == 0;
	if (ok) {
		t->size = size;
		memcpy(t->sha256, sum, sizeof(t->sha256));
		t->is_ours = strcmp(instance, v->instance) == 0;
	}
	json_decref(args);
	return (ok ? 0 : -1);
}

static void
fault(struct verify_files *v, const char *path, const char *what)
{
	v->count.faults++;
	printf("recording %s: %s\n", path, what);
}

static void
compare(struct verify_files *v, const char *path, int fd,
    const struct told *t)
{
	struct archive_sum	sum;
	char			hex[2 * ARCHIVE_SUM_LEN + 1], what[128];

	if (archive_sum(fd, &sum) == -1) {
		snprintf(what, sizeof(what), "cannot be read: %s",
		    strerror(errno));
		fault(v, path, what);
		return;
	}
	sodium_bin2hex(hex, sizeof(hex), sum.sha256, sizeof(sum.sha256));
	if (sum.size < t->size) {
		snprintf(what, sizeof(what), "cut off: %" PRId64 " of %" PRId64
		    " bytes are left", sum.size, t->size);
		fault(v, path, what);
	} else if (strcmp(hex, t->sha256) != 0)
		fault(v, path, "edited");
	else
		v->count.good++;
}

/* Its event is written before it is renamed. */
static int
is_being_finished(const struct verify_files *v, const char *path,
    const struct told *t)
{
	struct stat	 st;
	char		*part;
	int		 there;

	part = xasprintf("%.*s/%s" ARCHIVE_PART, ARCHIVE_DAY_SIZE - 1, path,
	    t->name.plain);
	there = fstatat(v->root, part, &st, AT_SYMLINK_NOFOLLOW) == 0;
	free(part);
	return (there);
}

static void
check(struct verify_files *v, const char *path, const struct told *t)
{
	int	 fd = -1;
	char	*name;

	if (v->root != -1)
		fd = openat(v->root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
		    O_CLOEXEC);
	if (fd != -1) {
		compare(v, path, fd, t);
		close(fd);
	} else if (v->root != -1 && errno != ENOENT) {
		fault(v, path, strerror(errno));
	} else if (!t->is_ours) {
		v->count.elsewhere++;
	} else if (v->root == -1 || !is_being_finished(v, path, t)) {
		name = xstrdup(path);
		if (*(char **)tsearch(name, &v->missing, name_order) != name)
			free(name);
	}
}

static void
forgive(struct verify_files *v, const char *path)
{
	char	**found = tfind(path, &v->missing, name_order), *name;

	if (found == NULL)
		return;
	name = *found;
	tdelete(name, &v->missing, name_order);
	free(name);
}

void
verify_files_event(struct verify_files *v, const struct event *e)
{
	struct told	t;

	if (strcmp(e->domain, "recording") != 0)
		return;
	if (strcmp(e->action, "removed") == 0)
		forgive(v, e->entity);
	if (strcmp(e->action, "finished") != 0 ||
	    told_parse(v, e, &t) == -1)
		return;
	v->known = xroom(v->known, v->nknown, sizeof(*v->known));
	v->known[v->nknown++] = hash_of(v, e->entity);
	check(v, e->entity, &t);
}

/* What lies there */

static int
hash_order(const void *x, const void *y)
{
	const uint64_t	*a = x, *b = y;

	return (*a < *b ? -1 : *a > *b);
}

static void
look(struct verify_files *v, const char *day, const char *file)
{
	struct archive_name	 name;
	uint64_t		 hash;
	char			*path;

	if (archive_name_parse(file, &name) == -1)
		return;
	if (name.stage != ARCHIVE_FINISHED) {
		v->count.waiting += name.stage == ARCHIVE_WRITTEN;
		return;
	}
	path = xasprintf("%s/%s", day, file);
	hash = hash_of(v, path);
	if ((v->nknown == 0 || bsearch(&hash, v->known, v->nknown,
	    sizeof(hash), hash_order) == NULL) &&
	    ++v->count.unknown <= UNKNOWN_SHOWN)
		printf("recording %s: unknown: no event tells of it\n", path);
	free(path);
}

static DIR *
open_below(int dir, const char *name)
{
	int	 fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
	DIR	*d = fd == -1 ? NULL : fdopendir(fd);

	if (d == NULL && fd != -1)
		close(fd);
	return (d);
}

static void
look_at_day(struct verify_files *v, const char *day)
{
	struct dirent	*e;
	int64_t		 start;
	DIR		*d;

	if (archive_day_parse(day, &start) == -1)
		return;
	if ((d = open_below(v->root, day)) == NULL) {
		fault(v, day, strerror(errno));
		return;
	}
	while ((e = readdir(d)) != NULL)
		look(v, day, e->d_name);
	closedir(d);
}

static void
look_at_all(struct verify_files *v)
{
	struct dirent	*e;
	DIR		*d = open_below(v->root, ".");

	while (d != NULL && (e = readdir(d)) != NULL)
		look_at_day(v, e->d_name);
	if (d != NULL)
		closedir(d);
	if (v->count.unknown > UNKNOWN_SHOWN)
		printf("%" PRId64 " more recordings are unknown\n",
		    v->count.unknown - UNKNOWN_SHOWN);
}

static void
print_missing(const void *node, VISIT order, void *arg)
{
	if (order == postorder || order == leaf)
		fault(arg, *(char *const *)node, "missing");
}

void
verify_files_end(struct verify_files *v, struct verify_count *count)
{
	twalk_r(v->missing, print_missing, v);
	if (v->nknown > 0)
		qsort(v->known, v->nknown, sizeof(*v->known), hash_order);
	if (v->root != -1)
		look_at_all(v);
	*count = v->count;
}
