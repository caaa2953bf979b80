/* SPDX-License-Identifier: ISC */
/*
 * The keeper as a process of its own, on a real store: every record once,
 * whoever is killed and whatever is away.
 */
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "db/channel.h"
#include "db/event.h"
#include "db/instance.h"
#include "db/session.h"
#include "db/user.h"
#include "lib/catalogue.h"
#include "lib/clock.h"
#include "lib/ipc.h"
#include "lib/unixsock.h"
#include "lib/xmalloc.h"
#include "monitor/keeper.h"
#include "monitor/records.h"
#include "monitor/seals.h"
#include "monitor/secrets.h"
#include "monitor/spool.h"
#include "monitor/state.h"
#include "cut_proxy.h"
#include "portal_fixture.h"

#define SOON	60000		/* ms; valgrind and two cores */

struct test {
	struct fixture	*f;
	struct portal	*p;
	pid_t		 keeper;
	int		 ctl;
	char		 instance[STATE_ID_SIZE];
	int64_t		 session;
};

static void
start(struct test *t)
{
	t->keeper = portal_keeper(t->p, &t->ctl);
}

/* Alive would not do: a socket is that before it listens. */
static int
listens(void *arg)
{
	struct test	*t = arg;
	int		 fd = unixsock_connect(t->p->s.run_dir, KEEPER_SOCKET,
			    SOCK_SEQPACKET);

	if (fd == -1)
		return (0);
	close(fd);
	return (1);
}

static void
start_wait(struct test *t)
{
	start(t);
	assert_true(eventually(SOON, listens, t));
}

static int64_t
session_new(struct test *t, int64_t started_at)
{
	struct session	s = {
		.user_name = (char *)"bart", .host_name = (char *)"web1",
		.account = (char *)"root", .instance_id = t->instance,
		.source = (char *)"192.0.2.7:4711",
		.client_version = (char *)"", .status = SESSION_ACTIVE,
		.started_at = started_at, .error = (char *)"",
		.comment = (char *)""
	};
	int64_t		id;

	assert_int_equal(session_create(t->f->db, &s, &id), DB_OK);
	return (id);
}

static struct test
begin(void **state)
{
	struct test	t = { .f = fixture_use(state), .ctl = -1 };
	char		err[256];

	t.p = portal_new(t.f, "a");
	portal_key(t.f, t.p);
	portal_dirs(t.p);
	assert_int_equal(state_instance_id(&t.p->s, t.instance, err,
	    sizeof(err)), 0);
	/* Young, so that the keeper does not take it for dead. */
	t.session = session_new(&t, clock_utc() + 3600);
	assert_int_equal(records_init(&t.p->s), 0);
	return (t);
}

/* The keeper ends by itself when the daemon and all sessions are gone. */
static void
end(struct test *t)
{
	records_forget();
	if (t->ctl != -1) {
		close(t->ctl);
		assert_int_equal(portal_wait(t->keeper, SOON), 0);
	}
	secrets_forget();
	portal_free(t->p);
}

static void
put_event(const char *action)
{
	struct record	r = {
		.kind = RECORD_EVENT,
		.event = { .author_name = "bart", .source = "192.0.2.7",
			.domain = "test", .action = action, .entity = "x",
			.args = "{}" }
	};

	assert_int_equal(records_put(&r), 0);
}

static void
put_channel(struct test *t, uint32_t n, const char *detail)
{
	struct record	r = {
		.kind = RECORD_CHANNEL_OPEN, .session = t->session,
		.channel_open = { .channel = n, .type = "exec",
			.detail = detail, .reason = "" }
	};

	assert_int_equal(records_put(&r), 0);
}

static void
put_channel_end(struct test *t, uint32_t n)
{
	struct record	r = {
		.kind = RECORD_CHANNEL_CLOSE, .session = t->session,
		.channel_close = { .channel = n, .bytes_in = 11,
			.bytes_out = 22, .how = CHANNEL_END_STATUS,
			.status = 3, .signal = "" }
	};

	assert_int_equal(records_put(&r), 0);
}

static void
put_session_end(struct test *t, const char *error)
{
	struct record	r = {
		.kind = RECORD_SESSION_END, .session = t->session,
		.session_end = { .bytes_in = 1, .bytes_out = 2,
			.error = error }
	};

	assert_int_equal(records_put(&r), 0);
}

