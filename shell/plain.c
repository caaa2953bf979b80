/* SPDX-License-Identifier: ISC */
/*
 * A terminal of one row.
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "shell/plain.h"

#define TAB	8

void
plain_init(struct plain *p, void (*line)(void *, int64_t, const char *,
    size_t), void *arg)
{
	memset(p, 0, sizeof(*p));
	ecma_init(&p->parser, 1);
	p->line = line;
	p->arg = arg;
	p->width = PLAIN_COLUMNS;
	p->saved = -1;
	p->text = xmalloc(PLAIN_LINE_MAX);
}

/* How long a row is without the blanks at its end. */
static unsigned
row_end(const struct plain *p)
{
	unsigned	n = p->used;

	while (n > 0 && p->row[n - 1].len == 1 &&
	    p->row[n - 1].text[0] == ' ')
		n--;
	return (n);
}

static void
tell(struct plain *p)
{
	p->line(p->arg, p->begun, p->text, p->len);
	p->len = 0;
}

/* Adds n columns of the row to its line. */
static void
join(struct plain *p, unsigned n)
{
	unsigned	i;

	for (i = 0; i < n; i++) {
		if (p->len + p->row[i].len > PLAIN_LINE_MAX) {
			tell(p);
			p->pieces = 1;
		}
		memcpy(p->text + p->len, p->row[i].text, p->row[i].len);
		p->len += p->row[i].len;
	}
	p->used = 0;
}

/* The line is at its end. Empty ones are told only where they were meant. */
static void
end_line(struct plain *p, int meant)
{
	if (p->used == 0 && p->len == 0)
		p->begun = p->now;
	join(p, row_end(p));
	if (p->len > 0 || (meant && !p->pieces))
		tell(p);
	p->pieces = 0;
	p->col = 0;
	p->saved = -1;
}

void
plain_end(struct plain *p)
{
	end_line(p, 0);
	free(p->text);
	p->text = NULL;
}

void
plain_width(struct plain *p, unsigned cols)
{
	p->width = cols == 0 || cols > PLAIN_COLUMNS ? PLAIN_COLUMNS : cols;
	if (p->col > p->width || p->used > p->width)
		end_line(p, 0);
}

static void
blank(struct plain *p, unsigned from, unsigned to)
{
	for (; from < to; from++) {
		p->row[from].text[0] = ' ';
		p->row[from].len = 1;
	}
}

/* Half of a wide character that loses the other half is a blank. */
static void
split(struct plain *p, unsigned col)
{
	if (col > 0 && col < p->used && p->row[col].len == 0)
		blank(p, col - 1, col + 1);
}

/* Columns up to the cursor that were never written are blanks. */
static void
reach(struct plain *p, unsigned col)
{
	if (p->used < col) {
		blank(p, p->used, col);
		p->used = col;
	}
}

/* A character of so many columns, at the cursor. */
static void
write_char(struct plain *p, const char *text, size_t len, unsigned columns)
{
	if (p->col + columns > p->width) {
		reach(p, p->col);
		join(p, p->used);
		p->col = 0;
	}
	if (p->used == 0 && p->len == 0 && !p->pieces)
		p->begun = p->now;
	reach(p, p->col);
	split(p, p->col);
	split(p, p->col + columns);
	memcpy(p->row[p->col].text, text, len);
	p->row[p->col].len = (uint8_t)len;
	if (columns == 2)
		p->row[p->col + 1].len = 0;
	p->col += columns;
	if (p->used < p->col)
		p->used = p->col;
}

/* One that stands on the character before the cursor. */
static void
combine(struct plain *p, const char *text, size_t len)
{
	struct plain_cell	*c;

	if (p->col == 0 || p->col > p->used)
		return;
	c = &p->row[p->col - 1];
	if (c->len == 0 && p->col > 1)
		c--;
	if (c->len > 0 && c->len + len <= sizeof(c->text)) {
		memcpy(c->text + c->len, text, len);
		c->len += (uint8_t)len;
	}
}

static void
take_text(struct plain *p, const struct ecma_piece *piece)
{
	size_t	i;
	int	width;

	if (piece->code < 0x80) {
		for (i = 0; i < piece->len; i++)
			write_char(p, piece->bytes + i, 1, 1);
		return;
	}
	/* what changes the direction of writing does not leave here */
	if (!text_is_clean(piece->bytes, piece->len))
		return;
	width = wcwidth((wchar_t)piece->code);
	if (width == 0)
		combine(p, piece->bytes, piece->len);
	else
		write_char(p, piece->bytes, piece->len, width == 2 ? 2 : 1);
}

static void
move(struct plain *p, unsigned col)
{
	p->col = col < p->width ? col : p->width - 1;
}

static void
take_control(struct plain *p, unsigned code)
{
	switch (code) {
	case '\b':
		if (p->col > 0)
			p->col--;
		break;
	case '\t':
		move(p, (p->col / TAB + 1) * TAB);
		break;
	case '\n':
	case '\v':
	case '\f':
	case 0x85:
		end_line(p, 1);
		break;
	case '\r':
		p->col = 0;
		break;
	default:
		break;
	}
}

