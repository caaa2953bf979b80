/* SPDX-License-Identifier: ISC */
/*
 * Commands that look at recordings, against a real store and real files.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "db/channel.h"
#include "db/event.h"
#include "db/instance.h"
#include "db/session.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"

#define DAY	"2026-01-02"
#define BEGUN	1767312000	/* its first second */

static struct settings	settings;
static int64_t		bob;

/* A trial whose recordings are in the fixture's directory. */
static void
begin(struct trial *t, void **state)
{
	struct fixture	*f = fixture_use(state);
	char		*day;

	trial_begin(t, f->db);
	memset(&settings, 0, sizeof(settings));
	settings.logs_dir = xasprintf("%s/log", f->dir);
	settings.config_user = settings.healthcheck_user = (char *)"x";
	t->sh.settings = &settings;
	assert_int_equal(mkdir(settings.logs_dir, 0700), 0);
	day = xasprintf("%s/" DAY, settings.logs_dir);
	assert_int_equal(mkdir(day, 0700), 0);
	free(day);
	bob = add_user(t->sh.db, "bob", ROLE_STANDARD);
}

static void
end(struct trial *t)
{
	char	*rm[] = { (char *)"rm", (char *)"-rf", settings.logs_dir,
		    NULL };
	pid_t	 pid = fork();

	if (pid == 0) {
		execvp(rm[0], rm);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	free(settings.logs_dir);
	trial_end(t);
}

static int64_t
add_session(struct trial *t, int64_t user, const char *name)
{
	struct session	 s = { .user_id = user, .user_name = (char *)name,
			    .host_id = 1, .host_name = (char *)"web1",
			    .account = (char *)"root",
			    .instance_id = (char *)"far",
			    .source = (char *)"192.0.2.9",
			    .client_version = (char *)"SSH-2.0-x",
			    .started_at = BEGUN, .error = (char *)"",
			    .comment = (char *)"" };
	int64_t		 id;

	assert_int_equal(session_create(t->sh.db, &s, &id), DB_OK);
	return (id);
}

/* A channel, and the base of its recordings' names ("" for none). */
static void
add_channel(struct trial *t, int64_t session, int64_t seq, const char *type,
    int recorded)
{
	char		*base = recorded ? xasprintf(DAY "/session-%lld-%lld",
			    (long long)session, (long long)seq) :
			    xstrdup("");
	struct channel	 c = { .session_id = session, .seq = seq,
			    .type = (char *)type, .detail = (char *)"",
			    .started_at = BEGUN, .exit_status = -1,
			    .exit_signal = (char *)"",
			    .refused = (char *)"", .recording = base };
	int64_t		 id;

	assert_int_equal(channel_create(t->sh.db, &c, &id), DB_OK);
	free(base);
}

static FILE *
open_file(int64_t session, int64_t seq, const char *ext)
{
	char	*path = xasprintf("%s/" DAY "/session-%lld-%lld.%s",
		    settings.logs_dir, (long long)session, (long long)seq, ext);
	FILE	*f = fopen(path, "a");

	assert_non_null(f);
	free(path);
	return (f);
}

static void
put_frame(FILE *f, uint32_t sec, const char *data)
{
	uint32_t	head[3] = { htole32(BEGUN + sec), 0,
			    htole32((uint32_t)strlen(data)) };

	fwrite(head, 1, sizeof(head), f);
	fputs(data, f);
}

/* A session with one terminal in which these two things were shown. */
static int64_t
add_recorded(struct trial *t, int64_t user, const char *name, const char *a,
    const char *b)
{
	int64_t	 id = add_session(t, user, name);
	FILE	*f;

	add_channel(t, id, 1, "shell", 1);
	f = open_file(id, 1, "ttyrec");
	put_frame(f, 0, "\033[8;24;80t");
	put_frame(f, 1, a);
	put_frame(f, 2, b);
	fclose(f);
	return (id);
}

/* The last event is this. */
static void
told(struct trial *t, const char *action, const char *entity, int64_t session)
{
	struct event_list	*l;

	assert_int_equal(event_list(t->sh.db, 0, 1, &l), DB_OK);
	assert_int_equal(l->n, 1);
	assert_string_equal(l->v[0].domain, "session");
	assert_string_equal(l->v[0].action, action);
	assert_string_equal(l->v[0].entity, entity);
	assert_int_equal(l->v[0].session_id, session);
	assert_string_equal(l->v[0].author_name, "root");
	event_list_free(l);
}

static void
test_play(void **state)
{
	struct trial	t;

	begin(&t, state);
	add_recorded(&t, bob, "bob", "one\033[31m\033[5n\r\n",
	    "\033]0;title\atwo\r\n");
	assert_int_equal(run(&t, "session play 1 --speed=1000"), RUN_OK);
	/* what a terminal would answer is not there, nor is a title */
	assert_non_null(strstr(t.out, "one\033[31m\r\ntwo\r\n"));
	assert_null(strstr(t.out, "\033[8;24"));
	/* and at the end the terminal is as it was */
	assert_non_null(strstr(strstr(t.out, "two"), "\033[0m"));
	assert_non_null(strstr(t.err, "the end: session 1, channel 1, 2s, a "
	    "terminal of 80x24"));
	told(&t, "play", "1", 1);
	assert_int_equal(run(&t, "session play 1.1 --from=1h"), RUN_OK);
	assert_non_null(strstr(t.out, "one\033[31m\r\ntwo\r\n"));
	told(&t, "play", "1.1", 1);
	assert_int_equal(run(&t, "session play 1 --max-idle=1ms"), RUN_OK);
	fails(&t, RUN_USAGE, "session play 1 --speed=0", "from 0.01 to 1000");
	fails(&t, RUN_USAGE, "session play 1 --speed=fast", "from 0.01");
	fails(&t, RUN_USAGE, "session play 1 --from=later",
	    "is not a span of time");
	fails(&t, RUN_USAGE, "session play 1 --max-idle=-1",
	    "is not a span of time");
	fails(&t, RUN_USAGE, "session play x", "neither a session's number");
	fails(&t, RUN_USAGE, "session play 1.x", "neither a session's number");
	fails(&t, RUN_FAILED, "session play 7", "no session \"7\"");
	end(&t);
}

static void
test_none(void **state)
{
	struct instance	 in = { .id = (char *)"far",
			    .hostname = (char *)"far.example.org",
			    .version = (char *)"1" };
	struct trial	 t;
	int64_t		 events;
	FILE		*f;

	begin(&t, state);
	add_session(&t, bob, "bob");
	events = count_events(&t);
	fails(&t, RUN_FAILED, "session play 1", "it was not recorded");
	fails(&t, RUN_FAILED, "session watch 1", "it was not recorded");
	fails(&t, RUN_FAILED, "session export 1", "it was not recorded");
	/* nothing was seen, and no event tells that it was */
	assert_int_equal(count_events(&t), events);
	add_channel(&t, 1, 1, "exec", 1);
	assert_int_equal(instance_upsert(t.sh.db, &in), DB_OK);
	fails(&t, RUN_FAILED, "session play 1", "the portal of "
	    "far.example.org, so ask there");
	/* a program's output is no terminal's */
	f = open_file(1, 1, "ttyrec");
	put_frame(f, 1, "\177ELF\033[31m\r\n");
	fclose(f);
	fails(&t, RUN_FAILED, "session play 1", "no recording of a terminal");
	fails(&t, RUN_FAILED, "session export 1 --format=pcap",
	    "no recording of packets");
	ok(&t, "session export 1 --format=text");
	assert_string_equal(t.out, "ELF\n");
	end(&t);
}

static void
test_several(void **state)
{
	struct trial	 t;
	FILE		*f;

	begin(&t, state);
	add_recorded(&t, bob, "bob", "first", "");
	add_channel(&t, 1, 2, "exec", 1);
	f = open_file(1, 2, "pcap");
	fputs("packets", f);
	fclose(f);
	add_channel(&t, 1, 3, "shell", 1);
	/* one of before sizes were kept */
	f = open_file(1, 3, "ttyrec");
	put_frame(f, 1, "third");
	fclose(f);
	fails(&t, RUN_FAILED, "session play 1", "name one of 1.1, 1.3");
	assert_int_equal(run(&t, "session play 1.3 --speed=9"), RUN_OK);
	assert_non_null(strstr(t.out, "third"));
	fails(&t, RUN_FAILED, "session play 1.2", "no recording of a terminal");
	fails(&t, RUN_FAILED, "session play 1.9", "not recorded");
	ok(&t, "session export 1 --format=pcap");
	assert_string_equal(t.out, "packets");
	told(&t, "export", "1", 1);
	end(&t);
}

/* A channel's row leads to its own files alone. */
static void
test_elsewhere(void **state)
{
	static const char *const	wrong[] = {
		"../../etc/passwd", "2026-01-02/session-2-1", "/etc/passwd",
		"2026-01-02/../x", "2026-01-02/session-1-1/..", "2026-01-02",
		"2026-0a-02/session-1-1"
	};
	struct channel			 c;
	struct trial			 t;
	int64_t				 id;
	size_t				 i;

	begin(&t, state);
	add_session(&t, bob, "bob");
	add_recorded(&t, bob, "bob", "other", "");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		c = (struct channel){ .session_id = 1,
		    .seq = (int64_t)i + 1, .type = (char *)"shell",
		    .detail = (char *)"", .started_at = BEGUN,
		    .exit_signal = (char *)"", .refused = (char *)"",
		    .recording = (char *)wrong[i] };
		assert_int_equal(channel_create(t.sh.db, &c, &id), DB_OK);
	}
	fails(&t, RUN_FAILED, "session play 1", "not recorded");
	end(&t);
}

