/* SPDX-License-Identifier: ISC */
/*
 * Settings: every key from every source, what beats what, what is refused and
 * in which words, and the paths that follow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <config.h>

#include "daemon/conf_file.h"
#include "daemon/flags.h"
#include "daemon/places.h"

#define TEXT_MAX	512

/* One value of each key that is not its default, and one that is refused. */
static const struct {
	const char	*name, *good, *shown, *bad;
} values[] = {
	{ "bind-address", "127.0.0.1:1", "127.0.0.1:1", "127.0.0.1" },
	{ "db-driver", "mysql", "mysql", "postgres" },
	{ "db-conn", "u:p@tcp(h:3306)/d", "u:p@tcp(h:3306)/d", "\"\"" },
	{ "master-key", "/k", "/k", NULL },
	{ "aes-key", "0123456789abcdef", "0123456789abcdef", NULL },
	{ "invite-token", "t", "t", NULL },
	{ "state-dir", "/s", "/s", NULL },
	{ "runtime-dir", "/r", "/r", NULL },
	{ "logs-location", "/l", "/l", "\"\"" },
	{ "idle-timeout", "2h30m", "9000000", "5 minutes" },
	{ "acl-check-cmd", "/bin/hook -x", "/bin/hook -x", NULL },
	{ "config-user", "root", "root", "\"\"" },
	{ "healthcheck-user", "hc", "hc", "\"\"" },
	{ "login-grace-time", "500ms", "500", "0" },
	{ "connect-timeout", "90", "90000", "-1s" },
	{ "max-auth-tries", "3", "3", "7" },
	{ "max-startups", "5:100:9", "5:100:9", "10:30:5" },
	{ "max-connections", "17", "17", "0" },
	{ "per-source-max-startups", "none", "0", "0" },
	{ "per-source-max-connections", "500", "500", "nobody" },
	{ "per-source-net-block-size", "24:56", "24:56", "33:64" },
	{ "per-source-penalties", "authfail:9s min:10s", "authfail:9s min:10s",
	    "authfail" },
	{ "per-source-penalty-exempt-list", "10.0.0.0/8", "10.0.0.0/8",
	    "10.0.0.1/8" },
	{ "max-channels", "18", "18", "257" },
	{ "spares", "19", "19", "4294967297" },
	{ "tcp-keepalive", "no", "0", "never" },
	{ "client-alive-interval", "15", "15000", "often" },
	{ "client-alive-count-max", "0", "0", "-1" },
	{ "server-alive-interval", "1m", "60000", "-1m" },
	{ "server-alive-count-max", "7", "7", "1001" },
	{ "banner", "/b", "/b", NULL },
	{ "recording-notice", "On air.", "On air.", "\"a\\eb\"" },
	{ "recording-format", "asciicast", "2", "cast" },
	{ "recording-reserve", "1G", "1073741824", "1.5G" },
#ifdef HAVE_ZSTD
	{ "recording-compress", "zstd", "1", "gzip" },
#else
	{ "recording-compress", "none", "0", "zstd" },
#endif
	{ "recording-keep", "90", "90", "36501" },
	{ "recording-keep-size", "2G", "2147483648", "2GB" },
	{ "play-own-sessions", "yes", "1", "mine" },
	{ "file-sums", "no", "0", "never" },
	{ "log-level", "verbose", "2", "loud" },
	{ "log-format", "json", "1", "xml" },
	{ "debug", "yes", "1", "maybe" },
	{ "syslog", "on", "1", "2" },
	{ "quiet", "true", "1", "quiet" },
};
#define NVALUES	(sizeof(values) / sizeof(values[0]))

static char	err[CONF_ERR_MAX];
static char	path[] = "/tmp/test_conf.XXXXXX";

static int
make_file(void **state)
{
	int	fd;

	(void)state;
	if ((fd = mkstemp(path)) == -1)
		return (-1);
	close(fd);
	return (0);
}