/* How many events of the test's own there are. */
static int
events(struct test *t)
{
	struct event_list	*l;
	size_t			 i;
	int			 n = 0;

	assert_int_equal(event_list(t->f->db, 0, 0, &l), DB_OK);
	for (i = 0; i < l->n; i++)
		n += strcmp(l->v[i].domain, "test") == 0;
	event_list_free(l);
	return (n);
}

static int
session_ended(void *arg)
{
	struct test	*t = arg;
	struct session	*s;
	int		 ended;

	assert_int_equal(session_get(t->f->db, t->session, &s), DB_OK);
	ended = s->status == SESSION_CLOSED;
	session_free(s);
	return (ended);
}

static int
spool_empty(void *arg)
{
	return (portal_spooled(((struct test *)arg)->p, ".records") == 0);
}

/* Runs what a monitor's loop would until all is acknowledged. */
static int
drain(int ms)
{
	int64_t		end = clock_mono_ms() + ms;
	struct pollfd	pfd;

	while (records_pending() > 0 && clock_mono_ms() < end) {
		pfd.fd = records_fd(&pfd.events);
		poll(&pfd, 1, 20);
		records_poll();
	}
	return (records_pending() == 0);
}

/* The events of the session of this kind; of the last, its arguments. */
static int
happened(struct test *t, int64_t session, const char *domain,
    const char *action, char **args)
{
	struct event_filter	 f = { .session_id = session,
				    .domain = domain, .action = action };
	struct event_list	*l;
	int			 n;

	assert_int_equal(event_find(t->f->db, &f, &l), DB_OK);
	n = l->n;
	if (n > 0 && args != NULL) {
		assert_string_equal(l->v[0].author_name, "bart");
		assert_string_equal(l->v[0].source, "192.0.2.7");
		assert_string_equal(l->v[0].entity, "web1");
		*args = xstrdup(l->v[0].args);
	}
	event_list_free(l);
	return (n);
}

/* Each of them is there once, whatever came between. */
static void
check_happenings(struct test *t)
{
	char	*args;

	assert_int_equal(happened(t, t->session, "channel", "open", &args), 1);
	assert_string_equal(args, "{\"channel\":0,\"type\":\"exec\","
	    "\"detail\":\"echo \\\\x1b\"}");
	free(args);
	assert_int_equal(happened(t, t->session, "channel", "close", &args),
	    1);
	assert_string_equal(args, "{\"channel\":0,\"type\":\"exec\","
	    "\"bytes_in\":11,\"bytes_out\":22,\"status\":3}");
	free(args);
	assert_int_equal(happened(t, t->session, "session", "end", &args), 1);
	assert_non_null(strstr(args, "\"bytes_in\":1,\"bytes_out\":2"));
	free(args);
}

static void
check_session(struct test *t, const char *error)
{
	struct channel_list	*l;
	struct session		*s;

	assert_int_equal(session_get(t->f->db, t->session, &s), DB_OK);
	assert_int_equal(s->status, SESSION_CLOSED);
	assert_int_equal(s->bytes_in, 1);
	assert_int_equal(s->bytes_out, 2);
	assert_string_equal(s->error, error);
	session_free(s);
	assert_int_equal(channel_list(t->f->db, t->session, &l), DB_OK);
	assert_int_equal(l->n, 1);
	assert_string_equal(l->v[0].type, "exec");
	assert_string_equal(l->v[0].detail, "echo \\x1b");
	assert_int_equal(l->v[0].bytes_in, 11);
	assert_int_equal(l->v[0].exit_status, 3);
	assert_in_range(l->v[0].ended_at, clock_utc() - 60, clock_utc());
	channel_list_free(l);
	check_happenings(t);
}

static void
put_session(struct test *t)
{
	put_channel(t, 0, "echo \033");
	put_channel_end(t, 0);
	put_event("one");
	put_session_end(t, "it was late");
}

static void
test_written(void **state)
{
	struct test		t = begin(state);
	struct instance		*in;
	struct seals_count	 count;

	start_wait(&t);
	put_session(&t);
	assert_int_equal(records_finish(SOON), 0);
	assert_int_equal(portal_spooled(t.p, ".records"), 0);
	check_session(&t, "it was late");
	assert_int_equal(events(&t), 1);
	assert_int_equal(instance_get(t.f->db, t.instance, &in), DB_OK);
	assert_in_range(in->heartbeat_at, clock_utc() - 30, clock_utc());
	assert_int_equal(in->pid, getpid());
	instance_free(in);
	end(&t);
	t.p = portal_new(t.f, "a");
	assert_int_equal(secrets_load_key(&t.p->s, &t.p->ss, NULL, 0), 0);
	assert_int_equal(seals_verify(t.f->db, NULL, NULL, &count), DB_OK);
	assert_int_equal(count.good, 4);
	secrets_forget();
	portal_free(t.p);
}

