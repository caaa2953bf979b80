/* SPDX-License-Identifier: ISC */
/*
 * The listening sockets.
 */
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/address.h"
#include "daemon/listener.h"
#include "daemon/loop.h"
#include "daemon/sources.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/network.h"

#define BACKLOG		1024
#define ACCEPT_MAX	16	/* in one go: other work has its turn too */
#define PAUSE_MS	200
#define DROPPED_MAX	65536	/* bytes of a refused client */
#define QUIET_MS	5000	/* between two lines of a kind in the log */

struct listener {
	struct image_listener	l;
	struct watch		watch;
	int			carried;	/* listens already */
};

static struct listener		 listeners[IMAGE_LISTENERS_MAX];
static size_t			 nlisteners;
static const struct settings	*settings;
static int			 strict;	/* all must be had */
static listener_fn		*deliver;
static void			(*ask_load)(struct load *);
static int			 reserve = -1;	/* given up when there is no
						   descriptor left */
static int64_t			 paused_until;	/* 0: accepting */
static int64_t			 last_pause;	/* in the log */
static struct {
	int64_t		last;		/* in the log, 0: none yet */
	unsigned	n;		/* not yet in the log */
}				 refusals[ADMISSION_END_OF_LIST];

/* What went wrong with an address, and what to do. */
static int
complain(char *err, size_t size, const char *host, const char *port)
{
	const char	*why = strerror(errno);

	if (errno == EADDRINUSE)
		why = "the port is in use by another program";
	else if (errno == EACCES)
		why = "ports below 1024 need root";
	else if (errno == EADDRNOTAVAIL)
		why = "this machine does not have that address";
	snprintf(err, size, "cannot listen on %s port %s: %s", host, port,
	    why);
	return (-1);
}

static int
add(int fd, const char *bind)
{
	struct listener	*l;

	if (nlisteners == IMAGE_LISTENERS_MAX) {
		errno = EMFILE;
		return (-1);
	}
	l = &listeners[nlisteners++];
	l->l.fd = fd;
	l->carried = 0;
	snprintf(l->l.bind, sizeof(l->l.bind), "%s", bind);
	return (0);
}

