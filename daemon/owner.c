/* SPDX-License-Identifier: ISC */
/*
 * The lock of a state directory. It belongs to the open file, so that a
 * re-execution keeps it and any end of the daemon lets it go.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/owner.h"
#include "lib/xmalloc.h"

#define LOCK_NAME	"daemon.lock"

int
owner_take(const char *run_dir, struct image *im, char *err, size_t errlen)
{
	int	dir, fd = -1, saved;

	if (im->owner_fd != -1)
		return (0);
	dir = open(run_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir != -1) {
		/* the directory is the monitors': no trust in what is there */
		fd = openat(dir, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW |
		    O_NONBLOCK | O_CLOEXEC, 0600);
		saved = errno;
		close(dir);
		errno = saved;
	}
	if (fd == -1) {
		snprintf(err, errlen, "%s/%s: %s", run_dir, LOCK_NAME,
		    strerror(errno));
		return (-1);
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		snprintf(err, errlen, "another portal uses this database (it "
		    "holds %s/%s): stop it first, or give this one a --db-conn "
		    "of its own", run_dir, LOCK_NAME);
		close(fd);
		return (-1);
	}
	im->owner_fd = fd;
	return (0);
}

int
owner_stays(const char *run_dir, const struct image *im, char *err,
    size_t errlen)
{
	struct stat	 held, there;
	char		*path;

	if (im->owner_fd == -1)
		return (0);
	path = xasprintf("%s/" LOCK_NAME, run_dir);
	if (fstat(im->owner_fd, &held) == 0 && lstat(path, &there) == 0 &&
	    held.st_dev == there.st_dev && held.st_ino == there.st_ino) {
		free(path);
		return (0);
	}
	snprintf(err, errlen, "%s is not the lock that this portal holds, and "
	    "a portal that runs cannot move to another database or runtime "
	    "directory: stop it and start it again", path);
	free(path);
	return (-1);
}

void
owner_leave(struct image *im)
{
	if (im->owner_fd != -1)
		close(im->owner_fd);
	im->owner_fd = -1;
}
