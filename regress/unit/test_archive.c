/* SPDX-License-Identifier: ISC */
/*
 * The archivist, forked by a real keeper on a real store: what it finishes and
 * what it leaves alone, each file told of once whoever is killed, what it
 * removes; and what verify says of it all.
 * valgrind: it does not know seccomp(2)
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
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

#include "config.h"
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#include "db/event.h"
#include "db/session.h"
#include "lib/catalogue.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"
#include "monitor/archive_name.h"
#include "monitor/archive_zip.h"
#include "monitor/keeper.h"
#include "monitor/records.h"
#include "monitor/secrets.h"
#include "monitor/stale.h"
#include "monitor/state.h"
#include "monitor/verify.h"
#include "portal_fixture.h"

#define SOON	60000		/* ms */

struct test {
	struct fixture	*f;
	struct portal	*p;
	pid_t		 keeper;
	int		 ctl;
	char		 instance[STATE_ID_SIZE];
	char		 today[ARCHIVE_DAY_SIZE];
	const char	*wanted;	/* a file, for there() and gone() */
};

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
	archive_day(clock_utc(), t.today);
	return (t);
}

static void
start(struct test *t)
{
	t->keeper = portal_keeper(t->p, &t->ctl);
}

static void
stop(struct test *t)
{
	close(t->ctl);
	t->ctl = -1;
	assert_int_equal(portal_wait(t->keeper, SOON), 0);
}

static void
end(struct test *t)
{
	if (t->ctl != -1)
		stop(t);
	records_forget();
	secrets_forget();
	portal_free(t->p);
}

/* A session that is over, unless `ended` is 0. */
static int64_t
session(struct test *t, const char *instance, int64_t started, int64_t ended,
    const char *why)
{
	struct session	s = {
		.user_name = (char *)"bart", .host_name = (char *)"web1",
		.account = (char *)"root", .instance_id = (char *)instance,
		.source = (char *)"192.0.2.7:4711",
		.client_version = (char *)"", .status = SESSION_ACTIVE,
		.started_at = started
	};
	int64_t		id;

	assert_int_equal(session_create(t->f->db, &s, &id), DB_OK);
	if (ended != 0)
		assert_int_equal(session_close(t->f->db, id, ended, why, 0,
		    0), DB_OK);
	return (id);
}

static int64_t
ended(struct test *t)
{
	return (session(t, t->instance, clock_utc() - 60, clock_utc(), ""));
}

static char *
path_of(struct test *t, const char *file)
{
	return (xasprintf("%s/%s", t->p->s.logs_dir, file));
}

/* "DAY/session-ID-1.KIND"; caller frees. */
static char *
named(const char *day, int64_t id, const char *kind)
{
	return (xasprintf("%s/session-%lld-1.%s", day, (long long)id, kind));
}

static void
put(struct test *t, const char *file, const void *data, size_t len)
{
	char	*path = path_of(t, file), *slash = strrchr(path, '/');
	int	 fd;

	*slash = '\0';
	mkdir(path, 0700);
	*slash = '/';
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0440);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
	free(path);
}

/* The recording of a session, still as .part; returns its name without it. */
static char *
tape(struct test *t, const char *day, int64_t id, const char *text)
{
	char	*file = named(day, id, "ttyrec");
	char	*part = xasprintf("%s.part", file);

	put(t, part, text, strlen(text));
	free(part);
	return (file);
}

static int
has(struct test *t, const char *file)
{
	char	*path = path_of(t, file);
	int	 r = access(path, F_OK) == 0;

	free(path);
	return (r);
}

static int
there(void *arg)
{
	struct test	*t = arg;

	return (has(t, t->wanted));
}

static int
gone(void *arg)
{
	return (!there(arg));
}

static int
has_part(struct test *t, const char *file)
{
	char	*part = xasprintf("%s.part", file);
	int	 r = has(t, part);

	free(part);
	return (r);
}

static void
await(struct test *t, const char *file, int (*cond)(void *))
{
	t->wanted = file;
	assert_true(eventually(SOON, cond, t));
}