/* No keeper: the spool, and whoever comes next writes it. */
static void
test_no_keeper(void **state)
{
	struct test	t = begin(state);

	put_session(&t);
	assert_int_equal(records_pending(), 0);
	assert_int_equal(portal_spooled(t.p, ".records"), 4);
	assert_int_equal(records_finish(100), 0);
	start(&t);
	assert_true(eventually(SOON, session_ended, &t));
	assert_true(eventually(SOON, spool_empty, &t));
	check_session(&t, "it was late");
	assert_int_equal(events(&t), 1);
	end(&t);
}

/* What a spooled beginning needs comes before an end that was sent. */
static void
test_order(void **state)
{
	struct test	t = begin(state);

	start_wait(&t);
	put_event("first");
	assert_true(drain(SOON));
	kill(t.keeper, SIGSTOP);
	{
		struct spool_record	 v;
		struct msg		 m;
		struct record		 r = { .kind = RECORD_CHANNEL_OPEN,
		    .id = { 1 }, .at = clock_utc(), .session = t.session,
		    .channel_open = { .channel = 0, .type = "exec",
			.detail = "echo \033", .reason = "" } };
		int			 dir = spool_open(t.p->s.state_dir);

		msg_init(&m);
		put_record(&m, &r);
		v.data = m.data;
		v.len = m.len;
		assert_int_equal(spool_write(dir, &v, 1), 0);
		msg_free(&m);
		close(dir);
	}
	put_channel_end(&t, 0);
	put_session_end(&t, "x");
	kill(t.keeper, SIGCONT);
	assert_int_equal(records_finish(SOON), 0);
	check_session(&t, "x");
	end(&t);
}

static int
event_there(void *arg)
{
	return (events(arg) > 0);
}

/*
 * Killed after the record was written and before the monitor has read that it
 * was: handed in again, it is acknowledged and not written again.
 */
static void
test_killed_before_ack(void **state)
{
	struct test	t = begin(state);
	struct record	r = {
		.kind = RECORD_EVENT, .id = { 1, 2, 3 }, .at = 1000000,
		.event = { .domain = "test", .action = "once",
			.args = "{}" }
	};
	struct pollfd	pfd = { .events = POLLIN };
	struct ipc	m, ack;
	int		i;

	ipc_init(&m, RECORD_EVENT, 7);
	put_record(&m.body, &r);
	for (i = 0; i < 3; i++) {
		start_wait(&t);
		pfd.fd = unixsock_connect(t.p->s.run_dir, KEEPER_SOCKET,
		    SOCK_SEQPACKET);
		assert_int_equal(ipc_send(pfd.fd, &m), IPC_OK);
		if (i < 2) {
			assert_true(eventually(SOON, event_there, &t));
			portal_kill(t.keeper);
			close(t.ctl);
			close(pfd.fd);
		}
	}
	assert_int_equal(poll(&pfd, 1, SOON), 1);
	assert_int_equal(ipc_recv(pfd.fd, &ack), IPC_OK);
	assert_int_equal(ack.type, RECORD_EVENT);
	assert_int_equal(ack.body.len, RECORD_ID_BYTES);
	assert_memory_equal(ack.body.data, r.id, RECORD_ID_BYTES);
	assert_int_equal(events(&t), 1);
	ipc_free(&ack);
	ipc_free(&m);
	close(pfd.fd);
	end(&t);
}

/* Killed at any moment, twenty times, under a stream of records. */
static void
test_killed_often(void **state)
{
	struct test	t = begin(state);
	struct timespec	nap = { 0, 0 };
	int		i, j, n = 0;

	for (i = 0; i < 20; i++) {
		start(&t);
		for (j = 0; j < 15; j++, n++) {
			put_event("storm");
			records_poll();
			nap.tv_nsec = (i * 7 + j) % 5 * 1000000;
			nanosleep(&nap, NULL);
		}
		nap.tv_nsec = i * 4000000;
		nanosleep(&nap, NULL);
		portal_kill(t.keeper);
		close(t.ctl);
	}
	start_wait(&t);
	assert_int_equal(records_finish(SOON), 0);
	assert_true(eventually(SOON, spool_empty, &t));
	assert_int_equal(events(&t), n);
	assert_int_equal(portal_spooled(t.p, ".refused"), 0);
	end(&t);
}

