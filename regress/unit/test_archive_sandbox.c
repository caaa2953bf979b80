/* SPDX-License-Identifier: ISC */
/*
 * The archivist's wall: its directory is open to it, and nothing else.
 * valgrind: it does not know seccomp(2)
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
#include <unistd.h>

#include <cmocka.h>

#include "monitor/archive_sandbox.h"

static char	dir[] = "/tmp/test_archive_sandbox.XXXXXX";

/* Runs fn in a process behind the wall; its number, 100 if there is none. */
static int
behind(int (*fn)(int))
{
	int	status, fd = open(dir, O_RDONLY | O_DIRECTORY);
	pid_t	pid;

	assert_int_not_equal(fd, -1);
	assert_int_equal(archive_sandbox_prepare(), 0);
	if ((pid = fork()) == 0)
		_exit(archive_sandbox_enter(fd) == -1 ? 100 : fn(fd));
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

static int
work(int fd)
{
	int	f = openat(fd, "a", O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (f == -1 || write(f, "x", 1) != 1 || fsync(f) == -1)
		return (1);
	if (renameat(fd, "a", fd, "b") == -1)
		return (2);
	return (unlinkat(fd, "b", 0) == -1 ? 3 : 0);
}

static void
test_its_work(void **state)
{
	(void)state;
	assert_int_equal(behind(work), 0);
}

/* The number of the first thing that can be done and should not be. */
static int
escape(int fd)
{
	char *const	argv[] = { (char *)"true", NULL };

	(void)fd;
	if (socket(AF_UNIX, SOCK_STREAM, 0) != -1 || errno != EPERM)
		return (1);
	if (socket(AF_INET, SOCK_STREAM, 0) != -1 || errno != EPERM)
		return (2);
	if (syscall(SYS_clone, 0, 0, 0, 0, 0) != -1 || errno != EPERM)
		return (3);
	if (execve("/bin/true", argv, NULL) != -1 || errno != EPERM)
		return (4);
	if (kill(getppid(), 0) != -1 || errno != EPERM)
		return (5);
	if (syscall(SYS_ptrace, 0, 0, 0, 0) != -1 || errno != EPERM)
		return (6);
	if (symlinkat("/etc/passwd", fd, "s") != -1 || errno != EPERM)
		return (7);
	return (mkdirat(fd, "d", 0700) != -1 || errno != EPERM ? 8 : 0);
}

static void
test_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(behind(escape), 0);
}

static int
reach(int fd)
{
	if (openat(fd, ".", O_RDONLY | O_DIRECTORY) == -1)
		return (1);
	if (open("/etc/passwd", O_RDONLY) != -1 || errno != EACCES)
		return (2);
	if (openat(fd, "..", O_RDONLY | O_DIRECTORY) != -1 ||
	    errno != EACCES)
		return (3);
	return (0);
}

static void
test_no_other_files(void **state)
{
	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1)
		skip();
	assert_int_equal(behind(reach), 0);
}

static int
make_dir(void **state)
{
	(void)state;
	return (mkdtemp(dir) == NULL ? -1 : 0);
}

static int
remove_dir(void **state)
{
	(void)state;
	return (rmdir(dir));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_its_work),
		cmocka_unit_test(test_nothing_else),
		cmocka_unit_test(test_no_other_files),
	};

	return (cmocka_run_group_tests(tests, make_dir, remove_dir));
}