/* How many events tell this of a file; the last one's arguments in *args. */
static int
events(struct test *t, const char *action, const char *file, char **args)
{
	struct event_list	*l;
	size_t			 i;
	int			 n = 0;

	assert_int_equal(event_list(t->f->db, 0, 0, &l), DB_OK);
	for (i = 0; i < l->n; i++) {
		if (strcmp(l->v[i].domain, "recording") != 0 ||
		    strcmp(l->v[i].action, action) != 0 ||
		    (file != NULL && strcmp(l->v[i].entity, file) != 0))
			continue;
		assert_string_equal(l->v[i].author_name, "archivist");
		if (args != NULL && n == 0)
			*args = xstrdup(l->v[i].args);
		n++;
	}
	event_list_free(l);
	return (n);
}

/* The event says of the file what can be seen of it. */
static char *
told_once(struct test *t, const char *file)
{
	struct archive_sum	 sum;
	char			*path = path_of(t, file), *args = NULL;
	char			 hex[2 * ARCHIVE_SUM_LEN + 1], want[160];
	int			 fd = open(path, O_RDONLY);
	struct stat		 st;

	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777 & ~0440, 0);
	assert_int_equal(archive_sum(fd, &sum), 0);
	assert_int_equal(sum.size, st.st_size);
	close(fd);
	assert_int_equal(events(t, "finished", file, &args), 1);
	sodium_bin2hex(hex, sizeof(hex), sum.sha256, sizeof(sum.sha256));
	snprintf(want, sizeof(want), "{\"size\":%lld,\"sha256\":\"%s\","
	    "\"instance\":\"%s\"", (long long)sum.size, hex, t->instance);
	assert_memory_equal(args, want, strlen(want));
	free(path);
	return (args);
}

/* Of SHA-256's own examples (FIPS 180-4): "abc". */
#define ABC_SUM	\
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void
test_finished(void **state)
{
	struct test	 t = begin(state);
	int64_t		 id = ended(&t);
	char		*file = tape(&t, t.today, id, "abc"), *args;

	start(&t);
	await(&t, file, there);
	stop(&t);
	assert_false(has_part(&t, file));
	args = told_once(&t, file);
	assert_non_null(strstr(args, ABC_SUM));
	assert_null(strstr(args, "recovered"));
	free(args);
	free(file);
	end(&t);
}

/* Nobody has said its end: what is there is kept, and told so. */
static void
test_recovered(void **state)
{
	struct test	 t = begin(state);
	int64_t		 dead = session(&t, t.instance, clock_utc(), 0, "");
	int64_t		 closed = session(&t, t.instance, clock_utc() - 9,
			    clock_utc(), STALE_WHY);
	char		*a = tape(&t, t.today, dead, "one"), *args;
	char		*b = tape(&t, t.today, closed, "");

	start(&t);
	await(&t, a, there);
	await(&t, b, there);
	args = told_once(&t, a);
	assert_non_null(strstr(args, ",\"recovered\":true}"));
	free(args);
	args = told_once(&t, b);
	assert_non_null(strstr(args, ",\"recovered\":true}"));
	free(args);
	free(a);
	free(b);
	end(&t);
}

static int
lock(struct test *t, const char *file)
{
	char	*path = path_of(t, file), *part = xasprintf("%s.part", path);
	int	 fd = open(part, O_RDONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), 0);
	free(part);
	free(path);
	return (fd);
}

/* A monitor that tells of its session's end wakes the archivist. */
static void
say_end(struct test *t, int64_t id)
{
	struct record	r = {
		.kind = RECORD_SESSION_END, .session = id,
		.session_end = { .error = "" }
	};

	assert_int_equal(records_init(&t->p->s), 0);
	assert_int_equal(records_put(&r), 0);
	assert_int_equal(records_finish(SOON), 0);
}

static void
test_written(void **state)
{
	struct test	 t = begin(state);
	int64_t		 a = ended(&t), b = session(&t, t.instance,
			    clock_utc(), 0, "");
	char		*other = tape(&t, t.today, a, "abc");
	char		*file = tape(&t, t.today, b, "abc");
	int		 fd = lock(&t, file);

	start(&t);
	await(&t, other, there);
	assert_true(has_part(&t, file));
	assert_int_equal(events(&t, "finished", file, NULL), 0);
	close(fd);
	say_end(&t, b);
	await(&t, file, there);
	free(told_once(&t, file));
	free(other);
	free(file);
	end(&t);
}