static void
test_damaged(void **state)
{
	struct trial	 t;
	FILE		*f;

	begin(&t, state);
	add_recorded(&t, bob, "bob", "shown\r\n", "");
	f = open_file(1, 1, "ttyrec");
	fwrite("\0\0\0\0\0\0\0\0\377\377\377\377", 1, 12, f);
	fclose(f);
	assert_int_equal(run(&t, "session play 1 --speed=1000"), RUN_FAILED);
	assert_non_null(strstr(t.out, "shown"));
	assert_non_null(strstr(t.err, "absurd length; it was played up to"));
	assert_int_equal(run(&t, "session export 1 -f text"), RUN_FAILED);
	assert_string_equal(t.out, "shown\n");
	assert_non_null(strstr(t.err, "what was before it was written"));
	assert_int_equal(run(&t, "session grep shown"), RUN_FAILED);
	assert_non_null(strstr(t.out, "shown"));
	assert_non_null(strstr(t.err, "damaged"));
	end(&t);
}

static void
test_export(void **state)
{
	struct trial	 t;
	FILE		*f;

	begin(&t, state);
	add_recorded(&t, bob, "bob", "gr\303", "\274n\377\r\n");
	f = open_file(1, 1, "ttyrec");
	put_frame(f, 3, "\033[8;30;100t");
	fclose(f);
	f = open_file(1, 1, "input");
	fprintf(f, "{\"version\": 2, \"width\": 80, \"height\": 24, "
	    "\"timestamp\": %d}\n[1.5, \"i\", \"x\"]\n[1.6, \"r\", \"9x9\"]\n"
	    "[9, \"i\", \"\"]\n", BEGUN);
	fclose(f);
	ok(&t, "session export 1");
	assert_string_equal(t.out,
	    "{\"version\": 2, \"width\": 80, \"height\": 24, \"timestamp\": "
	    "1767312000}\n"
	    "[1.000000, \"o\", \"gr\"]\n"
	    "[1.500000, \"i\", \"x\"]\n"
	    "[2.000000, \"o\", \"\\u00FCn\\uFFFD\\r\\n\"]\n"
	    "[3.000000, \"r\", \"100x30\"]\n"
	    "[9.000000, \"i\", \"\"]\n");
	ok(&t, "session export 1 --format=text");
	assert_string_equal(t.out, "gr\303\274n\357\277\275\n");
	ok(&t, "session export 1 --format=ttyrec");
	assert_int_equal(t.outlen, 4 * 12 + 10 + 3 + 5 + 11);
	assert_memory_equal(t.out + 8, "\12\0\0\0\033[8;24;80t", 14);
	fails(&t, RUN_USAGE, "session export 1 --format=gif", "gif");
	fails(&t, RUN_FAILED, "session export 9", "no session \"9\"");
	end(&t);
}