static int
remove_file(void **state)
{
	(void)state;
	return (unlink(path));
}

/* Reads a file with this content into c, which has the defaults. */
static int
load(struct conf *c, const char *content)
{
	FILE	*f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fputs(content, f) >= 0 && fclose(f) == 0, 1);
	err[0] = '\0';
	conf_init(c);
	return (conf_file_load(c, path, err, sizeof(err)));
}

/* What a key is now, as text. */
static const char *
show(const struct conf *c, const struct conf_key *k)
{
	static char	 text[TEXT_MAX];
	const void	*p = (const char *)c + k->offset;

	switch (k->type) {
	case CONF_BOOL:
	case CONF_FORMAT:
	case CONF_RECORDING:
	case CONF_COMPRESS:
		snprintf(text, sizeof(text), "%u", *(const uint8_t *)p);
		return (text);
	case CONF_COUNT:
	case CONF_LIMIT:
	case CONF_LEVEL:
		snprintf(text, sizeof(text), "%" PRIu32, *(const uint32_t *)p);
		return (text);
	case CONF_DURATION:
	case CONF_SIZE:
		snprintf(text, sizeof(text), "%" PRId64, *(const int64_t *)p);
		return (text);
	case CONF_ADDRESSES:
		assert_int_equal(c->s.nbinds, 1);
		return (c->s.binds[0]);
	default:
		return (*(char *const *)p);
	}
}

/* The complaint must begin with the file's name, then say this. */
static void
assert_complaint(const char *want)
{
	assert_memory_equal(err, path, strlen(path));
	assert_string_equal(err + strlen(path), want);
}

static void
test_every_key_in_the_file(void **state)
{
	struct conf	c;
	char		text[TEXT_MAX];
	size_t		i;

	(void)state;
	assert_int_equal(NVALUES, conf_nkeys);
	for (i = 0; i < NVALUES; i++) {
		const struct conf_key	*k = &conf_keys[i];

		assert_string_equal(k->name, values[i].name);
		snprintf(text, sizeof(text), "%s: %s\n", k->name,
		    values[i].good);
		assert_int_equal(load(&c, text), 0);
		assert_string_equal(show(&c, k), values[i].shown);
		conf_free(&c);
		if (values[i].bad == NULL)
			continue;
		snprintf(text, sizeof(text), "\n%s: %s\n", k->name,
		    values[i].bad);
		assert_int_equal(load(&c, text), -1);
		snprintf(text, sizeof(text), ":2:%zu: %s: ",
		    strlen(k->name) + 3, k->name);
		assert_memory_equal(err + strlen(path), text, strlen(text));
		conf_free(&c);
	}
}

static void
test_every_key_as_flag_and_variable(void **state)
{
	struct conf	c;
	struct flags	f;
	char		text[TEXT_MAX], *words[] = { text };
	size_t		i;

	(void)state;
	for (i = 0; i < NVALUES; i++) {
		const struct conf_key	*k = &conf_keys[i];

		snprintf(text, sizeof(text), "--%s=%s", k->name,
		    values[i].good);
		conf_init(&c);
		if (!k->no_flag) {
			assert_int_equal(flags_parse(&f, 1, words, err,
			    sizeof(err)), 0);
			f.config_file = "/dev/null";
			assert_int_equal(flags_load(&f, &c, err,
			    sizeof(err)), FLAGS_OK);
			assert_string_equal(show(&c, k), values[i].shown);
		}
		conf_free(&c);
		if (k->env == NULL)
			continue;
		conf_init(&c);
		setenv(k->env, values[i].good, 1);
		assert_int_equal(conf_load_env(&c, err, sizeof(err)), 0);
		unsetenv(k->env);
		assert_string_equal(show(&c, k), values[i].shown);
		conf_free(&c);
	}
}

