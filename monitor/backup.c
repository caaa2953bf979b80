/* SPDX-License-Identifier: ISC */
/*
 * Copying a live database. Who calls may write where the monitor's uid may
 * not, and should not read what the monitor's uid writes: so the file is made
 * here, and a process with the monitor's privileges fills it.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "monitor/backup.h"
#include "monitor/local.h"
#include "monitor/secrets.h"

static int
say(const char *what, const char *path, const char *why)
{
	fprintf(stderr, "sshportal: %s %s: %s\n", what, path, why);
	return (1);
}

/* The process with the monitor's privileges; returns its exit status. */
static int
fill(const struct settings *s, struct secret_settings *ss, int fd)
{
	struct db	*db = NULL;
	char		 err[512];
	int		 status = 1;

	if (local_open(s, ss, &db, err, sizeof(err)) == -1)
		fprintf(stderr, "sshportal: %s\n", err);
	else if (db_copy(db, fd) != DB_OK)
		fprintf(stderr, "sshportal: %s\n", db_error(db));
	else
		status = 0;
	secret_settings_free(ss);
	secrets_forget();
	if (db != NULL)
		db_close(db);
	return (status);
}

static int
fill_apart(const struct settings *s, struct secret_settings *ss, int fd)
{
	pid_t	pid;
	int	status;

	if ((pid = fork()) == 0)
		_exit(fill(s, ss, fd));
	secret_settings_free(ss);
	if (pid == -1)
		return (say("cannot start", "a process", strerror(errno)));
	while (waitpid(pid, &status, 0) == -1) {
		if (errno != EINTR)
			return (1);
	}
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* Gives the whole file its name, unless there is one by now. */
static int
finish(int fd, const char *part, const char *path)
{
	char	*copy = xstrdup(path);
	int	 dir, r = 0;

	if (fsync(fd) == -1 || link(part, path) == -1)
		r = say("cannot make", path, strerror(errno));
	dir = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == 0 && (dir == -1 || fsync(dir) == -1))
		r = say("cannot make sure of", path, strerror(errno));
	if (dir != -1)
		close(dir);
	free(copy);
	return (r);
}

int
backup_main(const struct settings *s, struct secret_settings *ss,
    const char *path)
{
	struct stat	 st;
	char		*part, *key;
	int		 fd, status;

	if (lstat(path, &st) == 0)
		return (say("cannot make", path, "it is there already, and "
		    "stays: name another file"));
	part = xasprintf("%s.part", path);
	fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd == -1) {
		status = say("cannot make", part, strerror(errno));
		free(part);
		return (status);
	}
	key = xstrdup(ss->master_key_file);
	if ((status = fill_apart(s, ss, fd)) == 0)
		status = finish(fd, part, path);
	if (status == 0 && fstat(fd, &st) == 0)
		printf("%s: %lld bytes; its secrets open with the master key "
		    "of %s: keep a copy of that elsewhere\n", path,
		    (long long)st.st_size, *key != '\0' ? key :
		    "the environment");
	unlink(part);
	close(fd);
	free(part);
	free(key);
	return (fflush(stdout) == EOF ? 1 : status);
}
