/* SPDX-License-Identifier: ISC */
/*
 * What of a person's typing may be kept.
 *
 * Keys wait in a queue until their echo is seen. An echo of a letter is the
 * same letter in the output, and it stands where an editor of lines would put
 * it: where the output begins anew (at the beginning of what came at once,
 * after the terminal was told to go elsewhere, behind a prompt), behind the
 * echo of the letter before, or behind the end of the line so far that is drawn
 * again. Other letters are noise; a little of it is borne, such as the rest of
 * a line into which one writes. Letters are kept eight at a time at least, or
 * all up to a key that writes nothing, so that a letter of a password that is
 * shown by chance is not; and where Enter waits already, only if the echo's
 * line ends, too. A new line of output before any echo says then that there was
 * none.
 *
 * The lines of a paste but for its first are each echoed when the shell has
 * done with the one before, and output is in between: such a line has to come
 * back whole, and its end with it.
 */
#include <stdlib.h>
#include <string.h>

#include "child/echo.h"
#include "lib/xmalloc.h"

#define QUEUE		2048	/* keys that wait; more are hidden */
#define RUN		8	/* letters in a row that are beyond chance */
#define NOISE_MAX	16	/* letters that are no echo, where one is due */
#define NOISE_ANEW	6	/* … one such, where the output begins anew */
#define TAIL		64	/* letters of the line so far: bits of a mask */
#define STALE_MS	3000	/* after which no echo comes any more */
#define LINE_OUTPUT	16384	/* bytes within which a line comes back */
#define OWED_MAX	8	/* line ends that Enter is to bring */
#define SEQUENCE_MAX	40	/* bytes of a key's sequence */

#define KEY_CONTROL	0x1	/* writes nothing */
#define KEY_LATER	0x2	/* in a paste, behind its first line */

struct key {
	uint32_t	at;	/* ms since the first of all */
	uint8_t		byte;
	uint8_t		flags;
};

/* Where in an escape sequence the output is. */
enum escape {
	ESC_NONE,
	ESC_BEGUN,		/* ESC */
	ESC_CSI,
	ESC_ONE_MORE,		/* a character set is named */
	ESC_STRING,		/* up to BEL or ST */
	ESC_STRING_END		/* ESC in a string */
};

struct echo {
	echo_fn		*fn;
	void		*arg;
	struct timespec	 begun;		/* of the first key */
	uint32_t	 now;		/* ms since then */
	int		 hiding;	/* the last that was said is hidden */
	int		 hidden;	/* some of this run of letters was */
	unsigned	 enters;	/* in the queue */
	unsigned	 owed;		/* line ends of those that were kept */
	uint32_t	 owed_at;
	size_t		 matched;	/* letters of the queue, echoed */
	uint8_t		 tail[TAIL];	/* echoed since the last such key */
	unsigned	 ntail;
	/* the output */
	enum escape	 escape;
	int		 anew;		/* an echo may stand here */
	int		 unsure;	/* the line's end is to follow */
	int		 follows;	/* the letter before was an echo */
	uint8_t		 shown[2];	/* letters before, the last first */
	unsigned	 noise;		/* since this run began */
	uint64_t	 again;		/* letters of the tail that may just
					   have been drawn again */
	unsigned	 again_noise;	/* if they were not */
	size_t		 line;		/* letters that must come as a line; 0:
					   letter by letter */
	size_t		 line_shown;	/* of these */
	size_t		 line_left;	/* output in which they may */
	size_t		 head, n;
	struct key	 keys[QUEUE];
};

struct echo *
echo_new(echo_fn *fn, void *arg)
{
	struct echo	*e = xmalloc(sizeof(*e));

	/* the queue's memory comes with its use */
	memset(e, 0, offsetof(struct echo, keys));
	e->fn = fn;
	e->arg = arg;
	return (e);
}

void
echo_free(struct echo *e)
{
	if (e == NULL)
		return;
	explicit_bzero(e->keys + e->head, e->n * sizeof(e->keys[0]));
	free(e);
}

static void
set_time(struct echo *e, const struct timespec *now)
{
	int64_t	ms;

	if (e->begun.tv_sec == 0)
		e->begun = *now;
	ms = (int64_t)(now->tv_sec - e->begun.tv_sec) * 1000 +
	    (now->tv_nsec - e->begun.tv_nsec) / 1000000;
	if (ms > e->now)
		e->now = ms < UINT32_MAX ? ms : UINT32_MAX;
}

static int
is_enter(const struct key *k)
{
	return ((k->flags & KEY_CONTROL) != 0 &&
	    (k->byte == '\r' || k->byte == '\n'));
}

/* Takes n keys away, which were told by now. */
static void
drop(struct echo *e, size_t n)
{
	explicit_bzero(e->keys + e->head, n * sizeof(e->keys[0]));
	e->head += n;
	e->n -= n;
	if (e->n == 0)
		e->head = 0;
}

