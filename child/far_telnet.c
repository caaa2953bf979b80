/* SPDX-License-Identifier: ISC */
/*
 * The far end that is a telnet host (RFC 854): libtelnet on the connected
 * socket. The person's terminal is a raw one: where the host leaves echo and
 * line editing to its client (RFC 857, 858), both are done here.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libtelnet.h>

#include "child/chan.h"
#include "child/client.h"
#include "child/conn.h"
#include "child/far.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/xmalloc.h"

#define OUT_MAX		(256 * 1024)
#define OUT_ENOUGH	(64 * 1024)	/* no more of what is typed */
#define IN_MAX		(4 * 1024 * 1024) /* what READ can inflate to */
#define READ		4096
#define LINE_MAX_LEN	1024

#define CTRL_C		3
#define BACKSPACE	8
#define CTRL_U		21
#define DELETE		127

struct far_telnet {
	struct chan	*chan;
	telnet_t	*telnet;
	int		 fd;
	struct buf	 out;		/* to the host */
	struct buf	 in;		/* from it, to be read */
	int		 ended;		/* it sends no more */
	int		 echoes;	/* it echoes what is typed */
	int		 by_char;	/* it takes characters, not lines */
	int		 binary;	/* it takes bytes as they are */
	int		 resizes;	/* it wants to know the window */
	int		 after_cr;
	char		 line[LINE_MAX_LEN];
	size_t		 len;
};

static const telnet_telopt_t options[] = {
	{ TELNET_TELOPT_ECHO, TELNET_WONT, TELNET_DO },
	{ TELNET_TELOPT_SGA, TELNET_WILL, TELNET_DO },
	{ TELNET_TELOPT_BINARY, TELNET_WILL, TELNET_DO },
	{ TELNET_TELOPT_TTYPE, TELNET_WILL, TELNET_DONT },
	{ TELNET_TELOPT_NAWS, TELNET_WILL, TELNET_DONT },
	{ -1, 0, 0 }
};

static void
telnet_flush(struct far_telnet *f)
{
	ssize_t	n;

	while (f->out.len > 0) {
		n = send(f->fd, buf_head(&f->out), f->out.len, MSG_NOSIGNAL);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == -1) {
			f->ended = 1;
			return;
		}
		buf_take(&f->out, n);
	}
}

/* A host that is too fast for its own bounds is left. */
static void
keep(struct far_telnet *f, struct buf *b, const char *data, size_t len)
{
	if (buf_put(b, data, len) == len)
		return;
	log_info("the telnet host sends more than it may");
	f->ended = 1;
}

/* In the NVT's text, a CR that is no line's end has a NUL after it. */
static void
receive_text(struct far_telnet *f, const char *data, size_t len)
{
	size_t	i, from = 0;

	for (i = 0; i < len; i++) {
		if (f->after_cr && data[i] == '\0') {
			keep(f, &f->in, data + from, i - from);
			from = i + 1;
		}
		f->after_cr = data[i] == '\r';
	}
	keep(f, &f->in, data + from, len - from);
}

/* RFC 1073 */
static void
send_size(struct far_telnet *f)
{
	const uint32_t	*size = f->chan->size;
	char		 b[4] = { size[0] >> 8, size[0], size[1] >> 8,
			    size[1] };

	telnet_begin_sb(f->telnet, TELNET_TELOPT_NAWS);
	telnet_send(f->telnet, b, sizeof(b));
	telnet_finish_sb(f->telnet);
}

/* The host will, or will not, do an option. */
static void
host_option(struct far_telnet *f, unsigned char option, int on)
{
	if (option == TELNET_TELOPT_ECHO)
		f->echoes = on;
	else if (option == TELNET_TELOPT_SGA)
		f->by_char = on;
}

/* The host wants us to do one, or not to. */
static void
our_option(struct far_telnet *f, unsigned char option, int on)
{
	if (option == TELNET_TELOPT_BINARY)
		f->binary = on;
	if (option != TELNET_TELOPT_NAWS)
		return;
	f->resizes = on && f->chan->pty;
	if (f->resizes)
		send_size(f);
}

