/* SPDX-License-Identifier: ISC */
/*
 * Asking the sockets of sessions.
 *
 * Who lives is read from run_dir, not from the store: a prompt of the admin
 * shell has no row. A sweep takes their names once and goes through them; one
 * that is wanted meanwhile comes after it, and after a rest as long as the last
 * one took, so that who edits without end takes half of the pace at most. Those
 * that could not look again, for the store is away or their monitor does not
 * answer, are asked again later.
 */
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/reach.h"
#include "lib/unixsock.h"
#include "lib/xmalloc.h"
#include "monitor/asker.h"

#define STOPS_AT_ONCE	32	/* beside ASKER_AT_ONCE */
#define PACE_MS		(1000 / ASKER_A_SECOND)
#define SLOTS		(ASKER_AT_ONCE + STOPS_AT_ONCE)
#define ANSWER_MS	10000	/* a hook's two seconds, a store's five */
#define STOP_AGAIN_MS	200	/* its socket is busy */
#define STOP_TRIES	25
#define AWAY_MS		5000	/* before those are asked again that could
				   not look */

/* A question on its way. */
struct ask {
	int		 fd;		/* -1: a free slot */
	int64_t		 ends;
	struct stop	*stop;		/* NULL: to look again */
	char		 name[REACH_SOCKET_SIZE];
};

/* A session to stop; kept as long as the store names it. */
struct stop {
	TAILQ_ENTRY(stop)	 link;
	int64_t			 session;
	char			*request;
	int			 tries;		/* left; 0: it was told */
	int			 asking;
	int			 named;		/* since asker_stops_end() */
	int64_t			 at;		/* not before */
};

struct names {
	char	(*v)[REACH_SOCKET_SIZE];
	size_t	 n, size;
};

struct asker {
	const char		*run_dir;
	int			 poll;		/* epoll */
	struct ask		 asks[SLOTS];
	unsigned		 nlooks, nstops;	/* of these */
	TAILQ_HEAD(, stop)	 stops;

	/* the sweep */
	int			 wanted;	/* another */
	int64_t			 begin_at;	/* not before */
	struct names		 names;
	size_t			 next;		/* of these */
	int64_t			 began;		/* 0: none goes on */
	int64_t			 paced_at;	/* the next name is due */
	struct names		 late;		/* to be asked again */
	int64_t			 late_at;	/* then */
};