/* The end of the instance waits for what nobody writes any more. */
static void
test_at_the_end(void **state)
{
	struct test	 t = begin(state);
	int64_t		 a = ended(&t), b = ended(&t);
	char		*other = tape(&t, t.today, a, "abc");
	char		*file = tape(&t, t.today, b, "abc");
	int		 fd = lock(&t, file);

	start(&t);
	await(&t, other, there);
	assert_true(has_part(&t, file));
	close(fd);
	stop(&t);
	free(told_once(&t, file));
	free(other);
	free(file);
	end(&t);
}

static void
test_not_ours(void **state)
{
	struct test	 t = begin(state);
	int64_t		 now = clock_utc(), good = ended(&t);
	int64_t		 foreign = session(&t, "another", now - 9, now, "");
	char		*files[4], *last, *hidden;
	size_t		 i;

	files[0] = tape(&t, t.today, foreign, "x");
	files[1] = tape(&t, t.today, 4711, "x");
	/* of a store before this one: no session of ours was on that day */
	files[2] = tape(&t, "2001-02-03", good, "x");
	files[3] = xasprintf("%s/notes.ttyrec", t.today);
	put(&t, "2001-02-03/session-1-1.ttyrec.part.part", "x", 1);
	last = tape(&t, t.today, good, "x");
	hidden = xasprintf("%s/.session-%lld-2.ttyrec", t.today,
	    (long long)good);
	put(&t, hidden, "", 0);
	start(&t);
	await(&t, last, there);
	stop(&t);
	/* of a monitor that was killed before it wrote anything */
	assert_false(has(&t, hidden));
	free(hidden);
	assert_int_equal(events(&t, "finished", NULL, NULL), 1);
	for (i = 0; i < 4; i++) {
		assert_int_equal(has_part(&t, files[i]), i != 3);
		free(files[i]);
	}
	assert_true(has(&t, "2001-02-03/session-1-1.ttyrec.part.part"));
	free(last);
	end(&t);
}

/* What is there already is not overwritten. */
static void
test_in_the_way(void **state)
{
	struct test	 t = begin(state);
	int64_t		 a = ended(&t), b = ended(&t);
	char		*file = tape(&t, t.today, a, "abc");
	char		*last = tape(&t, t.today, b, "abc");
	char		*path = path_of(&t, file);
	struct stat	 st;

	put(&t, file, "planted", 7);
	start(&t);
	await(&t, last, there);
	stop(&t);
	assert_true(has_part(&t, file));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 7);
	free(path);
	free(file);
	free(last);
	end(&t);
}

#define LONG_LEN	(3 * 1024 * 1024 + 17)

static char *
long_text(void)
{
	char	*text = xcalloc(1, LONG_LEN + 1);
	size_t	 i;

	for (i = 0; i < LONG_LEN; i++)
		text[i] = 'a' + i / 7 % 23 + (i % 1021 == 0);
	return (text);
}

#ifdef HAVE_ZSTD
static void
same_when_unpacked(struct test *t, const char *file, const char *text)
{
	char		*path = path_of(t, file), *packed, *plain;
	int		 fd = open(path, O_RDONLY);
	struct stat	 st;

	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size < LONG_LEN);
	packed = xmalloc(st.st_size);
	plain = xmalloc(LONG_LEN);
	assert_int_equal(read(fd, packed, st.st_size), st.st_size);
	assert_int_equal(ZSTD_getFrameContentSize(packed, st.st_size),
	    LONG_LEN);
	assert_int_equal(ZSTD_decompress(plain, LONG_LEN, packed, st.st_size),
	    LONG_LEN);
	assert_memory_equal(plain, text, LONG_LEN);
	free(plain);
	free(packed);
	close(fd);
	free(path);
}

static void
test_compressed(void **state)
{
	struct test	 t = begin(state);
	int64_t		 id = ended(&t), small = ended(&t), dense = ended(&t);
	char		*text = long_text(), random[8193];
	char		*file = tape(&t, t.today, id, text), *zst;
	char		*b = tape(&t, t.today, small, "abc");
	char		*c = named(t.today, dense, "ttyrec");
	char		*part = xasprintf("%s.part", c);

	t.p->s.recording_compress = 1;
	randombytes_buf(random, sizeof(random));
	put(&t, part, random, sizeof(random));
	zst = xasprintf("%s.zst", file);
	start(&t);
	await(&t, zst, there);
	await(&t, b, there);
	await(&t, c, there);
	stop(&t);
	assert_false(has_part(&t, file));
	assert_false(has(&t, file));
	same_when_unpacked(&t, zst, text);
	free(told_once(&t, zst));
	/* what gains nothing stays as it is */
	free(told_once(&t, b));
	free(told_once(&t, c));
	assert_int_equal(events(&t, "finished", NULL, NULL), 3);
	free(part);
	free(c);
	free(b);
	free(zst);
	free(file);
	free(text);
	end(&t);
}

