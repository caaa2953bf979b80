/* SPDX-License-Identifier: ISC */
/*
 * Errands: the login, and a shell on the host that reads a script.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "child/ask.h"
#include "child/conn.h"
#include "child/errand.h"
#include "child/upstream.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/xmalloc.h"

#define COMMAND		"exec sh -s"	/* whatever the login shell is */
#define OUTPUT_MAX	(SENTENCE_MAX / 4)	/* escaped it may be four
						   times as long */

/* What is done next in the host's shell. */
enum work {
	WORK_OPEN,
	WORK_START,
	WORK_WRITE,
	WORK_EOF,
	WORK_READ,
	WORK_HANGUP,
	WORK_EXIT,
	WORK_DONE
};

struct errand_state {
	struct conn	*conn;
	LIBSSH2_CHANNEL	*channel;
	enum work	 work;
	int		 logged_in;	/* and that was told */
	int		 stopped;
	char		*input;
	size_t		 len, sent;
	char		 output[OUTPUT_MAX];	/* its newest bytes */
	size_t		 outlen;
	struct upstream_exit exit;
};

static void
tell(uint8_t stage, int ok, uint32_t status, const char *text)
{
	struct ask_errand	a = { .stage = stage, .ok = ok != 0,
				    .status = status, .text = text };

	ask_errand(&a);
}

/* What failed: one on the way until there is a way to the host itself. */
static void
tell_lost(const struct errand_state *e)
{
	const struct upstream	*up = &e->conn->up;
	uint8_t			 stage = up->shown ? ERRAND_LOGIN : ERRAND_KEX;

	if (e->logged_in)
		stage = ERRAND_WORK;
	else if (up->via != NULL && up->way == NULL)
		stage = ERRAND_HOP;
	tell(stage, 0, 0, up->why != NULL ? up->why : up->lost);
}

/* Keeps the newest of what the shell prints: reasons come last. */
static void
keep_output(struct errand_state *e, const char *data, size_t len)
{
	size_t	over;

	if (len > OUTPUT_MAX) {
		data += len - OUTPUT_MAX;
		len = OUTPUT_MAX;
	}
	if (e->outlen + len > OUTPUT_MAX) {
		over = e->outlen + len - OUTPUT_MAX;
		memmove(e->output, e->output + over, e->outlen - over);
		e->outlen -= over;
	}
	memcpy(e->output + e->outlen, data, len);
	e->outlen += len;
}

/* A step's result: what failed is the end of the shell, not of us. */
static int
go_on(struct errand_state *e, int r, enum work next)
{
	if (r == UP_AGAIN)
		return (UP_AGAIN);
	e->work = next;
	return (UP_OK);
}

static int
write_input(struct errand_state *e)
{
	ssize_t	n;

	n = upstream_write(&e->conn->up, e->channel, e->input + e->sent,
	    e->len - e->sent);
	if (n == UP_AGAIN)
		return (UP_AGAIN);
	if (n > 0)
		e->sent += n;
	if (n < 0 || e->sent == e->len)
		e->work = WORK_EOF;
	return (UP_OK);
}

static int
read_output(struct errand_state *e)
{
	char	data[4096];
	int	is_stderr;
	ssize_t	n;

	n = upstream_read(&e->conn->up, e->channel, data, sizeof(data),
	    &is_stderr);
	if (n == UP_AGAIN)
		return (UP_AGAIN);
	if (n > 0)
		keep_output(e, data, n);
	else
		e->work = WORK_HANGUP;
	return (UP_OK);
}

