/* SPDX-License-Identifier: ISC */
/*
 * The table of keys, and a setter for each type of value.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "daemon/address.h"
#include "daemon/conf.h"
#include "daemon/conf_sources.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/network.h"
#include "lib/number.h"
#include "lib/recording.h"
#include "lib/xmalloc.h"
#include "monitor/archive_zip.h"

#ifdef HAVE_ZSTD
#define COMPRESS_WANTS	"none or zstd"
#else
#define COMPRESS_WANTS	"none (this program was built without libzstd)"
#endif

#define S(field)	offsetof(struct conf, s.field)
#define P(field)	offsetof(struct conf, p.field)
#define C(field)	offsetof(struct conf, field)

const struct conf_key conf_keys[] = {
	{ "bind-address", CONF_ADDRESSES, S(binds), ":2222",
	    "where to listen; :PORT is all IPv4 and IPv6 addresses",
	    .env = "SSHPORTAL_BIND", .letter = 'b', .nonempty = 1 },
	{ "db-driver", CONF_DRIVER, S(db_driver), "sqlite3",
	    "sqlite3, or mysql for MySQL and MariaDB",
	    .env = "SSHPORTAL_DB_DRIVER" },
	{ "db-conn", CONF_STRING, P(db_conn), "./sshportal.db",
	    "the SQLite file, or user:password@tcp(host:port)/database",
	    .env = "SSHPORTAL_DATABASE_URL", .nonempty = 1 },
	{ "master-key", CONF_PATH, P(master_key_file), "",
	    "key of the secrets in the database (SQLite: DBFILE.key)",
	    .env = "SSHPORTAL_MASTER_KEY_FILE" },
	{ "aes-key", CONF_STRING, P(aes_key), "",
	    "key of the secrets in an original sshportal's database",
	    .env = "SSHPORTAL_AES_KEY" },
	{ "invite-token", CONF_STRING, P(invite_token), "",
	    "token of the first administrator's invite (random)",
	    .env = "SSHPORTAL_DEFAULT_ADMIN_INVITE_TOKEN", .no_flag = 1 },
	{ "state-dir", CONF_PATH, S(state_dir), "",
	    "instance id and spool (SQLite: DBFILE.d)",
	    .env = NULL },
	{ "runtime-dir", CONF_PATH, S(run_dir), "",
	    "sockets (SQLite: DBFILE.d/run)",
	    .env = NULL },
	{ "logs-location", CONF_PATH, S(logs_dir), "./log",
	    "recordings of sessions",
	    .env = "SSHPORTAL_LOGS_LOCATION", .nonempty = 1 },
	{ "idle-timeout", CONF_DURATION, S(idle_timeout_ms), "0",
	    "ends sessions in which nothing passes for so long (0: never)",
	    .env = NULL },
	{ "acl-check-cmd", CONF_STRING, S(acl_check_cmd), "",
	    "program that has the last word on each decision of the ACLs",
	    .env = "SSHPORTAL_ACL_CHECK_CMD" },
	{ "config-user", CONF_STRING, S(config_user), "admin",
	    "login that leads to the admin shell", .nonempty = 1 },
	{ "healthcheck-user", CONF_STRING, S(healthcheck_user),
	    "healthcheck", "login that anybody may use to read OK",
	    .nonempty = 1 },
	{ "login-grace-time", CONF_DURATION, S(login_grace_ms), "30s",
	    "time to log in", .nonempty = 1 },
	{ "connect-timeout", CONF_DURATION, S(connect_timeout_ms), "10s",
	    "time to reach a host", .nonempty = 1 },
	{ "max-auth-tries", CONF_COUNT, S(max_auth_tries), "6",
	    "signatures that a client may try", .min = 1, .max = 6 },
	{ "max-startups", CONF_STARTUPS, C(startups), "100:30:200",
	    "logins under way: begin:rate:full, as in sshd_config(5)",
	    .env = NULL },
	{ "max-connections", CONF_COUNT, S(max_connections), "10000",
	    "connections at the same time", .min = 1, .max = 200000 },
	{ "per-source-max-startups", CONF_LIMIT, S(source_max_startups), "64",
	    "logins under way from one block of addresses, or none",
	    .min = 1, .max = 100000 },
	{ "per-source-max-connections", CONF_LIMIT,
	    S(source_max_connections), "none",
	    "connections from one block of addresses, or none",
	    .min = 1, .max = 200000 },
	{ "per-source-net-block-size", CONF_BLOCKS, C(block_size), "32:64",
	    "bits of IPv4 and IPv6 addresses that make a block",
	    .env = NULL },
	/*
	 * Milder than sshd's for what a person can do by mistake: behind one
	 * address there may be an office, of which one has a loop that logs in
	 * with the wrong key, and here are no passwords to guess. One failure a
	 * second goes on for ever, and thirty at once are forgiven.
	 */
	{ "per-source-penalties", CONF_PENALTIES, C(penalties),
	    "crash:90s authfail:1s noauth:1s grace-exceeded:10s "
	    "refuseconnection:1s max:10m min:30s max-sources4:65536 "
	    "max-sources6:65536 overflow:permissive",
	    "how long failed logins and the like shut a block out, or no",
	    .env = NULL },
	{ "per-source-penalty-exempt-list", CONF_NETWORKS,
	    S(penalty_exempt), "127.0.0.0/8,::1",
	    "networks without penalties: behind them are many, or none",
	    .env = NULL },
	{ "max-channels", CONF_COUNT, S(max_channels), "100",
	    "channels of one connection", .min = 1, .max = 256 },
	{ "spares", CONF_COUNT, S(spares), "4",
	    "processes kept ready for new connections", .min = 1,
	    .max = 100 },
	{ "tcp-keepalive", CONF_BOOL, S(tcp_keepalive), "true",
	    "let the kernel find out within two minutes that a peer is gone",
	    .env = NULL },
	{ "client-alive-interval", CONF_DURATION, S(client_alive_ms), "0",
	    "silence after which a client is asked if it lives (0: never)",
	    .env = NULL },
	{ "client-alive-count-max", CONF_COUNT, S(client_alive_max), "3",
	    "questions without answer that end its session (0: never)",
	    .max = 1000 },
	{ "server-alive-interval", CONF_DURATION, S(server_alive_ms), "0",
	    "silence after which a host is asked if it lives (0: never)",
	    .env = NULL },
	{ "server-alive-count-max", CONF_COUNT, S(server_alive_max), "3",
	    "questions without answer that end its session (0: never)",
	    .max = 1000 },
	{ "banner", CONF_PATH, C(banner_file), "",
	    "file with a text that everybody reads before the login",
	    .env = NULL },
	{ "recording-notice", CONF_LINE, S(recording_notice),
	    "sshportal: this session is recorded",
	    "what people read on a terminal that is recorded",
	    .env = NULL },
	{ "recording-format", CONF_RECORDING, S(recording_format), "ttyrec",
	    "what recordings are: ttyrec, or asciicast",
	    .env = NULL },
	{ "recording-reserve", CONF_SIZE, S(recording_reserve), "64M",
	    "what recordings leave free on their disk (0: nothing)",
	    .env = NULL },
	{ "recording-compress", CONF_COMPRESS, S(recording_compress), "none",
	    "zstd: recordings are compressed when they are finished; or none",
	    .env = NULL },
	{ "recording-keep", CONF_COUNT, S(recording_keep), "0",
	    "days after which recordings are removed (0: never)",
	    .max = 36500 },
	{ "recording-keep-size", CONF_SIZE, S(recording_keep_size), "0",
	    "what recordings may take before the oldest go (0: any)",
	    .env = NULL },
	{ "play-own-sessions", CONF_BOOL, S(play_own_sessions), "false",
	    "people may look at the recordings of their own sessions",
	    .env = NULL },
	{ "file-sums", CONF_BOOL, S(file_sums), "true",
	    "the SHA-256 of files that pass by sftp and scp, in the events",
	    .env = NULL },
	{ "log-level", CONF_LEVEL, S(log_level), "info",
	    "error, info, verbose or debug",
	    .env = NULL },
	{ "log-format", CONF_FORMAT, S(log_json), "text",
	    "text, or json: each line an object with fields",
	    .env = NULL },
	{ "debug", CONF_BOOL, C(debug), "false",
	    "the same as log-level debug",
	    .env = "SSHPORTAL_DEBUG", .letter = 'D' },
	{ "syslog", CONF_BOOL, S(syslog), "false",
	    "log to syslog instead of standard error",
	    .env = NULL },
	{ "quiet", CONF_BOOL, S(quiet_start), "false",
	    "do not print the first invite",
	    .env = NULL },
};
const size_t conf_nkeys = sizeof(conf_keys) / sizeof(conf_keys[0]);
_Static_assert(sizeof(conf_keys) / sizeof(conf_keys[0]) <= 64,
    "one bit a key in struct conf");

