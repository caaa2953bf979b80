/* SPDX-License-Identifier: ISC */
/*
 * Line editing with libedit.
 *
 * Signals have no part in it: while a line is edited, the terminal hands
 * Ctrl-C over as a character; while a command runs, it is ignored; and the
 * window's size is told by a descriptor (SIGWINCH through signalfd), which is
 * waited for together with the keys.
 */
#include <sys/ioctl.h>
#include <sys/signalfd.h>

#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "config.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/complete.h"
#include "shell/line.h"
#include "shell/run.h"

#define HISTORY_LINES	500
#define CTRL_D		4
#define SHOWN_MAX	100	/* names that TAB lists */

struct editor {
	struct shell	*sh;
	EditLine	*el;
	History		*history;
	int		 winch;		/* signalfd, or -1 */
};

static char *
prompt(EditLine *el)
{
	static char	text[] = "config> ";

	(void)el;
	return (text);
}

static struct editor *
editor_of(EditLine *el)
{
	struct editor	*ed = NULL;

	el_get(el, EL_CLIENTDATA, &ed);
	return (ed);
}

static void
editor_resize(struct editor *ed)
{
	struct signalfd_siginfo	si;
	struct winsize		ws;

	if (read(ed->winch, &si, sizeof(si)) == -1)
		return;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0)
		ed->sh->out.width = ws.ws_col;
	el_resize(ed->el);
}

/* Waits for a byte of input; 1, or 0 at its end. */
static int
editor_byte(struct editor *ed, char *c)
{
	struct pollfd	pfd[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
			    { .fd = ed->winch, .events = POLLIN } };
	ssize_t		n;

	for (;;) {
		if (poll(pfd, 2, -1) == -1) {
			if (errno == EINTR)
				continue;
			return (0);
		}
		if (pfd[1].revents & POLLIN)
			editor_resize(ed);
		if (pfd[0].revents == 0)
			continue;
		n = read(STDIN_FILENO, c, 1);
		if (n == 1)
			return (1);
		if (n == 0 || (errno != EINTR && errno != EAGAIN))
			return (0);
	}
}

/* libedit's way to a character: 1, or 0 at the end. */
static int
editor_char(EditLine *el, wchar_t *wc)
{
	struct editor	*ed = editor_of(el);
	mbstate_t	 state;
	size_t		 n;
	char		 c;

	memset(&state, 0, sizeof(state));
	while (editor_byte(ed, &c)) {
		/* a Ctrl-D that was typed before the line was edited */
		if (c == '\0')
			c = CTRL_D;
		n = mbrtowc(wc, &c, 1, &state);
		if (n == 1)
			return (1);
		/* not UTF-8: what led here is forgotten */
		if (n == (size_t)-1)
			memset(&state, 0, sizeof(state));
	}
	return (0);
}

/* Ctrl-C: the line is given up, a new one begun. */
static unsigned char
key_cancel(EditLine *el, int ch)
{
	const LineInfoW	*li;

	(void)ch;
	li = el_wline(el);
	el_cursor(el, li->lastchar - li->cursor);
	li = el_wline(el);
	el_deletestr(el, li->cursor - li->buffer);
	printf("^C\n");
	fflush(stdout);
	return (CC_REDISPLAY);
}

/* The names that fit, in as many columns as the terminal has room for. */
static void
show_names(const struct editor *ed, const struct db_names *names)
{
	size_t	i, most = 0, columns, n;

	n = names->n < SHOWN_MAX ? names->n : SHOWN_MAX;
	for (i = 0; i < n; i++) {
		if (strlen(names->name[i]) + 2 > most)
			most = strlen(names->name[i]) + 2;
	}
	columns = ed->sh->out.width / most;
	if (columns == 0)
		columns = 1;
	for (i = 0; i < n; i++)
		printf("%s%-*s", i % columns == 0 ? "\n" : "", (int)most,
		    names->name[i]);
	if (n < names->n)
		printf("\n... and %zu more", names->n - n);
	printf("\n");
	fflush(stdout);
}

