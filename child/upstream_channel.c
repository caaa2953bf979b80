/* SPDX-License-Identifier: ISC */
/*
 * The host's side: its channels.
 *
 * libssh2 reads from its socket only inside calls about a channel. A host may
 * speak when there is none (keepalives, new keys), and sshd ends a connection
 * that does not answer: then a spare channel is opened, through which such
 * things are read, and which the next program gets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child/conn.h"
#include "child/evp.h"
#include "child/upstream.h"
#include "child/upstream_int.h"
#include "lib/xmalloc.h"

#define WINDOW		(32 * 1024)	/* that a channel begins with */
#define WINDOWS		(3 * 512 * 1024) /* of all such channels, about */
#define CLOSING_MAX	1024	/* that the host has yet to close, too */
#define PACKET		32768
#define STDERR_TURN	8		/* each so many reads stderr is first */
#define QUESTION	"keepalive@sshportal"	/* no channel's type */

void
upstream_keep(struct upstream *up, LIBSSH2_CHANNEL *c)
{
	up->open = xreallocarray(up->open, up->nopen + 1, sizeof(*up->open));
	up->open[up->nopen++] = c;
}

int
upstream_opened(struct upstream *up, LIBSSH2_CHANNEL *c)
{
	if (c == NULL &&
	    libssh2_session_last_errno(up->ssh) == LIBSSH2_ERROR_EAGAIN)
		return (UP_AGAIN);
	up->opener = NULL;
	if (c == NULL) {
		upstream_check(up, libssh2_session_last_errno(up->ssh));
		return (UP_FAILED);
	}
	upstream_keep(up, c);
	heard_open(up, c);
	return (UP_OK);
}

int
upstream_open(struct upstream *up, void *owner, LIBSSH2_CHANNEL **channel)
{
	enum evp_side	before;
	int		r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	if (up->spare != NULL && owner != up) {
		*channel = up->spare;
		up->spare = NULL;
		return (UP_OK);
	}
	if (up->opener != NULL && up->opener != owner)
		return (UP_AGAIN);
	up->opener = owner;
	before = evp_enter(EVP_SIDE_OTHER);
	*channel = libssh2_channel_open_ex(up->ssh, "session",
	    strlen("session"), WINDOW, PACKET, NULL, 0);
	r = upstream_opened(up, *channel);
	evp_enter(before);
	return (r);
}

void
upstream_open_forget(struct upstream *up, void *owner)
{
	if (up->opener == owner)
		up->opener = up;
}

/* Frees one; what it still waits for is the host's close. */
static int
chan_free(struct upstream *up, LIBSSH2_CHANNEL *c)
{
	size_t	i;

	if (libssh2_channel_free(c) == LIBSSH2_ERROR_EAGAIN)
		return (UP_AGAIN);
	heard_close(up, c);
	for (i = 0; i < up->nopen && up->open[i] != c; i++)
		;
	if (i < up->nopen)
		up->open[i] = up->open[--up->nopen];
	if (up->growing == c)
		up->growing = NULL;
	return (UP_OK);
}

void
upstream_close(struct upstream *up, LIBSSH2_CHANNEL *c)
{
	enum evp_side	before;

	if (up->state != UP_READY)
		return;		/* it goes with the connection */
	before = evp_enter(EVP_SIDE_OTHER);
	if (chan_free(up, c) == UP_AGAIN) {
		up->closing = xreallocarray(up->closing, up->nclosing + 1,
		    sizeof(*up->closing));
		up->closing[up->nclosing++] = c;
	}
	if (up->nclosing > CLOSING_MAX)
		upstream_lost(up, "it leaves too many channels open that were "
		    "closed here");
	evp_enter(before);
}

void
upstream_channels_step(struct upstream *up)
{
	uint64_t	now = up->received;
	size_t		i;

	for (i = 0; i < up->nclosing && up->closing_seen != now; ) {
		if (chan_free(up, up->closing[i]) == UP_AGAIN)
			i++;
		else
			up->closing[i] = up->closing[--up->nclosing];
	}
	up->closing_seen = now;
	if (up->opener == up)
		upstream_open(up, up, &up->spare);
	else if (up->opener == &up->alive)
		upstream_ask(up);
}

/*
 * What each host must answer, and with a no: to open a channel of a type that
 * is none (RFC 4254, section 5.1). The usual question, a global request, has
 * an answer that libssh2 never looks for: it would keep them all, and take one
 * for the answer to a remote forward.
 */
void
upstream_ask(struct upstream *up)
{
	LIBSSH2_CHANNEL	*c;

	if (up->opener != NULL && up->opener != &up->alive)
		return;		/* an open is under way, as good a question */
	up->opener = &up->alive;
	c = libssh2_channel_open_ex(up->ssh, QUESTION, strlen(QUESTION),
	    WINDOW, PACKET, NULL, 0);
	if (c == NULL &&
	    libssh2_session_last_errno(up->ssh) == LIBSSH2_ERROR_EAGAIN)
		return;
	up->opener = NULL;
	if (c != NULL)
		upstream_close(up, c);
	else
		upstream_check(up, libssh2_session_last_errno(up->ssh));
}