static int
say(struct echo *e, uint32_t at, const uint8_t *bytes, size_t len)
{
	struct timespec	t = e->begun;
	long		ns = t.tv_nsec + (long)(at % 1000) * 1000000;

	t.tv_sec += at / 1000 + ns / 1000000000;
	t.tv_nsec = ns % 1000000000;
	return (e->fn(e->arg, &t, bytes, len));
}

/* The first n keys are kept: those of one time in one piece. */
static int
keep(struct echo *e, size_t n)
{
	uint8_t		 bytes[256];
	const struct key *k = e->keys + e->head;
	size_t		 i, len = 0;
	int		 r = 0;

	for (i = 0; i < n && r == 0; i++) {
		bytes[len++] = k[i].byte;
		if (is_enter(&k[i])) {
			e->enters--;
			if (e->owed < OWED_MAX)
				e->owed++;
			e->owed_at = e->now;
		}
		if (i + 1 == n || k[i + 1].at != k[i].at ||
		    len == sizeof(bytes) || (len >= sizeof(bytes) - 4 &&
		    (k[i + 1].byte & 0xc0) != 0x80)) {
			r = say(e, k[i].at, bytes, len);
			len = 0;
		}
	}
	e->hiding = 0;
	drop(e, n);
	return (r);
}

/* The first n keys, which are letters, are hidden. */
static int
hide(struct echo *e, size_t n)
{
	int	r = 0;

	if (n == 0)
		return (0);
	if (!e->hiding)
		r = say(e, e->keys[e->head].at, NULL, 0);
	e->hiding = e->hidden = 1;
	e->ntail = 0;
	e->again = 0;
	drop(e, n);
	return (r);
}

/* Letters before the first key that is none, or all. */
static size_t
letters(const struct echo *e)
{
	size_t	i;

	for (i = 0; i < e->n; i++) {
		if ((e->keys[e->head + i].flags & KEY_CONTROL) != 0)
			break;
	}
	return (i);
}

/*
 * A run begins: keeps the keys that are no letters, up to a letter, which is
 * then waited for.
 */
static int
settle(struct echo *e)
{
	size_t	i;
	int	r;

	e->matched = 0;
	e->noise = 0;
	e->line = 0;
	e->unsure = 0;
	for (i = 0; i < e->n; i++) {
		if ((e->keys[e->head + i].flags & KEY_CONTROL) == 0)
			break;
	}
	if (i == 0)
		return (0);
	e->hidden = 0;
	e->ntail = 0;
	e->again = 0;
	if ((r = keep(e, i)) != 0)
		return (r);
	i = letters(e);
	if (i > 0 && i < e->n && is_enter(&e->keys[e->head + i]) &&
	    (e->keys[e->head].flags & KEY_LATER) != 0) {
		e->line = i;
		e->line_shown = 0;
		e->line_left = LINE_OUTPUT;
	}
	return (0);
}

/* No echo comes of the letters that are waited for. */
static int
give_up(struct echo *e)
{
	int	r = hide(e, letters(e));

	return (r == 0 ? settle(e) : r);
}

/* The letters that were echoed are all of a run. */
static int
run_ends(struct echo *e)
{
	int	r;

	r = e->hidden ? hide(e, e->matched) : keep(e, e->matched);
	return (r == 0 ? settle(e) : r);
}

/* The letter that is due has been echoed. */
static int
echoed(struct echo *e)
{
	const struct key	*k = e->keys + e->head + e->matched;

	if (e->ntail == TAIL)
		memmove(e->tail, e->tail + 1, --e->ntail);
	e->tail[e->ntail++] = k->byte;
	e->again = 0;
	e->again_noise = 0;
	e->follows = 1;
	e->matched++;
	if (e->matched < e->n) {
		/* a prompt may begin like what was typed before it came */
		e->unsure = is_enter(&k[1]);
		return ((k[1].flags & KEY_CONTROL) != 0 && !e->unsure ?
		    run_ends(e) : 0);
	}
	/* so many, which is all that was typed, are more than chance */
	if (e->matched < RUN)
		return (0);
	e->hidden = 0;
	return (run_ends(e));
}

/* What waits for longer than an echo takes. */
static int
give_up_old(struct echo *e)
{
	size_t	i;
	int	r = 0;

	if (e->owed > 0 && e->now - e->owed_at > STALE_MS)
		e->owed = 0;
	while (r == 0 && e->n > 0 &&
	    e->now - e->keys[e->head].at > STALE_MS) {
		i = e->matched;
		if (i > 0 && (i == e->n ||
		    e->now - e->keys[e->head + i].at <= STALE_MS)) {
			r = run_ends(e);
			continue;
		}
		for (i = 1; i < letters(e) &&
		    e->now - e->keys[e->head + i].at > STALE_MS; i++)
			;
		if ((r = hide(e, i)) == 0)
			r = settle(e);
	}
	return (r);
}