static const char *const levels[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_VERBOSE] = "verbose",
	[LOG_LEVEL_DEBUG] = "debug",
};
#define NLEVELS	(sizeof(levels) / sizeof(levels[0]))

static void
replace(char **old, char *new)
{
	if (*old != NULL)
		explicit_bzero(*old, strlen(*old));
	free(*old);
	*old = new;
}

/*
 * Setters put what the text says into the field and return 0, or -1 if it does
 * not say what the type wants.
 */
typedef int setter(struct conf *, const struct conf_key *, void *field,
    const char *value);

static int
set_string(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	(void)c;
	if (strlen(value) > CONF_TEXT_MAX || (k->nonempty && *value == '\0'))
		return (-1);
	replace(field, xstrdup(value));
	return (0);
}

/* Text that is shown as it is. */
static int
set_line(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	if (!text_is_clean(value, strlen(value)))
		return (-1);
	return (set_string(c, k, field, value));
}

static int
set_bool(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	static const char *const words[2][6] = {
		{ "false", "no", "off", "0", "f", NULL },
		{ "true", "yes", "on", "1", "t", NULL },
	};
	int	i, on;

	(void)c;
	(void)k;
	for (on = 0; on < 2; on++) {
		for (i = 0; words[on][i] != NULL; i++) {
			if (strcasecmp(value, words[on][i]) == 0) {
				*(uint8_t *)field = on;
				return (0);
			}
		}
	}
	return (-1);
}