static int
bind_socket(const struct addrinfo *ai)
{
	int	fd, on = 1, saved;

	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return (-1);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (ai->ai_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6,
	    IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return (fd);
	saved = errno;
	close(fd);
	errno = saved;
	return (-1);
}

/*
 * Binds one of the addresses that a name has. Where a name has several, those
 * of a family that this machine does not have are left out.
 */
static int
bind_one(const struct addrinfo *ai, const char *bind, int more, char *err,
    size_t size)
{
	struct sockaddr_storage	ss = { .ss_family = AF_UNSPEC };
	char			host[ADDRESS_HOST_MAX], port[6];
	int			fd;

	memcpy(&ss, ai->ai_addr, ai->ai_addrlen);
	address_split(&ss, host, sizeof(host), port, sizeof(port));
	if ((fd = bind_socket(ai)) == -1) {
		if (more && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
			return (0);
		return (complain(err, size, host, port));
	}
	if (add(fd, bind) == -1) {
		close(fd);
		return (complain(err, size, host, port));
	}
	return (0);
}

static int
bind_address(const char *bind, char *err, size_t size)
{
	struct addrinfo	 hints = { .ai_family = AF_UNSPEC,
			    .ai_socktype = SOCK_STREAM,
			    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo	*list, *ai;
	struct address	 a;
	size_t		 before = nlisteners;
	int		 r = 0, e;

	if (address_parse(&a, bind) == -1) {
		snprintf(err, size, "\"%s\" is not an address", bind);
		return (-1);
	}
	e = getaddrinfo(*a.host != '\0' ? a.host : NULL, a.port, &hints,
	    &list);
	if (e != 0) {
		snprintf(err, size, "cannot listen on %s: %s", bind,
		    gai_strerror(e));
		return (-1);
	}
	for (ai = list; r == 0 && ai != NULL; ai = ai->ai_next)
		r = bind_one(ai, bind, list->ai_next != NULL, err, size);
	freeaddrinfo(list);
	if (r == 0 && nlisteners == before) {
		errno = EADDRNOTAVAIL;
		r = complain(err, size, bind, a.port);
	}
	return (r);
}

static int
is_wanted(const struct settings *s, const char *bind)
{
	uint32_t	i;

	if (*bind == '\0')
		return (1);
	for (i = 0; i < s->nbinds; i++) {
		if (strcmp(s->binds[i], bind) == 0)
			return (1);
	}
	return (0);
}

static int
is_bound(const char *bind)
{
	size_t	i;

	for (i = 0; i < nlisteners; i++) {
		if (strcmp(listeners[i].l.bind, bind) == 0)
			return (1);
	}
	return (0);
}

static void
adopt(const struct settings *s, const struct image_listener *old, int carried)
{
	if (!is_wanted(s, old->bind) || add(old->fd, old->bind) == -1)
		close(old->fd);
	else
		listeners[nlisteners - 1].carried = carried;
}

int
listener_bind(const struct settings *s, const struct image *im, char *err,
    size_t size)
{
	uint32_t	i;

	settings = s;
	for (i = 0; i < im->nlisteners; i++)
		adopt(s, &im->listeners[i], im->reason != IMAGE_START);
	strict = im->reason == IMAGE_START || im->reason == IMAGE_CHECK;
	if (is_bound(""))
		return (0);
	for (i = 0; i < s->nbinds; i++) {
		if (is_bound(s->binds[i]) ||
		    bind_address(s->binds[i], err, size) == 0)
			continue;
		if (strict)
			return (-1);
		log_error("%s; going on without", err);
	}
	return (nlisteners > 0 ? 0 : -1);
}

int
listener_try(const struct settings *s, const struct image *im, char *err,
    size_t size)
{
	size_t	i;

	/* one that is to go may hold what a new one needs until then */
	for (i = 0; i < im->nlisteners; i++) {
		if (!is_wanted(s, im->listeners[i].bind))
			return (0);
	}
	return (listener_bind(s, im, err, size));
}

static void
write_refusal(enum admission a, const struct load *l, const char *source,
    unsigned n)
{
	const char	*name = limits_name(a);

	if (a == REFUSE_PENALTY)
		log_info("refused connection from %s: penalty: %s (%lld s "
		    "left; %u refused since the last such line)", source,
		    l->penalty, (long long)(l->penalty_ms + 999) / 1000, n);
	else if (a == REFUSE_SOURCE_STARTUPS || a == REFUSE_SOURCE_CONNECTIONS)
		log_info("refused connection from %s: past %s (%u connections "
		    "of its block, %u not logged in; %u refused since the last "
		    "such line)", source, name, l->source_connections,
		    l->source_logins, n);
	else
		log_info("refused connection from %s: past %s (%u connections, "
		    "%u not logged in; %u refused since the last such line)",
		    source, name, l->connections, l->logins, n);
}

/* A line about refusals of a kind, but not one for each. */
static void
log_refusal(enum admission a, const struct load *l, const char *source,
    int64_t now)
{
	refusals[a].n++;
	if (refusals[a].last != 0 && now - refusals[a].last < QUIET_MS)
		return;
	write_refusal(a, l, source, refusals[a].n);
	refusals[a].last = now;
	refusals[a].n = 0;
}

static void
pause_accepting(int error)
{
	int64_t	now = clock_mono_ms();
	size_t	i;

	for (i = 0; paused_until == 0 && i < nlisteners; i++)
		loop_remove(listeners[i].l.fd);
	paused_until = now + PAUSE_MS;
	if (last_pause == 0 || now - last_pause >= QUIET_MS) {
		log_error("accept: %s; pausing", strerror(error));
		last_pause = now;
	}
}

/*
 * Without a free descriptor the waiting connection could not even be refused,
 * and would wake us for ever: the reserve makes room for it.
 */
static void
refuse_without_descriptor(int fd)
{
	int	client, saved = errno;

	if (reserve != -1) {
		close(reserve);
		client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (client != -1)
			close(client);
		reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	pause_accepting(saved);
}

/*
 * What a client has sent already is dropped unread: a close with bytes left
 * would be a reset, and might take the sentence away with it.
 */
static void
refuse(int fd, const char *text)
{
	(void)send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)recv(fd, NULL, DROPPED_MAX, MSG_DONTWAIT | MSG_TRUNC);
	close(fd);
}

/* Whether the client may come in. Refused, it has been told and closed. */
static int
admit(int fd, const struct sockaddr_storage *client, const char *source)
{
	struct load	l;
	struct network	address;
	enum admission	a;
	int64_t		now = clock_mono_ms();
	uint32_t	random = 0;

	memset(&l, 0, sizeof(l));
	ask_load(&l);
	network_from_sockaddr(&address, client);
	sources_load(&address, now, &l);
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) == -1)
		random = 0;
	if ((a = limits_admit(settings, &l, random)) == ADMIT)
		return (1);
	refuse(fd, limits_sentence(a));
	log_refusal(a, &l, source, now);
	return (0);
}

static void
take_client(int fd, const struct sockaddr_storage *client)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss);
	char			source[ADDR_MAX + 1], local[ADDR_MAX + 1];

	address_format(client, source, sizeof(source));
	if (!admit(fd, client, source))
		return;
	memset(&ss, 0, sizeof(ss));
	local[0] = '\0';
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		address_format(&ss, local, sizeof(local));
	deliver(fd, source, local);
}

