/* SPDX-License-Identifier: ISC */
/*
 * Forking.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/birth.h"
#include "lib/ipc.h"
#include "lib/log.h"

/* Closes all but 0 to 2 and these two, which may be -1. */
static void
close_others(int a, int b)
{
	int	low = a < b ? a : b, high = a < b ? b : a;
	int	next = STDERR_FILENO + 1;

	log_pause();
	if (low >= next) {
		if (low > next)
			close_range(next, low - 1, 0);
		next = low + 1;
	}
	if (high >= next) {
		if (high > next)
			close_range(next, high - 1, 0);
		next = high + 1;
	}
	close_range(next, ~0U, 0);
	log_resume();
}

/* What a new process is not to have of the daemon's. */
static void
forget(void)
{
	sigset_t	none;

	unsetenv("NOTIFY_SOCKET");
	unsetenv("CREDENTIALS_DIRECTORY");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t
birth_fork_plain(int keep)
{
	pid_t	pid;

	if ((pid = fork()) == 0) {
		close_others(keep, -1);
		forget();
	}
	return (pid);
}

pid_t
birth_fork(int *ctl, int keep)
{
	int	sv[2], saved;
	pid_t	pid;

	if (ipc_pair(sv) == -1)
		return (-1);
	if (fcntl(sv[0], F_SETFL, O_NONBLOCK) == -1 || (pid = fork()) == -1) {
		saved = errno;
		close(sv[0]);
		close(sv[1]);
		errno = saved;
		return (-1);
	}
	if (pid == 0) {
		setsid();
		close_others(sv[1], keep);
		forget();
		*ctl = sv[1];
		return (0);
	}
	close(sv[1]);
	*ctl = sv[0];
	return (pid);
}

pid_t
birth_reap(int *status)
{
	siginfo_t	si = { .si_pid = 0 };

	if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == -1 ||
	    si.si_pid == 0)
		return (0);
	kill(-si.si_pid, SIGKILL);
	return (waitpid(si.si_pid, status, 0));
}

void
birth_end_orphan(pid_t pid)
{
	siginfo_t	si;

	if (pid > 1 && waitid(P_PID, pid, &si,
	    WEXITED | WNOHANG | WNOWAIT) == 0)
		kill(pid, SIGKILL);
}
