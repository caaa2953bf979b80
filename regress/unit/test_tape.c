/* SPDX-License-Identifier: ISC */
/*
 * What is written into recordings, to the byte: frames of ttyrec, lines of
 * asciicast, the limit of output, the disk's reserve, and failures.
 */
#include <errno.h>
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

#include <jansson.h>

#include "child/record.h"
#include "lib/xmalloc.h"

#define FILE_MAX	(8 * 1024 * 1024)

static char		 path[RECORDING_FILES][64];
static struct record_opts opts;

static int
open_one(size_t i)
{
	int	fd;

	snprintf(path[i], sizeof(path[i]), "/tmp/test_tape.XXXXXX");
	fd = mkstemp(path[i]);
	assert_true(fd != -1);
	assert_int_not_equal(fcntl(fd, F_SETFL, O_APPEND), -1);
	return (fd);
}

static struct recorder *
begin(enum recording_format first, enum recording_format second)
{
	opts.formats[0] = first;
	opts.formats[1] = second;
	opts.fds[0] = open_one(0);
	opts.fds[1] = second == RECORDING_NONE ? -1 : open_one(1);
	return (record_new(&opts));
}

static int
setup(void **state)
{
	(void)state;
	memset(&opts, 0, sizeof(opts));
	opts.cols = 80;
	opts.rows = 24;
	opts.term = "xterm";
	return (0);
}

static int
teardown(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < RECORDING_FILES; i++) {
		unlink(path[i]);
		path[i][0] = '\0';
	}
	record_release();
	return (0);
}

/* A file's content; caller frees. */
static uint8_t *
content(size_t i, size_t *len)
{
	uint8_t	*data = xmalloc(FILE_MAX + 1);
	int	 fd = open(path[i], O_RDONLY);
	ssize_t	 n;

	assert_true(fd != -1);
	for (*len = 0; (n = read(fd, data + *len, FILE_MAX - *len)) > 0;)
		*len += n;
	assert_int_equal(n, 0);
	data[*len] = '\0';
	close(fd);
	return (data);
}

static uint32_t
le32(const uint8_t *p)
{
	return (p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24);
}

/* What a ttyrec's frames hold, one after the other; caller frees. */
static char *
played(size_t *frames, size_t *total)
{
	size_t	 len, at, n;
	uint8_t	*data = content(0, &len);
	char	*text = xmalloc(len + 1);

	*frames = *total = 0;
	for (at = 0; at < len; at += 12 + n) {
		assert_true(len - at >= 12);
		assert_true(le32(data + at) > 1000000000);
		assert_true(le32(data + at + 4) < 1000000);
		n = le32(data + at + 8);
		assert_true(n > 0 && n <= len - at - 12);
		memcpy(text + *total, data + at + 12, n);
		*total += n;
		++*frames;
	}
	text[*total] = '\0';
	free(data);
	return (text);
}

static void
put(struct recorder *r, const char *s)
{
	assert_int_equal(record_output(r, s, strlen(s), 0), 0);
}

static void
test_ttyrec(void **state)
{
	struct recorder	*r = begin(RECORDING_TTYREC, RECORDING_NONE);
	size_t		 frames, total;
	char		*text;

	(void)state;
	put(r, "one");
	assert_int_equal(record_resize(r, 200, 50), 0);
	put(r, "two");
	assert_int_equal(record_input(r, "typed", 5), 0);
	record_free(r);
	text = played(&frames, &total);
	assert_string_equal(text, "\033[8;24;80tone\033[8;50;200ttwo");
	assert_int_equal(frames, 4);
	free(text);
}

/* Nothing that happened leaves nothing behind. */
static void
test_empty(void **state)
{
	size_t	 len;
	uint8_t	*data;

	(void)state;
	record_free(begin(RECORDING_TTYREC, RECORDING_INPUT));
	data = content(0, &len);
	assert_int_equal(len, 0);
	free(data);
	record_free(NULL);
}

