/* SPDX-License-Identifier: ISC */
/*
 * The far end that is the portal's own shell: a pty, or a stream socket with
 * standard error apart. The monitor makes it and tells when it has ended.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child/ask.h"
#include "child/chan.h"
#include "child/client.h"
#include "child/conn.h"
#include "child/far.h"
#include "lib/log.h"
#include "lib/xmalloc.h"

#define END_OF_INPUT	"\004"	/* what ^D is on a pty */

/* Its output: the pty or socket, and standard error. */
enum stream {
	STREAM_OUT,
	STREAM_ERR,
	STREAMS
};

struct shell {
	int		 fds[STREAMS];	/* -1: not there */
	int		 ended[STREAMS];
	int		 exited;
	uint32_t	 status;
};

static int
shell_take_fd(struct ipc *m, int i)
{
	int	fd = ipc_take_fd(m, i);

	/* O_APPEND means nothing to these; the sandbox wants it. */
	if (fd != -1 && fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND) == -1)
		fatal("shell: %s", strerror(errno));
	return (fd);
}

static void
shell_answered(void *arg, struct ipc *m)
{
	struct chan	*c = arg;
	struct shell	*s;
	struct verdict	 v;
	int		 i;

	if (get_verdict(&m->body, &v) == -1 || (v.ok && m->fds[0] == -1))
		ask_malformed("answer about a shell");
	if (!chan_answered(c, &v) || c->far != &far_shell)
		return;
	c->far_state = s = xcalloc(1, sizeof(*s));
	for (i = 0; i < STREAMS; i++) {
		s->fds[i] = shell_take_fd(m, i);
		s->ended[i] = s->fds[i] == -1;
	}
}

/* Asks for the shell, once; it is there when the answer has come. */
static int
shell_start(struct chan *c, const struct request *r)
{
	struct ask_shell	a = {
		.channel = c->id,
		.pty = c->pty,
		.term = c->term != NULL ? c->term : "",
		.cols = c->size[0],
		.rows = c->size[1],
		.has_command = r->type == REQUEST_EXEC,
		.command = r->type == REQUEST_EXEC ? r->text : "",
	};

	if (!c->asked && ask_may(ASK_SHELL)) {
		c->asked = 1;
		ask_shell(&a, shell_answered, c);
	}
	return (c->far_state != NULL ? FAR_OK : FAR_AGAIN);
}

static int
shell_request(struct chan *c, const struct request *r)
{
	struct ask_shell_resize	a = { .channel = c->id,
				    .cols = r->size[0], .rows = r->size[1] };

	switch (r->type) {
	case REQUEST_PTY:
	case REQUEST_ENV:
		return (FAR_OK);
	case REQUEST_SHELL:
	case REQUEST_EXEC:
		return (shell_start(c, r));
	case REQUEST_RESIZE:
		if (c->state != CHAN_RUNNING)
			return (FAR_OK);
		if (!ask_may(ASK_SHELL_RESIZE))
			return (FAR_AGAIN);
		ask_shell_resize(&a);
		return (FAR_OK);
	default:
		return (FAR_REFUSED);
	}
}

static ssize_t
shell_write(struct chan *c, const void *data, size_t len)
{
	struct shell	*s = c->far_state;
	ssize_t		 n;

	n = write(s->fds[STREAM_OUT], data, len);
	if (n == -1)
		return (errno == EAGAIN || errno == EINTR ?
		    FAR_AGAIN : FAR_REFUSED);
	return (n);
}

static int
shell_eof(struct chan *c)
{
	struct shell	*s = c->far_state;
	ssize_t		 n;

	if (c->pty) {
		n = shell_write(c, END_OF_INPUT, strlen(END_OF_INPUT));
		return (n == FAR_AGAIN ? FAR_AGAIN : FAR_OK);
	}
	if (shutdown(s->fds[STREAM_OUT], SHUT_WR) == -1)
		log_debug("shell: shutdown: %m");
	return (FAR_OK);
}

static ssize_t
read_stream(struct shell *s, enum stream i, void *data, size_t len)
{
	ssize_t	n;

	if (s->ended[i])
		return (0);
	n = read(s->fds[i], data, len);
	if (n == -1 && (errno == EAGAIN || errno == EINTR) && !s->exited)
		return (FAR_AGAIN);
	if (n <= 0) {
		/* a pty whose other end is closed says EIO */
		s->ended[i] = 1;
		return (0);
	}
	return (n);
}

static ssize_t
shell_read(struct chan *c, void *data, size_t len, int *is_stderr)
{
	struct shell	*s = c->far_state;
	ssize_t		 n;

	*is_stderr = 0;
	if ((n = read_stream(s, STREAM_OUT, data, len)) > 0)
		return (n);
	*is_stderr = 1;
	if ((n = read_stream(s, STREAM_ERR, data, len)) > 0)
		return (n);
	return (s->ended[STREAM_OUT] && s->ended[STREAM_ERR] ?
	    0 : FAR_AGAIN);
}

static int
shell_exit(struct chan *c)
{
	const struct shell	*s = c->far_state;

	if (!s->exited)
		return (FAR_AGAIN);
	c->end.how = CHANNEL_END_STATUS;
	c->end.status = s->status;
	return (FAR_OK);
}

/* Whose output has ended is about to end itself; all others are hung up. */
static int
shell_hangup(struct chan *c)
{
	const struct shell	*s = c->far_state;

	return (s->ended[STREAM_OUT] && s->ended[STREAM_ERR] && !s->exited ?
	    FAR_AGAIN : FAR_OK);
}

static void
shell_close(struct chan *c)
{
	struct shell	*s = c->far_state;
	int		 i;

	for (i = 0; s != NULL && i < STREAMS; i++) {
		if (s->fds[i] != -1)
			close(s->fds[i]);
	}
	free(s);
	c->far_state = NULL;
}

static int
shell_poll(struct chan *c, struct pollfd p[FAR_FDS])
{
	const struct shell	*s = c->far_state;
	int			 i, wanted;

	if (s == NULL || c->state != CHAN_RUNNING)
		return (0);
	wanted = c->to_client.len == 0 && client_window(c->ssh) > 0 &&
	    client_writable(&c->conn->client);
	for (i = 0; i < STREAMS; i++) {
		p[i].fd = s->fds[i];
		p[i].events = wanted && !s->ended[i] ? POLLIN : 0;
	}
	if (c->to_far.len > 0)
		p[STREAM_OUT].events |= POLLOUT;
	for (i = 0; i < STREAMS; i++) {
		if (p[i].events == 0)
			p[i].fd = -1;
	}
	return (STREAMS);
}

void
far_shell_exit(struct conn *conn, struct ipc *m)
{
	struct tell_shell_exit	 t;
	struct chan		*c;
	struct shell		*s;

	if (get_tell_shell_exit(&m->body, &t) == -1)
		ask_malformed("word on a shell's end");
	TAILQ_FOREACH(c, &conn->channels, link) {
		if (c->id != t.channel || c->far != &far_shell ||
		    c->far_state == NULL)
			continue;
		s = c->far_state;
		s->exited = 1;
		s->status = t.status;
	}
}

const struct far_ops far_shell = {
	.request = shell_request,
	.write = shell_write,
	.eof = shell_eof,
	.read = shell_read,
	.exit = shell_exit,
	.hangup = shell_hangup,
	.close = shell_close,
	.poll = shell_poll,
};
