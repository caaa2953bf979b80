/* SPDX-License-Identifier: ISC */
/*
 * Shells: the command interpreter in a process of its own, on a pty or on
 * pipes whose other ends the child relays.
 */
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "db/user.h"
#include "lib/escape.h"
#include "lib/harden.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/proctitle.h"
#include "lib/xmalloc.h"
#include "monitor/answer_shell.h"
#include "monitor/channels.h"
#include "monitor/journal.h"
#include "monitor/monitor.h"
#include "monitor/standing.h"
#include "monitor/store.h"
#include "shell/shell.h"

#define SHELL_FILES	256	/* descriptors */
#define SHELL_DATA	(512UL << 20)	/* bytes: a pattern may want any */
#define WINDOW_MAX	10000	/* columns, rows */
#define STATUS_KILLED	255

/* What stands between a shell and the child. -1: not there. */
struct ends {
	int	shell[3];	/* the shell's 0, 1 and 2; may be the same */
	int	child[2];	/* what the child gets */
	int	vault[2];	/* ours, the shell's */
};

static void
ends_init(struct ends *e)
{
	e->shell[0] = e->shell[1] = e->shell[2] = -1;
	e->child[0] = e->child[1] = -1;
	e->vault[0] = e->vault[1] = -1;
}

static void
ends_close_shell(struct ends *e)
{
	if (e->shell[0] != -1)
		close(e->shell[0]);
	if (e->shell[2] != -1 && e->shell[2] != e->shell[0])
		close(e->shell[2]);
	if (e->vault[1] != -1)
		close(e->vault[1]);
}

static void
ends_close_ours(struct ends *e)
{
	int	i;

	for (i = 0; i < 2; i++) {
		if (e->child[i] != -1)
			close(e->child[i]);
	}
	if (e->vault[0] != -1)
		close(e->vault[0]);
}

static void
window(struct winsize *ws, uint32_t cols, uint32_t rows)
{
	memset(ws, 0, sizeof(*ws));
	ws->ws_col = cols < WINDOW_MAX ? cols : WINDOW_MAX;
	ws->ws_row = rows < WINDOW_MAX ? rows : WINDOW_MAX;
}

static int
open_pty(struct ends *e, const struct ask_shell *a)
{
	struct winsize	ws;

	window(&ws, a->cols, a->rows);
	if (openpty(&e->child[0], &e->shell[0], NULL, NULL, &ws) == -1) {
		e->child[0] = e->shell[0] = -1;
		return (-1);
	}
	fcntl(e->child[0], F_SETFD, FD_CLOEXEC);
	fcntl(e->shell[0], F_SETFD, FD_CLOEXEC);
	e->shell[1] = e->shell[2] = e->shell[0];
	return (0);
}

static int
open_pipes(struct ends *e)
{
	int	sv[2], p[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return (-1);
	e->child[0] = sv[0];
	e->shell[0] = e->shell[1] = sv[1];
	if (pipe2(p, O_CLOEXEC) == -1)
		return (-1);
	e->child[1] = p[0];
	e->shell[2] = p[1];
	return (0);
}

static int
ends_open(struct ends *e, const struct ask_shell *a)
{
	ends_init(e);
	if ((a->pty ? open_pty(e, a) : open_pipes(e)) == -1 ||
	    ipc_pair(e->vault) == -1)
		return (-1);
	fcntl(e->child[0], F_SETFL, O_RDWR | O_NONBLOCK);
	if (e->child[1] != -1)
		fcntl(e->child[1], F_SETFL, O_NONBLOCK);
	fcntl(e->vault[0], F_SETFL, O_RDWR | O_NONBLOCK);
	return (0);
}

static void
limit(int what, rlim_t most)
{
	struct rlimit	rl = { most, most };

	if (setrlimit(what, &rl) == -1)
		fatal("setrlimit: %s", strerror(errno));
}

/* In the new process: the shell's descriptors, and nothing else. */
static int
take_ends(const struct ends *e, int pty)
{
	int	vault;

	if (setsid() == -1 ||
	    (pty && ioctl(e->shell[0], TIOCSCTTY, 0) == -1) ||
	    dup2(e->shell[0], STDIN_FILENO) == -1 ||
	    dup2(e->shell[1], STDOUT_FILENO) == -1 ||
	    dup2(e->shell[2], STDERR_FILENO) == -1)
		_exit(STATUS_KILLED);
	vault = STDERR_FILENO + 1;
	if (e->vault[1] != vault && dup2(e->vault[1], vault) == -1)
		_exit(STATUS_KILLED);
	log_pause();
	closefrom(vault + 1);
	log_resume();
	limit(RLIMIT_CORE, 0);
	if (!RELAXED)
		limit(RLIMIT_NPROC, 0);
#ifndef __SANITIZE_ADDRESS__	/* whose own memory counts */
	limit(RLIMIT_DATA, SHELL_DATA);
#endif
	limit(RLIMIT_NOFILE, SHELL_FILES);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    harden_dumps() == -1)
		_exit(STATUS_KILLED);
	return (vault);
}

