/* SPDX-License-Identifier: ISC */
/*
 * Which sessions a new daemon takes for its own.
 *
 * valgrind: it does not know pidfd_open(2), which adopting needs
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/adopt.h"
#include "lib/unixsock.h"

#define FOUND_MAX	8

static char		dir[] = "/tmp/test_adopt.XXXXXX";
static struct settings	settings;
static struct {
	pid_t	pid;
	int	pidfd;
}			found[FOUND_MAX];
static int		nfound;
static const char	*also;		/* a session's second socket */

static void
on_found(pid_t pid, int pidfd)
{
	assert_true(nfound < FOUND_MAX);
	found[nfound].pid = pid;
	found[nfound++].pidfd = pidfd;
}

static int
scan(void)
{
	while (nfound > 0)
		close(found[--nfound].pidfd);
	adopt_scan(&settings, on_found);
	return (nfound);
}

/* Listens as a session until it is killed; later as another uid, perhaps. */
static void __attribute__((noreturn))
listen_for_ever(const char *name, int ready, uid_t uid, uid_t later)
{
	pid_t	pid = getpid();

	if (uid != 0 && (setgid(uid) == -1 || setresuid(uid, uid, later) == -1))
		_exit(1);
	if (unixsock_listen(dir, name, SOCK_SEQPACKET) == -1 ||
	    (also != NULL && unixsock_listen(dir, also, SOCK_SEQPACKET) == -1))
		_exit(1);
	if (later != uid && setresuid(later, later, later) == -1)
		_exit(1);
	if (write(ready, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	for (;;)
		pause();
}

/* A session's process: our child, or (orphan) nobody's any more. */
static pid_t
session_as(const char *name, int orphan, uid_t uid, uid_t later)
{
	pid_t	pid, got = -1;
	int	p[2];

	assert_int_equal(pipe(p), 0);
	fflush(NULL);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		if (!orphan || fork() == 0)
			listen_for_ever(name, p[1], uid, later);
		_exit(0);
	}
	close(p[1]);
	if (orphan)
		waitpid(pid, NULL, 0);
	assert_int_equal(read(p[0], &got, sizeof(got)), sizeof(got));
	close(p[0]);
	return (got);
}

static pid_t
session(const char *name, int orphan, uid_t uid)
{
	return (session_as(name, orphan, uid, uid));
}

static int
has_ended(int pidfd, int ms)
{
	struct pollfd	p = { .fd = pidfd, .events = POLLIN };

	return (poll(&p, 1, ms) == 1);
}

static void
test_orphan(void **state)
{
	pid_t	pid = session("session-7.sock", 1, 0);

	(void)state;
	assert_int_equal(scan(), 1);
	assert_int_equal(found[0].pid, pid);
	assert_int_equal(fcntl(found[0].pidfd, F_GETFD), FD_CLOEXEC);
	assert_false(has_ended(found[0].pidfd, 0));
	kill(pid, SIGKILL);
	assert_true(has_ended(found[0].pidfd, 20000));
	/* its socket is still there, but nobody behind it */
	assert_int_equal(scan(), 0);
	assert_int_equal(unixsock_remove(dir, "session-7.sock"), 0);
}

/* One that has jumps listens several times, and is one. */
static void
test_two_sockets(void **state)
{
	pid_t	pid;

	(void)state;
	also = "session-14.sock";
	pid = session("session-13.sock", 1, 0);
	also = NULL;
	assert_int_equal(scan(), 1);
	assert_int_equal(found[0].pid, pid);
	kill(pid, SIGKILL);
	assert_true(has_ended(found[0].pidfd, 20000));
	assert_int_equal(unixsock_remove(dir, "session-13.sock"), 0);
	assert_int_equal(unixsock_remove(dir, "session-14.sock"), 0);
}

static void
test_own_child(void **state)
{
	pid_t	pid = session("session-8.sock", 0, 0);

	(void)state;
	assert_int_equal(scan(), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(unixsock_remove(dir, "session-8.sock"), 0);
}

static void
test_other_names(void **state)
{
	pid_t	pid = session("keeper.sock", 1, 0);
	char	path[64];
	int	fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/session-9.sock", dir);
	assert_true((fd = open(path, O_CREAT | O_WRONLY, 0600)) != -1);
	close(fd);
	assert_int_equal(scan(), 0);
	kill(pid, SIGKILL);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unixsock_remove(dir, "keeper.sock"), 0);
}

/* A monitor that was taken over could lay out another's socket. */
static void
test_other_uid(void **state)
{
	pid_t	pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(dir, 0777), 0);
	pid = session("session-10.sock", 1, 65533);
	assert_int_equal(scan(), 0);
	settings.monitor_uid = 65533;
	assert_int_equal(scan(), 1);
	assert_int_equal(found[0].pid, pid);
	settings.monitor_uid = -1;
	kill(pid, SIGKILL);
	assert_int_equal(unixsock_remove(dir, "session-10.sock"), 0);
}

/*
 * A number that has passed on looks so: a monitor listened, and whoever has it
 * now is somebody else. Root must not end them.
 */
static void
test_not_theirs_any_more(void **state)
{
	pid_t	pid, both;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(dir, 0777), 0);
	settings.monitor_uid = 65533;
	pid = session_as("session-11.sock", 1, 65533, 0);
	assert_int_equal(scan(), 0);
	both = session("session-12.sock", 1, 65533);
	assert_int_equal(scan(), 1);
	assert_int_equal(found[0].pid, both);
	settings.monitor_uid = -1;
	kill(pid, SIGKILL);
	kill(both, SIGKILL);
	assert_int_equal(unixsock_remove(dir, "session-11.sock"), 0);
	assert_int_equal(unixsock_remove(dir, "session-12.sock"), 0);
}

static int
begin(void **state)
{
	(void)state;
	settings.monitor_uid = -1;
	settings.run_dir = dir;
	return (mkdtemp(dir) == NULL ? -1 : 0);
}

static int
end(void **state)
{
	(void)state;
	while (nfound > 0)
		close(found[--nfound].pidfd);
	return (rmdir(dir));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_orphan),
		cmocka_unit_test(test_two_sockets),
		cmocka_unit_test(test_own_child),
		cmocka_unit_test(test_other_names),
		cmocka_unit_test(test_other_uid),
		cmocka_unit_test(test_not_theirs_any_more),
	};

	return (cmocka_run_group_tests(tests, begin, end));
}
