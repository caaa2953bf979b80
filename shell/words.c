/* SPDX-License-Identifier: ISC */
/*
 * The splitting of command lines, and the quoting that undoes it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/xmalloc.h"
#include "shell/words.h"

/* Where the reading of a line stands. */
struct reader {
	const char	*p;
	struct words	*w;
	char		*word;		/* room for the rest of the line */
	size_t		 len;
};

static int
is_blank(char c)
{
	return (c == ' ' || c == '\t');
}

static void
reader_add(struct reader *r, char c)
{
	r->w->in_word = 1;
	r->word[r->len++] = c;
}

/* Ends the word that is being read, if there is one. */
static int
reader_end_word(struct reader *r)
{
	struct words	*w = r->w;

	if (!w->in_word)
		return (0);
	if (w->n == WORDS_MAX)
		return (-1);
	w->v = xreallocarray(w->v, w->n + 2, sizeof(*w->v));
	w->v[w->n++] = xmemdup0(r->word, r->len);
	w->v[w->n] = NULL;
	r->len = 0;
	return (0);
}

/* A backslash: the next byte as it is; before a newline, neither. */
static void
reader_backslash(struct reader *r)
{
	if (*r->p == '\0') {
		r->w->open = '\\';
		return;
	}
	if (*r->p != '\n')
		reader_add(r, *r->p);
	r->p++;
}

/* Within quotes, up to and with the closing one. */
static void
reader_quoted(struct reader *r, char quote)
{
	r->w->in_word = 1;
	for (; *r->p != '\0' && *r->p != quote; r->p++) {
		if (quote == '"' && *r->p == '\\' && r->p[1] != '\0' &&
		    strchr("$`\"\\\n", r->p[1]) != NULL) {
			if (*++r->p == '\n')
				continue;
		}
		reader_add(r, *r->p);
	}
	if (*r->p == '\0')
		r->w->open = quote;
	else
		r->p++;
}

static const char *
reader_line(struct reader *r)
{
	char	c;

	while ((c = *r->p) != '\0') {
		r->p++;
		if (c == '\'' || c == '"') {
			reader_quoted(r, c);
		} else if (c == '\\') {
			reader_backslash(r);
		} else if (c == '\n' || c == '\r') {
			if (r->p[strspn(r->p, " \t\r\n")] != '\0')
				return ("one command a line, please");
		} else if (!is_blank(c)) {
			reader_add(r, c);
		} else {
			if (reader_end_word(r) == -1)
				return ("too many words");
			r->w->in_word = 0;
		}
	}
	if (reader_end_word(r) == -1)
		return ("too many words");
	if (r->w->open == '\\')
		return ("nothing follows the last backslash");
	return (r->w->open ? "a quote is not closed" : NULL);
}

int
words_split(const char *line, struct words *w, const char **err)
{
	size_t		len = strlen(line);
	struct reader	r = { .p = line, .w = w };

	memset(w, 0, sizeof(*w));
	w->v = xcalloc(1, sizeof(*w->v));
	if (len > LINE_BYTES_MAX) {
		*err = "the line is too long";
		return (-1);
	}
	r.word = xmalloc(len + 1);
	*err = reader_line(&r);
	explicit_bzero(r.word, len + 1);
	free(r.word);
	return (*err == NULL ? 0 : -1);
}

void
words_free(struct words *w)
{
	size_t	i;

	for (i = 0; i < w->n; i++) {
		explicit_bzero(w->v[i], strlen(w->v[i]));
		free(w->v[i]);
	}
	free(w->v);
	memset(w, 0, sizeof(*w));
}

char *
words_quote(const char *word)
{
	static const char	plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-+=.,:/@%";
	char			*out, *p;

	if (*word != '\0' && word[strspn(word, plain)] == '\0')
		return (xstrdup(word));
	p = out = xcalloc(strlen(word) + 1, 4);
	*p++ = '\'';
	for (; *word != '\0'; word++) {
		if (*word == '\'') {
			memcpy(p, "'\\''", 4);
			p += 4;
		} else {
			*p++ = *word;
		}
	}
	*p++ = '\'';
	*p = '\0';
	return (out);
}