/*
 * Reads for this channel until the socket has no more. UP_OK: it was closed
 * before, so that nothing was read.
 */
static int
pump_by(struct upstream *up, LIBSSH2_CHANNEL *c)
{
	int	r;

	if ((r = upstream_check(up, libssh2_channel_wait_eof(c))) == UP_OK)
		r = upstream_check(up, libssh2_channel_wait_closed(c));
	return (r);
}

void
upstream_pump(struct upstream *up)
{
	size_t	i;

	for (i = 0; i < up->nopen; i++) {
		if (pump_by(up, up->open[i]) != UP_OK)
			return;
	}
	if (up->opener == NULL && up->spare == NULL && !up->no_spare)
		up->opener = up;
	if (up->opener == up && upstream_open(up, up, &up->spare) == UP_FAILED)
		up->no_spare = 1;
}

/*
 * A request that waits for an answer gets none from a host that closes the
 * channel instead.
 */
int
upstream_answered(struct upstream *up, LIBSSH2_CHANNEL *c, int rc)
{
	int	r;

	if ((r = upstream_check(up, rc)) == UP_AGAIN &&
	    libssh2_channel_eof(c) == 1 &&
	    libssh2_channel_wait_closed(c) == 0)
		r = UP_FAILED;
	return (r);
}

int
upstream_pty(struct upstream *up, LIBSSH2_CHANNEL *c, const char *term,
    const uint32_t size[4], const uint8_t *modes, size_t len)
{
	enum evp_side	before;
	int		r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	r = upstream_answered(up, c, libssh2_channel_request_pty_ex(c, term,
	    strlen(term), (const char *)modes, len, size[0], size[1], size[2],
	    size[3]));
	evp_enter(before);
	return (r);
}

int
upstream_env(struct upstream *up, LIBSSH2_CHANNEL *c, const char *name,
    const char *value)
{
	enum evp_side	before;
	int		r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	r = upstream_answered(up, c, libssh2_channel_setenv_ex(c, name,
	    strlen(name), value, strlen(value)));
	evp_enter(before);
	return (r);
}

int
upstream_program(struct upstream *up, LIBSSH2_CHANNEL *c, const char *type,
    const char *detail)
{
	enum evp_side	before;
	int		r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	r = upstream_answered(up, c, libssh2_channel_process_startup(c, type,
	    strlen(type), detail, detail == NULL ? 0 : strlen(detail)));
	evp_enter(before);
	return (r);
}

int
upstream_resize(struct upstream *up, LIBSSH2_CHANNEL *c, const uint32_t size[4])
{
	enum evp_side	before;
	int		r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	r = upstream_check(up, libssh2_channel_request_pty_size_ex(c, size[0],
	    size[1], size[2], size[3]));
	evp_enter(before);
	return (r);
}

int
upstream_signal(struct upstream *up, LIBSSH2_CHANNEL *c, const char *name)
{
	enum evp_side	before;
	int		r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	r = upstream_check(up, libssh2_channel_signal_ex(c, name,
	    strlen(name)));
	evp_enter(before);
	return (r);
}

int
upstream_eof(struct upstream *up, LIBSSH2_CHANNEL *c)
{
	enum evp_side	before;
	int		r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	r = upstream_check(up, libssh2_channel_send_eof(c));
	evp_enter(before);
	return (r);
}

int
upstream_hangup(struct upstream *up, LIBSSH2_CHANNEL *c)
{
	enum evp_side	before;
	int		r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	r = upstream_check(up, libssh2_channel_close(c));
	evp_enter(before);
	return (r);
}

/* Reads one stream, then the other: bytes, 0, or an error of libssh2. */
static ssize_t
read_streams(LIBSSH2_CHANNEL *c, void *data, size_t len, int first,
    int *is_stderr)
{
	ssize_t	n;

	*is_stderr = first;
	n = libssh2_channel_read_ex(c, first, data, len);
	if (n == 0 || n == LIBSSH2_ERROR_EAGAIN) {
		*is_stderr = !first;
		n = libssh2_channel_read_ex(c, !first, data, len);
	}
	return (n);
}

/*
 * What a host may send before it is read, of the channels whose windows are
 * ours to give: those of forwards begin with libssh2's.
 */
static size_t
windows_of_others(const struct upstream *up, const LIBSSH2_CHANNEL *c)
{
	unsigned long	size, initial;
	size_t		i, sum = 0;

	for (i = 0; i < up->nopen; i++) {
		size = libssh2_channel_window_read_ex(up->open[i], NULL,
		    &initial);
		if (up->open[i] != c && initial == WINDOW)
			sum += size;
	}
	return (sum);
}

