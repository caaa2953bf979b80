/* SPDX-License-Identifier: ISC */
/*
 * Reading the banner. A file that does not do is refused at the start, rather
 * than made fit for terminals line by line: what it says has been weighed.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/banner.h"
#include "lib/escape.h"
#include "lib/xmalloc.h"

/* A banner file, its words for what is wrong with it, and its content. */
struct source {
	const char	*path;
	char		*err;
	size_t		 err_size;
	char		 text[BANNER_MAX + 1];
	size_t		 len;
};

static int
complain(const struct source *s, const char *why)
{
	snprintf(s->err, s->err_size, "banner: %s: %s", s->path, why);
	return (-1);
}

static int
read_all(struct source *s, int fd)
{
	struct stat	st;
	ssize_t		n;

	if (fstat(fd, &st) == -1)
		return (complain(s, strerror(errno)));
	if (!S_ISREG(st.st_mode))
		return (complain(s, "is not a file"));
	while (s->len < sizeof(s->text)) {
		n = read(fd, s->text + s->len, sizeof(s->text) - s->len);
		if (n == -1)
			return (complain(s, strerror(errno)));
		if (n == 0)
			break;
		s->len += n;
	}
	return (0);
}

/* Whether a line, without its end, may reach a terminal; tabs are harmless. */
static int
line_is_good(const char *line, size_t len)
{
	const char	*tab;

	while ((tab = memchr(line, '\t', len)) != NULL) {
		if (!text_is_clean(line, tab - line))
			return (0);
		len -= tab + 1 - line;
		line = tab + 1;
	}
	return (text_is_clean(line, len));
}

/* The lines, with CR LF between them; NULL after saying what is wrong. */
static char *
make_lines(const struct source *s)
{
	const char	*line = s->text, *end = s->text + s->len, *next;
	char		*out = xmalloc(2 * s->len + 1), *p = out, why[64];
	size_t		 len, number = 1;

	for (; line < end; line = next, number++) {
		next = memchr(line, '\n', end - line);
		next = next != NULL ? next + 1 : end;
		len = next - line - (next[-1] == '\n');
		if (len > 0 && line[len - 1] == '\r')
			len--;
		if (!line_is_good(line, len)) {
			snprintf(why, sizeof(why), "line %zu is not text: "
			    "UTF-8 without control characters", number);
			complain(s, why);
			free(out);
			return (NULL);
		}
		if (line > s->text) {
			*p++ = '\r';
			*p++ = '\n';
		}
		memcpy(p, line, len);
		p += len;
	}
	*p = '\0';
	return (out);
}

static int
load_file(struct source *s, char **banner)
{
	char	why[64], *text;
	int	fd, r;

	/* a FIFO would else be waited for */
	fd = open(s->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return (complain(s, strerror(errno)));
	r = read_all(s, fd);
	close(fd);
	if (r == -1 || (text = make_lines(s)) == NULL)
		return (-1);
	if (strlen(text) > BANNER_MAX) {
		free(text);
		snprintf(why, sizeof(why), "is longer than %u bytes",
		    BANNER_MAX);
		return (complain(s, why));
	}
	*banner = text;
	return (0);
}

int
banner_load(struct conf *c, char *err, size_t size)
{
	struct source	*s;
	int		 r;

	free(c->s.banner);
	c->s.banner = NULL;
	if (*c->banner_file == '\0') {
		c->s.banner = xstrdup("");
		return (0);
	}
	s = xcalloc(1, sizeof(*s));
	s->path = c->banner_file;
	s->err = err;
	s->err_size = size;
	r = load_file(s, &c->s.banner);
	free(s);
	return (r);
}
