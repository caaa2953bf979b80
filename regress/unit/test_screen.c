/* SPDX-License-Identifier: ISC */
/*
 * What terminals are told: taken apart, tamed for another terminal, and made
 * plain text. Each case also byte by byte, for recordings are cut anywhere.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "shell/plain.h"
#include "shell/tame.h"

struct text {
	char	buf[65536];
	size_t	len;
};

static void
add(void *arg, const void *data, size_t len)
{
	struct text	*t = arg;

	assert_true(t->len + len < sizeof(t->buf));
	memcpy(t->buf + t->len, data, len);
	t->len += len;
	t->buf[t->len] = '\0';
}

static void
add_line(void *arg, int64_t at, const char *line, size_t len)
{
	(void)at;
	assert_true(text_is_clean(line, len));
	add(arg, line, len);
	add(arg, "|", 1);
}

/* What passes of it, whole and in pieces of one byte. */
static void
passes(const char *told, const char *wanted)
{
	struct text	 a = { .len = 0 }, b = { .len = 0 };
	struct tame	 t;
	size_t		 i;

	tame_init(&t, add, &a);
	tame_feed(&t, told, strlen(told));
	assert_string_equal(a.buf, wanted);
	tame_init(&t, add, &b);
	for (i = 0; i < strlen(told); i++)
		tame_feed(&t, told + i, 1);
	assert_string_equal(b.buf, wanted);
}

/* Its lines, in a terminal so wide; each ends with | here. */
static void
reads(unsigned width, const char *told, const char *wanted)
{
	struct text	 a = { .len = 0 }, b = { .len = 0 };
	struct plain	 p;
	size_t		 i;

	plain_init(&p, add_line, &a);
	plain_width(&p, width);
	plain_feed(&p, 1, told, strlen(told));
	plain_end(&p);
	assert_string_equal(a.buf, wanted);
	plain_init(&p, add_line, &b);
	plain_width(&p, width);
	for (i = 0; i < strlen(told); i++)
		plain_feed(&p, 1, told + i, 1);
	plain_end(&p);
	assert_string_equal(b.buf, wanted);
}

static void
test_drawing_passes(void **state)
{
	static const char *const	same[] = {
		"plain text\r\n\tand\b\a\v\f\016\017",
		"gr\303\274n \342\202\254 \360\237\230\200",
		"\033[31;1mred\033[0m\033[m\033[38:2::1:2:3m\033[38;5;9m",
		"\033[H\033[2J\033[K\033[1;1H\033[10A\033[3B\033[C\033[D"
		"\033[5G\033[7d\033[2;9r\033[r\033[4L\033[4M\033[2P\033[2@"
		"\033[3X\033[2S\033[2T\033[g\033[I\033[E\033[F\033[s\033[u"
		"\033[9b",
		"\0337\0338\033D\033E\033M\033=\033>\033(0\033(B\033)0\033#8",
		"\033[?25l\033[?1049h\033[?1h\033[?7l\033[?1049l\033[4h\033[4l",
		"\033[2 q\033[!p\033[?J\033[?2K",
	};
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		passes(same[i], same[i]);
	passes("\033[?25;1049;1000h", "\033[?25h\033[?1049h");
}

/* What a terminal answers, or what acts beyond the screen. */
static void
test_questions_and_deeds(void **state)
{
	static const char *const	gone[] = {
		/* attributes, status, settings, checksums, colours, names */
		"\005", "\033[c", "\033[0c", "\033[>c", "\033[>0c", "\033[=c",
		"\033Z", "\033[5n", "\033[6n", "\033[?6n", "\033[?15n",
		"\033[x", "\033[1x", "\033[?2026$p", "\033[4$p",
		"\033[1;1;1;1;5;5*y", "\033[>q", "\033[>0q", "\033[?u",
		"\033[?4m", "\033[?1;1;0S", "\033[1$w", "\033['|",
		"\033P$qm\033\\", "\033P+q544e\033\\", "\033P$q\"p\033\\",
		"\033]10;?\a", "\033]11;?\033\\", "\033]4;1;?\a",
		"\033]52;c;?\a", "\033[18t", "\033[21t", "\033[14t",
		"\033[>1u", "\033[<u", "\033[=1u", "\033[>4;2m",
		/* clipboard, titles, links, files, images, notifications */
		"\033]52;c;aGk=\a", "\033]0;title\a", "\033]2;t\033\\",
		"\033]8;;http://192.0.2.1/\033\\", "\033]1337;File=:AAAA\a",
		"\033]9;hello\a", "\033]777;notify;a;b\a", "\033ktitle\033\\",
		"\033Pq#0;2;0;0;0~~\033\\", "\033_Ga=T;AAAA\033\\",
		"\033^private\033\\", "\033Xstring\033\\",
		"\033]4;1;rgb:00/00/00\a", "\033]50;font\a",
		/* window, printer, keyboard, mouse, focus, paste, UTF-8 */
		"\033[8;1;1t", "\033[3;1;1t", "\033[2t", "\033[i", "\033[5i",
		"\033[?5i", "\033[2h", "\033[12l", "\033[>4h", "\033[?1000h",
		"\033[?1006h", "\033[?1003h", "\033[?9h", "\033[?1004h",
		"\033[?2004h", "\033[?3h", "\033[?1007h", "\033[1;2;3;4;5T",
		"\033%@", "\033%G", "\033 G", "\033[61;1\"p", "\033[0q",
		"\033[3J", "\033l", "\033m",
		/* what is broken, or absurd */
		"\033[999999999b", "\033[1?c", "\033[1$2c", "\033[1  q",
	};
	char				*told;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		told = xasprintf("<%s>", gone[i]);
		passes(told, "<>");
		free(told);
	}
	/* of C1, nothing is left that begins anything */
	passes("<\302\233c>", "<c>");
	passes("<\033[1\0301>", "<1>");
	/* C1 in one byte is no UTF-8, nor are these */
	passes("<\233c>", "<\357\277\275c>");
	passes("<\300\233>", "<\357\277\275>");
	passes("\342\202x", "\357\277\275x");
	/* a sequence in the midst of another, a control in one */
	passes("\033[3\033[1mx", "\033[1mx");
	passes("\033[1\r0mx", "\r\033[10mx");
}

