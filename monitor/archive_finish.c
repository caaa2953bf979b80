/* SPDX-License-Identifier: ISC */
/*
 * Finishing one recording.
 *
 * Who writes it holds a shared lock on it, which the kernel takes away with the
 * last descriptor: to get the exclusive one is to know that nobody writes any
 * more. Where the file system has no such locks (some over a network) the
 * session must have ended. Files of other instances' sessions are left alone:
 * whether a lock of another machine is seen here depends on servers and mounts.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/log.h"
#include "lib/settings.h"
#include "monitor/archive_zip.h"
#include "monitor/archivist_int.h"

#define ZIP_LEAST	4096	/* bytes; what is shorter saves no block */
#define MODE		0440

/* What is known of a file that is to be finished. */
struct tape {
	struct archive_name	 name;
	const char		*part;		/* its name now */
	int			 fd;
	struct stat		 st;
	int			 locked;
	int			 lost;		/* its session was */
	struct archive_sum	 sum;		/* of the finished file */
	char			 to[ARCHIVE_NAME_SIZE];
};

/* It may have been finished by another while we waited to be served. */
static int
still_there(const struct archivist *a, const struct tape *t)
{
	struct stat	st;

	return (fstatat(a->dir, t->part, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_ino == t->st.st_ino && st.st_dev == t->st.st_dev);
}

/* Whether it is ours and nobody's; notes what has to be looked at again. */
static int
is_due(struct archivist *a, struct tape *t)
{
	enum archive_owner	owner;

	if (flock(t->fd, LOCK_EX | LOCK_NB) == 0)
		t->locked = 1;
	else if (errno == EWOULDBLOCK) {
		a->more = 1;
		return (0);
	}
	if (!still_there(a, t))
		return (0);
	switch (owner = archivist_whose(a, t->name.session)) {
	case OWNER_ENDED:
	case OWNER_LOST:
		t->lost = owner == OWNER_LOST;
		return (1);
	case OWNER_LIVE:
		if (t->locked)
			return (1);
		a->more = 1;
		return (0);
	case OWNER_AWAY:
		a->more = 1;
		return (0);
	default:
		return (0);
	}
}

/* A file for the compressed copy; what a crash has left of one is no use. */
static int
new_file(struct archivist *a, const char *name)
{
	int	fd;

	(void)unlinkat(a->dir, name, 0);
	fd = openat(a->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd != -1 && fchmod(fd, MODE) == -1) {
		close(fd);
		fd = -1;
	}
	return (fd);
}

/*
 * Makes the compressed copy and gives it its name, both for good. Returns 1, or
 * 0 when there is none: it did not pay, or could not be done (no room, say),
 * and the recording stays as it is.
 */
static int
compress(struct archivist *a, struct tape *t)
{
	char	name[ARCHIVE_NAME_SIZE + sizeof(ARCHIVE_NEW)];
	int	fd, r;

	snprintf(name, sizeof(name), "%s" ARCHIVE_NEW, t->to);
	fd = r = new_file(a, name);
	if (fd != -1)
		r = archive_zip(t->fd, fd, t->st.st_size, &t->sum);
	if (r == 0 && t->sum.size < t->st.st_size &&
	    (r = fsync(fd)) == 0 &&
	    (r = renameat(a->dir, name, a->dir, t->to)) == 0 &&
	    (r = fsync(a->dir)) == 0) {
		close(fd);
		return (1);
	}
	if (r == -1)
		log_info("recording %s/%s stays uncompressed: %s", a->day,
		    t->name.plain, strerror(errno));
	if (fd != -1)
		close(fd);
	(void)unlinkat(a->dir, name, 0);
	return (0);
}

/* Sums a compressed copy that was made before a crash. 1, 0: none, -1. */
static int
copy_sum(struct archivist *a, struct tape *t)
{
	int	fd, r;

	fd = openat(a->dir, t->to, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return (errno == ENOENT ? 0 : -1);
	r = archive_sum(fd, &t->sum);
	close(fd);
	return (r == -1 ? -1 : 1);
}

/* Makes what is to be kept, and its sum. 1: it is a copy; 0: the file; -1 */
static int
prepare(struct archivist *a, struct tape *t)
{
	int	r;

	if (fsync(t->fd) == -1)
		return (-1);
	snprintf(t->to, sizeof(t->to), "%.*s" ARCHIVE_ZST,
	    (int)(sizeof(t->to) - sizeof(ARCHIVE_ZST)), t->name.plain);
	if ((r = copy_sum(a, t)) != 0)
		return (r);
	if (a->settings->recording_compress && t->st.st_size >= ZIP_LEAST &&
	    compress(a, t))
		return (1);
	snprintf(t->to, sizeof(t->to), "%s", t->name.plain);
	return (archive_sum(t->fd, &t->sum));
}

static void
tell(struct archivist *a, const struct tape *t, int copied)
{
	char		entity[ARCHIVE_PATH_SIZE], args[256];
	char		hex[2 * ARCHIVE_SUM_LEN + 1];
	struct deed	d = { .fd = t->fd };

	snprintf(entity, sizeof(entity), "%s/%s", a->day, t->to);
	sodium_bin2hex(hex, sizeof(hex), t->sum.sha256, ARCHIVE_SUM_LEN);
	snprintf(args, sizeof(args), "{\"size\":%lld,\"sha256\":\"%s\","
	    "\"instance\":\"%s\"%s}", (long long)t->sum.size, hex,
	    a->instance, t->lost ? ",\"recovered\":true" : "");
	snprintf(d.from, sizeof(d.from), "%s", t->part);
	if (!copied)
		snprintf(d.to, sizeof(d.to), "%s", t->to);
	log_verbose("recording %s is finished: %lld bytes%s", entity,
	    (long long)t->sum.size, t->lost ?
	    "; its session ended without a word" : "");
	archivist_tell(a, &t->name, "finished", entity, args, hex, &d);
}

/*
 * A file is hidden until it is locked. One that stays so has nothing in it: its
 * monitor was killed just then.
 */
static void
sweep(struct archivist *a, const char *name)
{
	struct archive_name	n;
	enum archive_owner	owner;

	if (archive_name_parse(name + 1, &n) == -1)
		return;
	owner = archivist_whose(a, n.session);
	if ((owner == OWNER_ENDED || owner == OWNER_LOST) &&
	    unlinkat(a->dir, name, 0) == -1 && errno != ENOENT)
		archivist_trouble(a, name, "removed");
}

void
archive_finish(struct archivist *a, const char *name, void *unused)
{
	struct tape	t = { .part = name };
	int		copied;

	(void)unused;
	if (*name == '.')
		sweep(a, name);
	if (archive_name_parse(name, &t.name) == -1 ||
	    t.name.stage != ARCHIVE_WRITTEN)
		return;
	t.fd = openat(a->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (t.fd == -1) {
		if (errno != ENOENT)
			archivist_trouble(a, name, "opened");
		return;
	}
	if (fstat(t.fd, &t.st) == 0 && S_ISREG(t.st.st_mode) &&
	    is_due(a, &t)) {
		if ((copied = prepare(a, &t)) != -1) {
			tell(a, &t, copied);
			return;
		}
		archivist_trouble(a, name, "finished");
	}
	close(t.fd);
}
