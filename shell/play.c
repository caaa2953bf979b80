/* SPDX-License-Identifier: ISC */
/*
 * The player. To go back, or to begin in the middle, all that was shown before
 * is shown again without waiting: only so is the screen what it was. Where that
 * would be too much, its end is, in the modes that were set before.
 */
#include <sys/inotify.h>
#include <sys/ioctl.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/xmalloc.h"
#include "shell/play.h"

#define SECOND		INT64_C(1000000)	/* in microseconds */
#define SKIP		(10 * SECOND)		/* left, right */
#define SKIP_MORE	(60 * SECOND)		/* up, down */
#define LOOK		(SECOND / 50)		/* for keys */
#define HISTORY_MAX	(4 * 1024 * 1024)	/* bytes shown at once */
#define HISTORY_TAIL	(1024 * 1024)		/* of what is more */
#define TICK_MS		500			/* of who watches */
#define ASK_US		SECOND

static int64_t
mono_us(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec * SECOND + ts.tv_nsec / 1000);
}

static void
put(void *arg, const void *data, size_t len)
{
	struct player	*p = arg;

	if (fwrite(data, 1, len, p->out) != len)
		p->quit = 1;
}

static void
flush(struct player *p)
{
	if (fflush(p->out) != 0)
		p->quit = 1;
}

static void
seek(struct player *p, int64_t target)
{
	p->target = target > 0 ? target : 0;
	p->back = p->target < p->at;
}

static void
pressed(struct player *p, enum key key, int64_t now)
{
	switch (key) {
	case KEY_QUIT:
		p->quit = 1;
		break;
	case KEY_LEFT:
		seek(p, now - SKIP);
		break;
	case KEY_RIGHT:
		seek(p, now + SKIP);
		break;
	case KEY_DOWN:
		seek(p, now - SKIP_MORE);
		break;
	case KEY_UP:
		seek(p, now + SKIP_MORE);
		break;
	default:
		break;
	}
}

/* Until the space bar is pressed again, or something else that matters. */
static void
pause_play(struct player *p, int64_t now)
{
	int64_t		left = p->due - mono_us();
	enum key	key;

	do {
		key = rawtty_key(&p->tty, -1, -1);
	} while (key == KEY_NONE || key == KEY_OTHER);
	pressed(p, key, now);
	p->due = mono_us() + left;
}

/*
 * Waits for a frame that comes `gap` after the one before, and for keys; comes
 * back early when one leads elsewhere.
 */
static void
await(struct player *p, int64_t gap)
{
	int64_t		target = p->target, now = mono_us(), left, at;
	enum key	key;

	if (p->due < now - SECOND)
		p->due = now;
	p->due += (int64_t)((double)gap / p->speed);
	while (!p->quit && !p->back && p->target == target) {
		now = mono_us();
		left = p->due > now ? p->due - now : 0;
		if (left == 0 && now - p->looked < LOOK)
			break;
		p->looked = now;
		key = rawtty_key(&p->tty, (int)(left < SECOND ?
		    (left + 999) / 1000 : 1000), -1);
		left = p->due - mono_us();
		at = p->at + gap - (left > 0 ? (int64_t)((double)left *
		    p->speed) : 0);
		if (key == KEY_SPACE)
			pause_play(p, at);
		else
			pressed(p, key, at);
		if (key == KEY_NONE && left <= 0)
			break;
	}
}

/* Bytes that are shown up to the target; the recording is at its begin then. */
static int64_t
measure(struct player *p)
{
	struct reel_frame	f;
	int64_t			begun = -1, sum = 0;

	while (reel_next(p->reel, &f) == REEL_FRAME) {
		if (begun == -1)
			begun = f.at;
		if (f.at - begun > p->target)
			break;
		if (f.kind == 'o')
			sum += (int64_t)f.len;
	}
	reel_rewind(p->reel);
	return (sum);
}

static void
hush(struct player *p, int64_t history)
{
	p->hushed = 0;
	if (history <= HISTORY_MAX)
		return;
	p->hushed = history - HISTORY_TAIL;
	tame_hush(&p->tame);
}

/* From its begin, for a target. */
static void
begin_anew(struct player *p)
{
	p->back = 0;
	p->at = 0;
	p->begun = -1;
	reel_rewind(p->reel);
	tame_clear(&p->tame);
	if (p->target > 0)
		hush(p, measure(p));
}

/* What was shown so far is at its end, or near enough to be shown. */
static void
caught_up(struct player *p)
{
	if (p->hushed == 0)
		return;
	p->hushed = 0;
	tame_speak(&p->tame);
	flush(p);
}