static int
set_count(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	(void)c;
	return (number_parse(value, k->min, k->max, field));
}

/* A count, or none, which is 0. */
static int
set_limit(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	if (strcmp(value, "none") != 0)
		return (set_count(c, k, field, value));
	*(uint32_t *)field = 0;
	return (0);
}

static int
set_duration(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	int64_t	ms;

	(void)c;
	if (clock_parse_duration(value, &ms) == -1 || (k->nonempty && ms == 0))
		return (-1);
	*(int64_t *)field = ms;
	return (0);
}

static int
set_startups(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	uint32_t	 begin, rate, full;
	const char	*p;

	(void)k;
	if ((p = number_read(value, 1, 100000, &begin)) == NULL)
		return (-1);
	rate = 100;
	full = begin;
	if (*p == ':') {
		if ((p = number_read(p + 1, 1, 100, &rate)) == NULL ||
		    *p != ':' ||
		    (p = number_read(p + 1, begin, 100000, &full)) == NULL)
			return (-1);
	}
	if (*p != '\0')
		return (-1);
	c->s.max_startups_begin = begin;
	c->s.max_startups_rate = rate;
	c->s.max_startups_full = full;
	replace(field, xstrdup(value));
	return (0);
}

static int
set_blocks(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	if (conf_sources_blocks(&c->s, value) == -1)
		return (-1);
	return (set_string(c, k, field, value));
}

static int
set_penalties(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	if (conf_sources_penalties(&c->s, k->def, value) == -1)
		return (-1);
	return (set_string(c, k, field, value));
}