/* A store that is away */

static void
test_mysql_away(void **state)
{
	struct test	t = begin(state);
	int		port = 0, i;
	pid_t		proxy = cut_proxy_start(&port);

	free(t.p->ss.db_conn);
	t.p->ss.db_conn = xasprintf("portal:" FIXTURE_PASSWORD
	    "@tcp(127.0.0.1:%d)/%s", port, t.f->path);
	start_wait(&t);
	put_channel(&t, 0, "echo \033");
	assert_true(drain(SOON));
	for (i = 0; i < 2; i++) {
		cut_proxy_stop(proxy);
		put_event("while away");
		assert_true(drain(SOON));
		assert_int_equal(events(&t), i);
		assert_int_equal(portal_spooled(t.p, ".records"), 1);
		proxy = cut_proxy_start(&port);
		assert_true(eventually(2 * SOON, spool_empty, &t));
		assert_int_equal(events(&t), i + 1);
	}
	/* Killed with a full spool, the next one goes on. */
	cut_proxy_stop(proxy);
	put_channel_end(&t, 0);
	put_session_end(&t, "away");
	assert_int_equal(records_finish(SOON), 0);
	portal_kill(t.keeper);
	close(t.ctl);
	proxy = cut_proxy_start(&port);
	start(&t);
	assert_true(eventually(SOON, session_ended, &t));
	check_session(&t, "away");
	end(&t);
	cut_proxy_stop(proxy);
}

/* The file is not there when the keeper starts, and comes back. */
static void
test_sqlite_away(void **state)
{
	struct test	t = begin(state);
	char		*aside = xasprintf("%s.aside", t.f->path);

	assert_int_equal(db_checkpoint(t.f->db), DB_OK);
	db_close(t.f->db);
	t.f->db = NULL;
	assert_int_equal(rename(t.f->path, aside), 0);
	start_wait(&t);
	put_session(&t);
	assert_int_equal(records_finish(SOON), 0);
	assert_true(portal_spooled(t.p, ".records") > 0);
	assert_int_equal(rename(aside, t.f->path), 0);
	assert_true(eventually(2 * SOON, spool_empty, &t));
	t.f->db = fixture_open(t.f);
	check_session(&t, "it was late");
	free(aside);
	end(&t);
}

/* Locked by somebody else for long: no monitor waits for it. */
static void
test_sqlite_locked(void **state)
{
	struct test	t = begin(state);
	struct db	*other;
	int64_t		before;

	start_wait(&t);
	other = fixture_open(t.f);
	put_channel(&t, 0, "echo \033");
	assert_true(drain(SOON));
	assert_int_equal(db_begin(other), DB_OK);
	put_channel_end(&t, 0);
	put_session_end(&t, "locked");
	before = clock_mono_ms();
	assert_int_equal(records_finish(500), 0);
	assert_true(clock_mono_ms() - before < 3000);
	assert_true(portal_spooled(t.p, ".records") > 0);
	assert_int_equal(db_commit(other), DB_OK);
	db_close(other);
	assert_true(eventually(3 * SOON, spool_empty, &t));
	check_session(&t, "locked");
	end(&t);
}

/* What cannot be written never stands in the way, and is not thrown away. */
static void
test_refused(void **state)
{
	struct test		t = begin(state);
	struct spool_record	v = { (const uint8_t *)"junk", 4 };
	struct record		r = { .kind = RECORD_EVENT, .id = { 9 },
	    .at = 1, .event = { .domain = "test", .action = "bad",
		.args = "{\"\xff\":1}" } };
	struct msg		 m;
	int			 dir = spool_open(t.p->s.state_dir);

	assert_int_equal(spool_write(dir, &v, 1), 0);
	msg_init(&m);
	put_record(&m, &r);
	v.data = m.data;
	v.len = m.len;
	assert_int_equal(spool_write(dir, &v, 1), 0);
	msg_free(&m);
	close(dir);
	start_wait(&t);
	put_event("good");
	assert_int_equal(records_finish(SOON), 0);
	assert_true(eventually(SOON, spool_empty, &t));
	assert_int_equal(events(&t), 1);
	assert_int_equal(portal_spooled(t.p, ".refused"), 2);
	end(&t);
}

/* The keeper's own life */

