/* SPDX-License-Identifier: ISC */
/*
 * Dialling a host.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/xmalloc.h"
#include "monitor/dial.h"

#define ADDRESSES_MAX	8
#define KEEP_IDLE	60		/* seconds until the first probe */
#define KEEP_EVERY	15
#define KEEP_COUNT	4
#define SILENCE_MS	120000

struct address {
	socklen_t		 len;
	struct sockaddr_storage	 sa;
};

struct dial {
	struct address	 list[ADDRESSES_MAX];
	int		 n, next;	/* next one to try */
	pid_t		 resolver;	/* 0: none */
	int		 pipe;		/* from it, or -1 */
	int		 fd;		/* connecting, or -1 */
	int64_t		 ends;		/* the limit */
	int64_t		 share_ends;	/* this address's part of it */
	size_t		 got;		/* bytes of the list */
	int		 done;
	const char	*error;
};

static const struct {
	int		 no;
	const char	*text;
} errors[] = {
	{ ECONNREFUSED, "connection refused" },
	{ ETIMEDOUT, "no answer" },
	{ EHOSTUNREACH, "no route to it" },
	{ ENETUNREACH, "no route to its network" },
	{ ECONNRESET, "connection reset" },
};

void
dial_set_options(int fd, int keepalive)
{
	static const struct {
		int	level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		/* from here on only with keepalive */
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEP_EVERY },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, SILENCE_MS },
	};
	size_t	i, n = keepalive ? sizeof(options) / sizeof(options[0]) : 1;

	/* What a kernel does not know is not worth a connection. */
	for (i = 0; i < n; i++)
		(void)setsockopt(fd, options[i].level, options[i].name,
		    &options[i].value, sizeof(options[i].value));
}

/* Writes all of it to the pipe, where it fits. */
static int
send_addresses(int out, const struct addrinfo *ai)
{
	struct address	a;
	int		n = 0;

	for (; ai != NULL && n < ADDRESSES_MAX; ai = ai->ai_next, n++) {
		if (ai->ai_addrlen > sizeof(a.sa))
			continue;
		memset(&a, 0, sizeof(a));
		a.len = ai->ai_addrlen;
		memcpy(&a.sa, ai->ai_addr, ai->ai_addrlen);
		if (write(out, &a, sizeof(a)) != sizeof(a))
			return (-1);
	}
	return (0);
}

/* Resolves a name, with AI_NUMERICHOST only an address, onto the pipe. */
static int
resolve(const char *host, uint16_t port, int flags, int out)
{
	struct addrinfo	 hints = { .ai_socktype = SOCK_STREAM,
			    .ai_flags = AI_NUMERICSERV | flags };
	struct addrinfo	*ai;
	char		 service[8];
	int		 r;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(host, service, &hints, &ai) != 0)
		return (-1);
	r = send_addresses(out, ai);
	freeaddrinfo(ai);
	return (r);
}

struct dial *
dial_start(const char *host, uint16_t port, int64_t ms,
    void (*prepare)(void *), void *arg)
{
	struct dial	*d = xcalloc(1, sizeof(*d));
	int		 p[2];

	d->fd = d->pipe = -1;
	d->ends = d->share_ends = clock_mono_ms() + ms;
	if (pipe2(p, O_CLOEXEC) == -1) {
		d->error = "out of descriptors";
		return (d);
	}
	d->pipe = p[0];
	if (resolve(host, port, AI_NUMERICHOST, p[1]) == -1) {
		if ((d->resolver = fork()) == 0) {
			prepare(arg);
			_exit(resolve(host, port, AI_ADDRCONFIG, p[1]) == -1);
		}
		if (d->resolver == -1) {
			d->resolver = 0;
			d->error = "out of processes";
		}
	}
	close(p[1]);
	return (d);
}

static void
reap_resolver(struct dial *d)
{
	if (d->pipe != -1)
		close(d->pipe);
	d->pipe = -1;
	if (d->resolver == 0)
		return;
	kill(d->resolver, SIGKILL);
	while (waitpid(d->resolver, NULL, 0) == -1 && errno == EINTR)
		;
	d->resolver = 0;
}

