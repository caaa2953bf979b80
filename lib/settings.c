/* SPDX-License-Identifier: ISC */
/*
 * Settings in sealed memory. One table a struct says which fields there are,
 * so that writing, reading and freeing cannot disagree.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/memfd.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"

#define VALUE_MAX	BANNER_MAX	/* the longest there is */

enum field_type { FIELD_STR, FIELD_I64, FIELD_U32, FIELD_U8 };

struct field {
	enum field_type	type;
	size_t		offset;
};

#define S(type, name)	{ type, offsetof(struct settings, name) }
static const struct field settings_fields[] = {
	S(FIELD_STR, program), S(FIELD_STR, config_file),
	S(FIELD_STR, db_driver), S(FIELD_STR, db_file),
	S(FIELD_STR, state_dir), S(FIELD_STR, run_dir),
	S(FIELD_STR, logs_dir), S(FIELD_STR, empty_dir),
	S(FIELD_STR, config_user), S(FIELD_STR, healthcheck_user),
	S(FIELD_STR, first_admin),
	S(FIELD_I64, monitor_uid), S(FIELD_I64, monitor_gid),
	S(FIELD_I64, child_uid), S(FIELD_I64, child_gid),
	S(FIELD_U8, keep_dac_override),
	S(FIELD_I64, idle_timeout_ms), S(FIELD_I64, login_grace_ms),
	S(FIELD_I64, connect_timeout_ms),
	S(FIELD_U32, max_auth_tries), S(FIELD_U32, max_startups_begin),
	S(FIELD_U32, max_startups_rate), S(FIELD_U32, max_startups_full),
	S(FIELD_U32, max_connections),
	S(FIELD_U32, source_max_startups),
	S(FIELD_U32, source_max_connections),
	S(FIELD_U32, source_bits4), S(FIELD_U32, source_bits6),
	S(FIELD_U8, penalties), S(FIELD_I64, penalty_crash_ms),
	S(FIELD_I64, penalty_authfail_ms), S(FIELD_I64, penalty_noauth_ms),
	S(FIELD_I64, penalty_grace_ms), S(FIELD_I64, penalty_refuse_ms),
	S(FIELD_I64, penalty_max_ms), S(FIELD_I64, penalty_min_ms),
	S(FIELD_U32, penalty_sources4), S(FIELD_U32, penalty_sources6),
	S(FIELD_U8, penalty_deny4), S(FIELD_U8, penalty_deny6),
	S(FIELD_STR, penalty_exempt),
	S(FIELD_U32, max_channels),
	S(FIELD_U32, spares),
	S(FIELD_U8, tcp_keepalive),
	S(FIELD_I64, client_alive_ms), S(FIELD_U32, client_alive_max),
	S(FIELD_I64, server_alive_ms), S(FIELD_U32, server_alive_max),
	S(FIELD_STR, banner), S(FIELD_STR, recording_notice),
	S(FIELD_U8, recording_compress), S(FIELD_U32, recording_keep),
	S(FIELD_I64, recording_keep_size),
	S(FIELD_U8, play_own_sessions),
	S(FIELD_U8, recording_format), S(FIELD_I64, recording_reserve),
	S(FIELD_STR, acl_check_cmd), S(FIELD_U32, log_level),
	S(FIELD_U8, file_sums), S(FIELD_U8, log_json), S(FIELD_U8, syslog),
	S(FIELD_U8, quiet_start),
};
#define NSETTINGS	(sizeof(settings_fields) / sizeof(settings_fields[0]))

#define P(type, name)	{ type, offsetof(struct secret_settings, name) }
static const struct field secret_fields[] = {
	P(FIELD_STR, db_conn), P(FIELD_STR, master_key_file),
	P(FIELD_STR, aes_key), P(FIELD_STR, invite_token),
};
#define NSECRETS	(sizeof(secret_fields) / sizeof(secret_fields[0]))

static void
fields_put(struct msg *m, const void *base, const struct field *f, size_t n)
{
	const char	*p;
	size_t		 i;

	for (i = 0; i < n; i++) {
		p = (const char *)base + f[i].offset;
		switch (f[i].type) {
		case FIELD_STR:
			msg_put_str(m, *(char *const *)p);
			break;
		case FIELD_I64:
			msg_put_u64(m, *(const int64_t *)p);
			break;
		case FIELD_U32:
			msg_put_u32(m, *(const uint32_t *)p);
			break;
		case FIELD_U8:
			msg_put_u8(m, *(const uint8_t *)p);
			break;
		}
	}
}