static void
erase_line(struct plain *p, unsigned how)
{
	unsigned	to = p->col + 1;

	if (how == 2) {
		p->used = 0;
	} else if (how == 1) {
		reach(p, to < p->width ? to : p->width);
		blank(p, 0, to < p->used ? to : p->used);
	} else if (p->col < p->used) {
		split(p, p->col);
		p->used = p->col;
	}
}

static void
insert_chars(struct plain *p, unsigned n)
{
	if (p->col >= p->used)
		return;
	split(p, p->col);
	if (n > p->width - p->col)
		n = p->width - p->col;
	if (p->used + n > p->width)
		p->used = p->width - n;
	if (p->used > p->col)
		memmove(&p->row[p->col + n], &p->row[p->col],
		    (p->used - p->col) * sizeof(p->row[0]));
	else
		p->used = p->col;
	blank(p, p->col, p->col + n);
	p->used += n;
}

static void
delete_chars(struct plain *p, unsigned n)
{
	if (p->col >= p->used)
		return;
	if (n > p->used - p->col)
		n = p->used - p->col;
	split(p, p->col);
	split(p, p->col + n);
	memmove(&p->row[p->col], &p->row[p->col + n],
	    (p->used - p->col - n) * sizeof(p->row[0]));
	p->used -= n;
}

static void
erase_chars(struct plain *p, unsigned n)
{
	unsigned	to = p->col + n < p->used ? p->col + n : p->used;

	split(p, p->col);
	split(p, to);
	blank(p, p->col, to);
}

/* To where its place was kept, which may be another line. */
static void
restore(struct plain *p)
{
	if (p->saved == -1)
		end_line(p, 0);
	else
		move(p, (unsigned)p->saved);
}

/* The other screen has other lines. */
static void
take_modes(struct plain *p, const struct ecma_piece *piece)
{
	size_t	i;

	if (piece->lead != '?' || (piece->code != 'h' && piece->code != 'l'))
		return;
	for (i = 0; i < piece->nparams; i++) {
		if (piece->params[i] == 47 || piece->params[i] == 1047 ||
		    piece->params[i] == 1049)
			end_line(p, 0);
	}
}

/* The rest sends the cursor elsewhere, or draws nothing. */
static void
take_csi(struct plain *p, const struct ecma_piece *piece)
{
	unsigned	n = ecma_param(piece, 0, 1);

	if (!piece->whole || piece->lead != 0 || piece->inter[0] != 0) {
		take_modes(p, piece);
		return;
	}
	switch (piece->code) {
	case 'C':
	case 'a':
		move(p, p->col + n);
		break;
	case 'D':
		p->col = n < p->col ? p->col - n : 0;
		break;
	case 'G':
	case '`':
		move(p, n - 1);
		break;
	case 'K':
		erase_line(p, ecma_param(piece, 0, 0));
		break;
	case '@':
		insert_chars(p, n);
		break;
	case 'P':
		delete_chars(p, n);
		break;
	case 'X':
		erase_chars(p, n);
		break;
	case 'J':
		/* from the cursor on: what is below it is not here */
		if (ecma_param(piece, 0, 0) == 0)
			erase_line(p, 0);
		else
			end_line(p, 0);
		break;
	case 's':
		p->saved = (int)p->col;
		break;
	case 'u':
		restore(p);
		break;
	case 'A':
	case 'B':
	case 'E':
	case 'F':
	case 'H':
	case 'd':
	case 'e':
	case 'f':
	case 'r':
		end_line(p, 0);
		break;
	default:
		break;
	}
}

static void
take_escape(struct plain *p, const struct ecma_piece *piece)
{
	if (piece->len != 0)
		return;
	if (piece->code == '7')
		p->saved = (int)p->col;
	else if (piece->code == '8')
		restore(p);
	else if (strchr("EDMc", (int)piece->code) != NULL)
		/* next line, down, up; a reset */
		end_line(p, 0);
}

static void
take(void *arg, const struct ecma_piece *piece)
{
	struct plain	*p = arg;

	switch (piece->kind) {
	case ECMA_TEXT:
		take_text(p, piece);
		break;
	case ECMA_CONTROL:
		take_control(p, piece->code);
		break;
	case ECMA_CSI:
		take_csi(p, piece);
		break;
	case ECMA_ESCAPE:
		take_escape(p, piece);
		break;
	case ECMA_BAD:
		write_char(p, "\357\277\275", 3, 1);
		break;
	}
}

void
plain_feed(struct plain *p, int64_t at, const void *data, size_t len)
{
	p->now = at;
	ecma_feed(&p->parser, data, len, take, p);
}

void
plain_typed(struct plain *p, int64_t at, const char *data, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++) {
		if (data[i] == '\177')
			plain_feed(p, at, "\b\033[K", strlen("\b\033[K"));
		else
			plain_feed(p, at, data[i] == '\r' ? "\n" : data + i,
			    1);
	}
}
