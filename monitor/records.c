/* SPDX-License-Identifier: ISC */
/*
 * Records on their way to the keeper. They wait in one queue, in order, sent
 * or not yet; what cannot be sent goes to the spool together with all that was
 * sent before it and not acknowledged, so that a keeper which replays the
 * spool first never sees an end before its beginning.
 */
#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/clock.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "lib/unixsock.h"
#include "lib/xmalloc.h"
#include "monitor/keeper.h"
#include "monitor/records.h"
#include "monitor/spool.h"

#define RECORDS_HELD_MAX	(8 * RECORDS_PENDING_MAX)

struct pending {
	TAILQ_ENTRY(pending)	 next;
	struct msg		 body;		/* the record, encoded */
	int64_t			 session;
	uint8_t			 id[RECORD_ID_BYTES];
	uint8_t			 kind;
	int			 sent;
};
TAILQ_HEAD(queue, pending);

static struct queue	 queue = TAILQ_HEAD_INITIALIZER(queue);
static size_t		 queued, queued_bytes;
static char		*run_dir;
static int		 sock = -1;	/* to the keeper */
static int		 spool = -1;	/* its directory */

int
records_init(const struct settings *s)
{
	if (sodium_init() == -1)
		fatal("libsodium finds no source of random numbers");
	records_forget();
	if ((spool = spool_open(s->state_dir)) == -1)
		return (-1);
	run_dir = xstrdup(s->run_dir);
	return (0);
}

static void
pending_free(struct pending *p)
{
	TAILQ_REMOVE(&queue, p, next);
	queued--;
	queued_bytes -= p->body.len;
	msg_free(&p->body);
	free(p);
}

static void
queue_clear(void)
{
	while (!TAILQ_EMPTY(&queue))
		pending_free(TAILQ_FIRST(&queue));
}

static void
disconnect(void)
{
	struct pending	*p;

	if (sock != -1)
		close(sock);
	sock = -1;
	TAILQ_FOREACH(p, &queue, next)
		p->sent = 0;
}

void
records_forget(void)
{
	disconnect();
	queue_clear();
	if (spool != -1)
		close(spool);
	spool = -1;
	free(run_dir);
	run_dir = NULL;
}

/* Puts all that waits into one spool file. */
static int
spool_all(void)
{
	struct spool_record	*v;
	struct pending		*p;
	size_t			 n = 0;
	int			 r;

	if (queued == 0)
		return (0);
	v = xcalloc(queued, sizeof(*v));
	TAILQ_FOREACH(p, &queue, next) {
		v[n].data = p->body.data;
		v[n++].len = p->body.len;
	}
	if ((r = spool_write(spool, v, n)) == 0) {
		log_verbose("%zu records went to the spool", n);
		queue_clear();
	} else
		log_error("the spool cannot be written: %s", strerror(errno));
	free(v);
	return (r);
}

/* -1: the keeper is gone. */
static int
send_unsent(void)
{
	struct pending	*p;
	struct ipc	 m;

	TAILQ_FOREACH(p, &queue, next) {
		if (p->sent)
			continue;
		ipc_init(&m, p->kind, 0);
		m.body = p->body;	/* lent, not given */
		switch (ipc_send(sock, &m)) {
		case IPC_OK:
			p->sent = 1;
			break;
		case IPC_AGAIN:
			return (0);
		default:
			return (-1);
		}
	}
	return (0);
}

/* A keeper that is new here gets all of the queue again. */
static int
reconnect(void)
{
	disconnect();
	sock = unixsock_connect(run_dir, KEEPER_SOCKET, SOCK_SEQPACKET);
	if (sock != -1 && send_unsent() == 0)
		return (0);
	disconnect();
	return (-1);
}

/* Sends what waits, to the keeper or, without one, to the spool. */
static int
push(void)
{
	if (queued == 0)
		return (0);
	if ((sock != -1 && send_unsent() == 0) || reconnect() == 0)
		return (0);
	return (spool_all());
}

/* A string as long as a field may be; *owned is the copy to free, if any. */
static const char *
clip(const char *s, size_t max, char **owned)
{
	*owned = NULL;
	if (s == NULL || strlen(s) <= max)
		return (s);
	return (*owned = xmemdup0(s, max));
}

