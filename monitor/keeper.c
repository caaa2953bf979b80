/* SPDX-License-Identifier: ISC */
/*
 * The keeper's process: its lock, its socket, the monitors that talk to it.
 * Whatever has arrived by the time it writes becomes one transaction, so that
 * the busier it is the less each record costs. It writes at once when a session
 * has ended, for its monitor waits for that; else after a moment, in which the
 * rest of a short session arrives, so that one costs one fsync and not three.
 */
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/event.h"
#include "lib/catalogue.h"
#include "lib/clock.h"
#include "lib/harden.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/proctitle.h"
#include "lib/settings.h"
#include "lib/unixsock.h"
#include "lib/xmalloc.h"
#include "monitor/archive.h"
#include "monitor/asker.h"
#include "monitor/keeper.h"
#include "monitor/privileges.h"
#include "monitor/refusals.h"
#include "monitor/secrets.h"
#include "monitor/stale.h"
#include "monitor/writer.h"

#define BEAT_MS		10000
#define LOOK_MS		500	/* between looks at what others may edit */
#define BATCH_MAX	256	/* records in a transaction */
#define TURN_MAX	16	/* records of one monitor in a turn */
#define EVENTS_MAX	64
#define HOLD_MS		50	/* for what comes of the same session */
#define LOCK_WAIT_MS	100	/* between tries at first, */
#define LOCK_WAIT_LONG	1000	/* after LOCK_TRIES of them */
#define LOCK_TRIES	50

/* A monitor, or whoever connects. */
struct peer {
	TAILQ_ENTRY(peer)	 next;
	int			 fd;
	int			 gone;	/* freed at the end of the turn */
};
TAILQ_HEAD(peers, peer);

struct item {
	struct peer	*from;
	struct ipc	 m;
};

struct keeper {
	const struct settings	*settings;
	struct secret_settings	*secrets;
	struct writer		 writer;
	struct archive		 archive;
	struct refusals		*refusals;
	int			 poll;		/* epoll */
	int			 ctl;		/* -1: the daemon is gone */
	int			 no_daemon;	/* there never was one */
	int			 lock, listener;
	struct peers		 peers;
	struct item		 batch[BATCH_MAX];
	size_t			 nbatch;
	int64_t			 due;		/* the batch is, at latest */
	int			 hand_over;
	int			 deaf;		/* not accepting for now */
	int			 check_end;	/* something ended */
	struct asker		*asker;
	int64_t			 look_at;	/* at the store, at latest */
};

/* Not on the stack, and only one. */
static struct keeper	keeper;

static void
watch(struct keeper *k, int fd, void *who)
{
	struct epoll_event	ev = { .events = EPOLLIN, .data.ptr = who };

	if (epoll_ctl(k->poll, EPOLL_CTL_ADD, fd, &ev) == -1)
		fatal("epoll_ctl: %s", strerror(errno));
}

static void
peer_gone(struct keeper *k, struct peer *p)
{
	if (p->gone)
		return;
	close(p->fd);
	p->gone = 1;
	k->check_end = 1;
	if (p->fd == k->archive.fd)
		archive_gone(&k->archive);
	else
		archive_wake(&k->archive);
}

static void
peers_sweep(struct keeper *k)
{
	struct peer	*p, *next;

	for (p = TAILQ_FIRST(&k->peers); p != NULL; p = next) {
		next = TAILQ_NEXT(p, next);
		if (p->gone) {
			TAILQ_REMOVE(&k->peers, p, next);
			free(p);
		}
	}
}

static void
peer_add(struct keeper *k, int fd)
{
	struct peer	*p = xcalloc(1, sizeof(*p));

	p->fd = fd;
	TAILQ_INSERT_TAIL(&k->peers, p, next);
	watch(k, fd, p);
}

static void
accept_all(struct keeper *k)
{
	int	fd;

	while ((fd = accept4(k->listener, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK)) != -1) {
		if (unixsock_peer_trusted(fd)) {
			peer_add(k, fd);
			continue;
		}
		log_error("a stranger on the keeper's socket");
		close(fd);
	}
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	/* Out of descriptors: the spool serves them until the next beat. */
	log_error("accept: %s", strerror(errno));
	epoll_ctl(k->poll, EPOLL_CTL_DEL, k->listener, NULL);
	k->deaf = 1;
}