/* asciicast on the disk, and what was typed with nothing beside it. */
static void
test_cast(void **state)
{
	struct trial	 t;
	FILE		*f;

	begin(&t, state);
	add_session(&t, bob, "bob");
	add_channel(&t, 1, 1, "shell", 1);
	f = open_file(1, 1, "cast.part");
	fprintf(f, "{\"version\": 2, \"width\": 90, \"height\": 20, "
	    "\"timestamp\": %d}\n[0.25, \"o\", \"hi\\r\\n\"]\n"
	    "[0.5, \"i\", \"typed\"]\n", BEGUN);
	fclose(f);
	ok(&t, "session export 1 --format=ttyrec");
	assert_int_equal(t.outlen, 2 * 12 + 10 + 4);
	assert_memory_equal(t.out + 12, "\033[8;20;90t", 10);
	assert_int_equal(run(&t, "session play 1"), RUN_OK);
	assert_non_null(strstr(t.out, "hi\r\n"));
	assert_non_null(strstr(t.err, "the end so far: session 1"));
	add_session(&t, bob, "bob");
	add_channel(&t, 2, 1, "shell", 1);
	f = open_file(2, 1, "input");
	fprintf(f, "{\"version\": 2, \"width\": 90, \"height\": 20, "
	    "\"timestamp\": %d}\n[1, \"i\", \"ls -l\\r\"]\n", BEGUN);
	fclose(f);
	fails(&t, RUN_FAILED, "session play 2", "no recording of a terminal");
	fails(&t, RUN_FAILED, "session export 2 --format=ttyrec",
	    "no recording of what was shown");
	ok(&t, "session export 2 --format=text");
	assert_string_equal(t.out, "ls -l\n");
	ok(&t, "session grep ls");
	assert_string_equal(t.out, "2.1 2026-01-02T00:00:01Z ls -l\n");
	end(&t);
}

