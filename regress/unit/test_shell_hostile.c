/* SPDX-License-Identifier: ISC */
/*
 * Hostile words: each command of the table is given them as operand and as the
 * value of each of its options, and as its input; and each that only looks is
 * run over a store that is full of them. Nothing of them may reach a terminal
 * as it is, nothing may be half done, and what was there stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>

#include "db/channel.h"
#include "db/query.h"
#include "db/session.h"
#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/complete.h"
#include "shell/names.h"
#include "shell/options.h"

#define X10	"xxxxxxxxxx"
#define X100	X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define E10	"\033[1m\033[2m\033[3m\033[4m\033[5m"

static const char *const	hostile[] = {
	/* what a terminal obeys */
	"a\033[2Jb", "a\033]0;title\007b", "a\tb", "a\rb", "a\nb",
	"a\n# forged", "\b\b\bx", "a\177b", "a\302\23331mb", "a\23331mb",
	E10 E10 E10 E10 E10 E10 E10 E10 E10 E10 E10 E10 E10 E10 E10,
	/* what it cannot read, or shows in another order, or not at all */
	"a\377\376b", "a\300\257b", "a\355\240\200b", "a\342\202",
	/* NOLINTNEXTLINE(misc-misleading-bidirectional): just that is meant */
	"a\342\200\256gnp.exe", "a\342\201\246b", "a\342\200\213b",
	"\357\273\277a", "a\342\200\250b",
	/* what somebody may paste into SQL, sh, printf(3), JSON or a path */
	"'; DROP TABLE users; --", "x' OR '1'='1", "\" OR 1=1 -- ", "a'b\"c`d",
	"$(id)", "a\\", "a\\x1b", "%s%n%99999d", "{\"Name\":\"x\"}", "%", "_",
	"*", "../../etc/passwd", "<b>&amp;",
	/* what is taken for something else */
	"", " ", ",", "a,,b", "-", "--", "---", "-rf", "--help=x", "--no such",
	"0", "-1", "+1", "123456789", "99999999999999999999", "1e9", "0x1",
	"admin", "healthcheck", "host:x", "invite:x", "a@b@c", "@", "a+b",
	"http://x:y@z:w", "ssh://u:p@h:99999", "u:p@[::1", "a:b",
	X100 X100 X100, X100 X100 X100 X100 "@example.org",
};
#define NHOSTILE	(sizeof(hostile) / sizeof(hostile[0]))

/* What must be as before when a command has failed, or has only looked. */
#define NTABLES	11
static const char	counting[] = "SELECT"
    " (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM user_keys),"
    " (SELECT COUNT(*) FROM user_groups), (SELECT COUNT(*) FROM hosts),"
    " (SELECT COUNT(*) FROM host_groups), (SELECT COUNT(*) FROM private_keys),"
    " (SELECT COUNT(*) FROM acls), (SELECT COUNT(*) FROM user_user_roles),"
    " (SELECT COUNT(*) FROM user_user_groups)"
    " + (SELECT COUNT(*) FROM host_host_groups)"
    " + (SELECT COUNT(*) FROM acl_user_groups)"
    " + (SELECT COUNT(*) FROM acl_host_groups),"
    " (SELECT COUNT(*) FROM sessions), (SELECT COUNT(*) FROM events)";
#define TABLE_ROLES	7	/* and with it groups and rules */
#define TABLE_LINKS	8
#define TABLE_EVENTS	10

struct counts {
	int64_t	n[NTABLES];
};

static struct counts
count(struct db *db)
{
	struct counts	 c;
	struct db_stmt	*st;
	size_t		 i;

	assert_int_equal(db_query(db, &st, counting, NO_BINDS), DB_OK);
	assert_int_equal(db_next(st), DB_OK);
	for (i = 0; i < NTABLES; i++)
		c.n[i] = col_int(st);
	db_done(st);
	return (c);
}

/* What is being run, for who reads of a failure. */
static char	doing[8192];