static void
test_bulk(void **state)
{
	static char	 bulk[300000];
	struct recorder	*r = begin(RECORDING_TTYREC, RECORDING_NONE);
	size_t		 frames, total, i;
	char		*text;

	(void)state;
	for (i = 0; i < sizeof(bulk); i++)
		bulk[i] = 'a' + i % 23;
	assert_int_equal(record_output(r, bulk, sizeof(bulk), 0), 0);
	record_free(r);
	text = played(&frames, &total);
	assert_int_equal(total, sizeof(bulk) + strlen("\033[8;24;80t"));
	assert_memory_equal(text + total - sizeof(bulk), bulk, sizeof(bulk));
	assert_true(frames < 10);
	free(text);
}

static void
test_limit(void **state)
{
	struct recorder	*r;
	size_t		 frames, total;
	char		*text;

	(void)state;
	opts.limit = 10;
	opts.term = NULL;
	opts.cols = opts.rows = 0;
	r = begin(RECORDING_TTYREC, RECORDING_NONE);
	put(r, "01234567");
	put(r, "89abcdef");
	put(r, "more");
	/* its file is closed: who reads it may do so */
	assert_int_equal(fcntl(opts.fds[0], F_GETFD), -1);
	record_free(r);
	text = played(&frames, &total);
	assert_string_equal(text, "0123456789\r\nsshportal: of this output "
	    "only the first 10 bytes are recorded\r\n");
	free(text);
	/* all of it, and no more, is whole */
	r = begin(RECORDING_TTYREC, RECORDING_NONE);
	put(r, "0123456789");
	record_free(r);
	text = played(&frames, &total);
	assert_string_equal(text, "0123456789");
	free(text);
}

/* Line i of a cast as JSON; caller frees with json_decref(). */
static json_t *
line(size_t file, size_t i)
{
	size_t	 len;
	uint8_t	*data = content(file, &len);
	char	*p = (char *)data, *end;
	json_t	*j = NULL;

	for (; (end = strchr(p, '\n')) != NULL; p = end + 1, i--) {
		if (i > 0)
			continue;
		*end = '\0';
		j = json_loads(p, 0, NULL);
		assert_non_null(j);
		break;
	}
	/* whole lines alone */
	assert_true(j != NULL || *p == '\0');
	free(data);
	return (j);
}

static void
event_is(size_t file, size_t i, const char *type, const char *text)
{
	static double	 before;
	json_t		*j = line(file, i);

	assert_non_null(j);
	assert_int_equal(json_array_size(j), 3);
	if (i == 1)
		before = 0;
	assert_true(json_number_value(json_array_get(j, 0)) >= before);
	before = json_number_value(json_array_get(j, 0));
	assert_string_equal(json_string_value(json_array_get(j, 1)), type);
	assert_string_equal(json_string_value(json_array_get(j, 2)), text);
	json_decref(j);
}

static void
test_cast(void **state)
{
	struct recorder	*r;
	json_t		*j;

	(void)state;
	opts.term = "x\"term\xff\n";
	r = begin(RECORDING_CAST, RECORDING_NONE);
	put(r, "a\"b\\c\r\n\033[1m\177\001");
	assert_int_equal(record_input(r, "l", 1), 0);
	put(r, "l");
	assert_int_equal(record_input(r, "\r", 1), 0);
	assert_int_equal(record_resize(r, 200, 50), 0);
	assert_int_equal(record_input(r, "secret", 6), 0);
	record_free(r);
	j = line(0, 0);
	assert_int_equal(json_integer_value(json_object_get(j, "version")), 2);
	assert_int_equal(json_integer_value(json_object_get(j, "width")), 80);
	assert_int_equal(json_integer_value(json_object_get(j, "height")), 24);
	assert_true(json_integer_value(json_object_get(j, "timestamp")) >
	    1000000000);
	assert_string_equal(json_string_value(json_object_get(
	    json_object_get(j, "env"), "TERM")), "x\"term\xef\xbf\xbd\n");
	json_decref(j);
	event_is(0, 1, "o", "a\"b\\c\r\n\033[1m\177\001");
	event_is(0, 2, "o", "l");
	event_is(0, 3, "i", "l");
	event_is(0, 4, "i", "\r");
	event_is(0, 5, "r", "200x50");
	event_is(0, 6, "i", "");
	assert_null(line(0, 7));
}