static void
test_grep(void **state)
{
	struct trial	t;

	begin(&t, state);
	ok(&t, "key create --name=default");
	ok(&t, "host create web1");
	ok(&t, "host create web2");
	add_recorded(&t, t.admin, "root", "old secret\r\n", "passw\bord\r\n");
	add_recorded(&t, bob, "bob", "\033[1msec\033[0mret one\r\n",
	    "secret two\r\nno\r\n");
	ok(&t, "session grep secret");
	assert_string_equal(t.out,
	    "2.1 2026-01-02T00:00:01Z secret one\n"
	    "2.1 2026-01-02T00:00:02Z secret two\n"
	    "1.1 2026-01-02T00:00:01Z old secret\n");
	told(&t, "grep", "secret", 0);
	ok(&t, "session grep '^sec.*o$'");
	assert_string_equal(t.out, "2.1 2026-01-02T00:00:02Z secret two\n");
	ok(&t, "session grep SECRET -i --limit=1");
	assert_string_equal(t.out, "2.1 2026-01-02T00:00:01Z secret one\n");
	ok(&t, "session grep secret --user=root");
	assert_string_equal(t.out, "1.1 2026-01-02T00:00:01Z old secret\n");
	ok(&t, "session grep passord --host=web1");
	assert_string_equal(t.out, "1.1 2026-01-02T00:00:02Z passord\n");
	/* nothing found is status 1, as of grep(1) */
	assert_int_equal(run(&t, "session grep secret --host=web2"),
	    RUN_FAILED);
	assert_string_equal(t.out, "");
	assert_string_equal(t.err, "");
	assert_int_equal(run(&t, "session grep -F 'sec.*'"), RUN_FAILED);
	assert_int_equal(run(&t, "session grep secret --since=2026-01-03"),
	    RUN_FAILED);
	ok(&t, "session grep secret --since=2026-01-01 --limit 1");
	fails(&t, RUN_FAILED, "session grep 'a(b'", "no regular expression");
	fails(&t, RUN_FAILED, "session grep ''", "a pattern has from 1");
	fails(&t, RUN_FAILED, "session grep -iF x", "do not go together");
	fails(&t, RUN_USAGE, "session grep", "PATTERN is missing");
	end(&t);
}

