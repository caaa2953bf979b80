/* SPDX-License-Identifier: ISC */
/*
 * What commands print, held against regress/golden/NOUN.txt, on both engines:
 *
 *	# a remark
 *	< a line of standard input for the next command
 *	$ command line
 *	what it prints
 *	! what it prints to standard error
 *	? its exit status, unless that is 0
 *
 * Every file begins with a new portal: the administrator root, at it from
 * 192.0.2.7; the groups default, and ops of hosts; one session of long ago. The
 * clock stands still at 2026-01-02 03:04:05 UTC. Keys and tokens are masked,
 * and usage, which follows each error of the line, is shortened; the key that
 * is imported was made for this. With GOLDEN=write the files are written anew,
 * for a person to read what has changed.
 *
 * Every command of the table must be there, once at least as it succeeds, and
 * once as it fails. (On MySQL, a row that could not be inserted has used up an
 * id: such errors come last.)
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <locale.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "db/channel.h"
#include "db/session.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"
#include "shell/cmd.h"
#include "shell/lookup.h"
#include "shell/words.h"

#define FILES_MAX	64
#define NOW		1767323045

int	clock_gettime(clockid_t, struct timespec *);

/* In place of libc's. */
int
clock_gettime(clockid_t id, struct timespec *ts)
{
	if (id != CLOCK_REALTIME)
		return ((int)syscall(SYS_clock_gettime, id, ts));
	ts->tv_sec = NOW;
	ts->tv_nsec = 0;
	return (0);
}

/* What differs from run to run, and what stands for it. */
static const struct {
	const char	*pattern, *mask;
} masks[] = {
	{ "SHA256:[A-Za-z0-9+/]{43}", "FINGERPRINT" },
	{ "invite:[A-Za-z0-9]{16,}", "invite:TOKEN" },
	{ "AAAA[A-Za-z0-9+/]{40,}=*", "KEY" },
	{ "-----BEGIN PRIVATE KEY-----[^-]*-----END PRIVATE KEY-----",
	    "PRIVATE" },
	{ "(key|group)-[0-9a-f]{8}", "RANDOM" },
	{ "sshportal [0-9]+\\.[0-9]+\\.[0-9]+[^ \n]*", "sshportal VERSION" },
	{ "Version: +[0-9][^\n]*", "Version: VERSION" },
	{ "Database driver: [a-z0-9]+", "Database driver: ENGINE" },
	{ "Host name: +[^\n]+", "Host name: HOST" },
	{ "/[^ ]*/log", "LOGS" },
	{ "\033", "ESC" },
	/* options are shown by --help, and grow */
	{ "usage: ([a-z]+( [a-z]+)?)[^\n]*", "usage: ..." },
};
#define NMASKS	(sizeof(masks) / sizeof(masks[0]))

static regex_t	compiled[NMASKS];

/* For each command of the table. */
static struct {
	int	succeeds, fails;
} seen[256];

/* The text with one mask put on all that it fits; caller frees. */
static char *
mask_one(const char *text, size_t k)
{
	char		*out;
	size_t		 len;
	FILE		*f = open_memstream(&out, &len);
	regmatch_t	 m;

	while (regexec(&compiled[k], text, 1, &m, 0) == 0) {
		fprintf(f, "%.*s%s", (int)m.rm_so, text, masks[k].mask);
		text += m.rm_eo;
	}
	fputs(text, f);
	fclose(f);
	return (out);
}

/* Each line after a prefix, masked. A line that has no end gets a mark. */
static void
put_lines(FILE *f, const char *prefix, const char *text)
{
	char	*now = xstrdup(text), *next, *line;
	size_t	 k, n;

	for (k = 0; k < NMASKS; k++) {
		next = mask_one(now, k);
		free(now);
		now = next;
	}
	for (line = now; *line != '\0'; line += n) {
		n = strcspn(line, "\n");
		fprintf(f, "%s%.*s%s\n", prefix, (int)n, line,
		    line[n] == '\0' ? "\\" : "");
		n += line[n] != '\0';
	}
	free(now);
}

/* Which command of the table a line is, or -1. */
static int
which(const char *line)
{
	struct words	 w;
	struct lookup	 l;
	const char	*why;
	char		 err[CMD_ERROR_MAX];
	int		 i, found = -1;

	if (words_split(line, &w, &why) == 0 && w.n > 0 &&
	    lookup_command(w.v, w.n, &l, err) == 0 && !l.lacks_verb &&
	    !l.help) {
		for (i = 0; cmd_table[i] != NULL && found == -1; i++)
			found = cmd_table[i] == l.entry ? i : -1;
	}
	words_free(&w);
	return (found);
}