/* A question hidden in how a string ends is none either. */
static void
test_strings_end(void **state)
{
	(void)state;
	passes("a\033]0;x\033[5nb", "ab");
	passes("a\033Px\033[6nb", "ab");
	passes("a\033]0;x\nb", "a\nb");
	passes("a\033]0;x\302\234b", "ab");
	passes("a\033]0;x\030b", "ab");
	passes("a\033P1\n2\a3\033\\b", "ab");
	passes("a\033]0;never ends", "a");
}

static void
test_reset(void **state)
{
	struct text	a = { .len = 0 };
	struct tame	t;

	(void)state;
	tame_init(&t, add, &a);
	tame_feed(&t, "\033[?1049h\033[?25l\033[31mx", 20);
	a.len = 0;
	tame_end(&t);
	assert_non_null(strstr(a.buf, "\033[?1049l"));
	assert_non_null(strstr(a.buf, "\033[0m"));
	assert_non_null(strstr(a.buf, "\033[?25h"));
	assert_non_null(strstr(a.buf, "2004"));
	assert_non_null(strstr(a.buf, "1000"));
	assert_string_equal(a.buf + a.len - 2, "\r\n");
	/* who is on the first screen stays there */
	a.len = 0;
	tame_end(&t);
	assert_null(strstr(a.buf, "1049"));
	/* "reset" of a host does not take what was scrolled away */
	a.len = 0;
	tame_feed(&t, "\033c", 2);
	assert_null(strstr(a.buf, "\033c"));
	assert_non_null(strstr(a.buf, "\033[2J"));
}

/* What is not shown is known. */
static void
test_hush(void **state)
{
	static const char	told[] = "\033[0m\033[31mx\033[1mtext\033[?25l"
				    "\033[?1h\033[3;20r\033(0\033=\033[?1l";
	struct text		a = { .len = 0 };
	struct tame		t;

	(void)state;
	tame_init(&t, add, &a);
	tame_hush(&t);
	tame_feed(&t, told, strlen(told));
	assert_int_equal(a.len, 0);
	tame_speak(&t);
	assert_null(strstr(a.buf, "text"));
	assert_non_null(strstr(a.buf, "\033[31m\033[1m"));
	assert_non_null(strstr(a.buf, "\033[?25l"));
	assert_non_null(strstr(a.buf, "\033[?1l"));
	assert_null(strstr(a.buf, "\033[?1h"));
	assert_non_null(strstr(a.buf, "\033[3;20r"));
	assert_non_null(strstr(a.buf, "\033(0"));
	assert_non_null(strstr(a.buf, "\033="));
	a.len = 0;
	tame_feed(&t, "y", 1);
	assert_string_equal(a.buf, "y");
}

