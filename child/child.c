/* SPDX-License-Identifier: ISC */
/*
 * The child: its birth, and the loop.
 *
 * One thread waits in one place. It wakes for the gate, the two sockets and
 * the shells; there is no timer unless something is due: the end of an idle
 * session or of a stopped one, a keepalive, and once after bulk, to give
 * memory back.
 */
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child/ask.h"
#include "child/chan.h"
#include "child/child.h"
#include "child/conn.h"
#include "child/errand.h"
#include "child/far.h"
#include "child/relay.h"
#include "child/sandbox.h"
#include "child/sum.h"
#include "child/warm.h"
#include "lib/clock.h"
#include "lib/harden.h"
#include "lib/log.h"
#include "lib/proctitle.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"

#define GATE		3	/* its descriptor */
#define STOP_GRACE_MS	1300	/* for a sentence to be read */
#define RELEASE_MS	200	/* quiet after bulk */
#define BULK		(256 * 1024)
#define TURNS		4	/* of channels that write, in a round */

enum polled {
	POLLED_GATE,
	POLLED_CLIENT,
	POLLED_HOST,
	POLLED_FAR
};

/* What to wait for, as poll(2) has it. */
struct polls {
	struct pollfd	*p;
	nfds_t		 n;
	size_t		 size;
};

/* All descriptors but the gate; 0 to 2 stay taken, by nothing. */
static void
close_all(int gate)
{
	int	fd, high, null;

	/* out of the way of what is put below */
	if ((high = fcntl(gate, F_DUPFD, GATE + 1)) == -1 ||
	    (null = open("/dev/null", O_RDWR)) == -1)
		fatal("/dev/null: %s", strerror(errno));
	for (fd = 0; fd < GATE; fd++) {
		if (fd != null && dup2(null, fd) == -1)
			fatal("dup2: %s", strerror(errno));
	}
	if (dup2(high, GATE) == -1 ||
	    syscall(SYS_close_range, GATE + 1, ~0U, 0) == -1)
		fatal("close_range: %s", strerror(errno));
}

static void
birth(int gate, const struct settings *settings)
{
	struct sigaction	ignore = { .sa_handler = SIG_IGN };

	proctitle_set("child");
	child_warm_up();
	ask_init(gate);
	log_init("child", settings->log_level);
	log_set_sink(ask_log);
	sigaction(SIGPIPE, &ignore, NULL);
	close_all(gate);
	ask_init(GATE);
	sandbox_drop(settings);
	sandbox_lock();
}

/*
 * Waits for the keys to offer, then for the connection. Whether there is a
 * person: an errand has been run when this returns.
 */
static int
wait_for_connection(struct conn *conn)
{
	struct tell_start	start;
	struct ipc		told, connection;
	int			fd;

	ask_wait_tell(TELL_START, &told);
	if (get_tell_start(&told.body, &start) == -1)
		ask_malformed("start");
	if (client_prepare(&conn->client, &start) == -1)
		_exit(1);
	ipc_free(&told);
	ask_wait_next(&connection);
	if (connection.type == TELL_ERRAND) {
		errand_run(conn, &connection);
		ipc_free(&connection);
		return (0);
	}
	if (connection.type != TELL_CONNECTION ||
	    (fd = ipc_take_fd(&connection, 0)) == -1)
		ask_malformed("connection");
	ipc_free(&connection);
	if (client_start(&conn->client, fd) == -1)
		_exit(1);
	return (1);
}

static void
target_answered(void *arg, struct ipc *m)
{
	struct conn		*conn = arg;
	struct answer_target	 t;

	if (get_answer_target(&m->body, &t) == -1 ||
	    (t.verdict.ok && m->fds[0] == -1))
		ask_malformed("answer about a host");
	if (!t.verdict.ok)
		conn->nowhere = xstrdup(t.verdict.sentence);
	else if (t.scheme == SCHEME_SSH)
		upstream_start(&conn->up, conn, ipc_take_fd(m, 0), &t);
	else {
		conn->is_telnet = 1;
		conn->telnet_fd = ipc_take_fd(m, 0);
	}
}

void
conn_login(struct conn *conn, enum destination dest, char *text)
{
	conn->dest = dest;
	conn->notice = text;
	if (dest == DEST_HOST)
		ask_target(target_answered, conn);
}

