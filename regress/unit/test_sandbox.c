/* SPDX-License-Identifier: ISC */
/*
 * The child's sandbox, call by call: each is made by a process of its own that
 * has just locked itself in.
 *
 * valgrind: it does not know seccomp(2)
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

#include "child/sandbox.h"
#include "lib/settings.h"

#define CHILD_UID	54321
#define FD		(-2)	/* an argument: the test's descriptor */

/* What becomes of a call. */
enum fate {
	WORKS,
	FAILS,		/* EACCES */
	KILLS		/* SIGSYS */
};

struct call {
	const char	*name;
	enum fate	 fate;
	long		 number;
	long		 args[6];
};

#define AT(number)	#number, KILLS, SYS_##number
#define DENIED(number)	#number, FAILS, SYS_##number
#define FINE(number)	#number, WORKS, SYS_##number

static char	file[] = "/etc/passwd";
static char	page[4096];
static int	on = 1;

/* How far the other process has come, and with what. */
static volatile struct progress {
	enum {
		BEFORE,
		LOCKED,		/* the next call is the one */
		AFTER		/* it came back */
	}	stage;
	int	error;		/* errno, or 0 */
} *progress;

/* Makes the call in a sandbox; returns what waitpid(2) says. */
static int
attempt(const struct call *c, int fd)
{
	const long	*a = c->args;
	long		 first = a[0] == FD ? fd : a[0];
	pid_t		 pid;
	int		 status;

	progress->stage = BEFORE;
	if ((pid = fork()) == -1)
		fail_msg("fork: %s", strerror(errno));
	if (pid == 0) {
		sandbox_lock();
		progress->stage = LOCKED;
		progress->error = syscall(c->number, first, a[1], a[2], a[3],
		    a[4], a[5]) == -1 ? errno : 0;
		progress->stage = AFTER;
		/* _exit(3) of a sanitizer makes calls of its own */
		syscall(SYS_exit_group, 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (status);
}

static void
check(const struct call *calls, size_t n, int fd)
{
	static const int	errors[] = { [WORKS] = 0, [FAILS] = EACCES };
	const struct call	*c;
	int			 status;

	for (c = calls; c < calls + n; c++) {
		status = attempt(c, fd);
		if (c->fate == KILLS && (progress->stage != LOCKED ||
		    !WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS))
			fail_msg("%s(%ld, %ld): not killed: %#x, %s", c->name,
			    c->args[0], c->args[1], status,
			    strerror(progress->error));
		if (c->fate != KILLS && (status != 0 ||
		    progress->error != errors[c->fate]))
			fail_msg("%s(%ld, %ld): status %#x, %s", c->name,
			    c->args[0], c->args[1], status,
			    strerror(progress->error));
	}
}

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define P(p)		(long)(intptr_t)(p)

/* Files, by name and by descriptor. */
static void
test_files(void **state)
{
	const struct call calls[] = {
		{ DENIED(openat), { AT_FDCWD, P(file), O_RDONLY } },
		{ DENIED(newfstatat), { AT_FDCWD, P(file), P(page) } },
		{ DENIED(ioctl), { FD, 0x5413, P(page) } },
		{ AT(openat2), { AT_FDCWD, P(file), P(page), 24 } },
		{ AT(name_to_handle_at), { AT_FDCWD, P(file), P(page) } },
		{ AT(unlinkat), { AT_FDCWD, P(file) } },
		{ AT(mkdirat), { AT_FDCWD, P(file), 0700 } },
		{ AT(renameat2), { AT_FDCWD, P(file), AT_FDCWD, P(file) } },
		{ AT(linkat), { AT_FDCWD, P(file), AT_FDCWD, P(file) } },
		{ AT(symlinkat), { P(file), AT_FDCWD, P(file) } },
		{ AT(readlinkat), { AT_FDCWD, P(file), P(page), 10 } },
		{ AT(fchmodat), { AT_FDCWD, P(file), 0600 } },
		{ AT(fchownat), { AT_FDCWD, P(file), 0, 0 } },
		{ AT(faccessat), { AT_FDCWD, P(file), R_OK } },
		{ AT(statx), { AT_FDCWD, P(file), 0, 0, P(page) } },
		{ AT(getdents64), { FD, P(page), sizeof(page) } },
		{ AT(chdir), { P(file) } },
		{ AT(chroot), { P(file) } },
		{ AT(mount), { P(file), P(file), P(file) } },
		{ AT(umount2), { P(file) } },
		{ AT(mknodat), { AT_FDCWD, P(file), 0600 } },
		{ AT(memfd_create), { P(file) } },
		{ AT(inotify_init1), { 0 } },
		{ AT(fanotify_init), { 0 } },
		{ AT(io_uring_setup), { 8, P(page) } },
		{ AT(bpf), { 0, P(page), 10 } },
		{ AT(userfaultfd), { 0 } },
	};
	int	fd = open("/dev/null", O_RDWR);

	(void)state;
	check(calls, COUNT(calls), fd);
	close(fd);
}

/* An append-only recording stays what it is. */
static void
test_recording(void **state)
{
	const struct call calls[] = {
		{ AT(lseek), { FD, 0, SEEK_SET } },
		{ AT(pwrite64), { FD, P(page), 1, 0 } },
		{ AT(ftruncate), { FD, 0 } },
		{ AT(fallocate), { FD, 0, 0, 10 } },
		{ AT(copy_file_range), { FD, 0, 1, 0, 1, 0 } },
		{ AT(sendfile), { FD, 1, 0, 1 } },
		{ AT(dup), { -2 } },
		{ AT(dup3), { FD, 9, 0 } },
		{ DENIED(fcntl), { FD, F_SETFL, 0 } },
		{ DENIED(fcntl), { FD, F_SETFL, O_NONBLOCK } },
		{ AT(fcntl), { FD, F_DUPFD, 0 } },
		{ AT(fcntl), { FD, F_SETLK, P(page) } },
		{ AT(fcntl), { FD, F_SETOWN, 1 } },
		{ AT(fcntl), { FD, F_ADD_SEALS, 1 } },
		{ FINE(fcntl), { FD, F_GETFL } },
		{ FINE(fcntl), { FD, F_GETFD } },
		{ FINE(fcntl), { FD, F_SETFD, FD_CLOEXEC } },
		{ FINE(fcntl), { FD, F_SETFL, O_APPEND | O_NONBLOCK } },
		{ FINE(write), { FD, P(page), 1 } },
		{ FINE(fstatfs), { FD, P(page) } },
	};
	FILE	*f = tmpfile();

	(void)state;
	assert_non_null(f);
	assert_int_not_equal(fcntl(fileno(f), F_SETFL, O_APPEND), -1);
	check(calls, COUNT(calls), fileno(f));
	fclose(f);
}

static void
test_sockets(void **state)
{
	const struct call calls[] = {
		{ AT(socket), { AF_INET, SOCK_STREAM, 0 } },
		{ AT(socketpair), { AF_UNIX, SOCK_STREAM, 0, P(page) } },
		{ AT(connect), { FD, P(page), sizeof(struct sockaddr_in) } },
		{ AT(bind), { FD, P(page), sizeof(struct sockaddr_in) } },
		{ AT(listen), { FD, 1 } },
		{ AT(accept), { FD, 0, 0 } },
		{ AT(accept4), { FD, 0, 0, 0 } },
		{ AT(getpeername), { FD, P(page), P(page) } },
		{ AT(getsockopt), { FD, SOL_SOCKET, SO_ERROR, P(page),
		    P(page) } },
		{ AT(sendmmsg), { FD, P(page), 1, 0 } },
		{ AT(setsockopt), { FD, SOL_SOCKET, SO_SNDBUF, P(&on),
		    sizeof(on) } },
		{ AT(setsockopt), { FD, IPPROTO_TCP, TCP_NODELAY, P(&on),
		    sizeof(on) } },
		{ FINE(setsockopt), { FD, IPPROTO_TCP, TCP_QUICKACK, P(&on),
		    sizeof(on) } },
	};
	int	fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_not_equal(fd, -1);
	check(calls, COUNT(calls), fd);
	close(fd);
}

static void
test_processes(void **state)
{
	const struct call calls[] = {
		{ AT(clone), { SIGCHLD } },
		{ AT(clone3), { P(page), 88 } },
		{ AT(execve), { P("/bin/true"), 0, 0 } },
		{ AT(execveat), { AT_FDCWD, P("/bin/true"), 0, 0 } },
		{ AT(ptrace), { 0 } },
		{ AT(process_vm_readv), { 1, P(page), 1, P(page), 1 } },
		{ AT(process_vm_writev), { 1, P(page), 1, P(page), 1 } },
		{ AT(kill), { 1, 0 } },
		{ AT(tgkill), { 1, 1, 0 } },
		{ AT(pidfd_open), { 1, 0 } },
		{ AT(setuid), { 0 } },
		{ AT(setresuid), { 0, 0, 0 } },
		{ AT(setgroups), { 0, 0 } },
		{ AT(capset), { P(page), P(page) } },
		{ AT(prctl), { PR_SET_DUMPABLE, 1 } },
		{ AT(prlimit64), { 0, RLIMIT_CORE, 0, P(page) } },
		{ AT(seccomp), { 0, 0, 0 } },
		{ AT(unshare), { 0 } },
		{ AT(setns), { 0, 0 } },
		{ AT(setsid), { 0 } },
		{ AT(personality), { 0 } },
		{ AT(shmget), { 0, 4096, 0 } },
		{ AT(keyctl), { 0 } },
		{ AT(perf_event_open), { P(page), 0, 0, 0, 0 } },
		{ AT(reboot), { 0 } },
		{ AT(init_module), { P(page), 1, P(page) } },
		{ AT(mmap), { 0, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 } },
		{ AT(mprotect), { P(page), 4096, PROT_READ | PROT_EXEC } },
		{ FINE(mmap), { 0, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 } },
		{ FINE(getpid), { 0 } },
		{ FINE(getrandom), { P(page), 16, 0 } },
	};

	(void)state;
	check(calls, COUNT(calls), -1);
}

/* Runs in a process that has given up its ids and files; 0 if all is so. */
static int
dropped(const struct settings *s)
{
	struct rlimit	r;

	sandbox_drop(s);
	if (getuid() != CHILD_UID || geteuid() != CHILD_UID ||
	    getgid() != CHILD_UID || getgroups(0, NULL) != 0)
		return (1);
	if (setresuid(0, 0, 0) != -1 || setresgid(0, 0, 0) != -1)
		return (2);
	if (access("/etc/passwd", F_OK) != -1 || access("..", W_OK) != -1)
		return (3);
	if (getrlimit(RLIMIT_NPROC, &r) == -1 || r.rlim_max != 0 ||
	    getrlimit(RLIMIT_CORE, &r) == -1 || r.rlim_max != 0)
		return (4);
	if (fork() != -1)
		return (5);
	return (0);
}

static void
test_drop(void **state)
{
	char		dir[] = "/tmp/test_sandbox.XXXXXX";
	struct settings	s;
	pid_t		pid;
	int		status;

	(void)state;
	if (getuid() != 0)
		skip();
	assert_non_null(mkdtemp(dir));
	memset(&s, 0, sizeof(s));
	s.empty_dir = dir;
	s.child_uid = s.child_gid = CHILD_UID;
	s.max_channels = 10;
	if ((pid = fork()) == 0)
		_exit(dropped(&s));
	assert_int_not_equal(pid, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_recording),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_drop),
	};

	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (progress == MAP_FAILED)
		return (1);
	sandbox_prepare();
	return (cmocka_run_group_tests_name("sandbox", tests, NULL, NULL));
}
