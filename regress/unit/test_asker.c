/* SPDX-License-Identifier: ISC */
/*
 * The keeper's asking of sessions, whose sockets this test is: few at a time,
 * each once, and again who could not look; a stop waits for none of them.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
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

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/reach.h"
#include "lib/unixsock.h"
#include "monitor/asker.h"

#define MANY	100
#define SOON	60000		/* ms; valgrind and two cores */

/* A session: its socket, who asks there, and how often it was asked. */
struct session {
	int	listener;
	int	peer;			/* -1: nobody waits for an answer */
	int	asked;
	char	request[REACH_REQUEST_MAX + 1];
};

struct test {
	char		 dir[64];
	struct asker	*a;
	struct session	 v[MANY + 1];	/* by number, from 1 */
};

static void
listen_as(struct test *t, int n)
{
	char	name[REACH_SOCKET_SIZE];

	t->v[n].listener = unixsock_listen(t->dir,
	    reach_session_socket(n, name), SOCK_SEQPACKET);
	assert_int_not_equal(t->v[n].listener, -1);
	t->v[n].peer = -1;
}

static void
begin(struct test *t, int n)
{
	int	i;

	memset(t, 0, sizeof(*t));
	snprintf(t->dir, sizeof(t->dir), "/tmp/asker.XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	for (i = 1; i <= n; i++)
		listen_as(t, i);
	t->a = asker_new(t->dir);
}

static void
end(struct test *t, int n)
{
	char	name[REACH_SOCKET_SIZE];
	int	i;

	for (i = 1; i <= n; i++) {
		close(t->v[i].listener);
		if (t->v[i].peer != -1)
			close(t->v[i].peer);
		unixsock_remove(t->dir, reach_session_socket(i, name));
	}
	asker_free(t->a);
	assert_int_equal(rmdir(t->dir), 0);
}

/* Takes what is asked there; -1: nothing. */
static int
hear(struct session *s)
{
	struct pollfd	p;
	ssize_t		n;

	if (s->peer != -1 || (s->peer = accept(s->listener, NULL, NULL)) == -1)
		return (-1);
	p.fd = s->peer;
	p.events = POLLIN;
	assert_int_equal(poll(&p, 1, SOON), 1);
	n = recv(s->peer, s->request, sizeof(s->request) - 1, 0);
	assert_true(n > 0);
	s->request[n] = '\0';
	s->asked++;
	return (0);
}

static void
answer(struct session *s, const char *text)
{
	if (text != NULL)
		assert_true(send(s->peer, text, strlen(text), 0) > 0);
	close(s->peer);
	s->peer = -1;
}

/* How many of the first n wait for an answer. */
static int
waiting(struct test *t, int n)
{
	int	i, waits = 0;

	for (i = 1; i <= n; i++) {
		(void)hear(&t->v[i]);
		waits += t->v[i].peer != -1;
	}
	return (waits);
}

/* Lets the asker run until it waits for something; 0 when it never wakes. */
static int
run(struct test *t)
{
	struct pollfd	p = { .fd = asker_fd(t->a), .events = POLLIN };
	int64_t		wakes;

	asker_run(t->a);
	if ((wakes = asker_wakes(t->a)) == -1)
		return (0);
	if ((wakes -= clock_mono_ms()) > 100)
		wakes = 100;
	if (wakes > 0)
		(void)poll(&p, 1, (int)wakes);
	return (1);
}

/* Until this one was heard so often. */
static void
run_until(struct test *t, int n, int asked)
{
	int64_t	ends = clock_mono_ms() + SOON;

	while (t->v[n].asked < asked) {
		assert_true(clock_mono_ms() < ends);
		run(t);
		(void)hear(&t->v[n]);
	}
}

/* A few at a time, each once; nobody who does not answer is asked for more. */
static void
test_bounded(void **state)
{
	struct test	t;
	int		i, rounds, waits, most = 0, answered = 0;

	(void)state;
	begin(&t, MANY);
	asker_run(t.a);
	assert_int_equal(waiting(&t, MANY), 0);	/* nobody wants it yet */
	asker_sweep(t.a);
	for (rounds = 0; answered < MANY; rounds++) {
		run(&t);
		waits = waiting(&t, MANY);
		most = waits > most ? waits : most;
		assert_true(waits <= ASKER_AT_ONCE);
		/* let them pile up first */
		for (i = 1; rounds > 10 && i <= MANY; i++) {
			if (t.v[i].peer == -1)
				continue;
			assert_string_equal(t.v[i].request, "revalidate");
			answer(&t.v[i], "ok");
			answered++;
		}
	}
	assert_int_equal(most, ASKER_AT_ONCE);
	while (run(&t))
		assert_int_equal(waiting(&t, MANY), 0);
	for (i = 1; i <= MANY; i++)
		assert_int_equal(t.v[i].asked, 1);
	end(&t, MANY);
}

/* What is edited during a sweep makes another, and only one. */
static void
test_again(void **state)
{
	struct test	t;
	int		i;

	(void)state;
	begin(&t, 1);
	asker_sweep(t.a);
	run_until(&t, 1, 1);
	for (i = 0; i < 5; i++)
		asker_sweep(t.a);
	answer(&t.v[1], "ok");
	run_until(&t, 1, 2);
	answer(&t.v[1], "stopped");
	while (run(&t))
		assert_int_equal(hear(&t.v[1]), -1);
	end(&t, 1);
}

/* Who could not look, or said nothing, is asked again, and no other. */
static void
test_away(void **state)
{
	struct test	t;

	(void)state;
	begin(&t, 3);
	asker_sweep(t.a);
	run_until(&t, 1, 1);
	run_until(&t, 2, 1);
	run_until(&t, 3, 1);
	answer(&t.v[1], "away");
	answer(&t.v[2], "ok");
	answer(&t.v[3], NULL);
	run_until(&t, 1, 2);
	run_until(&t, 3, 2);
	answer(&t.v[1], "ok");
	answer(&t.v[3], "ok");
	while (run(&t))
		assert_int_equal(waiting(&t, 3), 0);
	assert_int_equal(t.v[2].asked, 1);
	end(&t, 3);
}

/* While nobody answers, a stop goes out; once, until it is forgotten. */
static void
test_stop(void **state)
{
	struct test	t;
	int		i, n = ASKER_AT_ONCE + 4, last;

	(void)state;
	begin(&t, n);
	asker_sweep(t.a);
	for (i = 0; i < 50; i++)
		run(&t);
	assert_int_equal(waiting(&t, n), ASKER_AT_ONCE);
	for (last = n; t.v[last].asked != 0; last--)
		;
	asker_stop(t.a, last, "lunch");
	asker_stop(t.a, 4711, "elsewhere");
	run_until(&t, last, 1);
	assert_string_equal(t.v[last].request, "stop lunch");
	answer(&t.v[last], NULL);	/* too busy to listen */
	run_until(&t, last, 2);
	answer(&t.v[last], "ok");
	asker_stops_end(t.a);
	asker_stop(t.a, last, "lunch");
	asker_stops_end(t.a);
	for (i = 0; i < 20; i++) {
		run(&t);
		assert_int_equal(hear(&t.v[last]), -1);
	}
	asker_stops_end(t.a);
	asker_stop(t.a, last, "");
	run_until(&t, last, 3);
	assert_string_equal(t.v[last].request, "stop ");
	answer(&t.v[last], "ok");
	end(&t, n);
}

/* The socket of a shell that died is taken away, a session's is not. */
static void
test_dead(void **state)
{
	struct test	t;
	struct stat	st;
	char		name[REACH_SOCKET_SIZE], path[128];

	(void)state;
	begin(&t, 1);
	close(t.v[1].listener);
	close(unixsock_listen(t.dir, reach_shell_socket(1234, name),
	    SOCK_SEQPACKET));
	asker_sweep(t.a);
	while (run(&t))
		;
	snprintf(path, sizeof(path), "%s/%s", t.dir, name);
	assert_int_equal(stat(path, &st), -1);
	snprintf(path, sizeof(path), "%s/%s", t.dir,
	    reach_session_socket(1, name));
	assert_int_equal(stat(path, &st), 0);
	t.v[1].listener = -1;
	end(&t, 1);
}

/* The way without a keeper: one question, one answer. */
static void
test_ask(void **state)
{
	struct test	t;
	char		text[REACH_ANSWER_MAX];
	int		fd;

	(void)state;
	begin(&t, 1);
	assert_int_equal(reach_ask(t.dir, 2, "stop", 100, text), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(reach_ask(t.dir, 1, "stop", 10, text), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(hear(&t.v[1]), 0);
	assert_string_equal(t.v[1].request, "stop");
	answer(&t.v[1], NULL);
	close(t.v[1].listener);
	assert_int_equal(reach_ask(t.dir, 1, "stop", 100, text), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(reach_keeper_look(t.dir), -1);
	fd = unixsock_listen(t.dir, KEEPER_SOCKET, SOCK_SEQPACKET);
	assert_int_equal(reach_keeper_look(t.dir), 0);
	close(fd);
	unixsock_remove(t.dir, KEEPER_SOCKET);
	t.v[1].listener = -1;
	end(&t, 1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_away),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_dead),
		cmocka_unit_test(test_ask),
	};

	log_init("test_asker", LOG_LEVEL_ERROR);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
