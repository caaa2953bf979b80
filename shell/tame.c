/* SPDX-License-Identifier: ISC */
/*
 * The tables of what may pass. Whatever is in none, does not.
 */
#include <stdio.h>
#include <string.h>

#include "shell/tame.h"

#define SO	0x0e
#define SI	0x0f

#define RESTORED	"\033(B\033)B\017\033>\033[0m\033[4l\033[20l\033[0 q" \
			"\033[?1l\033[?5l\033[?6l\033[?45l\033[?69l" \
			"\033[?7h\033[?25h\033[?5W"
#define INPUT_PLAIN	"\033[?9;1000;1001;1002;1003;1004;1005;1006;1015l" \
			"\033[?2004;2026l"
#define WHOLE_SCREEN	"\033[r"
#define CLEARED		"\033[H\033[2J"
#define LAST_LINE	"\033[9999;1H\r\n"

/* Modes of terminals of DEC's kind that change how something is drawn. */
static const unsigned	modes[] = {
	1, 5, 6, 7, 12, 25, 45, 47, 69, 1047, 1048, 1049, 2026
};
#define NMODES	(sizeof(modes) / sizeof(modes[0]))

/* The other screen. */
static const unsigned	screens[] = { 47, 1047, 1049 };

/* Control sequences: lead, intermediate, finals. */
static const struct {
	char		 lead, inter;
	const char	*finals;
} sequences[] = {
	{ 0, 0, "@ABCDEFGHIJKLMPSTXZ^`abdefgmrsu" },
	{ 0, ' ', "@Aq" },
	{ 0, '!', "p" },
	{ 0, '\'', "}~" },
	{ '?', 0, "JKW" },
};

void
tame_init(struct tame *t, void (*put)(void *arg, const void *, size_t),
    void *arg)
{
	memset(t, 0, sizeof(*t));
	ecma_init(&t->parser, 0);
	t->put = put;
	t->arg = arg;
}

static void
put(struct tame *t, const void *data, size_t len)
{
	if (!t->silent && len > 0)
		t->put(t->arg, data, len);
}

static void
put_text(struct tame *t, const char *s)
{
	put(t, s, strlen(s));
}

static uint32_t
mode_bit(unsigned mode)
{
	size_t	i;

	for (i = 0; i < NMODES; i++) {
		if (modes[i] == mode)
			return (1U << i);
	}
	return (0);
}

static int
other_screen(const struct tame *t)
{
	size_t	i;

	for (i = 0; i < sizeof(screens) / sizeof(screens[0]); i++) {
		if (t->on & mode_bit(screens[i]))
			return (1);
	}
	return (0);
}

static void
forget(struct tame *t)
{
	t->on = t->off = 0;
	t->top = t->bottom = 0;
	memset(t->charset, 0, sizeof(t->charset));
	t->shifted = t->keypad = 0;
	t->sgrlen = 0;
}

static void
take_control(struct tame *t, unsigned code)
{
	char	c = (char)code;

	if (code == SO || code == SI)
		t->shifted = code == SO;
	if ((code >= 7 && code <= 15) || code == SO || code == SI)
		put(t, &c, 1);
}

/* Back on the screen that there was before. */
static void
leave_screen(struct tame *t)
{
	if (other_screen(t))
		put_text(t, "\033[?1049l");
}

static void
clear(struct tame *t)
{
	leave_screen(t);
	put_text(t, RESTORED WHOLE_SCREEN CLEARED);
	forget(t);
}

/* Which of G0 to G3 is designated by an intermediate, or -1. */
static int
charset_of(char inter)
{
	static const char	sets[] = "()*+-./";
	const char		*p = inter != 0 ? strchr(sets, inter) : NULL;

	if (p == NULL)
		return (-1);
	return (p - sets < 4 ? (int)(p - sets) : (int)(p - sets) - 3);
}

static int
escape_passes(const struct ecma_piece *p)
{
	if (!p->whole || p->code <= ' ' || p->code > '~')
		return (0);
	if (p->inter[0] == 0)
		return (strchr("78=>DEHMNOno|}~", (int)p->code) != NULL);
	if (p->inter[1] != 0)
		return (0);
	if (p->inter[0] == '#')
		return (strchr("34568", (int)p->code) != NULL);
	return (charset_of(p->inter[0]) != -1);
}

static void
take_escape(struct tame *t, const struct ecma_piece *p)
{
	char	seq[8];
	int	set = charset_of(p->inter[0]);

	/* a terminal's own reset would take what was scrolled away too */
	if (p->code == 'c' && p->len == 0)
		clear(t);
	if (!escape_passes(p))
		return;
	snprintf(seq, sizeof(seq), "\033%s%c", p->inter, (int)p->code);
	put_text(t, seq);
	if (set != -1)
		t->charset[set] = (char)p->code;
	else if (p->inter[0] == 0 && (p->code == '=' || p->code == '>'))
		t->keypad = p->code == '=';
}

/* Those of its modes that are harmless, one by one. */
static void
take_modes(struct tame *t, const struct ecma_piece *p)
{
	char		seq[24];
	uint32_t	bit;
	size_t		i;

	for (i = 0; i < p->nparams; i++) {
		if (p->lead != 0 && p->lead != '?')
			return;
		bit = p->lead == '?' ? mode_bit(p->params[i]) : 0;
		if (p->lead == 0 && p->params[i] != 4 && p->params[i] != 20)
			continue;
		if (p->lead == '?' && bit == 0)
			continue;
		t->on = p->code == 'h' ? t->on | bit : t->on & ~bit;
		t->off = p->code == 'l' ? t->off | bit : t->off & ~bit;
		snprintf(seq, sizeof(seq), "\033[%s%u%c",
		    p->lead == '?' ? "?" : "", p->params[i], (int)p->code);
		put_text(t, seq);
	}
}

