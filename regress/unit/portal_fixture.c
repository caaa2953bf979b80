/* SPDX-License-Identifier: ISC */
/*
 * Settings and processes for tests of setup and keeper.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/keeper.h"
#include "monitor/secrets.h"
#include "monitor/setup.h"
#include "monitor/state.h"
#include "portal_fixture.h"

#define OUTPUT_MAX	16384

struct portal *
portal_new(struct fixture *f, const char *name)
{
	struct portal	*p = xcalloc(1, sizeof(*p));
	struct settings	*s = &p->s;
	int		 sqlite = strcmp(f->driver, "sqlite3") == 0;

	p->f = f;
	s->nbinds = 1;
	s->binds[0] = xstrdup("127.0.0.1:2222");
	s->db_driver = xstrdup(f->driver);
	s->db_file = xstrdup(sqlite ? f->path : "");
	s->state_dir = xasprintf("%s/%s", f->dir, name);
	s->run_dir = xasprintf("%s/%s/run", f->dir, name);
	s->logs_dir = xasprintf("%s/%s/log", f->dir, name);
	s->empty_dir = xasprintf("%s/%s/empty", f->dir, name);
	s->config_user = xstrdup("admin");
	s->first_admin = xstrdup("bart");
	s->monitor_uid = s->monitor_gid = -1;
	s->child_uid = s->child_gid = -1;
	s->log_level = LOG_LEVEL_INFO;
	p->ss.db_conn = xstrdup(f->conn);
	p->ss.master_key_file = xasprintf("%s/key", f->dir);
	p->ss.aes_key = xstrdup("");
	p->ss.invite_token = xstrdup("");
	return (p);
}

void
portal_free(struct portal *p)
{
	settings_free(&p->s);
	secret_settings_free(&p->ss);
	free(p);
}

void
portal_key(const struct fixture *f, struct portal *p)
{
	char	err[256];

	assert_int_equal(secrets_create_key(&p->ss, err, sizeof(err)), 0);
	assert_int_equal(secrets_adopt(f->db, err, sizeof(err)), DB_OK);
}

void
portal_dirs(const struct portal *p)
{
	char	err[256];

	if (state_make_dirs(&p->s, err, sizeof(err)) == -1)
		fail_msg("%s", err);
}

static char *
slurp(int fd)
{
	char	*text = xcalloc(1, OUTPUT_MAX);
	size_t	 len = 0;
	ssize_t	 n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, text + len, OUTPUT_MAX - 1 - len)) > 0)
		len += n;
	close(fd);
	return (text);
}

/* Where a process's output goes. */
static int
temporary(void)
{
	int	fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	return (fd);
}

/* Whether there was a connection; it is closed. */
static int
disconnect(const struct portal *p)
{
	int	was = p->f->db != NULL;

	db_close(p->f->db);
	p->f->db = NULL;
	return (was);
}

int
portal_setup(const struct portal *p, char **out, char **err)
{
	int	fds[2] = { temporary(), temporary() }, secrets, status;
	int	connected = disconnect(p);
	pid_t	pid;

	secrets = secret_settings_to_memfd(&p->ss);
	assert_int_not_equal(secrets, -1);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		dup2(fds[0], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		_exit(setup_main(secrets, &p->s));
	}
	close(secrets);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (connected)
		p->f->db = fixture_open(p->f);
	if (out != NULL)
		*out = slurp(fds[0]);
	else
		close(fds[0]);
	if (err != NULL)
		*err = slurp(fds[1]);
	else
		close(fds[1]);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 256);
}

pid_t
portal_keeper(const struct portal *p, int *ctl)
{
	int	sv[2], secrets = secret_settings_to_memfd(&p->ss);
	int	connected = disconnect(p);
	pid_t	pid;

	assert_int_not_equal(secrets, -1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    sv), 0);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		close(sv[0]);
		keeper_main(sv[1], secrets, &p->s);
	}
	close(sv[1]);
	close(secrets);
	if (connected)
		p->f->db = fixture_open(p->f);
	*ctl = sv[0];
	return (pid);
}

int
portal_wait(pid_t pid, int ms)
{
	int64_t		end = clock_mono_ms() + ms;
	struct timespec	nap = { 0, 5000000 };
	int		status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (clock_mono_ms() > end)
			return (-1);
		nanosleep(&nap, NULL);
	}
	return (WIFEXITED(status) ? WEXITSTATUS(status) :
	    256 + WTERMSIG(status));
}

void
portal_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int
portal_spooled(const struct portal *p, const char *suffix)
{
	char		*path = xasprintf("%s/spool", p->s.state_dir);
	DIR		*d = opendir(path);
	struct dirent	*e;
	size_t		 n, m = strlen(suffix);
	int		 found = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		n = strlen(e->d_name);
		found += n > m && strcmp(e->d_name + n - m, suffix) == 0;
	}
	closedir(d);
	free(path);
	return (found);
}

int
eventually(int ms, int (*cond)(void *), void *arg)
{
	int64_t		end = clock_mono_ms() + ms;
	struct timespec	nap = { 0, 10000000 };

	while (!cond(arg)) {
		if (clock_mono_ms() > end)
			return (0);
		nanosleep(&nap, NULL);
	}
	return (1);
}
