/* SPDX-License-Identifier: ISC */
/*
 * Text that came from outside, made fit for a terminal, a log line or a table:
 * control bytes, escape sequences, invalid UTF-8 and characters that change the
 * direction of writing become visible.
 */
#ifndef LIB_ESCAPE_H
#define LIB_ESCAPE_H

#include <stddef.h>

/*
 * Returns a copy of len bytes in which each byte of what must not reach a
 * terminal stands as \xNN and a backslash as two; caller frees.
 */
char	*escape_text(const void *, size_t);

/* The same for a string, into buf of size bytes, cut to fit; returns buf. */
char	*escape_into(char *buf, size_t size, const char *);

/* Length of the UTF-8 character at s (len bytes are there), 0 if invalid. */
size_t	 utf8_char(const unsigned char *s, size_t len, unsigned *code);

/* Whether len bytes are valid UTF-8; NUL and control characters are. */
int	 utf8_is_valid(const void *, size_t len);

/* The same, and that nothing in it would be escaped above but a backslash. */
int	 text_is_clean(const void *, size_t);

#endif