/* Where a crash may leave things: half a copy; a copy, and the event too. */
static void
test_half_compressed(void **state)
{
	struct test	 t = begin(state);
	int64_t		 a = ended(&t), b = ended(&t);
	char		*text = long_text();
	char		*half = tape(&t, t.today, a, text);
	char		*full = tape(&t, t.today, b, text);
	char		*half_new = xasprintf("%s.zst.new", half);
	char		*half_zst = xasprintf("%s.zst", half);
	char		*full_zst = xasprintf("%s.zst", full);

	t.p->s.recording_compress = 1;
	put(&t, half_new, text, 1000);
	start(&t);
	await(&t, half_zst, there);
	await(&t, full_zst, there);
	stop(&t);
	assert_false(has(&t, half_new));
	same_when_unpacked(&t, half_zst, text);
	/* killed before it removed the source; and another library now */
	free(tape(&t, t.today, b, text));
	start(&t);
	free(half);
	half = xasprintf("%s.part", full);
	await(&t, half, gone);
	stop(&t);
	free(told_once(&t, full_zst));
	free(told_once(&t, half_zst));
	free(half);
	free(full);
	free(half_new);
	free(half_zst);
	free(full_zst);
	free(text);
	end(&t);
}
#endif

/* The keeper's child; 0: none. */
static pid_t
archivist(pid_t keeper)
{
	char	 path[64], buf[256];
	ssize_t	 n;
	int	 fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)keeper,
	    (int)keeper);
	if ((fd = open(path, O_RDONLY)) == -1)
		return (0);
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return (strtol(buf, NULL, 10));
}

static int
works(void *arg)
{
	struct test	*t = arg;

	return (archivist(t->keeper) != 0);
}

#define MANY	100
#define KILLS	12

/*
 * Killed again and again, it or the keeper, a little later each time: each
 * recording is finished in the end, whole, and told of once.
 */
static void
test_killed(void **state)
{
	struct test	 t = begin(state);
	char		*files[MANY], *text = long_text(), *args;
	int64_t		 ids[MANY];
	struct timespec	 nap = { 0, 0 };
	int		 i;

	t.p->s.recording_compress = archive_zip_able();
	text[100000] = '\0';
	for (i = 0; i < MANY; i++) {
		ids[i] = ended(&t);
		files[i] = tape(&t, t.today, ids[i], text + i);
	}
	for (i = 0; i < KILLS; i++) {
		start(&t);
		assert_true(eventually(SOON, works, &t));
		nap.tv_nsec = i * 9000000L;
		nanosleep(&nap, NULL);
		if (i % 2 != 0 && archivist(t.keeper) != 0)
			kill(archivist(t.keeper), SIGKILL);
		portal_kill(t.keeper);
		close(t.ctl);
	}
	start(&t);
	for (i = 0; i < MANY; i++) {
		if (t.p->s.recording_compress) {
			args = xasprintf("%s.zst", files[i]);
			free(files[i]);
			files[i] = args;
		}
		await(&t, files[i], there);
	}
	stop(&t);
	for (i = 0; i < MANY; i++) {
		assert_false(has_part(&t, files[i]));
		free(told_once(&t, files[i]));
		free(files[i]);
	}
	free(text);
	end(&t);
}

/* Retention */

static void
age(struct test *t, const char *file, int64_t days)
{
	char		*path = path_of(t, file);
	struct timespec	 ts[2] = { { .tv_nsec = UTIME_OMIT },
			    { .tv_sec = clock_utc() - days * ARCHIVE_DAY_S } };

	assert_int_equal(utimensat(AT_FDCWD, path, ts, 0), 0);
	free(path);
}

/* A finished recording of some days ago; returns its name. */
static char *
old_tape(struct test *t, const char *instance, int64_t days, size_t len)
{
	int64_t	 then = clock_utc() - days * ARCHIVE_DAY_S;
	int64_t	 id = session(t, instance, then, then + 1, "");
	char	 day[ARCHIVE_DAY_SIZE], *file, *text = xcalloc(1, len + 1);

	file = named(archive_day(then, day), id, "ttyrec");
	put(t, file, text, len);
	age(t, file, days);
	free(text);
	return (file);
}

