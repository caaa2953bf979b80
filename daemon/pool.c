/* SPDX-License-Identifier: ISC */
/*
 * The pool. All memory is taken at the start; lists are in the order of their
 * slots' times, so that the first of a list is always the next that is due.
 */
#include <sys/queue.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/adopt.h"
#include "daemon/birth.h"
#include "daemon/ctl.h"
#include "daemon/loop.h"
#include "daemon/pool.h"
#include "daemon/sources.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/network.h"
#include "lib/proctitle.h"
#include "monitor/monitor.h"

#define BUCKETS		1024
#define STARTING_MAX	16	/* at the same time */
#define STARTING_MS	30000	/* a store that does not answer */
#define ENDING_MS	5000
#define SLACK_MS	5000	/* for the monitor to end a login itself */
#define ERRANDS_MAX	16	/* at the same time */
#define BACKOFF_MIN_MS	100
#define BACKOFF_MAX_MS	3000

struct slot {
	TAILQ_ENTRY(slot)	entry;
	LIST_ENTRY(slot)	hash;		/* by pid */
	struct watch		watch;
	struct image_slot	s;
};
TAILQ_HEAD(slot_list, slot);
LIST_HEAD(slot_bucket, slot);

static struct slot_list		 lists[POOL_STATES];
static unsigned			 counts[POOL_STATES];
static struct slot_bucket	 buckets[BUCKETS];
static struct slot		*slots;
static struct slot_list		 unused;	/* of those used before */
static unsigned			 nslots, nused;

static struct image_slot	*queue;	/* clients that wait, a ring */
static unsigned			 queue_size, queue_first, queue_len;

static const struct settings	*settings;
static int			 secrets;
static void			(*spare_ready)(void);
static int			 draining, held;
static int64_t			 backoff_ms, backoff_until;

static unsigned			 adopted;	/* by this pool_adopt() */

static void on_monitor(void *);
static void on_adopted(void *);

/* A client in this state begins (1) or ceases (-1) to count for its source. */
static void
count_client(const struct image_slot *c, enum pool_state state, int more)
{
	struct network	address;
	int		login = state == POOL_WAITING || state == POOL_LOGIN;

	if (!login && state != POOL_SESSION && state != POOL_ERRAND)
		return;
	network_from_source(&address, c->source);
	sources_count(&address, more, login ? more : 0);
}

static void
slot_move(struct slot *s, enum pool_state state)
{
	count_client(&s->s, state, 1);
	count_client(&s->s, s->s.state, -1);
	TAILQ_REMOVE(&lists[s->s.state], s, entry);
	counts[s->s.state]--;
	s->s.state = state;
	s->s.since = clock_mono_ms();
	TAILQ_INSERT_TAIL(&lists[state], s, entry);
	counts[state]++;
}

/* Takes a slot for what src says, whose since must be the latest. */
static struct slot *
slot_take(const struct image_slot *src)
{
	struct slot	*s = TAILQ_FIRST(&unused);

	if (s != NULL)
		TAILQ_REMOVE(&unused, s, entry);
	else if (nused < nslots)
		s = &slots[nused++];	/* touched only now */
	else
		return (NULL);
	s->s = *src;
	s->watch.ready = s->s.adopted ? on_adopted : on_monitor;
	s->watch.arg = s;
	TAILQ_INSERT_TAIL(&lists[s->s.state], s, entry);
	counts[s->s.state]++;
	LIST_INSERT_HEAD(&buckets[(unsigned)s->s.pid % BUCKETS], s, hash);
	count_client(&s->s, s->s.state, 1);
	return (s);
}

static void
slot_close(struct slot *s)
{
	if (s->s.fd != -1) {
		loop_remove(s->s.fd);
		close(s->s.fd);
	}
	s->s.fd = -1;
}

static void
slot_free(struct slot *s)
{
	slot_close(s);
	count_client(&s->s, s->s.state, -1);
	TAILQ_REMOVE(&lists[s->s.state], s, entry);
	counts[s->s.state]--;
	LIST_REMOVE(s, hash);
	TAILQ_INSERT_HEAD(&unused, s, entry);
}

/* A child's slot: the number of one adopted may have passed on to a child. */
static struct slot *
slot_find(pid_t pid)
{
	struct slot	*s;

	LIST_FOREACH(s, &buckets[(unsigned)pid % BUCKETS], hash) {
		if (s->s.pid == pid && !s->s.adopted)
			return (s);
	}
	return (NULL);
}

