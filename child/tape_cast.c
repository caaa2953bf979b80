/* SPDX-License-Identifier: ISC */
/*
 * Recordings as asciinema(1) makes and plays them: asciicast v2, a header and
 * then events, each a line of JSON: "o" is output, "i" what was typed, "r" a
 * size. JSON is text: what is not UTF-8 becomes U+FFFD. An "i" without text
 * stands for something that was typed and is not kept (child/echo.h).
 *
 * Lines are written here and not by a library, for they are made in place,
 * with no memory to ask for, at each stroke of a key.
 */
#include <stdio.h>
#include <string.h>

#include "child/record.h"
#include "child/tape.h"

#define LINE_HEAD	48	/* [seconds, "o", " */
#define LINE_END	3	/* "] and the line's end */
#define LETTER_MAX	6	/* bytes of a letter in JSON */

/* A line that is being made, in the room that tapes share. */
struct line {
	uint8_t	*p;
	size_t	 n;
};

static void
put_text(struct line *l, const char *s)
{
	size_t	len = strlen(s);

	memcpy(l->p + l->n, s, len);
	l->n += len;
}

static void
put_ascii(struct line *l, uint8_t c)
{
	static const char	hex[] = "0123456789abcdef";

	if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
		l->p[l->n++] = c;
		return;
	}
	l->p[l->n++] = '\\';
	switch (c) {
	case '"':
	case '\\':
		l->p[l->n++] = c;
		break;
	case '\n':
		l->p[l->n++] = 'n';
		break;
	case '\r':
		l->p[l->n++] = 'r';
		break;
	default:
		put_text(l, "u00");
		l->p[l->n++] = hex[c >> 4];
		l->p[l->n++] = hex[c & 15];
		break;
	}
}

/* Bytes of the letter that begins so; 0: none does (RFC 3629). */
static unsigned
letter_len(uint8_t c)
{
	return (c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 :
	    c >= 0xf0 && c <= 0xf4 ? 4 : 0);
}

/* Whether a letter of which there are n bytes may go on with c. */
static int
goes_on(const struct utf8 *u, uint8_t c)
{
	if (u->n == 1 && u->bytes[0] == 0xe0)
		return (c >= 0xa0 && c <= 0xbf);
	if (u->n == 1 && u->bytes[0] == 0xed)
		return (c >= 0x80 && c <= 0x9f);
	if (u->n == 1 && u->bytes[0] == 0xf0)
		return (c >= 0x90 && c <= 0xbf);
	if (u->n == 1 && u->bytes[0] == 0xf4)
		return (c >= 0x80 && c <= 0x8f);
	return (c >= 0x80 && c <= 0xbf);
}

static void
put_byte(struct line *l, struct utf8 *u, uint8_t c)
{
	if (u->n > 0 && goes_on(u, c)) {
		u->bytes[u->n++] = c;
		if (u->n == letter_len(u->bytes[0])) {
			memcpy(l->p + l->n, u->bytes, u->n);
			l->n += u->n;
			u->n = 0;
		}
		return;
	}
	if (u->n > 0)
		put_text(l, "\\ufffd");
	u->n = 0;
	if (c < 0x80)
		put_ascii(l, c);
	else if (letter_len(c) > 0)
		u->bytes[u->n++] = c;
	else
		put_text(l, "\\ufffd");
}

/* An event's beginning. Time never goes back in a file. */
static void
line_begin(struct line *l, struct tape *t, const struct timespec *when,
    char event)
{
	int64_t	us = (int64_t)when->tv_sec * 1000000 + when->tv_nsec / 1000;

	if (us > t->last)
		t->last = us;
	us = t->last - t->begun;
	l->p = tape_room();
	l->n = snprintf((char *)l->p, LINE_HEAD, "[%lld.%06lld, \"%c\", \"",
	    (long long)(us / 1000000), (long long)(us % 1000000), event);
}

static int
line_write(struct line *l, struct tape *t, const struct timespec *when)
{
	put_text(l, "\"]\n");
	return (tape_write(t, when, l->p, l->n));
}

/* As many events as it takes; a letter's beginning stays in u. */
static int
write_events(struct tape *t, const struct timespec *when, char event,
    struct utf8 *u, const uint8_t *p, size_t len)
{
	struct line	l;
	size_t		i = 0;

	do {
		line_begin(&l, t, when, event);
		/* a byte makes two letters where it ends a cut one */
		while (i < len &&
		    l.n + 2 * LETTER_MAX + LINE_END <= TAPE_ROOM)
			put_byte(&l, u, p[i++]);
		if (line_write(&l, t, when) == -1)
			return (-1);
	} while (i < len);
	return (0);
}

static int
cast_output(struct tape *t, const struct timespec *now, const uint8_t *p,
    size_t len, int is_stderr)
{
	(void)is_stderr;
	return (write_events(t, now, 'o', &t->cut, p, len));
}

static int
cast_typed(struct tape *t, const struct timespec *when, const uint8_t *p,
    size_t len)
{
	struct utf8	u = { .n = 0 };

	return (write_events(t, when, 'i', &u, p, len));
}

static int
cast_resize(struct tape *t, const struct timespec *now, uint32_t cols,
    uint32_t rows)
{
	char		size[32];
	struct line	l;

	if (cols == 0 || rows == 0)
		return (0);
	line_begin(&l, t, now, 'r');
	snprintf(size, sizeof(size), "%ux%u", cols, rows);
	put_text(&l, size);
	return (line_write(&l, t, now));
}

static int
cast_begin(struct tape *t, const struct record_opts *o,
    const struct timespec *now)
{
	static const char	more[] = ", \"env\": {\"TERM\": \"";
	const char		*term = o->term != NULL ? o->term : "dumb";
	struct utf8		 u = { .n = 0 };
	struct line		 l = { .p = tape_room() };
	int			 known = o->cols > 0 && o->rows > 0;

	t->begun = t->last = (int64_t)now->tv_sec * 1000000 +
	    now->tv_nsec / 1000;
	l.n = snprintf((char *)l.p, TAPE_ROOM, "{\"version\": 2, \"width\": "
	    "%u, \"height\": %u, \"timestamp\": %lld", known ? o->cols : 80,
	    known ? o->rows : 24, (long long)now->tv_sec);
	put_text(&l, more);
	for (; *term != '\0'; term++)
		put_byte(&l, &u, *term);
	put_text(&l, "\"}}\n");
	return (tape_write(t, now, l.p, l.n));
}

/* What was cut off at the end of all output stays so. */
static int
cast_end(struct tape *t, const struct timespec *now)
{
	struct line	l;

	if (t->cut.n == 0)
		return (0);
	line_begin(&l, t, now, 'o');
	put_text(&l, "\\ufffd");
	return (line_write(&l, t, now));
}

const struct tape_ops tape_cast = {
	.begin = cast_begin,
	.output = cast_output,
	.typed = cast_typed,
	.resize = cast_resize,
	.end = cast_end,
};

const struct tape_ops tape_input = {
	.begin = cast_begin,
	.typed = cast_typed,
	.resize = cast_resize,
};
