/* SPDX-License-Identifier: ISC */
/*
 * Errands: what a child may ask for on one, and in which order, from a real
 * monitor; who may send one; what makes none.
 */
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "db/db.h"
#include "db/host.h"
#include "db/key.h"
#include "db/session.h"
#include "db/user.h"
#include "lib/errand.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/errand.h"
#include "monitor/monitor.h"
#include "monitor/vault.h"
#include "regress/unit/liar.h"

static int64_t
host_id(const char *name)
{
	struct host	*h;
	int64_t		 id;

	liar_open();
	assert_int_equal(host_by_name(liar_db, name, &h), DB_OK);
	id = h->id;
	host_free(h);
	liar_close();
	return (id);
}

static int64_t
user_id(const char *name)
{
	struct user	*u;
	int64_t		 id;

	liar_open();
	assert_int_equal(user_by_name(liar_db, name, &u), DB_OK);
	id = u->id;
	user_free(u);
	liar_close();
	return (id);
}

/* A spare is sent there; where its news come from. */
static int
send_off(struct liar *l, const struct errand *e)
{
	struct ipc	out;
	int		fds[2];

	liar_spare(l);
	l->client[0] = l->client[1] = -1;
	assert_int_equal(errand_pair(e, fds), 0);
	ipc_init(&out, CTL_ERRAND, 0);
	out.fds[0] = fds[1];
	assert_int_equal(ipc_send(l->ctl, &out), IPC_OK);
	ipc_free(&out);
	return (fds[0]);
}

/* An administrator's test of a host. */
static int
test_host(struct liar *l, const char *name)
{
	struct errand	e = { .kind = ERRAND_TEST, .host = host_id(name),
			    .user = user_id("alice"), .user_name = "",
			    .source = "192.0.2.7" };

	return (send_off(l, &e));
}

static void
hear(int sock, struct ipc *in)
{
	struct pollfd	p = { .fd = sock, .events = POLLIN };

	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_int_equal(ipc_recv(sock, in), IPC_OK);
}

