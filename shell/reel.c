/* SPDX-License-Identifier: ISC */
/*
 * The two forms of recordings. ttyrec: seconds, microseconds and length, 32
 * bits each with the lowest byte first, and the data; a size is a frame that
 * is nothing but ESC [ 8 ; ROWS ; COLUMNS t. asciicast v2: a line of JSON for
 * the whole, and one for each event.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/number.h"
#include "lib/xmalloc.h"
#include "shell/reel.h"
#include "shell/reel_source.h"

#define BUF_SIZE	262144	/* the longest line of JSON, or frame */
#define HEADER_LEN	12
#define SECOND		INT64_C(1000000)	/* in microseconds */
#define SECONDS_MAX	INT64_C(253402300800)	/* the year 10000 */
#define SIZE_FRAME_MAX	24	/* bytes of a frame that is a size */
#define NUMBER_MAX	999999999

struct reel {
	struct reel_source	 src;
	enum recording_format	 format;
	char			*path;
	int			 live;
	uint8_t			*buf;
	size_t			 off, len;	/* not taken yet */
	size_t			 scanned;	/* of that, without a line's
						   end */
	int64_t			 taken;		/* bytes of frames before */
	int64_t			 last;		/* the latest moment so far */
	/* asciicast */
	int			 headed;	/* its first line was read */
	int64_t			 begun;		/* what its times count from */
	json_t			*line;		/* that the frame is in */
	char			 error[REEL_ERROR_SIZE];
};