/*
 * Bytes at p that are one key which writes nothing; 0: a letter begins there.
 * Only sequences that name no letter are: terminals can be told to send those
 * so, too ("CSI 97 u"), and the digits of a keypad.
 */
static size_t
control_at(const uint8_t *p, size_t len)
{
	size_t	i;

	if (p[0] != 0x1b)
		return (p[0] < 0x20 || p[0] == 0x7f);
	if (len >= 3 && p[1] == 'O')
		return (memchr("ABCDFHMPQRS", p[2], 11) != NULL ? 3 : 0);
	if (len == 1 || (p[1] != '[' && p[1] != 'O'))
		return (1);
	for (i = 2; i < len && i < SEQUENCE_MAX; i++) {
		if (p[i] < 0x20 || p[i] >= 0x40)
			break;
	}
	if (p[1] != '[' || i == len || p[i] < 0x40 || p[i] > 0x7e ||
	    strchr("ABCDEFGHIMOPQRSZcmnty~", p[i]) == NULL ||
	    (p[i] == '~' && memcmp(p + 2, "27;", 3) == 0))
		return (0);
	return (i + 1);
}

/* Puts a key into the queue; whether it fitted. */
static int
enqueue(struct echo *e, uint8_t byte, uint8_t flags)
{
	struct key	*k;

	if (e->n == QUEUE)
		return (0);
	if (e->head + e->n == QUEUE) {
		memmove(e->keys, e->keys + e->head,
		    e->n * sizeof(e->keys[0]));
		/* what stays behind the queue is not to be found there */
		explicit_bzero(e->keys + e->n, e->head * sizeof(e->keys[0]));
		e->head = 0;
	}
	k = &e->keys[e->head + e->n++];
	k->at = e->now;
	k->byte = byte;
	k->flags = flags;
	if (is_enter(k))
		e->enters++;
	return (1);
}

/* More than can wait: the letters that did are hidden, and the rest is. */
static int
overflow(struct echo *e)
{
	int	r = 0;

	while (r == 0 && e->n > 0)
		r = give_up(e);
	if (r == 0 && !e->hiding)
		r = say(e, e->now, NULL, 0);
	e->hiding = e->hidden = 1;
	return (r);
}

/* What was typed, into the queue. */
static int
enqueue_all(struct echo *e, const uint8_t *p, size_t len)
{
	uint8_t	flags, later = 0;
	size_t	i, j, n;

	for (i = 0; i < len; i += n) {
		n = control_at(p + i, len - i);
		flags = n > 0 ? KEY_CONTROL | later : later;
		if (n == 0)
			n = 1;
		for (j = 0; j < n; j++) {
			if (!enqueue(e, p[i + j], flags))
				return (overflow(e));
		}
		if (p[i] == '\r' || p[i] == '\n')
			later = KEY_LATER;
	}
	return (0);
}

int
echo_typed(struct echo *e, const struct timespec *now, const uint8_t *p,
    size_t len)
{
	size_t	due;
	int	r;

	set_time(e, now);
	if ((r = give_up_old(e)) != 0)
		return (r);
	/* a line was sent, and something else was shown */
	if (e->n > 0 && e->enters > 0 && e->matched == 0 && e->noise > 0 &&
	    e->line == 0 && (r = give_up(e)) != 0)
		return (r);
	due = e->n;
	if ((r = enqueue_all(e, p, len)) != 0 || due != e->matched ||
	    due >= e->n)
		return (r);
	/* nothing was due: what was echoed ends with a key that is none */
	if ((e->keys[e->head + due].flags & KEY_CONTROL) == 0)
		return (0);
	return (due > 0 ? run_ends(e) : settle(e));
}

/* A letter of the output where a line has to come back whole. */
static void
show_in_line(struct echo *e, uint8_t b)
{
	const struct key	*k = e->keys + e->head;

	if (e->line_shown < e->line && b == k[e->line_shown].byte)
		e->line_shown++;
	else
		e->line_shown = b == k[0].byte;
}

/* Letters of the tail that this one may draw again. */
static uint64_t
drawn_again(const struct echo *e, uint8_t b)
{
	uint64_t	from = e->again << 1, found = 0;
	unsigned	i;

	if (e->anew)
		from = UINT64_MAX;
	for (i = 0; i < e->ntail; i++) {
		if ((from >> i & 1) != 0 && e->tail[i] == b)
			found |= UINT64_C(1) << i;
	}
	return (found);
}