static void
show(struct player *p, const struct reel_frame *f)
{
	if (f->kind == 'r') {
		p->cols = f->cols;
		p->rows = f->rows;
	} else if (f->kind == 'o') {
		tame_feed(&p->tame, f->data, f->len);
		flush(p);
	}
}

/* Whether nobody has pressed a key to end this, when it goes on at length. */
static void
look(struct player *p)
{
	int64_t	now = mono_us();

	if (now - p->looked < LOOK)
		return;
	p->looked = now;
	pressed(p, rawtty_key(&p->tty, 0, -1), p->at);
}

/* One frame, when its time has come, unless it was given up for a key. */
static void
play_frame(struct player *p, const struct reel_frame *f)
{
	int64_t	at, gap, target;

	if (p->begun == -1)
		p->begun = f->at;
	at = f->at - p->begun;
	while (at > p->target && !p->quit && !p->back) {
		caught_up(p);
		if (p->at < p->target)
			p->at = p->target;
		gap = at - p->at;
		if (p->max_idle != 0 && gap > p->max_idle)
			gap = p->max_idle;
		target = p->target;
		await(p, gap);
		if (target == p->target)
			break;
	}
	if (at <= p->target)
		look(p);
	if (p->quit || p->back)
		return;
	show(p, f);
	if (p->hushed > 0 && f->kind == 'o' &&
	    (p->hushed -= (int64_t)f->len) <= 0) {
		p->hushed = 1;
		caught_up(p);
	}
	p->at = at;
}

/* The lines that are on the screen go up, where they can be seen again. */
static void
begin_screen(struct player *p)
{
	struct winsize	ws;
	unsigned	i, rows = 24;

	if (p->tty.in == -1) {
		tame_clear(&p->tame);
		return;
	}
	if (ioctl(p->tty.out, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 0)
		rows = ws.ws_row;
	put(p, "\r", 1);
	for (i = 0; i < rows; i++)
		put(p, "\n", 1);
	tame_clear(&p->tame);
}

static void
begin(struct player *p)
{
	tame_init(&p->tame, put, p);
	rawtty_begin(&p->tty, p->in, p->out);
	begin_screen(p);
	p->begun = -1;
	p->at = p->due = 0;
}

static void
end(struct player *p)
{
	p->length = p->at;
	tame_end(&p->tame);
	fflush(p->out);
	rawtty_end(&p->tty);
}

void
play(struct player *p)
{
	struct reel_frame	f;

	begin(p);
	p->target = p->from;
	p->back = 1;
	while (!p->quit) {
		if (p->back)
			begin_anew(p);
		p->end = reel_next(p->reel, &f);
		if (p->end != REEL_FRAME)
			break;
		play_frame(p, &f);
	}
	end(p);
}

/* Waits for more; 0 when there is none to come. */
static int
await_more(struct player *p, int watch)
{
	char	events[4096];
	int64_t	now = mono_us();

	if (now - p->looked >= ASK_US) {
		p->looked = now;
		if (!p->goes_on(p->arg))
			return (0);
	}
	if (rawtty_key(&p->tty, TICK_MS, watch) == KEY_QUIT)
		p->quit = 1;
	while (watch != -1 && read(watch, events, sizeof(events)) > 0)
		;
	return (1);
}

void
play_live(struct player *p)
{
	struct reel_frame	 f;
	char			 file[32];
	int			 last = 0, watch;

	/* without it, there is the tick */
	watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	snprintf(file, sizeof(file), "/proc/self/fd/%d", reel_fd(p->reel));
	if (watch != -1)
		inotify_add_watch(watch, file, IN_MODIFY | IN_CLOSE_WRITE |
		    IN_ATTRIB | IN_MOVE_SELF);
	begin(p);
	hush(p, reel_ahead(p->reel));
	while (!p->quit) {
		p->end = reel_next(p->reel, &f);
		if (p->end == REEL_FRAME) {
			if (p->begun == -1)
				p->begun = f.at;
			if (p->hushed > 0 &&
			    reel_ahead(p->reel) <= HISTORY_TAIL)
				caught_up(p);
			show(p, &f);
			p->at = f.at - p->begun;
			continue;
		}
		caught_up(p);
		if (p->end == REEL_BROKEN || last)
			break;
		/* what was written just before the end is still read */
		last = !await_more(p, watch);
	}
	if (watch != -1)
		close(watch);
	end(p);
}
