/* SPDX-License-Identifier: ISC */
/*
 * Each message of the catalogue: decodes to what was encoded; with a byte
 * missing anywhere, or one too many, it does not decode.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <unistd.h>

#include "lib/catalogue.h"
#include "lib/memfd.h"
#include "lib/settings.h"

static const uint8_t	blob[] = { 1, 2, 0, 255 };

/* Samples: one of each, filled, so that a lost field shows. */
static const struct tell_start tell_start = { 2, { { blob, 4 }, { blob, 2 } } };
static const struct ask_sign ask_sign = { blob, 4, 48, 64 };
static const struct answer_sign answer_sign = { blob, 3 };
static const struct ask_auth ask_auth = { "web1", "ssh-ed25519", blob, 4,
    blob, 3, 5, 77 };
static const struct answer_auth answer_auth = { DEST_NOTICE, "OK" };
static const struct verdict verdict = { 0, "no" };
static const struct answer_target answer_target = { { 1, "" },
    SCHEME_TELNET, 2, { { "gate", "192.0.2.1", 2222, "jump", 0, 1,
    blob, 3, "" },
    { "web1", "web1.inside", 22, "bart", 1, 0, blob, 4, "ssh-ed25519" } } };
static const struct ask_hostkey ask_hostkey = { 3, blob, 4 };
static const struct ask_up_sign ask_up_sign = { 2, blob, 4 };
static const struct ask_up_password ask_up_password = { 1 };
static const struct answer_password answer_password = { "secret" };
static const struct ask_jump ask_jump = { 9, "web1", 2222 };
static const struct ask_file ask_file = { 9, blob, 4 };
static const struct file_op file_op = { FILE_COPY, 1, FILE_HAS_SUM, blob,
    (const uint8_t *)"/b", 4, 2, "ok", "lost", 5, 6, 7, 8, 0644, 10, 11, 12,
    { 1, 2, 255 } };
static const struct ask_channel_open ask_channel_open = { 9, "exec", "ls", 1,
    80, 24 };
static const struct answer_channel_open answer_channel_open = { { 1, "" },
    { RECORDING_TTYREC, RECORDING_PCAP }, 1, 2, 3, "lost", "192.0.2.7:4711",
    "192.0.2.8:22" };
static const struct ask_channel_close ask_channel_close = { 9, 1, 2,
    CHANNEL_END_SIGNAL, 3, "TERM" };
static const struct ask_shell ask_shell = { 4, 1, "xterm", 80, 24, 1, "ls" };
static const struct ask_shell_resize ask_shell_resize = { 4, 81, 25 };
static const struct tell_shell_exit tell_shell_exit = { 4, 255 };
static const struct ask_log ask_log = { 2, "line" };
static const struct sentence sentence = { "sorry" };
static const struct vault_value vault_value = { "hosts", "password", 7,
    blob, 4 };
static const struct ask_errand ask_errand = { ERRAND_WORK, 1, 3, "gone" };
static const struct tell_errand tell_errand = { { { 1, "" }, SCHEME_SSH, 1,
    { { "web1", "192.0.2.1", 22, "bart", 1, 0, blob, 4, "ssh-ed25519" } } },
    "true" };
static const struct errand errand = { ERRAND_REMOVE, 1, 2, 3, 30000, 4, "root",
    "::1" };
static const struct errand_step errand_step = { ERRAND_HOSTKEY, ERRAND_NEW, 12,
    "not known yet" };
static const struct ctl_spare ctl_spare = { 4711 };
static const struct ctl_connection ctl_connection = { "[::1]:1", "[::1]:22" };
static const struct record record_end = { .id = { 1 }, .at = 5, .session = 6,
    .kind = RECORD_SESSION_END, .session_end = { 1, 2, "lost" } };
static const struct record record_open = { .id = { 2 }, .at = 5, .session = 6,
    .kind = RECORD_CHANNEL_OPEN,
    .channel_open = { 1, "exec", "ls", 1, "not allowed",
    "2026-11-24/session-6-1" } };
static const struct record record_close = { .id = { 3 }, .at = 5, .session = 6,
    .kind = RECORD_CHANNEL_CLOSE,
    .channel_close = { 1, 10, 20, CHANNEL_END_STATUS, 3, "" } };
static const struct record record_event = { .id = { 4 }, .at = 5,
    .kind = RECORD_EVENT,
    .event = { 1, "bart", "::1", "host", "create", "web1", "{}" } };

union any {
	struct tell_start	 a;
	struct answer_target	 b;
	struct record		 c;
	struct tell_errand	 d;
	struct file_op		 e;
};

typedef void	 putter(struct msg *, const void *);
typedef int	 getter(struct msg *, void *);

