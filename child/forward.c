/* SPDX-License-Identifier: ISC */
/*
 * Channels that are no sessions. Each is asked of the monitor, which writes it
 * down; then the side that did not ask for it is opened, and bytes flow as in
 * a session.
 */
#include <sys/un.h>

#include <stdlib.h>
#include <string.h>

#include "child/ask.h"
#include "child/client.h"
#include "child/conn.h"
#include "child/far.h"
#include "child/forward.h"
#include "child/jump.h"
#include "child/streamlocal.h"
#include "child/upstream.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"

#define HOST_MAX	1024		/* bytes of a host's name */
#define PATH_MAX_UNIX	(sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

/*
 * Anybody on the host can connect to a port there that leads to the person.
 * So that they do not use up what the person's own channels wait for too
 * (CHANNELS_A_MINUTE), of those that the host opens this many may come at
 * once, and after them one in this time.
 */
#define ARRIVALS_BURST	1000
#define ARRIVALS_MS	33

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

const char *
forward_wrong(const char *host, int port)
{
	if (port != FORWARD_UNIX)
		return (strlen(host) <= HOST_MAX ? NULL : "sshportal: the "
		    "name of the host to forward to is too long");
	if (*host == '\0')
		return ("sshportal: the path of the socket to forward to is "
		    "empty");
	return (strlen(host) <= PATH_MAX_UNIX ? NULL : "sshportal: the path of "
	    "the socket to forward to is too long");
}

const char *
forward_new(struct conn *conn, ssh_message msg)
{
	const char	*host, *why;
	int		 port;
	struct chan	*c;

	host = ssh_message_channel_request_open_destination(msg);
	port = streamlocal_is_open(msg) ? FORWARD_UNIX :
	    ssh_message_channel_request_open_destination_port(msg);
	if (host == NULL)
		host = "";
	if ((why = forward_wrong(host, port)) != NULL)
		return (why);
	c = forward_make(conn, CHAN_LOCAL, host, port,
	    ssh_message_channel_request_open_originator(msg),
	    ssh_message_channel_request_open_originator_port(msg));
	c->forward->msg = msg;
	return (NULL);
}

/* Takes note of one more; why it is too many, or NULL. */
static const char *
too_many(struct conn *conn)
{
	int64_t	now = clock_mono_ms();

	if (conn->nchannels >= conn->settings->max_channels)
		return ("too many channels at once");
	if (conn->arrivals_due < now)
		conn->arrivals_due = now;
	if (conn->arrivals_due - now > ARRIVALS_BURST * ARRIVALS_MS)
		return ("channels faster than they are taken");
	conn->arrivals_due += ARRIVALS_MS;
	return (NULL);
}

void
forward_arrived(struct conn *conn, const struct upstream_arrival *a,
    const char *host, int port)
{
	const char	*why;
	struct chan	*c;

	if ((why = too_many(conn)) != NULL) {
		/* once: what is logged is counted, too */
		if (!conn->arrivals_told)
			log_info("the host opens %s: such are closed", why);
		conn->arrivals_told = 1;
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

void
forward_give_up(struct chan *c, const char *why)
{
	struct forward	*f = c->forward;
	ssh_message	 msg = f->msg;

	f->msg = NULL;
	if (msg != NULL)
		client_refuse(&c->conn->client, msg,
		    c->conn->nchannels == 1 ? why : NULL);
	/*
	 * What the client was asked to open, and has not yet, has no number
	 * by which it could be closed: libssh would close the client's first.
	 */
	if (c->ssh != NULL)
		client_free(c->ssh);
	c->ssh = NULL;
	chan_end(c);
	/* a channel that the client never had, it cannot close either */
	c->in_closed = 1;
}

char *
forward_address(const char *host, int port)
{
	if (port == FORWARD_UNIX)
		return (xasprintf("unix:%s", host));
	return (xasprintf(strchr(host, ':') != NULL ? "[%s]:%d" : "%s:%d",
	    host, port));
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
	ask_channel_open(&a, chan_opened, c);
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
		forward_give_up(c, c->conn->sentence != NULL ?
		    c->conn->sentence :
		    "sshportal: only an SSH host forwards ports");
		return;
	}
	if (!upstream_ready(&c->conn->up))
		return;
	if (!c->asked && ask_may(ASK_CHANNEL_OPEN))
		ask_forward(c);
	if (c->sentence != NULL) {
		/* said with the connection's end where this was all of it */
		forward_give_up(c, c->conn->started || c->conn->nlisteners > 0 ?
		    NULL : c->sentence);
		return;
	}
	if (!c->permitted || (r = open_other(c)) == UP_AGAIN)
		return;
	if (r == UP_FAILED) {
		forward_give_up(c, NULL);
		return;
	}
	c->state = CHAN_RUNNING;
	c->conn->started = 1;
}

void
forward_run(struct chan *c)
{
	if (c->state == CHAN_SETUP && jump_wanted(c))
		jump_start(c);
	else if (c->state == CHAN_SETUP)
		forward_start(c);
	if (c->state != CHAN_RUNNING)
		return;
	/*
	 * ssh -W goes when its channel does: what ends all of the connection
	 * is said by the end of that.
	 */
	if (c->sentence != NULL && c->conn->stop_at == 0)
		chan_end(c);
	else if (c->sentence == NULL && !c->hung_up)
		chan_relay(c);
}