void
conn_fail(struct conn *conn, const char *sentence)
{
	struct chan	*c;

	if (conn->sentence == NULL)
		conn->sentence = xstrdup(sentence);
	TAILQ_FOREACH(c, &conn->channels, link)
		chan_fail(c, sentence);
}

void
conn_stop(struct conn *conn, const char *sentence)
{
	if (conn->stop_at == 0)
		conn->stop_at = clock_mono_ms() + STOP_GRACE_MS;
	conn_fail(conn, sentence);
}

void
conn_warn(struct conn *conn, const char *sentence)
{
	struct chan	*c;
	char		*old = conn->warning;

	/* in the midst of what a program has drawn */
	conn->warning = sentence[0] == '\0' ? NULL :
	    xasprintf("\r\n%s", sentence);
	TAILQ_FOREACH(c, &conn->channels, link) {
		if (c->kind == CHAN_SESSION && c->pty &&
		    c->state == CHAN_RUNNING)
			c->to_say = conn->warning;
		else if (c->to_say == old)
			c->to_say = NULL;
	}
	free(old);
}

/* What the monitor says unasked. */
static void
told(void *arg, struct ipc *m)
{
	struct conn	*conn = arg;
	struct sentence	 sentence;

	switch (m->type) {
	case TELL_SHELL_EXIT:
		far_shell_exit(conn, m);
		break;
	case TELL_STOP:
		if (get_sentence(&m->body, &sentence) == -1)
			ask_malformed("stop");
		conn_stop(conn, sentence.text);
		break;
	case TELL_WARN:
		if (get_sentence(&m->body, &sentence) == -1)
			ask_malformed("warning");
		conn_warn(conn, sentence.text);
		break;
	default:
		ask_malformed("message");
	}
}

/*
 * Each channel does what it can. What the client takes in a round is bounded:
 * the next begins with the one after who took the last of it, and else with
 * the second of this, so that none waits for ever behind a busy one.
 */
static void
run_chans(struct conn *conn)
{
	struct client	*client = &conn->client;
	struct chan	*c, *last = NULL;

	client->turns = client_writable(client) ? TURNS : 0;
	TAILQ_FOREACH(c, &conn->channels, link) {
		chan_run(c);
		if (client->turns == 0 && last == NULL)
			last = c;
	}
	if (last == NULL)
		last = TAILQ_FIRST(&conn->channels);
	while (last != NULL) {
		c = TAILQ_FIRST(&conn->channels);
		TAILQ_REMOVE(&conn->channels, c, link);
		TAILQ_INSERT_TAIL(&conn->channels, c, link);
		if (c == last)
			break;
	}
}

/* Whether a stopped session has said all that it had to say. */
static int
has_stopped(const struct conn *conn)
{
	const struct chan	*c;

	if (conn->stop_at == 0)
		return (0);
	if (clock_mono_ms() >= conn->stop_at)
		return (1);
	TAILQ_FOREACH(c, &conn->channels, link) {
		/* a client that reads of the end drops what it has to show */
		if (c->had_program)
			return (0);
	}
	return (client_writable(&conn->client));
}

static void
add_poll(struct polls *polls, int fd, short events)
{
	struct pollfd	*p;

	if (polls->n == polls->size) {
		polls->size += 16;
		polls->p = xreallocarray(polls->p, polls->size,
		    sizeof(*polls->p));
	}
	p = &polls->p[polls->n++];
	p->fd = events == 0 ? -1 : fd;
	p->events = events;
	p->revents = 0;
}

static void
fill_polls(struct conn *conn, struct polls *polls)
{
	struct pollfd	 far[FAR_FDS];
	struct chan	*c;
	int		 i, n;

	polls->n = 0;
	add_poll(polls, ask_fd(), POLLIN);
	add_poll(polls, conn->client.fd, client_events(&conn->client));
	add_poll(polls, conn->up.fd, upstream_events(&conn->up));
	TAILQ_FOREACH(c, &conn->channels, link) {
		if (c->far == NULL || c->far->poll == NULL)
			continue;
		n = c->far->poll(c, far);
		for (i = 0; i < n; i++)
			add_poll(polls, far[i].fd, far[i].fd == -1 ? 0 :
			    far[i].events);
	}
}

/* Milliseconds until this moment, for poll(2). */
static int
until(int64_t at, int64_t now)
{
	if (at <= now)
		return (0);
	return (at - now > 3600000 ? 3600000 : at - now);
}