/* Sends what a channel's window is to grow by; again until it was sent. */
static int
window_send(struct upstream *up)
{
	int	rc;

	rc = libssh2_channel_receive_window_adjust2(up->growing, up->growth,
	    1, NULL);
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return (UP_AGAIN);
	up->growing = NULL;
	return (upstream_check(up, rc));
}

/*
 * How much to read at once: no more than the window has, unread bytes counted.
 * For a longer read libssh2 grows the window twice, and if new keys come in
 * between, it books one of them wrongly.
 */
static size_t
read_length(LIBSSH2_CHANNEL *c, size_t len)
{
	unsigned long	size = libssh2_channel_window_read_ex(c, NULL, NULL);

	return (size > 0 && len > size ? size : len);
}

/*
 * A channel begins with a small window and is read from: it gets two thirds
 * of what the others leave. So one has a mebibyte, ten have as much together
 * as one and a half, and what nobody takes from them fills no more memory
 * than that. Each has what libssh2 gives besides, half a read at least.
 */
static void
window_grow(struct upstream *up, LIBSSH2_CHANNEL *c)
{
	unsigned long	size, initial;
	size_t		others, share;

	size = libssh2_channel_window_read_ex(c, NULL, &initial);
	others = windows_of_others(up, c);
	if (initial != WINDOW || others >= WINDOWS)
		return;
	share = (WINDOWS - others) / 3 * 2;
	if (size >= share / 2)
		return;
	up->growing = c;
	up->growth = share - size;
	window_send(up);
}

ssize_t
upstream_read(struct upstream *up, LIBSSH2_CHANNEL *c, void *data, size_t len,
    int *is_stderr)
{
	enum evp_side	before;
	uint64_t	received;
	ssize_t		n;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	/* a read sends a growth of its own, but what was begun goes first */
	if (up->growing != NULL && window_send(up) != UP_OK) {
		evp_enter(before);
		return (up->state == UP_READY ? UP_AGAIN : UP_FAILED);
	}
	len = read_length(c, len);
	do {
		/* the second read may bring what the first looked for */
		received = up->received;
		n = read_streams(c, data, len,
		    up->turn++ % STDERR_TURN == 0, is_stderr);
	} while (n <= 0 && received != up->received);
	if (n == 0 && libssh2_channel_eof(c) == 0)
		n = LIBSSH2_ERROR_EAGAIN;
	if (n > 0)
		window_grow(up, c);
	if (n < 0)
		n = upstream_check(up, n);
	evp_enter(before);
	return (n);
}

ssize_t
upstream_write(struct upstream *up, LIBSSH2_CHANNEL *c, const void *data,
    size_t len)
{
	const char	*p = data;
	enum evp_side	 before;
	size_t		 done = 0;
	ssize_t		 n = 0;

	before = evp_enter(EVP_SIDE_OTHER);
	while (done < len && upstream_writable(up) &&
	    libssh2_channel_window_write_ex(c, NULL) > 0) {
		n = libssh2_channel_write_ex(c, 0, p + done, len - done);
		if (n <= 0)
			break;
		done += n;
	}
	evp_enter(before);
	if (done > 0)
		return (done);
	if (up->state != UP_READY || upstream_check(up, n) == UP_FAILED)
		return (UP_FAILED);
	return (UP_AGAIN);
}

/* What libssh2 tells, and what was heard beside it. */
static void
read_exit(struct upstream *up, LIBSSH2_CHANNEL *c, struct upstream_exit *e)
{
	const struct heard	*h = heard_of(up, c);
	char			*name = NULL;

	memset(e, 0, sizeof(*e));
	e->status = libssh2_channel_get_exit_status(c);
	libssh2_channel_get_exit_signal(c, &name, NULL, NULL, NULL, NULL,
	    NULL);
	if (name != NULL) {
		e->how = CHANNEL_END_SIGNAL;
		snprintf(e->signal, sizeof(e->signal), "%s", name);
		libssh2_free(up->ssh, name);
		e->core = h != NULL && h->core;
		if (h != NULL && h->message != NULL)
			snprintf(e->message, sizeof(e->message), "%s",
			    h->message);
	} else {
		/* it says 0 too when there was none */
		e->how = e->status != 0 || h == NULL || h->status ?
		    CHANNEL_END_STATUS : CHANNEL_END_NONE;
	}
}

int
upstream_exit(struct upstream *up, LIBSSH2_CHANNEL *c, struct upstream_exit *e)
{
	enum evp_side	before;
	int		r;

	if (up->state != UP_READY)
		return (UP_FAILED);
	before = evp_enter(EVP_SIDE_OTHER);
	r = upstream_check(up, libssh2_channel_wait_closed(c));
	if (r == UP_OK)
		read_exit(up, c, e);
	evp_enter(before);
	return (r);
}