static void
fields_get(struct msg *m, void *base, const struct field *f, size_t n)
{
	char	*p;
	size_t	 i;

	for (i = 0; i < n; i++) {
		p = (char *)base + f[i].offset;
		switch (f[i].type) {
		case FIELD_STR:
			*(char **)p = xstrdup(msg_get_str(m, VALUE_MAX));
			break;
		case FIELD_I64:
			*(int64_t *)p = msg_get_u64(m);
			break;
		case FIELD_U32:
			*(uint32_t *)p = msg_get_u32(m);
			break;
		case FIELD_U8:
			*(uint8_t *)p = msg_get_u8(m);
			break;
		}
	}
}

static void
string_free(char **s)
{
	if (*s != NULL)
		explicit_bzero(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

static void
fields_free(void *base, const struct field *f, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		if (f[i].type == FIELD_STR)
			string_free((char **)((char *)base + f[i].offset));
	}
}

static int
finish_read(struct msg *m)
{
	int	ok = msg_end(m);

	msg_free(m);
	errno = EINVAL;
	return (ok ? 0 : -1);
}

int
settings_to_memfd(const struct settings *s)
{
	struct msg	 m;
	uint32_t	 i;
	int		 fd;

	msg_init(&m);
	msg_put_u32(&m, s->nbinds);
	for (i = 0; i < s->nbinds; i++)
		msg_put_str(&m, s->binds[i]);
	fields_put(&m, s, settings_fields, NSETTINGS);
	fd = memfd_write("settings", &m);
	msg_free(&m);
	return (fd);
}

int
settings_from_memfd(int fd, struct settings *s)
{
	struct msg	 m;
	uint32_t	 i, n;

	memset(s, 0, sizeof(*s));
	if (memfd_read(fd, &m) == -1)
		return (-1);
	if ((n = msg_get_u32(&m)) > BINDS_MAX) {
		msg_bad(&m);
		return (finish_read(&m));
	}
	s->nbinds = n;
	for (i = 0; i < n; i++)
		s->binds[i] = xstrdup(msg_get_str(&m, VALUE_MAX));
	fields_get(&m, s, settings_fields, NSETTINGS);
	return (finish_read(&m));
}

void
settings_free(struct settings *s)
{
	uint32_t	i;

	for (i = 0; i < s->nbinds; i++)
		string_free(&s->binds[i]);
	fields_free(s, settings_fields, NSETTINGS);
	memset(s, 0, sizeof(*s));
}

int
secret_settings_to_memfd(const struct secret_settings *s)
{
	struct msg	 m;
	int		 fd;

	msg_init(&m);
	fields_put(&m, s, secret_fields, NSECRETS);
	fd = memfd_write("secrets", &m);
	msg_free(&m);
	return (fd);
}

static char **
secret_field(struct secret_settings *s, size_t i)
{
	return ((char **)((char *)s + secret_fields[i].offset));
}

/* Fills s, which holds nothing, from texts that are somebody else's. */
static int
lock_texts(struct secret_settings *s, const char *const text[NSECRETS])
{
	size_t	 i, len, total = 0;
	char	*p;

	for (i = 0; i < NSECRETS; i++)
		total += strlen(text[i]) + 1;
	if (sodium_init() == -1 || (p = sodium_malloc(total)) == NULL)
		return (-1);
	s->locked = p;
	for (i = 0; i < NSECRETS; i++) {
		len = strlen(text[i]) + 1;
		*secret_field(s, i) = memcpy(p, text[i], len);
		p += len;
	}
	return (0);
}

int
secret_settings_from_memfd(int fd, struct secret_settings *s)
{
	const char	*text[NSECRETS];
	struct msg	 m;
	size_t		 i;
	int		 r = -1;

	memset(s, 0, sizeof(*s));
	if (memfd_map(fd, &m) == -1)
		return (-1);
	for (i = 0; i < NSECRETS; i++)
		text[i] = msg_get_str(&m, VALUE_MAX);
	errno = EINVAL;
	if (msg_end(&m))
		r = lock_texts(s, text);
	memfd_unmap(&m);
	return (r);
}

int
secret_settings_lock(struct secret_settings *s)
{
	struct secret_settings	 locked = { .locked = NULL };
	const char		*text[NSECRETS];
	size_t			 i;

	for (i = 0; i < NSECRETS; i++)
		text[i] = *secret_field(s, i);
	if (lock_texts(&locked, text) == -1)
		return (-1);
	secret_settings_free(s);
	*s = locked;
	return (0);
}

void
secret_settings_keep_conn(struct secret_settings *s)
{
	size_t	i;
	char	*p;

	for (i = 0; i < NSECRETS; i++) {
		p = *secret_field(s, i);
		if (p != s->db_conn)
			explicit_bzero(p, strlen(p));
	}
}

void
secret_settings_free(struct secret_settings *s)
{
	if (s->locked == NULL)
		fields_free(s, secret_fields, NSECRETS);
	sodium_free(s->locked);		/* wipes; takes NULL */
	memset(s, 0, sizeof(*s));
}
