/* SPDX-License-Identifier: ISC */
/*
 * The state machine. A byte is looked at once, in the state that the bytes
 * before have led to; what is in a string is counted by nobody and kept by
 * nobody.
 */
#include <string.h>

#include "lib/escape.h"
#include "shell/ecma48.h"

#define ESC	0x1b
#define BEL	0x07
#define CAN	0x18
#define SUB	0x1a
#define DEL	0x7f

enum ecma_state {
	GROUND,
	ESCAPE,		/* after ESC, and its intermediates */
	CSI,
	STRING,		/* that ends with its line */
	DEVICE		/* device control: with its end */
};

void
ecma_init(struct ecma *e, int lines)
{
	memset(e, 0, sizeof(*e));
	e->lines = lines;
}

static void
begin(struct ecma *e, enum ecma_state state)
{
	e->state = state;
	e->len = 0;
	e->overlong = 0;
	e->last = 0;
}

static void
tell(enum ecma_kind kind, unsigned code, const void *bytes, size_t len,
    ecma_fn fn, void *arg)
{
	struct ecma_piece	p;

	p.kind = kind;
	p.code = code;
	p.bytes = bytes;
	p.len = len;
	p.whole = 1;
	p.lead = 0;
	p.inter[0] = '\0';
	p.nparams = 0;
	fn(arg, &p);
}

/* "38:2::1;4": the numbers between the semicolons; what follows a colon not. */
static size_t
read_params(struct ecma_piece *p, const char *s, size_t len)
{
	size_t	 i;
	unsigned n = 0;
	int	 sub = 0;

	p->params[0] = 0;
	for (i = 0; i < len && ((s[i] >= '0' && s[i] <= '9') || s[i] == ';' ||
	    s[i] == ':'); i++) {
		if (s[i] == ';') {
			if (++n == ECMA_PARAMS) {
				p->whole = 0;
				n--;
			}
			p->params[n] = 0;
			sub = 0;
		} else if (s[i] == ':') {
			sub = 1;
		} else if (!sub) {
			p->params[n] = p->params[n] * 10 + (s[i] - '0');
			if (p->params[n] > ECMA_NUMBER_MAX)
				p->params[n] = ECMA_NUMBER_MAX;
		}
	}
	p->nparams = len == 0 ? 0 : n + 1;
	return (i);
}

/* What stands between its begin and its final byte. */
static void
tell_sequence(struct ecma *e, enum ecma_kind kind, uint8_t final, ecma_fn fn,
    void *arg)
{
	struct ecma_piece	p;
	size_t			i = 0, k = 0;

	memset(&p, 0, sizeof(p));
	p.kind = kind;
	p.code = final;
	p.bytes = e->seq;
	p.len = e->len;
	p.whole = !e->overlong;
	if (kind == ECMA_CSI) {
		if (i < e->len && strchr("<=>?", e->seq[i]) != NULL)
			p.lead = e->seq[i++];
		i += read_params(&p, e->seq + i, e->len - i);
	}
	for (; i < e->len && e->seq[i] >= ' ' && e->seq[i] <= '/' &&
	    k < sizeof(p.inter) - 1; i++)
		p.inter[k++] = e->seq[i];
	if (i < e->len)
		p.whole = 0;
	e->state = GROUND;
	fn(arg, &p);
}

static void
keep(struct ecma *e, uint8_t c)
{
	if (e->len < sizeof(e->seq))
		e->seq[e->len++] = (char)c;
	else
		e->overlong = 1;
}

/* A byte after ESC. */
static void
take_escape(struct ecma *e, uint8_t c, ecma_fn fn, void *arg)
{
	if (c >= ' ' && c <= '/') {
		keep(e, c);
	} else if (e->len == 0 && c == '[') {
		begin(e, CSI);
	} else if (e->len == 0 && c == 'P') {
		begin(e, e->lines ? STRING : DEVICE);
		e->bell_ends = 0;
	} else if (e->len == 0 && strchr("]X^_k", c) != NULL) {
		/* k: the title of screen(1)'s terminals */
		begin(e, STRING);
		e->bell_ends = c == ']';
	} else {
		tell_sequence(e, ECMA_ESCAPE, c, fn, arg);
	}
}