#define C(name) { #name, &name, (putter *)put_##name, (getter *)get_##name }
#define R(name) { #name, &name, (putter *)put_record, (getter *)get_record }
static const struct {
	const char	*name;
	const void	*sample;
	putter		*put;
	getter		*get;
} cases[] = {
	C(tell_start), C(ask_sign), C(answer_sign), C(ask_auth),
	C(answer_auth), C(verdict), C(answer_target), C(ask_hostkey),
	C(ask_up_sign), C(ask_up_password), C(answer_password),
	C(ask_jump), C(ask_file), C(file_op), C(ask_channel_open),
	C(answer_channel_open),
	C(ask_channel_close), C(ask_shell),
	C(ask_shell_resize), C(tell_shell_exit), C(ask_log), C(sentence),
	C(ask_errand), C(tell_errand), C(errand), C(errand_step),
	C(vault_value), C(ctl_spare), C(ctl_connection), R(record_end),
	R(record_open), R(record_close), R(record_event),
};

/* What an older version spooled has one field less. */
static void
test_old_channel_open(void **state)
{
	struct record	r = record_open, got;
	struct msg	m;

	(void)state;
	r.channel_open.recording = "";
	msg_init(&m);
	put_record(&m, &r);
	m.len -= 5;	/* the length of nothing, and its NUL */
	assert_int_equal(get_record(&m, &got), 0);
	assert_string_equal(got.channel_open.reason, "not allowed");
	assert_string_equal(got.channel_open.recording, "");
	m.off = 0;
	m.len--;
	assert_int_equal(get_record(&m, &got), -1);
	msg_free(&m);
}

/* Encoding what was decoded gives the same bytes: no field is lost. */
static void
test_round_trips(void **state)
{
	struct msg	m, again;
	union any	out;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		msg_init(&m);
		msg_init(&again);
		cases[i].put(&m, cases[i].sample);
		memset(&out, 0x5a, sizeof(out));
		assert_int_equal(cases[i].get(&m, &out), 0);
		cases[i].put(&again, &out);
		assert_int_equal(again.len, m.len);
		assert_memory_equal(again.data, m.data, m.len);
		msg_free(&again);
		msg_free(&m);
	}
}

static void
test_short_and_trailing(void **state)
{
	struct msg	m, part;
	union any	out;
	size_t		i, cut;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		msg_init(&m);
		cases[i].put(&m, cases[i].sample);
		for (cut = 0; cut < m.len; cut++) {
			msg_borrow(&part, m.data, cut);
			if (cases[i].sample == &record_open &&
			    cut == m.len - 4 - sizeof("2026-11-24/session-6-1"))
				continue;	/* what an older one wrote */
			assert_int_equal(cases[i].get(&part, &out), -1);
		}
		msg_put_u8(&m, 0);
		assert_int_equal(cases[i].get(&m, &out), -1);
		msg_free(&m);
	}
}

static void
test_values_out_of_range(void **state)
{
	struct ask_sign		bad[] = { { blob, 4, 20, 0 },
				    { blob, 4, 0, 32 }, { blob, 4, 32, 20 },
				    { blob, 4, 32, 1 } }, sign;
	size_t			i;
	struct answer_auth	auth = { DEST_END_OF_LIST, "" };
	struct tell_start	start = { HOSTKEYS_MAX, { { blob, 1 } } };
	struct msg		m;

	(void)state;
	msg_init(&m);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_ask_sign(&m, &bad[i]);
		assert_int_equal(get_ask_sign(&m, &sign), -1);
		msg_free(&m);
	}
	put_answer_auth(&m, &auth);
	assert_int_equal(get_answer_auth(&m, &auth), -1);
	msg_free(&m);
	msg_put_u32(&m, HOSTKEYS_MAX + 1);
	assert_int_equal(get_tell_start(&m, &start), -1);
	msg_free(&m);
}

static void
test_settings_in_memfd(void **state)
{
	struct settings		s, t;
	struct msg		m;
	int			fd, other;

	(void)state;
	memset(&s, 0, sizeof(s));
	s.nbinds = 2;
	s.binds[0] = (char *)":2222";
	s.binds[1] = (char *)"[::1]:2223";
	s.db_driver = (char *)"sqlite3";
	s.child_uid = -1;
	s.max_auth_tries = 6;
	s.log_json = 1;
	s.file_sums = 1;
	s.syslog = 1;
	assert_int_not_equal(fd = settings_to_memfd(&s), -1);
	assert_int_equal(settings_from_memfd(fd, &t), 0);
	assert_int_equal(t.nbinds, 2);
	assert_string_equal(t.binds[1], "[::1]:2223");
	assert_string_equal(t.db_driver, "sqlite3");
	assert_string_equal(t.db_file, "");
	assert_true(t.child_uid == -1);
	assert_int_equal(t.max_auth_tries, 6);
	assert_int_equal(t.log_json, 1);
	assert_int_equal(t.file_sums, 1);
	assert_int_equal(t.syslog, 1);
	settings_free(&t);
	assert_int_equal(write(fd, "x", 1), -1);	/* sealed */
	close(fd);
	msg_init(&m);
	msg_put_u32(&m, BINDS_MAX + 1);
	assert_int_not_equal(other = memfd_write("other", &m), -1);
	assert_int_equal(settings_from_memfd(other, &t), -1);
	settings_free(&t);
	close(other);
	msg_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_short_and_trailing),
		cmocka_unit_test(test_old_channel_open),
		cmocka_unit_test(test_values_out_of_range),
		cmocka_unit_test(test_settings_in_memfd),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
