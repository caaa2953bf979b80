/* SPDX-License-Identifier: ISC */
/*
 * Access: the store's rules and the operator's hook. Whatever goes wrong
 * denies.
 */
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/acl.h"
#include "db/host.h"
#include "db/kinds.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/access.h"
#include "monitor/monitor.h"
#include "monitor/store.h"

#define OUTPUT_MAX	64	/* bytes of a hook's output that count */
#define HOOK_PATH	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:" \
			"/sbin:/bin"

int
access_rules(struct db *db, const struct user *u, const struct host *h,
    const char *account, int64_t now, struct acl_verdict *v)
{
	return (acl_judge(db, u->id, h, account, now, v, NULL, NULL));
}

/* [{"Name": …}, …], as the hooks of old expect groups and roles. */
static json_t *
names_json(const struct db_names *names)
{
	json_t	*a = json_array();
	size_t	 i;

	for (i = 0; i < names->n; i++)
		json_array_append_new(a, json_pack("{s:s}", "Name",
		    names->name[i]));
	return (a);
}

static char *
user_json(const struct user *u)
{
	json_t	*o;
	char	*text;

	o = json_pack("{s:I, s:s, s:s, s:s, s:o, s:o}",
	    "ID", (json_int_t)u->id, "Name", u->name, "Email", u->email,
	    "Comment", u->comment, "Roles", names_json(&u->roles),
	    "Groups", names_json(&u->groups));
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return (text);
}

static char *
host_json(const struct host *h, const char *account)
{
	json_t	*o;
	char	*url, *text;
	int	 v6 = strchr(h->addr, ':') != NULL;

	url = xasprintf("%s://%s@%s%s%s:%u", host_scheme_name(h->scheme),
	    h->login, v6 ? "[" : "", h->addr, v6 ? "]" : "", h->port);
	o = json_pack("{s:I, s:s, s:s, s:s, s:o, s:s, s:s}",
	    "ID", (json_int_t)h->id, "Name", h->name, "URL", url,
	    "Comment", h->comment, "Groups", names_json(&h->groups),
	    "Logging", host_logging_name(h->logging),
	    "Account", account != NULL ? account : h->login);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	free(url);
	return (text);
}

/* Whether it can be run, else errno says why not. */
static int
is_program(const char *path)
{
	struct stat	sb;

	if (stat(path, &sb) == -1 ||
	    faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == -1)
		return (0);
	errno = EACCES;
	return (S_ISREG(sb.st_mode));
}

/* As execvpe(3) would look for it. */
static int
find_program(const char *name)
{
	const char	*dir = HOOK_PATH;
	char		*path;
	size_t		 n;
	int		 found = 0;

	if (strchr(name, '/') != NULL)
		return (is_program(name));
	for (; !found; dir += n + 1) {
		n = strcspn(dir, ":");
		path = xasprintf("%.*s/%s", (int)n, dir, name);
		found = is_program(path);
		free(path);
		if (dir[n] == '\0')
			break;
	}
	if (!found)
		errno = ENOENT;
	return (found);
}

int
access_hook_check(const char *program, char *err, size_t errlen)
{
	if (program[0] == '\0' || find_program(program))
		return (0);
	snprintf(err, errlen, "acl-check-cmd %s: %s; nobody could log in to "
	    "a host", program, strerror(errno));
	return (-1);
}

static void
hook_exec(const char *program, int verdict, char *user, char *host, int out)
{
	char	*argv[] = { (char *)program,
		    (char *)(verdict ? "allow" : "deny"), user, host, NULL };
	char	*envp[] = { (char *)"PATH=" HOOK_PATH, NULL };
	int	 null = open("/dev/null", O_RDONLY);

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(out, STDOUT_FILENO) == -1)
		_exit(127);
	closefrom(STDERR_FILENO + 1);
	execvpe(program, argv, envp);
	_exit(127);
}

