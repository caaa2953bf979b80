/* SPDX-License-Identifier: ISC */
/*
 * Recordings read back: both forms, growing, compressed, cut, and made by
 * somebody who means harm.
 */
#include <sys/stat.h>

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

#include "config.h"
#include "lib/xmalloc.h"
#include "shell/reel.h"

#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#define DAY	"2026-01-02"

static char		 dir[] = "/var/tmp/test_reel.XXXXXX";
static struct reel_file	 file;

static int
make_dir(void **state)
{
	char	*day;

	(void)state;
	if (mkdtemp(dir) == NULL)
		return (-1);
	day = xasprintf("%s/" DAY, dir);
	mkdir(day, 0700);
	free(day);
	return (0);
}

static int
remove_dir(void **state)
{
	char	*path = xasprintf("%s/" DAY, dir);

	(void)state;
	rmdir(path);
	rmdir(dir);
	free(path);
	return (0);
}

/* The path of the file in use; caller frees. */
static char *
path_of(void)
{
	return (xasprintf("%s/%s", dir, file.name));
}

static void
append(const void *data, size_t len)
{
	char	*path = path_of();
	FILE	*f = fopen(path, "a");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	free(path);
}

static void
append_text(const char *s)
{
	append(s, strlen(s));
}

/* A new file of this form. */
static void
begin(enum recording_format format, const char *name)
{
	char	*path;

	memset(&file, 0, sizeof(file));
	file.session = file.channel = 1;
	file.format = format;
	snprintf(file.name, sizeof(file.name), DAY "/%s", name);
	path = path_of();
	unlink(path);
	free(path);
	append("", 0);
}

static struct reel *
open_it(void)
{
	char		 err[REEL_ERROR_SIZE] = "";
	struct reel	*r = reel_open(dir, &file, err);

	assert_non_null(r);
	return (r);
}

static void
end(struct reel *r)
{
	char	*path = path_of();

	reel_close(r);
	assert_int_equal(unlink(path), 0);
	free(path);
}

static void
append_frame(uint32_t sec, uint32_t usec, const char *data, size_t len)
{
	uint32_t	head[3] = { htole32(sec), htole32(usec),
			    htole32((uint32_t)len) };

	append(head, sizeof(head));
	append(data, len);
}

static void
is_frame(struct reel *r, char kind, int64_t at, const char *data)
{
	struct reel_frame	f;

	assert_int_equal(reel_next(r, &f), REEL_FRAME);
	assert_int_equal(f.kind, kind);
	assert_int_equal(f.at, at);
	assert_int_equal(f.len, strlen(data));
	assert_memory_equal(f.data, data, f.len);
}

static void
is_size(struct reel *r, unsigned cols, unsigned rows)
{
	struct reel_frame	f;

	assert_int_equal(reel_next(r, &f), REEL_FRAME);
	assert_int_equal(f.kind, 'r');
	assert_int_equal(f.cols, cols);
	assert_int_equal(f.rows, rows);
}

static void
is_end(struct reel *r, size_t rest)
{
	struct reel_frame	f;

	assert_int_equal(reel_next(r, &f), REEL_END);
	assert_int_equal(reel_rest(r), rest);
}

static void
is_broken(struct reel *r, const char *why)
{
	struct reel_frame	f;

	assert_int_equal(reel_next(r, &f), REEL_BROKEN);
	if (strstr(reel_error(r), why) == NULL)
		print_error("%s\n", reel_error(r));
	assert_non_null(strstr(reel_error(r), why));
	/* and stays so */
	assert_int_equal(reel_next(r, &f), REEL_BROKEN);
}

static void
test_ttyrec(void **state)
{
	struct reel	*r;

	(void)state;
	begin(RECORDING_TTYREC, "session-1-1.ttyrec");
	append_frame(100, 5, "\033[8;24;80t", 10);
	append_frame(100, 6, "hello", 5);
	append_frame(101, 0, "\033[8;50;200t", 11);
	/* a clock that was set back; and no size at all */
	append_frame(90, 0, "\033[8;0;200t", 10);
	append_frame(102, 0, "", 0);
	r = open_it();
	assert_true(reel_is_terminal(r));
	is_size(r, 80, 24);
	is_frame(r, 'o', 100000006, "hello");
	is_size(r, 200, 50);
	is_frame(r, 'o', 101000000, "\033[8;0;200t");
	is_frame(r, 'o', 102000000, "");
	is_end(r, 0);
	assert_int_equal(reel_rewind(r), 0);
	is_size(r, 80, 24);
	end(r);
}

