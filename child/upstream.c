/* SPDX-License-Identifier: ISC */
/*
 * The host's side: the socket and the session.
 *
 * libssh2 never meets a socket that is full: what the kernel does not take is
 * kept in a buffer of ours. Otherwise it would insist on repeating the call
 * that was interrupted before any other, and channels would wait for each
 * other. The buffer is bounded because channels stop writing when it fills.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child/ask.h"
#include "child/bounds.h"
#include "child/conn.h"
#include "child/evp.h"
#include "child/offer.h"
#include "child/quickack.h"
#include "child/upstream.h"
#include "child/upstream_int.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/xmalloc.h"

#define OUT_MAX		(1024 * 1024)	/* beyond all that is allowed */
#define SMALL		512	/* bytes of a packet that may wait */
#define OUT_ENOUGH	(256 * 1024)	/* no more data of channels */
#define ERROR_SIZE	256

/*
 * libssh2's memory. While the login goes on it may hold the password, so that
 * what is freed is wiped.
 */
static void *
upstream_alloc(size_t n, void **abstract)
{
	struct upstream	*up = *abstract;
	void		*p = malloc(n);

	if (p != NULL)
		bounds_alloc(up, malloc_usable_size(p));
	return (p);
}

static void
upstream_free(void *p, void **abstract)
{
	struct upstream	*up = *abstract;

	if (p != NULL && up->state == UP_READY)
		heard_freed(up, p, malloc_usable_size(p));
	if (p != NULL)
		bounds_free(up, malloc_usable_size(p));
	if (p != NULL && up->wiping)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *
upstream_realloc(void *p, size_t n, void **abstract)
{
	size_t	 old = p == NULL ? 0 : malloc_usable_size(p);
	void	*q;

	if ((q = upstream_alloc(n, abstract)) == NULL)
		return (NULL);
	if (old > 0)
		memcpy(q, p, old < n ? old : n);
	upstream_free(p, abstract);
	return (q);
}

/* Returns what the socket took of len bytes, or -errno. */
static ssize_t
sock_send(struct upstream *up, const void *data, size_t len)
{
	ssize_t	n;

	if (up->via != NULL)
		return (upstream_way_send(up, data, len));
	n = send(up->fd, data, len, MSG_NOSIGNAL);
	if (n == -1)
		return (errno == EAGAIN || errno == EINTR ? 0 : -errno);
	return (n);
}

/* Gives the socket what is kept, as far as it takes it; 0, or -errno. */
static ssize_t
out_send(struct upstream *up)
{
	ssize_t	n;

	while (up->out.len > 0) {
		n = sock_send(up, buf_head(&up->out), up->out.len);
		if (n <= 0)
			return (n);
		buf_take(&up->out, n);
	}
	return (0);
}

/*
 * libssh2 writes: everything is taken. What is small waits for upstream_push(),
 * for more of it often follows at once: a segment costs far more than its
 * bytes.
 */
static ssize_t
upstream_send(libssh2_socket_t fd, const void *data, size_t len, int flags,
    void **abstract)
{
	struct upstream	*up = *abstract;
	ssize_t		 n = 0;

	(void)fd;
	(void)flags;
	if (len > SMALL && (n = out_send(up)) == 0 && up->out.len == 0)
		n = sock_send(up, data, len);
	if (n < 0)
		return (n);
	if (buf_put(&up->out, (const uint8_t *)data + n, len - n) != len - n)
		return (-ENOBUFS);
	return (len);
}

/*
 * Reads from the socket: bytes, 0 at its end, or -errno. libssh2 reads on
 * until there is nothing more, before each write and once for each stream and
 * channel; but a read that did not fill its buffer has emptied the socket, and
 * poll says when there is something again. So a byte costs one call to the
 * kernel, not four.
 */
static ssize_t
sock_recv(struct upstream *up, void *data, size_t len, int flags)
{
	ssize_t	n;

	if (bounds_read(up) == -1)
		return (up->state == UP_DEAD ? -ECONNABORTED : -EAGAIN);
	if (up->via != NULL)
		n = upstream_way_recv(up, data, len);
	else if (up->dry)
		n = -EAGAIN;
	else if ((n = recv(up->fd, data, len, flags)) == -1)
		n = errno == EINTR ? -EAGAIN : -errno;
	if (up->via == NULL)
		up->dry = n < (ssize_t)len;
	if (n > 0) {
		up->received += n;
		up->turn_read += n;
	}
	if (n > 0 && up->state == UP_HANDSHAKE)
		offer_keep(&up->offered, data, n);
	return (n);
}

/* Gives what was read ahead; the host's first line is read byte by byte. */
static ssize_t
recv_ahead(struct upstream *up, void *data, size_t len, int flags)
{
	ssize_t	n;

	if (up->ahead_len == 0) {
		n = sock_recv(up, up->ahead, sizeof(up->ahead), flags);
		if (n <= 0)
			return (n);
		up->ahead_off = 0;
		up->ahead_len = n;
	}
	if (len > up->ahead_len)
		len = up->ahead_len;
	memcpy(data, up->ahead + up->ahead_off, len);
	up->ahead_off += len;
	up->ahead_len -= len;
	return (len);
}

/* libssh2 reads. */
static ssize_t
upstream_recv(libssh2_socket_t fd, void *data, size_t len, int flags,
    void **abstract)
{
	struct upstream	*up = *abstract;

	(void)fd;
	if (len < sizeof(up->ahead) || up->ahead_len > 0)
		return (recv_ahead(up, data, len, flags));
	return (sock_recv(up, data, len, flags));
}

/* What people can make something of; all else in libssh2's own words. */
static const struct {
	int		 code;
	const char	*words;
} causes[] = {
	{ LIBSSH2_ERROR_SOCKET_SEND, "it closed the connection" },
	{ LIBSSH2_ERROR_SOCKET_RECV, "it closed the connection" },
	{ LIBSSH2_ERROR_SOCKET_DISCONNECT, "it closed the connection" },
	{ LIBSSH2_ERROR_BANNER_RECV, "it does not answer as an SSH server" },
	{ LIBSSH2_ERROR_KEX_FAILURE, "no algorithm in common" },
	{ LIBSSH2_ERROR_METHOD_NONE, "no algorithm in common" },
	{ LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE, "the key exchange failed" },
	{ LIBSSH2_ERROR_TIMEOUT, "it does not answer" },
};

static const char *
cause(int code)
{
	size_t	i;

	for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (causes[i].code == code)
			return (causes[i].words);
	}
	return (NULL);
}