static int
work_step(struct errand_state *e)
{
	struct upstream	*up = &e->conn->up;
	int		 r;

	switch (e->work) {
	case WORK_OPEN:
		r = upstream_open(up, e, &e->channel);
		if (r == UP_FAILED)
			tell(ERRAND_WORK, 0, 0, "it opens no session");
		return (go_on(e, r, r == UP_OK ? WORK_START : WORK_DONE));
	case WORK_START:
		r = upstream_program(up, e->channel, "exec", COMMAND);
		if (r == UP_FAILED)
			tell(ERRAND_WORK, 0, 0, "it runs no commands");
		return (go_on(e, r, r == UP_OK ? WORK_WRITE : WORK_DONE));
	case WORK_WRITE:
		return (write_input(e));
	case WORK_EOF:
		return (go_on(e, upstream_eof(up, e->channel), WORK_READ));
	case WORK_READ:
		return (read_output(e));
	case WORK_HANGUP:
		return (go_on(e, upstream_hangup(up, e->channel), WORK_EXIT));
	case WORK_EXIT:
		return (go_on(e, upstream_exit(up, e->channel, &e->exit),
		    WORK_DONE));
	default:
		return (UP_AGAIN);
	}
}

/* The shell has ended: how, and its last words, lines apart. */
static void
tell_work(const struct errand_state *e)
{
	char	text[SENTENCE_MAX], *line, *rest, *copy;
	size_t	used = 0;

	copy = (char *)xmemdup0(e->output, e->outlen);
	text[0] = '\0';
	for (rest = copy; (line = strsep(&rest, "\n")) != NULL &&
	    used + 2 < sizeof(text);) {
		escape_into(text + used, sizeof(text) - used - 1, line);
		used += strlen(text + used);
		if (rest != NULL)
			text[used++] = '\n';
		text[used] = '\0';
	}
	free(copy);
	tell(ERRAND_WORK, e->exit.how == CHANNEL_END_STATUS, e->exit.status,
	    text);
}

/* Whether there is more to be done. */
static int
work(struct errand_state *e)
{
	if (!e->logged_in) {
		e->logged_in = 1;
		tell(ERRAND_LOGIN, 1, 0, "");
	}
	if (e->len == 0)
		return (0);
	while (e->work != WORK_DONE && work_step(e) != UP_AGAIN)
		;
	if (e->work != WORK_DONE || e->conn->up.state == UP_DEAD)
		return (1);
	if (e->channel != NULL && e->sent == e->len)
		tell_work(e);
	return (0);
}

/* What the monitor says unasked: only that it is to end. */
static void
told(void *arg, struct ipc *m)
{
	struct errand_state	*e = arg;

	if (m->type != TELL_STOP)
		ask_malformed("message");
	e->stopped = 1;
}

static void
loop(struct errand_state *e)
{
	struct upstream	*up = &e->conn->up;
	struct pollfd	 p[2] = { { .fd = ask_fd(), .events = POLLIN } };
	int		 ms;

	while (!e->stopped) {
		upstream_run(up, p[1].revents);
		if (up->state == UP_READY && !work(e))
			return;
		if (up->state == UP_DEAD) {
			tell_lost(e);
			return;
		}
		upstream_push(up);
		p[1].events = upstream_events(up);
		p[1].fd = p[1].events != 0 ? up->fd : -1;
		p[1].revents = 0;
		ms = upstream_restless(up) || ask_waiting() ? 0 :
		    upstream_wait(up);
		if (poll(p, 2, ms) == -1 && errno != EINTR)
			fatal("poll: %s", strerror(errno));
		ask_receive(told, e);
	}
}

void
errand_run(struct conn *conn, struct ipc *m)
{
	struct errand_state	*e = xcalloc(1, sizeof(*e));
	struct tell_errand	 t;

	if (get_tell_errand(&m->body, &t) == -1 || m->fds[0] == -1)
		ask_malformed("errand");
	e->conn = conn;
	e->input = xstrdup(t.input);
	e->len = strlen(t.input);
	conn->is_errand = 1;
	conn->up.told = 1;	/* there is no session to know it */
	upstream_start(&conn->up, conn, ipc_take_fd(m, 0), &t.target);
	loop(e);
	free(e->input);
	free(e);
}