static void
test_lines(void **state)
{
	(void)state;
	reads(80, "one\r\ntwo\r\n\r\nthree", "one|two||three|");
	reads(80, "\033[1;31mred\033[0m \033]0;title\ablue\r\n", "red blue|");
	reads(80, "50%\r100%\r\n", "100%|");
	reads(80, "passwf\bord\r\n", "password|");
	reads(80, "ab\033[2Dxy\r\n", "xy|");
	reads(80, "a\tb\r\n", "a       b|");
	reads(80, "trail   \r\n", "trail|");
	reads(80, "long text\rshort\033[K\r\n", "short|");
	reads(80, "abc\r\033[1@X\r\n", "Xabc|");
	reads(80, "abcdef\r\033[2P\r\n", "cdef|");
	reads(80, "abcdef\r\033[2X\r\n", "  cdef|");
	reads(80, "abc\033[6Gx\r\n", "abc  x|");
	reads(80, "abc\033[1Kd\r\n", "   d|");
	reads(80, "abc\033[2K\rd\r\n", "d|");
	reads(80, "a\033[5;1Hb\033[6;1Hc\033[2Jd", "a|b|c|d|");
	reads(80, "gr\303\274n\b\bu\r\n", "grun|");
	/* the other screen; a place that was kept, in this line or not */
	reads(80, "a\033[?1049hb\033[?1049lc\r\n", "a|b|c|");
	reads(80, "ab\0337c\0338x\r\n", "abx|");
	reads(80, "ab\033[sc\033[ux\r\n", "abx|");
	reads(80, "ab\0337\ncd\0338x\r\n", "ab|cd|x|");
	reads(80, "ab\033[2;5rc\r\n", "ab|c|");
	/* wide and combining characters, half of one overwritten */
	reads(80, "\346\274\242\345\255\227\r\n", "\346\274\242\345\255\227|");
	reads(80, "\346\274\242\345\255\227\r\033[Cx\r\n", " x\345\255\227|");
	reads(80, "e\314\201x\r\n", "e\314\201x|");
	/* nothing hides, and nothing turns the line around */
	reads(80, "a\342\200\256b\342\200\213c\r\n", "abc|");
	reads(80, "a\033]0;\r\nsecret\r\n", "a|secret|");
	reads(80, "a\033P\r\nsecret\r\n", "a|secret|");
	reads(80, "a\377b\r\n", "a\357\277\275b|");
}

/* What a shell does at the edge of a narrow window is one line. */
static void
test_wrapping(void **state)
{
	(void)state;
	reads(5, "abcdefgh\r\nx", "abcdefgh|x|");
	reads(5, "abcde\r\nx", "abcde|x|");
	reads(5, "abcde \rfgh\r\n", "abcdefgh|");
	reads(5, "abcd\346\274\242\r\n", "abcd\346\274\242|");
	reads(0, "abcdefgh\r\n", "abcdefgh|");
}

/* The moment of a line is that of its first character. */
static int64_t	moments[8];
static size_t	nmoments;

static void
add_moment(void *arg, int64_t at, const char *line, size_t len)
{
	(void)arg;
	(void)line;
	(void)len;
	moments[nmoments++ % 8] = at;
}

static void
test_moments(void **state)
{
	struct plain	p;

	(void)state;
	nmoments = 0;
	plain_init(&p, add_moment, NULL);
	plain_feed(&p, 10, "a", 1);
	plain_feed(&p, 20, "b\r\n", 3);
	plain_feed(&p, 30, "\r\n", 2);
	plain_feed(&p, 40, "c", 1);
	plain_end(&p);
	assert_int_equal(nmoments, 3);
	assert_int_equal(moments[0], 10);
	assert_int_equal(moments[1], 30);
	assert_int_equal(moments[2], 40);
}

static void
test_typed(void **state)
{
	struct text	a = { .len = 0 };
	struct plain	p;

	(void)state;
	plain_init(&p, add_line, &a);
	plain_typed(&p, 1, "lx\177s\rexit\r", 10);
	plain_end(&p);
	assert_string_equal(a.buf, "ls|exit|");
}

/* A line without an end comes in pieces, and is all there. */
static void
test_endless(void **state)
{
	struct text	*a = xcalloc(1, sizeof(*a));
	struct plain	 p;
	size_t		 i, n = 0;

	(void)state;
	plain_init(&p, add_line, a);
	plain_width(&p, 80);
	for (i = 0; i < 3 * PLAIN_LINE_MAX; i++)
		plain_feed(&p, 1, "x", 1);
	plain_end(&p);
	for (i = 0; i < a->len; i++)
		n += a->buf[i] == 'x';
	assert_int_equal(n, 3 * PLAIN_LINE_MAX);
	assert_true(a->len - n <= 4);
	free(a);
}

/* Whatever comes, nothing breaks, and nothing passes that should not. */
static void
test_noise(void **state)
{
	static const char	likely[] = "\033\033[[]P;0123?>$ qmhlKn\a\r\n"
				    "\b\tx\302\233\342\202\254\360";
	static struct text	a, b;
	struct plain		p;
	struct tame		t, again;
	uint32_t		x = 12345;
	char			c;
	size_t			i, k;

	(void)state;
	for (k = 0; k < 200; k++) {
		a.len = b.len = 0;
		a.buf[0] = '\0';
		tame_init(&t, add, &a);
		plain_init(&p, add_line, &b);
		plain_width(&p, k % 90 + 1);
		for (i = 0; i < 1000; i++) {
			x = x * 1664525 + 1013904223;
			c = x >> 28 == 0 ? (char)(x >> 8) :
			    likely[(x >> 16) % (sizeof(likely) - 1)];
			tame_feed(&t, &c, 1);
			plain_feed(&p, 1, &c, 1);
		}
		plain_end(&p);
		/* what passed once, passes as it is */
		b.len = 0;
		tame_init(&again, add, &b);
		tame_feed(&again, a.buf, a.len);
		assert_int_equal(a.len, b.len);
		assert_memory_equal(a.buf, b.buf, a.len);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_drawing_passes),
		cmocka_unit_test(test_questions_and_deeds),
		cmocka_unit_test(test_strings_end),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_hush),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_wrapping),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_noise),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
