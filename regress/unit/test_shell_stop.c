/* SPDX-License-Identifier: ISC */
/*
 * session stop, against a real store, with sockets of our own as the sessions.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/event.h"
#include "db/instance.h"
#include "db/session.h"
#include "db/stop.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/reach.h"
#include "lib/settings.h"
#include "lib/unixsock.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"

static int64_t
add_session(struct trial *t, const char *instance)
{
	struct session	s = { .account = (char *)"root",
			    .user_name = (char *)"bob",
			    .host_name = (char *)"web1",
			    .instance_id = (char *)instance,
			    .source = (char *)"192.0.2.9:1",
			    .client_version = (char *)"SSH-2.0-x",
			    .error = (char *)"", .comment = (char *)"",
			    .started_at = clock_utc() };
	int64_t		id;

	assert_int_equal(session_create(t->sh.db, &s, &id), DB_OK);
	return (id);
}

/* Sessions 1 and 2 of an instance that is gone; 1 has ended. */
static void
begin(struct trial *t, void **state)
{
	trial_begin(t, fixture_use(state)->db);
	assert_int_equal(add_session(t, "gone"), 1);
	assert_int_equal(add_session(t, "gone"), 2);
	assert_int_equal(session_close(t->sh.db, 1, clock_utc(), "lost", 1,
	    2), DB_OK);
}

static size_t
count_stops(struct trial *t)
{
	struct stop_list	*l;
	size_t			 n;

	assert_int_equal(stop_list(t->sh.db, NULL, 0, &l), DB_OK);
	n = l->n;
	stop_list_free(l);
	return (n);
}

static void
test_errors(void **state)
{
	struct trial	t;
	char		long_reason[600];
	char		*line;

	begin(&t, state);
	fails(&t, RUN_USAGE, "session stop", "SESSION is missing");
	fails(&t, RUN_FAILED, "session stop 2 7", "no session \"7\"");
	fails(&t, RUN_FAILED, "session stop 2x", "no session \"2x\"");
	fails(&t, RUN_FAILED, "session stop 99999999999999999999",
	    "no session");
	memset(long_reason, 'x', sizeof(long_reason) - 1);
	long_reason[sizeof(long_reason) - 1] = '\0';
	line = xasprintf("session stop 2 --reason=%s", long_reason);
	fails(&t, RUN_USAGE, line, "--reason is too long");
	free(line);
	assert_int_equal(count_stops(&t), 0);
	t.sh.user_id = add_user(t.sh.db, "ann", ROLE_AUDITOR);
	fails(&t, RUN_FAILED, "session stop 2", "it takes admin");
	assert_int_equal(count_stops(&t), 0);
	trial_end(&t);
}

/* The wish stays in the store, with its event. */
static void
test_elsewhere(void **state)
{
	struct trial		 t;
	struct stop_list	*l;
	struct event_list	*e;
	struct event_filter	 f = { .domain = "session", .action = "stop" };

	begin(&t, state);
	assert_int_equal(run(&t, "session stop 1 2 --reason='disk\tfull'"),
	    RUN_FAILED);
	assert_non_null(strstr(t.out, "had ended"));
	assert_non_null(strstr(t.out, "its portal does not run"));
	assert_int_equal(stop_list(t.sh.db, "gone", 0, &l), DB_OK);
	assert_int_equal(l->n, 1);
	assert_int_equal(l->v[0].session_id, 2);
	assert_string_equal(l->v[0].reason, "disk\tfull");
	assert_string_equal(l->v[0].author, "root");
	stop_list_free(l);
	assert_int_equal(event_find(t.sh.db, &f, &e), DB_OK);
	assert_int_equal(e->n, 1);
	assert_int_equal(e->v[0].session_id, 2);
	assert_string_equal(e->v[0].author_name, "root");
	assert_string_equal(e->v[0].entity, "2");
	assert_non_null(strstr(e->v[0].args, "disk"));
	assert_null(strchr(e->v[0].args, '\t'));
	event_list_free(e);
	ok(&t, "session stop 1");
	assert_int_equal(session_close(t.sh.db, 2, clock_utc(), "", 1, 2),
	    DB_OK);
	ok(&t, "session stop 2 --json");
	assert_non_null(strstr(t.out, "\"had ended\""));
	trial_end(&t);
}

/* A session's process: it says what it was asked, and that it has heard. */
static void __attribute__((noreturn))
session_process(int listener, int say)
{
	char	text[REACH_REQUEST_MAX];
	ssize_t	n = -1;
	int	fd;

	if ((fd = accept(listener, NULL, NULL)) != -1)
		n = recv(fd, text, sizeof(text), 0);
	if (n <= 0 || write(say, text, n) != n || send(fd, "ok", 2, 0) != 2)
		_exit(1);
	_exit(0);
}

/* One that lives here hears it without any keeper. */
static void
test_here(void **state)
{
	char		 dir[] = "/tmp/stop.XXXXXX", text[64] = "";
	char		 name[REACH_SOCKET_SIZE];
	struct settings	 s = { .run_dir = dir };
	struct instance	 in = { .id = (char *)"gone", .hostname = (char *)"h",
			    .version = (char *)"1" };
	struct trial	 t;
	int		 listener, p[2], status;
	pid_t		 pid;

	begin(&t, state);
	t.sh.settings = &s;
	assert_non_null(mkdtemp(dir));
	listener = unixsock_listen(dir, reach_session_socket(2, name),
	    SOCK_SEQPACKET);
	assert_int_equal(fcntl(listener, F_SETFL, 0), 0);
	assert_int_equal(pipe(p), 0);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		session_process(listener, p[1]);
	/* it lives, but does not end: it was asked, at least */
	assert_int_equal(run(&t, "session stop 2 --reason=lunch"), RUN_FAILED);
	assert_non_null(strstr(t.out, "asked"));
	assert_non_null(strstr(t.out, "has not ended yet"));
	assert_true(read(p[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "stop lunch");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(listener);
	close(p[0]);
	close(p[1]);
	/* nobody there, and the instance's last beat is long ago */
	assert_int_equal(instance_upsert(t.sh.db, &in), DB_OK);
	assert_int_equal(run(&t, "session stop 2"), RUN_FAILED);
	assert_non_null(strstr(t.out, "its portal does not run"));
	unixsock_remove(dir, name);
	assert_int_equal(rmdir(dir), 0);
	t.sh.settings = NULL;
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_errors),
		ON_BOTH(test_elsewhere),
		ON_BOTH(test_here),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