static int
is_known(pid_t pid)
{
	const struct slot	*s;

	LIST_FOREACH(s, &buckets[(unsigned)pid % BUCKETS], hash) {
		if (s->s.pid == pid)
			return (1);
	}
	return (0);
}

static void
slot_signal(const struct slot *s, int sig)
{
	if (s->s.adopted)
		syscall(SYS_pidfd_send_signal, s->s.fd, sig, NULL, 0);
	else
		kill(s->s.pid, sig);
}

static void
slot_kill(struct slot *s)
{
	slot_signal(s, SIGKILL);
	slot_move(s, POOL_KILLED);
}

static void
slot_retire(struct slot *s)
{
	if (s->s.fd != -1)
		ctl_send_retire(s->s.fd);
	slot_move(s, POOL_ENDING);
}

/*
 * A spare failed: the next one waits, and is alone, so that a store that is
 * away costs one short process in a while. Several that fail at the same time
 * count once; once the pause is at its longest, it is no news.
 */
static void
back_off(const char *why)
{
	int64_t	now = clock_mono_ms(), before = backoff_ms;

	if (backoff_until > now)
		return;
	backoff_ms = backoff_ms == 0 ? BACKOFF_MIN_MS : backoff_ms * 2;
	if (backoff_ms > BACKOFF_MAX_MS)
		backoff_ms = BACKOFF_MAX_MS;
	backoff_until = now + backoff_ms;
	if (backoff_ms != before)
		log_error("%s; trying again in %lld ms", why,
		    (long long)backoff_ms);
}

/* The life of a monitor begins: in it, this does not return. */
static int
start_monitor(void)
{
	struct image_slot	new = { .state = POOL_STARTING };
	struct slot		*s;
	char			 why[128];

	if ((new.pid = birth_fork(&new.fd, secrets)) == 0) {
		proctitle_set("monitor");
		monitor_main(new.fd, secrets, settings);
	}
	if (new.pid == -1) {
		snprintf(why, sizeof(why), "cannot start a monitor: %s",
		    strerror(errno));
		back_off(why);
		return (-1);
	}
	new.since = clock_mono_ms();
	s = slot_take(&new);
	if (s == NULL || loop_add(s->s.fd, &s->watch) == -1) {
		kill(new.pid, SIGKILL);
		back_off("cannot watch a new monitor");
		return (-1);
	}
	return (0);
}

/* Spares that are missing, with those that clients wait for. */
static int
is_short(void)
{
	unsigned	at_once = backoff_ms == 0 ? STARTING_MAX : 1;

	return (counts[POOL_STARTING] + counts[POOL_SPARE] <
	    settings->spares + queue_len &&
	    counts[POOL_STARTING] < at_once);
}

void
pool_fill(void)
{
	if (draining || held || (backoff_until != 0 &&
	    clock_mono_ms() < backoff_until))
		return;
	backoff_until = 0;
	while (is_short() && (nused < nslots || !TAILQ_EMPTY(&unused))) {
		if (start_monitor() == -1)
			return;
	}
}

void
pool_hold(int on)
{
	held = on;
	if (!on) {
		backoff_ms = backoff_until = 0;
		pool_fill();
	}
}

/* Gives a client to a spare. Returns 0, or -1 when that was no spare more. */
static int
hand_over(struct slot *s, const struct image_slot *client)
{
	int		errand = client->state == POOL_ERRAND;
	enum ipc_result	r;

	r = errand ? ctl_send_errand(s->s.fd, client->fd) :
	    ctl_send_connection(s->s.fd, client->fd, client->source,
	    client->local);
	if (r != IPC_OK) {
		slot_kill(s);
		return (-1);
	}
	memcpy(s->s.source, client->source, sizeof(s->s.source));
	memcpy(s->s.local, client->local, sizeof(s->s.local));
	slot_move(s, errand ? POOL_ERRAND : POOL_LOGIN);
	close(client->fd);
	return (0);
}

/* The first of the queue is somebody's now, or gone. */
static void
queue_pop(void)
{
	count_client(&queue[queue_first], queue[queue_first].state, -1);
	queue_first = (queue_first + 1) % queue_size;
	queue_len--;
}

/* Brings clients that wait and spares together. */
static void
serve_queue(void)
{
	struct slot	*s;

	while (queue_len > 0 &&
	    (s = TAILQ_FIRST(&lists[POOL_SPARE])) != NULL) {
		if (hand_over(s, &queue[queue_first]) == 0)
			queue_pop();
	}
}

