/* SPDX-License-Identifier: ISC */
/*
 * A lying child, and jumps: the only requests in which a child names an
 * address, of which none leads to what its person may not reach.
 */
#include <sys/socket.h>
#include <netinet/in.h>

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "db/acl.h"
#include "db/db.h"
#include "db/group.h"
#include "db/host.h"
#include "db/kinds.h"
#include "db/session.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/ipc.h"
#include "lib/xmalloc.h"
#include "monitor/jumps.h"
#include "regress/unit/liar.h"

static uint16_t	port;		/* of web1, pass1 and dark1 */

static void
put_allow(const char *name, uint32_t kinds)
{
	struct host	*h;

	liar_open();
	assert_int_equal(host_by_name(liar_db, name, &h), DB_OK);
	h->allow = kinds;
	assert_int_equal(host_update(liar_db, h), DB_OK);
	port = h->port;
	host_free(h);
	liar_close();
}

/* A host beside the others; 0: one that bob may not reach. */
static void
put_host(const char *name, const char *addr, uint16_t at, int granted)
{
	struct host	h = { .name = (char *)name, .scheme = HOST_SSH,
			    .addr = (char *)addr, .port = at,
			    .login = (char *)"bart", .comment = (char *)"",
			    .allow = KINDS_ALL };
	int64_t		id, group;

	liar_open();
	assert_int_equal(host_create(liar_db, &h, &id), DB_OK);
	assert_int_equal(group_ensure(liar_db, GROUP_HOST, GROUP_DEFAULT, "",
	    &group), DB_OK);
	if (granted)
		assert_int_equal(group_add(liar_db, GROUP_HOST, group, id),
		    DB_OK);
	liar_close();
}

/* The rules let everybody jump, or not. */
static void
put_rules(uint32_t kinds)
{
	struct acl_list	*l;
	size_t		 i;

	liar_open();
	assert_int_equal(acl_list(liar_db, 0, &l), DB_OK);
	assert_true(l->n > 0);
	for (i = 0; i < l->n; i++) {
		l->v[i].allow = kinds;
		assert_int_equal(acl_update(liar_db, &l->v[i]), DB_OK);
	}
	acl_list_free(l);
	liar_close();
}

static int
setup(void **state)
{
	if (liar_start(state) != 0)
		return (-1);
	put_rules(KINDS_ALL);
	put_allow("down1", KINDS_ALL);
	put_allow("web1", KINDS_ALL);
	put_allow("pass1", 0);
	return (0);
}

static void
fill(struct msg *body, uint32_t channel, const char *host, uint32_t to)
{
	const struct ask_jump	a = { channel, host, to };

	msg_init(body);
	put_ask_jump(body, &a);
}

/* Sends one and does not wait. */
static void
send_jump(struct liar *l, uint32_t channel, const char *host, uint32_t to)
{
	struct msg	body;

	fill(&body, channel, host, to);
	liar_send(l, ASK_JUMP, &body);
	msg_free(&body);
}