const char *
upstream_error(struct upstream *up)
{
	static char	 text[ERROR_SIZE];
	char		*words = NULL;
	int		 code;

	code = libssh2_session_last_error(up->ssh, &words, NULL, 0);
	if (up->goodbye != NULL)
		return (up->goodbye);
	if (cause(code) != NULL)
		return (cause(code));
	return (escape_into(text, sizeof(text),
	    words != NULL && *words != '\0' ? words : "no reason given"));
}

void
upstream_lost(struct upstream *up, const char *fmt, ...)
{
	va_list	 ap;
	char	 why[SENTENCE_MAX / 2];

	if (up->state == UP_DEAD)
		return;
	if (up->via != NULL && up->via->state == UP_DEAD) {
		upstream_way_lost(up);
		return;
	}
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	up->state = UP_DEAD;
	up->lost = xasprintf("sshportal: host %s: %s", up->name, why);
	up->why = up->lost + strlen(up->lost) - strlen(why);
}

int
upstream_check(struct upstream *up, ssize_t rc)
{
	if (rc >= 0)
		return (UP_OK);
	switch (rc) {
	case LIBSSH2_ERROR_EAGAIN:
		return (UP_AGAIN);
	case LIBSSH2_ERROR_CHANNEL_FAILURE:
	case LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED:
	case LIBSSH2_ERROR_CHANNEL_UNKNOWN:
	case LIBSSH2_ERROR_CHANNEL_CLOSED:
	case LIBSSH2_ERROR_CHANNEL_EOF_SENT:
	case LIBSSH2_ERROR_INVAL:
	case LIBSSH2_ERROR_BAD_USE:
	case LIBSSH2_ERROR_TIMEOUT:
		return (UP_FAILED);
	}
	upstream_lost(up, "the connection was lost (%s)", up->goodbye == NULL &&
	    cause(rc) != NULL ? cause(rc) : upstream_error(up));
	return (UP_FAILED);
}

