/* SPDX-License-Identifier: ISC */
/*
 * Ports and Unix sockets on which the host listens for the person. Each is a
 * row of the history for as long as it is open, and so is every connection to
 * it.
 */
#include <stdlib.h>
#include <string.h>

#include "child/ask.h"
#include "child/client.h"
#include "child/conn.h"
#include "child/forward.h"
#include "child/listen.h"
#include "child/upstream.h"
#include "lib/log.h"
#include "lib/xmalloc.h"

#define LISTENERS_MAX	64	/* of one connection, open and asked for */

struct listener {
	TAILQ_ENTRY(listener)	 link;
	struct conn		*conn;
	uint32_t		 id;		/* its channel number */
	ssh_message		 msg;		/* not answered yet */
	int			 cancel;	/* it asks for the end of one */
	char			*host;		/* as the client named it */
	int			 port;		/* and as it came to be, or
						   FORWARD_UNIX */
	LIBSSH2_LISTENER	*listener;	/* the host listens */
	int			 asked, answered, permitted;
};

static void
listener_free(struct listener *l)
{
	struct ask_channel_close	end = { .channel = l->id,
					    .signal = "" };

	TAILQ_REMOVE(&l->conn->listeners, l, link);
	l->conn->nlisteners--;
	if (l->permitted)
		ask_channel_close(&end);
	if (l->msg != NULL)
		ssh_message_free(l->msg);
	free(l->host);
	free(l);
}

static void
listener_answer(struct listener *l, int ok)
{
	client_listening(&l->conn->client, l->msg, ok, l->port);
	l->msg = NULL;
}

/* What is wrong with a request, or NULL. */
static const char *
listen_wrong(const struct conn *conn, const char *host, int port)
{
	if (conn->nlisteners >= LISTENERS_MAX)
		return ("sshportal: too many ports and sockets to listen on");
	if (conn->dest != DEST_HOST)
		return ("sshportal: only an SSH host forwards ports");
	return (forward_wrong(host, port));
}

void
listen_request(struct conn *conn, ssh_message msg, int port, int cancel)
{
	struct listener	*l;
	const char	*host = ssh_message_global_request_address(msg);
	const char	*why;

	if (host == NULL)
		host = "";
	if ((why = listen_wrong(conn, host, port)) != NULL) {
		log_verbose("listening refused: %s", why);
		client_listening(&conn->client, msg, 0, 0);
		return;
	}
	l = xcalloc(1, sizeof(*l));
	l->conn = conn;
	l->msg = msg;
	l->cancel = cancel;
	l->host = xstrdup(host);
	l->port = port;
	TAILQ_INSERT_TAIL(&conn->listeners, l, link);
	conn->nlisteners++;
}

/* The monitor's answer; the one it is for may have to go by now. */
static void
listen_answered(void *arg, struct ipc *m)
{
	struct listener			*l = arg;
	struct answer_channel_open	 a;

	if (get_answer_channel_open(&m->body, &a) == -1)
		ask_malformed("answer about a port");
	l->answered = 1;
	l->permitted = a.verdict.ok;
	/* a failure has no room for words (RFC 4254, section 4) */
	if (!l->permitted && l->conn->unsaid == NULL)
		l->conn->unsaid = xstrdup(a.verdict.sentence);
}

static void
ask_listen(struct listener *l)
{
	struct ask_channel_open	 a;
	char			*address, *detail;

	memset(&a, 0, sizeof(a));
	address = forward_address(l->host, l->port);
	detail = xasprintf("listens on %s", address);
	free(address);
	l->id = ++l->conn->last_channel;
	a.channel = l->id;
	a.type = "forward-remote";
	a.detail = detail;
	l->asked = 1;
	ask_channel_open(&a, listen_answered, l);
	free(detail);
}

static struct listener *
listener_find(struct conn *conn, const char *host, int port)
{
	struct listener	*l;

	TAILQ_FOREACH(l, &conn->listeners, link) {
		if (l->listener != NULL && l->port == port &&
		    strcmp(l->host, host) == 0)
			return (l);
	}
	return (NULL);
}

/* Returns whether it is done with: answered, for good or ill. */
static int
listener_cancel(struct listener *l)
{
	struct listener	*open = listener_find(l->conn, l->host, l->port);

	if (open != NULL &&
	    upstream_unlisten(&l->conn->up, open->listener) == UP_AGAIN)
		return (0);
	listener_answer(l, open != NULL);
	if (open != NULL)
		listener_free(open);
	listener_free(l);
	return (1);
}

static int
listener_begin(struct listener *l)
{
	int	r = UP_FAILED;

	if (!l->asked && ask_may(ASK_CHANNEL_OPEN))
		ask_listen(l);
	if (!l->answered)
		return (0);
	if (l->permitted && (r = upstream_listen(&l->conn->up, l->host,
	    &l->port, &l->listener)) == UP_AGAIN)
		return (0);
	listener_answer(l, r == UP_OK);
	if (r != UP_OK)
		listener_free(l);
	return (1);
}

/* The first that waits for its answer. */
static struct listener *
first_waiting(struct conn *conn)
{
	struct listener	*l;

	TAILQ_FOREACH(l, &conn->listeners, link) {
		/* The analyzer forgets that freed ones are not in the list. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		if (l->msg != NULL)
			return (l);
	}
	return (NULL);
}

/* Those that were answered wait for connections. */
static void
take_arrivals(struct conn *conn)
{
	struct upstream_arrival	 a;
	struct listener		*l;

	TAILQ_FOREACH(l, &conn->listeners, link) {
		while (l->listener != NULL && l->msg == NULL &&
		    upstream_accept(&conn->up, l->listener, &a) == UP_OK) {
			forward_arrived(conn, &a, l->host, l->port);
			free(a.source);
		}
	}
}

void
listen_run(struct conn *conn)
{
	struct listener	*l;
	int		 done = 1;

	if (TAILQ_EMPTY(&conn->listeners))
		return;
	while (done && (l = first_waiting(conn)) != NULL) {
		if ((conn->sentence != NULL || conn->nowhere != NULL ||
		    conn->is_telnet) && !l->asked) {
			listener_answer(l, 0);
			listener_free(l);
		} else if (!upstream_ready(&conn->up)) {
			return;
		} else {
			done = l->cancel ? listener_cancel(l) :
			    listener_begin(l);
		}
	}
	if (conn->listen_seen != conn->up.received) {
		conn->listen_seen = conn->up.received;
		take_arrivals(conn);
	}
}

void
listen_end(struct conn *conn)
{
	while (!TAILQ_EMPTY(&conn->listeners))
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): removes it */
		listener_free(TAILQ_FIRST(&conn->listeners));
}