/* Lines of text that shows as it is, and nothing else. */
static void
assert_clean(const char *what, const char *text)
{
	size_t	n;

	for (; *text != '\0'; text += n + (text[n] != '\0')) {
		n = strcspn(text, "\n");
		if (!text_is_clean(text, n)) {
			char	*safe = escape_text(text, n);

			print_error("%s: on %s: %s\n", doing, what, safe);
			free(safe);
			fail();
		}
	}
}

static void
describe(char *const *words, size_t n)
{
	char	*safe;
	size_t	 i, len = 0;

	doing[0] = '\0';
	for (i = 0; i < n && len < sizeof(doing); i++) {
		safe = escape_text(words[i], strlen(words[i]));
		len += (size_t)snprintf(doing + len, sizeof(doing) - len,
		    "%s[%s]", i > 0 ? " " : "", safe);
		free(safe);
	}
}

/* Its new key is there before hosts are tried, and stays when these fail. */
static int
is_rotation(const struct cmd_entry *e)
{
	return (e != NULL && e->verb != NULL && strcmp(e->verb, "rotate") == 0);
}

/*
 * Whether a command may have changed how many rows there are: those that make
 * or remove, and their links; what else writes, only links.
 */
static void
assert_kept(const struct cmd_entry *e, int status, const struct counts *a,
    const struct counts *b)
{
	int	wrote = status == RUN_OK && e != NULL &&
		    (e->flags & CMD_WRITES);
	int	makes = wrote && strcmp(e->verb, "update") != 0;
	size_t	i;

	for (i = 0; i < NTABLES && !is_rotation(e); i++) {
		if (a->n[i] == b->n[i] || makes ||
		    (wrote && (i == TABLE_ROLES || i == TABLE_LINKS)) ||
		    ((status == RUN_OK || e == &cmd_session_grep) &&
		    i == TABLE_EVENTS))
			continue;
		print_error("%s: status %d, count %zu was %lld, is %lld\n",
		    doing, status, i, (long long)a->n[i], (long long)b->n[i]);
		fail();
	}
}

/* Runs words, as run() does a line, and looks at all that came of it. */
static int
run_hostile(struct trial *t, const struct cmd_entry *e, char *const *words,
    size_t n, const char *input)
{
	struct counts	before = count(t->sh.db), after;
	int		status;

	describe(words, n);
	free(t->out);
	free(t->err);
	t->sh.in = fmemopen((void *)input, strlen(input) + 1, "r");
	t->sh.out.out = open_memstream(&t->out, &t->outlen);
	t->sh.out.err = open_memstream(&t->err, &t->errlen);
	status = run_words(&t->sh, words, n);
	fclose(t->sh.out.out);
	fclose(t->sh.out.err);
	fclose(t->sh.in);
	t->sh.in = NULL;
	t->sh.done = 0;
	after = count(t->sh.db);
	/* what is wrong, an error says, or rows do; no hit is no error */
	if (status < RUN_OK || status > RUN_USAGE || (status != RUN_OK &&
	    strstr(t->err, "error: ") == NULL && t->outlen == 0 &&
	    e != &cmd_session_grep)) {
		print_error("%s: status %d, \"%s\"\n", doing, status, t->err);
		fail();
	}
	assert_int_equal(strlen(t->out), t->outlen);
	assert_int_equal(strlen(t->err), t->errlen);
	assert_clean("stdout", t->out);
	assert_clean("stderr", t->err);
	assert_kept(e, status, &before, &after);
	return (status);
}

/* A good line of an entry: noun, verb, operands, what it cannot do without. */

#define WORDS	8

struct base {
	char	*words[WORDS + 4];	/* room for what is added */
	size_t	 n;
};

static void
base_add(struct base *b, const char *word)
{
	assert_true(b->n < WORDS);
	b->words[b->n++] = xstrdup(word);
}

/* Rows of the scene, by their ids: names may be changed. */
static const char *
row_of(enum value_kind kind)
{
	switch (kind) {
	case VALUE_USER:
	case VALUE_HOSTGROUP:
	case VALUE_USERGROUP:
		return ("2");
	default:
		return ("1");
	}
}

