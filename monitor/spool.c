/* SPDX-License-Identifier: ISC */
/*
 * Spool files: a line that says what it is, records with their lengths, and a
 * BLAKE2b of all before it, against disks that lie.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/spool.h"

#define SPOOL_MAGIC	"sshportal-spool-1\n"
#define SPOOL_SUFFIX	".records"
#define ASIDE_SUFFIX	".refused"
#define TEMP_PREFIX	"tmp-"
#define TEMP_AGE_S	3600
#define HASH_LEN	32

int
spool_open(const char *state_dir)
{
	char	*path = xasprintf("%s/" SPOOL_DIR, state_dir);
	int	 fd;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(path);
	return (fd);
}

static void
hash(uint8_t out[HASH_LEN], const uint8_t *data, size_t len)
{
	crypto_generichash(out, HASH_LEN, data, len, NULL, 0);
}

/* Longer names are none of ours. */
static int
has_suffix(const char *name, const char *suffix)
{
	size_t	n = strlen(name), m = strlen(suffix);

	return (n > m && n < SPOOL_NAME_SIZE &&
	    strcmp(name + n - m, suffix) == 0);
}

/* Time first, so that names sort; within a process it never goes back. */
static void
name_make(char name[SPOOL_NAME_SIZE], const char *suffix)
{
	static uint64_t	last;
	struct timespec	ts;
	uint64_t	now;

	clock_gettime(CLOCK_REALTIME, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
	last = now > last ? now : last + 1;
	snprintf(name, SPOOL_NAME_SIZE, "%016llx-%d%s",
	    (unsigned long long)last, (int)getpid(), suffix);
}

static int
write_all(int fd, const uint8_t *data, size_t len)
{
	ssize_t	n;

	while (len > 0) {
		if ((n = write(fd, data, len)) == -1) {
			if (errno == EINTR)
				continue;
			return (-1);
		}
		data += n;
		len -= n;
	}
	return (0);
}

/* On the disk under a name of its own, then under its real one. */
static int
file_make(int dir, const struct msg *m, const char *suffix)
{
	char	name[SPOOL_NAME_SIZE], temp[SPOOL_NAME_SIZE + 8];
	int	fd, r, saved;

	name_make(name, suffix);
	snprintf(temp, sizeof(temp), TEMP_PREFIX "%s", name);
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return (-1);
	if ((r = write_all(fd, m->data, m->len)) == 0)
		r = fsync(fd);
	if (close(fd) == -1)
		r = -1;
	if (r == 0)
		r = renameat(dir, temp, dir, name);
	if (r == 0)
		return (fsync(dir));
	saved = errno;
	unlinkat(dir, temp, 0);
	errno = saved;
	return (-1);
}

static int
write_with_suffix(int dir, const struct spool_record *v, size_t n,
    const char *suffix)
{
	struct msg	 m;
	uint8_t		 sum[HASH_LEN];
	size_t		 i;
	int		 r;

	msg_init(&m);
	msg_put_raw(&m, SPOOL_MAGIC, strlen(SPOOL_MAGIC));
	for (i = 0; i < n; i++)
		msg_put_blob(&m, v[i].data, v[i].len);
	hash(sum, m.data, m.len);
	msg_put_raw(&m, sum, sizeof(sum));
	r = file_make(dir, &m, suffix);
	msg_free(&m);
	return (r);
}

int
spool_write(int dir, const struct spool_record *v, size_t n)
{
	return (write_with_suffix(dir, v, n, SPOOL_SUFFIX));
}

int
spool_write_aside(int dir, const struct spool_record *v, size_t n)
{
	return (write_with_suffix(dir, v, n, ASIDE_SUFFIX));
}

/* A stream over the directory that leaves its descriptor to the caller. */
static DIR *
dir_stream(int dir)
{
	DIR	*d;
	int	 fd;

	if ((fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return (NULL);
	if ((d = fdopendir(fd)) == NULL)
		close(fd);
	return (d);
}

int
spool_first(int dir, char name[SPOOL_NAME_SIZE])
{
	struct dirent	*e;
	DIR		*d;
	int		 found = 0;

	if ((d = dir_stream(dir)) == NULL)
		return (-1);
	while ((e = readdir(d)) != NULL) {
		if (!has_suffix(e->d_name, SPOOL_SUFFIX) ||
		    strncmp(e->d_name, TEMP_PREFIX,
		    strlen(TEMP_PREFIX)) == 0 ||
		    (found && strcmp(e->d_name, name) >= 0))
			continue;
		memcpy(name, e->d_name, strlen(e->d_name) + 1);
		found = 1;
	}
	closedir(d);
	return (found);
}

/* All bytes of a file into m, which was initialized. */
static int
file_slurp(int dir, const char *name, struct msg *m)
{
	uint8_t	buf[16384];
	ssize_t	n;
	int	fd;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return (-1);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (m->len + n > SPOOL_FILE_MAX) {
			errno = EBADMSG;
			n = -1;
			break;
		}
		msg_put_raw(m, buf, n);
	}
	close(fd);
	return (n == 0 ? 0 : -1);
}

/* Checks the frame; leaves m at the first record, its end before the sum. */
static int
frame_check(struct msg *m)
{
	uint8_t		 sum[HASH_LEN];
	const uint8_t	*magic;

	if (m->len < strlen(SPOOL_MAGIC) + HASH_LEN)
		return (-1);
	m->len -= HASH_LEN;
	hash(sum, m->data, m->len);
	magic = msg_get_raw(m, strlen(SPOOL_MAGIC));
	if (memcmp(magic, SPOOL_MAGIC, strlen(SPOOL_MAGIC)) != 0 ||
	    memcmp(sum, m->data + m->len, HASH_LEN) != 0)
		return (-1);
	return (0);
}

int
spool_read(int dir, const char *name, struct msg *file,
    struct spool_record **records, size_t *n)
{
	struct spool_record	*v = NULL;
	size_t			 max = 0;

	*records = NULL;
	*n = 0;
	msg_init(file);
	if (file_slurp(dir, name, file) == -1)
		goto fail;
	errno = EBADMSG;
	if (frame_check(file) == -1)
		goto fail;
	while (!file->error && file->off < file->len) {
		if (*n == max) {
			max = max ? 2 * max : 64;
			v = xreallocarray(v, max, sizeof(*v));
		}
		v[*n].data = msg_get_blob(file, SPOOL_RECORD_MAX, &v[*n].len);
		(*n)++;
	}
	if (!msg_end(file))
		goto fail;
	*records = v;
	return (0);
fail:
	free(v);
	*n = 0;
	msg_free(file);
	return (-1);
}

int
spool_remove(int dir, const char *name)
{
	return (unlinkat(dir, name, 0) == -1 ? -1 : fsync(dir));
}

int
spool_set_aside(int dir, const char *name)
{
	char	aside[SPOOL_NAME_SIZE + 16];

	snprintf(aside, sizeof(aside), "%s" ASIDE_SUFFIX, name);
	return (renameat(dir, name, dir, aside) == -1 ? -1 : fsync(dir));
}

void
spool_sweep(int dir)
{
	struct dirent	*e;
	struct stat	 st;
	DIR		*d;

	if ((d = dir_stream(dir)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)) == 0 &&
		    fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtime < clock_utc() - TEMP_AGE_S)
			unlinkat(dir, e->d_name, 0);
	}
	closedir(d);
}
