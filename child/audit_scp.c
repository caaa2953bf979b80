/* SPDX-License-Identifier: ISC */
/*
 * scp's own protocol as it passes. One side, the source, says lines: "C0644
 * 12 name" and 12 bytes, "D0755 0 name" and what is in it until "E", "T" and
 * times. The other, the sink, says after each whether it will, or could: a
 * zero byte, or a one and a line that says why not. Which bytes are a file and
 * which are lines depends on that, so a source that does not wait for its sink
 * cannot be followed.
 *
 * What the sink calls a file is not always known. A path is made of what the
 * command asked for and of what the lines say, and where that can be read in
 * two ways both are reported.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child/audit_int.h"
#include "lib/xmalloc.h"

#define LINE_MAX_BYTES	8192
#define DEPTH_MAX	256	/* of directories */
#define REPLIES_MAX	16	/* of a sink, ahead of what it was asked */

enum scp_state {
	SCP_READY,		/* the sink has not begun */
	SCP_LINE,		/* the source may say a line */
	SCP_VERDICT,		/* the sink must say whether */
	SCP_DATA,		/* of a file */
	SCP_TRAILER,		/* the source says whether that was all right */
	SCP_STORED		/* the sink says whether it was written */
};

struct reply {
	uint8_t	code;		/* 0: yes */
	char	text[FILE_TEXT_MAX + 1];
};

/* A line that is being read. */
struct line {
	char	*text;
	size_t	 len;
};

struct scp {
	int		 up;		/* the source is the client */
	char		**asked;	/* names in the command, owned */
	size_t		 nasked;
	int		 below;		/* what comes is put into asked[0] */
	enum scp_state	 state;
	struct line	 line, answer;
	struct reply	 replies[REPLIES_MAX];
	size_t		 nreplies;

	/* where it is: directories, as the lines say */
	char		 path[PATH_BYTES_MAX + 1];
	size_t		 ends[DEPTH_MAX];	/* of the path's, one a
						   directory */
	size_t		 depth;

	/* what the last line has begun */
	char		 kind;
	char		 name[PATH_BYTES_MAX + 1];
	uint64_t	 size, left;
	struct sum	 sum;
	char		 error[FILE_TEXT_MAX + 1];	/* the source's */

	const char	*lost;
	audit_report	*report;
	void		*arg;
};

void *
scp_new(const struct command *c, size_t first, int up, int is_dir,
    audit_report *report, void *arg)
{
	struct scp	*s = xcalloc(1, sizeof(*s));
	const char	*target;
	size_t		 i, n;

	s->up = up;
	s->nasked = first < c->n ? c->n - first : 0;
	s->asked = xcalloc(s->nasked + 1, sizeof(*s->asked));
	for (i = 0; i < s->nasked; i++)
		s->asked[i] = xstrdup(c->word[first + i]);
	target = s->nasked > 0 ? s->asked[0] : "";
	n = strlen(target);
	s->below = is_dir || n == 0 || strcmp(target, ".") == 0 ||
	    strcmp(target, "~") == 0 || strcmp(target, "..") == 0 ||
	    target[n - 1] == '/';
	s->report = report;
	s->arg = arg;
	return (s);
}

/* dir/name, or name where there is no directory; cut to fit. */
static void
join(char *out, size_t size, const char *dir, size_t dir_len, const char *name)
{
	const char	*slash = dir_len == 0 || dir[dir_len - 1] == '/' ?
			    "" : "/";

	snprintf(out, size, "%.*s%s%s", (int)dir_len, dir, slash, name);
}

/*
 * What the host calls a file that it sends: of the names asked for the one
 * that ends so, or the directory of one with a pattern; else it is not known
 * where the file is.
 */
static void
sent_path(const struct scp *s, const char *name, char *out, size_t size)
{
	const char	*asked, *base;
	size_t		 i, dir;

	for (i = 0; i < s->nasked; i++) {
		asked = s->asked[i];
		base = strrchr(asked, '/');
		base = base == NULL ? asked : base + 1;
		dir = base - asked;
		if (strcmp(base, name) == 0 ||
		    (base[strcspn(base, "*?[{")] != '\0' &&
		    strcspn(asked, "*?[{") >= dir)) {
			join(out, size, asked, dir, name);
			return;
		}
	}
	snprintf(out, size, "%s", name);
}

/* The path of what has this name in the directory where it is. */
static void
path_of(const struct scp *s, const char *name, char *out, size_t size)
{
	if (s->depth > 0)
		join(out, size, s->path, strlen(s->path), name);
	else if (!s->up)
		sent_path(s, name, out, size);
	else if (s->below && s->nasked > 0)
		join(out, size, s->asked[0], strlen(s->asked[0]), name);
	else
		snprintf(out, size, "%s", name);
}