static void
base_operands(struct base *b, const struct cmd_entry *e)
{
	static unsigned	made;
	char		name[64];

	if (e->verb == NULL || e->operands.name == NULL)
		return;
	if (strcmp(e->verb, "create") == 0 || strcmp(e->verb, "invite") == 0) {
		snprintf(name, sizeof(name), strcmp(e->noun, "host") == 0 ?
		    "u:p@h%u" : strcmp(e->noun, "userkey") == 0 ? "2" :
		    "n%u@example.org", ++made);
		base_add(b, name);
		return;
	}
	base_add(b, row_of(e->operands.kind));
	if (e->operands.min > 1)
		base_add(b, row_of(e->second));
}

static void
base_begin(struct base *b, const struct cmd_entry *e, int operands)
{
	memset(b, 0, sizeof(*b));
	base_add(b, e->noun);
	if (e->verb != NULL)
		base_add(b, e->verb);
	if (e->verb != NULL && strcmp(e->noun, "acl") == 0 &&
	    strcmp(e->verb, "create") == 0) {
		base_add(b, "--ug=2");
		base_add(b, "--pattern=nowhere*");
	}
	if (operands)
		base_operands(b, e);
}

static void
base_end(struct base *b)
{
	while (b->n > 0)
		free(b->words[--b->n]);
}

/* A public key that nobody has yet, with this comment; caller frees. */
static char *
key_line(const char *comment)
{
	unsigned char	 pk[32], sk[64], blob[51] = "\0\0\0\013ssh-ed25519";
	char		 text[128];

	crypto_sign_keypair(pk, sk);
	blob[18] = sizeof(pk);
	memcpy(blob + 19, pk, sizeof(pk));
	sodium_bin2base64(text, sizeof(text), blob, sizeof(blob),
	    sodium_base64_VARIANT_ORIGINAL);
	return (xasprintf("ssh-ed25519 %s %s\n", text, comment));
}

/* Of each kind one, with the ids that row_of() knows. */
static void
set_scene(struct trial *t, struct db *db)
{
	struct session	 s = { .user_id = 1, .user_name = (char *)"root",
			    .host_name = (char *)"web1", .account =
			    (char *)"u", .instance_id = (char *)"i",
			    .source = (char *)"192.0.2.7", .client_version =
			    (char *)"SSH-2.0-x", .started_at = 1000000000 };
	struct channel	 c = { .session_id = 1, .seq = 1,
			    .type = (char *)"exec", .detail = (char *)"ls",
			    .started_at = 1000000000 };
	int64_t		 id;
	char		*key = key_line("eve's"), *line;

	trial_begin(t, db);
	key[strcspn(key, "\n")] = '\0';
	line = xasprintf("user create eve --key=\"%s\"", key);
	ok(t, "key create --name=default");
	ok(t, "host create u:p@192.0.2.1 --name=web1 -g ops");
	ok(t, line);
	ok(t, "usergroup create --name=ug");
	ok(t, "acl create --ug=ug --hg=ops --pattern='web*'");
	assert_int_equal(session_create(db, &s, &id), DB_OK);
	assert_int_equal(session_close(db, id, 1000000061, "lost", 1, 2),
	    DB_OK);
	assert_int_equal(channel_create(db, &c, &id), DB_OK);
	free(key);
	free(line);
}

/* Only what can be a name, and may have been given before, is found. */
static void
run_operand(struct trial *t, const struct cmd_entry *e, const struct base *b,
    const char *word, const char *input)
{
	char	why[NAMES_ERROR_MAX];

	if (run_hostile(t, e, b->words, b->n, input) == RUN_OK &&
	    e->verb != NULL && strcmp(e->verb, "rm") == 0)
		assert_int_equal(name_check(word, why), 0);
}

static void
try_operand(struct trial *t, const struct cmd_entry *e, const char *word)
{
	char		*input = key_line(word);
	struct base	 b;

	base_begin(&b, e, 0);
	b.words[b.n++] = xstrdup(word);
	run_operand(t, e, &b, word, input);
	/* and where a hyphen does not make it an option */
	free(b.words[--b.n]);
	b.words[b.n++] = xstrdup("--");
	b.words[b.n++] = xstrdup(word);
	run_operand(t, e, &b, word, word);
	base_end(&b);
	base_begin(&b, e, 1);
	b.words[b.n++] = xstrdup(word);
	if (strcmp(word, "--") != 0)	/* else it is a good line */
		run_operand(t, e, &b, word, input);
	base_end(&b);
	free(input);
}