/* Collects output until the program has ended or its time is over; 0 or -1. */
static int
hook_wait(int out, int pidfd, int64_t deadline, char text[OUTPUT_MAX])
{
	struct pollfd	p[2] = { { .fd = out, .events = POLLIN },
			    { .fd = pidfd, .events = POLLIN } };
	size_t		n = 0;
	ssize_t		r;
	int64_t		left;

	for (;;) {
		if ((left = deadline - clock_mono_ms()) < 0)
			left = 0;
		switch (poll(p, 2, left)) {
		case 0:
			return (-1);
		case -1:
			if (errno != EINTR)
				return (-1);
			continue;
		}
		r = 0;
		if (p[0].revents != 0 &&
		    (r = read(out, text + n, OUTPUT_MAX - 1 - n)) > 0)
			n += r;
		text[n] = '\0';
		if (r > 0)
			continue;
		/* Nothing to read, or a child of the hook holds the pipe. */
		if (p[1].revents != 0)
			return (0);
		if (p[0].revents != 0)
			p[0].fd = -1;
	}
}

static int
says_allow(const char *text)
{
	size_t	n;

	text += strspn(text, " \t\r\n");
	n = strcspn(text, " \t\r\n");
	return (n == 5 && strncmp(text, "allow", 5) == 0 &&
	    text[n + strspn(text + n, " \t\r\n")] == '\0');
}

/* The end of it and of all that it started in its group. */
static int
hook_finish(pid_t pid, int ended)
{
	siginfo_t	info;
	int		status;

	/* Not reaped yet: so the group's number is still its own. */
	memset(&info, 0, sizeof(info));
	if (ended)
		waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1) {
		if (errno != EINTR)
			return (-1);
	}
	return (ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* Runs it with these arguments; as access_hook() returns. */
static int
hook_run(const char *program, int verdict, char *user, char *host, int64_t ms,
    void (*prepare)(void *), void *arg)
{
	char	text[OUTPUT_MAX] = "";
	int	p[2], pidfd, ended, status;
	pid_t	pid;

	if (pipe2(p, O_CLOEXEC | O_NONBLOCK) == -1)
		return (-1);
	if ((pid = fork()) == 0) {
		setpgid(0, 0);
		prepare(arg);
		fcntl(p[1], F_SETFL, 0);
		hook_exec(program, verdict, user, host, p[1]);
	}
	close(p[1]);
	if (pid == -1) {
		close(p[0]);
		return (-1);
	}
	setpgid(pid, pid);
	pidfd = pidfd_open(pid, 0);
	ended = pidfd != -1 &&
	    hook_wait(p[0], pidfd, clock_mono_ms() + ms, text) == 0;
	status = hook_finish(pid, ended);
	close(p[0]);
	if (pidfd != -1)
		close(pidfd);
	if (!ended)
		log_error("%s: no answer within %lld ms: denied", program,
		    (long long)ms);
	else if (status != 0)
		log_error("%s: exit status %d: denied", program, status);
	return (status == 0 ? says_allow(text) : -1);
}

int
access_hook(const char *program, int verdict, const struct user *u,
    const struct host *h, const char *account, int64_t ms,
    void (*prepare)(void *), void *arg)
{
	char	*user = user_json(u), *host = host_json(h, account);
	int	 allowed = -1;

	if (user != NULL && host != NULL)
		allowed = hook_run(program, verdict, user, host, ms, prepare,
		    arg);
	else
		log_error("%s: not run: a name is not UTF-8", program);
	free(user);
	free(host);
	return (allowed);
}

/* Whom a hook is asked about. */
struct asked {
	struct user	*user;
	struct host	*host;
};

static int
read_names(struct monitor *m, void *arg)
{
	struct asked	*a = arg;
	int		 r;

	if ((r = user_attach(m->db, a->user)) != DB_OK)
		return (r);
	return (host_attach(m->db, a->host));
}

int
access_granted(struct monitor *m, struct user *u, struct host *h,
    const char *account, int verdict, uint32_t *kinds)
{
	const char	*hook = m->settings->acl_check_cmd;
	struct asked	 a = { u, h };
	int		 granted;

	if (hook[0] == '\0')
		return (verdict);
	if (store_try(m, read_names, &a) != DB_OK)
		granted = -1;
	else
		granted = access_hook(hook, verdict, u, h, account,
		    ACCESS_HOOK_MS, monitor_forget, m);
	if (granted != 1)
		*kinds = 0;
	else if (!verdict)
		*kinds = KINDS_DEFAULT & host_kinds(h);
	return (granted);
}
