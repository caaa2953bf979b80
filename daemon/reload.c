/* SPDX-License-Identifier: ISC */
/*
 * The check before a reload.
 */
#include <sys/prctl.h>
#include <sys/stat.h>
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
#include "lib/ipc.h"
#include "lib/log.h"

#define CHECK_S		10
#define WORDS_MAX	2048	/* of what it says, the rest is not shown */
#define OUR_NAME	"sshportal: "

static struct {
	pid_t		 pid;		/* 0: nobody is asked */
	int		 words;		/* what it says */
	int		 answer;	/* where it hands over */
	int64_t		 due;
	int		 late;		/* it was killed for that */
	const char	*program;
	struct stat	 file;		/* as it was when it was asked */
} check = { .words = -1, .answer = -1 };

/*
 * The new process: never returns. It ends with us, and has nothing of ours but
 * what it needs: a program that hangs must not keep clients waiting.
 */
static void __attribute__((noreturn))
check_run(struct image *im, int words, int answer)
{
	sigset_t	none;
	size_t		i;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(words, STDERR_FILENO);
	dup2(words, STDOUT_FILENO);
	im->check_fd = answer;
	im->keeper_fd = -1;
	for (i = 0; i < im->nslots; i++)
		im->slots[i].fd = -1;
	image_exec(im, IMAGE_CHECK, check.program);
	fprintf(stderr, OUR_NAME "cannot execute %s: %s\n", check.program,
	    strerror(errno));
	_exit(1);
}

/* Our ends of the pipe and the pair are 0; returns -1 with errno. */
static int
open_ways(int words[2], int answer[2])
{
	if (pipe2(words, O_CLOEXEC) == -1)
		return (-1);
	if (ipc_pair(answer) == -1) {
		close(words[0]);
		close(words[1]);
		return (-1);
	}
	fcntl(words[0], F_SETFL, O_NONBLOCK);
	fcntl(answer[0], F_SETFL, O_NONBLOCK);
	return (0);
}

static void
close_ways(void)
{
	close(check.words);
	close(check.answer);
	check.words = check.answer = -1;
	check.pid = 0;
}

int
reload_check(struct image *im, const char *program)
{
	int	words[2], answer[2];

	if (check.pid != 0)
		return (0);
	if (open_ways(words, answer) == -1) {
		log_error("reload: %s", strerror(errno));
		return (-1);
	}
	check.program = program;
	memset(&check.file, 0, sizeof(check.file));
	(void)stat(program, &check.file);
	if ((check.pid = fork()) == 0)
		check_run(im, words[1], answer[1]);
	close(words[1]);
	close(answer[1]);
	check.words = words[0];
	check.answer = answer[0];
	if (check.pid == -1) {
		log_error("reload: %s", strerror(errno));
		close_ways();
		return (-1);
	}
	check.late = 0;
	check.due = clock_mono_ms() + CHECK_S * 1000;
	return (0);
}

int
reload_is_asking(void)
{
	return (check.pid != 0);
}

/* Whether the file has been replaced or written to since it was asked. */
static int
program_changed(void)
{
	const struct stat	*a = &check.file;
	struct stat		 b;

	memset(&b, 0, sizeof(b));
	(void)stat(check.program, &b);
	return (a->st_dev != b.st_dev ||
	    a->st_ino != b.st_ino || a->st_size != b.st_size ||
	    a->st_ctim.tv_sec != b.st_ctim.tv_sec ||
	    a->st_ctim.tv_nsec != b.st_ctim.tv_nsec);
}

/* How the check ended, where it did not say so itself. */
static void
describe_end(int status, char *why, size_t size)
{
	if (check.late)
		snprintf(why, size, "%s: its check was not done after %d s",
		    check.program, CHECK_S);
	else if (WIFSIGNALED(status))
		snprintf(why, size, "%s: its check was killed by signal %d "
		    "(%s)", check.program, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else if (status != 0)
		snprintf(why, size, "%s: its check ended with status %d",
		    check.program, WEXITSTATUS(status));
	else
		snprintf(why, size, "%s: its check did not hand over any "
		    "settings: is that sshportal?", check.program);
}

/*
 * Logs why not. What the check has said is the reason if it ended by itself:
 * its first line in one with ours, more of them before.
 */
static void
refuse(int status)
{
	char	 words[WORDS_MAX + 1], why[512], *line, *rest = words;
	char	*first = NULL;
	ssize_t	 n;

	n = read(check.words, words, WORDS_MAX);
	words[n > 0 ? n : 0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, OUR_NAME, strlen(OUR_NAME)) == 0)
			line += strlen(OUR_NAME);
		if (first == NULL && *line != '\0' && !check.late &&
		    WIFEXITED(status) && status != 0)
			first = line;
		else if (*line != '\0')
			log_error("reload: %s", line);
	}
	describe_end(status, why, sizeof(why));
	log_error("reload refused, program and settings stay as they were: %s",
	    first != NULL ? first : why);
}

/* Takes what a good check has handed over. Returns 0, or -1: nothing. */
static int
receive(struct reload_findings *f)
{
	struct ipc	in;
	int		r = -1;

	if (ipc_recv(check.answer, &in) != IPC_OK)
		return (-1);
	if (in.type == RELOAD_FINDINGS && in.fds[0] != -1 &&
	    in.fds[1] != -1) {
		f->settings = ipc_take_fd(&in, 0);
		f->secrets = ipc_take_fd(&in, 1);
		r = 0;
	}
	ipc_free(&in);
	return (r);
}

enum reload_news
reload_reaped(pid_t pid, int status, struct reload_findings *f)
{
	enum reload_news	news = RELOAD_BAD;

	if (check.pid == 0 || pid != check.pid)
		return (RELOAD_NOT_OURS);
	if (status != 0 || receive(f) == -1)
		refuse(status);
	else if (program_changed()) {
		close(f->settings);
		close(f->secrets);
		news = RELOAD_STALE;
	} else
		news = RELOAD_GOOD;
	close_ways();
	return (news);
}

int64_t
reload_tick(int64_t now)
{
	if (check.pid == 0)
		return (LOOP_NEVER);
	if (check.due <= now) {
		check.late = 1;
		kill(check.pid, SIGKILL);
		check.due = now + CHECK_S * 1000;
	}
	return (check.due);
}