static unsigned
queued_errands(void)
{
	unsigned	i, n = 0;

	for (i = 0; i < queue_len; i++)
		n += queue[(queue_first + i) % queue_size].state ==
		    POOL_ERRAND;
	return (n);
}

static void
queue_put(const struct image_slot *client)
{
	if (queue_len == queue_size) {
		close(client->fd);
		return;
	}
	queue[(queue_first + queue_len++) % queue_size] = *client;
	count_client(client, client->state, 1);
}

void
pool_serve(int fd, const char *source, const char *local)
{
	struct image_slot	client = { .state = POOL_WAITING, .fd = fd,
				    .since = clock_mono_ms() };

	snprintf(client.source, sizeof(client.source), "%s", source);
	snprintf(client.local, sizeof(client.local), "%s", local);
	queue_put(&client);
	serve_queue();
	pool_fill();
}

/*
 * Somebody's session sends an errand. It has a place as a client has, in the
 * name of who sends it; where there is none, the socket's end says so.
 */
static void
take_errand(const struct slot *s, int fd)
{
	struct image_slot	new = s->s;
	struct load		l;

	pool_load(&l);
	if (draining || counts[POOL_ERRAND] + queued_errands() >=
	    ERRANDS_MAX || l.connections >= settings->max_connections) {
		log_info("no place for an errand of %s", s->s.source);
		close(fd);
		return;
	}
	new.state = POOL_ERRAND;
	new.pid = new.child = 0;
	new.fd = fd;
	new.since = clock_mono_ms();
	queue_put(&new);
	serve_queue();
	pool_fill();
}

/* A message of a monitor. Returns 0, or -1 when it makes no sense. */
static int
take_message(struct slot *s, const struct ctl_said *said)
{
	uint8_t		type = said->type;
	uint32_t	child = said->child_pid;

	if (type == CTL_SPARE && s->s.state == POOL_STARTING) {
		s->s.child = child;
		slot_move(s, POOL_SPARE);
		backoff_ms = backoff_until = 0;
		serve_queue();
		spare_ready();
		pool_fill();
		return (0);
	}
	if (type == CTL_AUTHENTICATED && s->s.state == POOL_LOGIN) {
		slot_move(s, POOL_SESSION);
		return (0);
	}
	if (type == CTL_ERRAND && s->s.state == POOL_SESSION) {
		take_errand(s, said->fd);
		return (0);
	}
	if (said->fd != -1)
		close(said->fd);
	/* these crossed our own messages */
	if (type == CTL_SPARE)
		s->s.child = child;
	if (s->s.state == POOL_ENDING || s->s.state == POOL_KILLED)
		return (0);
	log_error("monitor %d: message %u out of place", (int)s->s.pid, type);
	return (-1);
}

/*
 * The end of a monitor's socket is not its own end, which SIGCHLD tells of; but
 * no client may be given to it any more.
 */
static void
on_monitor(void *arg)
{
	struct slot	*s = arg;
	struct ctl_said	 said;
	enum ipc_result	 r = IPC_OK;

	while (s->s.fd != -1 && (r = ctl_recv(s->s.fd, &said)) == IPC_OK) {
		if (take_message(s, &said) == -1)
			r = IPC_BAD;
		if (r != IPC_OK)
			break;
	}
	if (r == IPC_BAD) {
		slot_close(s);
		slot_kill(s);
	} else if (r == IPC_CLOSED) {
		slot_close(s);
		if (s->s.state == POOL_SPARE)
			slot_move(s, POOL_ENDING);
	}
}

/* Its pidfd is readable when it has ended. */
static void
on_adopted(void *arg)
{
	struct slot	*s = arg;
	struct pollfd	 p = { .fd = s->s.fd, .events = POLLIN };

	if (!s->s.adopted || s->s.fd == -1 || poll(&p, 1, 0) != 1)
		return;
	slot_free(s);
	pool_fill();
}

static void
adopt_one(pid_t pid, int pidfd)
{
	struct image_slot	 new = { .state = POOL_SESSION, .adopted = 1,
				    .pid = pid, .fd = pidfd,
				    .since = clock_mono_ms() };
	struct slot		*s;

	if (is_known(pid) || (s = slot_take(&new)) == NULL) {
		close(pidfd);
		return;
	}
	if (loop_add(pidfd, &s->watch) == -1)
		slot_free(s);
	else
		adopted++;
}