/* What is given in one source is one list. */
static int
set_networks(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	char	*old = *(char **)field, *list;
	int	 r;

	list = !conf_seen(c, k) ? xstrdup(value) :
	    xasprintf("%s,%s", old, value);
	r = network_parse_list(NULL, INT32_MAX, list) == -1 ? -1 :
	    set_string(c, k, field, list);
	free(list);
	return (r);
}

static void
clear_binds(struct settings *s)
{
	while (s->nbinds > 0)
		replace(&s->binds[--s->nbinds], NULL);
}

static int
set_addresses(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	struct address	 a;
	char		*item;
	size_t		 len;

	(void)field;
	if (!conf_seen(c, k))
		clear_binds(&c->s);
	for (;; value += len + 1) {
		len = strcspn(value, ",");
		if (c->s.nbinds == BINDS_MAX)
			return (-1);
		item = xmemdup0(value, len);
		if (address_parse(&a, item) == -1) {
			free(item);
			return (-1);
		}
		c->s.binds[c->s.nbinds++] = item;
		if (value[len] == '\0')
			return (0);
	}
}

static int
set_driver(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	if (strcmp(value, "sqlite3") != 0 && strcmp(value, "mysql") != 0)
		return (-1);
	return (set_string(c, k, field, value));
}

static int
set_size(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	(void)c;
	(void)k;
	return (number_size(value, field));
}

/* Which of two words it is, 0 or 1, or -1. */
static int
word_of(const char *value, const char *first, const char *second)
{
	return (strcmp(value, second) == 0 ? 1 :
	    strcmp(value, first) == 0 ? 0 : -1);
}

/* zstd, where the program can. */
static int
set_compress(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	const int	zstd = word_of(value, "none", "zstd");

	(void)c;
	(void)k;
	if (zstd == -1 || (zstd && !archive_zip_able()))
		return (-1);
	*(uint8_t *)field = zstd;
	return (0);
}

static int
set_level(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	size_t	i;

	(void)c;
	(void)k;
	for (i = 0; i < NLEVELS; i++) {
		if (strcmp(value, levels[i]) == 0) {
			*(uint32_t *)field = i;
			return (0);
		}
	}
	return (-1);
}

static int
set_format(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	const int	json = word_of(value, "text", "json");

	(void)c;
	(void)k;
	if (json == -1)
		return (-1);
	*(uint8_t *)field = json;
	return (0);
}

static int
set_recording(struct conf *c, const struct conf_key *k, void *field,
    const char *value)
{
	const int	cast = word_of(value, "ttyrec", "asciicast");

	(void)c;
	(void)k;
	if (cast == -1)
		return (-1);
	*(uint8_t *)field = cast ? RECORDING_CAST : RECORDING_TTYREC;
	return (0);
}

static const struct {
	setter		*set;
	const char	*name;		/* of a value, in help */
	const char	*wants;		/* completes: "x" is not … */
} types[] = {
	[CONF_STRING] = { set_string, "TEXT", "text of 1 to 4096 bytes" },
	[CONF_PATH] = { set_string, "PATH", "a path of 1 to 4096 bytes" },
	[CONF_LINE] = { set_line, "TEXT",
	    "a line of at most 4096 bytes without control characters" },
	[CONF_BOOL] = { set_bool, "true|false", "true or false" },
	[CONF_COUNT] = { set_count, "N", NULL },
	[CONF_DURATION] = { set_duration, "DURATION",
	    "a duration such as 90s, 5m or 2h30m" },
	[CONF_STARTUPS] = { set_startups, "N:N:N",
	    "begin:rate:full, such as 10:30:100" },
	[CONF_LIMIT] = { set_limit, "N", NULL },
	[CONF_BLOCKS] = { set_blocks, "N:N",
	    "bits of IPv4 and IPv6 addresses, such as 32:64" },
	[CONF_PENALTIES] = { set_penalties, "WORDS",
	    "\"no\", or words such as authfail:1s min:30s max:10m (and min "
	    "is at most max)" },
	[CONF_NETWORKS] = { set_networks, "NETWORK",
	    "a list of networks such as 192.0.2.7, 10.0.0.0/8 or "
	    "2001:db8::/32 (4096 bytes at most), or none" },
	[CONF_ADDRESSES] = { set_addresses, "HOST:PORT",
	    "an address such as :2222, 127.0.0.1:2222 or [::1]:2222 "
	    "(16 at most)" },
	[CONF_DRIVER] = { set_driver, "DRIVER", "sqlite3 or mysql" },
	[CONF_SIZE] = { set_size, "SIZE", "a size such as 100M, 2G or 1T" },
	[CONF_COMPRESS] = { set_compress, "METHOD", COMPRESS_WANTS },
	[CONF_RECORDING] = { set_recording, "FORMAT", "ttyrec or asciicast" },
	[CONF_LEVEL] = { set_level, "LEVEL",
	    "error, info, verbose or debug" },
	[CONF_FORMAT] = { set_format, "FORMAT", "text or json" },
};

