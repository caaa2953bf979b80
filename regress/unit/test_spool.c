/* SPDX-License-Identifier: ISC */
/*
 * Spool files: whole or not there, in order, and no damage believed.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/xmalloc.h"
#include "monitor/spool.h"
#include "portal_fixture.h"

struct test {
	struct fixture	*f;
	struct portal	*p;
	int		 dir;
};

static struct test
begin(void **state)
{
	struct test	t = { .f = fixture_use(state) };

	t.p = portal_new(t.f, "a");
	portal_dirs(t.p);
	t.dir = spool_open(t.p->s.state_dir);
	assert_int_not_equal(t.dir, -1);
	return (t);
}

static void
end(struct test *t)
{
	close(t->dir);
	portal_free(t->p);
}

static void
put(int dir, const char *one, const char *two)
{
	struct spool_record	v[2] = {
		{ (const uint8_t *)one, strlen(one) },
		{ (const uint8_t *)two, strlen(two) },
	};

	assert_int_equal(spool_write(dir, v, 2), 0);
}

static void
expect(int dir, const char *one, const char *two)
{
	struct spool_record	*v;
	struct msg		 m;
	char			 name[SPOOL_NAME_SIZE];
	size_t			 n;

	assert_int_equal(spool_first(dir, name), 1);
	assert_int_equal(spool_read(dir, name, &m, &v, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(v[0].len, strlen(one));
	assert_memory_equal(v[0].data, one, v[0].len);
	assert_int_equal(v[1].len, strlen(two));
	assert_memory_equal(v[1].data, two, v[1].len);
	free(v);
	msg_free(&m);
	assert_int_equal(spool_remove(dir, name), 0);
}

static void
test_order(void **state)
{
	struct test	t = begin(state);
	char		name[SPOOL_NAME_SIZE], one[32];
	int		i;

	assert_int_equal(spool_first(t.dir, name), 0);
	for (i = 0; i < 50; i++) {
		snprintf(one, sizeof(one), "record %d", i);
		put(t.dir, one, "");
	}
	assert_int_equal(portal_spooled(t.p, ".records"), 50);
	for (i = 0; i < 50; i++) {
		snprintf(one, sizeof(one), "record %d", i);
		expect(t.dir, one, "");
	}
	assert_int_equal(spool_first(t.dir, name), 0);
	end(&t);
}

/* Changes one byte of a file, or cuts it at n. */
static void
damage(int dir, const char *name, off_t n, int cut)
{
	int	fd = openat(dir, name, O_RDWR);
	uint8_t	c;

	assert_int_not_equal(fd, -1);
	if (cut)
		assert_int_equal(ftruncate(fd, n), 0);
	else {
		assert_int_equal(pread(fd, &c, 1, n), 1);
		c ^= 0x10;
		assert_int_equal(pwrite(fd, &c, 1, n), 1);
	}
	close(fd);
}

static void
test_damage(void **state)
{
	struct test		 t = begin(state);
	struct spool_record	*v;
	struct msg		 m;
	struct stat		 st;
	char			 name[SPOOL_NAME_SIZE];
	size_t			 n;
	off_t			 i, size;
	int			 cut;

	put(t.dir, "first", "second");
	assert_int_equal(spool_first(t.dir, name), 1);
	assert_int_equal(fstatat(t.dir, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	size = st.st_size;
	assert_int_equal(spool_remove(t.dir, name), 0);
	for (i = 0; i < size; i++) {
		for (cut = 0; cut < 2; cut++) {
			put(t.dir, "first", "second");
			assert_int_equal(spool_first(t.dir, name), 1);
			damage(t.dir, name, i, cut);
			errno = 0;
			assert_int_equal(spool_read(t.dir, name, &m, &v, &n),
			    -1);
			assert_int_equal(errno, EBADMSG);
			assert_null(v);
			assert_int_equal(spool_remove(t.dir, name), 0);
		}
	}
	put(t.dir, "first", "second");
	assert_int_equal(spool_first(t.dir, name), 1);
	assert_int_equal(spool_set_aside(t.dir, name), 0);
	assert_int_equal(spool_first(t.dir, name), 0);
	assert_int_equal(portal_spooled(t.p, ".refused"), 1);
	end(&t);
}

/* A disk that is full leaves nothing behind, whatever part did not fit. */
static void
test_full(void **state)
{
	struct test	t = begin(state);
	int		status;
	rlim_t		limit;
	pid_t		pid;

	for (limit = 0; limit < 60; limit += 7) {
		if ((pid = fork()) == 0) {
			struct rlimit		rl = { limit, limit };
			struct spool_record	v = { (const uint8_t *)
			    "a record of 24 characters", 24 };
			struct sigaction	sa = { .sa_handler = SIG_IGN };

			sigaction(SIGXFSZ, &sa, NULL);
			setrlimit(RLIMIT_FSIZE, &rl);
			_exit(spool_write(t.dir, &v, 1) == -1 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	assert_int_equal(portal_spooled(t.p, "s"), 0);
	end(&t);
}

/* Killed at any moment, a writer leaves whole files, or what is swept. */
static void
test_killed(void **state)
{
	struct test		 t = begin(state);
	struct timespec		 nap = { 0, 0 };
	struct spool_record	*v;
	struct msg		 m;
	char			 name[SPOOL_NAME_SIZE];
	size_t			 n;
	int			 i, files = 0;
	pid_t			 pid;

	for (i = 0; i < 40; i++) {
		if ((pid = fork()) == 0) {
			for (;;)
				put(t.dir, "first", "second");
		}
		nap.tv_nsec = 1000000 + i * 250000;
		nanosleep(&nap, NULL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	while (spool_first(t.dir, name) == 1) {
		assert_int_equal(spool_read(t.dir, name, &m, &v, &n), 0);
		assert_int_equal(n, 2);
		free(v);
		msg_free(&m);
		assert_int_equal(spool_remove(t.dir, name), 0);
		files++;
	}
	assert_true(files > 0);
	end(&t);
}

static void
test_sweep(void **state)
{
	struct test	t = begin(state);
	struct timespec	old[2] = { { time(NULL) - 7200, 0 },
			    { time(NULL) - 7200, 0 } };

	put(t.dir, "first", "second");
	close(openat(t.dir, "tmp-young.records", O_CREAT | O_WRONLY, 0600));
	close(openat(t.dir, "tmp-old.records", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(utimensat(t.dir, "tmp-old.records", old, 0), 0);
	spool_sweep(t.dir);
	assert_int_equal(portal_spooled(t.p, "-old.records"), 0);
	assert_int_equal(portal_spooled(t.p, "-young.records"), 1);
	expect(t.dir, "first", "second");
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		EMPTY_SQLITE(test_order), EMPTY_SQLITE(test_damage),
		EMPTY_SQLITE(test_full), EMPTY_SQLITE(test_killed),
		EMPTY_SQLITE(test_sweep),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