/* Nothing is said there; only its end counts. */
static void
ctl_read(struct keeper *k)
{
	char	buf[256];
	ssize_t	n;

	n = recv(k->ctl, buf, sizeof(buf), MSG_DONTWAIT);
	if (n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR)))
		return;
	close(k->ctl);
	k->ctl = -1;
	k->check_end = 1;
}

static void
tell_whose(struct keeper *k, struct peer *p, struct ipc *question)
{
	struct ipc	m;

	ipc_init(&m, KEEPER_WHOSE, question->id);
	msg_put_u8(&m.body, archive_whose(&k->writer, &question->body));
	if (ipc_send(p->fd, &m) != IPC_OK)
		peer_gone(k, p);
	ipc_free(&m);
}

/* What is recorded is finished by an archivist, some time after its end. */
static void
note_recording(struct keeper *k, const struct record *r)
{
	if (r->kind == RECORD_CHANNEL_OPEN &&
	    *r->channel_open.recording != '\0')
		archive_begun(&k->archive);
	else if (r->kind == RECORD_CHANNEL_CLOSE ||
	    r->kind == RECORD_SESSION_END)
		archive_wake(&k->archive);
}

/* What is no record, and ends whoever sends it. */
static void
peer_nonsense(struct keeper *k, struct peer *p, const struct ipc *m)
{
	log_error("a message of type %u that is no record", m->type);
	peer_gone(k, p);
}

/* Takes a message into the batch; 0 when it was none for it. */
static int
peer_message(struct keeper *k, struct peer *p, struct ipc *m)
{
	struct record	r;

	if (m->type == KEEPER_HAND_OVER) {
		k->hand_over = 1;
		return (0);
	}
	if (m->type == KEEPER_LOOK) {
		k->look_at = 0;
		return (0);
	}
	if (m->type == KEEPER_WHOSE && p->fd == k->archive.fd) {
		tell_whose(k, p, m);
		return (0);
	}
	if (get_record(&m->body, &r) == -1 || r.kind !=
	    (m->type == KEEPER_REFUSED ? RECORD_EVENT : m->type)) {
		peer_nonsense(k, p, m);
		return (0);
	}
	if (m->type == KEEPER_REFUSED) {
		refusals_add(k->refusals, &r, clock_mono_ms());
		return (0);
	}
	m->body.off = 0;
	if (k->nbatch == 0)
		k->due = clock_mono_ms() + HOLD_MS;
	if (r.kind == RECORD_SESSION_END)
		k->due = 0;
	note_recording(k, &r);
	k->batch[k->nbatch].from = p;
	k->batch[k->nbatch++].m = *m;
	return (1);
}

static void
peer_read(struct keeper *k, struct peer *p)
{
	enum ipc_result	 r;
	struct ipc	 m;
	int		 i;

	for (i = 0; i < TURN_MAX && k->nbatch < BATCH_MAX && !p->gone; i++) {
		if ((r = ipc_recv(p->fd, &m)) != IPC_OK) {
			if (r != IPC_AGAIN)
				peer_gone(k, p);
			return;
		}
		if (!peer_message(k, p, &m))
			ipc_free(&m);
	}
}

/* One that cannot take its answer will hand the record in again. */
static void
acknowledge(struct keeper *k, struct item *it)
{
	struct ipc	m;

	if (it->from->gone)
		return;
	ipc_init(&m, it->m.type, it->m.id);
	msg_put_raw(&m.body, it->m.body.data, RECORD_ID_BYTES);
	if (ipc_send(it->from->fd, &m) != IPC_OK)
		peer_gone(k, it->from);
	ipc_free(&m);
}

static void
batch_write(struct keeper *k)
{
	struct spool_record	v[BATCH_MAX];
	size_t			i;
	int			safe;

	for (i = 0; i < k->nbatch; i++) {
		v[i].data = k->batch[i].m.body.data;
		v[i].len = k->batch[i].m.body.len;
	}
	safe = writer_write(&k->writer, v, k->nbatch) == 0;
	for (i = 0; i < k->nbatch; i++) {
		if (safe)
			acknowledge(k, &k->batch[i]);
		else
			peer_gone(k, k->batch[i].from);
		ipc_free(&k->batch[i].m);
	}
	k->nbatch = 0;
}

/* Those that are due become events, while the store is there. */
static void
refusals_write(struct keeper *k)
{
	struct event	e;

	while (writer_has_store(&k->writer) &&
	    refusals_next(k->refusals, clock_mono_ms(), &e))
		writer_event(&k->writer, &e);
}