static int
prefer(struct upstream *up, int method, const char *list)
{
	return (libssh2_session_method_pref(up->ssh, method, list));
}

/* What is offered of a kind, in the list of one or both ways. */
static int
offer(struct upstream *up, enum offer_kind kind, const char *pinned,
    const int methods[2])
{
	char	*list = offer_ours(kind, up->legacy, pinned);
	int	 rc;

	rc = prefer(up, methods[0], list);
	if (rc == 0 && methods[1] != methods[0])
		rc = prefer(up, methods[1], list);
	free(list);
	return (rc);
}

/* One list for both ways: libssh2 confuses their properties otherwise. */
static int
set_methods(struct upstream *up, const char *hostkey_type)
{
	static const int	methods[OFFER_KINDS][2] = {
		{ LIBSSH2_METHOD_KEX, LIBSSH2_METHOD_KEX },
		{ LIBSSH2_METHOD_HOSTKEY, LIBSSH2_METHOD_HOSTKEY },
		{ LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC },
		{ LIBSSH2_METHOD_MAC_CS, LIBSSH2_METHOD_MAC_SC },
	};
	enum offer_kind		kind;

	for (kind = OFFER_KEX; kind < OFFER_KINDS; kind++) {
		if (offer(up, kind, hostkey_type, methods[kind]) != 0)
			return (-1);
	}
	return (prefer(up, LIBSSH2_METHOD_SIGN_ALGO, up->legacy ?
	    "rsa-sha2-512,rsa-sha2-256,ssh-rsa" :
	    "rsa-sha2-512,rsa-sha2-256"));
}

/* Its last words (RFC 4253, section 11.1). */
static void
upstream_goodbye(LIBSSH2_SESSION *ssh, int reason, const char *words,
    int len, const char *language, int language_len, void **abstract)
{
	(void)ssh;
	(void)reason;
	(void)language;
	(void)language_len;
	bounds_goodbye(*abstract, words, len > 0 ? len : 0);
}

static void
set_callbacks(struct upstream *up)
{
	libssh2_session_set_blocking(up->ssh, 0);
	libssh2_session_callback_set2(up->ssh, LIBSSH2_CALLBACK_SEND,
	    (libssh2_cb_generic *)upstream_send);
	libssh2_session_callback_set2(up->ssh, LIBSSH2_CALLBACK_RECV,
	    (libssh2_cb_generic *)upstream_recv);
	libssh2_session_callback_set2(up->ssh, LIBSSH2_CALLBACK_DISCONNECT,
	    (libssh2_cb_generic *)upstream_goodbye);
}

/* A session for this hop, over the socket or over via, which becomes its. */
static int
start_session(struct upstream *up, struct upstream *via,
    const struct target_hop *t)
{
	up->via = via;
	up->addr = xstrdup(t->addr);
	up->port = t->port;
	up->account = xstrdup(t->account);
	up->account_name = escape_text(t->account, strlen(t->account));
	up->key = t->key_len > 0 ?
	    (uint8_t *)xmemdup0(t->key, t->key_len) : NULL;
	up->key_len = t->key_len;
	up->has_password = t->has_password;
	up->legacy = t->legacy;
	msg_init(&up->offered);
	up->wiping = 1;
	buf_init(&up->out, OUT_MAX);
	up->ssh = libssh2_session_init_ex(upstream_alloc, upstream_free,
	    upstream_realloc, up);
	if (up->ssh == NULL)
		return (-1);
	set_callbacks(up);
	if (set_methods(up, t->hostkey_type) != 0)
		return (-1);
	up->state = via != NULL ? UP_WAY : UP_HANDSHAKE;
	return (0);
}

