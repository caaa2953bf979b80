/* SPDX-License-Identifier: ISC */
/*
 * Escaping of text from outside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/xmalloc.h"

#define ESCAPED_BYTE	4	/* \xNN */

/* RFC 3629: the shortest form only, no surrogates, nothing over 10FFFF. */
size_t
utf8_char(const unsigned char *s, size_t len, unsigned *code)
{
	static const unsigned	least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned		c = s[0];
	size_t			i, n;

	if (c < 0x80) {
		*code = c;
		return (1);
	}
	n = c >= 0xf8 ? 0 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 0;
	if (n == 0 || n > len)
		return (0);
	c &= 0xffu >> (n + 1);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return (0);
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return (0);
	*code = c;
	return (n);
}

/*
 * C0 and C1 controls, DEL, and the characters that reorder or hide text: zero
 * width (200B-200F), embeddings (202A-202E), separators (2028-2029), isolates
 * (2066-2069), the byte order mark.
 */
static int
code_is_safe(unsigned c)
{
	return (c >= 0x20 && !(c >= 0x7f && c <= 0x9f) &&
	    !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
	    !(c >= 0x2066 && c <= 0x2069) && c != 0xfeff);
}

/* One character from s to out (room for ESCAPED_BYTE a byte). */
static size_t
escape_char(char *out, const unsigned char *s, size_t len, size_t *used)
{
	unsigned	code;
	size_t		i, n = utf8_char(s, len, &code);

	*used = n ? n : 1;
	if (n == 1 && s[0] == '\\') {
		memcpy(out, "\\\\", 2);
		return (2);
	}
	if (n != 0 && code_is_safe(code)) {
		memcpy(out, s, n);
		return (n);
	}
	for (i = 0; i < *used; i++)
		snprintf(out + i * ESCAPED_BYTE, ESCAPED_BYTE + 1, "\\x%02x",
		    s[i]);
	return (*used * ESCAPED_BYTE);
}

char *
escape_text(const void *text, size_t len)
{
	const unsigned char	*s = text;
	size_t			 i, used, n = 0;
	char			*out = xcalloc(len + 1, ESCAPED_BYTE);

	for (i = 0; i < len; i += used)
		n += escape_char(out + n, s + i, len - i, &used);
	out[n] = '\0';
	return (out);
}

char *
escape_into(char *buf, size_t size, const char *text)
{
	const unsigned char	*s = (const unsigned char *)text;
	size_t			 i, used, k, n = 0, len = strlen(text);
	char			 one[4 * ESCAPED_BYTE + 1];

	for (i = 0; i < len; i += used) {
		k = escape_char(one, s + i, len - i, &used);
		if (n + k >= size)
			break;
		memcpy(buf + n, one, k);
		n += k;
	}
	buf[n] = '\0';
	return (buf);
}

static int
code_is_any(unsigned c)
{
	(void)c;
	return (1);
}

/* Whether text is UTF-8 whose characters all are good. */
static int
all_chars(const void *text, size_t len, int (*good)(unsigned))
{
	const unsigned char	*s = text;
	unsigned		 code;
	size_t			 n;

	for (; len > 0; s += n, len -= n) {
		if ((n = utf8_char(s, len, &code)) == 0 || !good(code))
			return (0);
	}
	return (1);
}

int
utf8_is_valid(const void *text, size_t len)
{
	return (all_chars(text, len, code_is_any));
}

int
text_is_clean(const void *text, size_t len)
{
	return (all_chars(text, len, code_is_safe));
}