static void __attribute__((noreturn))
shell_process(struct monitor *m, const struct ends *e,
    const struct ask_shell *a)
{
	struct secret_settings	secrets = m->secrets;	/* it has the store */
	struct shell_args	args = {
		.driver = m->settings->db_driver,
		.db_conn = secrets.db_conn,
		.user = m->user->id,
		.source = m->address,
		.command = a->has_command ? a->command : NULL,
		.pty = a->pty,
		.settings = m->settings,
	};
	char			name[64];
	int			status;

	memset(&m->secrets, 0, sizeof(m->secrets));
	monitor_forget(m);
	args.vault = take_ends(e, a->pty);
	if (a->pty)
		setenv("TERM", a->term[0] != '\0' ? a->term : "dumb", 1);
	proctitle_set("shell %s", escape_into(name, sizeof(name),
	    m->user->name));
	status = shell_main(&args);
	fflush(NULL);
	leave(status);
}

/* Hands the child its ends; of a pty we keep one, to tell its size. */
static void
answer(struct monitor *m, const struct ipc *req, struct ends *e)
{
	static const struct verdict	yes = { .ok = 1, .sentence = "" };
	struct ipc			out;
	int				i;

	ipc_init(&out, req->type | ANSWER, req->id);
	put_verdict(&out.body, &yes);
	for (i = 0; i < 2; i++)
		out.fds[i] = e->child[i];
	monitor_answer(m, &out);
	for (i = 0; i < 2; i++)
		out.fds[i] = -1;
	ipc_free(&out);
}

/*
 * Why there are no more shells for them, or NULL: a login may be long ago. A
 * shell without the store does nothing, and says so.
 */
static const char *
here_no_more(struct monitor *m)
{
	const char	*why = NULL;
	char		 err[512];

	if (store_open(m, err, sizeof(err)) == DB_OK &&
	    standing_still(m, &why) != DB_OK) {
		log_verbose("user %s: %s", m->user->name, db_error(m->db));
		why = "who you are cannot be looked up: try again later";
	}
	/* it does not survive the fork */
	store_close(m);
	return (why);
}

int
answer_shell(struct monitor *m, struct ipc *req)
{
	struct monitor_channel	*c;
	const char		*why;
	char			*no;
	struct ask_shell	 a;
	struct ends		 e;

	if (get_ask_shell(&req->body, &a) == -1 || a.pty > 1 ||
	    a.has_command > 1 || channels_find(m, a.channel) != NULL)
		return (-1);
	if ((why = here_no_more(m)) != NULL) {
		no = xasprintf("sshportal: no shell: %s", why);
		log_info("user %s: %s", m->user->name, no);
		monitor_verdict(m, req->type, req->id, no);
		free(no);
		return (0);
	}
	if ((c = channels_add(m, a.channel)) == NULL) {
		monitor_verdict(m, req->type, req->id,
		    "sshportal: too many channels at once");
		return (0);
	}
	journal_shell_begin(m);
	if (ends_open(&e, &a) == -1 || (c->shell = fork()) == -1) {
		log_error("shell: %s", strerror(errno));
		c->shell = 0;
		channels_remove(m, c);
		ends_close_shell(&e);
		ends_close_ours(&e);
		monitor_verdict(m, req->type, req->id,
		    "sshportal: no shell can be started now: try again later");
		return (0);
	}
	if (c->shell == 0)
		shell_process(m, &e, &a);
	ends_close_shell(&e);
	answer(m, req, &e);
	c->one_shot = a.has_command;
	c->vault = e.vault[0];
	e.vault[0] = -1;
	if (a.pty) {
		c->pty = e.child[0];
		e.child[0] = -1;
	}
	ends_close_ours(&e);
	return (0);
}

int
answer_shell_resize(struct monitor *m, struct ipc *req)
{
	struct ask_shell_resize	 a;
	struct monitor_channel	*c;
	struct winsize		 ws;

	if (get_ask_shell_resize(&req->body, &a) == -1)
		return (-1);
	/* The shell may have ended a moment ago. */
	if ((c = channels_find(m, a.channel)) != NULL && c->pty != -1) {
		window(&ws, a.cols, a.rows);
		(void)ioctl(c->pty, TIOCSWINSZ, &ws);
	}
	return (0);
}

void
answer_shell_ended(struct monitor *m, pid_t pid, int how)
{
	struct monitor_channel	*c = channels_of_shell(m, pid);
	struct tell_shell_exit	 t;
	struct ipc		 out;

	if (c == NULL)
		return;
	t.channel = c->number;
	t.status = WIFEXITED(how) ? (uint32_t)WEXITSTATUS(how) : STATUS_KILLED;
	if (!c->closed) {
		ipc_init(&out, TELL_SHELL_EXIT, 0);
		put_tell_shell_exit(&out.body, &t);
		monitor_answer(m, &out);
		ipc_free(&out);
	}
	c->shell = 0;
	channels_remove(m, c);
}
