/* SPDX-License-Identifier: ISC */
/*
 * The master key's file: one line of text, which nobody but its owner can
 * read.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/log.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "monitor/secrets.h"
#include "monitor/secrets_file.h"

#define BASE64	sodium_base64_VARIANT_ORIGINAL

static void
key_text(char out[SECRETS_KEY_TEXT_SIZE], const uint8_t key[SECRETS_KEY_LEN])
{
	size_t	n = strlen(SECRETS_KEY_PREFIX);

	memcpy(out, SECRETS_KEY_PREFIX, n);
	sodium_bin2base64(out + n, SECRETS_KEY_TEXT_SIZE - n, key,
	    SECRETS_KEY_LEN, BASE64);
}

void
secrets_make_key_text(char out[SECRETS_KEY_TEXT_SIZE])
{
	uint8_t	key[SECRETS_KEY_LEN];

	if (sodium_init() == -1)
		fatal("libsodium finds no source of random numbers");
	randombytes_buf(key, sizeof(key));
	key_text(out, key);
	sodium_memzero(key, sizeof(key));
}

/* Takes a key from its text of n bytes; a line's end may follow it. */
static int
key_parse(const char *text, size_t n)
{
	uint8_t		 key[SECRETS_KEY_LEN];
	const char	*end;
	size_t		 head = strlen(SECRETS_KEY_PREFIX), len = 0;
	int		 ok;

	while (n > 0 && strchr("\r\n", text[n - 1]) != NULL)
		n--;
	ok = n > head && memcmp(text, SECRETS_KEY_PREFIX, head) == 0 &&
	    sodium_base642bin(key, sizeof(key), text + head, n - head, NULL,
	    &len, &end, BASE64) == 0 && end == text + n &&
	    len == sizeof(key);
	if (ok)
		secrets_use_key(key);
	sodium_memzero(key, sizeof(key));
	return (ok ? 0 : -1);
}

static int
file_check(int fd, const struct settings *s, const char *path, char *err,
    size_t errlen)
{
	struct stat	st;

	if (fstat(fd, &st) == -1) {
		snprintf(err, errlen, "master key file %s: %s", path,
		    strerror(errno));
		return (-1);
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(err, errlen, "master key file %s is not a regular "
		    "file", path);
		return (-1);
	}
	if (st.st_uid != 0 && st.st_uid != geteuid() &&
	    (int64_t)st.st_uid != s->monitor_uid) {
		snprintf(err, errlen, "master key file %s belongs to uid %ju: "
		    "it should be yours or root's", path,
		    (uintmax_t)st.st_uid);
		return (-1);
	}
	if (st.st_mode & 077) {
		snprintf(err, errlen, "master key file %s can be read by "
		    "others: chmod 600 %s", path, path);
		return (-1);
	}
	return (0);
}

static int
file_read(int fd, const char *path, char *err, size_t errlen)
{
	char	*text;
	ssize_t	 n;
	int	 r = -1;

	if ((text = sodium_malloc(2 * SECRETS_KEY_TEXT_SIZE)) == NULL)
		fatal("no locked memory for the master key");
	n = read(fd, text, 2 * SECRETS_KEY_TEXT_SIZE);
	if (n == -1)
		snprintf(err, errlen, "master key file %s: %s", path,
		    strerror(errno));
	else if ((r = key_parse(text, n)) == -1)
		snprintf(err, errlen, "master key file %s does not hold a "
		    "key as `sshportal genkey` prints it", path);
	sodium_free(text);
	return (r);
}

int
secrets_load_key(const struct settings *s, const struct secret_settings *ss,
    char *err, size_t errlen)
{
	const char	*path = ss->master_key_file;
	int		 fd, r;

	if (sodium_init() == -1)
		fatal("libsodium finds no source of random numbers");
	if (path == NULL || *path == '\0') {
		snprintf(err, errlen, "no master key: make one with "
		    "`sshportal genkey`, name its file with --master-key, the "
		    "same one for every instance");
		return (SECRETS_ABSENT);
	}
	/* Not to hang on a FIFO that somebody left there. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		r = errno == ENOENT ? SECRETS_ABSENT : -1;
		snprintf(err, errlen, "master key file %s: %s", path,
		    strerror(errno));
		return (r);
	}
	if ((r = file_check(fd, s, path, err, errlen)) == 0)
		r = file_read(fd, path, err, errlen);
	close(fd);
	return (r);
}

/* Opens the directory of a path. */
static int
parent_open(const char *path)
{
	char	*copy = xstrdup(path);
	int	 fd;

	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	return (fd);
}

/*
 * Writes the new file and makes it last. As root it goes to the owner of the
 * directory, so that who owns the store owns its key.
 */
static int
file_fill(int fd, int parent, const char *text)
{
	struct stat	st;
	size_t		len = strlen(text);

	if (geteuid() == 0 && (fstat(parent, &st) == -1 ||
	    fchown(fd, st.st_uid, st.st_gid) == -1))
		return (-1);
	if (write(fd, text, len) != (ssize_t)len || write(fd, "\n", 1) != 1)
		return (-1);
	return (fsync(fd) == -1 || fsync(parent) == -1 ? -1 : 0);
}

int
secrets_create_key(const struct secret_settings *ss, char *err, size_t errlen)
{
	const char	*path = ss->master_key_file;
	char		 text[SECRETS_KEY_TEXT_SIZE];
	int		 fd = -1, parent, r = -1;

	if ((parent = parent_open(path)) != -1)
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
		    O_NOFOLLOW, 0600);
	if (fd != -1) {
		secrets_make_key_text(text);
		if ((r = file_fill(fd, parent, text)) == 0)
			r = key_parse(text, strlen(text));
		sodium_memzero(text, sizeof(text));
		if (r == -1)
			unlink(path);
	}
	if (r == -1)
		snprintf(err, errlen, "master key file %s cannot be made: %s",
		    path, strerror(errno));
	if (fd != -1)
		close(fd);
	if (parent != -1)
		close(parent);
	return (r);
}