static void
run_one(struct trial *t, const char *line, const char *input, FILE *out)
{
	int	i = which(line), status;

	t->sh.in = *input != '\0' ?
	    fmemopen((void *)input, strlen(input), "r") : NULL;
	status = run(t, line);
	if (t->sh.in != NULL)
		fclose(t->sh.in);
	if (i != -1 && status == RUN_OK)
		seen[i].succeeds = 1;
	else if (i != -1)
		seen[i].fails = 1;
	put_lines(out, "", t->out);
	put_lines(out, "! ", t->err);
	if (status != RUN_OK)
		fprintf(out, "? %d\n", status);
}

/* Somebody was there, long ago. */
static void
add_session(struct db *db)
{
	struct session	s = { .user_id = 1, .user_name = (char *)"root",
			    .host_name = (char *)"old", .account =
			    (char *)"bart", .instance_id = (char *)"i",
			    .source = (char *)"192.0.2.7", .client_version =
			    (char *)"SSH-2.0-x", .started_at = 1000000000 };
	int64_t		id;

	struct channel	c = { .seq = 1, .type = (char *)"shell",
			    .detail = (char *)"", .started_at = 1000000000,
			    .exit_status = -1, .exit_signal = (char *)"",
			    .refused = (char *)"",
			    .recording = (char *)"2001-09-09/session-1-1" };

	assert_int_equal(session_create(db, &s, &id), DB_OK);
	c.session_id = id;
	assert_int_equal(channel_create(db, &c, &id), DB_OK);
	id = c.session_id;
	assert_int_equal(session_close(db, id, 1000000061, "", 1, 2), DB_OK);
}

/* What they saw. */
static void
add_recording(const char *logs_dir)
{
	static const char	first[] = "\0\312\232\073\0\0\0\0\012\0\0\0"
				    "\033[8;24;80t";
	static const char	second[] = "\0\312\232\073\0\0\0\0\014\0\0\0"
				    "\033[1mhello\033[m";
	char			*path;
	FILE			*f;

	path = xasprintf("%s/2001-09-09", logs_dir);
	assert_int_equal(mkdir(logs_dir, 0700), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	free(path);
	path = xasprintf("%s/2001-09-09/session-1-1.ttyrec", logs_dir);
	assert_non_null(f = fopen(path, "w"));
	fwrite(first, 1, sizeof(first) - 1, f);
	fwrite(second, 1, sizeof(second) - 1, f);
	assert_int_equal(fclose(f), 0);
	free(path);
}

/* All that a file should be, from what is in it; caller frees. */
static char *
perform(void **state, FILE *in)
{
	struct settings	 settings = { .config_user = (char *)"admin",
			    .healthcheck_user = (char *)"healthcheck" };
	struct trial	 t;
	char		*line = NULL, *out, *input, *more;
	size_t		 size = 0, len;
	FILE		*f;

	trial_begin(&t, fixture_use(state)->db);
	settings.logs_dir = xasprintf("%s/log", fixture_use(state)->dir);
	t.sh.settings = &settings;
	add_recording(settings.logs_dir);
	f = open_memstream(&out, &len);
	input = xstrdup("");
	add_session(t.sh.db);
	while (getline(&line, &size, in) != -1) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "$ ", 2) == 0) {
			fprintf(f, "%s\n", line);
			run_one(&t, line + 2, input, f);
			free(input);
			input = xstrdup("");
		} else if (strncmp(line, "< ", 2) == 0) {
			fprintf(f, "%s\n", line);
			more = xasprintf("%s%s\n", input, line + 2);
			free(input);
			input = more;
		} else if (line[0] == '#') {
			fprintf(f, "%s\n", line);
		}
	}
	free(input);
	free(line);
	fclose(f);
	free(settings.logs_dir);
	trial_end(&t);
	return (out);
}

static char *
whole(FILE *in)
{
	char	*text = NULL;
	size_t	 size = 0;

	rewind(in);
	if (getdelim(&text, &size, '\0', in) == -1)
		text[0] = '\0';
	return (text);
}