static int
earlier(int a, int b)
{
	return (a == -1 || (b != -1 && b < a) ? b : a);
}

/* How long to wait at most; -1: until something happens. */
static int
wait_time(const struct conn *conn, int release)
{
	int64_t	now;
	int	ms = release ? RELEASE_MS : -1;

	if (ask_waiting())
		return (0);
	ms = earlier(ms, ask_pause());
	ms = earlier(ms, client_wait(&conn->client));
	ms = earlier(ms, upstream_wait(&conn->up));
	if (conn->stop_at == 0 && conn->settings->idle_timeout_ms == 0)
		return (ms);
	now = clock_mono_ms();
	if (conn->stop_at != 0)
		ms = earlier(ms, until(conn->stop_at, now));
	else if (conn->client.state == CLIENT_OPEN)
		ms = earlier(ms, until(conn->active_at +
		    conn->settings->idle_timeout_ms, now));
	return (ms);
}

/*
 * Ends a session in which nothing has passed for too long: no byte, and nobody
 * has wished for anything. Keepalives of either side are no wishes.
 */
static void
check_idle(struct conn *conn)
{
	static const char	idle[] = "sshportal: the session was idle for "
				    "too long";
	int64_t			limit = conn->settings->idle_timeout_ms;
	uint64_t		seen = relay_moved() + conn->wishes;
	int64_t			now;

	if (limit == 0)
		return;
	now = clock_mono_ms();
	if (seen != conn->active_seen || conn->client.state != CLIENT_OPEN) {
		conn->active_at = now;
		conn->active_seen = seen;
	} else if (now - conn->active_at >= limit) {
		ask_ending(idle);
		conn_stop(conn, idle);
	}
}

/* Waits; returns what poll said about the host's socket. */
static short
wait_for_events(struct conn *conn, struct polls *polls, int ms)
{
	int	n;

	fill_polls(conn, polls);
	n = poll(polls->p, polls->n, ms);
	if (n == -1 && errno != EINTR)
		fatal("poll: %s", strerror(errno));
	if (n == 0 && ms == RELEASE_MS) {
		client_release(&conn->client);
		relay_release();
		conn->released = relay_moved();
	}
	if (polls->p[POLLED_GATE].revents != 0 || ask_waiting())
		ask_receive(told, conn);
	if (polls->p[POLLED_CLIENT].revents != 0 ||
	    client_wait(&conn->client) == 0)
		client_run(conn);
	check_idle(conn);
	return (polls->p[POLLED_HOST].revents);
}

/* Serves the connection until it ends. */
static void
serve(struct conn *conn)
{
	struct polls	polls = { NULL, 0, 0 };
	short		host = 0;
	int		ms;

	client_run(conn);
	while (conn->client.state != CLIENT_GONE) {
		upstream_run(&conn->up, host);
		listen_run(conn);
		run_chans(conn);
		chans_reap(conn);
		/* what a channel had to say may have ended it */
		if (has_stopped(conn) || conn->client.state == CLIENT_GONE)
			break;
		upstream_push(&conn->up);
		/* libssh2 may have queued bytes for a channel that was done */
		ms = upstream_restless(&conn->up) ? 0 : wait_time(conn,
		    relay_moved() - conn->released > BULK);
		host = wait_for_events(conn, &polls, ms);
	}
}

void
child_main(int gate, const struct settings *settings)
{
	struct conn	conn;

	birth(gate, settings);
	memset(&conn, 0, sizeof(conn));
	conn.settings = settings;
	conn.up.fd = conn.telnet_fd = -1;
	if (!settings->file_sums)
		sums_off();
	conn.client.alive.interval_ms = settings->client_alive_ms;
	conn.client.alive.max = settings->client_alive_max;
	conn.up.alive.interval_ms = settings->server_alive_ms;
	conn.up.alive.max = settings->server_alive_max;
	TAILQ_INIT(&conn.channels);
	TAILQ_INIT(&conn.listeners);
	if (!wait_for_connection(&conn)) {
		upstream_disconnect(&conn.up);
		leave(0);
	}
	serve(&conn);
	chans_end(&conn);
	listen_end(&conn);
	upstream_disconnect(&conn.up);
	client_disconnect(&conn.client, conn.stop_at != 0 ? conn.sentence :
	    NULL);
	leave(0);
}
