/* SPDX-License-Identifier: ISC */
/*
 * A lying child's word on files: it is told only of a channel that is open,
 * whole or not at all, and whatever is in it becomes an event that can be read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <jansson.h>

#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "monitor/spool.h"
#include "regress/unit/liar.h"

static void
channel_open(struct liar *l, uint32_t number)
{
	const struct ask_channel_open	a = { number, "exec", "scp -t x", 0,
					    0, 0 };
	struct answer_channel_open	v;
	struct msg			body;
	struct ipc			in;

	msg_init(&body);
	put_ask_channel_open(&body, &a);
	assert_true(liar_ask(l, ASK_CHANNEL_OPEN, &body, &in));
	assert_int_equal(get_answer_channel_open(&in.body, &v), 0);
	assert_true(v.verdict.ok);
	ipc_free(&in);
	msg_free(&body);
}

static void
op_add(struct msg *ops, const struct file_op *f)
{
	struct msg	one;

	msg_init(&one);
	put_file_op(&one, f);
	msg_put_blob(ops, one.data, one.len);
	msg_free(&one);
}

static void
file_send(struct liar *l, uint32_t channel, const struct msg *ops)
{
	const struct ask_file	a = { channel, ops->data, ops->len };
	struct msg		body;

	msg_init(&body);
	put_ask_file(&body, &a);
	liar_send(l, ASK_FILE, &body);
	msg_free(&body);
}

/* Takes away what is in the spool; how many of it are events of files. */
static size_t
spooled(void (*look)(const struct record *))
{
	struct spool_record	*v;
	struct record		 r;
	struct msg		 file, m;
	char			 name[SPOOL_NAME_SIZE];
	size_t			 i, n, found = 0;
	int			 dir = spool_open(liar_settings.state_dir);

	assert_int_not_equal(dir, -1);
	while (spool_first(dir, name) == 1) {
		assert_int_equal(spool_read(dir, name, &file, &v, &n), 0);
		for (i = 0; i < n; i++) {
			msg_borrow(&m, v[i].data, v[i].len);
			assert_int_equal(get_record(&m, &r), 0);
			if (r.kind != RECORD_EVENT ||
			    strcmp(r.event.domain, "file") != 0)
				continue;
			found++;
			if (look != NULL)
				look(&r);
		}
		free(v);
		msg_free(&file);
		assert_int_equal(spool_remove(dir, name), 0);
	}
	close(dir);
	return (found);
}

static void
look_honest(const struct record *r)
{
	assert_true(r->session > 0);
	assert_string_equal(r->event.author_name, "bob");
	assert_string_equal(r->event.action, "put");
	assert_string_equal(r->event.entity, "/tmp/x");
	assert_string_equal(r->event.args, "{\"bytes\":3,\"channel\":1,"
	    "\"confirmed\":2,\"direction\":\"put\",\"mode\":\"0640\","
	    "\"name\":\"y\",\"result\":\"failure\",\"sha256\":\"01000000000000"
	    "00000000000000000000000000000000000000000000000000\","
	    "\"size\":4}");
}

static void
test_honest(void **state)
{
	const struct file_op	f = { .action = FILE_PUT, .result = "failure",
				    .path = (const uint8_t *)"/tmp/x",
				    .path_len = 6, .why = "",
				    .other = (const uint8_t *)"y",
				    .other_len = 1, .sum = { 1 },
				    .has = FILE_HAS_SIZE | FILE_HAS_BYTES |
				    FILE_HAS_CONFIRMED | FILE_HAS_SUM |
				    FILE_HAS_MODE, .size = 4, .bytes = 3,
				    .confirmed = 2, .mode = 0640 };
	struct liar		l;
	struct msg		ops;

	(void)state;
	msg_init(&ops);
	liar_reach(&l, ST_RUN);
	channel_open(&l, 7);
	op_add(&ops, &f);
	op_add(&ops, &f);
	file_send(&l, 7, &ops);
	file_send(&l, 7, &ops);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	assert_int_equal(spooled(look_honest), 4);
	msg_free(&ops);
}

/* What is shown is text and JSON, as long as may be. */
static void
look_clean(const struct record *r)
{
	json_t	*o = json_loads(r->event.args, 0, NULL);

	assert_non_null(o);
	json_decref(o);
	assert_true(strlen(r->event.entity) <= NAME_MAX_BYTES);
	assert_true(text_is_clean(r->event.entity, strlen(r->event.entity)));
	assert_true(text_is_clean(r->event.args, strlen(r->event.args)));
	assert_true(strlen(r->event.args) <= COMMAND_MAX);
}

static void
test_hostile_text(void **state)
{
	static const char *const	fills[] = { "x", "\033", "\xff",
					    "\xe2\x82\xac", "\"", "\\",
					    "\xe2\x80\xae" };
	uint8_t				*path = xmalloc(PATH_BYTES_MAX);
	struct file_op			 f = { .has = FILE_HAS_ALL,
					    .result = "a\033[2Jb\n",
					    .why = "\x80\"", .path = path,
					    .other = path,
					    .path_len = PATH_BYTES_MAX,
					    .other_len = PATH_BYTES_MAX,
					    .size = UINT64_MAX,
					    .bytes = UINT64_MAX,
					    .mode = UINT32_MAX };
	struct liar			 l;
	struct msg			 ops;
	size_t				 i, k, n;

	(void)state;
	liar_reach(&l, ST_RUN);
	channel_open(&l, 7);
	for (i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		n = strlen(fills[i]);
		for (k = 0; k < PATH_BYTES_MAX; k++)
			path[k] = fills[i][k % n];
		f.action = i;
		msg_init(&ops);
		op_add(&ops, &f);
		file_send(&l, 7, &ops);
		msg_free(&ops);
	}
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
	assert_int_equal(spooled(look_clean), i);
	free(path);
}

/* Of no channel, of none that is open, half of it, or nothing. */
static void
test_lies(void **state)
{
	const struct file_op	f = { .action = FILE_PUT, .result = "ok",
				    .why = "" };
	struct liar		l;
	struct msg		ops, none;

	(void)state;
	msg_init(&ops);
	msg_init(&none);
	op_add(&ops, &f);
	liar_reach(&l, ST_RUN);
	file_send(&l, 7, &ops);
	assert_true(liar_ends(&l, MONITOR_GATE));

	liar_reach(&l, ST_RUN);
	channel_open(&l, 7);
	file_send(&l, 8, &ops);
	assert_true(liar_ends(&l, MONITOR_GATE));

	liar_reach(&l, ST_RUN);
	channel_open(&l, 7);
	file_send(&l, 7, &none);
	assert_true(liar_ends(&l, MONITOR_GATE));

	liar_reach(&l, ST_RUN);
	channel_open(&l, 7);
	msg_put_u32(&ops, 17);
	file_send(&l, 7, &ops);
	assert_true(liar_ends(&l, MONITOR_GATE));
	msg_free(&ops);
	assert_int_equal(spooled(NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_honest),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_lies),
	};

	return (cmocka_run_group_tests(tests, liar_start, liar_stop));
}