/* Without a size it is no terminal's; nor is what is empty. */
static void
test_no_terminal(void **state)
{
	struct reel	*r;

	(void)state;
	begin(RECORDING_TTYREC, "session-1-1.ttyrec");
	r = open_it();
	assert_false(reel_is_terminal(r));
	append_frame(1, 0, "\177ELF", 4);
	assert_false(reel_is_terminal(r));
	end(r);
	begin(RECORDING_PCAP, "session-1-1.pcap");
	append_text("\324\303\262\241");
	r = open_it();
	assert_false(reel_is_terminal(r));
	is_broken(r, "no terminal's");
	end(r);
}

/* What grows is read on, whatever part of a frame was there before. */
static void
test_growing(void **state)
{
	const char	 whole[] = "\1\0\0\0\0\0\0\0\3\0\0\0abc";
	struct reel	*r;
	size_t		 i;

	(void)state;
	begin(RECORDING_TTYREC, "session-1-1.ttyrec.part");
	file.live = 1;
	r = open_it();
	for (i = 0; i < sizeof(whole) - 1; i++) {
		is_end(r, i);
		append(whole + i, 1);
	}
	is_frame(r, 'o', 1000000, "abc");
	is_end(r, 0);
	append(whole, sizeof(whole) - 1);
	assert_int_equal(reel_ahead(r), sizeof(whole) - 1);
	is_frame(r, 'o', 1000000, "abc");
	assert_int_equal(reel_ahead(r), 0);
	assert_false(reel_finished(r));
	end(r);
}

static void
test_finished(void **state)
{
	struct reel	*r;
	char		*path;

	(void)state;
	begin(RECORDING_TTYREC, "session-1-1.ttyrec.part");
	file.live = 1;
	r = open_it();
	path = path_of();
	assert_int_equal(unlink(path), 0);
	assert_true(reel_finished(r));
	free(path);
	reel_close(r);
}

static void
test_ttyrec_broken(void **state)
{
	struct reel	*r;

	(void)state;
	begin(RECORDING_TTYREC, "session-1-1.ttyrec");
	append_frame(1, 0, "ok", 2);
	append("\1\0\0\0\0\0\0\0\377\377\377\377", 12);
	r = open_it();
	is_frame(r, 'o', 1000000, "ok");
	is_broken(r, "damaged at byte 14: a frame of absurd length");
	end(r);
}

/* The largest frame there is, and many. */
static void
test_large(void **state)
{
	char		*data = xcalloc(1, REEL_DATA_MAX + 1);
	struct reel	*r;
	int		 i;

	(void)state;
	memset(data, 'x', REEL_DATA_MAX);
	begin(RECORDING_TTYREC, "session-1-1.ttyrec");
	for (i = 0; i < 20; i++)
		append_frame(i, 0, data, REEL_DATA_MAX - i);
	r = open_it();
	for (i = 0; i < 20; i++) {
		is_frame(r, 'o', i * INT64_C(1000000), data + i);
	}
	is_end(r, 0);
	end(r);
	free(data);
}

static void
test_cast(void **state)
{
	struct reel	*r;

	(void)state;
	begin(RECORDING_CAST, "session-1-1.cast");
	append_text("{\"version\": 2, \"width\": 80, \"height\": 24, "
	    "\"timestamp\": 1000, \"env\": {\"TERM\": \"xterm\"}}\n"
	    "[0.5, \"o\", \"a\\u0000\\u001b[1m\\u20ac\"]\n"
	    "[1, \"i\", \"\"]\n"
	    "[1.25, \"m\", \"a mark\"]\n"
	    "[1.5, \"r\", \"100x30\"]\n"
	    "[1.25, \"o\", \"late\"]\n"
	    "[2, \"o\", \"cut");
	r = open_it();
	assert_true(reel_is_terminal(r));
	is_size(r, 80, 24);
	{
		struct reel_frame	f;

		assert_int_equal(reel_next(r, &f), REEL_FRAME);
		assert_int_equal(f.at, 1000500000);
		assert_int_equal(f.len, 9);
		assert_memory_equal(f.data, "a\0\033[1m\342\202\254", 9);
	}
	is_frame(r, 'i', 1001000000, "");
	is_size(r, 100, 30);
	is_frame(r, 'o', 1001500000, "late");
	is_end(r, 13);
	end(r);
}

/* One line each, after a good header and a good event. */
static void
cast_breaks(const char *line, const char *why)
{
	struct reel	*r;

	begin(RECORDING_CAST, "session-1-1.cast");
	append_text("{\"version\": 2, \"width\": 80, \"height\": 24}\n"
	    "[0, \"o\", \"good\"]\n");
	append_text(line);
	r = open_it();
	is_size(r, 80, 24);
	is_frame(r, 'o', 0, "good");
	is_broken(r, why);
	end(r);
}

