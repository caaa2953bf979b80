/* SPDX-License-Identifier: ISC */
/*
 * The far end that is a channel of the host's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child/chan.h"
#include "child/conn.h"
#include "child/far.h"
#include "child/modes.h"
#include "child/upstream.h"
#include "lib/log.h"
#include "lib/xmalloc.h"

#define PTY_MAX	256	/* bytes that libssh2 has for TERM and modes */

struct far_channel {
	LIBSSH2_CHANNEL	*channel;	/* NULL: not open yet */
	uint64_t	 seen;		/* host's received at the last read */
	int		 drained;	/* and there was nothing */
	size_t		 wanted;	/* bytes, by a read to be repeated */
};

/*
 * What a result of the host's side means here. When the connection is lost
 * the session fails as a whole, presently.
 */
static int
far_result(const struct chan *c, int r)
{
	if (r == UP_FAILED && upstream_ready(&c->conn->up))
		return (FAR_REFUSED);
	return (r == UP_OK ? FAR_OK : FAR_AGAIN);
}

void
far_host_adopt(struct chan *c, LIBSSH2_CHANNEL *channel)
{
	struct far_channel	*f = xcalloc(1, sizeof(*f));

	f->channel = channel;
	c->far_state = f;
}

/* The far end's state, with its channel if that is open by now. */
static struct far_channel *
far_get(struct chan *c)
{
	struct upstream		*up = &c->conn->up;
	struct far_channel	*f = c->far_state;
	int			 r;

	if (f == NULL)
		c->far_state = f = xcalloc(1, sizeof(*f));
	if (f->channel != NULL)
		return (f);
	r = far_result(c, upstream_open(up, c, &f->channel));
	if (r == FAR_REFUSED)
		chan_fail(c, "sshportal: the host opens no more sessions");
	return (r == FAR_OK ? f : NULL);
}

static int
host_program_of(struct chan *c, LIBSSH2_CHANNEL *channel,
    const struct request *r)
{
	struct upstream	*up = &c->conn->up;

	switch (r->type) {
	case REQUEST_EXEC:
		return (upstream_program(up, channel, "exec", r->text));
	case REQUEST_SUBSYSTEM:
		return (upstream_program(up, channel, "subsystem", r->text));
	default:
		return (upstream_program(up, channel, "shell", NULL));
	}
}

static int
host_pty(struct chan *c, LIBSSH2_CHANNEL *channel, const struct request *r)
{
	uint8_t	modes[PTY_MAX];
	size_t	term_len = strlen(r->text), len;

	if (term_len > PTY_MAX)
		return (FAR_REFUSED);
	len = modes_fit(r->modes, r->modes_len, modes, PTY_MAX - term_len);
	return (far_result(c, upstream_pty(&c->conn->up, channel, r->text,
	    r->size, modes, len)));
}

static int
host_request(struct chan *c, const struct request *r)
{
	struct upstream		*up = &c->conn->up;
	struct far_channel	*f = far_get(c);

	if (f == NULL)
		return (FAR_AGAIN);
	switch (r->type) {
	case REQUEST_PTY:
		return (host_pty(c, f->channel, r));
	case REQUEST_ENV:
		return (far_result(c, upstream_env(up, f->channel, r->text,
		    r->value)));
	case REQUEST_SHELL:
	case REQUEST_EXEC:
	case REQUEST_SUBSYSTEM:
		return (far_result(c, host_program_of(c, f->channel, r)));
	case REQUEST_AGENT:
		upstream_permit_agent(up);
		return (far_result(c, upstream_agent(up, f->channel)));
	case REQUEST_X11:
		upstream_permit_x11(up);
		return (far_result(c, upstream_x11(up, f->channel, r->single,
		    r->text, r->value, r->screen)));
	case REQUEST_RESIZE:
		return (far_result(c, upstream_resize(up, f->channel,
		    r->size)));
	case REQUEST_SIGNAL:
		return (far_result(c, upstream_signal(up, f->channel,
		    r->text)));
	default:
		return (FAR_REFUSED);
	}
}

static ssize_t
host_far_write(struct chan *c, const void *data, size_t len)
{
	struct far_channel	*f = c->far_state;
	ssize_t			 n;

	n = upstream_write(&c->conn->up, f->channel, data, len);
	return (n > 0 ? n : far_result(c, n));
}

static int
host_far_eof(struct chan *c)
{
	struct far_channel	*f = c->far_state;

	return (far_result(c, upstream_eof(&c->conn->up, f->channel)));
}

static ssize_t
host_far_read(struct chan *c, void *data, size_t len, int *is_stderr)
{
	struct upstream		*up = &c->conn->up;
	struct far_channel	*f = c->far_state;
	ssize_t			 n;

	if (f->drained && f->seen == up->received)
		return (FAR_AGAIN);
	/*
	 * A read that waits for new keys has promised the host a window by
	 * its length, and libssh2 books that of the read that follows.
	 */
	if (f->wanted != 0)
		len = f->wanted;
	n = upstream_read(up, f->channel, data, len, is_stderr);
	f->seen = up->received;
	f->drained = n == UP_AGAIN;
	f->wanted = f->drained ? len : 0;
	if (n >= 0)
		return (n);
	return (far_result(c, n) == FAR_REFUSED ? 0 : FAR_AGAIN);
}

static int
host_far_exit(struct chan *c)
{
	struct far_channel	*f = c->far_state;
	int			 r;

	r = far_result(c, upstream_exit(&c->conn->up, f->channel, &c->exit));
	if (r == FAR_AGAIN)
		return (FAR_AGAIN);
	c->end.status = c->exit.status;
	c->end.how = r == FAR_REFUSED ? CHANNEL_END_NONE : c->exit.how;
	return (FAR_OK);
}

static int
host_far_hangup(struct chan *c)
{
	struct far_channel	*f = c->far_state;

	return (far_result(c, upstream_hangup(&c->conn->up, f->channel)));
}

static void
host_far_close(struct chan *c)
{
	struct far_channel	*f = c->far_state;

	upstream_open_forget(&c->conn->up, c);
	if (f != NULL && f->channel != NULL)
		upstream_close(&c->conn->up, f->channel);
	free(f);
	c->far_state = NULL;
}

const struct far_ops far_host = {
	.audited = 1,
	.request = host_request,
	.write = host_far_write,
	.eof = host_far_eof,
	.read = host_far_read,
	.exit = host_far_exit,
	.hangup = host_far_hangup,
	.close = host_far_close,
};