/* The next news are these. */
static void
news(int sock, enum errand_stage stage, enum errand_result result,
    const char *says)
{
	struct errand_step	s;
	struct ipc		in;

	hear(sock, &in);
	assert_int_equal(in.type, ERRAND_STEP);
	assert_int_equal(get_errand_step(&in.body, &s), 0);
	assert_int_equal(s.stage, stage);
	assert_int_equal(s.result, result);
	if (strstr(s.text, says) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", s.text, says);
	ipc_free(&in);
}

static void
the_end(int sock)
{
	struct ipc	in;

	hear(sock, &in);
	assert_int_equal(in.type, ERRAND_END);
	ipc_free(&in);
	close(sock);
}

/* The child gets the host's socket. */
static void
told(struct liar *l, const char *input)
{
	const struct target_hop	*hop;
	struct tell_errand	 t;
	struct ipc		 in;

	hear(l->gate, &in);
	assert_int_equal(in.type, TELL_ERRAND);
	assert_int_equal(get_tell_errand(&in.body, &t), 0);
	assert_string_equal(t.input, input);
	assert_true(in.fds[0] != -1);
	hop = &t.target.hops[t.target.nhops - 1];
	assert_true(hop->key_len <= sizeof(l->up_blob));
	memcpy(l->up_blob, hop->key, hop->key_len);
	l->up_len = hop->key_len;
	ipc_free(&in);
}

static void
came(struct liar *l, uint8_t stage, int ok, const char *text)
{
	struct ask_errand	a = { .stage = stage, .ok = ok != 0,
				    .text = text };
	struct msg		body;

	msg_init(&body);
	put_ask_errand(&body, &a);
	liar_send(l, ASK_ERRAND, &body);
	msg_free(&body);
}

static void
connected(struct liar *l, int news_of)
{
	news(news_of, ERRAND_NAME, ERRAND_OK, "127.0.0.1");
	news(news_of, ERRAND_CONNECT, ERRAND_OK, "127.0.0.1:");
	told(l, "");
}

static void
test_all_goes_well(void **state)
{
	struct liar		 l;
	struct session_list	*list;
	struct host		*h;
	int			 sock;

	(void)state;
	sock = test_host(&l, "web1");
	connected(&l, sock);
	assert_true(liar_hostkey(&l, &liar_alice));
	news(sock, ERRAND_KEX, ERRAND_OK, "");
	news(sock, ERRAND_HOSTKEY, ERRAND_NEW, "not known yet");
	came(&l, ERRAND_LOGIN, 1, "");
	news(sock, ERRAND_LOGIN, ERRAND_OK, "bart");
	the_end(sock);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	/* Nothing was learnt; the session was written down. */
	liar_open();
	assert_int_equal(host_by_name(liar_db, "web1", &h), DB_OK);
	assert_null(h->host_key);
	host_free(h);
	assert_int_equal(session_list(liar_db, &(struct session_filter){
	    .limit = 1 }, &list), DB_OK);
	assert_string_equal(list->v[0].comment, "host test");
	assert_string_equal(list->v[0].user_name, "alice");
	session_list_free(list);
	liar_close();
}

/* Before the host has shown its key, nothing but that; later, no other host. */
static void
test_other_requests(void **state)
{
	static const uint8_t	before[] = { ASK_KEX_SIGN, ASK_AUTH_KEY,
				    ASK_TARGET, ASK_UP_SIGN, ASK_UP_PASSWORD,
				    ASK_CHANNEL_OPEN, ASK_SHELL, ASK_ENDING };
	static const uint8_t	after[] = { ASK_TARGET, ASK_HOSTKEY,
				    ASK_CHANNEL_OPEN, ASK_SHELL,
				    ASK_REKEY_SIGN };
	struct liar		l;
	size_t			i;
	int			sock;

	(void)state;
	for (i = 0; i < sizeof(before); i++) {
		sock = test_host(&l, "web1");
		connected(&l, sock);
		liar_send(&l, before[i], NULL);
		assert_true(liar_ends(&l, MONITOR_GATE));
		news(sock, ERRAND_KEX, ERRAND_FAILED, "gate: ");
		the_end(sock);
	}
	for (i = 0; i < sizeof(after); i++) {
		sock = test_host(&l, "web1");
		connected(&l, sock);
		assert_true(liar_hostkey(&l, &liar_alice));
		liar_send(&l, after[i], NULL);
		assert_true(liar_ends(&l, MONITOR_GATE));
		close(sock);
	}
}

/* A child that is further than it can be. */
static void
test_false_news(void **state)
{
	struct liar	l;
	int		sock;

	(void)state;
	sock = test_host(&l, "web1");
	connected(&l, sock);
	came(&l, ERRAND_LOGIN, 1, "");
	assert_true(liar_ends(&l, MONITOR_GATE));
	news(sock, ERRAND_KEX, ERRAND_FAILED, "gate: ");
	the_end(sock);
	sock = test_host(&l, "web1");
	connected(&l, sock);
	came(&l, ERRAND_KEX, 0, "no algorithm\033[2J");
	news(sock, ERRAND_KEX, ERRAND_FAILED, "no algorithm\\x1b[2J");
	the_end(sock);
	assert_true(liar_ends(&l, MONITOR_DONE));
}

/* On the way to deep1, as far as gate1 has shown its key. */
static int
at_gate(struct liar *l)
{
	int	sock = test_host(l, "deep1");

	connected(l, sock);
	assert_int_equal(liar_hop(l, 0, &liar_alice), 1);
	return (sock);
}

/* A host behind others: one after the other, and each is told of. */
static void
test_hops(void **state)
{
	static const uint8_t	no[] = { ASK_TARGET, ASK_CHANNEL_OPEN,
				    ASK_SHELL, ASK_ENDING, ASK_REKEY_SIGN };
	struct liar		l;
	size_t			i;
	int			sock;

	(void)state;
	sock = at_gate(&l);
	assert_int_equal(liar_up_sign(&l, "jump", l.up_blob, l.up_len), 64);
	came(&l, ERRAND_HOP, 1, "");
	news(sock, ERRAND_HOP, ERRAND_OK, "gate1, as jump");
	(void)liar_hop(&l, 1, &liar_alice);
	/* gate2 has a password, and nobody knows its key */
	news(sock, ERRAND_HOP, ERRAND_FAILED, "no password is sent to host "
	    "\"gate2\" (on the way to \"deep1\")");
	the_end(sock);
	assert_true(liar_ends(&l, MONITOR_DONE));
	/* the next one's key before it was said that there is a way to it */
	sock = at_gate(&l);
	assert_int_equal(liar_up_sign(&l, "jump", l.up_blob, l.up_len), 64);
	assert_int_equal(liar_hop(&l, 1, &liar_alice), -1);
	assert_true(liar_ends(&l, MONITOR_GATE));
	close(sock);
	/* through the second, and the host's own exchange, before their turn */
	sock = at_gate(&l);
	came(&l, ERRAND_HOP, 1, "");
	came(&l, ERRAND_HOP, 1, "");
	assert_true(liar_ends(&l, MONITOR_GATE));
	close(sock);
	sock = at_gate(&l);
	came(&l, ERRAND_KEX, 0, "no algorithm");
	assert_true(liar_ends(&l, MONITOR_GATE));
	close(sock);
	for (i = 0; i < sizeof(no); i++) {
		sock = at_gate(&l);
		liar_send(&l, no[i], NULL);
		assert_true(liar_ends(&l, MONITOR_GATE));
		close(sock);
	}
}

/* A password goes to no host that is unknown, whatever the child asks. */
static void
test_password(void **state)
{
	struct liar	l;
	int		sock;

	(void)state;
	sock = test_host(&l, "pass1");
	connected(&l, sock);
	assert_true(liar_hostkey(&l, &liar_alice));
	news(sock, ERRAND_KEX, ERRAND_OK, "");
	news(sock, ERRAND_HOSTKEY, ERRAND_NEW, "not known yet");
	news(sock, ERRAND_LOGIN, ERRAND_SKIPPED, "no password is sent");
	the_end(sock);
	assert_true(liar_ends(&l, MONITOR_DONE));
}

static void
test_not_there(void **state)
{
	struct liar	l;
	int		sock;

	(void)state;
	sock = test_host(&l, "down1");
	news(sock, ERRAND_NAME, ERRAND_OK, "127.0.0.1");
	news(sock, ERRAND_CONNECT, ERRAND_FAILED, "connection refused");
	the_end(sock);
	assert_true(liar_ends(&l, MONITOR_DONE));
	/* Who asked has gone. */
	sock = test_host(&l, "web1");
	connected(&l, sock);
	close(sock);
	assert_true(liar_ends(&l, MONITOR_DONE));
}

static void
test_too_late(void **state)
{
	struct errand	e = { .kind = ERRAND_TEST, .ms = 300,
			    .user_name = "root (local)", .source = "local" };
	struct liar	l;
	int		sock;

	(void)state;
	e.host = host_id("web1");
	sock = send_off(&l, &e);
	connected(&l, sock);
	news(sock, ERRAND_KEX, ERRAND_FAILED, "within 0.3 seconds");
	the_end(sock);
	assert_true(liar_ends(&l, MONITOR_DONE));
}

/* Who is no administrator, and keys that have nothing to do with each other. */
static void
test_refused(void **state)
{
	struct errand	e = { .kind = ERRAND_TEST, .host = host_id("web1"),
			    .user = user_id("bob"), .user_name = "",
			    .source = "192.0.2.7" };
	struct liar	l;
	int		sock;

	(void)state;
	sock = send_off(&l, &e);
	news(sock, ERRAND_NAME, ERRAND_FAILED, "for administrators");
	the_end(sock);
	assert_true(liar_ends(&l, MONITOR_DONE));
	e.user = user_id("alice");
	e.kind = ERRAND_INSTALL;
	e.other = 1;
	sock = send_off(&l, &e);
	news(sock, ERRAND_NAME, ERRAND_FAILED, "takes the other's place");
	the_end(sock);
	assert_true(liar_ends(&l, MONITOR_DONE));
	/* What makes no sense is no errand at all. */
	e.kind = ERRAND_REMOVE;
	close(send_off(&l, &e));
	assert_true(liar_ends(&l, MONITOR_FATAL));
}

/* A shell asks its monitor, which asks the daemon. */
static void
ask(const char *name, const struct errand *e, int with_daemon, int *ok,
    struct errand *got)
{
	struct monitor	*m = xcalloc(1, sizeof(*m));
	struct verdict	 v;
	struct ipc	 req, in, carried;
	int		 shell[2], ctl[2];

	m->settings = &liar_settings;
	m->secrets = liar_secrets;
	snprintf(m->address, sizeof(m->address), "192.0.2.9");
	liar_open();
	assert_int_equal(user_by_name(liar_db, name, &m->user), DB_OK);
	liar_close();
	assert_int_equal(ipc_pair(shell), 0);
	assert_int_equal(ipc_pair(ctl), 0);
	m->ctl = with_daemon ? ctl[0] : -1;
	ipc_init(&req, VAULT_ERRAND, 5);
	put_errand(&req.body, e);
	assert_int_equal(ipc_send(shell[1], &req), IPC_OK);
	ipc_free(&req);
	assert_int_equal(vault_serve(m, shell[0]), 0);
	hear(shell[1], &in);
	assert_int_equal(in.type, VAULT_ERRAND);
	assert_int_equal(get_verdict(&in.body, &v), 0);
	*ok = v.ok;
	assert_int_equal(v.ok, in.fds[0] != -1);
	if (v.ok) {
		hear(ctl[1], &carried);
		assert_int_equal(carried.type, CTL_ERRAND);
		hear(carried.fds[0], &req);
		assert_int_equal(get_errand(&req.body, got), 0);
		assert_string_equal(got->source, "192.0.2.9");
		assert_string_equal(got->user_name, "");
		ipc_free(&req);
		ipc_free(&carried);
	}
	ipc_free(&in);
	close(shell[0]);
	close(shell[1]);
	close(ctl[0]);
	close(ctl[1]);
	user_free(m->user);
	free(m);
}

static void
test_asking(void **state)
{
	struct errand	e = { .kind = ERRAND_TEST, .host = 3, .user = 77,
			    .user_name = "mallory", .source = "nowhere" };
	struct errand	got;
	int		ok;

	(void)state;
	ask("bob", &e, 1, &ok, &got);
	assert_false(ok);
	ask("alice", &e, 0, &ok, &got);
	assert_false(ok);
	ask("alice", &e, 1, &ok, &got);
	assert_true(ok);
	/* Who asks is known better than the shell says. */
	assert_int_equal(got.user, user_id("alice"));
	assert_int_equal(got.host, 3);
	e.host = 0;
	ask("alice", &e, 1, &ok, &got);
	assert_false(ok);
}

static void
no_log(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_goes_well),
		cmocka_unit_test(test_other_requests),
		cmocka_unit_test(test_false_news),
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_too_late),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_asking),
	};

	log_set_sink(no_log);
	return (cmocka_run_group_tests(tests, liar_start, liar_stop));
}