/* Says where two texts part. */
static void
show_difference(const char *path, const char *is, const char *wanted)
{
	size_t	n = 1, a, b;

	for (;; n++, is += a + (is[a] != '\0'),
	    wanted += b + (wanted[b] != '\0')) {
		a = strcspn(is, "\n");
		b = strcspn(wanted, "\n");
		if (a != b || memcmp(is, wanted, a) != 0 || *is == '\0')
			break;
	}
	print_error("%s:%zu: is     %.*s\n%s:%zu: wanted %.*s\n", path, n,
	    (int)a, is, path, n, (int)b, wanted);
}

static void
check_file(void **state, const char *path)
{
	FILE	*in;
	char	*is, *wanted;

	fixture_use(state);		/* skips, before anything is open */
	assert_non_null(in = fopen(path, "r"));
	is = perform(state, in);
	wanted = whole(in);
	fclose(in);
	if (getenv("GOLDEN") != NULL &&
	    strcmp(getenv("GOLDEN"), "write") == 0) {
		assert_non_null(in = fopen(path, "w"));
		fputs(is, in);
		fclose(in);
	} else {
		if (strcmp(is, wanted) != 0)
			show_difference(path, is, wanted);
		assert_string_equal(is, wanted);
	}
	free(is);
	free(wanted);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return (strcmp((*a)->d_name, (*b)->d_name));
}

static int
is_text(const struct dirent *d)
{
	const char	*dot = strrchr(d->d_name, '.');

	return (dot != NULL && strcmp(dot, ".txt") == 0);
}

/* The tests of an engine take the files one after the other. */
static struct dirent	**files;
static char		*dir;

static void
check_next(void **state, int *next)
{
	char	path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, files[(*next)++]->d_name);
	check_file(state, path);
}

static void
test_sqlite(void **state)
{
	static int	next;

	check_next(state, &next);
}

static void
test_mysql(void **state)
{
	static int	next;

	check_next(state, &next);
}

/* What a shell can do only with a portal behind it; scripts have that. */
static int
needs_portal(const struct cmd_entry *e)
{
	return (e->verb != NULL && (strcmp(e->verb, "test") == 0 ||
	    strcmp(e->verb, "rotate") == 0 ||
	    strcmp(e->verb, "watch") == 0));
}

/* After the others: whether all commands were there. */
static void
test_all_there(void **state)
{
	const struct cmd_entry	*e;
	size_t			 i, missing = 0;

	(void)state;
	for (i = 0; (e = cmd_table[i]) != NULL; i++) {
		if ((seen[i].succeeds || needs_portal(e)) && seen[i].fails)
			continue;
		missing++;
		print_error("regress/golden/%s.txt has no line \"$ %s%s%s "
		    "...\" that %s: HACKING.md, \"How to add a command\", "
		    "tells how to add one\n", e->noun, e->noun,
		    e->verb != NULL ? " " : "", e->verb != NULL ? e->verb : "",
		    seen[i].succeeds || needs_portal(e) ? "fails" :
		    "succeeds");
	}
	assert_int_equal(missing, 0);
}

int
main(void)
{
	const char		*top = getenv("TOP");
	struct CMUnitTest	 tests[2 * FILES_MAX + 1];
	int			 i, n, r;

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	for (i = 0; i < (int)NMASKS; i++) {
		if (regcomp(&compiled[i], masks[i].pattern, REG_EXTENDED) != 0)
			return (1);
	}
	dir = xasprintf("%s/regress/golden", top != NULL ? top : ".");
	n = scandir(dir, &files, is_text, by_name);
	if (n < 1 || n > FILES_MAX) {
		fprintf(stderr, "%s: %d files\n", dir, n);
		return (1);
	}
	for (i = 0; i < n; i++) {
		tests[i] = (struct CMUnitTest){ files[i]->d_name, test_sqlite,
		    fixture_sqlite, fixture_end, NULL };
		tests[n + i] = (struct CMUnitTest){ files[i]->d_name,
		    test_mysql, fixture_mysql, fixture_end, NULL };
	}
	tests[2 * n] = (struct CMUnitTest)cmocka_unit_test(test_all_there);
	r = _cmocka_run_group_tests("golden", tests, 2 * n + 1, NULL, NULL);
	for (i = 0; i < n; i++)
		free(files[i]);
	free(files);
	free(dir);
	for (i = 0; i < (int)NMASKS; i++)
		regfree(&compiled[i]);
	return (r);
}