/* Graphics add up until they are reset. */
static void
keep_sgr(struct tame *t, const struct ecma_piece *p)
{
	if (p->nparams == 0 || p->params[0] == 0)
		t->sgrlen = 0;
	if (p->nparams == 0)
		return;
	if (t->sgrlen + p->len + 3 > sizeof(t->sgr))
		t->sgrlen = 0;
	if (p->len + 3 > sizeof(t->sgr))
		return;
	memcpy(t->sgr + t->sgrlen, "\033[", 2);
	memcpy(t->sgr + t->sgrlen + 2, p->bytes, p->len);
	t->sgr[t->sgrlen + 2 + p->len] = 'm';
	t->sgrlen += p->len + 3;
}

static int
csi_passes(const struct ecma_piece *p)
{
	size_t	i;

	if (!p->whole || p->inter[1] != 0)
		return (0);
	/* with five numbers, T is about the mouse; 3 J takes what was
	   scrolled away */
	if ((p->code == 'T' && p->nparams > 1) ||
	    (p->code == 'J' && ecma_param(p, 0, 0) == 3))
		return (0);
	for (i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		if (sequences[i].lead == p->lead &&
		    sequences[i].inter == p->inter[0] &&
		    strchr(sequences[i].finals, (int)p->code) != NULL)
			return (1);
	}
	return (0);
}

/* A number that would keep a terminal busy is none. */
static int
csi_is_sane(const struct ecma_piece *p)
{
	size_t	i;

	for (i = 0; i < p->nparams; i++) {
		if (p->params[i] == ECMA_NUMBER_MAX)
			return (0);
	}
	return (p->len <= TAME_SGR_MAX / 2);
}

static void
take_csi(struct tame *t, const struct ecma_piece *p)
{
	char	final = (char)p->code;

	if (p->whole && p->inter[0] == 0 && (final == 'h' || final == 'l')) {
		take_modes(t, p);
		return;
	}
	if (!csi_passes(p) || !csi_is_sane(p))
		return;
	put_text(t, "\033[");
	put(t, p->bytes, p->len);
	put(t, &final, 1);
	if (final == 'm')
		keep_sgr(t, p);
	if (final == 'r') {
		t->top = ecma_param(p, 0, 0);
		t->bottom = ecma_param(p, 1, 0);
	}
	/* a soft reset leaves the screens as they are */
	if (final == 'p') {
		uint32_t	on = t->on;

		forget(t);
		t->on = on & (mode_bit(47) | mode_bit(1047) | mode_bit(1049));
	}
}

static void
take(void *arg, const struct ecma_piece *p)
{
	struct tame	*t = arg;

	switch (p->kind) {
	case ECMA_TEXT:
		put(t, p->bytes, p->len);
		break;
	case ECMA_BAD:
		put_text(t, "\357\277\275");
		break;
	case ECMA_CONTROL:
		take_control(t, p->code);
		break;
	case ECMA_ESCAPE:
		take_escape(t, p);
		break;
	case ECMA_CSI:
		take_csi(t, p);
		break;
	}
}

void
tame_feed(struct tame *t, const void *data, size_t len)
{
	ecma_feed(&t->parser, data, len, take, t);
}

void
tame_hush(struct tame *t)
{
	t->silent = 1;
}

static void
put_modes(struct tame *t)
{
	char	seq[24];
	size_t	i;

	for (i = 0; i < NMODES; i++) {
		if (((t->on | t->off) & 1U << i) == 0)
			continue;
		snprintf(seq, sizeof(seq), "\033[?%u%c", modes[i],
		    t->on & 1U << i ? 'h' : 'l');
		put_text(t, seq);
	}
}

static void
put_charsets(struct tame *t)
{
	static const char	inter[] = "()*+";
	char			seq[8];
	size_t			i;

	for (i = 0; i < sizeof(t->charset); i++) {
		if (t->charset[i] == 0)
			continue;
		snprintf(seq, sizeof(seq), "\033%c%c", inter[i],
		    t->charset[i]);
		put_text(t, seq);
	}
	if (t->shifted)
		put_text(t, "\016");
}

void
tame_speak(struct tame *t)
{
	char	seq[32];

	t->silent = 0;
	put_text(t, RESTORED WHOLE_SCREEN CLEARED);
	put_modes(t);
	put_text(t, CLEARED);
	if (t->top != 0 || t->bottom != 0) {
		snprintf(seq, sizeof(seq), "\033[%u;%ur", t->top, t->bottom);
		put_text(t, seq);
	}
	put_charsets(t);
	if (t->keypad)
		put_text(t, "\033=");
	put(t, t->sgr, t->sgrlen);
}

void
tame_clear(struct tame *t)
{
	t->silent = 0;
	clear(t);
	ecma_init(&t->parser, 0);
}

void
tame_end(struct tame *t)
{
	t->silent = 0;
	leave_screen(t);
	put_text(t, RESTORED INPUT_PLAIN WHOLE_SCREEN LAST_LINE);
	forget(t);
}