/* One of the chain, on the way to the host that the last of it is. */
static int
start_hop(struct upstream *up, struct upstream *via, uint8_t hop,
    const struct answer_target *t)
{
	const char	*last = t->hops[t->nhops - 1].host;
	char		*end;
	int		 r;

	up->hop = hop;
	up->host = escape_text(t->hops[hop].host, strlen(t->hops[hop].host));
	end = escape_text(last, strlen(last));
	up->name = hop + 1 == t->nhops ? xstrdup(end) :
	    xasprintf("%s (on the way to %s)", up->host, end);
	free(end);
	if ((r = start_session(up, via, &t->hops[hop])) == -1)
		upstream_lost(up, "no session could be made");
	return (r);
}

/* One before the last: nothing but a way, and no programs are run there. */
static struct upstream *
new_hop(const struct upstream *up)
{
	struct upstream	*hop = xcalloc(1, sizeof(*hop));

	hop->conn = up->conn;
	hop->fd = up->fd;
	hop->no_spare = 1;
	hop->alive.interval_ms = up->alive.interval_ms;
	hop->alive.max = up->alive.max;
	return (hop);
}

int
upstream_start(struct upstream *up, struct conn *conn, int fd,
    const struct answer_target *t)
{
	enum evp_side	 before = evp_enter(EVP_SIDE_OTHER);
	struct upstream	*hop, *via = NULL;
	uint8_t		 i;
	int		 r = 0;

	up->conn = conn;
	up->fd = fd;
	/* O_APPEND means nothing to a socket; the sandbox wants it. */
	if (fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND) == -1)
		fatal("fcntl: %s", strerror(errno));
	for (i = 0; r == 0 && i + 1 < t->nhops; i++) {
		hop = new_hop(up);
		r = start_hop(hop, via, i, t);
		via = hop;
	}
	if (start_hop(up, via, t->nhops - 1, t) == -1)
		r = -1;
	evp_enter(before);
	return (r);
}

/* The one that has the socket. */
static struct upstream *
outermost(struct upstream *up)
{
	while (up->via != NULL)
		up = up->via;
	return (up);
}

/* What the socket is waited for with, by the one that has it. */
short
upstream_events(struct upstream *up)
{
	short	events;

	up = outermost(up);
	events = up->out.len > 0 ? POLLOUT : 0;
	/* what no answer of ours has acknowledged by now, the host waits for */
	if (up->state != UP_NONE && up->state != UP_DEAD &&
	    !up->conn->started)
		quickack(up->fd);
	switch (up->state) {
	case UP_NONE:
	case UP_DEAD:
		return (0);
	case UP_KEY_ASKED:
	case UP_PASSWORD_ASKED:
		return (events);
	case UP_LOGIN_KEY:
		if (up->sign.asked && !up->sign.answered)
			return (events);
		break;
	default:
		break;
	}
	if (bounds_full(up))
		return (events);
	return (events | POLLIN);
}

/* Gives the socket what it did not take before, or was not given yet. */
static void
upstream_flush(struct upstream *up)
{
	ssize_t	n = out_send(up);

	if (n < 0)
		upstream_lost(up, "the connection was lost (%s)",
		    strerror(-n));
}

/* All that the host sends is a sign of life. */
static void
check_alive(struct upstream *up)
{
	switch (alive_check(&up->alive, up->received)) {
	case ALIVE_ASK:
		upstream_ask(up);
		break;
	case ALIVE_GONE:
		/* one that carries it and owes an answer, too, is the one */
		if (up->via != NULL && up->via->alive.asked > 0) {
			alive_put_off(&up->alive);
			break;
		}
		upstream_lost(up, "it answers no more: no reply to "
		    "keepalives");
		break;
	case ALIVE_WELL:
		break;
	}
}