const struct conf_key *
conf_find(const char *name, size_t len)
{
	size_t	i;

	for (i = 0; i < conf_nkeys; i++) {
		if (strlen(conf_keys[i].name) == len &&
		    memcmp(conf_keys[i].name, name, len) == 0)
			return (&conf_keys[i]);
	}
	return (NULL);
}

int
conf_is_switch(const struct conf_key *k)
{
	return (k->type == CONF_BOOL);
}

int
conf_is_list(const struct conf_key *k)
{
	return (k->type == CONF_ADDRESSES || k->type == CONF_NETWORKS);
}

const char *
conf_value_name(const struct conf_key *k)
{
	return (types[k->type].name);
}

void
conf_init(struct conf *c)
{
	const struct conf_key	*k;

	memset(c, 0, sizeof(*c));
	for (k = conf_keys; k < conf_keys + conf_nkeys; k++) {
		if (types[k->type].set(c, k, (char *)c + k->offset,
		    k->def) == -1)
			panic("default of %s is bad", k->name);
	}
}

void
conf_free(struct conf *c)
{
	settings_free(&c->s);
	secret_settings_free(&c->p);
	replace(&c->startups, NULL);
	replace(&c->banner_file, NULL);
	replace(&c->block_size, NULL);
	replace(&c->penalties, NULL);
}

void
conf_begin(struct conf *c)
{
	c->seen = 0;
}

int
conf_seen(const struct conf *c, const struct conf_key *k)
{
	return (c->seen >> (k - conf_keys) & 1);
}

/* What was wrong; the values of secrets are not repeated. */
static void
explain(const struct conf_key *k, const char *value, char *err, size_t size)
{
	char	shown[128], wants[64];

	if (types[k->type].wants == NULL)
		snprintf(wants, sizeof(wants), k->type == CONF_LIMIT ?
		    "a number from %u to %u, or none" :
		    "a number from %u to %u", k->min, k->max);
	if (k->type == CONF_STRING || k->type == CONF_PATH)
		snprintf(err, size, "wants %s", types[k->type].wants);
	else
		snprintf(err, size, "\"%s\" is not %s",
		    escape_into(shown, sizeof(shown), value),
		    types[k->type].wants == NULL ? wants :
		    types[k->type].wants);
}

int
conf_set(struct conf *c, const struct conf_key *k, const char *value,
    char *err, size_t size)
{
	if (types[k->type].set(c, k, (char *)c + k->offset, value) == -1) {
		explain(k, value, err, size);
		return (-1);
	}
	c->seen |= UINT64_C(1) << (k - conf_keys);
	return (0);
}

int
conf_load_env(struct conf *c, char *err, size_t size)
{
	const struct conf_key	*k;
	const char		*value;
	char			 why[CONF_ERR_MAX / 2];

	conf_begin(c);
	for (k = conf_keys; k < conf_keys + conf_nkeys; k++) {
		if (k->env == NULL || (value = getenv(k->env)) == NULL ||
		    *value == '\0')
			continue;
		if (conf_set(c, k, value, why, sizeof(why)) == -1) {
			snprintf(err, size, "environment variable %s: %s",
			    k->env, why);
			return (-1);
		}
	}
	return (0);
}