unsigned
pool_adopt(void)
{
	adopted = 0;
	adopt_scan(settings, adopt_one);
	return (adopted);
}

void
pool_load(struct load *l)
{
	l->logins = counts[POOL_LOGIN] + queue_len;
	l->connections = l->logins + counts[POOL_SESSION] +
	    counts[POOL_ERRAND];
}

/*
 * What the end of a login says of the client. What the portal could not do (no
 * store, no memory, a monitor that was stopped) is not held against anybody.
 */
static enum penalty
find_penalty(int status)
{
	if (WIFSIGNALED(status))
		return (WTERMSIG(status) == SIGKILL || WTERMSIG(status) ==
		    SIGTERM ? PENALTY_NONE : PENALTY_CRASH);
	switch (WEXITSTATUS(status)) {
	case MONITOR_NO_LOGIN:
		return (PENALTY_NOAUTH);
	case MONITOR_AUTH_FAILED:
		return (PENALTY_AUTHFAIL);
	case MONITOR_ACCOUNT:
		return (PENALTY_REFUSED);
	case MONITOR_GRACE:
		return (PENALTY_GRACE);
	case MONITOR_GATE:
	case MONITOR_CHILD_CRASHED:
		return (PENALTY_CRASH);
	default:
		return (PENALTY_NONE);
	}
}

/* Whether its last words, not yet heard, are that somebody is in. */
static int
says_authenticated(const struct slot *s)
{
	struct ctl_said	said;

	while (s->s.fd != -1 && ctl_recv(s->s.fd, &said) == IPC_OK) {
		if (said.fd != -1)
			close(said.fd);
		if (said.type == CTL_AUTHENTICATED)
			return (1);
	}
	return (0);
}

/* Whoever has logged in is known by name, and not punished as an address. */
static void
penalise(const struct slot *s, int status)
{
	struct network	address;
	int64_t		now = clock_mono_ms();

	if (s->s.state != POOL_LOGIN || says_authenticated(s))
		return;
	network_from_source(&address, s->s.source);
	sources_penalise(&address, find_penalty(status), now - s->s.since,
	    now);
}

