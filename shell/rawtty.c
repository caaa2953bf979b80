/* SPDX-License-Identifier: ISC */
/*
 * Keys and signals.
 */
#include <sys/signalfd.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "shell/rawtty.h"

#define ESC	0x1b
#define CTRL_C	3
#define CTRL_D	4

static const int	ending[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };

/* In the middle of what an arrow key sends: ESC [ A, or ESC O A. */
enum key_state { KEY_BEGIN, KEY_ESCAPE, KEY_ARROW };

void
rawtty_begin(struct rawtty *t, FILE *in, FILE *out)
{
	struct termios	raw;
	sigset_t	set;
	size_t		i;

	memset(t, 0, sizeof(*t));
	t->in = in != NULL ? fileno(in) : -1;
	t->out = out != NULL ? fileno(out) : -1;
	sigemptyset(&set);
	for (i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaddset(&set, ending[i]);
	sigprocmask(SIG_BLOCK, &set, &t->before);
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->in == -1 || t->out == -1 || !isatty(t->out) ||
	    tcgetattr(t->in, &t->saved) == -1) {
		t->in = -1;
		return;
	}
	raw = t->saved;
	cfmakeraw(&raw);
	if (tcsetattr(t->in, TCSADRAIN, &raw) == -1)
		t->in = -1;
}

static enum key
key_of(struct rawtty *t, unsigned char c)
{
	static const enum key	arrows[] = { KEY_UP, KEY_DOWN, KEY_RIGHT,
				    KEY_LEFT };
	int			state = t->state;

	t->state = KEY_BEGIN;
	if (state == KEY_ARROW && c >= 'A' && c <= 'D')
		return (arrows[c - 'A']);
	if (state == KEY_ESCAPE && (c == '[' || c == 'O'))
		t->state = KEY_ARROW;
	else if (c == ESC)
		t->state = KEY_ESCAPE;
	else if (c == ' ')
		return (KEY_SPACE);
	else if (c == 'q' || c == 'Q' || c == CTRL_C || c == CTRL_D)
		return (KEY_QUIT);
	else
		return (KEY_OTHER);
	return (KEY_NONE);
}

static enum key
read_key(struct rawtty *t)
{
	unsigned char	c;
	ssize_t		n = read(t->in, &c, 1);

	if (n == 1)
		return (key_of(t, c));
	return (n == -1 && (errno == EINTR || errno == EAGAIN) ? KEY_NONE :
	    KEY_QUIT);
}

static void
read_signal(struct rawtty *t)
{
	struct signalfd_siginfo	si;

	if (read(t->signals, &si, sizeof(si)) == sizeof(si))
		t->ended_by = (int)si.ssi_signo;
}

enum key
rawtty_key(struct rawtty *t, int ms, int fd)
{
	struct pollfd	p[4] = { { t->in, POLLIN, 0 },
			    { t->signals, POLLIN, 0 }, { t->out, 0, 0 },
			    { fd, POLLIN, 0 } };
	int64_t		until = clock_mono_ms() + ms;
	enum key	key = KEY_NONE;
	int		left = ms;

	while (key == KEY_NONE) {
		if (poll(p, 4, left) == -1 && errno != EINTR)
			return (KEY_QUIT);
		if (p[1].revents & POLLIN)
			read_signal(t);
		if (t->ended_by != 0 || (p[2].revents & (POLLERR | POLLHUP)))
			return (KEY_QUIT);
		if (p[0].revents != 0)
			key = read_key(t);
		if (p[3].revents != 0)
			break;
		left = ms == -1 ? -1 : (int)(until - clock_mono_ms());
		if (ms != -1 && left <= 0)
			break;
	}
	return (key);
}

void
rawtty_end(struct rawtty *t)
{
	if (t->in != -1)
		tcsetattr(t->in, TCSADRAIN, &t->saved);
	if (t->signals != -1)
		close(t->signals);
	/* the terminal's own key has done what it was pressed for */
	if (t->ended_by != 0 && t->ended_by != SIGINT)
		raise(t->ended_by);
	sigprocmask(SIG_SETMASK, &t->before, NULL);
}