/* An operation on what the host calls this. */
static void
op_init(const struct scp *s, struct file_op *op, enum file_action action,
    const char *path)
{
	const char	*target;

	file_op_init(op, action, path, strlen(path));
	if (!s->up || s->below || s->nasked == 0)
		return;
	/* it is that, or is below that under this name */
	target = s->asked[0];
	file_op_init(op, action, target, strlen(target));
	op->other = (const uint8_t *)path;
	op->other_len = strlen(path);
}

static enum file_action
file_action(const struct scp *s)
{
	return (s->up ? FILE_PUT : FILE_GET);
}

/* The file that was begun has come to this end. */
static void
report(struct scp *s, const char *result)
{
	char		path[PATH_BYTES_MAX + 1];
	struct file_op	op;

	path_of(s, s->name, path, sizeof(path));
	op_init(s, &op, file_action(s), path);
	op.result = result;
	if (s->kind == 'C') {
		op.size = s->size;
		op.has |= FILE_HAS_SIZE;
		file_op_sum(&op, &s->sum);
	}
	s->report(s->arg, &op);
	memset(&s->sum, 0, sizeof(s->sum));
	s->kind = '\0';
}

/* One that the sink wants, and has by now, or not. */
static void
report_directory(struct scp *s, const struct reply *r)
{
	char		path[PATH_BYTES_MAX + 1];
	struct file_op	op;

	path_of(s, s->name, path, sizeof(path));
	op_init(s, &op, FILE_MKDIR, path);
	op.result = r->code == 0 ? "ok" : r->text;
	if (r->code == 0)
		op.why = "it may have been there before";
	s->report(s->arg, &op);
}

/* Into a directory; "E" leads out of it. */
static void
enter(struct scp *s)
{
	char	path[PATH_BYTES_MAX + 1];

	if (s->depth == DEPTH_MAX) {
		s->lost = "directories are too deep";
		return;
	}
	path_of(s, s->name, path, sizeof(path));
	s->ends[s->depth++] = strlen(s->path);
	memcpy(s->path, path, sizeof(path));
}

static void
leave_directory(struct scp *s)
{
	if (s->depth == 0)
		return;
	/* the first one's path is not a part of the next one's */
	s->path[--s->depth == 0 ? 0 : s->ends[s->depth]] = '\0';
}

/* The sink's word on the last line. */
static void
verdict(struct scp *s, const struct reply *r)
{
	s->state = SCP_LINE;
	if (s->kind == 'C' && r->code == 0) {
		s->left = s->size;
		s->error[0] = '\0';
		s->state = s->size > 0 ? SCP_DATA : SCP_TRAILER;
	} else if (s->kind == 'C')
		report(s, r->text);
	else if (s->kind == 'D') {
		if (s->up)
			report_directory(s, r);
		if (r->code == 0)
			enter(s);
	} else if (s->kind == 'E')
		leave_directory(s);
}

/* Uses what the sink has said, as far as it was waited for. */
static void
advance(struct scp *s)
{
	struct reply	*r = &s->replies[0];

	while (s->nreplies > 0 && s->lost == NULL &&
	    (s->state == SCP_READY || s->state == SCP_VERDICT ||
	    s->state == SCP_STORED)) {
		if (s->state == SCP_VERDICT)
			verdict(s, r);
		else if (s->state == SCP_STORED) {
			s->state = SCP_LINE;
			report(s, r->code != 0 ? r->text :
			    s->error[0] != '\0' ? s->error : "ok");
		} else {
			s->state = SCP_LINE;
			s->name[0] = '\0';
			if (r->code != 0)
				report(s, r->text);
		}
		s->nreplies--;
		memmove(r, r + 1, s->nreplies * sizeof(*r));
	}
}

/* Adds a byte to a line; whether it has ended. A long one is lost. */
static int
line_add(struct scp *s, struct line *l, uint8_t byte)
{
	if (byte == '\n') {
		if (l->text != NULL)
			l->text[l->len] = '\0';
		return (1);
	}
	if (l->text == NULL)
		l->text = xmalloc(LINE_MAX_BYTES + 1);
	if (l->len == LINE_MAX_BYTES)
		s->lost = "a line is too long for scp";
	else
		l->text[l->len++] = byte;
	return (0);
}

static void
line_clear(struct line *l)
{
	free(l->text);
	l->text = NULL;
	l->len = 0;
}

/* An error as scp words it, "scp: name: why"; its first byte is its code. */
static void
error_text(const struct line *l, char *out, size_t size)
{
	const char	*text = l->text == NULL ? "" : l->text;

	if (text[0] == '\1' || text[0] == '\2')
		text++;
	if (strncmp(text, "scp: ", 5) == 0)
		text += 5;
	snprintf(out, size, "%s", *text != '\0' ? text : "failed");
}

