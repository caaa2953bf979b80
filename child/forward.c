/* SPDX-License-Identifier: ISC */
/*
 * Channels that are no sessions. Each is asked of the monitor, which writes it
 * down; then the side that did not ask for it is opened, and bytes flow as in
 * a session.
 */
#include <stdlib.h>
#include <string.h>

#include "child/ask.h"
#include "child/client.h"
#include "child/conn.h"
#include "child/far.h"
#include "child/forward.h"
#include "child/upstream.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"

static const char *const kind_names[] = {
	[CHAN_LOCAL] = "forward-local",
	[CHAN_REMOTE] = "forward-remote",
	[CHAN_AGENT] = "agent",
	[CHAN_X11] = "x11",
};

static struct chan *
forward_make(struct conn *conn, enum chan_kind kind, const char *host,
    int port, const char *source, int source_port)
{
	struct chan	*c = chan_make(conn, kind);
	struct forward	*f = xcalloc(1, sizeof(*f));

	f->host = xstrdup(host == NULL ? "" : host);
	f->port = port;
	f->source = xstrdup(source == NULL ? "" : source);
	f->source_port = source_port;
	c->forward = f;
	c->far = &far_host;
	return (c);
}

void
forward_new(struct conn *conn, ssh_message msg)
{
	struct chan	*c;

	c = forward_make(conn, CHAN_LOCAL,
	    ssh_message_channel_request_open_destination(msg),
	    ssh_message_channel_request_open_destination_port(msg),
	    ssh_message_channel_request_open_originator(msg),
	    ssh_message_channel_request_open_originator_port(msg));
	c->forward->msg = msg;
}

void
forward_arrived(struct conn *conn, const struct upstream_arrival *a,
    const char *host, int port)
{
	struct chan	*c;

	if (conn->nchannels >= conn->settings->max_channels) {
		log_info("the host opens too many channels");
		upstream_close(&conn->up, a->channel);
		return;
	}
	c = forward_make(conn, a->kind, host, port, a->source,
	    a->source_port);
	far_host_adopt(c, a->channel);
}

void
forward_free(struct forward *f)
{
	if (f == NULL)
		return;
	if (f->msg != NULL)
		ssh_message_free(f->msg);
	free(f->host);
	free(f->source);
	free(f);
}

/*
 * It does not come to bytes; for a reason that holds for all of the connection,
 * or NULL.
 */
static void
give_up(struct chan *c, const char *why)
{
	struct forward	*f = c->forward;
	ssh_message	 msg = f->msg;

	f->msg = NULL;
	if (msg != NULL)
		client_refuse(&c->conn->client, msg,
		    c->conn->nchannels == 1 ? why : NULL);
	chan_end(c);
	/* a channel that the client never had, it cannot close either */
	if (c->ssh == NULL)
		c->in_closed = 1;
}

static void
forward_answered(void *arg, struct ipc *m)
{
	struct chan	*c = arg;
	struct verdict	 v;

	if (get_verdict(&m->body, &v) == -1)
		ask_malformed("answer about a channel");
	chan_answered(c, &v);
}

char *
forward_address(const char *host, int port)
{
	return (xasprintf(strchr(host, ':') != NULL ? "[%.*s]:%d" : "%.*s:%d",
	    FORWARD_HOST_MAX, host, port));
}

static void
ask_forward(struct chan *c)
{
	const struct forward	*f = c->forward;
	struct ask_channel_open	 a;
	char			*detail = NULL;

	memset(&a, 0, sizeof(a));
	if (f->host[0] != '\0')
		detail = forward_address(f->host, f->port);
	a.channel = c->id;
	a.type = kind_names[c->kind];
	a.detail = detail == NULL ? "" : detail;
	c->asked = 1;
	ask_channel_open(&a, forward_answered, c);
	free(detail);
}

/* Opens the side that did not ask: UP_OK, UP_AGAIN or UP_FAILED. */
static int
open_other(struct chan *c)
{
	struct forward	*f = c->forward;
	LIBSSH2_CHANNEL	*channel;
	int		 r;

	if (c->kind != CHAN_LOCAL) {
		r = client_open(c);
		return (r == SSH_OK ? UP_OK :
		    r == SSH_AGAIN ? UP_AGAIN : UP_FAILED);
	}
	if ((r = upstream_open_direct(&c->conn->up, c, f, &channel)) != UP_OK)
		return (r);
	far_host_adopt(c, channel);
	c->ssh = client_accept(f->msg, &c->callbacks);
	ssh_message_free(f->msg);
	f->msg = NULL;
	return (c->ssh == NULL ? UP_FAILED : UP_OK);
}

static void
forward_start(struct chan *c)
{
	int	r;

	if (c->conn->dest != DEST_HOST || c->conn->is_telnet ||
	    c->conn->sentence != NULL) {
		give_up(c, c->conn->sentence != NULL ? c->conn->sentence :
		    "sshportal: only an SSH host forwards ports");
		return;
	}
	if (!upstream_ready(&c->conn->up))
		return;
	if (!c->asked)
		ask_forward(c);
	if (c->sentence != NULL) {
		give_up(c, NULL);
		return;
	}
	if (!c->permitted || (r = open_other(c)) == UP_AGAIN)
		return;
	if (r == UP_FAILED) {
		give_up(c, NULL);
		return;
	}
	c->state = CHAN_RUNNING;
	c->conn->started = 1;
}

void
forward_run(struct chan *c)
{
	if (c->state == CHAN_SETUP)
		forward_start(c);
	if (c->state != CHAN_RUNNING)
		return;
	if (c->sentence != NULL)
		chan_end(c);
	else if (!c->hung_up)
		chan_relay(c);
}
