/* SPDX-License-Identifier: ISC */
/*
 * The kinds' names, and sets of them as text.
 */
#include <stdio.h>
#include <string.h>

#include "db/kinds.h"
#include "lib/escape.h"

#define WORD_MAX	64	/* bytes of a word that are shown */

static const char *const names[] = {
	[KIND_SHELL] = "shell",
	[KIND_EXEC] = "exec",
	[KIND_SFTP] = "sftp",
	[KIND_SCP] = "scp",
	[KIND_FORWARD_LOCAL] = "forward-local",
	[KIND_FORWARD_REMOTE] = "forward-remote",
	[KIND_AGENT] = "agent",
	[KIND_X11] = "x11",
	[KIND_JUMP] = "jump",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == KINDS,
    "a name for each kind");

const char *
kind_name(enum kind k)
{
	return (names[k]);
}

uint32_t
kinds_effective(uint32_t row)
{
	return (row == 0 ? KINDS_DEFAULT : row & KINDS_ALL);
}

static int
is_word(const char *s, size_t len, const char *word)
{
	return (strlen(word) == len && memcmp(s, word, len) == 0);
}

/* The bits that a word stands for; 0: it is none. */
static uint32_t
word_bits(const char *s, size_t len)
{
	size_t	i;

	if (is_word(s, len, "all"))
		return (KINDS_ALL);
	if (is_word(s, len, "default"))
		return (KINDS_DEFAULT);
	for (i = 0; i < KINDS; i++) {
		if (is_word(s, len, names[i]))
			return (KIND_BIT(i));
	}
	return (0);
}

static void
unknown_word(const char *s, size_t len, char *err, size_t errlen)
{
	char	word[WORD_MAX + 1], clean[4 * WORD_MAX + 1];

	snprintf(word, sizeof(word), "%.*s",
	    len > WORD_MAX ? WORD_MAX : (int)len, s);
	escape_into(clean, sizeof(clean), word);
	snprintf(err, errlen, "\"%s\" is no kind of channel", clean);
}

int
kinds_parse(const char *text, uint32_t *row, char *err, size_t errlen)
{
	const char	*s = text;
	uint32_t	 bits, all = 0;
	size_t		 len;

	*row = 0;
	if (strcmp(text, "default") == 0)
		return (0);
	if (strcmp(text, "none") == 0) {
		*row = KINDS_NOTHING;
		return (0);
	}
	for (;; s += len + 1) {
		len = strcspn(s, ",");
		if ((bits = word_bits(s, len)) == 0) {
			unknown_word(s, len, err, errlen);
			return (-1);
		}
		all |= bits;
		if (s[len] == '\0')
			break;
	}
	*row = all;
	return (0);
}

uint32_t
kinds_read(const char *text)
{
	uint32_t	all = 0;
	size_t		len;

	if (text == NULL || *text == '\0' || strcmp(text, "default") == 0)
		return (0);
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		all |= word_bits(text, len);
		if (text[len] == '\0')
			break;
	}
	return (all != 0 ? all : KINDS_NOTHING);
}

char *
kinds_text_of(uint32_t effective, char buf[KINDS_TEXT_SIZE])
{
	size_t	i, n = 0;

	snprintf(buf, KINDS_TEXT_SIZE, "%s",
	    effective == KINDS_ALL ? "all" : "none");
	for (i = 0; effective != KINDS_ALL && i < KINDS; i++) {
		if ((effective & KIND_BIT(i)) != 0)
			n += snprintf(buf + n, KINDS_TEXT_SIZE - n, "%s%s",
			    n > 0 ? "," : "", names[i]);
	}
	return (buf);
}

char *
kinds_text(uint32_t row, char buf[KINDS_TEXT_SIZE])
{
	if (row != 0)
		return (kinds_text_of(kinds_effective(row), buf));
	buf[0] = '\0';
	return (buf);
}
