/* SPDX-License-Identifier: ISC */
/*
 * Setup and keeper.
 */
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/birth.h"
#include "daemon/loop.h"
#include "daemon/single.h"
#include "lib/clock.h"
#include "lib/harden.h"
#include "lib/log.h"
#include "lib/proctitle.h"
#include "monitor/keeper.h"
#include "monitor/setup.h"

#define BACKOFF_MIN_MS	100
#define BACKOFF_MAX_MS	30000
#define HEALTHY_MS	60000	/* a keeper that lived so long had no fault */

static const struct settings	*settings;
static int			 secrets;
static pid_t			 setup_pid, keeper_pid;
static int			 keeper_fd = -1;	/* its end is ours */
static int64_t			 keeper_since, keeper_due, backoff_ms;
static int			 leaving, finishing;

void
single_init(const struct settings *s, int secrets_fd, const struct image *im)
{
	settings = s;
	secrets = secrets_fd;
	if (im->reason == IMAGE_CRASH) {
		keeper_pid = im->keeper;
		keeper_fd = im->keeper_fd;
		keeper_since = clock_mono_ms();
	} else if (im->keeper_fd != -1)
		close(im->keeper_fd);
}

int
single_setup(int quiet)
{
	struct settings	s = *settings;
	int		status;

	if ((setup_pid = birth_fork_plain(secrets)) != 0) {
		if (setup_pid > 0)
			return (0);
		setup_pid = 0;
		return (-1);
	}
	proctitle_set("setup");
	s.quiet_start |= quiet;
	status = setup_main(secrets, &s);
	fflush(stdout);
	leave(status);
}

static void
back_off(void)
{
	if (keeper_since != 0 && clock_mono_ms() - keeper_since > HEALTHY_MS)
		backoff_ms = 0;
	backoff_ms = backoff_ms == 0 ? BACKOFF_MIN_MS : backoff_ms * 2;
	if (backoff_ms > BACKOFF_MAX_MS)
		backoff_ms = BACKOFF_MAX_MS;
	keeper_due = clock_mono_ms() + backoff_ms;
}

void
single_keeper(void)
{
	keeper_due = 0;
	if (keeper_pid != 0 || finishing)
		return;
	keeper_pid = birth_fork(&keeper_fd, secrets);
	if (keeper_pid == 0) {
		proctitle_set("keeper");
		keeper_main(keeper_fd, secrets, settings);
	}
	if (keeper_pid == -1) {
		keeper_pid = 0;
		back_off();
		log_error("cannot start the keeper: %s", strerror(errno));
		return;
	}
	keeper_since = clock_mono_ms();
}

static void
keeper_ended(int status)
{
	if (keeper_fd != -1)
		close(keeper_fd);
	keeper_fd = -1;
	keeper_pid = 0;
	if (finishing || (leaving && status == 0))
		return;
	back_off();
	if (WIFSIGNALED(status))
		log_error("the keeper was killed by signal %d (%s); "
		    "the next one starts in %lld ms", WTERMSIG(status),
		    strsignal(WTERMSIG(status)), (long long)backoff_ms);
	else
		log_error("the keeper ended with status %d; the next one "
		    "starts in %lld ms", WEXITSTATUS(status),
		    (long long)backoff_ms);
}

enum single_news
single_reaped(pid_t pid, int status)
{
	if (pid == keeper_pid) {
		keeper_ended(status);
		return (SINGLE_KEEPER_ENDED);
	}
	if (pid != setup_pid)
		return (SINGLE_NOT_OURS);
	setup_pid = 0;
	if (WIFSIGNALED(status))
		log_error("setup was killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	return (status == 0 ? SINGLE_SETUP_DONE : SINGLE_SETUP_FAILED);
}

int64_t
single_tick(int64_t now)
{
	if (keeper_due == 0 || finishing)
		return (LOOP_NEVER);
	if (keeper_due <= now)
		single_keeper();
	return (keeper_due == 0 ? LOOP_NEVER : keeper_due);
}

void
single_export(struct image *im)
{
	im->keeper = keeper_pid;
	im->keeper_fd = keeper_fd;
}

void
single_leave(void)
{
	leaving = 1;
	if (setup_pid != 0)
		kill(setup_pid, SIGTERM);
}

void
single_finish(void)
{
	finishing = 1;
	if (keeper_fd != -1)
		close(keeper_fd);
	keeper_fd = -1;
}

int
single_is_gone(void)
{
	return (keeper_pid == 0 && setup_pid == 0);
}

void
single_kill(void)
{
	if (keeper_pid != 0)
		kill(keeper_pid, SIGKILL);
	if (setup_pid != 0)
		kill(setup_pid, SIGKILL);
}