/* More than one page of sessions, most of them without any recording. */
static void
test_grep_many(void **state)
{
	struct trial	t;
	int		i;

	begin(&t, state);
	add_recorded(&t, bob, "bob", "needle\r\n", "");
	assert_int_equal(db_begin(t.sh.db), DB_OK);
	for (i = 0; i < 450; i++)
		add_session(&t, bob, "bob");
	assert_int_equal(db_commit(t.sh.db), DB_OK);
	ok(&t, "session grep needle");
	assert_string_equal(t.out, "1.1 2026-01-02T00:00:01Z needle\n");
	end(&t);
}

static void
test_roles(void **state)
{
	static const char *const	lines[] = {
		"session play 2 --speed=1000", "session export 2",
		"session grep mine"
	};
	struct trial			 t;
	size_t				 i;

	begin(&t, state);
	add_recorded(&t, t.admin, "root", "not mine\r\n", "");
	add_recorded(&t, bob, "bob", "mine\r\n", "");
	t.sh.user_id = bob;
	for (i = 0; i < 3; i++)
		fails(&t, RUN_FAILED, lines[i], "play-own-sessions");
	fails(&t, RUN_FAILED, "session watch 2", "play-own-sessions");
	settings.play_own_sessions = 1;
	for (i = 0; i < 3; i++) {
		assert_int_equal(run(&t, lines[i]), RUN_OK);
		assert_non_null(strstr(t.out, "mine"));
		assert_null(strstr(t.out, "not"));
	}
	fails(&t, RUN_FAILED, "session play 1", "no session of yours");
	fails(&t, RUN_FAILED, "session export 1", "no session of yours");
	fails(&t, RUN_FAILED, "session watch 1", "no session of yours");
	settings.play_own_sessions = 0;
	t.sh.user_id = add_user(t.sh.db, "aud", ROLE_AUDITOR);
	for (i = 0; i < 3; i++)
		assert_int_equal(run(&t, lines[i]), RUN_OK);
	end(&t);
}

/* What is watched ends with its channel. */
static void
test_watch(void **state)
{
	struct channel	 c = { .session_id = 1, .seq = 1, .ended_at = BEGUN,
			    .exit_signal = (char *)"" };
	struct trial	 t;
	char		*from, *to;

	begin(&t, state);
	add_recorded(&t, bob, "bob", "shown\r\n", "\033[6nmore\r\n");
	/* a file with its last name is written by nobody */
	fails(&t, RUN_FAILED, "session watch 1", "in use");
	from = xasprintf("%s/" DAY "/session-1-1.ttyrec", settings.logs_dir);
	to = xasprintf("%s.part", from);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(channel_close(t.sh.db, &c), DB_OK);
	assert_int_equal(run(&t, "session watch 1"), RUN_OK);
	assert_non_null(strstr(t.out, "shown\r\nmore\r\n"));
	assert_non_null(strstr(t.err, "the end: session 1, channel 1"));
	told(&t, "watch", "1", 1);
	assert_int_equal(session_close(t.sh.db, 1, BEGUN + 5, "", 0, 0),
	    DB_OK);
	fails(&t, RUN_FAILED, "session watch 1", "has ended");
	free(from);
	free(to);
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_play),
		ON_SQLITE(test_none),
		ON_SQLITE(test_several),
		ON_SQLITE(test_elsewhere),
		ON_SQLITE(test_damaged),
		ON_SQLITE(test_export),
		ON_SQLITE(test_cast),
		ON_BOTH(test_grep),
		ON_BOTH(test_grep_many),
		ON_SQLITE(test_roles),
		ON_BOTH(test_watch),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