struct asker *
asker_new(const char *run_dir)
{
	struct asker	*a = xcalloc(1, sizeof(*a));
	size_t		 i;

	a->run_dir = run_dir;
	if ((a->poll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		fatal("epoll_create1: %s", strerror(errno));
	for (i = 0; i < SLOTS; i++)
		a->asks[i].fd = -1;
	TAILQ_INIT(&a->stops);
	return (a);
}

/* One that has ended. */
static void
ask_close(struct asker *a, struct ask *q)
{
	close(q->fd);
	q->fd = -1;
	if (q->stop == NULL) {
		a->nlooks--;
		return;
	}
	a->nstops--;
	q->stop->asking = 0;
	q->stop = NULL;
}

static void
names_add(struct names *l, const char *name)
{
	if (l->n == l->size) {
		l->size = l->size ? 2 * l->size : 64;
		l->v = xreallocarray(l->v, l->size, sizeof(*l->v));
	}
	snprintf(l->v[l->n++], sizeof(*l->v), "%s", name);
}

static void
names_free(struct names *l)
{
	free(l->v);
	memset(l, 0, sizeof(*l));
}

void
asker_free(struct asker *a)
{
	size_t	i;

	for (i = 0; i < SLOTS; i++) {
		if (a->asks[i].fd != -1)
			ask_close(a, &a->asks[i]);
	}
	/* the first forgets that they were named, the second them */
	asker_stops_end(a);
	asker_stops_end(a);
	names_free(&a->names);
	names_free(&a->late);
	close(a->poll);
	free(a);
}

void
asker_sweep(struct asker *a)
{
	a->wanted = 1;
}

void
asker_stop(struct asker *a, int64_t session, const char *reason)
{
	struct stop	*s;

	TAILQ_FOREACH(s, &a->stops, link) {
		if (s->session == session) {
			s->named = 1;
			return;
		}
	}
	s = xcalloc(1, sizeof(*s));
	s->session = session;
	s->named = 1;
	s->request = xasprintf("stop %.*s", REACH_REQUEST_MAX - 5, reason);
	s->tries = STOP_TRIES;
	TAILQ_INSERT_TAIL(&a->stops, s, link);
}

void
asker_stops_end(struct asker *a)
{
	struct stop	*s, *next;

	for (s = TAILQ_FIRST(&a->stops); s != NULL; s = next) {
		next = TAILQ_NEXT(s, link);
		if (!s->named && !s->asking) {
			TAILQ_REMOVE(&a->stops, s, link);
			free(s->request);
			free(s);
		} else
			s->named = 0;
	}
}

int
asker_fd(const struct asker *a)
{
	return (a->poll);
}

/* Nobody else looks after a dead login to the admin shell. */
static void
unlink_dead(struct asker *a, const char *name)
{
	if (!reach_is_session(name))
		(void)unixsock_remove(a->run_dir, name);
}

/*
 * Sends a question. Returns 0 when that is on its way or nobody lives there,
 * or -1: not now.
 */
static int
ask_send(struct asker *a, const char *name, const char *request,
    struct stop *stop)
{
	struct epoll_event	 ev = { .events = EPOLLIN };
	struct ask		*q = a->asks;
	int			 fd;

	while (q->fd != -1)
		q++;
	if ((fd = unixsock_connect(a->run_dir, name, SOCK_SEQPACKET)) == -1) {
		if (errno != ENOENT && errno != ECONNREFUSED)
			return (-1);
		if (stop != NULL)
			stop->tries = 0;	/* elsewhere, or over */
		else
			unlink_dead(a, name);
		return (0);
	}
	ev.data.ptr = q;
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) == -1 ||
	    epoll_ctl(a->poll, EPOLL_CTL_ADD, fd, &ev) == -1) {
		close(fd);
		return (-1);
	}
	q->fd = fd;
	q->ends = clock_mono_ms() + ANSWER_MS;
	q->stop = stop;
	snprintf(q->name, sizeof(q->name), "%s", name);
	if (stop != NULL) {
		stop->asking = 1;
		a->nstops++;
	} else
		a->nlooks++;
	return (0);
}

/* Of one that could not look again. */
static void
ask_later(struct asker *a, const char *name)
{
	if (a->late.n == 0)
		a->late_at = clock_mono_ms() + AWAY_MS;
	names_add(&a->late, name);
}

/* What was answered; NULL: nothing, and nothing will be. */
static void
ask_answered(struct asker *a, struct ask *q, const char *answer)
{
	if (q->stop != NULL) {
		if (answer != NULL && strcmp(answer, "ok") == 0)
			q->stop->tries = 0;
	} else if (answer == NULL || strcmp(answer, "away") == 0)
		ask_later(a, q->name);
	ask_close(a, q);
}

