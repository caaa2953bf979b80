/* SPDX-License-Identifier: ISC */
/*
 * Sessions whose daemon died.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/adopt.h"
#include "lib/unixsock.h"

#define PREFIX		"session-"
#define DAEMON_TITLE	"sshportal: daemon"

/*
 * Who listens at the other end, 0 if nobody whom we would signal: the directory
 * is the monitors', and what lies there could be anybody's socket.
 */
static pid_t
listener_pid(int fd, const struct settings *s)
{
	struct ucred	cred;
	socklen_t	len = sizeof(cred);
	uid_t		uid = s->monitor_uid == -1 ? geteuid() :
			    (uid_t)s->monitor_uid;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1 ||
	    cred.uid != uid || cred.pid <= 1 || cred.pid == getpid())
		return (0);
	return (cred.pid);
}

/* The first bytes of a file in /proc as a string; "" if it cannot be read. */
static void
read_proc(pid_t pid, const char *file, char *text, size_t size)
{
	char	path[64];
	ssize_t	n = -1;
	int	fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		n = read(fd, text, size - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
}

/* The parent's number is the second word behind the name, "(…) S 4711 …". */
static int
has_daemon(pid_t pid)
{
	char	 text[256], *p;
	pid_t	 parent;

	read_proc(pid, "stat", text, sizeof(text));
	if ((p = strrchr(text, ')')) == NULL || strlen(p) < 4)
		return (0);
	if ((parent = strtol(p + 4, NULL, 10)) <= 1)
		return (0);
	read_proc(parent, "cmdline", text, sizeof(text));
	return (parent == getpid() ||
	    strncmp(text, DAEMON_TITLE, strlen(DAEMON_TITLE)) == 0);
}

/* Whether the listener has gone, so that its pid may be another's by now. */
static int
is_hung_up(int fd)
{
	struct pollfd	p = { .fd = fd };

	return (poll(&p, 1, 0) != 0);
}

/* Those who listen, as far as it looks. */
struct found {
	size_t	n;
	struct {
		pid_t	pid;
		int	pidfd;
	}	*v;
};

/* A monitor listens once for its session and once for each jump. */
static int
is_known(const struct found *f, pid_t pid)
{
	size_t	i;

	for (i = 0; i < f->n; i++) {
		if (f->v[i].pid == pid)
			return (1);
	}
	return (0);
}

static void
look_at(const struct settings *s, const char *name, struct found *f)
{
	void	*v;
	pid_t	 pid;
	int	 fd, pidfd = -1;

	fd = unixsock_connect(s->run_dir, name, SOCK_SEQPACKET);
	if (fd == -1)
		return;
	if ((pid = listener_pid(fd, s)) != 0 && !is_known(f, pid) &&
	    !has_daemon(pid))
		pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd != -1 && is_hung_up(fd)) {
		close(pidfd);
		pidfd = -1;
	}
	close(fd);
	if (pidfd == -1)
		return;
	v = reallocarray(f->v, f->n + 1, sizeof(*f->v));
	if (v == NULL) {
		close(pidfd);
		return;
	}
	f->v = v;
	f->v[f->n].pid = pid;
	f->v[f->n++].pidfd = pidfd;
}

/* In a process of its own: asks as the monitors' uid, and without any right. */
static void __attribute__((noreturn))
ask_permission(const struct found *f, uid_t uid, uint8_t *may)
{
	size_t	i;

	if (setresuid(uid, uid, uid) == -1)
		_exit(1);
	for (i = 0; i < f->n; i++)
		may[i] = syscall(SYS_pidfd_send_signal, f->v[i].pidfd, 0,
		    NULL, 0) == 0;
	_exit(0);
}

/*
 * Which of them the monitors' uid may signal itself. A socket outlives the
 * process that listened when another one holds it too, and its number may then
 * be anybody's: root must not end for a monitor what the monitor could not. To
 * look into /proc instead is not possible everywhere (hidepid).
 */
static void
find_permitted(const struct found *f, uid_t uid, uint8_t *may)
{
	pid_t	pid = fork();

	if (pid == 0)
		ask_permission(f, uid, may);
	while (pid != -1 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
}

static void
pass_on(const struct settings *s, const struct found *f,
    void (*fn)(pid_t, int pidfd))
{
	uint8_t	*may;
	size_t	 i;

	may = mmap(NULL, f->n, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (may != MAP_FAILED && s->monitor_uid > 0)
		find_permitted(f, s->monitor_uid, may);
	for (i = 0; i < f->n; i++) {
		/* of root itself, or of our own uid, there is no wall */
		if (s->monitor_uid <= 0 || (may != MAP_FAILED && may[i]))
			fn(f->v[i].pid, f->v[i].pidfd);
		else
			close(f->v[i].pidfd);
	}
	if (may != MAP_FAILED)
		munmap(may, f->n);
}

void
adopt_scan(const struct settings *s, void (*fn)(pid_t, int pidfd))
{
	struct found	 f = { 0, NULL };
	struct dirent	*e;
	DIR		*d;

	if ((d = opendir(s->run_dir)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) == 0)
			look_at(s, e->d_name, &f);
	}
	closedir(d);
	if (f.n > 0)
		pass_on(s, &f, fn);
	free(f.v);
}