static int
wait_one(const struct upstream *up)
{
	int64_t	left;

	if (up->state == UP_READY)
		return (alive_wait(&up->alive));
	if (up->state != UP_WAY)
		return (bounds_wait(up));
	if (up->way_ends == 0)
		return (-1);
	left = up->way_ends - clock_mono_ms();
	return (left > 0 ? (int)left + 1 : 0);
}

/* Whether it was lost, or what carries it, and nobody has been told. */
static int
has_news(const struct upstream *up)
{
	if (up->lost != NULL)
		return (!up->told);
	for (; up->via != NULL; up = up->via) {
		if (up->via->state == UP_DEAD)
			return (1);
	}
	return (0);
}

int
upstream_wait(const struct upstream *up)
{
	int	ms = -1, one;

	if (has_news(up))
		return (0);
	for (; up != NULL; up = up->via) {
		one = wait_one(up);
		if (ms == -1 || (one != -1 && one < ms))
			ms = one;
	}
	return (ms);
}

/* Bytes that have come in, of all connections of the chain. */
static uint64_t
chain_received(const struct upstream *up)
{
	uint64_t	n = 0;

	for (; up != NULL; up = up->via)
		n += up->received;
	return (n);
}

int
upstream_restless(const struct upstream *up)
{
	return (up->settled != chain_received(up));
}

/* Whether there may be something to read that nobody has asked for. */
static int
stirs(const struct upstream *up, short revents)
{
	return (up->via != NULL ? upstream_way_stirs(up) :
	    (revents & (POLLIN | POLLHUP | POLLERR)) != 0);
}

/* One connection goes on, after those that carry it. */
static void
run_one(struct upstream *up, short revents)
{
	if (up->via != NULL) {
		run_one(up->via, revents);
		if (up->via->state == UP_DEAD && up->state != UP_DEAD)
			upstream_way_lost(up);
	} else if (revents != 0)
		up->dry = 0;
	up->turn_read = 0;
	if (up->state != UP_NONE && up->state != UP_DEAD) {
		upstream_flush(up);
		while (up->state < UP_READY &&
		    upstream_login_step(up) != UP_AGAIN)
			;
		bounds_time(up);
	}
	if (up->state == UP_READY) {
		if (stirs(up, revents))
			upstream_pump(up);
		upstream_channels_step(up);
		upstream_arrivals(up);
	}
	if (up->state == UP_READY)
		check_alive(up);
}

void
upstream_run(struct upstream *up, short revents)
{
	enum evp_side	before = evp_enter(EVP_SIDE_OTHER);

	/* one may bring what was looked for in vain by one before it */
	up->settled = chain_received(up);
	run_one(up, revents);
	if (up->via == NULL)
		up->settled = up->received;
	evp_enter(before);
	if (up->lost != NULL && !up->told) {
		up->told = 1;
		ask_ending(up->lost);
		conn_fail(up->conn, up->lost);
	}
}

void
upstream_push(struct upstream *up)
{
	enum evp_side	before = evp_enter(EVP_SIDE_OTHER);

	/* what one sends, the one that carries it has to send, too */
	for (; up != NULL; up = up->via) {
		if (up->state != UP_NONE && up->state != UP_DEAD)
			upstream_flush(up);
	}
	evp_enter(before);
}

int
upstream_ready(const struct upstream *up)
{
	return (up->state == UP_READY);
}

int
upstream_writable(const struct upstream *up)
{
	return (up->state == UP_READY && up->out.len < OUT_ENOUGH);
}

void
upstream_disconnect(struct upstream *up)
{
	enum evp_side	before = evp_enter(EVP_SIDE_OTHER);

	if (up->state == UP_READY) {
		libssh2_session_disconnect(up->ssh, "closed by the client");
		upstream_flush(up);
	}
	if (up->via != NULL)
		upstream_disconnect(up->via);
	evp_enter(before);
}
