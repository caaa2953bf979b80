/* SPDX-License-Identifier: ISC */
/*
 * session export: a recording, in the form that somebody else's program plays.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/plain.h"
#include "shell/run.h"
#include "shell/viewing.h"

#define SECOND		1000000	/* in microseconds */
#define COPY_SIZE	65536
#define HEADER_LEN	12	/* of a frame of ttyrec */
#define NO_UTF8		"\357\277\275"

static const char *const	formats[] = {
	"ttyrec", "asciicast", "text", "pcap", NULL
};

static const struct cmd_opt	export_opts[] = {
	{ .name = "format", .letter = 'f', .kind = VALUE_CHOICE,
	    .arg = "FORMAT", .fallback = "asciicast", .choices = formats,
	    .brief = "ttyrec, asciicast, text, or pcap of what is no "
	    "terminal's" },
	{ .name = NULL }
};

struct exporter {
	struct cmd_call	*c;
	FILE		*out;
	int64_t		 begun;		/* of asciicast: what times count from,
					   -1: nothing was written yet */
	struct reel	*input;		/* what was typed, beside it, or NULL */
	uint8_t		 rest[2][4];	/* half a character, by 'o' and 'i' */
	size_t		 nrest[2];
};

static int
wants(const struct cmd_call *c, const char *format)
{
	return (strcmp(opt_text(c, "format"), format) == 0);
}

static int
is_packets(struct cmd_call *c, const struct reel_file *f)
{
	(void)c;
	return (f->format == RECORDING_PCAP);
}

/* What was shown; or what was typed, where nothing else was recorded. */
static int
is_frames(struct cmd_call *c, const struct reel_file *f)
{
	struct viewing	*v = c->prepared;
	size_t		 i;

	if (f->format != RECORDING_INPUT)
		return (f->format != RECORDING_PCAP);
	for (i = 0; i < v->files.n; i++) {
		if (v->files.v[i].channel == f->channel &&
		    (v->files.v[i].format == RECORDING_TTYREC ||
		    v->files.v[i].format == RECORDING_CAST))
			return (0);
	}
	return (!wants(c, "ttyrec"));
}

static int
session_export_exec(struct cmd_call *c)
{
	int	r;

	if ((r = viewing_begin(c)) != DB_OK)
		return (r);
	if (!wants(c, "text") && isatty(fileno(c->sh->out.out)))
		return (cmd_fail(c, "%s is nothing for a terminal: run it "
		    "without one into a file, or use --format=text",
		    opt_text(c, "format")));
	if (wants(c, "pcap"))
		return (viewing_choose(c, is_packets, "packets"));
	return (viewing_choose(c, is_frames, "what was shown or typed"));
}

/* ttyrec */

static void
put_le32(uint8_t *p, uint32_t v)
{
	p[0] = v;
	p[1] = v >> 8;
	p[2] = v >> 16;
	p[3] = v >> 24;
}

static void
put_ttyrec(struct exporter *e, const struct reel_frame *f)
{
	uint8_t		 head[HEADER_LEN];
	char		 size[32];
	const char	*data = f->data;
	size_t		 len = f->len;

	if (f->kind == 'i')
		return;
	if (f->kind == 'r') {
		len = snprintf(size, sizeof(size), "\033[8;%u;%ut", f->rows,
		    f->cols);
		data = size;
	}
	put_le32(head, (uint32_t)(f->at / SECOND));
	put_le32(head + 4, (uint32_t)(f->at % SECOND));
	put_le32(head + 8, (uint32_t)len);
	fwrite(head, 1, sizeof(head), e->out);
	fwrite(data, 1, len, e->out);
}

/* asciicast */

/*
 * The bytes as UTF-8 into `out`, with what began before; half a character at
 * their end is kept. Returns how many.
 */
static size_t
as_utf8(struct exporter *e, const struct reel_frame *f, uint8_t *all, char *out)
{
	int	 which = f->kind == 'i';
	size_t	 len = e->nrest[which], i, n, k = 0;
	unsigned code;

	memcpy(all, e->rest[which], len);
	memcpy(all + len, f->data, f->len);
	len += f->len;
	e->nrest[which] = 0;
	for (i = 0; i < len; i += n) {
		n = utf8_char(all + i, len - i, &code);
		if (n > 0) {
			memcpy(out + k, all + i, n);
			k += n;
			continue;
		}
		/* a lead byte whose others have yet to come */
		if (all[i] >= 0xc2 && all[i] < 0xf5 && len - i < 4 &&
		    len - i < (all[i] < 0xe0 ? 2u : all[i] < 0xf0 ? 3u : 4u)) {
			memcpy(e->rest[which], all + i, len - i);
			e->nrest[which] = len - i;
			break;
		}
		memcpy(out + k, NO_UTF8, 3);
		k += 3;
		n = 1;
	}
	return (k);
}

static void
put_event(struct exporter *e, int64_t at, char kind, const char *text,
    size_t len)
{
	json_t	*j = json_stringn(text, len);
	char	*quoted;

	/* to a terminal, a letter of 8 bits may be a control */
	if (j == NULL || (quoted = json_dumps(j, JSON_ENCODE_ANY |
	    JSON_ENSURE_ASCII)) == NULL)
		fatal("out of memory");
	at = at > e->begun ? at - e->begun : 0;
	fprintf(e->out, "[%lld.%06d, \"%c\", %s]\n", (long long)(at / SECOND),
	    (int)(at % SECOND), kind, quoted);
	free(quoted);
	json_decref(j);
}

