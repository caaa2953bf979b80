/* SPDX-License-Identifier: ISC */
/*
 * The archivist: its process, its walk through the days, its batch.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/clock.h"
#include "lib/harden.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/proctitle.h"
#include "lib/reach.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "monitor/archive_sandbox.h"
#include "monitor/archivist.h"
#include "monitor/archivist_int.h"

#define LEAST_PRIORITY	19
#define DAYS_MAX	100000	/* of them in the directory */

void
archivist_trouble(struct archivist *a, const char *name, const char *what)
{
	log_error("recording %s/%s cannot be %s: %s", a->day, name, what,
	    strerror(errno));
	a->failed = 1;
}

/* The keeper */

/* One message; without a keeper there is nothing to go on for. */
static void
hear(struct archivist *a, struct ipc *m)
{
	if (ipc_recv(a->ctl, m) != IPC_OK)
		leave(1);
}

static void
note_safe(struct archivist *a, struct ipc *m)
{
	const uint8_t	*id = msg_get_raw(&m->body, RECORD_ID_BYTES);
	size_t		 i;

	for (i = 0; id != NULL && i < a->n; i++) {
		if (memcmp(a->batch[i].id, id, RECORD_ID_BYTES) == 0)
			a->batch[i].safe = 1;
	}
}

enum archive_owner
archivist_whose(struct archivist *a, int64_t session)
{
	struct ipc	m;
	uint32_t	id = ++a->questions;
	int		owner = -1;

	ipc_init(&m, KEEPER_WHOSE, id);
	msg_put_u64(&m.body, session);
	msg_put_u64(&m.body, a->day_start);
	if (ipc_send(a->ctl, &m) != IPC_OK)
		leave(1);
	ipc_free(&m);
	while (owner == -1) {
		hear(a, &m);
		if (m.type == RECORD_EVENT)
			note_safe(a, &m);
		else if (m.type == KEEPER_WHOSE && m.id == id)
			owner = msg_get_u8(&m.body);
		ipc_free(&m);
	}
	return (owner < OWNER_END_OF_LIST ? owner : OWNER_UNKNOWN);
}

static void
event_id(uint8_t id[RECORD_ID_BYTES], const char *action, const char *entity,
    const char *sum)
{
	struct msg	m;

	msg_init(&m);
	msg_put_text(&m, "sshportal-recording-1");
	msg_put_text(&m, action);
	msg_put_text(&m, entity);
	msg_put_text(&m, sum);
	if (crypto_generichash(id, RECORD_ID_BYTES, m.data, m.len, NULL,
	    0) != 0)
		panic("an event's id");
	msg_free(&m);
}

void
archivist_tell(struct archivist *a, const struct archive_name *name,
    const char *action, const char *entity, const char *args,
    const char *sum, const struct deed *deed)
{
	struct record	 r = {
		.kind = RECORD_EVENT,
		.at = clock_utc(),
		.session = name->session,
		.event = {
			.author_name = "archivist",
			.source = "local",
			.domain = "recording",
			.action = action,
			.entity = entity,
			.args = args,
		},
	};
	struct deed	*d = &a->batch[a->n++];
	struct ipc	 m;

	*d = *deed;
	event_id(d->id, action, entity, sum);
	memcpy(r.id, d->id, sizeof(r.id));
	ipc_init(&m, RECORD_EVENT, 0);
	put_record(&m.body, &r);
	if (ipc_send(a->ctl, &m) != IPC_OK)
		leave(1);
	ipc_free(&m);
	if (a->n == BATCH_MAX)
		archivist_settle(a);
}

