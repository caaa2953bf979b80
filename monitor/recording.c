/* SPDX-License-Identifier: ISC */
/*
 * Recordings.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "monitor/recording.h"

/* The directory of a day, made where it is missing; -1 with errno. */
static int
open_day(const char *logs_dir, int64_t now)
{
	char		day[sizeof("0000-00-00")];
	struct tm	tm;
	time_t		t = now;
	int		root, fd = -1;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(day, sizeof(day), "%Y-%m-%d", &tm) == 0) {
		errno = EINVAL;
		return (-1);
	}
	if (mkdir(logs_dir, 0700) == -1 && errno != EEXIST)
		return (-1);
	root = open(logs_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root == -1)
		return (-1);
	if (mkdirat(root, day, 0700) == 0 || errno == EEXIST)
		fd = openat(root, day, O_PATH | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
	close(root);
	return (fd);
}

int
recording_open(const char *logs_dir, int64_t session, uint32_t seq,
    int64_t now)
{
	char	name[64];
	int	dir, fd = -1, saved;

	snprintf(name, sizeof(name), "session-%lld-%u.ttyrec",
	    (long long)session, seq);
	if ((dir = open_day(logs_dir, now)) != -1) {
		fd = openat(dir, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0440);
		saved = errno;
		close(dir);
		errno = saved;
	}
	if (fd == -1)
		log_error("recording %s in %s: %s", name, logs_dir,
		    strerror(errno));
	return (fd);
}