static void
on_event(telnet_t *telnet, telnet_event_t *event, void *arg)
{
	struct far_telnet	*f = arg;
	const char		*term = f->chan->term;

	switch (event->type) {
	case TELNET_EV_DATA:
		receive_text(f, event->data.buffer, event->data.size);
		break;
	case TELNET_EV_SEND:
		keep(f, &f->out, event->data.buffer, event->data.size);
		break;
	case TELNET_EV_WILL:
	case TELNET_EV_WONT:
		host_option(f, event->neg.telopt,
		    event->type == TELNET_EV_WILL);
		break;
	case TELNET_EV_DO:
	case TELNET_EV_DONT:
		our_option(f, event->neg.telopt, event->type == TELNET_EV_DO);
		break;
	case TELNET_EV_TTYPE:
		if (event->ttype.cmd == TELNET_TTYPE_SEND)
			telnet_ttype_is(telnet,
			    term != NULL && *term != '\0' ? term : "unknown");
		break;
	case TELNET_EV_ERROR:
		log_info("telnet: %s", event->error.msg);
		f->ended = 1;
		break;
	default:
		break;
	}
}

static int
telnet_start(struct chan *c)
{
	struct conn		*conn = c->conn;
	struct far_telnet	*f;

	if (conn->telnet_fd == -1 ||
	    fcntl(conn->telnet_fd, F_SETFL, O_NONBLOCK | O_APPEND) == -1) {
		chan_fail(c, "sshportal: a telnet host has one session a "
		    "connection");
		return (FAR_AGAIN);
	}
	f = xcalloc(1, sizeof(*f));
	f->chan = c;
	f->telnet = telnet_init(options, on_event, 0, f);
	if (f->telnet == NULL)
		fatal("out of memory");
	f->fd = conn->telnet_fd;
	conn->telnet_fd = -1;
	buf_init(&f->out, OUT_MAX);
	buf_init(&f->in, IN_MAX);
	c->far_state = f;
	return (FAR_OK);
}

static int
far_telnet_request(struct chan *c, const struct request *r)
{
	struct far_telnet	*f = c->far_state;

	switch (r->type) {
	case REQUEST_PTY:
		return (FAR_OK);
	case REQUEST_SHELL:
		return (telnet_start(c));
	case REQUEST_EXEC:
	case REQUEST_SUBSYSTEM:
		chan_fail(c, "sshportal: a telnet host has a terminal and "
		    "nothing else: no commands, no copies");
		return (FAR_AGAIN);
	case REQUEST_RESIZE:
		memcpy(c->size, r->size, sizeof(c->size));
		if (f != NULL && f->resizes)
			send_size(f);
		return (FAR_OK);
	case REQUEST_BREAK:
		if (f == NULL)
			return (FAR_REFUSED);
		telnet_iac(f->telnet, TELNET_BREAK);
		telnet_flush(f);
		return (FAR_OK);
	default:
		return (FAR_REFUSED);
	}
}

/* Text of the NVT: the ends of lines are said in two bytes. */
static void
send_text(struct far_telnet *f, const char *data, size_t len)
{
	size_t	i, from = 0;

	for (i = 0; i < len && !f->binary; i++) {
		if (data[i] != '\r' && data[i] != '\n')
			continue;
		telnet_send(f->telnet, data + from, i - from);
		telnet_send(f->telnet, data[i] == '\r' ? "\r\0" : "\r\n", 2);
		from = i + 1;
	}
	telnet_send(f->telnet, data + from, len - from);
}

static void
echo(struct far_telnet *f, const char *data, size_t len)
{
	if (f->chan->pty)
		keep(f, &f->in, data, len);
}

/* Forgets the last character, however many bytes it has (UTF-8). */
static void
erase(struct far_telnet *f)
{
	if (f->len == 0)
		return;
	while (f->len > 1 && (f->line[f->len - 1] & 0xc0) == 0x80)
		f->len--;
	f->len--;
	echo(f, "\b \b", 3);
}