static void
try_option(struct trial *t, const struct cmd_entry *e, const struct cmd_opt *o,
    const char *word)
{
	char		*input = key_line(word);
	struct base	 b;

	base_begin(&b, e, 1);
	b.words[b.n++] = xasprintf("--%s=%s", o->name, word);
	run_hostile(t, e, b.words, b.n, input);
	base_end(&b);
	free(input);
}

/* What was made or renamed has good names; what was there is there. */
static void
assert_whole(struct trial *t)
{
	static const char *const	named[] = {
		"SELECT name FROM hosts", "SELECT name FROM users",
		"SELECT name FROM private_keys", "SELECT name FROM user_groups",
		"SELECT name FROM host_groups"
	};
	static const char *const	lines[] = {
		"host ls", "user ls", "acl ls", "event ls", "host inspect 1",
		"user inspect 1 2", "userkey inspect 1", "key inspect 1",
		"hostgroup inspect 1 2", "usergroup inspect 1 2",
		"acl inspect 1", "session inspect 1"
	};
	struct db_names	names;
	char		why[NAMES_ERROR_MAX];
	size_t		i, k;

	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		memset(&names, 0, sizeof(names));
		assert_int_equal(db_get_names(t->sh.db, &names, named[i],
		    NO_BINDS), DB_OK);
		for (k = 0; k < names.n; k++) {
			if (name_check(names.name[k], why) == -1)
				print_error("%s: %s\n", named[i], why);
			assert_int_equal(name_check(names.name[k], why), 0);
		}
		db_names_free(&names);
	}
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ok(t, lines[i]);
}

static void
test_words(void **state)
{
	const struct cmd_entry *const	*e;
	const struct cmd_opt		*o;
	struct fixture			*f = fixture_use(state);
	struct trial			 t;
	size_t				 i, step;

	/* MariaDB is slower, and a few of the words show if it differs */
	step = strcmp(f->driver, "sqlite3") == 0 ? 1 : 7;
	set_scene(&t, f->db);
	for (e = cmd_table; *e != NULL; e++) {
		for (i = 0; i < NHOSTILE; i += step) {
			try_operand(&t, *e, hostile[i]);
			for (o = (*e)->opts; o != NULL && o->name != NULL; o++)
				try_option(&t, *e, o, hostile[i]);
		}
		/* some of the words can be a name, and were */
		if (strcmp((*e)->noun, "user") == 0)
			ok(&t, "user update 2 --name=eve");
		assert_whole(&t);
	}
	trial_end(&t);
}

/* Where a noun, a verb, or an option is expected; and as a line. */
static void
test_lines(void **state)
{
	struct trial	 t;
	char		*words[4], *completed;
	struct completion c;
	size_t		 i, k;

	set_scene(&t, fixture_use(state)->db);
	for (i = 0; i < NHOSTILE; i++) {
		words[0] = (char *)"host";
		words[1] = words[2] = (char *)hostile[i];
		run_hostile(&t, NULL, words + 1, 1, "");
		run_hostile(&t, NULL, words + 1, 2, "");
		run_hostile(&t, NULL, words, 2, "");
		words[1] = (char *)"ls";
		words[2] = xasprintf("--%s", hostile[i]);
		run_hostile(&t, NULL, words, 3, "");
		run_hostile(&t, NULL, words, 3, "");
		run(&t, hostile[i]);
		assert_clean("stdout", t.out);
		assert_clean("stderr", t.err);
		free(words[2]);
		completed = xasprintf("host rm %s", hostile[i]);
		complete_line(&t.sh, completed, &c);
		for (k = 0; k < c.names.n; k++)
			assert_clean("completion", c.names.name[k]);
		complete_free(&c);
		free(completed);
	}
	assert_whole(&t);
	trial_end(&t);
}

/* Words that are in the store, however they came there */