/* Its first line: with the size that the first frame should be. */
static void
put_header(struct exporter *e, const struct reel_frame *f)
{
	e->begun = f->at - f->at % SECOND;
	fprintf(e->out, "{\"version\": 2, \"width\": %u, \"height\": %u, "
	    "\"timestamp\": %lld}\n", f->kind == 'r' ? f->cols : 80,
	    f->kind == 'r' ? f->rows : 24, (long long)(f->at / SECOND));
}

static void
put_cast(struct exporter *e, const struct reel_frame *f)
{
	char	 size[32], *out;
	uint8_t	*all;
	size_t	 len;

	if (e->begun == -1) {
		put_header(e, f);
		if (f->kind == 'r')
			return;
	}
	if (f->kind == 'r') {
		len = snprintf(size, sizeof(size), "%ux%u", f->cols, f->rows);
		put_event(e, f->at, 'r', size, len);
		return;
	}
	all = xmalloc(f->len + sizeof(e->rest[0]));
	out = xmalloc(3 * (f->len + sizeof(e->rest[0])));
	len = as_utf8(e, f, all, out);
	if (len > 0 || f->len == 0)
		put_event(e, f->at, f->kind, out, len);
	free(all);
	free(out);
}

/* What was typed until the moment of a frame, before it. */
static void
put_input(struct exporter *e, struct reel_frame *in, int *has, int64_t until)
{
	while (e->input != NULL) {
		if (!*has && reel_next(e->input, in) != REEL_FRAME) {
			reel_close(e->input);
			e->input = NULL;
			return;
		}
		*has = 1;
		if (in->at > until)
			return;
		if (in->kind == 'i')
			put_cast(e, in);
		*has = 0;
	}
}

/* The file with what was typed, where that is one of its own. */
static void
open_input(struct exporter *e)
{
	struct viewing	*v = e->c->prepared;
	char		 err[REEL_ERROR_SIZE];
	size_t		 i;

	if (v->file->format != RECORDING_TTYREC)
		return;
	for (i = 0; i < v->files.n && e->input == NULL; i++) {
		if (v->files.v[i].channel == v->file->channel &&
		    v->files.v[i].format == RECORDING_INPUT)
			e->input = reel_open(viewing_dir(e->c),
			    &v->files.v[i], err);
	}
}

static enum reel_result
export_cast(struct exporter *e, struct reel *reel)
{
	struct reel_frame	f, in;
	enum reel_result	r;
	int			has = 0;

	open_input(e);
	while ((r = reel_next(reel, &f)) == REEL_FRAME && !ferror(e->out)) {
		if (e->begun != -1)
			put_input(e, &in, &has, f.at);
		put_cast(e, &f);
	}
	if (e->begun != -1)
		put_input(e, &in, &has, INT64_MAX);
	reel_close(e->input);
	return (r);
}

static enum reel_result
export_ttyrec(struct exporter *e, struct reel *reel)
{
	struct reel_frame	f;
	enum reel_result	r;

	while ((r = reel_next(reel, &f)) == REEL_FRAME && !ferror(e->out))
		put_ttyrec(e, &f);
	return (r);
}

/* text */

static void
put_line(void *arg, int64_t at, const char *line, size_t len)
{
	struct exporter	*e = arg;

	(void)at;
	fwrite(line, 1, len, e->out);
	fputc('\n', e->out);
}

static enum reel_result
export_text(struct exporter *e, struct reel *reel)
{
	struct viewing		*v = e->c->prepared;
	struct plain		*p = xmalloc(sizeof(*p));
	struct reel_frame	 f;
	enum reel_result	 r;

	plain_init(p, put_line, e);
	while ((r = reel_next(reel, &f)) == REEL_FRAME && !ferror(e->out)) {
		if (f.kind == 'r' && v->file->format != RECORDING_INPUT)
			plain_width(p, f.cols);
		else if (f.kind == 'o')
			plain_feed(p, f.at, f.data, f.len);
		else if (f.kind == 'i' && v->file->format == RECORDING_INPUT)
			plain_typed(p, f.at, f.data, f.len);
	}
	plain_end(p);
	free(p);
	return (r);
}

/* pcap */

static enum reel_result
export_bytes(struct exporter *e, struct reel *reel)
{
	uint8_t	*buf = xmalloc(COPY_SIZE);
	ssize_t	 n;

	while ((n = reel_bytes(reel, buf, COPY_SIZE)) > 0) {
		if (fwrite(buf, 1, n, e->out) != (size_t)n)
			break;
	}
	free(buf);
	return (n == -1 ? REEL_BROKEN : REEL_END);
}

static int
session_export_print(struct cmd_call *c)
{
	struct viewing		*v = c->prepared;
	struct exporter		 e = { .c = c, .out = c->sh->out.out,
				    .begun = -1 };
	enum reel_result	 r;

	if (wants(c, "pcap"))
		r = export_bytes(&e, v->reel);
	else if (wants(c, "text"))
		r = export_text(&e, v->reel);
	else if (wants(c, "ttyrec"))
		r = export_ttyrec(&e, v->reel);
	else
		r = export_cast(&e, v->reel);
	if (output_flush(&c->sh->out) == -1)
		return (cmd_fail(c, "the recording could not be written to "
		    "its end"));
	if (r == REEL_BROKEN)
		return (cmd_fail(c, "%s; what was before it was written",
		    reel_error(v->reel)));
	return (DB_OK);
}

const struct cmd_entry cmd_session_export = {
	.noun = "session", .verb = "export",
	.brief = "write a recording to standard output",
	.opts = export_opts,
	.operands = { "SESSION", VALUE_TEXT, 1, 1 },
	.role = NEED_ANYONE, .whole = NEED_READER,
	.things = "sessions",
	.exec = session_export_exec, .print = session_export_print,
};
