/* SPDX-License-Identifier: ISC */
/*
 * The check before a reload.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/loop.h"
#include "daemon/reload.h"
#include "lib/clock.h"
#include "lib/log.h"

#define CHECK_MS	10000
#define WORDS_MAX	2048	/* of what it says, the rest is not shown */

static pid_t	check_pid;
static int	check_out = -1;	/* what it says */
static int64_t	check_due;

/* The new process: never returns. */
static void __attribute__((noreturn))
check_run(const struct image *im, const char *program, int out)
{
	sigset_t	none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(out, STDERR_FILENO);
	dup2(out, STDOUT_FILENO);
	image_exec(im, IMAGE_CHECK, program);
	fprintf(stderr, "%s: %s\n", program, strerror(errno));
	_exit(1);
}

int
reload_check(const struct image *im, const char *program)
{
	int	p[2];

	if (check_pid != 0)
		return (0);
	if (pipe2(p, O_CLOEXEC | O_NONBLOCK) == -1) {
		log_error("reload: %s", strerror(errno));
		return (-1);
	}
	if ((check_pid = fork()) == 0)
		check_run(im, program, p[1]);
	close(p[1]);
	if (check_pid == -1) {
		log_error("reload: %s", strerror(errno));
		check_pid = 0;
		close(p[0]);
		return (-1);
	}
	check_out = p[0];
	check_due = clock_mono_ms() + CHECK_MS;
	return (0);
}

/* Logs what the check said, line by line. */
static void
show_words(void)
{
	char	words[WORDS_MAX + 1], *line, *rest;
	ssize_t	n;

	if ((n = read(check_out, words, WORDS_MAX)) <= 0)
		return;
	words[n] = '\0';
	for (rest = words; (line = strsep(&rest, "\n")) != NULL;) {
		if (*line != '\0')
			log_error("reload: %s", line);
	}
}

enum reload_news
reload_reaped(pid_t pid, int status)
{
	if (check_pid == 0 || pid != check_pid)
		return (RELOAD_NOT_OURS);
	if (status != 0) {
		show_words();
		log_error("reload refused: going on as before");
	}
	close(check_out);
	check_out = -1;
	check_pid = 0;
	return (status == 0 ? RELOAD_GOOD : RELOAD_BAD);
}

int64_t
reload_tick(int64_t now)
{
	if (check_pid == 0)
		return (LOOP_NEVER);
	if (check_due > now)
		return (check_due);
	kill(check_pid, SIGKILL);
	log_error("reload: the check took too long");
	check_due = now + CHECK_MS;
	return (check_due);
}