/* Never over something that is there; not all file systems can say so. */
static int
rename_new(int dir, const char *from, const char *to)
{
	struct stat	st;

	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return (0);
	if (errno != EINVAL && errno != ENOSYS)
		return (-1);
	if (fstatat(dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return (-1);
	}
	return (renameat(dir, from, dir, to));
}

static void
deed_do(struct archivist *a, const struct deed *d)
{
	if (d->to[0] != '\0') {
		if (rename_new(a->dir, d->from, d->to) == -1)
			archivist_trouble(a, d->from, "renamed");
	} else if (unlinkat(a->dir, d->from, 0) == -1 && errno != ENOENT)
		archivist_trouble(a, d->from, "removed");
}

static size_t
unsafe(const struct archivist *a)
{
	size_t	i, n = 0;

	for (i = 0; i < a->n; i++)
		n += !a->batch[i].safe;
	return (n);
}

void
archivist_settle(struct archivist *a)
{
	struct ipc	m;
	size_t		i;

	if (a->n == 0)
		return;
	while (unsafe(a) > 0) {
		hear(a, &m);
		if (m.type == RECORD_EVENT)
			note_safe(a, &m);
		ipc_free(&m);
	}
	for (i = 0; i < a->n; i++)
		deed_do(a, &a->batch[i]);
	if (fsync(a->dir) == -1)
		archivist_trouble(a, "", "settled");
	for (i = 0; i < a->n; i++) {
		if (a->batch[i].fd != -1)
			close(a->batch[i].fd);
	}
	a->n = 0;
}

/* The walk */

static int
is_entry(const struct dirent *e)
{
	return (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0);
}

static DIR *
walk_begin(int dir, const char *name)
{
	int	 fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
	DIR	*d = fd == -1 ? NULL : fdopendir(fd);

	if (d == NULL && fd != -1)
		close(fd);
	return (d);
}

DIR *
archivist_enter(struct archivist *a, int64_t start)
{
	DIR	*d;

	archive_day(start, a->day);
	a->day_start = start;
	if ((d = walk_begin(a->root, a->day)) != NULL)
		a->dir = dirfd(d);
	else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		archivist_trouble(a, "", "read");
	return (d);
}

void
archivist_each(struct archivist *a, DIR *d, archivist_file *fn, void *arg)
{
	struct dirent	*e;

	rewinddir(d);
	while ((e = readdir(d)) != NULL) {
		if (is_entry(e))
			fn(a, e->d_name, arg);
	}
}

void
archivist_leave(struct archivist *a, DIR *d)
{
	archivist_settle(a);
	closedir(d);
}

void
archivist_day(struct archivist *a, int64_t start, archivist_file *fn,
    void *arg)
{
	DIR	*d;

	if ((d = archivist_enter(a, start)) == NULL)
		return;
	archivist_each(a, d, fn, arg);
	archivist_leave(a, d);
}

static int
day_order(const void *x, const void *y)
{
	const int64_t	*a = x, *b = y;

	return (*a < *b ? -1 : *a > *b);
}

int64_t *
archivist_days(struct archivist *a, int64_t from, size_t *n)
{
	DIR		*d = walk_begin(a->root, ".");
	struct dirent	*e;
	int64_t		*v = NULL, start;

	*n = 0;
	while (d != NULL && *n < DAYS_MAX && (e = readdir(d)) != NULL) {
		if (archive_day_parse(e->d_name, &start) == -1 || start < from)
			continue;
		v = xroom(v, *n, sizeof(*v));
		v[(*n)++] = start;
	}
	if (d != NULL)
		closedir(d);
	if (*n > 0)
		qsort(v, *n, sizeof(*v), day_order);
	return (v);
}

static void
finish_days(struct archivist *a, int64_t from)
{
	size_t	 i, n;
	int64_t	*days = archivist_days(a, from, &n);

	for (i = 0; i < n; i++)
		archivist_day(a, days[i], archive_finish, NULL);
	free(days);
}

/* The process */

/* Keeps the standard ones and ctl, which becomes 3; the rest was the keeper's,
   whose store is not to be touched in another process. */
static int
descriptors_close(int ctl)
{
	log_pause();
	if (ctl != 3 && dup3(ctl, 3, O_CLOEXEC) == -1)
		fatal("dup3: %s", strerror(errno));
	close_range(4, ~0U, 0);
	log_resume();
	return (3);
}

/*
 * The least share of the CPU; that of the disk follows from it. Not the idle
 * class of ionice(1): the file system's journal may have to wait for pages that
 * such a process writes, and the keeper for the journal.
 */
static void
be_humble(void)
{
	(void)setpriority(PRIO_PROCESS, 0, LEAST_PRIORITY);
}

/* The directory of recordings; ends where there is none yet. */
static int
open_root(const struct settings *s)
{
	int	fd = open(s->logs_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 && errno != ENOENT)
		fatal("%s: %s", s->logs_dir, strerror(errno));
	if (fd == -1)
		leave(ARCHIVE_DONE);
	return (fd);
}

void
archivist_main(int ctl, const struct settings *s, const char *instance,
    int all)
{
	struct archivist	*a = xcalloc(1, sizeof(*a));
	int64_t			 today = clock_utc() / ARCHIVE_DAY_S *
				    ARCHIVE_DAY_S;

	log_init("archivist", s->log_level);
	proctitle_set("archivist");
	a->settings = s;
	a->instance = instance;
	a->ctl = descriptors_close(ctl);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	be_humble();
	a->root = open_root(s);
	if (archive_sandbox_enter(a->root) == -1)
		leave(1);
	finish_days(a, all ? 0 : today - ARCHIVE_DAY_S);
	if (all)
		archive_keep(a);
	leave(a->failed ? 1 : a->more ? ARCHIVE_MORE : ARCHIVE_DONE);
}
