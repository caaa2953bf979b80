/* SPDX-License-Identifier: ISC */
/*
 * The instance's directories and its id.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/log.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "monitor/spool.h"
#include "monitor/state.h"

#define ID_FILE		"instance-id"

/* mkdir -p, all above the last one with mode 0755. */
static int
make_path(const char *path, mode_t mode)
{
	char	*copy = xstrdup(path), *p;
	int	 r = 0;

	for (p = copy + 1; r == 0 && (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(copy, 0755) == -1 && errno != EEXIST)
			r = -1;
		*p = '/';
	}
	if (r == 0 && mkdir(copy, mode) == -1 && errno != EEXIST)
		r = -1;
	free(copy);
	return (r);
}

/* What a directory that was there already must be like. */
static int
dir_check(const char *path, const struct stat *st, int64_t uid, char *err,
    size_t errlen)
{
	if (uid != 0 && (int64_t)st->st_uid != uid) {
		snprintf(err, errlen, "directory %s belongs to uid %ju: it "
		    "should be uid %jd's", path, (uintmax_t)st->st_uid,
		    (intmax_t)uid);
		return (-1);
	}
	if (st->st_mode & 022) {
		snprintf(err, errlen, "directory %s can be written by others: "
		    "chmod 700 %s", path, path);
		return (-1);
	}
	return (0);
}

/*
 * Makes a directory for uid and gid, who are not us only if we are root. One
 * that is there is left as it is: what was named may be somebody's own.
 */
static int
make_dir(const char *path, mode_t mode, int64_t uid, int64_t gid, char *err,
    size_t errlen)
{
	struct stat	st;
	int		fd, made;

	made = lstat(path, &st) == -1 && errno == ENOENT;
	if (made && make_path(path, mode) == -1)
		goto fail;
	/* who owns what is above may have put a link there in the meantime */
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    (made ? O_NOFOLLOW : 0));
	if (fd == -1)
		goto fail;
	/* in this order: the mode is the owner's to set */
	if (made && (fchmod(fd, mode) == -1 ||
	    (geteuid() == 0 && fchown(fd, uid, gid) == -1))) {
		close(fd);
		goto fail;
	}
	if (fstat(fd, &st) == -1) {
		close(fd);
		goto fail;
	}
	close(fd);
	return (dir_check(path, &st, uid, err, errlen));
fail:
	snprintf(err, errlen, "directory %s: %s", path, strerror(errno));
	return (-1);
}

int
state_make_dirs(const struct settings *s, char *err, size_t errlen)
{
	int64_t	 uid = s->monitor_uid, gid = s->monitor_gid;
	int64_t	 top = geteuid();
	char	*spool = xasprintf("%s/" SPOOL_DIR, s->state_dir);
	int	 r;

	if (uid == -1) {
		uid = geteuid();
		gid = getegid();
	}
	if ((r = make_dir(s->state_dir, 0700, uid, gid, err, errlen)) == 0 &&
	    (r = make_dir(spool, 0700, uid, gid, err, errlen)) == 0 &&
	    (r = make_dir(s->run_dir, 0700, uid, gid, err, errlen)) == 0 &&
	    (r = make_dir(s->logs_dir, 0700, uid, gid, err, errlen)) == 0)
		r = make_dir(s->empty_dir, 0555, top, getegid(), err, errlen);
	free(spool);
	return (r);
}

int
state_check_dirs(const struct settings *s, char *err, size_t errlen)
{
	const char *const	dirs[] = { s->state_dir, s->run_dir,
				    s->logs_dir };
	size_t			i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (access(dirs[i], R_OK | W_OK | X_OK) == -1) {
			snprintf(err, errlen, "directory %s: %s", dirs[i],
			    strerror(errno));
			return (-1);
		}
	}
	return (0);
}

/* 16 random bytes as a UUID (RFC 9562, version 4). */
static void
id_make(char id[STATE_ID_SIZE])
{
	uint8_t	raw[16];
	char	hex[33];

	if (sodium_init() == -1)
		fatal("libsodium finds no source of random numbers");
	randombytes_buf(raw, sizeof(raw));
	raw[6] = (raw[6] & 0x0f) | 0x40;
	raw[8] = (raw[8] & 0x3f) | 0x80;
	sodium_bin2hex(hex, sizeof(hex), raw, sizeof(raw));
	snprintf(id, STATE_ID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
}

/* 1: read; 0: no such file; -1: not an id, or errno. */
static int
id_read(int dirfd, char id[STATE_ID_SIZE])
{
	char	line[STATE_ID_SIZE + 1];
	ssize_t	n;
	int	fd;

	if ((fd = openat(dirfd, ID_FILE, O_RDONLY | O_CLOEXEC)) == -1)
		return (errno == ENOENT ? 0 : -1);
	n = read(fd, line, sizeof(line));
	close(fd);
	if (n != STATE_ID_SIZE || line[STATE_ID_SIZE - 1] != '\n' ||
	    strspn(line, "0123456789abcdef-") != STATE_ID_SIZE - 1) {
		errno = EBADMSG;
		return (-1);
	}
	memcpy(id, line, STATE_ID_SIZE - 1);
	id[STATE_ID_SIZE - 1] = '\0';
	return (1);
}

/*
 * Writes the id aside and links it into place, so that of several who try at
 * once all use the same one, and half a file is never seen.
 */
static int
id_write(int dirfd, const char *id)
{
	char	name[64];
	int	fd, r;

	snprintf(name, sizeof(name), ID_FILE ".%d", (int)getpid());
	unlinkat(dirfd, name, 0);
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return (-1);
	r = dprintf(fd, "%s\n", id) == STATE_ID_SIZE && fsync(fd) == 0 ?
	    0 : -1;
	close(fd);
	if (r == 0 && linkat(dirfd, name, dirfd, ID_FILE, 0) == -1 &&
	    errno != EEXIST)
		r = -1;
	unlinkat(dirfd, name, 0);
	return (r == 0 ? fsync(dirfd) : -1);
}

int
state_instance_id(const struct settings *s, char id[STATE_ID_SIZE], char *err,
    size_t errlen)
{
	int	dirfd, r = -1;

	dirfd = open(s->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd != -1)
		r = id_read(dirfd, id);
	if (r == 0) {
		id_make(id);
		r = id_write(dirfd, id) == 0 ? id_read(dirfd, id) : -1;
	}
	if (r != 1)
		snprintf(err, errlen, "instance id in %s/" ID_FILE ": %s",
		    s->state_dir, strerror(errno));
	if (dirfd != -1)
		close(dirfd);
	return (r == 1 ? 0 : -1);
}