/* Letters that are cut by the pieces in which they come, and what is none. */
static void
test_utf8(void **state)
{
	struct recorder	*r = begin(RECORDING_CAST, RECORDING_NONE);

	(void)state;
	put(r, "\xe2\x82");
	put(r, "\xac\xc3");
	put(r, "x\xff\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80.");
	put(r, "\xf0\x9f\x98\x80\xf0\x9f");
	record_free(r);
	event_is(0, 1, "o", "");
	event_is(0, 2, "o", "\xe2\x82\xac");
#define NO	"\xef\xbf\xbd"
	event_is(0, 3, "o", NO "x" NO NO NO NO NO NO NO NO NO NO ".");
	event_is(0, 4, "o", "\xf0\x9f\x98\x80");
	event_is(0, 5, "o", NO);
	assert_null(line(0, 6));
}

/* What takes six times the room in JSON. */
static void
test_cast_bulk(void **state)
{
	static char	 bulk[200000];
	struct recorder	*r = begin(RECORDING_CAST, RECORDING_NONE);
	size_t		 i, total = 0;
	json_t		*j;

	(void)state;
	memset(bulk, 1, sizeof(bulk));
	assert_int_equal(record_output(r, bulk, sizeof(bulk), 0), 0);
	record_free(r);
	for (i = 1; total < sizeof(bulk); i++) {
		j = line(0, i);
		assert_non_null(j);
		total += json_string_length(json_array_get(j, 2));
		json_decref(j);
	}
	assert_int_equal(total, sizeof(bulk));
	assert_null(line(0, i));
}

static void
test_input_beside(void **state)
{
	struct recorder	*r = begin(RECORDING_TTYREC, RECORDING_INPUT);
	size_t		 frames, total;
	char		*text;

	(void)state;
	put(r, "$ ");
	assert_int_equal(record_input(r, "ls", 2), 0);
	put(r, "ls");
	assert_int_equal(record_input(r, "\r", 1), 0);
	assert_int_equal(record_resize(r, 81, 25), 0);
	record_free(r);
	text = played(&frames, &total);
	assert_string_equal(text, "\033[8;24;80t$ ls\033[8;25;81t");
	free(text);
	event_is(1, 1, "i", "ls");
	event_is(1, 2, "i", "\r");
	event_is(1, 3, "r", "81x25");
	assert_null(line(1, 4));
}

static void
test_input_alone(void **state)
{
	struct recorder	*r = begin(RECORDING_INPUT, RECORDING_NONE);

	(void)state;
	put(r, "Password: ");
	assert_int_equal(record_input(r, "secret\r", 7), 0);
	put(r, "\r\nshown\r\n");
	record_free(r);
	event_is(0, 1, "i", "");
	event_is(0, 2, "i", "\r");
	assert_null(line(0, 3));
}

static void
test_no_room(void **state)
{
	struct recorder	*r;

	(void)state;
	opts.reserve = UINT64_MAX;
	opts.required = 1;
	r = begin(RECORDING_TTYREC, RECORDING_INPUT);
	assert_true(record_required(r));
	errno = 0;
	assert_int_equal(record_output(r, "x", 1, 0), -1);
	assert_int_equal(errno, ENOSPC);
	record_free(r);
	/* a device that is always full */
	opts.reserve = 0;
	opts.formats[0] = RECORDING_CAST;
	opts.fds[0] = open("/dev/full", O_WRONLY);
	opts.fds[1] = -1;
	assert_true(opts.fds[0] != -1);
	r = record_new(&opts);
	assert_int_equal(record_resize(r, 1, 1), -1);
	assert_int_equal(errno, ENOSPC);
	record_free(r);
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ttyrec),
		T(test_empty),
		T(test_bulk),
		T(test_limit),
		T(test_cast),
		T(test_utf8),
		T(test_cast_bulk),
		T(test_input_beside),
		T(test_input_alone),
		T(test_no_room),
	};

	return (cmocka_run_group_tests_name("tape", tests, NULL, NULL));
}