static void
test_unknown_key(void **state)
{
	struct conf	c;

	(void)state;
	assert_int_equal(load(&c, "spares: 3\n\n  \nbogus: 1\n"), -1);
	assert_complaint(":4:1: bogus: there is no such key");
	conf_free(&c);
	assert_int_equal(load(&c, "{spares: 3, Spares: 4}\n"), -1);
	assert_complaint(":1:13: Spares: there is no such key");
	conf_free(&c);
}

static void
test_wrong_types(void **state)
{
	static const struct {
		const char	*content, *complaint;
	} t[] = {
		{ "spares: two\n",
		    ":1:9: spares: \"two\" is not a number from 1 to 100" },
		{ "spares: [1]\n",
		    ":1:9: spares: wants one value, not a list" },
		{ "spares: {a: 1}\n",
		    ":1:9: spares: wants a value, not a mapping" },
		{ "bind-address: [[a]]\n",
		    ":1:16: bind-address: wants a list of plain values" },
		{ "spares:\n", ":1:8: spares: has no value" },
		{ "spares: ~\n", ":1:9: spares: has no value" },
		{ "debug: \"a\\0b\"\n",
		    ":1:8: debug: has a NUL in its value" },
		{ "spares: 1\nspares: 1\n",
		    ":2:1: spares: is set a second time" },
		{ "? [a]\n: 1\n",
		    ":1:3: the name of a key is expected here" },
		{ "- spares\n", ":1:1: lines of the form \"key: value\" "
		    "are expected here" },
		{ "spares: 1\n---\nspares: 1\n",
		    ":2:1: a second document begins here" },
		{ "spares: &a 1\nmax-channels: *a\n",
		    ":2:15: max-channels: aliases are not taken" },
	};
	struct conf	c;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(load(&c, t[i].content), -1);
		assert_complaint(t[i].complaint);
		conf_free(&c);
	}
}

static void
test_broken_yaml(void **state)
{
	struct conf	c;

	(void)state;
	assert_int_equal(load(&c, "spares: \"3\n"), -1);
	assert_memory_equal(err + strlen(path), ":2:1: ", 6);
	conf_free(&c);
	assert_int_equal(load(&c, "spares: 3\n\tx: 1\n"), -1);
	assert_memory_equal(err + strlen(path), ":2:", 3);
	conf_free(&c);
	assert_int_equal(load(&c, "\x01"), -1);
	conf_free(&c);
}

static void
test_empty_files(void **state)
{
	static const char *const	contents[] = { "", "---\n", "# a\n" };
	struct conf	c;
	size_t		i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(load(&c, contents[i]), 0);
		conf_free(&c);
	}
}

static void
test_unreadable_files(void **state)
{
	struct conf	c;

	(void)state;
	conf_init(&c);
	assert_int_equal(conf_file_load(&c, "/nowhere/x", err,
	    sizeof(err)), -1);
	assert_string_equal(err, "/nowhere/x: No such file or directory");
	assert_int_equal(conf_file_load(&c, "/", err, sizeof(err)), -1);
	assert_string_equal(err, "/: is a directory");
	conf_free(&c);
}

/* A secret is not repeated in a complaint. */
static void
test_long_values(void **state)
{
	struct conf	c;
	char		text[CONF_TEXT_MAX + 64];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "db-conn: ", 9);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(load(&c, text), -1);
	assert_complaint(":1:10: db-conn: wants text of 1 to 4096 bytes");
	conf_free(&c);
}