static void
edit(struct far_telnet *f, char c)
{
	switch (c) {
	case '\r':
	case '\n':
		telnet_send(f->telnet, f->line, f->len);
		telnet_send(f->telnet, "\r\n", 2);
		f->len = 0;
		echo(f, "\r\n", 2);
		break;
	case BACKSPACE:
	case DELETE:
		erase(f);
		break;
	case CTRL_U:
		while (f->len > 0)
			erase(f);
		break;
	case CTRL_C:
		f->len = 0;
		telnet_iac(f->telnet, TELNET_IP);
		echo(f, "^C\r\n", 4);
		break;
	default:
		if (f->len == sizeof(f->line))
			break;
		f->line[f->len++] = c;
		echo(f, &c, 1);
	}
}

static ssize_t
far_telnet_write(struct chan *c, const void *data, size_t len)
{
	struct far_telnet	*f = c->far_state;
	const char		*p = data;
	size_t			 i;

	if (f->ended)
		return (FAR_REFUSED);
	if (f->out.len >= OUT_ENOUGH || f->in.len >= OUT_ENOUGH)
		return (FAR_AGAIN);
	if (len > READ)
		len = READ;
	if (f->echoes || f->by_char)
		send_text(f, p, len);
	else
		for (i = 0; i < len; i++)
			edit(f, p[i]);
	telnet_flush(f);
	return (len);
}

static int
far_telnet_eof(struct chan *c)
{
	struct far_telnet	*f = c->far_state;

	if (f->len > 0)
		send_text(f, f->line, f->len);
	f->len = 0;
	telnet_flush(f);
	if (f->out.len > 0 && !f->ended)
		return (FAR_AGAIN);
	if (shutdown(f->fd, SHUT_WR) == -1)
		log_debug("telnet: shutdown: %m");
	return (FAR_OK);
}

static ssize_t
far_telnet_read(struct chan *c, void *data, size_t len, int *is_stderr)
{
	struct far_telnet	*f = c->far_state;
	char			 raw[READ];
	ssize_t			 n;

	*is_stderr = 0;
	while (f->in.len == 0 && !f->ended) {
		n = read(f->fd, raw, sizeof(raw));
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return (FAR_AGAIN);
		if (n <= 0)
			f->ended = 1;
		else
			telnet_recv(f->telnet, raw, n);
		telnet_flush(f);
	}
	if (len > f->in.len)
		len = f->in.len;
	memcpy(data, buf_head(&f->in), len);
	buf_take(&f->in, len);
	return (len);
}

/* telnet says nothing of how it went. */
static int
far_telnet_exit(struct chan *c)
{
	c->end.how = CHANNEL_END_STATUS;
	c->end.status = 0;
	return (FAR_OK);
}

static int
far_telnet_hangup(struct chan *c)
{
	(void)c;
	return (FAR_OK);
}

static void
far_telnet_close(struct chan *c)
{
	struct far_telnet	*f = c->far_state;

	c->far_state = NULL;
	if (f == NULL)
		return;
	telnet_free(f->telnet);
	close(f->fd);
	buf_clear(&f->out);
	buf_clear(&f->in);
	free(f);
}

static int
far_telnet_poll(struct chan *c, struct pollfd p[FAR_FDS])
{
	struct far_telnet	*f = c->far_state;

	if (f == NULL || f->ended)
		return (0);
	telnet_flush(f);
	p[0].fd = f->fd;
	p[0].events = f->out.len > 0 ? POLLOUT : 0;
	if (f->in.len == 0 && c->to_client.len == 0 &&
	    client_window(c->ssh) > 0 && client_writable(&c->conn->client))
		p[0].events |= POLLIN;
	if (p[0].events == 0)
		p[0].fd = -1;
	return (1);
}

const struct far_ops far_telnet = {
	.audited = 1,
	.request = far_telnet_request,
	.write = far_telnet_write,
	.eof = far_telnet_eof,
	.read = far_telnet_read,
	.exit = far_telnet_exit,
	.hangup = far_telnet_hangup,
	.close = far_telnet_close,
	.poll = far_telnet_poll,
};
