/* SPDX-License-Identifier: ISC */
/*
 * Recordings: a channel's tapes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "child/echo.h"
#include "child/record.h"
#include "child/tape.h"
#include "lib/xmalloc.h"

struct recorder {
	struct record_opts	 opts;
	struct tape		 tapes[RECORDING_FILES];
	int			 begun;
	int			 wants_input;	/* some tape does, all of it */
	struct echo		*echo;	/* NULL: none wants what is typed */
};

static const struct tape_ops *const formats[RECORDING_FORMATS] = {
	[RECORDING_TTYREC] = &tape_ttyrec,
	[RECORDING_CAST] = &tape_cast,
	[RECORDING_INPUT] = &tape_input,
	[RECORDING_PCAP] = &tape_pcap,
};

/* What was typed and may be kept; an echo_fn. */
static int
record_typed(void *arg, const struct timespec *when, const uint8_t *p,
    size_t len)
{
	struct recorder	*r = arg;
	struct tape	*t;

	for (t = r->tapes; t < r->tapes + RECORDING_FILES; t++) {
		if (t->ops != NULL && t->ops->typed != NULL &&
		    t->ops->typed(t, when, p, len) == -1)
			return (-1);
	}
	return (0);
}

struct recorder *
record_new(const struct record_opts *o)
{
	struct recorder	*r = xcalloc(1, sizeof(*r));
	struct tape	*t;
	size_t		 i;

	r->opts = *o;
	r->opts.from = xstrdup(o->from != NULL ? o->from : "");
	r->opts.to = xstrdup(o->to != NULL ? o->to : "");
	for (i = 0; i < RECORDING_FILES; i++) {
		t = &r->tapes[i];
		t->fd = o->fds[i];
		if (t->fd == -1)
			continue;
		t->ops = formats[o->formats[i]];
		t->left = o->limit == 0 || t->ops == &tape_pcap ? UINT64_MAX :
		    o->limit;
		t->reserve = o->reserve;
		if (t->ops != NULL && t->ops->input != NULL)
			r->wants_input = 1;
		/* without a terminal there is no echo */
		if (t->ops != NULL && t->ops->typed != NULL &&
		    o->term != NULL && r->echo == NULL)
			r->echo = echo_new(record_typed, r);
	}
	return (r);
}

static void
tape_close(struct tape *t)
{
	if (t->fd != -1)
		close(t->fd);
	t->fd = -1;
	t->ops = NULL;
}

/* The time of a call, and before the first one what a file begins with. */
static int
record_now(struct recorder *r, struct timespec *now)
{
	struct tape	*t;

	clock_gettime(CLOCK_REALTIME, now);
	if (r->begun)
		return (0);
	r->begun = 1;
	for (t = r->tapes; t < r->tapes + RECORDING_FILES; t++) {
		if (t->ops != NULL && t->ops->begin != NULL &&
		    t->ops->begin(t, &r->opts, now) == -1)
			return (-1);
	}
	return (0);
}

/* The limit is reached: says so, to whoever plays it, and ends the file. */
static int
tape_is_full(struct recorder *r, struct tape *t, const struct timespec *now)
{
	char	line[96];
	int	n, result;

	n = snprintf(line, sizeof(line), "\r\nsshportal: of this output only "
	    "the first %llu bytes are recorded\r\n",
	    (unsigned long long)r->opts.limit);
	result = t->ops->output(t, now, (const uint8_t *)line, n, 0);
	if (result == 0 && t->ops->end != NULL)
		result = t->ops->end(t, now);
	tape_close(t);
	return (result);
}

int
record_output(struct recorder *r, const void *data, size_t len, int is_stderr)
{
	struct timespec	 now;
	struct tape	*t;
	size_t		 n;

	if (record_now(r, &now) == -1)
		return (-1);
	for (t = r->tapes; t < r->tapes + RECORDING_FILES; t++) {
		if (t->ops == NULL || t->ops->output == NULL)
			continue;
		n = len < t->left ? len : t->left;
		if (t->ops->output(t, &now, data, n, is_stderr) == -1)
			return (-1);
		t->left -= n;
		if (n < len && tape_is_full(r, t, &now) == -1)
			return (-1);
	}
	return (r->echo == NULL ? 0 : echo_shown(r->echo, &now, data, len));
}

int
record_input(struct recorder *r, const void *data, size_t len)
{
	struct timespec	 now;
	struct tape	*t;

	if (!r->wants_input && r->echo == NULL)
		return (0);
	if (record_now(r, &now) == -1)
		return (-1);
	if (r->echo != NULL && echo_typed(r->echo, &now, data, len) == -1)
		return (-1);
	for (t = r->tapes; t < r->tapes + RECORDING_FILES; t++) {
		if (t->ops != NULL && t->ops->input != NULL &&
		    t->ops->input(t, &now, data, len) == -1)
			return (-1);
	}
	return (0);
}

int
record_resize(struct recorder *r, uint32_t cols, uint32_t rows)
{
	struct timespec	 now;
	struct tape	*t;

	if (record_now(r, &now) == -1)
		return (-1);
	for (t = r->tapes; t < r->tapes + RECORDING_FILES; t++) {
		if (t->ops != NULL && t->ops->resize != NULL &&
		    t->ops->resize(t, &now, cols, rows) == -1)
			return (-1);
	}
	return (0);
}

int
record_required(const struct recorder *r)
{
	return (r->opts.required);
}

void
record_free(struct recorder *r)
{
	struct timespec	 now;
	struct tape	*t;

	if (r == NULL)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (r->echo != NULL)
		(void)echo_end(r->echo);
	for (t = r->tapes; t < r->tapes + RECORDING_FILES; t++) {
		if (r->begun && t->ops != NULL && t->ops->end != NULL)
			(void)t->ops->end(t, &now);
		tape_close(t);
	}
	echo_free(r->echo);
	free((char *)r->opts.from);
	free((char *)r->opts.to);
	free(r);
}

void
record_release(void)
{
	tape_release();
}