static void
test_flags_beat_environment_beats_file(void **state)
{
	struct conf	c;
	struct flags	f;
	const char	*words[] = { "--config", path,
			    "--db-conn=of-flag", "-b", ":3", "-b", ":4" };

	(void)state;
	assert_int_equal(load(&c, "db-conn: of-file\nspares: 9\n"
	    "logs-location: of-file\nacl-check-cmd: of-file\n"
	    "bind-address: [':1', ':2']\n"), 0);
	assert_int_equal(c.s.nbinds, 2);
	conf_free(&c);
	setenv("SSHPORTAL_DATABASE_URL", "of-env", 1);
	setenv("SSHPORTAL_LOGS_LOCATION", "of-env", 1);
	setenv("SSHPORTAL_ACL_CHECK_CMD", "", 1);
	conf_init(&c);
	assert_int_equal(flags_parse(&f, 7, (char **)words, err,
	    sizeof(err)), 0);
	assert_int_equal(flags_load(&f, &c, err, sizeof(err)), FLAGS_OK);
	assert_string_equal(c.p.db_conn, "of-flag");
	assert_string_equal(c.s.logs_dir, "of-env");
	assert_string_equal(c.s.acl_check_cmd, "of-file");
	assert_int_equal(c.s.spares, 9);
	assert_int_equal(c.s.nbinds, 2);
	assert_string_equal(c.s.binds[0], ":3");
	assert_string_equal(c.s.binds[1], ":4");
	assert_string_equal(c.s.config_file, path);
	conf_free(&c);
	unsetenv("SSHPORTAL_DATABASE_URL");
	unsetenv("SSHPORTAL_LOGS_LOCATION");
	unsetenv("SSHPORTAL_ACL_CHECK_CMD");
}

/* Which source is at fault is said, and decides about the exit status. */
static void
test_bad_values_of_sources(void **state)
{
	struct conf	c;
	struct flags	f;
	const char	*words[] = { "--config=/dev/null", "--spares=x" };

	(void)state;
	conf_init(&c);
	assert_int_equal(flags_parse(&f, 2, (char **)words, err,
	    sizeof(err)), 0);
	assert_int_equal(flags_load(&f, &c, err, sizeof(err)), FLAGS_USAGE);
	assert_string_equal(err,
	    "--spares: \"x\" is not a number from 1 to 100");
	setenv("SSHPORTAL_DEBUG", "perhaps", 1);
	assert_int_equal(flags_load(&f, &c, err, sizeof(err)), FLAGS_BAD);
	assert_string_equal(err, "environment variable SSHPORTAL_DEBUG: "
	    "\"perhaps\" is not true or false");
	unsetenv("SSHPORTAL_DEBUG");
	conf_free(&c);
}

static void
test_addresses(void **state)
{
	static const char *const	good[] = { ":2222", "127.0.0.1:0",
		"[::1]:2222", "localhost:65535", ":1,:2,[::]:3" };
	static const char *const	bad[] = { "", ":", "2222", "::1:22",
		"[::1]", "[]:1", "a:65536", "a:-1", "a b:1", ":1,", ",:1" };
	const struct conf_key	*k = conf_find("bind-address", 12);
	struct conf	c;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		conf_init(&c);
		assert_int_equal(conf_set(&c, k, good[i], err, sizeof(err)),
		    0);
		assert_int_equal(c.s.nbinds, i == 4 ? 3 : 1);
		conf_free(&c);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		conf_init(&c);
		assert_int_equal(conf_set(&c, k, bad[i], err, sizeof(err)),
		    -1);
		conf_free(&c);
	}
	conf_init(&c);
	for (i = 0; i < BINDS_MAX; i++)
		assert_int_equal(conf_set(&c, k, ":1", err, sizeof(err)), 0);
	assert_int_equal(conf_set(&c, k, ":1", err, sizeof(err)), -1);
	conf_free(&c);
}

static void
test_startups(void **state)
{
	const struct conf_key	*k = conf_find("max-startups", 12);
	struct conf	c;

	(void)state;
	conf_init(&c);
	assert_int_equal(conf_set(&c, k, "7:40:90", err, sizeof(err)), 0);
	assert_int_equal(c.s.max_startups_begin, 7);
	assert_int_equal(c.s.max_startups_rate, 40);
	assert_int_equal(c.s.max_startups_full, 90);
	assert_int_equal(conf_set(&c, k, "7", err, sizeof(err)), 0);
	assert_int_equal(c.s.max_startups_rate, 100);
	assert_int_equal(c.s.max_startups_full, 7);
	assert_int_equal(conf_set(&c, k, "7:40", err, sizeof(err)), -1);
	assert_int_equal(conf_set(&c, k, "0:1:1", err, sizeof(err)), -1);
	assert_int_equal(conf_set(&c, k, "1:101:2", err, sizeof(err)), -1);
	conf_free(&c);
}