/* Its descriptor, or -1 and why not. */
static int
jump(struct liar *l, uint32_t channel, const char *host, uint32_t to,
    char why[SENTENCE_MAX])
{
	struct verdict	v;
	struct msg	body;
	struct ipc	in;
	int		fd;

	fill(&body, channel, host, to);
	assert_true(liar_ask(l, ASK_JUMP, &body, &in));
	assert_int_equal(get_verdict(&in.body, &v), 0);
	fd = ipc_take_fd(&in, 0);
	assert_true(v.ok == (fd != -1));
	snprintf(why, SENTENCE_MAX, "%s", v.sentence);
	ipc_free(&in);
	msg_free(&body);
	return (fd);
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in	sin;
	socklen_t		len = sizeof(sin);

	assert_int_equal(getpeername(fd, (struct sockaddr *)&sin, &len), 0);
	assert_int_equal(sin.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	return (ntohs(sin.sin_port));
}

static void
login(struct liar *l, const char *name)
{
	liar_reach(l, ST_AUTH);
	assert_int_equal(liar_login(l, name, &liar_bob), DEST_SHELL);
}

/* In a state in which the login has led to no host. */
static void
login_nowhere(struct liar *l, const char *name)
{
	struct answer_target	t;
	struct ipc		in;

	liar_reach(l, ST_AUTH);
	assert_int_equal(liar_login(l, name, &liar_bob), DEST_HOST);
	assert_true(liar_ask(l, ASK_TARGET, NULL, &in));
	assert_int_equal(get_answer_target(&in.body, &t), 0);
	assert_false(t.verdict.ok);
	ipc_free(&in);
}

static void
close_jump(struct liar *l, uint32_t channel)
{
	const struct ask_channel_close	a = { .channel = channel,
					    .bytes_in = 3, .bytes_out = 4,
					    .signal = "" };
	struct msg			body;

	msg_init(&body);
	put_ask_channel_close(&body, &a);
	liar_send(l, ASK_CHANNEL_CLOSE, &body);
	msg_free(&body);
}

/* What leads to web1, and nothing else leads anywhere. */
static void
test_addresses(void **state)
{
	static const struct {
		const char	*host;
		uint16_t	 port;	/* 0: web1's */
	} nowhere[] = {
		{ "dark1", 0 }, { "nosuch", 0 }, { "", 0 },
		{ "127.0.0.1", 1 }, { "127.0.0.2", 0 }, { "localhost", 0 },
		{ "web1", 1 }, { "127.0.0.1", 22 }, { "127.1", 0 },
		{ "0x7f000001", 0 }, { "::ffff:127.0.0.1", 0 },
		{ "web1%", 0 }, { "web_", 0 }, { "*", 0 },
		{ "w\xc3\xa9" "b1", 0 }, { "web\xff", 0 },
		{ "web1' OR '1'='1", 0 }, { "\x1b[2J", 0 },
	};
	char		why[SENTENCE_MAX];
	struct liar	l;
	size_t		i;
	int		fd;

	(void)state;
	login(&l, "bob");
	fd = jump(&l, 1, "web1", 22, why);
	assert_int_equal(port_of(fd), port);
	close(fd);
	fd = jump(&l, 2, "WEB1", port, why);
	assert_int_equal(port_of(fd), port);
	close(fd);
	/* pass1 and dark1 are there, too: web1 is the one that allows it */
	fd = jump(&l, 3, "127.0.0.1", port, why);
	assert_int_equal(port_of(fd), port);
	close(fd);
	for (i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		fd = jump(&l, 4, nowhere[i].host, nowhere[i].port != 0 ?
		    nowhere[i].port : port, why);
		if (fd != -1)
			fail_msg("%s can be reached", nowhere[i].host);
		assert_memory_equal(why, "sshportal: no host \"", 20);
		assert_null(strchr(why, '\033'));
	}
	assert_int_equal(jump(&l, 4, "web1", 0, why), -1);
	assert_int_equal(jump(&l, 4, "web1", 65536 + port, why), -1);
	assert_int_equal(jump(&l, 4, "web1", 65536 + 22, why), -1);
	assert_int_equal(jump(&l, 4, "down1", 22, why), -1);
	assert_non_null(strstr(why, "connection refused"));
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

/* Rule and host must both say that one may. */
static void
test_kind(void **state)
{
	char		why[SENTENCE_MAX];
	struct liar	l;
	int		fd;

	(void)state;
	login(&l, "admin");
	assert_int_equal(jump(&l, 1, "pass1", 22, why), -1);
	assert_non_null(strstr(why, "jumps to host \"pass1\" are not"));
	put_rules(0);
	assert_int_equal(jump(&l, 1, "web1", 22, why), -1);
	assert_non_null(strstr(why, "jumps to host \"web1\" are not"));
	put_rules(KIND_BIT(KIND_JUMP));
	assert_true((fd = jump(&l, 1, "web1", 22, why)) != -1);
	close(fd);
	put_rules(KINDS_ALL);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

/*
 * A login to nowhere may jump; one to a host that is there may not, whatever
 * came of it.
 */
static void
test_states(void **state)
{
	char		why[SENTENCE_MAX];
	struct liar	l;
	int		fd;

	(void)state;
	login_nowhere(&l, "nosuch");
	assert_true((fd = jump(&l, 1, "web1", 22, why)) != -1);
	close(fd);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	login_nowhere(&l, "dark1");
	assert_true((fd = jump(&l, 1, "web1", 22, why)) != -1);
	close(fd);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	login_nowhere(&l, "down1");
	assert_int_equal(jump(&l, 1, "web1", 22, why), -1);
	assert_non_null(strstr(why, "cannot connect to host \"down1\""));
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	liar_reach(&l, ST_OPEN);
	send_jump(&l, 1, "web1", 22);
	assert_true(liar_ends(&l, MONITOR_GATE));
	liar_reach(&l, ST_RUN);
	send_jump(&l, 1, "web1", 22);
	assert_true(liar_ends(&l, MONITOR_GATE));
}

/* A number that is taken, a close of what is not there. */
static void
test_channels(void **state)
{
	char		why[SENTENCE_MAX];
	struct liar	l;
	unsigned	i;
	int		fd;

	(void)state;
	login(&l, "bob");
	assert_true((fd = jump(&l, 1, "web1", 22, why)) != -1);
	close(fd);
	close_jump(&l, 1);
	for (i = 1; i <= liar_settings.max_channels; i++) {
		assert_true((fd = jump(&l, i, "web1", 22, why)) != -1);
		close(fd);
	}
	assert_int_equal(jump(&l, i, "web1", 22, why), -1);
	assert_non_null(strstr(why, "too many channels"));
	close_jump(&l, 3);
	assert_true((fd = jump(&l, 3, "web1", 22, why)) != -1);
	close(fd);
	send_jump(&l, 3, "web1", 22);
	assert_true(liar_ends(&l, MONITOR_GATE));
	login_nowhere(&l, "nosuch");
	close_jump(&l, 1);
	assert_true(liar_ends(&l, MONITOR_GATE));
}

/* A port where connections are not taken: the second one waits. */
static uint16_t
full_port(int fds[2])
{
	struct sockaddr_in	sin = { .sin_family = AF_INET,
				    .sin_addr.s_addr =
				    htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof(sin);

	fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fds[0], (struct sockaddr *)&sin, sizeof(sin)),
	    0);
	assert_int_equal(listen(fds[0], 0), 0);
	assert_int_equal(getsockname(fds[0], (struct sockaddr *)&sin, &len),
	    0);
	assert_int_equal(connect(fds[1], (struct sockaddr *)&sin, len), 0);
	return (ntohs(sin.sin_port));
}

/* So many are dialled at once, and others go on meanwhile. */
static void
test_dialling(void **state)
{
	const uint32_t	max = liar_settings.max_channels;
	char		why[SENTENCE_MAX];
	struct liar	l;
	struct msg	body;
	struct ipc	in;
	struct verdict	v;
	uint32_t	i;
	int		fds[2];

	(void)state;
	put_host("full1", "127.0.0.1", full_port(fds), 1);
	liar_settings.max_channels = 100;
	login(&l, "bob");
	for (i = 1; i <= JUMPS_DIALLING; i++)
		send_jump(&l, i, "full1", 22);
	/* the first answer that comes is this one's */
	fill(&body, 50, "web1", 22);
	liar_send(&l, ASK_JUMP, &body);
	msg_free(&body);
	assert_true(poll(&(struct pollfd){ .fd = l.gate, .events = POLLIN },
	    1, 20000) == 1);
	assert_int_equal(ipc_recv(l.gate, &in), IPC_OK);
	assert_int_equal(in.id, l.ids);
	assert_int_equal(get_verdict(&in.body, &v), 0);
	assert_false(v.ok);
	assert_non_null(strstr(v.sentence, "too many hosts are being"));
	ipc_free(&in);
	/* one that has not even been answered cannot be closed */
	close_jump(&l, 1);
	assert_true(liar_ends(&l, MONITOR_GATE));
	/* and one that goes on waiting keeps no other from being reached */
	login(&l, "bob");
	send_jump(&l, 1, "full1", 22);
	fds[1] = dup2(jump(&l, 2, "web1", 22, why), fds[1]);
	assert_true(fds[1] != -1);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	liar_settings.max_channels = max;
	close(fds[0]);
	close(fds[1]);
}

static int64_t
newest_session(void)
{
	const struct session_filter	 f = { .limit = 1 };
	struct session_list		*list;
	int64_t				 id;

	liar_open();
	assert_int_equal(session_list(liar_db, &f, &list), DB_OK);
	assert_int_equal(list->n, 1);
	id = list->v[0].id;
	assert_string_equal(list->v[0].comment, "jump");
	assert_string_equal(list->v[0].user_name, "bob");
	session_list_free(list);
	liar_close();
	return (id);
}

/* Whether the connection is over, soon. */
static int
is_cut(int fd)
{
	struct pollfd	p = { .fd = fd, .events = POLLIN };
	char		byte;

	return (poll(&p, 1, 20000) == 1 && recv(fd, &byte, 1, 0) <= 0);
}

/*
 * What is no longer allowed is cut by the monitor itself, whatever its child
 * does with the descriptor; and nothing else is.
 */
static void
test_withdrawn(void **state)
{
	char		why[SENTENCE_MAX];
	struct pollfd	p = { .events = POLLIN };
	struct liar	l;
	int64_t		first, second;
	int		one, two;

	(void)state;
	login(&l, "bob");
	assert_true((one = jump(&l, 1, "web1", 22, why)) != -1);
	first = newest_session();
	put_allow("pass1", KINDS_ALL);
	assert_true((two = jump(&l, 2, "pass1", 22, why)) != -1);
	second = newest_session();
	assert_string_equal(liar_ask_session(first, "revalidate"), "ok");
	put_allow("web1", 0);
	assert_string_equal(liar_ask_session(second, "revalidate"), "ok");
	assert_string_equal(liar_ask_session(first, "revalidate"), "stopped");
	assert_true(is_cut(one));
	p.fd = two;
	assert_int_equal(poll(&p, 1, 0), 0);
	close_jump(&l, 1);
	/* the last one ends with the connection, in words */
	assert_string_equal(liar_ask_session(second, "stop lunch"), "ok");
	assert_int_equal(liar_bye(&l), MONITOR_STOPPED);
	put_allow("pass1", 0);
	put_allow("web1", KINDS_ALL);
	close(one);
	close(two);
}

static void
put_bob(int disabled, const char *allowed_from, int64_t key_expires)
{
	struct userkey_list	*keys;
	struct user		*u;

	liar_open();
	assert_int_equal(user_by_name(liar_db, "bob", &u), DB_OK);
	u->disabled = disabled;
	free(u->allowed_from);
	u->allowed_from = xstrdup(allowed_from);
	assert_int_equal(user_update(liar_db, u), DB_OK);
	assert_int_equal(userkey_list(liar_db, u->id, 0, &keys), DB_OK);
	assert_int_equal(keys->n, 1);
	keys->v[0].expires_at = key_expires;
	assert_int_equal(userkey_update(liar_db, &keys->v[0]), DB_OK);
	userkey_list_free(keys);
	user_free(u);
	liar_close();
}

/* Asks for a shell, which is refused. */
static void
no_shell(struct liar *l, const char *why)
{
	const struct ask_shell	a = { .channel = 9, .term = "",
				    .command = "" };
	struct verdict		v;
	struct msg		body;
	struct ipc		in;

	msg_init(&body);
	put_ask_shell(&body, &a);
	assert_true(liar_ask(l, ASK_SHELL, &body, &in));
	assert_int_equal(get_verdict(&in.body, &v), 0);
	assert_false(v.ok);
	assert_string_equal(v.sentence, why);
	ipc_free(&in);
	msg_free(&body);
}

/*
 * A login that has no session lasts: who may log in no more jumps no more, and
 * gets no more shells.
 */
static void
test_revoked(void **state)
{
	char		why[SENTENCE_MAX];
	struct liar	l;
	int		fd;

	(void)state;
	login(&l, "bob");
	put_bob(1, "", 0);
	assert_int_equal(jump(&l, 1, "web1", 22, why), -1);
	assert_string_equal(why, "sshportal: no jump: your account is "
	    "disabled");
	put_bob(0, "198.51.100.0/24", 0);
	assert_int_equal(jump(&l, 2, "web1", 22, why), -1);
	assert_string_equal(why, "sshportal: no jump: your account is no "
	    "longer for this address");
	/* an end that has come (a key's) puts out the connection itself */
	no_shell(&l, "sshportal: no shell: your account is no longer for "
	    "this address");
	put_bob(0, "", 0);
	assert_true((fd = jump(&l, 4, "web1", 22, why)) != -1);
	close_jump(&l, 4);
	close(fd);
	liar_bye(&l);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_dialling),
		cmocka_unit_test(test_withdrawn),
		cmocka_unit_test(test_revoked),
	};

	return (cmocka_run_group_tests(tests, setup, liar_stop));
}