static void
on_listener(void *arg)
{
	struct listener		*l = arg;
	struct sockaddr_storage	 peer;
	socklen_t		 len;
	int			 fd, i;

	if (l >= listeners + nlisteners)
		return;		/* stopped by an event just before */
	for (i = 0; i < ACCEPT_MAX && paused_until == 0; i++) {
		len = sizeof(peer);
		memset(&peer, 0, sizeof(peer));
		fd = accept4(l->l.fd, (struct sockaddr *)&peer, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1)
			take_client(fd, &peer);
		else if (errno == EMFILE || errno == ENFILE)
			refuse_without_descriptor(l->l.fd);
		else if (errno == ENOMEM || errno == ENOBUFS)
			pause_accepting(errno);
		else if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

static int
start_one(struct listener *l, char *err, size_t size)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss);
	char			host[ADDRESS_HOST_MAX] = "?", port[6] = "?";

	memset(&ss, 0, sizeof(ss));
	if (getsockname(l->l.fd, (struct sockaddr *)&ss, &len) == 0)
		address_split(&ss, host, sizeof(host), port, sizeof(port));
	l->watch.ready = on_listener;
	l->watch.arg = l;
	if (fcntl(l->l.fd, F_SETFL, O_NONBLOCK) == -1 ||
	    listen(l->l.fd, BACKLOG) == -1 ||
	    loop_add(l->l.fd, &l->watch) == -1)
		return (complain(err, size, host, port));
	if (!l->carried)
		log_info("Server listening on %s port %s.", host, port);
	return (0);
}

int
listener_start(listener_fn *fn, void (*load)(struct load *), char *err,
    size_t size)
{
	size_t	i;

	deliver = fn;
	ask_load = load;
	reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (i = 0; i < nlisteners; i++) {
		if (start_one(&listeners[i], err, size) == 0)
			continue;
		if (strict)
			return (-1);
		log_error("%s; going on without", err);
	}
	return (0);
}

void
listener_export(struct image *im)
{
	size_t	i;

	for (i = 0; i < nlisteners; i++)
		im->listeners[i] = listeners[i].l;
	im->nlisteners = nlisteners;
}

void
listener_stop(void)
{
	while (nlisteners > 0)
		close(listeners[--nlisteners].l.fd);
	paused_until = 0;
}

int64_t
listener_tick(int64_t now)
{
	size_t	i;

	if (paused_until == 0)
		return (LOOP_NEVER);
	if (now < paused_until)
		return (paused_until);
	paused_until = 0;
	for (i = 0; i < nlisteners; i++) {
		if (loop_add(listeners[i].l.fd, &listeners[i].watch) == -1)
			pause_accepting(errno);
	}
	return (paused_until == 0 ? LOOP_NEVER : paused_until);
}
