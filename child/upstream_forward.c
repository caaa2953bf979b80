/* SPDX-License-Identifier: ISC */
/*
 * The host's side: channels to ports and Unix sockets that it reaches, and
 * those that it opens to us: from ports and sockets that it listens on, to
 * agents and displays.
 */
#include <stdlib.h>
#include <string.h>

#include "child/conn.h"
#include "child/evp.h"
#include "child/forward.h"
#include "child/streamlocal.h"
#include "child/upstream.h"
#include "child/upstream_int.h"
#include "lib/xmalloc.h"

#define QUEUE		64	/* connections that nobody has taken yet */
#define SOURCE_MAX	1024	/* bytes of the name of who connected */

int
upstream_open_direct(struct upstream *up, void *owner,
    const struct forward *f, LIBSSH2_CHANNEL **channel)
{
	enum evp_side	 before;
	LIBSSH2_CHANNEL	*c;
	int		 r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	if (up->opener != NULL && up->opener != owner)
		return (UP_AGAIN);
	up->opener = owner;
	before = evp_enter(EVP_SIDE_OTHER);
	if (f->port == FORWARD_UNIX)
		c = libssh2_channel_direct_streamlocal_ex(up->ssh, f->host,
		    f->source, f->source_port);
	else
		c = libssh2_channel_direct_tcpip_ex(up->ssh, f->host, f->port,
		    f->source, f->source_port);
	r = upstream_opened(up, c);
	evp_enter(before);
	*channel = c;
	return (r);
}

int
upstream_agent(struct upstream *up, LIBSSH2_CHANNEL *c)
{
	enum evp_side	before;
	int		r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	r = upstream_answered(up, c, libssh2_channel_request_auth_agent(c));
	evp_enter(before);
	return (r);
}

int
upstream_x11(struct upstream *up, LIBSSH2_CHANNEL *c, int single,
    const char *protocol, const char *cookie, int screen)
{
	enum evp_side	before;
	int		r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	r = upstream_answered(up, c, libssh2_channel_x11_req_ex(c, single,
	    protocol, cookie, screen));
	evp_enter(before);
	return (r);
}

/* Who connected, as the host says; a name that is none is left out. */
static void
set_source(struct upstream_arrival *a, const char *source, int port)
{
	const int	known = source != NULL && strlen(source) <= SOURCE_MAX;

	a->source = xstrdup(known ? source : "");
	a->source_port = known ? port : 0;
}

/*
 * libssh2 has said yes to the host by now, and calls these while it reads:
 * the channel is only noted.
 */
static void
arrived(struct upstream *up, enum chan_kind kind, LIBSSH2_CHANNEL *c,
    const char *source, int source_port)
{
	struct upstream_arrival	*a;

	up->arrivals = xreallocarray(up->arrivals, up->narrivals + 1,
	    sizeof(*up->arrivals));
	a = &up->arrivals[up->narrivals++];
	a->kind = kind;
	a->channel = c;
	set_source(a, source, source_port);
}

static LIBSSH2_AUTHAGENT_FUNC(agent_opened)
{
	(void)session;
	arrived(*abstract, CHAN_AGENT, channel, "", 0);
}

static LIBSSH2_X11_OPEN_FUNC(x11_opened)
{
	(void)session;
	arrived(*abstract, CHAN_X11, channel, shost, sport);
}

void
upstream_permit_agent(struct upstream *up)
{
	libssh2_session_callback_set2(up->ssh, LIBSSH2_CALLBACK_AUTHAGENT,
	    (libssh2_cb_generic *)agent_opened);
}

void
upstream_permit_x11(struct upstream *up)
{
	libssh2_session_callback_set2(up->ssh, LIBSSH2_CALLBACK_X11,
	    (libssh2_cb_generic *)x11_opened);
}

void
upstream_arrivals(struct upstream *up)
{
	size_t	i;

	for (i = 0; i < up->narrivals; i++) {
		upstream_keep(up, up->arrivals[i].channel);
		forward_arrived(up->conn, &up->arrivals[i], NULL, 0);
		free(up->arrivals[i].source);
	}
	up->narrivals = 0;
}

int
upstream_listen(struct upstream *up, const char *host, int *port,
    LIBSSH2_LISTENER **listener)
{
	const int	asked = *port;
	enum evp_side	before;
	int		r = UP_OK;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	*listener = *port == FORWARD_UNIX ?
	    streamlocal_listen(up->ssh, host, QUEUE) :
	    libssh2_channel_forward_listen_ex(up->ssh, host, *port, port,
	    QUEUE);
	if (*listener == NULL && (r = upstream_check(up,
	    libssh2_session_last_errno(up->ssh))) == UP_OK)
		r = UP_FAILED;
	else if (*listener != NULL && asked == 0 &&
	    (*port <= 0 || *port > UINT16_MAX)) {
		upstream_lost(up, "it listens on a port that is none");
		r = UP_FAILED;
	}
	evp_enter(before);
	return (r);
}

int
upstream_unlisten(struct upstream *up, LIBSSH2_LISTENER *listener)
{
	enum evp_side	before;
	int		r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	r = upstream_check(up, libssh2_channel_forward_cancel(listener));
	evp_enter(before);
	return (r);
}

int
upstream_accept(struct upstream *up, LIBSSH2_LISTENER *listener,
    struct upstream_arrival *a)
{
	enum evp_side	before;
	LIBSSH2_CHANNEL	*c;
	const char	*source;
	int		 port = 0;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	c = libssh2_channel_forward_accept(listener);
	evp_enter(before);
	if (c == NULL)
		return (upstream_check(up,
		    libssh2_session_last_errno(up->ssh)) == UP_FAILED ?
		    UP_FAILED : UP_AGAIN);
	upstream_keep(up, c);
	*a = (struct upstream_arrival){ .kind = CHAN_REMOTE, .channel = c };
	source = streamlocal_originator(c, &port);
	set_source(a, source, port);
	return (UP_OK);
}