static void
test_block_size(void **state)
{
	static const char *const	bad[] = { "", ":", "32:", ":64",
		"33", "32:129", "32:64:1", "a:b", "32 64", "-1:64", "/32" };
	const struct conf_key	*k = conf_find("per-source-net-block-size", 25);
	struct conf	c;
	size_t		i;

	(void)state;
	conf_init(&c);
	assert_int_equal(c.s.source_bits4, 32);
	assert_int_equal(c.s.source_bits6, 64);
	assert_int_equal(conf_set(&c, k, "24:128", err, sizeof(err)), 0);
	assert_int_equal(c.s.source_bits4, 24);
	assert_int_equal(c.s.source_bits6, 128);
	assert_int_equal(conf_set(&c, k, "0", err, sizeof(err)), 0);
	assert_int_equal(c.s.source_bits4, 0);
	assert_int_equal(c.s.source_bits6, 64);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(conf_set(&c, k, bad[i], err, sizeof(err)),
		    -1);
	assert_int_equal(c.s.source_bits6, 64);
	conf_free(&c);
}

/* A line as it may stand in an sshd_config. */
static void
test_penalties(void **state)
{
	const struct conf_key	*k = conf_find("per-source-penalties", 20);
	struct conf	c;

	(void)state;
	conf_init(&c);
	assert_int_equal(c.s.penalties, 1);
	assert_int_equal(c.s.penalty_crash_ms, 90000);
	assert_int_equal(c.s.penalty_max_ms, 600000);
	assert_int_equal(c.s.penalty_deny4, 0);
	assert_int_equal(conf_set(&c, k, "crash:2m  authfail:5s\tnoauth:0 "
	    "grace-exceeded:20 refuseconnection:500ms max:1h min:15s "
	    "max-sources4:1 max-sources6:1000000 overflow:deny-all "
	    "overflow6:permissive", err, sizeof(err)), 0);
	assert_int_equal(c.s.penalty_crash_ms, 120000);
	assert_int_equal(c.s.penalty_authfail_ms, 5000);
	assert_int_equal(c.s.penalty_noauth_ms, 0);
	assert_int_equal(c.s.penalty_grace_ms, 20000);
	assert_int_equal(c.s.penalty_refuse_ms, 500);
	assert_int_equal(c.s.penalty_max_ms, 3600000);
	assert_int_equal(c.s.penalty_min_ms, 15000);
	assert_int_equal(c.s.penalty_sources4, 1);
	assert_int_equal(c.s.penalty_sources6, 1000000);
	assert_int_equal(c.s.penalty_deny4, 1);
	assert_int_equal(c.s.penalty_deny6, 0);
	/* what is not named has its default again */
	assert_int_equal(conf_set(&c, k, "overflow:deny-all", err,
	    sizeof(err)), 0);
	assert_int_equal(c.s.penalty_crash_ms, 90000);
	assert_int_equal(c.s.penalty_deny6, 1);
	assert_int_equal(conf_set(&c, k, "overflow6:permissive "
	    "overflow:deny-all", err, sizeof(err)), 0);
	assert_int_equal(c.s.penalty_deny6, 0);
	assert_int_equal(conf_set(&c, k, "no", err, sizeof(err)), 0);
	assert_int_equal(c.s.penalties, 0);
	assert_int_equal(conf_set(&c, k, "yes", err, sizeof(err)), 0);
	assert_int_equal(c.s.penalties, 1);
	assert_int_equal(c.s.penalty_deny4, 0);
	conf_free(&c);
}

