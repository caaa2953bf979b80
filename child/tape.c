/* SPDX-License-Identifier: ISC */
/*
 * Writing the files of recordings.
 */
#include <sys/mman.h>
#include <sys/vfs.h>

#include <errno.h>
#include <unistd.h>

#include "child/tape.h"
#include "lib/log.h"

#define CHECK_BYTES	(64 * 1024)	/* between two looks at the disk */

static uint8_t	*room;

uint8_t *
tape_room(void)
{
	if (room == NULL) {
		room = mmap(NULL, TAPE_ROOM, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (room == MAP_FAILED)
			fatal("out of memory");
	}
	return (room);
}

void
tape_release(void)
{
	if (room != NULL)
		munmap(room, TAPE_ROOM);
	room = NULL;
}

/* Looks once a second at most, and after so many bytes. */
static int
disk_has_room(struct tape *t, const struct timespec *now, size_t len)
{
	struct statfs	s;

	t->unchecked += len;
	if (t->reserve == 0 ||
	    (t->unchecked < CHECK_BYTES && t->checked_at == now->tv_sec))
		return (1);
	t->unchecked = 0;
	t->checked_at = now->tv_sec;
	if (fstatfs(t->fd, &s) == -1)
		return (0);
	errno = ENOSPC;
	return (s.f_bavail >= t->reserve / s.f_bsize);
}

int
tape_write(struct tape *t, const struct timespec *now, const void *data,
    size_t len)
{
	const uint8_t	*p = data;
	ssize_t		 n;

	if (!disk_has_room(t, now, len))
		return (-1);
	while (len > 0) {
		if ((n = write(t->fd, p, len)) == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		p += n;
		len -= n;
	}
	return (0);
}