static void
test_kept_days(void **state)
{
	struct test	 t = begin(state);
	char		*old = old_tape(&t, t.instance, 33, 10), *args = NULL;
	char		*others = old_tape(&t, "another", 40, 10);
	char		*young = old_tape(&t, t.instance, 29, 10);
	char		*day = xstrdup(old);

	*strchr(day, '/') = '\0';
	put(&t, "2001-02-03/session-1-1.ttyrec", "x", 1);
	put(&t, "2001-02-03/README", "x", 1);
	t.p->s.recording_keep = 30;
	start(&t);
	await(&t, day, gone);
	stop(&t);
	assert_false(has(&t, old));
	assert_false(has(&t, others));
	assert_true(has(&t, young));
	/* not of this store: somebody else's */
	assert_true(has(&t, "2001-02-03/session-1-1.ttyrec"));
	assert_true(has(&t, "2001-02-03/README"));
	assert_int_equal(events(&t, "removed", NULL, NULL), 2);
	assert_int_equal(events(&t, "removed", old, &args), 1);
	assert_non_null(strstr(args,
	    "{\"why\":\"older than 30 days\",\"size\":10,"));
	free(args);
	free(day);
	free(old);
	free(others);
	free(young);
	end(&t);
}

static void
test_kept_size(void **state)
{
	struct test	 t = begin(state);
	char		*files[5];
	int64_t		 live;
	char		*file;
	int		 i, fd;

	for (i = 0; i < 5; i++)
		files[i] = old_tape(&t, t.instance, 50 - i / 2, 100000);
	/* two of them fit */
	t.p->s.recording_keep_size = 300000;
	start(&t);
	await(&t, files[2], gone);
	stop(&t);
	for (i = 0; i < 5; i++)
		assert_int_equal(has(&t, files[i]), i >= 3);
	/* what is being written is not removed, nor the rest for its sake */
	live = session(&t, t.instance, clock_utc(), 0, "");
	file = tape(&t, t.today, live, "abc");
	fd = lock(&t, file);
	t.p->s.recording_keep_size = 1;
	start(&t);
	await(&t, files[4], gone);
	stop(&t);
	assert_true(has_part(&t, file));
	close(fd);
	free(file);
	assert_false(has(&t, files[3]));
	assert_int_equal(events(&t, "removed", NULL, NULL), 5);
	for (i = 0; i < 5; i++)
		free(files[i]);
	end(&t);
}

/* What verify says */