static const struct {
	const char	*table, *column;
	int		 unique;
} texts[] = {
	{ "users", "name", 1 }, { "users", "email", 0 },
	{ "users", "comment", 0 }, { "user_keys", "comment", 0 },
	{ "user_keys", "type", 0 }, { "user_groups", "name", 1 },
	{ "user_groups", "comment", 0 }, { "private_keys", "name", 1 },
	{ "private_keys", "type", 0 }, { "private_keys", "comment", 0 },
	{ "hosts", "name", 1 }, { "hosts", "addr", 0 }, { "hosts", "login", 0 },
	{ "hosts", "comment", 0 }, { "hosts", "host_key_type", 0 },
	{ "host_groups", "name", 1 }, { "host_groups", "comment", 0 },
	{ "acls", "host_pattern", 0 }, { "acls", "login_pattern", 0 },
	{ "acls", "comment", 0 }, { "sessions", "user_name", 0 },
	{ "sessions", "host_name", 0 }, { "sessions", "account", 0 },
	{ "sessions", "source", 0 }, { "sessions", "client_version", 0 },
	{ "sessions", "error", 0 }, { "sessions", "comment", 0 },
	{ "channels", "type", 0 }, { "channels", "detail", 0 },
	{ "channels", "exit_signal", 0 }, { "channels", "refused", 0 },
	{ "events", "author_name", 0 }, { "events", "source", 0 },
	{ "events", "domain", 0 }, { "events", "action", 0 },
	{ "events", "entity", 0 }, { "events", "args", 0 },
};

static void
taint(const struct fixture *f, const char *word)
{
	int	 lite = strcmp(f->driver, "sqlite3") == 0;
	size_t	 i, len = strlen(word);
	char	*hex = xmalloc(2 * len + 1), *sql, *value;

	sodium_bin2hex(hex, 2 * len + 1, (const unsigned char *)word, len);
	value = xasprintf(lite ? "CAST(X'%s' AS TEXT)" :
	    "CONVERT(X'%s' USING utf8mb4)", hex);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		sql = xasprintf(!texts[i].unique ? "UPDATE %s SET %s = %s" :
		    lite ? "UPDATE %s SET %s = %s || id" :
		    "UPDATE %s SET %s = CONCAT(%s, id)", texts[i].table,
		    texts[i].column, value);
		fixture_sql(f, sql);
		free(sql);
	}
	free(value);
	free(hex);
}

/* Each that only looks, in each of its forms. */
static void
look(struct trial *t, const struct cmd_entry *e)
{
	static const char *const	forms[] = { NULL, "json", "quiet",
					    "decrypt" };
	struct base			 b;
	size_t				 i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i] != NULL && option_find(e, forms[i],
		    strlen(forms[i]), NULL) == NULL)
			continue;
		base_begin(&b, e, 1);
		if (forms[i] != NULL)
			b.words[b.n++] = xasprintf("--%s", forms[i]);
		run_hostile(t, e, b.words, b.n, "");
		base_end(&b);
	}
}

static void
test_stored(void **state)
{
	struct fixture			*f = fixture_use(state);
	const struct cmd_entry *const	*e;
	struct trial			 t;
	size_t				 i;

	set_scene(&t, f->db);
	for (i = 0; i < NHOSTILE; i++) {
		if (strlen(hostile[i]) > 200 ||
		    (strcmp(f->driver, "sqlite3") != 0 &&
		    !utf8_is_valid(hostile[i], strlen(hostile[i]))))
			continue;
		taint(f, hostile[i]);
		for (e = cmd_table; *e != NULL; e++) {
			if (!((*e)->flags & CMD_WRITES))
				look(&t, *e);
		}
		/* errors and help of those that write */
		run(&t, "host update 1 --name=web1 --hop=1");
		assert_clean("stderr", t.err);
		run(&t, "key rm 1");
		assert_clean("stderr", t.err);
		run(&t, "user rm 1");
		assert_clean("stderr", t.err);
	}
	ok(&t, "host ls -q");
	assert_string_equal(t.out, "1\n");
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_words),
		ON_BOTH(test_lines),
		ON_BOTH(test_stored),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
