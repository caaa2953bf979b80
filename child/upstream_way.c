/* SPDX-License-Identifier: ISC */
/*
 * The host's side: a connection that runs over a channel of another one, as
 * far as the socket of the first. Where the channel leads to is the monitor's
 * word; names mean what they mean to the host that connects.
 */
#include <errno.h>
#include <string.h>

#include "child/ask.h"
#include "child/conn.h"
#include "child/forward.h"
#include "child/upstream.h"
#include "child/upstream_int.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"

/* What libssh2 says of a host that opens no channel, and what it means. */
static const struct {
	const char	*word;
	const char	*does, *why;
} refusals[] = {
	{ "prohibited", "lets no connection through to", "its sshd does not "
	    "permit that (AllowTcpForwarding, PermitOpen, or restrict in "
	    "authorized_keys)" },
	{ "(connect", "cannot connect to", "is that one up, and does its "
	    "address mean anything there?" },
	{ "(unknown", "lets no connection through to", "its SSH server does "
	    "no TCP forwarding" },
	{ "(resource", "lets no connection through to", "it has no resources "
	    "left" },
};

/* The host before does not connect to it: that is the one that failed. */
static void
way_refused(struct upstream *up)
{
	struct upstream	*via = up->via;
	const char	*words = upstream_error(via);
	size_t		 i;

	log_info("host %s: no connection to %s port %d: %s", via->host,
	    up->addr, up->port, words);
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (strstr(words, refusals[i].word) == NULL)
			continue;
		upstream_lost(via, "it %s %s: %s", refusals[i].does, up->host,
		    refusals[i].why);
		return;
	}
	upstream_lost(via, "it opens no connection to %s (%s)", up->host,
	    words);
}

int
upstream_way_step(struct upstream *up)
{
	const struct settings	*s = up->conn->settings;
	const struct forward	 f = { .host = up->addr, .port = up->port,
				    .source = (char *)"127.0.0.1",
				    .source_port = 0 };
	int64_t			 now;
	int			 r;

	if (up->via->state != UP_READY)
		return (UP_AGAIN);
	now = clock_mono_ms();
	if (up->way_ends == 0)
		up->way_ends = now + s->connect_timeout_ms;
	r = upstream_open_direct(up->via, up, &f, &up->way);
	if (r == UP_OK) {
		up->state = UP_HANDSHAKE;
		if (up->conn->is_errand)
			ask_errand(&(struct ask_errand){ .stage = ERRAND_HOP,
			    .ok = 1, .text = "" });
	} else if (r == UP_FAILED && up->via->state == UP_READY) {
		way_refused(up);
	} else if (r == UP_AGAIN && now >= up->way_ends) {
		upstream_lost(up->via, "it does not connect to %s: no answer "
		    "within %g seconds", up->host,
		    (double)s->connect_timeout_ms / 1000);
	} else
		return (UP_AGAIN);
	if (r != UP_OK)
		upstream_way_lost(up);
	return (r);
}

ssize_t
upstream_way_send(struct upstream *up, const void *data, size_t len)
{
	ssize_t	n;

	if ((n = upstream_write(up->via, up->way, data, len)) >= 0)
		return (n);
	return (n == UP_AGAIN ? 0 : -ECONNRESET);
}

/*
 * What the host before sends beside the stream is nobody's. A read that did
 * not fill its buffer has emptied the channel, until via receives more.
 */
ssize_t
upstream_way_recv(struct upstream *up, void *data, size_t len)
{
	ssize_t	n;
	int	beside;

	if (!upstream_way_stirs(up))
		return (-EAGAIN);
	do
		n = upstream_read(up->via, up->way, data, len, &beside);
	while (n > 0 && beside);
	up->way_seen = up->via->received;
	up->dry = n < (ssize_t)len;
	if (n >= 0)
		return (n);
	return (n == UP_AGAIN ? -EAGAIN : -ECONNRESET);
}

int
upstream_way_stirs(const struct upstream *up)
{
	return (!up->dry || up->way_seen != up->via->received);
}

void
upstream_way_lost(struct upstream *up)
{
	if (up->state == UP_DEAD)
		return;
	up->state = UP_DEAD;
	up->lost = xstrdup(up->via->lost);
}