static unsigned char
key_complete(EditLine *el, int ch)
{
	struct editor		*ed = editor_of(el);
	const LineInfo		*li = el_line(el);
	struct completion	 c;
	char			*before;
	unsigned char		 r = CC_ERROR;

	(void)ch;
	before = xmemdup0(li->buffer, li->cursor - li->buffer);
	complete_line(ed->sh, before, &c);
	free(before);
	if (c.insert != NULL && c.insert[0] != '\0') {
		r = el_insertstr(el, c.insert) == 0 ? CC_REFRESH : CC_ERROR;
	} else if (c.names.n > 1) {
		show_names(ed, &c.names);
		r = CC_REDISPLAY;
	}
	complete_free(&c);
	return (r);
}

static void
ignore(int sig)
{
	struct sigaction	sa = { .sa_handler = SIG_IGN };

	if (sigaction(sig, &sa, NULL) == -1)
		panic("sigaction %d: %s", sig, strerror(errno));
}

static int
winch_open(void)
{
	sigset_t	set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return (-1);
	return (signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

static void
editor_open(struct editor *ed, struct shell *sh)
{
	HistEvent	ev;

	memset(ed, 0, sizeof(*ed));
	ed->sh = sh;
	ignore(SIGINT);
	ignore(SIGQUIT);
	ignore(SIGTSTP);
	ed->winch = winch_open();
	ed->el = el_init("sshportal", stdin, stdout, stderr);
	ed->history = history_init();
	if (ed->el == NULL || ed->history == NULL)
		fatal("the terminal cannot be used");
	history(ed->history, &ev, H_SETSIZE, HISTORY_LINES);
	history(ed->history, &ev, H_SETUNIQUE, 1);
	el_set(ed->el, EL_CLIENTDATA, ed);
	el_set(ed->el, EL_PROMPT, prompt);
	el_set(ed->el, EL_EDITOR, "emacs");
	el_set(ed->el, EL_HIST, history, ed->history);
	el_set(ed->el, EL_GETCFN, editor_char);
	el_set(ed->el, EL_SETTY, "-d", "-isig", NULL);
	el_set(ed->el, EL_ADDFN, "sshportal-complete", "complete",
	    key_complete);
	el_set(ed->el, EL_ADDFN, "sshportal-cancel", "give up", key_cancel);
	el_set(ed->el, EL_BIND, "^I", "sshportal-complete", NULL);
	el_set(ed->el, EL_BIND, "^C", "sshportal-cancel", NULL);
	/* libedit's own commands could bind keys that start an editor */
	el_set(ed->el, EL_BIND, "\\033x", "ed-unassigned", NULL);
	el_set(ed->el, EL_BIND, "\\033X", "ed-unassigned", NULL);
}

static void
editor_close(struct editor *ed)
{
	el_end(ed->el);
	history_end(ed->history);
	if (ed->winch != -1)
		close(ed->winch);
}

int
line_loop(struct shell *sh, const char *name)
{
	struct editor	 ed;
	HistEvent	 ev;
	const char	*typed;
	char		*line, safe[256];
	int		 n;

	printf("Welcome to sshportal " PACKAGE_VERSION ", %s. \"help\" lists "
	    "the commands, TAB completes, Ctrl-D leaves.\n",
	    escape_into(safe, sizeof(safe), name));
	fflush(stdout);
	editor_open(&ed, sh);
	while (!sh->done) {
		/* before the prompt shows, so that nothing is typed too soon */
		el_set(ed.el, EL_PREP_TERM, 1);
		if ((typed = el_gets(ed.el, &n)) == NULL || n <= 0) {
			printf("\n");
			break;
		}
		line = xmemdup0(typed, strcspn(typed, "\r\n"));
		if (line[strspn(line, " \t")] != '\0') {
			history(ed.history, &ev, H_ENTER, line);
			run_line(sh, line);
		}
		explicit_bzero(line, strlen(line));
		free(line);
	}
	fflush(stdout);
	editor_close(&ed);
	return (RUN_OK);
}