/* More of the list. 1 when it is complete. */
static int
read_list(struct dial *d)
{
	struct pollfd	p = { .fd = d->pipe, .events = POLLIN };
	ssize_t		n;

	if (poll(&p, 1, 0) != 1)
		return (0);
	n = read(d->pipe, (char *)d->list + d->got, sizeof(d->list) - d->got);
	if (n > 0)
		d->got += n;
	if (n > 0 && d->got < sizeof(d->list))
		return (0);
	d->n = d->got / sizeof(d->list[0]);
	reap_resolver(d);
	if (d->n == 0)
		d->error = "its name cannot be resolved";
	return (1);
}

static void
note_error(struct dial *d, int no)
{
	size_t	i;

	d->error = "it cannot be reached";
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].no == no)
			d->error = errors[i].text;
	}
}

static void
give_up_address(struct dial *d, int no)
{
	note_error(d, no);
	close(d->fd);
	d->fd = -1;
}

/* Connects to the next address that takes the attempt. */
static void
next_address(struct dial *d)
{
	struct address	*a;
	int64_t		 now = clock_mono_ms();

	while (d->fd == -1 && d->next < d->n) {
		d->share_ends = now + (d->ends - now) / (d->n - d->next);
		a = &d->list[d->next++];
		d->fd = socket(a->sa.ss_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (d->fd == -1) {
			note_error(d, errno);
			continue;
		}
		if (connect(d->fd, (struct sockaddr *)&a->sa, a->len) == -1 &&
		    errno != EINPROGRESS)
			give_up_address(d, errno);
	}
}

/* What became of the attempt that is under way. */
static void
check_connect(struct dial *d)
{
	struct pollfd	p = { .fd = d->fd, .events = POLLOUT };
	socklen_t	len = sizeof(int);
	int		error = 0;

	if (poll(&p, 1, 0) != 1) {
		if (clock_mono_ms() >= d->share_ends)
			give_up_address(d, ETIMEDOUT);
		return;
	}
	if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error != 0)
		give_up_address(d, error);
	else
		d->done = 1;
}

enum dial_result
dial_step(struct dial *d)
{
	if (d->pipe != -1 && d->error == NULL && !read_list(d)) {
		if (clock_mono_ms() < d->ends)
			return (DIAL_WAIT);
		d->error = "its name was not resolved in time";
		return (DIAL_FAILED);
	}
	if (d->fd != -1)
		check_connect(d);
	if (d->fd == -1)
		next_address(d);
	if (d->done)
		return (DIAL_DONE);
	return (d->fd != -1 ? DIAL_WAIT : DIAL_FAILED);
}

int
dial_fd(const struct dial *d, short *events)
{
	*events = d->pipe != -1 ? POLLIN : POLLOUT;
	return (d->pipe != -1 ? d->pipe : d->fd);
}

int64_t
dial_deadline(const struct dial *d)
{
	return (d->pipe != -1 ? d->ends : d->share_ends);
}

int
dial_take(struct dial *d)
{
	int	fd = d->fd;

	d->fd = -1;
	return (fd);
}

const char *
dial_error(const struct dial *d)
{
	return (d->error != NULL ? d->error : "it cannot be reached");
}

/* Host and port in digits. */
static void
name_address(const struct address *a, char *host, size_t hostlen, char *port,
    size_t portlen)
{
	if (getnameinfo((const struct sockaddr *)&a->sa, a->len, host, hostlen,
	    port, portlen, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(host, hostlen, "?");
}

int
dial_addresses(const struct dial *d, char *buf, size_t size)
{
	char	host[NI_MAXHOST], port[NI_MAXSERV];
	size_t	used = 0;
	int	i;

	*buf = '\0';
	for (i = 0; i < d->n && used < size; i++) {
		name_address(&d->list[i], host, sizeof(host), port,
		    sizeof(port));
		used += snprintf(buf + used, size - used, "%s%s",
		    i > 0 ? " " : "", host);
	}
	return (d->n);
}

void
dial_peer(int fd, char *buf, size_t size)
{
	struct address	a = { .len = sizeof(a.sa) };
	char		host[NI_MAXHOST], port[NI_MAXSERV] = "?";

	if (getpeername(fd, (struct sockaddr *)&a.sa, &a.len) == -1)
		a.len = 0;
	name_address(&a, host, sizeof(host), port, sizeof(port));
	snprintf(buf, size, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s",
	    host, port);
}

void
dial_free(struct dial *d)
{
	if (d == NULL)
		return;
	reap_resolver(d);
	if (d->fd != -1)
		close(d->fd);
	free(d);
}