/* What a monitor's end means. */
static enum pool_news
judge(const struct slot *s, int status)
{
	const char	*whom = *s->s.source != '\0' ? s->s.source : "nobody";

	if (WIFSIGNALED(status) && s->s.state != POOL_KILLED &&
	    s->s.state != POOL_ENDING) {
		log_error("monitor %d for %s: killed by signal %d (%s)",
		    (int)s->s.pid, whom, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
		return (WTERMSIG(status) == SIGKILL || WTERMSIG(status) ==
		    SIGTERM ? POOL_ENDED : POOL_CRASHED);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == MONITOR_CHILD_CRASHED) {
		log_error("child %d of monitor %d for %s crashed",
		    (int)s->s.child, (int)s->s.pid, whom);
		return (POOL_CRASHED);
	}
	return (POOL_ENDED);
}

enum pool_news
pool_reaped(pid_t pid, int status)
{
	struct slot	*s = slot_find(pid);
	enum pool_news	 news;
	enum pool_state	 state;
	pid_t		 child;

	if (s == NULL)
		return (POOL_NOT_OURS);
	penalise(s, status);
	news = judge(s, status);
	state = s->s.state;
	child = s->s.child;
	slot_free(s);
	/* a number may have passed on to another of our monitors */
	if (slot_find(child) == NULL)
		birth_end_orphan(child);
	if (state == POOL_STARTING)
		back_off("a monitor ended before it was ready");
	pool_fill();
	return (news);
}

/* When the first of a list has had its time; LOOP_NEVER if there is none. */
static int64_t
due(enum pool_state state, int64_t ms)
{
	const struct slot	*s = TAILQ_FIRST(&lists[state]);

	return (s == NULL ? LOOP_NEVER : s->s.since + ms);
}

/* Kills those of a list whose time is over; returns when the next one's is. */
static int64_t
expire(enum pool_state state, int64_t ms, int64_t now, const char *what)
{
	struct slot	*s;
	int64_t		 when;

	while ((when = due(state, ms)) <= now) {
		s = TAILQ_FIRST(&lists[state]);
		log_error("monitor %d: %s; killed", (int)s->s.pid, what);
		slot_kill(s);
	}
	return (when);
}

/* Drops clients for whom no spare was found in the time for a login. */
static int64_t
expire_queue(int64_t now)
{
	int64_t	when;

	while (queue_len > 0) {
		when = queue[queue_first].since + settings->login_grace_ms;
		if (when > now)
			return (when);
		log_error("nobody was free to serve %s",
		    queue[queue_first].source);
		close(queue[queue_first].fd);
		queue_pop();
	}
	return (LOOP_NEVER);
}

int64_t
pool_tick(int64_t now)
{
	int64_t	when;

	when = expire(POOL_STARTING, STARTING_MS, now, "not ready in time");
	when = loop_earlier(when, expire(POOL_LOGIN, settings->login_grace_ms +
	    SLACK_MS, now, "has outlived login-grace-time"));
	when = loop_earlier(when, expire(POOL_ERRAND, ERRAND_MS_MAX +
	    SLACK_MS, now, "has been on an errand for too long"));
	when = loop_earlier(when, expire(POOL_ENDING, ENDING_MS, now,
	    "did not end when asked"));
	when = loop_earlier(when, expire_queue(now));
	if (backoff_until != 0 && !draining && !held) {
		pool_fill();
		if (backoff_until != 0)
			when = loop_earlier(when, backoff_until);
	}
	return (when);
}

static void
retire_spares(void)
{
	struct slot	*s;

	while ((s = TAILQ_FIRST(&lists[POOL_STARTING])) != NULL)
		slot_retire(s);
	while ((s = TAILQ_FIRST(&lists[POOL_SPARE])) != NULL)
		slot_retire(s);
}

void
pool_drain(void)
{
	draining = 1;
	while (queue_len > 0) {
		close(queue[queue_first].fd);
		queue_pop();
	}
	retire_spares();
}

void
pool_end(int now)
{
	static const enum pool_state	live[] = { POOL_LOGIN, POOL_SESSION,
					    POOL_ERRAND };
	struct slot			*s;
	size_t				 i;

	pool_drain();
	for (i = 0; i < sizeof(live) / sizeof(live[0]); i++) {
		while ((s = TAILQ_FIRST(&lists[live[i]])) != NULL) {
			slot_signal(s, SIGTERM);
			slot_move(s, POOL_ENDING);
		}
	}
	while (now && (s = TAILQ_FIRST(&lists[POOL_ENDING])) != NULL)
		slot_kill(s);
}

int
pool_is_empty(void)
{
	int	i;

	for (i = 0; i < POOL_STATES; i++) {
		if (counts[i] > 0)
			return (0);
	}
	return (1);
}

size_t
pool_size(void)
{
	return (nslots + queue_size);
}

void
pool_export(struct image *im)
{
	const struct slot	*s;
	size_t			 n = 0;
	unsigned		 i;

	for (i = 0; i < POOL_STATES; i++) {
		TAILQ_FOREACH(s, &lists[i], entry)
			im->slots[n++] = s->s;
	}
	for (i = 0; i < queue_len; i++)
		im->slots[n++] = queue[(queue_first + i) % queue_size];
	im->nslots = n;
}

/* A monitor or client of the image before. */
static void
adopt(const struct image_slot *old)
{
	struct slot	*s;

	if (old->pid == 0) {
		queue_put(old);
		return;
	}
	if (old->state >= POOL_STATES || (s = slot_take(old)) == NULL)
		return;
	if (s->s.fd == -1 || loop_add(s->s.fd, &s->watch) == 0)
		return;
	if (s->s.adopted)
		slot_free(s);
	else
		slot_close(s);
}

static int
make_tables(const struct settings *s, size_t carried)
{
	int	i;

	queue_size = s->max_startups_full + ERRANDS_MAX + carried;
	nslots = s->max_connections + s->spares + STARTING_MAX + carried;
	slots = calloc(nslots, sizeof(*slots));
	queue = calloc(queue_size, sizeof(*queue));
	if (slots == NULL || queue == NULL)
		return (-1);
	TAILQ_INIT(&unused);
	for (i = 0; i < POOL_STATES; i++)
		TAILQ_INIT(&lists[i]);
	return (0);
}

int
pool_init(const struct settings *s, int secrets_fd, const struct image *im,
    void (*ready)(void))
{
	size_t	i;

	settings = s;
	secrets = secrets_fd;
	spare_ready = ready;
	ctl_init();
	if (make_tables(s, im->nslots) == -1)
		return (-1);
	for (i = 0; i < im->nslots; i++)
		adopt(&im->slots[i]);
	retire_spares();
	return (0);
}
