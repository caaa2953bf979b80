/* SPDX-License-Identifier: ISC */
/*
 * Errands of the machine's own administrator.
 *
 * The helper parses nothing and holds no secret but the settings' memfd. For
 * each errand it forks a carrier, that forks a monitor (which forks its child)
 * as the daemon does, waits until it is ready, hands it the errand, and reaps
 * both.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/catalogue.h"
#include "lib/errand.h"
#include "lib/harden.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/proctitle.h"
#include "lib/settings.h"
#include "monitor/local_errand.h"
#include "monitor/monitor.h"
#include "shell/cmd.h"
#include "shell/errand.h"

#define READY_MS	15000	/* for a pair to be ready */
#define SLACK_MS	5000	/* beyond an errand's own time */

static int		 to_helper = -1;
static const char	*administrator;

/* Waits for a monitor's word; its child's pid, or -1. */
static pid_t
await_spare(int ctl)
{
	struct pollfd		p = { .fd = ctl, .events = POLLIN };
	struct ctl_spare	spare;
	struct ipc		m;
	pid_t			child = -1;

	if (poll(&p, 1, READY_MS) != 1 || ipc_recv(ctl, &m) != IPC_OK)
		return (-1);
	if (m.type == CTL_SPARE && get_ctl_spare(&m.body, &spare) == 0)
		child = (pid_t)spare.child_pid;
	ipc_free(&m);
	return (child);
}

/* The monitor gets the errand; returns when it has ended, or had its time. */
static void
let_go(int ctl, int errand)
{
	struct pollfd	p = { .fd = ctl, .events = 0 };
	struct ipc	m;

	ipc_init(&m, CTL_ERRAND, 0);
	m.fds[0] = errand;
	(void)ipc_send(ctl, &m);
	ipc_free(&m);		/* and our copy is closed */
	(void)poll(&p, 1, ERRAND_MS_MAX + SLACK_MS);
}

/* Carries one errand. Both processes are dead when it returns. */
static void
carry(int errand, int secrets, const struct settings *s)
{
	int	ctl[2];
	pid_t	monitor, child;

	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1 ||
	    ipc_pair(ctl) == -1 || (monitor = fork()) == -1)
		return;
	if (monitor == 0) {
		close(ctl[0]);
		close(errand);
		monitor_main(ctl[1], secrets, s);
	}
	close(ctl[1]);
	if ((child = await_spare(ctl[0])) != -1)
		let_go(ctl[0], errand);
	close(ctl[0]);
	kill(monitor, SIGKILL);	/* it has ended, or is to */
	while (waitpid(monitor, NULL, 0) == -1 && errno == EINTR)
		;
	/* ours by now: nobody else can have got its number */
	if (child > 1 && waitpid(child, NULL, WNOHANG) == 0) {
		kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
	}
}

static void __attribute__((noreturn))
helper(int sock, int secrets, const struct settings *settings)
{
	struct settings	s = *settings;
	struct ipc	m;
	int		null;

	(void)setsid();
	proctitle_set("admin errands");
	s.log_level = LOG_LEVEL_ERROR;	/* the terminal is a person's */
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	if ((null = open("/dev/null", O_RDWR)) != -1) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	while (ipc_recv(sock, &m) == IPC_OK) {
		if (m.fds[0] != -1 && fork() == 0) {
			close(sock);
			carry(ipc_take_fd(&m, 0), secrets, &s);
			leave(0);
		}
		ipc_free(&m);
	}
	leave(0);
}

static int
local_send(void *arg, const struct errand *wanted, int *sock, char *err)
{
	struct errand	e = *wanted;
	struct ipc	m;
	int		fds[2], r = -1;

	(void)arg;
	e.user = 0;
	e.user_name = administrator;
	e.source = "local";
	if (to_helper == -1 || errand_pair(&e, fds) == -1) {
		snprintf(err, CMD_ERROR_MAX, "no process could be started");
		return (-1);
	}
	ipc_init(&m, CTL_ERRAND, 0);
	m.fds[0] = fds[1];
	if (ipc_send(to_helper, &m) == IPC_OK) {
		*sock = fds[0];
		r = 0;
	} else {
		snprintf(err, CMD_ERROR_MAX, "the process that would go there "
		    "has ended");
		close(fds[0]);
	}
	ipc_free(&m);
	return (r);
}

void
local_errander(const struct settings *s, const struct secret_settings *ss,
    const char *who, struct errander *e)
{
	int	sv[2], secrets;
	pid_t	pid;

	e->send = local_send;
	e->arg = NULL;
	administrator = who;
	if ((secrets = secret_settings_to_memfd(ss)) == -1)
		return;
	if (ipc_pair(sv) == -1) {
		close(secrets);
		return;
	}
	if ((pid = fork()) == 0) {
		close(sv[0]);
		helper(sv[1], secrets, s);
	}
	close(sv[1]);
	close(secrets);
	if (pid == -1)
		close(sv[0]);
	else
		to_helper = sv[0];
}