static void
test_bad_penalties(void **state)
{
	static const char *const	bad[] = { "", "maybe", "crash",
		"crash:", "crash:x", "crash:-1", "crash=90s", "nonsense:1s",
		"no yes", "authfail:5s no", "max:0", "min:11m", "min:2s max:1s",
		"max-sources4:0", "max-sources4:1000001", "max-sources6:",
		"max-sources6:1s", "overflow:perhaps", "overflow6:",
		"crash:90s,authfail:5s" };
	const struct conf_key	*k = conf_find("per-source-penalties", 20);
	struct conf	c;
	size_t		i;

	(void)state;
	conf_init(&c);
	assert_int_equal(conf_set(&c, k, "crash:7s", err, sizeof(err)), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (conf_set(&c, k, bad[i], err, sizeof(err)) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(c.s.penalty_crash_ms, 7000);
	}
	conf_free(&c);
}

/* A list in the file; a flag's is another list. */
static void
test_exempt_list(void **state)
{
	const struct conf_key	*k;
	struct conf	c;

	(void)state;
	k = conf_find("per-source-penalty-exempt-list", 30);
	assert_int_equal(load(&c, "per-source-penalty-exempt-list:\n"
	    "- 10.0.0.0/8\n- 2001:db8::/32\n"), 0);
	assert_string_equal(c.s.penalty_exempt, "10.0.0.0/8,2001:db8::/32");
	conf_begin(&c);
	assert_int_equal(conf_set(&c, k, "::1", err, sizeof(err)), 0);
	assert_string_equal(c.s.penalty_exempt, "::1");
	assert_int_equal(conf_set(&c, k, "none", err, sizeof(err)), -1);
	assert_string_equal(c.s.penalty_exempt, "::1");
	conf_begin(&c);
	assert_int_equal(conf_set(&c, k, "none", err, sizeof(err)), 0);
	conf_free(&c);
	assert_int_equal(load(&c, "per-source-penalty-exempt-list: [10.1.2.3, "
	    "10.0.0.1/8]\n"), -1);
	assert_memory_equal(err + strlen(path), ":1:44: ", 7);
	conf_free(&c);
}

static void
test_places_of_sqlite(void **state)
{
	struct conf	c;
	char		want[TEXT_MAX], *cwd = getcwd(NULL, 0);

	(void)state;
	assert_int_equal(load(&c, "db-conn: ././a/b.db\n"), 0);
	assert_int_equal(places_find(&c, err, sizeof(err)), 0);
	snprintf(want, sizeof(want), "%s/a/b.db", cwd);
	assert_string_equal(c.p.db_conn, want);
	assert_string_equal(c.s.db_file, want);
	snprintf(want, sizeof(want), "%s/a/b.db.key", cwd);
	assert_string_equal(c.p.master_key_file, want);
	snprintf(want, sizeof(want), "%s/a/b.db.d", cwd);
	assert_string_equal(c.s.state_dir, want);
	snprintf(want, sizeof(want), "%s/a/b.db.d/run", cwd);
	assert_string_equal(c.s.run_dir, want);
	snprintf(want, sizeof(want), "%s/a/b.db.d/empty", cwd);
	assert_string_equal(c.s.empty_dir, want);
	snprintf(want, sizeof(want), "%s/log", cwd);
	assert_string_equal(c.s.logs_dir, want);
	assert_true(*c.s.first_admin != '\0');
	conf_free(&c);
	free(cwd);
}

static void
test_places_of_mysql(void **state)
{
	struct conf	c;

	(void)state;
	assert_int_equal(load(&c, "db-driver: mysql\ndb-conn: u@/d\n"), 0);
	assert_int_equal(places_find(&c, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "--master-key"));
	conf_free(&c);
	assert_int_equal(load(&c, "db-driver: mysql\ndb-conn: u@/d\n"
	    "master-key: /k\nstate-dir: /s\nruntime-dir: /r\n"), 0);
	assert_int_equal(places_find(&c, err, sizeof(err)), 0);
	assert_string_equal(c.p.db_conn, "u@/d");
	assert_string_equal(c.s.db_file, "");
	assert_string_equal(c.s.state_dir, "/s");
	assert_string_equal(c.s.empty_dir, "/s/empty");
	assert_string_equal(c.s.run_dir, "/r");
	conf_free(&c);
}

/*
 * The key of an installed portal, and one that systemd hands over, which any
 * that was named beats.
 */
static void
test_places_of_key(void **state)
{
	struct conf	 c;
	char		 dir[] = "/var/tmp/test_conf.XXXXXX", want[TEXT_MAX];
	FILE		*f;

	(void)state;
	assert_int_equal(load(&c, "db-conn: /x/y.db\n"
	    "state-dir: " STATE_DIR "\n"), 0);
	assert_int_equal(places_find(&c, err, sizeof(err)), 0);
	assert_string_equal(c.p.master_key_file, CONFIG_DIR "/master.key");
	conf_free(&c);

	assert_non_null(mkdtemp(dir));
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	assert_int_equal(load(&c, "db-conn: /x/y.db\n"), 0);
	assert_int_equal(places_find(&c, err, sizeof(err)), 0);
	assert_string_equal(c.p.master_key_file, "/x/y.db.key");
	conf_free(&c);
	snprintf(want, sizeof(want), "%s/master-key", dir);
	assert_non_null(f = fopen(want, "w"));
	fclose(f);
	assert_int_equal(load(&c, "db-driver: mysql\ndb-conn: u@/d\n"), 0);
	assert_int_equal(places_find(&c, err, sizeof(err)), 0);
	assert_string_equal(c.p.master_key_file, want);
	conf_free(&c);
	assert_int_equal(load(&c, "db-conn: /x/y.db\n"
	    "state-dir: " STATE_DIR "\n"), 0);
	assert_int_equal(places_find(&c, err, sizeof(err)), 0);
	assert_string_equal(c.p.master_key_file, want);
	conf_free(&c);
	assert_int_equal(load(&c, "db-conn: /x/y.db\nmaster-key: /k\n"), 0);
	assert_int_equal(places_find(&c, err, sizeof(err)), 0);
	assert_string_equal(c.p.master_key_file, "/k");
	conf_free(&c);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(unlink(want), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* What crosses the re-exec is what was set. */
static void
test_settings_pass_memfds(void **state)
{
	struct conf		c;
	struct settings		s;
	struct secret_settings	p;
	int			fd;

	(void)state;
	assert_int_equal(load(&c, "bind-address: [':1', ':2']\n"
	    "idle-timeout: 5m\naes-key: k\n"), 0);
	assert_int_equal(places_find(&c, err, sizeof(err)), 0);
	assert_int_equal(places_own(&c, err, sizeof(err)), 0);
	assert_true((fd = settings_to_memfd(&c.s)) != -1);
	assert_int_equal(settings_from_memfd(fd, &s), 0);
	close(fd);
	assert_int_equal(s.nbinds, 2);
	assert_string_equal(s.binds[1], ":2");
	assert_int_equal(s.idle_timeout_ms, 300000);
	assert_int_equal(s.child_uid, c.s.child_uid);
	assert_true((fd = secret_settings_to_memfd(&c.p)) != -1);
	assert_int_equal(secret_settings_from_memfd(fd, &p), 0);
	close(fd);
	assert_string_equal(p.aes_key, "k");
	assert_string_equal(p.db_conn, c.p.db_conn);
	assert_non_null(p.locked);
	settings_free(&s);
	secret_settings_free(&p);
	assert_null(p.db_conn);
	conf_free(&c);
}

/* Whether the kernel keeps what is there out of dumps, as sodium asks it. */
static int
is_out_of_dumps(const void *p)
{
	FILE		*f = fopen("/proc/self/smaps", "re");
	char		 line[512];
	unsigned long	 from, to;
	int		 here = 0, found = 0;

	assert_non_null(f);
	while (!found && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (uintptr_t)p >= from && (uintptr_t)p < to;
		else if (here && strncmp(line, "VmFlags:", 8) == 0)
			found = strstr(line, " dd") != NULL;
	}
	fclose(f);
	return (found);
}

static void
test_secrets_move_and_go(void **state)
{
	struct conf	c;

	(void)state;
	assert_int_equal(load(&c, "db-conn: marge:pw@tcp(db)/p\n"
	    "db-driver: mysql\nmaster-key: /k\naes-key: old\n"
	    "invite-token: abcdefghijklmnop\n"), 0);
	assert_null(c.p.locked);
	assert_false(is_out_of_dumps(c.p.db_conn));
	assert_int_equal(secret_settings_lock(&c.p), 0);
	assert_true(is_out_of_dumps(c.p.db_conn));
	assert_true(is_out_of_dumps(c.p.invite_token));
	assert_string_equal(c.p.master_key_file, "/k");
	assert_string_equal(c.p.aes_key, "old");
	assert_string_equal(c.p.invite_token, "abcdefghijklmnop");
	secret_settings_keep_conn(&c.p);
	assert_string_equal(c.p.db_conn, "marge:pw@tcp(db)/p");
	assert_string_equal(c.p.aes_key, "");
	assert_memory_equal(c.p.invite_token, "\0\0\0\0", 4);
	assert_string_equal(c.p.master_key_file, "");
	conf_free(&c);
	assert_null(c.p.locked);
}

/* Removes the "#" before each key, keeps the comments. */
static void
uncomment(FILE *in, FILE *out)
{
	char	line[TEXT_MAX];

	while (fgets(line, sizeof(line), in) != NULL) {
		if (line[0] == '#' && line[1] >= 'a' && line[1] <= 'z')
			fputs(line + 1, out);
		else
			fputs(line, out);
	}
}

/* The example has every key, with its default. */
static void
test_example(void **state)
{
	const char	*top = getenv("TOP");
	char		 name[TEXT_MAX], *text = NULL;
	size_t		 size = 0, i;
	FILE		*in, *out;
	struct conf	 c, defaults;

	(void)state;
	snprintf(name, sizeof(name), "%s/contrib/sshportal.yaml",
	    top != NULL ? top : ".");
	assert_non_null(in = fopen(name, "r"));
	assert_non_null(out = open_memstream(&text, &size));
	uncomment(in, out);
	fclose(in);
	fclose(out);
	assert_int_equal(load(&c, text), 0);
	conf_init(&defaults);
	for (i = 0; i < conf_nkeys; i++) {
		char	*want = strdup(show(&defaults, &conf_keys[i]));

		assert_true(conf_seen(&c, &conf_keys[i]));
		assert_string_equal(show(&c, &conf_keys[i]), want);
		assert_non_null(strstr(text, conf_keys[i].brief));
		free(want);
	}
	conf_free(&defaults);
	conf_free(&c);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_every_key_in_the_file),
		cmocka_unit_test(test_every_key_as_flag_and_variable),
		cmocka_unit_test(test_unknown_key),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_broken_yaml),
		cmocka_unit_test(test_empty_files),
		cmocka_unit_test(test_unreadable_files),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_flags_beat_environment_beats_file),
		cmocka_unit_test(test_bad_values_of_sources),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_startups),
		cmocka_unit_test(test_block_size),
		cmocka_unit_test(test_penalties),
		cmocka_unit_test(test_bad_penalties),
		cmocka_unit_test(test_exempt_list),
		cmocka_unit_test(test_places_of_sqlite),
		cmocka_unit_test(test_places_of_mysql),
		cmocka_unit_test(test_places_of_key),
		cmocka_unit_test(test_settings_pass_memfds),
		cmocka_unit_test(test_secrets_move_and_go),
		cmocka_unit_test(test_example),
	};

	return (cmocka_run_group_tests(tests, make_file, remove_file));
}