static void
ask_read(struct asker *a, struct ask *q)
{
	char	answer[REACH_ANSWER_MAX];
	ssize_t	n;

	if (q->fd == -1)
		return;
	n = recv(q->fd, answer, sizeof(answer) - 1, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		answer[n] = '\0';
	ask_answered(a, q, n > 0 ? answer : NULL);
}

static void
read_answers(struct asker *a)
{
	struct epoll_event	ev[SLOTS];
	int			i, n;

	if ((n = epoll_wait(a->poll, ev, SLOTS, 0)) == -1)
		return;
	for (i = 0; i < n; i++)
		ask_read(a, ev[i].data.ptr);
}

/* Those that do not answer: a monitor that is stopped, or has died. */
static void
end_late(struct asker *a)
{
	int64_t	now = clock_mono_ms();
	size_t	i;

	for (i = 0; i < SLOTS; i++) {
		if (a->asks[i].fd == -1 || now < a->asks[i].ends)
			continue;
		log_error("%s does not answer", a->asks[i].name);
		ask_answered(a, &a->asks[i], NULL);
	}
}

static void
send_stops(struct asker *a)
{
	struct stop	*s;
	char		 name[REACH_SOCKET_SIZE];
	int64_t		 now = clock_mono_ms();

	TAILQ_FOREACH(s, &a->stops, link) {
		if (a->nstops == STOPS_AT_ONCE)
			break;
		if (s->tries == 0 || s->asking || now < s->at)
			continue;
		s->tries--;
		s->at = now + STOP_AGAIN_MS;
		(void)ask_send(a, reach_session_socket(s->session, name),
		    s->request, s);
	}
}

/* Who lives now. */
static void
read_names(struct asker *a)
{
	struct dirent	*e;
	DIR		*d;

	if ((d = opendir(a->run_dir)) == NULL) {
		log_error("%s: %s", a->run_dir, strerror(errno));
		return;
	}
	while ((e = readdir(d)) != NULL) {
		if (reach_is_socket(e->d_name))
			names_add(&a->names, e->d_name);
	}
	closedir(d);
}

/* A sweep of all, or of those that could not look before. */
static void
sweep_begin(struct asker *a)
{
	int64_t	now = clock_mono_ms();

	if (a->wanted && now >= a->begin_at) {
		a->wanted = 0;
		names_free(&a->late);
		read_names(a);
	} else if (a->late.n > 0 && now >= a->late_at) {
		a->names = a->late;
		memset(&a->late, 0, sizeof(a->late));
	} else
		return;
	a->began = a->paced_at = now;
}

/* Goes on with the sweep as far as the pace allows. */
static void
sweep(struct asker *a)
{
	int64_t	now = clock_mono_ms();

	/* what was missed by waiting for answers is not caught up with */
	if (a->paced_at < now - ASKER_AT_ONCE * PACE_MS)
		a->paced_at = now - ASKER_AT_ONCE * PACE_MS;
	for (; a->next < a->names.n && a->nlooks < ASKER_AT_ONCE &&
	    a->paced_at <= now; a->paced_at += PACE_MS) {
		if (ask_send(a, a->names.v[a->next], "revalidate", NULL) == -1)
			ask_later(a, a->names.v[a->next]);
		a->next++;
	}
	if (a->next < a->names.n)
		return;
	if (a->names.n > 0)
		log_verbose("%zu sessions were asked to look at their grants "
		    "again, in %lld ms", a->names.n,
		    (long long)(now - a->began));
	names_free(&a->names);
	a->next = 0;
	a->begin_at = now + (now - a->began);
	a->began = 0;
}

void
asker_run(struct asker *a)
{
	read_answers(a);
	end_late(a);
	send_stops(a);
	if (a->began == 0)
		sweep_begin(a);
	if (a->began != 0)
		sweep(a);
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return (a == -1 || b < a ? b : a);
}

int64_t
asker_wakes(const struct asker *a)
{
	const struct stop	*s;
	int64_t			 when = -1;
	size_t			 i;

	for (i = 0; i < SLOTS; i++) {
		if (a->asks[i].fd != -1)
			when = sooner(when, a->asks[i].ends);
	}
	TAILQ_FOREACH(s, &a->stops, link) {
		if (s->tries > 0 && !s->asking && a->nstops < STOPS_AT_ONCE)
			when = sooner(when, s->at);
	}
	if (a->began != 0 && a->nlooks < ASKER_AT_ONCE)
		return (sooner(when, a->paced_at));
	if (a->began == 0 && a->wanted)
		when = sooner(when, a->begin_at);
	if (a->began == 0 && a->late.n > 0)
		when = sooner(when, a->late_at);
	return (when);
}