static int
verify(struct test *t, char *out, size_t size)
{
	int	fds[2], status, secrets = secret_settings_to_memfd(&t->p->ss);
	ssize_t	n;
	size_t	len = 0;
	pid_t	pid;

	assert_int_equal(pipe(fds), 0);
	db_close(t->f->db);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		dup2(fds[1], STDOUT_FILENO);
		_exit(verify_main(secrets, &t->p->s));
	}
	close(secrets);
	close(fds[1]);
	while ((n = read(fds[0], out + len, size - 1 - len)) > 0)
		len += n;
	out[len] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	t->f->db = fixture_open(t->f);
	assert_true(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

static void
says(const char *out, const char *file, const char *what)
{
	char	*line = xasprintf("recording %s: %s\n", file, what);

	if (strstr(out, line) == NULL)
		fail_msg("no \"%s\" in:\n%s", line, out);
	free(line);
}

static void
test_verified(void **state)
{
	struct test	 t = begin(state);
	char		*files[6], *path, out[4096];
	int		 i;

	for (i = 0; i < 6; i++)
		files[i] = tape(&t, t.today, ended(&t), "some text");
	start(&t);
	for (i = 0; i < 6; i++)
		await(&t, files[i], there);
	stop(&t);
	assert_int_equal(verify(&t, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "6 recordings are as they were finished, "
	    "0 faults, 0 are being written or wait to be finished, 0 are "
	    "unknown\n"));
	put(&t, files[0], "some taxt", 9);
	put(&t, files[1], "some", 4);
	path = path_of(&t, files[2]);
	assert_int_equal(unlink(path), 0);
	free(path);
	put(&t, files[3], "some text, and more", 19);
	/* what earlier versions have left is no fault of anybody */
	put(&t, "2001-02-03/session-1-1.ttyrec", "x", 1);
	assert_int_equal(verify(&t, out, sizeof(out)), 1);
	says(out, files[0], "edited");
	says(out, files[1], "cut off: 4 of 9 bytes are left");
	says(out, files[2], "missing");
	says(out, files[3], "edited");
	says(out, "2001-02-03/session-1-1.ttyrec",
	    "unknown: no event tells of it");
	assert_non_null(strstr(out, "2 recordings are as they were finished, "
	    "4 faults, 0 are being written or wait to be finished, 1 are "
	    "unknown\n"));
	for (i = 0; i < 6; i++)
		free(files[i]);
	end(&t);
}

/* Removed by retention is not missing, nor is what another instance has. */
static void
test_verified_removed(void **state)
{
	struct test	 t = begin(state);
	char		*file, out[4096];
	int64_t		 then = clock_utc() - 40 * ARCHIVE_DAY_S;
	int64_t		 id = session(&t, t.instance, then, then + 1, "");
	char		 day[ARCHIVE_DAY_SIZE];

	file = tape(&t, archive_day(then, day), id, "abc");
	start(&t);
	await(&t, file, there);
	stop(&t);
	age(&t, file, 40);
	t.p->s.recording_keep = 30;
	start(&t);
	await(&t, file, gone);
	stop(&t);
	fixture_sql(t.f, "INSERT INTO events (author_name, source, domain,"
	    " action, entity, args, created_at) VALUES ('archivist', 'local',"
	    " 'recording', 'finished', '2026-01-02/session-9-1.ttyrec',"
	    " '{\"size\":3,\"sha256\":\"" ABC_SUM "\",\"instance\":\"b\"}',"
	    " 1)");
	assert_int_equal(verify(&t, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "1 recordings are not here but with other "
	    "instances: verify them there\n"));
	free(file);
	end(&t);
}

static void
test_names(void **state)
{
	static const struct {
		const char		*name, *plain;
		int64_t			 session;
		enum archive_stage	 stage;
	} good[] = {
		{ "session-1-1.ttyrec", "session-1-1.ttyrec", 1,
		    ARCHIVE_FINISHED },
		{ "session-12-345.cast.part", "session-12-345.cast", 12,
		    ARCHIVE_WRITTEN },
		{ "session-7-0.pcap.zst", "session-7-0.pcap", 7,
		    ARCHIVE_FINISHED },
		{ "session-7-1.input.zst.new", "session-7-1.input", 7,
		    ARCHIVE_FRESH },
	};
	static const char *const	bad[] = {
		"", "session-1-1", "session--1.ttyrec", "session-1.ttyrec",
		"session-01-1.ttyrec", "session-0-1.ttyrec",
		"session-1-1.ttyrec.part.part", "session-1-1.ttyrec.new",
		"session-1-1.zst", "session-1-1..part", "session-1-1.TTY",
		"session-1-1.ttyrec.zst.part", "session-1-1.ttyrec/x",
		"session-9999999999999999999-1.ttyrec", "xsession-1-1.ttyrec",
		"session-1-1.ttyrecttyrec",
	};
	struct archive_name		a;
	int64_t				start;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(archive_name_parse(good[i].name, &a), 0);
		assert_int_equal(a.session, good[i].session);
		assert_int_equal(a.stage, good[i].stage);
		assert_string_equal(a.plain, good[i].plain);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (archive_name_parse(bad[i], &a) == 0)
			fail_msg("%s is taken for a name", bad[i]);
	}
	assert_int_equal(archive_day_parse("2024-02-29", &start), 0);
	assert_int_equal(start, 1709164800);
	assert_int_equal(archive_day_parse("2023-02-29", &start), -1);
	assert_int_equal(archive_day_parse("2024-2-29", &start), -1);
	assert_int_equal(archive_day_parse("..", &start), -1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_names),
		ON_BOTH(test_finished), ON_SQLITE(test_recovered),
		ON_SQLITE(test_written), ON_SQLITE(test_at_the_end),
		ON_BOTH(test_not_ours), ON_SQLITE(test_in_the_way),
#ifdef HAVE_ZSTD
		ON_SQLITE(test_compressed), ON_SQLITE(test_half_compressed),
#endif
		ON_BOTH(test_killed), ON_SQLITE(test_kept_days),
		ON_SQLITE(test_kept_size), ON_BOTH(test_verified),
		ON_SQLITE(test_verified_removed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