/* Only what its own name leads to, below a directory of the operator's. */
static int
open_file(const char *path, const char *name)
{
	struct stat	 st;
	char		*day = xmemdup0(name, strcspn(name, "/")), *in;
	const char	*file = strchr(name, '/');
	int		 dir, fd = -1, saved;

	in = xasprintf("%s/%s", path, day);
	dir = open(in, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir != -1 && file != NULL)
		fd = openat(dir, file + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
		    O_NOCTTY | O_CLOEXEC);
	saved = errno;
	if (dir != -1)
		close(dir);
	free(in);
	free(day);
	if (fd != -1 && (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
		saved = EINVAL;
	}
	errno = saved;
	return (fd);
}

struct reel *
reel_open(const char *logs_dir, const struct reel_file *f, char *err)
{
	struct reel	*t;
	int		 fd = open_file(logs_dir, f->name);

	if (fd == -1) {
		snprintf(err, REEL_ERROR_SIZE, "the recording %s cannot be "
		    "opened: %s", f->name, strerror(errno));
		return (NULL);
	}
	t = xcalloc(1, sizeof(*t));
	if (reel_source_open(&t->src, fd, f->zst) == -1) {
		snprintf(err, REEL_ERROR_SIZE, "the recording %s is "
		    "compressed, and this program was built without zstd",
		    f->name);
		reel_close(t);
		return (NULL);
	}
	t->format = f->format;
	t->live = f->live;
	t->path = xasprintf("%s/%s", logs_dir, f->name);
	t->buf = xmalloc(BUF_SIZE);
	return (t);
}

void
reel_close(struct reel *t)
{
	if (t == NULL)
		return;
	reel_source_close(&t->src);
	json_decref(t->line);
	free(t->path);
	free(t->buf);
	free(t);
}

const char *
reel_error(const struct reel *t)
{
	return (t->error);
}

size_t
reel_rest(const struct reel *t)
{
	return (t->len);
}

int
reel_fd(const struct reel *t)
{
	return (t->src.fd);
}

int64_t
reel_ahead(const struct reel *t)
{
	struct stat	st;

	if (fstat(t->src.fd, &st) == -1 || st.st_size < t->src.at)
		return (0);
	return (st.st_size - t->src.at + (int64_t)t->len);
}

int
reel_finished(const struct reel *t)
{
	return (!t->live || (access(t->path, F_OK) == -1 && errno == ENOENT));
}

int
reel_rewind(struct reel *t)
{
	reel_source_rewind(&t->src);
	t->off = t->len = t->scanned = 0;
	t->taken = t->last = 0;
	t->headed = 0;
	return (t->error[0] == '\0' ? 0 : -1);
}

static enum reel_result
broken(struct reel *t, const char *why)
{
	if (t->error[0] == '\0')
		snprintf(t->error, sizeof(t->error), "the recording is "
		    "damaged at byte %lld: %s", (long long)t->taken, why);
	return (REEL_BROKEN);
}

/* More bytes behind those that are there; 0 when there are none, or no room. */
static ssize_t
fill(struct reel *t)
{
	ssize_t	n;

	if (t->off > 0) {
		memmove(t->buf, t->buf + t->off, t->len);
		t->off = 0;
	}
	if (t->len == BUF_SIZE)
		return (0);
	n = reel_source_read(&t->src, t->buf + t->len, BUF_SIZE - t->len);
	if (n > 0)
		t->len += n;
	return (n);
}

static void
take(struct reel *t, size_t n)
{
	t->off += n;
	t->len -= n;
	t->taken += n;
}

ssize_t
reel_bytes(struct reel *t, void *buf, size_t size)
{
	ssize_t	n;

	if (t->len == 0 && (n = fill(t)) <= 0)
		return (n);
	if (size > t->len)
		size = t->len;
	memcpy(buf, t->buf + t->off, size);
	take(t, size);
	return ((ssize_t)size);
}

/* Clocks are set back at times, and files are written by anybody. */
static int64_t
moment(struct reel *t, int64_t at)
{
	if (at > t->last)
		t->last = at;
	return (t->last);
}

/* ttyrec */

static uint32_t
get_le32(const uint8_t *p)
{
	return (p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24);
}

/* Whether the frame is a size, and then it is made one. */
static void
find_size(struct reel_frame *f)
{
	char		 text[SIZE_FRAME_MAX + 1];
	const char	*p;
	uint32_t	 rows, cols;

	if (f->len > SIZE_FRAME_MAX || f->len < 4 ||
	    memcmp(f->data, "\033[8;", 4) != 0)
		return;
	memcpy(text, f->data, f->len);
	text[f->len] = '\0';
	if ((p = number_read(text + 4, 1, NUMBER_MAX, &rows)) == NULL ||
	    *p != ';' ||
	    (p = number_read(p + 1, 1, NUMBER_MAX, &cols)) == NULL ||
	    strcmp(p, "t") != 0)
		return;
	f->kind = 'r';
	f->rows = rows < REEL_SIZE_MAX ? rows : REEL_SIZE_MAX;
	f->cols = cols < REEL_SIZE_MAX ? cols : REEL_SIZE_MAX;
	f->data = "";
	f->len = 0;
}

static enum reel_result
next_ttyrec(struct reel *t, struct reel_frame *f)
{
	const uint8_t	*p;
	uint32_t	 len = 0;
	ssize_t		 n;

	for (;;) {
		p = t->buf + t->off;
		if (t->len >= HEADER_LEN &&
		    (len = get_le32(p + 8)) > REEL_DATA_MAX)
			return (broken(t, "a frame of absurd length"));
		if (t->len >= HEADER_LEN && t->len >= HEADER_LEN + len)
			break;
		if ((n = fill(t)) == -1)
			return (broken(t, strerror(errno)));
		if (n == 0)
			return (REEL_END);
	}
	f->at = moment(t, get_le32(p) * SECOND + get_le32(p + 4) % SECOND);
	f->kind = 'o';
	f->data = (const char *)p + HEADER_LEN;
	f->len = len;
	take(t, HEADER_LEN + len);
	find_size(f);
	return (REEL_FRAME);
}

/* asciicast */

/* The next whole line, without its end. */
static enum reel_result
next_line(struct reel *t, const char **line, size_t *len)
{
	const uint8_t	*end;
	ssize_t		 n;

	for (;;) {
		end = memchr(t->buf + t->off + t->scanned, '\n',
		    t->len - t->scanned);
		if (end != NULL)
			break;
		t->scanned = t->len;
		if (t->len == BUF_SIZE)
			return (broken(t, "a line of absurd length"));
		if ((n = fill(t)) == -1)
			return (broken(t, strerror(errno)));
		if (n == 0)
			return (REEL_END);
	}
	*line = (const char *)t->buf + t->off;
	*len = end - (t->buf + t->off);
	t->scanned = 0;
	return (REEL_FRAME);
}

/* A number between 0 and the year 10000, or -1. */
static double
get_seconds(const json_t *j)
{
	double	s = json_number_value(j);

	if (!json_is_number(j) || !isfinite(s) || s < 0 || s > SECONDS_MAX)
		return (-1);
	return (s);
}

static int
is_size(json_int_t n)
{
	return (n >= 1 && n <= REEL_SIZE_MAX);
}

/* The first line: a frame that is the size, if it has one. */
static enum reel_result
take_header(struct reel *t, struct reel_frame *f)
{
	json_int_t	cols, rows;
	double		begun;

	if (json_integer_value(json_object_get(t->line, "version")) != 2)
		return (broken(t, "no asciicast of version 2"));
	begun = get_seconds(json_object_get(t->line, "timestamp"));
	t->begun = begun < 0 ? 0 : (int64_t)begun * SECOND;
	t->headed = 1;
	cols = json_integer_value(json_object_get(t->line, "width"));
	rows = json_integer_value(json_object_get(t->line, "height"));
	if (!is_size(cols) || !is_size(rows))
		return (REEL_END);
	f->kind = 'r';
	f->cols = (unsigned)cols;
	f->rows = (unsigned)rows;
	f->at = moment(t, t->begun);
	f->data = "";
	f->len = 0;
	return (REEL_FRAME);
}

/* "80x24" */
static int
take_size(struct reel_frame *f)
{
	const char	*p;
	uint32_t	 cols, rows;

	if ((p = number_read(f->data, 1, NUMBER_MAX, &cols)) == NULL ||
	    *p != 'x' || number_parse(p + 1, 1, NUMBER_MAX, &rows) == -1)
		return (-1);
	f->cols = cols < REEL_SIZE_MAX ? cols : REEL_SIZE_MAX;
	f->rows = rows < REEL_SIZE_MAX ? rows : REEL_SIZE_MAX;
	f->data = "";
	f->len = 0;
	return (0);
}

/* [seconds, "o", "text"]; REEL_END: none for us. */
static enum reel_result
take_event(struct reel *t, struct reel_frame *f)
{
	json_t	*what = json_array_get(t->line, 1);
	json_t	*data = json_array_get(t->line, 2);
	double	 at = get_seconds(json_array_get(t->line, 0));

	if (at < 0 || !json_is_string(what) || !json_is_string(data))
		return (broken(t, "a line that is no event"));
	f->at = moment(t, t->begun + (int64_t)(at * SECOND));
	f->kind = json_string_value(what)[0];
	f->data = json_string_value(data);
	f->len = json_string_length(data);
	if (f->len > REEL_DATA_MAX)
		return (broken(t, "an event of absurd length"));
	if (strcmp(json_string_value(what), "o") == 0 ||
	    strcmp(json_string_value(what), "i") == 0)
		return (REEL_FRAME);
	if (strcmp(json_string_value(what), "r") == 0)
		return (take_size(f) == 0 ? REEL_FRAME : broken(t,
		    "a size that is none"));
	return (REEL_END);
}

static enum reel_result
next_cast(struct reel *t, struct reel_frame *f)
{
	enum reel_result	 r;
	const char		*line;
	size_t			 len;

	do {
		if ((r = next_line(t, &line, &len)) != REEL_FRAME)
			return (r);
		json_decref(t->line);
		t->line = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
		if (t->line == NULL)
			return (broken(t, "a line that is no JSON"));
		r = t->headed ? take_event(t, f) : take_header(t, f);
		if (r != REEL_BROKEN)
			take(t, len + 1);
	} while (r == REEL_END);
	return (r);
}

enum reel_result
reel_next(struct reel *t, struct reel_frame *f)
{
	memset(f, 0, sizeof(*f));
	if (t->error[0] != '\0')
		return (REEL_BROKEN);
	switch (t->format) {
	case RECORDING_TTYREC:
		return (next_ttyrec(t, f));
	case RECORDING_CAST:
	case RECORDING_INPUT:
		return (next_cast(t, f));
	default:
		return (broken(t, "it is no terminal's"));
	}
}

int
reel_is_terminal(struct reel *t)
{
	struct reel_frame	f;
	int			is;

	if (t->format != RECORDING_TTYREC && t->format != RECORDING_CAST)
		return (0);
	is = reel_next(t, &f) == REEL_FRAME && f.kind == 'r';
	reel_rewind(t);
	return (is);
}