static void
test_cast_broken(void **state)
{
	char	*bomb = xcalloc(1, 400000);

	(void)state;
	cast_breaks("nonsense\n", "no JSON");
	cast_breaks("{}\n", "no event");
	cast_breaks("[1, 2, 3]\n", "no event");
	cast_breaks("[-1, \"o\", \"\"]\n", "no event");
	cast_breaks("[1e300, \"o\", \"\"]\n", "no event");
	cast_breaks("[1e999, \"o\", \"\"]\n", "no JSON");
	cast_breaks("[1, \"o\", \"\\ud800\"]\n", "no JSON");
	cast_breaks("[1, \"o\", \"\377\"]\n", "no JSON");
	cast_breaks("[1, \"r\", \"0x0\"]\n", "a size that is none");
	cast_breaks("[1, \"r\", \"80x24x3\"]\n", "a size that is none");
	/* depth, a line without an end, an event of much too much */
	memset(bomb, '[', 200000);
	memcpy(bomb + 200000, "\n", 2);
	cast_breaks(bomb, "no JSON");
	memset(bomb, 'x', 399999);
	cast_breaks(bomb, "a line of absurd length");
	memset(bomb, 'x', 200000);
	memcpy(bomb, "[1, \"o\", \"", 10);
	memcpy(bomb + 200000, "\"]\n", 4);
	cast_breaks(bomb, "an event of absurd length");
	free(bomb);
}

static void
test_cast_header(void **state)
{
	struct reel	*r;

	(void)state;
	begin(RECORDING_CAST, "session-1-1.cast");
	append_text("{\"version\": 3}\n");
	r = open_it();
	assert_false(reel_is_terminal(r));
	is_broken(r, "version 2");
	end(r);
	/* sizes that are none: it is no terminal's, but can be read */
	begin(RECORDING_CAST, "session-1-1.cast");
	append_text("{\"version\": 2, \"width\": -80, \"height\": 1e9}\n"
	    "[0, \"o\", \"x\"]\n");
	r = open_it();
	assert_false(reel_is_terminal(r));
	is_frame(r, 'o', 0, "x");
	end(r);
}

/* What is no file of ours is not opened. */
static void
test_no_file(void **state)
{
	char	 err[REEL_ERROR_SIZE], *path, *other;

	(void)state;
	begin(RECORDING_TTYREC, "session-1-1.ttyrec");
	path = path_of();
	other = xasprintf("%s/" DAY "/link", dir);
	assert_int_equal(rename(path, other), 0);
	assert_null(reel_open(dir, &file, err));
	assert_non_null(strstr(err, "No such file"));
	assert_int_equal(symlink("link", path), 0);
	assert_null(reel_open(dir, &file, err));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(reel_open(dir, &file, err));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(other), 0);
	free(path);
	free(other);
}

#ifdef HAVE_ZSTD

static void
append_zst(const void *data, size_t len)
{
	size_t	 most = ZSTD_compressBound(len), n;
	void	*buf = xmalloc(most);

	n = ZSTD_compress(buf, most, data, len, 3);
	assert_false(ZSTD_isError(n));
	append(buf, n);
	free(buf);
}

static void
test_zst(void **state)
{
	char		*plain = xcalloc(1, 2000000);
	struct reel	*r;
	struct reel_frame f;
	size_t		 len = 0, n = 0;

	(void)state;
	while (len < 1900000) {
		memcpy(plain + len, "\1\0\0\0\0\0\0\0\350\3\0\0", 12);
		memset(plain + len + 12, 'x', 1000);
		len += 1012;
	}
	begin(RECORDING_TTYREC, "session-1-1.ttyrec.zst");
	file.zst = 1;
	append_zst(plain, len);
	r = open_it();
	while (reel_next(r, &f) == REEL_FRAME)
		n += f.len + 12;
	assert_int_equal(n, len);
	is_end(r, 0);
	assert_int_equal(reel_rewind(r), 0);
	assert_int_equal(reel_next(r, &f), REEL_FRAME);
	assert_int_equal(f.len, 1000);
	end(r);
	/* what is none, and what was cut */
	begin(RECORDING_TTYREC, "session-1-1.ttyrec.zst");
	file.zst = 1;
	append_text("this is not compressed at all");
	r = open_it();
	is_broken(r, "damaged at byte 0");
	end(r);
	free(plain);
}

#endif

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_ttyrec),
		cmocka_unit_test(test_no_terminal),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_finished),
		cmocka_unit_test(test_ttyrec_broken),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_cast),
		cmocka_unit_test(test_cast_broken),
		cmocka_unit_test(test_cast_header),
		cmocka_unit_test(test_no_file),
#ifdef HAVE_ZSTD
		cmocka_unit_test(test_zst),
#endif
	};

	return (cmocka_run_group_tests(tests, make_dir, remove_dir));
}