static void
test_hand_over(void **state)
{
	struct test	t = begin(state);
	pid_t		older;
	int		ctl;

	start_wait(&t);
	put_channel(&t, 0, "echo \033");
	assert_true(drain(SOON));
	older = t.keeper;
	ctl = t.ctl;
	start(&t);
	put_channel_end(&t, 0);
	assert_int_equal(portal_wait(older, SOON), 0);
	close(ctl);
	assert_true(eventually(SOON, listens, &t));
	put_session_end(&t, "y");
	assert_int_equal(records_finish(SOON), 0);
	assert_true(eventually(SOON, session_ended, &t));
	check_session(&t, "y");
	end(&t);
}

/*
 * Its daemon ends while it waits for an older keeper to go: what was spooled
 * then is still for it to write, and for nobody else.
 */
static void
test_left_waiting(void **state)
{
	struct test	 t = begin(state);
	char		*path = xasprintf("%s/" KEEPER_LOCK, t.p->s.run_dir);
	struct pollfd	 older = { .events = POLLIN };
	int		 lock;

	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	older.fd = unixsock_listen(t.p->s.run_dir, KEEPER_SOCKET,
	    SOCK_SEQPACKET);
	start(&t);
	assert_int_equal(poll(&older, 1, SOON), 1);
	close(t.ctl);
	t.ctl = -1;
	close(older.fd);
	assert_int_equal(unixsock_remove(t.p->s.run_dir, KEEPER_SOCKET), 0);
	put_session_end(&t, "z");
	assert_int_equal(portal_spooled(t.p, ".records"), 1);
	close(lock);
	assert_int_equal(portal_wait(t.keeper, SOON), 0);
	assert_true(session_ended(&t));
	assert_true(spool_empty(&t));
	free(path);
	end(&t);
}

/* It outlives the daemon for as long as there is a session. */
static void
test_end(void **state)
{
	struct test	t = begin(state);
	char		name[REACH_SOCKET_SIZE];
	int		fd;

	fd = unixsock_listen(t.p->s.run_dir,
	    reach_session_socket(t.session, name), SOCK_SEQPACKET);
	assert_int_not_equal(fd, -1);
	start_wait(&t);
	put_event("one");
	assert_true(drain(SOON));
	close(t.ctl);
	t.ctl = -1;
	assert_int_equal(portal_wait(t.keeper, 500), -1);
	put_session_end(&t, "");
	assert_int_equal(records_finish(SOON), 0);
	close(fd);
	assert_int_equal(portal_wait(t.keeper, 15000), 0);
	assert_true(session_ended(&t));
	end(&t);
}

static void
expect_active(struct test *t, int64_t id, int active)
{
	struct session	*s;

	assert_int_equal(session_get(t->f->db, id, &s), DB_OK);
	assert_int_equal(s->status == SESSION_ACTIVE, active);
	if (!active)
		assert_non_null(strstr(s->error, "ended"));
	session_free(s);
}

/* The next thing that a session is asked. */
static void
hear_question(int listener, const char *wanted)
{
	struct pollfd	p = { .fd = listener, .events = POLLIN };
	char		text[REACH_REQUEST_MAX];
	ssize_t		n;
	int		fd;

	assert_int_equal(poll(&p, 1, SOON), 1);
	assert_int_not_equal(fd = accept(listener, NULL, NULL), -1);
	n = recv(fd, text, sizeof(text), 0);
	assert_int_equal(n, strlen(wanted));
	assert_memory_equal(text, wanted, n);
	assert_int_equal(send(fd, "ok", 2, 0), 2);
	close(fd);
}

/* Only rows of this instance, of some age, whose socket nobody answers. */
static void
test_dead_sessions(void **state)
{
	struct test	t = begin(state);
	char		name[REACH_SOCKET_SIZE], own[STATE_ID_SIZE], *args;
	int64_t		dead, left, alive, young, foreign;
	int		fd, other;

	memcpy(own, t.instance, sizeof(own));
	memcpy(t.instance, "another", sizeof("another"));
	foreign = session_new(&t, clock_utc() - 100);
	memcpy(t.instance, own, sizeof(own));
	dead = session_new(&t, clock_utc() - 100);
	left = session_new(&t, clock_utc() - 100);
	alive = session_new(&t, clock_utc() - 100);
	young = session_new(&t, clock_utc() - 2);
	other = unixsock_listen(t.p->s.run_dir,
	    reach_session_socket(left, name), SOCK_SEQPACKET);
	close(other);
	fd = unixsock_listen(t.p->s.run_dir,
	    reach_session_socket(alive, name), SOCK_SEQPACKET);
	start_wait(&t);
	t.session = dead;
	assert_true(eventually(SOON, session_ended, &t));
	t.session = left;
	assert_true(eventually(SOON, session_ended, &t));
	assert_int_equal(happened(&t, dead, "session", "end", &args), 1);
	assert_non_null(strstr(args, "\"error\":\"the portal's process"));
	free(args);
	assert_int_equal(happened(&t, alive, "session", "end", NULL), 0);
	expect_active(&t, dead, 0);
	expect_active(&t, left, 0);
	expect_active(&t, alive, 1);
	expect_active(&t, young, 1);
	expect_active(&t, foreign, 1);
	/*
	 * It was looked at without a word to its monitor; whom a keeper that
	 * starts tells to look at what may have been edited meanwhile.
	 */
	hear_question(fd, "revalidate");
	assert_int_equal(accept(fd, NULL, NULL), -1);
	close(fd);
	end(&t);
}