static int
batch_is_due(const struct keeper *k)
{
	return (k->nbatch > 0 && (k->nbatch == BATCH_MAX || k->hand_over ||
	    (k->ctl == -1 && !k->no_daemon) || clock_mono_ms() >= k->due));
}

/* Milliseconds until something is due. */
static int
patience(const struct keeper *k, int64_t beat)
{
	int64_t	now = clock_mono_ms(), until = beat;
	int64_t	wakes = writer_wakes(&k->writer);
	int64_t	asks = asker_wakes(k->asker);

	if (wakes != -1 && wakes < until)
		until = wakes;
	if (asks != -1 && asks < until)
		until = asks;
	if (k->look_at < until)
		until = k->look_at;
	if ((wakes = archive_wakes(&k->archive)) < until)
		until = wakes;
	if (k->nbatch > 0 && k->due < until)
		until = k->due;
	wakes = writer_has_store(&k->writer) ? refusals_wakes(k->refusals) :
	    -1;
	if (wakes != -1 && wakes < until)
		until = wakes;
	return (until > now ? until - now : 0);
}

static void
turn(struct keeper *k, int64_t beat)
{
	struct epoll_event	ev[EVENTS_MAX];
	int			i, n;

	n = epoll_wait(k->poll, ev, EVENTS_MAX, patience(k, beat));
	if (n == -1 && errno != EINTR)
		fatal("epoll_wait: %s", strerror(errno));
	for (i = 0; i < n; i++) {
		if (ev[i].data.ptr == &k->listener)
			accept_all(k);
		else if (ev[i].data.ptr == &k->ctl)
			ctl_read(k);
		else if (ev[i].data.ptr == &k->asker)
			asker_run(k->asker);
		else
			peer_read(k, ev[i].data.ptr);
	}
	if (batch_is_due(k))
		batch_write(k);
	/* what waits in the batch points to its peer */
	if (k->nbatch == 0)
		peers_sweep(k);
}

/* Whether somebody else than the archivist is there. */
static int
any_monitor(const struct keeper *k)
{
	const struct peer	*p;

	TAILQ_FOREACH(p, &k->peers, next) {
		if (p->fd != k->archive.fd)
			return (1);
	}
	return (0);
}

static int
is_over(struct keeper *k)
{
	if (k->hand_over)
		return (1);
	if (!k->check_end || k->ctl != -1 || k->no_daemon)
		return (0);
	k->check_end = 0;
	if (any_monitor(k) || stale_any_alive(k->settings->run_dir))
		return (0);
	k->check_end = !archive_is_over(&k->archive);
	return (!k->check_end);
}

static void
archive(struct keeper *k)
{
	int	fd;

	fd = archive_tick(&k->archive, k->settings, k->secrets,
	    k->writer.instance);
	if (fd != -1)
		peer_add(k, fd);
}

/*
 * Looks whether anything was edited, or a session is to stop. Nobody else
 * writes to a database that is a file, but who says so; this still looks with
 * each beat, for they may have been killed before.
 */
static void
look(struct keeper *k)
{
	int64_t	now = clock_mono_ms();

	if (now >= k->look_at) {
		writer_look(&k->writer, k->asker);
		k->look_at = now + (k->settings->db_file[0] == '\0' ?
		    LOOK_MS : BEAT_MS);
	}
	asker_run(k->asker);
}

static void
run(struct keeper *k)
{
	int64_t	beat = clock_mono_ms(), wakes;

	while (!is_over(k)) {
		turn(k, beat);
		archive(k);
		wakes = writer_wakes(&k->writer);
		if (clock_mono_ms() >= beat) {
			writer_beat(&k->writer);
			beat = clock_mono_ms() + BEAT_MS;
			k->check_end = 1;
			if (k->deaf)
				watch(k, k->listener, &k->listener);
			k->deaf = 0;
		} else if (wakes != -1 && wakes <= clock_mono_ms())
			writer_work(&k->writer);
		look(k);
		refusals_write(k);
	}
}

/* Starting */

/* Asks an older keeper to end; returns the connection, or -1. */
static int
ask_to_end(const struct settings *s)
{
	struct ipc	m;
	int		fd;

	fd = unixsock_connect(s->run_dir, KEEPER_SOCKET, SOCK_SEQPACKET);
	if (fd == -1)
		return (-1);
	ipc_init(&m, KEEPER_HAND_OVER, 0);
	ipc_send(fd, &m);
	return (fd);
}