/* Encodes; what is too long for its field is cut, not refused. */
static void
encode(struct msg *m, struct record r)
{
	char	*owned[2] = { NULL, NULL };

	switch (r.kind) {
	case RECORD_SESSION_END:
		r.session_end.error = clip(r.session_end.error, SENTENCE_MAX,
		    &owned[0]);
		break;
	case RECORD_CHANNEL_OPEN:
		r.channel_open.detail = clip(r.channel_open.detail,
		    COMMAND_MAX, &owned[0]);
		r.channel_open.reason = clip(r.channel_open.reason,
		    SENTENCE_MAX, &owned[1]);
		break;
	case RECORD_EVENT:
		/* Half of a JSON text is none. */
		if (r.event.args != NULL &&
		    strlen(r.event.args) > COMMAND_MAX)
			r.event.args = "{\"cut\":true}";
		r.event.author_name = clip(r.event.author_name,
		    NAME_MAX_BYTES, &owned[0]);
		r.event.entity = clip(r.event.entity, NAME_MAX_BYTES,
		    &owned[1]);
		break;
	}
	put_record(m, &r);
	free(owned[0]);
	free(owned[1]);
}

/* Neither keeper nor spool for long: memory has an end too. */
static void
queue_bound(void)
{
	struct pending	*p;

	while (queued >= RECORDS_HELD_MAX) {
		p = TAILQ_FIRST(&queue);
		log_error("lost: record of kind %u, session %lld", p->kind,
		    (long long)p->session);
		pending_free(p);
	}
}

static void
queue_add(const struct record *r)
{
	struct pending	*p = xcalloc(1, sizeof(*p));
	struct record	 check;

	msg_init(&p->body);
	encode(&p->body, *r);
	if (get_record(&p->body, &check) == -1)
		panic("a record of kind %u that cannot be read", r->kind);
	p->body.off = 0;
	memcpy(p->id, r->id, sizeof(p->id));
	p->kind = r->kind;
	p->session = r->session;
	TAILQ_INSERT_TAIL(&queue, p, next);
	queued++;
	queued_bytes += p->body.len;
}

int
records_put(struct record *r)
{
	int	result;

	queue_bound();
	if (sodium_is_zero(r->id, sizeof(r->id)))
		randombytes_buf(r->id, sizeof(r->id));
	if (r->at == 0)
		r->at = clock_utc();
	queue_add(r);
	result = push();
	if (queued > RECORDS_PENDING_MAX || queued_bytes > RECORDS_BYTES_MAX)
		result = spool_all();
	if (result == -1)
		log_error("record of kind %u, session %lld, waits in memory "
		    "alone", r->kind, (long long)r->session);
	return (result);
}

void
records_tell_refused(struct record *r)
{
	struct ipc	m;

	if (run_dir == NULL)
		return;
	if (sock == -1)
		sock = unixsock_connect(run_dir, KEEPER_SOCKET,
		    SOCK_SEQPACKET);
	if (sock == -1)
		return;
	r->at = clock_utc();
	ipc_init(&m, KEEPER_REFUSED, 0);
	encode(&m.body, *r);
	(void)ipc_send(sock, &m);
	ipc_free(&m);
}

int
records_fd(short *events)
{
	struct pending	*p = TAILQ_LAST(&queue, queue);

	*events = POLLIN;
	if (p != NULL && !p->sent)
		*events |= POLLOUT;
	return (sock);
}

static void
acknowledged(const struct msg *body)
{
	struct pending	*p;

	TAILQ_FOREACH(p, &queue, next) {
		if (body->len == sizeof(p->id) &&
		    memcmp(body->data, p->id, sizeof(p->id)) == 0) {
			pending_free(p);
			return;
		}
	}
}

void
records_poll(void)
{
	enum ipc_result	 r;
	struct ipc	 m;

	if (sock == -1)
		return;
	while ((r = ipc_recv(sock, &m)) == IPC_OK) {
		acknowledged(&m.body);
		ipc_free(&m);
	}
	if (r != IPC_AGAIN)
		disconnect();
	push();
}

size_t
records_pending(void)
{
	return (queued);
}

static void
wait_for_keeper(int64_t until)
{
	struct pollfd	 pfd;
	int64_t		 left;

	while (queued > 0 && sock != -1 &&
	    (left = until - clock_mono_ms()) > 0) {
		pfd.fd = records_fd(&pfd.events);
		if (poll(&pfd, 1, left) == -1 && errno != EINTR)
			return;
		records_poll();
	}
}

int
records_finish(int ms)
{
	struct pending	*p;
	int		 r;

	if (spool == -1)
		return (0);
	push();
	wait_for_keeper(clock_mono_ms() + ms);
	if ((r = spool_all()) == -1) {
		TAILQ_FOREACH(p, &queue, next)
			log_error("lost: record of kind %u, session %lld",
			    p->kind, (long long)p->session);
	}
	records_forget();
	return (r);
}