static int
invite_gone(void *arg)
{
	struct test	*t = arg;
	struct user	*u;
	int		 gone;

	assert_int_equal(user_by_name(t->f->db, "lisa", &u), DB_OK);
	gone = u->invite_hash == NULL;
	user_free(u);
	return (gone);
}

static void
test_invites(void **state)
{
	struct test	t = begin(state);
	struct user	u = { .name = (char *)"lisa", .email = (char *)"",
			    .comment = (char *)"",
			    .invite_hash = (char *)"0123456789abcdef",
			    .invite_expires_at = clock_utc() - 1 };
	struct user	v = { .name = (char *)"marge", .email = (char *)"",
			    .comment = (char *)"",
			    .invite_hash = (char *)"123456789abcdef0",
			    .invite_expires_at = clock_utc() + 1000 };
	struct user	*out;
	int64_t		 id;

	assert_int_equal(user_create(t.f->db, &u, &id), DB_OK);
	assert_int_equal(user_create(t.f->db, &v, &id), DB_OK);
	start(&t);
	assert_true(eventually(SOON, invite_gone, &t));
	assert_int_equal(user_get(t.f->db, id, &out), DB_OK);
	assert_non_null(out->invite_hash);
	user_free(out);
	end(&t);
}

static long
switches(pid_t pid)
{
	char	 path[64], line[256];
	FILE	*f;
	long	 n = -1;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		return (-1);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "voluntary_ctxt_switches:", 24) == 0)
			n = strtol(line + 24, NULL, 10);
	fclose(f);
	return (n);
}

static int
asleep(void *arg)
{
	struct timespec	nap = { 0, 200000000 };
	struct test	*t = arg;
	long		n = switches(t->keeper);

	nanosleep(&nap, NULL);
	return (n != -1 && switches(t->keeper) == n);
}

/* Nothing to do: it sleeps, whoever is connected. */
static void
test_idle(void **state)
{
	struct test	t = begin(state);
	struct timespec	nap = { 2, 0 };
	long		n;

	start_wait(&t);
	put_event("one");
	assert_true(drain(SOON));
	assert_true(eventually(SOON, asleep, &t));
	n = switches(t.keeper);
	nanosleep(&nap, NULL);
	/* and an archivist that comes, finds nothing, and goes */
	assert_in_range(switches(t.keeper) - n, 0, 8);
	end(&t);
}

/* More than one monitor's queue may hold, with nobody there to take it. */
static void
test_many(void **state)
{
	struct test	t = begin(state);
	int		i, n = 3 * RECORDS_PENDING_MAX;

	start_wait(&t);
	put_event("first");
	assert_true(drain(SOON));
	kill(t.keeper, SIGSTOP);
	for (i = 1; i < n; i++)
		put_event("many");
	assert_true(records_pending() <= RECORDS_PENDING_MAX);
	kill(t.keeper, SIGCONT);
	assert_int_equal(records_finish(SOON), 0);
	assert_true(eventually(SOON, spool_empty, &t));
	assert_int_equal(events(&t), n);
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_written), ON_BOTH(test_no_keeper),
		ON_BOTH(test_order), ON_BOTH(test_killed_before_ack),
		ON_BOTH(test_killed_often), ON_MYSQL(test_mysql_away),
		ON_SQLITE(test_sqlite_away), ON_SQLITE(test_sqlite_locked),
		ON_BOTH(test_refused), ON_SQLITE(test_hand_over),
		ON_SQLITE(test_left_waiting), ON_SQLITE(test_end),
		ON_BOTH(test_dead_sessions), ON_BOTH(test_invites),
		ON_SQLITE(test_idle), ON_BOTH(test_many),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