/* Sleeps; true when the daemon's end was closed by then. */
static int
daemon_gone(const struct keeper *k, int ms)
{
	struct pollfd	pfd = { .fd = k->ctl, .events = POLLIN };
	char		c;

	return (poll(&pfd, 1, ms) == 1 &&
	    recv(k->ctl, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0);
}

/*
 * Only the holder of the lock listens, and reads the spool. An older keeper
 * ends when it is asked: from then on it is for us to write what sessions have
 * said, even if our daemon, stopped just after its start, is gone before we
 * have the lock. But no other keeper is asked to end then.
 */
static void
lock_take(struct keeper *k)
{
	char	*path = xasprintf("%s/" KEEPER_LOCK, k->settings->run_dir);
	int	 asked, tries, gone = 0;

	k->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (k->lock == -1)
		fatal("%s: %s", path, strerror(errno));
	for (tries = 0; flock(k->lock, LOCK_EX | LOCK_NB) == -1; tries++) {
		if (tries == LOCK_TRIES)
			log_error("the older keeper does not hand over");
		if (tries >= LOCK_TRIES && gone)
			_exit(0);
		if (gone) {
			poll(NULL, 0, LOCK_WAIT_MS);
			continue;
		}
		asked = ask_to_end(k->settings);
		gone = daemon_gone(k, tries < LOCK_TRIES ? LOCK_WAIT_MS :
		    LOCK_WAIT_LONG);
		if (asked != -1)
			close(asked);
	}
	free(path);
}

static void
signals_ignore(void)
{
	static const int	ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE,
				    SIGUSR1, SIGUSR2 };
	struct sigaction	sa = { .sa_handler = SIG_IGN };
	size_t			i;

	/* The daemon ends it by closing its socket, when its time has come. */
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		sigaction(ignored[i], &sa, NULL);
}

/* Keeps standard ones and ctl, which becomes 3; the rest was the daemon's. */
static int
descriptors_close(int ctl)
{
	struct rlimit	rl;

	log_pause();
	if (ctl != -1 && ctl != 3) {
		if (dup3(ctl, 3, O_CLOEXEC) == -1)
			fatal("dup3: %s", strerror(errno));
		ctl = 3;
	}
	close_range(ctl == -1 ? 3 : 4, ~0U, 0);
	log_resume();
	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	return (ctl);
}

static void
keeper_start(struct keeper *k, int ctl, struct secret_settings *ss)
{
	TAILQ_INIT(&k->peers);
	k->secrets = ss;
	k->ctl = ctl;
	k->no_daemon = ctl == -1;
	k->refusals = refusals_new();
	lock_take(k);
	if (writer_init(&k->writer, k->settings, ss) == -1)
		_exit(1);
	k->listener = unixsock_listen(k->settings->run_dir, KEEPER_SOCKET,
	    SOCK_SEQPACKET);
	if (k->listener == -1)
		fatal("%s/" KEEPER_SOCKET ": %s", k->settings->run_dir,
		    strerror(errno));
	if ((k->poll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		fatal("epoll_create1: %s", strerror(errno));
	watch(k, k->listener, &k->listener);
	k->asker = asker_new(k->settings->run_dir);
	watch(k, asker_fd(k->asker), &k->asker);
	archive_init(&k->archive);
	if (ctl != -1)
		watch(k, ctl, &k->ctl);
}

void
keeper_main(int ctl, int secrets_fd, const struct settings *s)
{
	static struct secret_settings	ss;
	char				err[512];

	log_init("keeper", s->log_level);
	proctitle_set("keeper");
	setsid();
	signals_ignore();
	if (secret_settings_from_memfd(secrets_fd, &ss) == -1)
		fatal("settings cannot be read");
	ctl = descriptors_close(ctl);
	if (secrets_load_key(s, &ss, err, sizeof(err)) != 0)
		fatal("%s", err);
	secret_settings_keep_conn(&ss);
	if (privileges_drop(s) == -1)
		_exit(1);
	keeper.settings = s;
	keeper_start(&keeper, ctl, &ss);
	run(&keeper);
	refusals_flush(keeper.refusals);
	refusals_write(&keeper);
	refusals_free(keeper.refusals);
	writer_close(&keeper.writer, !keeper.hand_over);
	secrets_forget();
	secret_settings_free(&ss);
	leave(0);
}
