/* SPDX-License-Identifier: ISC */
/*
 * Jumps, and the far end that is a bare connection: each side may end what it
 * sends without ending what it reads.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child/ask.h"
#include "child/chan.h"
#include "child/client.h"
#include "child/conn.h"
#include "child/far.h"
#include "child/forward.h"
#include "child/jump.h"
#include "lib/log.h"
#include "lib/xmalloc.h"

struct far_jump {
	int	fd;
};

int
jump_wanted(struct chan *c)
{
	const struct conn	*conn = c->conn;

	if (c->kind == CHAN_LOCAL && !c->asked && (conn->nowhere != NULL ||
	    conn->dest == DEST_SHELL)) {
		c->kind = CHAN_JUMP;
		c->far = &far_jump;
	}
	return (c->kind == CHAN_JUMP);
}

/* The monitor has dialled, or refused to. */
static void
jump_answered(void *arg, struct ipc *m)
{
	struct chan	*c = arg;
	struct far_jump	*f;
	struct verdict	 v;

	if (get_verdict(&m->body, &v) == -1 || (v.ok && m->fds[0] == -1))
		ask_malformed("answer about a jump");
	if (!chan_answered(c, &v))
		return;
	f = xcalloc(1, sizeof(*f));
	f->fd = ipc_take_fd(m, 0);
	c->far_state = f;
}

static void
jump_ask(struct chan *c)
{
	const struct forward	*f = c->forward;
	struct ask_jump		 a = { .channel = c->id, .host = f->host,
				    .port = f->port };

	if (f->port == FORWARD_UNIX) {
		chan_fail(c, "sshportal: only an SSH host forwards ports");
		return;
	}
	if (strlen(f->host) > NAME_MAX_BYTES) {
		chan_fail(c, "sshportal: no host has a name as long as that");
		return;
	}
	if (!ask_may(ASK_JUMP))
		return;
	c->asked = 1;
	ask_jump(&a, jump_answered, c);
}

void
jump_start(struct chan *c)
{
	struct conn	*conn = c->conn;
	struct forward	*f = c->forward;

	if (c->sentence == NULL && conn->sentence != NULL)
		chan_fail(c, conn->sentence);
	if (!c->asked && c->sentence == NULL)
		jump_ask(c);
	if (c->sentence == NULL && c->permitted) {
		c->ssh = client_accept(f->msg, &c->callbacks);
		ssh_message_free(f->msg);
		f->msg = NULL;
		if (c->ssh != NULL) {
			c->state = CHAN_RUNNING;
			conn->started = 1;
			return;
		}
	} else if (c->sentence == NULL)
		return;
	if (c->sentence != NULL)
		log_verbose("jump refused: %s", c->sentence);
	/* whoever had a connection for other things, keeps it */
	forward_give_up(c, conn->started ? NULL : c->sentence);
}

static ssize_t
far_jump_write(struct chan *c, const void *data, size_t len)
{
	const struct far_jump	*f = c->far_state;
	ssize_t			 n;

	n = send(f->fd, data, len, MSG_NOSIGNAL);
	if (n == -1)
		return (errno == EAGAIN || errno == EINTR ? FAR_AGAIN :
		    FAR_REFUSED);
	return (n);
}

static int
far_jump_eof(struct chan *c)
{
	const struct far_jump	*f = c->far_state;

	if (shutdown(f->fd, SHUT_WR) == -1)
		log_debug("jump: shutdown: %m");
	return (FAR_OK);
}

static ssize_t
far_jump_read(struct chan *c, void *data, size_t len, int *is_stderr)
{
	const struct far_jump	*f = c->far_state;
	ssize_t			 n;

	*is_stderr = 0;
	n = recv(f->fd, data, len, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (FAR_AGAIN);
	if (n == -1)
		c->in_deaf = 1;		/* gone in both directions */
	return (n > 0 ? n : 0);
}

/* It is over when both sides have said all: there is no status. */
static int
far_jump_exit(struct chan *c)
{
	return (c->in_done || c->in_deaf ? FAR_OK : FAR_AGAIN);
}

static int
far_jump_hangup(struct chan *c)
{
	(void)c;
	return (FAR_OK);
}

static void
far_jump_close(struct chan *c)
{
	struct far_jump	*f = c->far_state;

	c->far_state = NULL;
	if (f != NULL)
		close(f->fd);
	free(f);
}

static int
far_jump_poll(struct chan *c, struct pollfd p[FAR_FDS])
{
	const struct far_jump	*f = c->far_state;

	if (f == NULL || c->state != CHAN_RUNNING)
		return (0);
	p[0].fd = f->fd;
	p[0].events = 0;
	if ((c->to_far.len > 0 || c->held > 0) && !c->in_deaf)
		p[0].events |= POLLOUT;
	if (!c->out_eof && c->to_client.len == 0 && (c->in_closed ||
	    (client_window(c->ssh) > 0 && client_writable(&c->conn->client))))
		p[0].events |= POLLIN;
	if (p[0].events == 0)
		p[0].fd = -1;
	return (1);
}

const struct far_ops far_jump = {
	.write = far_jump_write,
	.eof = far_jump_eof,
	.read = far_jump_read,
	.exit = far_jump_exit,
	.hangup = far_jump_hangup,
	.close = far_jump_close,
	.poll = far_jump_poll,
};