static int
is_behind_prompt(const struct echo *e)
{
	return (e->shown[0] == ' ' && e->shown[1] != '\0' &&
	    strchr("$#%>:?)]", e->shown[1]) != NULL);
}

/* A letter of the output while one is due. */
static int
show_letter(struct echo *e, uint8_t b)
{
	uint8_t	 due = e->keys[e->head + e->matched].byte;
	int	 stands = e->anew || e->follows || is_behind_prompt(e) ||
		    (e->ntail > 0 && (e->again >> (e->ntail - 1) & 1) != 0);
	unsigned cost = e->anew ? NOISE_ANEW : 1;

	if (e->unsure)
		return (give_up(e));
	if (b == due && stands) {
		e->anew = 0;
		return (echoed(e));
	}
	e->again = drawn_again(e, b);
	e->anew = e->follows = 0;
	e->again_noise += cost;
	if (e->again != 0)
		return (0);
	e->noise += e->again_noise;
	e->again_noise = 0;
	return (e->noise > NOISE_MAX ? give_up(e) : 0);
}

/* What is no letter: the output goes on elsewhere. */
static int
show_control(struct echo *e, uint8_t b)
{
	int	r = 0, is_end = b == '\r' || b == '\n';

	if (is_end && e->unsure) {
		r = run_ends(e);
	} else if (is_end && e->line > 0 && e->line_shown == e->line) {
		if ((r = keep(e, e->line)) == 0)
			r = settle(e);
	}
	e->line_shown = 0;
	e->anew = 1;
	e->follows = 0;
	if (r != 0 || b != '\n')
		return (r);
	if (e->owed == 0 && e->enters > 0 && e->line == 0 && e->n > e->matched)
		r = give_up(e);
	if (e->owed > 0)
		e->owed--;
	return (r);
}

/* Whether a byte belongs to an escape sequence. */
static int
in_escape(struct echo *e, uint8_t b)
{
	enum escape	was = e->escape;

	switch (was) {
	case ESC_NONE:
		e->escape = b == 0x1b ? ESC_BEGUN : ESC_NONE;
		return (b == 0x1b);
	case ESC_BEGUN:
		e->escape = b == '[' ? ESC_CSI :
		    b != '\0' && strchr("]P_^X", b) != NULL ? ESC_STRING :
		    b >= 0x20 && b < 0x30 ? ESC_ONE_MORE : ESC_NONE;
		break;
	case ESC_CSI:
		e->escape = b >= 0x40 && b < 0x7f ? ESC_NONE : ESC_CSI;
		break;
	case ESC_ONE_MORE:
		e->escape = ESC_NONE;
		break;
	case ESC_STRING:
		e->escape = b == 0x07 ? ESC_NONE :
		    b == 0x1b ? ESC_STRING_END : ESC_STRING;
		break;
	case ESC_STRING_END:
		e->escape = b == '\\' ? ESC_NONE : ESC_STRING;
		break;
	}
	if (e->escape == ESC_NONE) {
		e->anew = 1;
		e->follows = 0;
	}
	return (1);
}

static int
show_byte(struct echo *e, uint8_t b)
{
	int	r = 0;

	if (in_escape(e, b))
		return (0);
	if (b < 0x20 || b == 0x7f) {
		e->shown[0] = e->shown[1] = 0;
		return (show_control(e, b));
	}
	if (e->line > 0)
		show_in_line(e, b);
	else
		r = show_letter(e, b);
	e->shown[1] = e->shown[0];
	e->shown[0] = b;
	return (r);
}

/* Output while nothing is due: only ends of lines are of interest. */
static void
show_rest(struct echo *e, const uint8_t *p, size_t len)
{
	const uint8_t	*end = p + len;

	while (e->owed > 0 && p < end &&
	    (p = memchr(p, '\n', end - p)) != NULL) {
		e->owed--;
		p++;
	}
	e->escape = ESC_NONE;
	e->shown[0] = e->shown[1] = 0;
}

int
echo_shown(struct echo *e, const struct timespec *now, const uint8_t *p,
    size_t len)
{
	size_t	i;
	int	r;

	if (e->n == 0 && e->owed == 0)
		return (0);
	set_time(e, now);
	if ((r = give_up_old(e)) != 0)
		return (r);
	e->anew = 1;
	for (i = 0; i < len && e->n > e->matched; i++) {
		if ((r = show_byte(e, p[i])) != 0)
			return (r);
		if (e->line > 0 && --e->line_left == 0 &&
		    (r = give_up(e)) != 0)
			return (r);
	}
	show_rest(e, p + i, len - i);
	return (0);
}

int
echo_end(struct echo *e)
{
	int	r = 0;

	while (r == 0 && e->n > 0)
		r = e->matched > 0 && e->matched == letters(e) ?
		    run_ends(e) : give_up(e);
	return (r);
}