static const char *
take_sink(struct scp *s, const uint8_t *data, size_t len)
{
	struct reply	*r;

	for (; len > 0 && s->lost == NULL; data++, len--) {
		if (s->nreplies == REPLIES_MAX)
			return ("the sink answers what nobody asked");
		r = &s->replies[s->nreplies];
		if (s->answer.len == 0 && *data == 0) {
			r->code = 0;
			r->text[0] = '\0';
		} else if (line_add(s, &s->answer, *data)) {
			r->code = 1;
			error_text(&s->answer, r->text, sizeof(r->text));
			line_clear(&s->answer);
		} else
			continue;
		s->nreplies++;
		advance(s);
	}
	return (s->lost);
}

/* "0644 12 name": the rest of a line that begins with C or D. */
static int
read_entry(struct scp *s, const char *p)
{
	uint64_t	size = 0;
	const char	*digits;

	if ((p = strchr(p, ' ')) == NULL)
		return (-1);
	for (digits = ++p; *p >= '0' && *p <= '9'; p++) {
		if (size > INT64_MAX / 10 - 1)
			return (-1);
		size = size * 10 + (*p - '0');
	}
	if (p == digits || *p != ' ' || p[1] == '\0')
		return (-1);
	s->size = size;
	snprintf(s->name, sizeof(s->name), "%s", p + 1);
	return (0);
}

/*
 * An error of a host that should send: what was asked for does not come. Of
 * several names the text says which, for what a host's text is worth.
 */
static void
source_error(struct scp *s)
{
	char		 text[FILE_TEXT_MAX + 1];
	const char	*why;
	struct file_op	 op;

	if (s->up)
		return;
	error_text(&s->line, text, sizeof(text));
	why = strstr(text, ": ");
	if (s->nasked == 1 && s->depth == 0)
		file_op_init(&op, FILE_GET, s->asked[0], strlen(s->asked[0]));
	else
		file_op_init(&op, FILE_GET, text, why == NULL ? 0 :
		    (size_t)(why - text));
	op.result = text;
	s->report(s->arg, &op);
}

static void
source_line(struct scp *s)
{
	const char	*p = s->line.text == NULL ? "" : s->line.text;

	if (p[0] == '\1' || p[0] == '\2') {
		source_error(s);
		return;
	}
	if (p[0] == '\0' || strchr("CDTE", p[0]) == NULL ||
	    ((p[0] == 'C' || p[0] == 'D') && read_entry(s, p + 1) == -1)) {
		s->lost = "a line that is none of scp's";
		return;
	}
	s->kind = p[0];
	s->state = SCP_VERDICT;
}

/* Behind a file: a zero byte, or why it is not as it should be. */
static void
trailer(struct scp *s, uint8_t byte)
{
	if (s->line.len == 0 && byte == 0) {
		s->state = SCP_STORED;
		return;
	}
	if (!line_add(s, &s->line, byte))
		return;
	error_text(&s->line, s->error, sizeof(s->error));
	line_clear(&s->line);
	s->state = SCP_STORED;
}

static const char *
take_source(struct scp *s, const uint8_t *data, size_t len)
{
	size_t	n;

	for (; len > 0 && s->lost == NULL; data += n, len -= n) {
		n = 1;
		switch (s->state) {
		case SCP_LINE:
			if (line_add(s, &s->line, *data)) {
				source_line(s);
				line_clear(&s->line);
			}
			break;
		case SCP_DATA:
			n = s->left < len ? s->left : len;
			sum_add(&s->sum, data, n);
			if ((s->left -= n) == 0)
				s->state = SCP_TRAILER;
			break;
		case SCP_TRAILER:
			trailer(s, *data);
			break;
		default:
			return ("the source does not wait for the sink");
		}
		advance(s);
	}
	return (s->lost);
}

static const char *
scp_take(void *state, enum audit_side side, const uint8_t *data, size_t len)
{
	struct scp	*s = state;

	if ((side == AUDIT_CLIENT) == s->up)
		return (take_source(s, data, len));
	return (take_sink(s, data, len));
}

static void
scp_end(void *state, const char *result)
{
	struct scp	*s = state;
	size_t		 i;

	if (s->kind == 'C' && s->state != SCP_LINE)
		report(s, s->state == SCP_VERDICT ?
		    "no answer" : result);
	sum_free(&s->sum);
	line_clear(&s->line);
	line_clear(&s->answer);
	for (i = 0; i < s->nasked; i++)
		free(s->asked[i]);
	free(s->asked);
	free(s);
}

const struct decoder decoder_scp = { scp_take, scp_end };
