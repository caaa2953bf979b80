/* SPDX-License-Identifier: ISC */
/*
 * The far end that is a text: a notice on standard output with status 0, or
 * the sentence of a failure on standard error with status 255. Whatever the
 * client asked to run, it gets that.
 */
#include <stdlib.h>
#include <string.h>

#include "child/chan.h"
#include "child/conn.h"
#include "child/far.h"
#include "lib/xmalloc.h"

#define STATUS_FAILED	255

struct text {
	char	*bytes;
	size_t	 len, off;
	int	 is_stderr;
};

/* With a terminal, lines end with CR LF; a sentence gets its line's end. */
static char *
terminal_text(const char *s, int pty, int end)
{
	char	*text = xmalloc(2 * strlen(s) + 3), *p = text;

	for (; *s != '\0'; s++) {
		if (*s == '\n' && pty)
			*p++ = '\r';
		*p++ = *s;
	}
	if (end && pty)
		*p++ = '\r';
	if (end)
		*p++ = '\n';
	*p = '\0';
	return (text);
}

static struct text *
text_get(struct chan *c)
{
	struct text	*t;

	if (c->far_state == NULL) {
		c->far_state = t = xcalloc(1, sizeof(*t));
		t->is_stderr = c->sentence != NULL;
		t->bytes = terminal_text(t->is_stderr ? c->sentence :
		    c->conn->notice, c->pty, t->is_stderr);
		t->len = strlen(t->bytes);
	}
	return (c->far_state);
}

static int
text_request(struct chan *c, const struct request *r)
{
	(void)c;
	return (r->type == REQUEST_OTHER ? FAR_REFUSED : FAR_OK);
}

static ssize_t
text_write(struct chan *c, const void *data, size_t len)
{
	(void)c;
	(void)data;
	return (len);
}

static int
text_eof(struct chan *c)
{
	(void)c;
	return (FAR_OK);
}

static ssize_t
text_read(struct chan *c, void *data, size_t len, int *is_stderr)
{
	struct text	*t = text_get(c);

	if (len > t->len - t->off)
		len = t->len - t->off;
	memcpy(data, t->bytes + t->off, len);
	t->off += len;
	*is_stderr = t->is_stderr;
	return (len);
}

static int
text_exit(struct chan *c)
{
	c->end.how = CHANNEL_END_STATUS;
	c->end.status = c->sentence != NULL ? STATUS_FAILED : 0;
	return (FAR_OK);
}

static void
text_close(struct chan *c)
{
	struct text	*t = c->far_state;

	if (t != NULL)
		free(t->bytes);
	free(t);
	c->far_state = NULL;
}

const struct far_ops far_text = {
	.request = text_request,
	.write = text_write,
	.eof = text_eof,
	.read = text_read,
	.exit = text_exit,
	.hangup = text_eof,
	.close = text_close,
};