/* Of a string. Its end is BEL, a line's end, or U+009C; ESC is seen before. */
static void
take_string(struct ecma *e, uint8_t c, ecma_fn fn, void *arg)
{
	if ((c == BEL && e->bell_ends) || (c == '\n' && e->state == STRING) ||
	    (c == 0x9c && e->last == 0xc2))
		e->state = GROUND;
	e->last = c;
	if (c == '\n' && e->state == GROUND)
		tell(ECMA_CONTROL, c, &c, 1, fn, arg);
}

/* Those that are read in all states. 1: it was one. */
static int
take_always(struct ecma *e, uint8_t c)
{
	if (c == ESC)
		begin(e, ESCAPE);
	else if ((c == CAN || c == SUB) && e->state != GROUND)
		e->state = GROUND;
	else
		return (0);
	return (1);
}

/* The bytes of a character that were kept are none. */
static void
drop_utf8(struct ecma *e, ecma_fn fn, void *arg)
{
	if (e->nutf8 > 0)
		tell(ECMA_BAD, 0, e->utf8, e->nutf8, fn, arg);
	e->nutf8 = 0;
}

/* A byte of 128 or more. */
static void
take_utf8(struct ecma *e, uint8_t c, ecma_fn fn, void *arg)
{
	unsigned	code;
	size_t		want;

	if (e->nutf8 > 0 && (c & 0xc0) != 0x80)
		drop_utf8(e, fn, arg);
	e->utf8[e->nutf8++] = c;
	c = e->utf8[0];
	want = c >= 0xf8 ? 0 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 :
	    0;
	if (e->nutf8 < want)
		return;
	if (want == 0 || utf8_char(e->utf8, want, &code) == 0)
		drop_utf8(e, fn, arg);
	else
		tell(code < 0xa0 ? ECMA_CONTROL : ECMA_TEXT, code, e->utf8,
		    want, fn, arg);
	e->nutf8 = 0;
}

/* In the ground state: how many bytes were taken. */
static size_t
take_ground(struct ecma *e, const uint8_t *p, size_t len, ecma_fn fn,
    void *arg)
{
	size_t	n = 0;

	if (p[0] >= 0x80) {
		take_utf8(e, p[0], fn, arg);
		return (1);
	}
	drop_utf8(e, fn, arg);
	if (take_always(e, p[0]))
		return (1);
	while (n < len && p[n] >= ' ' && p[n] < DEL)
		n++;
	if (n == 0)
		tell(ECMA_CONTROL, p[0], p, 1, fn, arg);
	else
		tell(ECMA_TEXT, p[0], p, n, fn, arg);
	return (n > 0 ? n : 1);
}

/* In a sequence. A control character in it is obeyed at once. */
static void
take_sequence(struct ecma *e, uint8_t c, ecma_fn fn, void *arg)
{
	if (c < ' ') {
		tell(ECMA_CONTROL, c, &c, 1, fn, arg);
	} else if (c == DEL) {
		return;
	} else if (c >= 0x80) {
		e->state = GROUND;
		take_utf8(e, c, fn, arg);
	} else if (e->state == ESCAPE) {
		take_escape(e, c, fn, arg);
	} else if (c >= '@') {
		tell_sequence(e, ECMA_CSI, c, fn, arg);
	} else {
		keep(e, c);
	}
}

void
ecma_feed(struct ecma *e, const void *data, size_t len, ecma_fn fn,
    void *arg)
{
	const uint8_t	*p = data;
	size_t		 i = 0;

	while (i < len) {
		if (e->state == GROUND) {
			i += take_ground(e, p + i, len - i, fn, arg);
			continue;
		}
		if (!take_always(e, p[i])) {
			if (e->state == STRING || e->state == DEVICE)
				take_string(e, p[i], fn, arg);
			else
				take_sequence(e, p[i], fn, arg);
		}
		i++;
	}
}

unsigned
ecma_param(const struct ecma_piece *p, size_t n, unsigned fallback)
{
	if (n >= p->nparams || p->params[n] == 0)
		return (fallback);
	return (p->params[n]);
}
