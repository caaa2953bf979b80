/* SPDX-License-Identifier: ISC */
/*
 * Allocation that does not fail.
 */
#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/xmalloc.h"

#define HOLE_MIN	16	/* bytes */
#define HOLE_MAX	65536
#define SMALL_MAX	1040
#define HOLES		4096	/* of a size */

void *
xmalloc(size_t size)
{
	void	*p;

	if ((p = malloc(size ? size : 1)) == NULL)
		fatal("out of memory (%zu bytes)", size);
	return (p);
}

void *
xcalloc(size_t n, size_t size)
{
	void	*p;

	if ((p = calloc(n ? n : 1, size ? size : 1)) == NULL)
		fatal("out of memory (%zu of %zu bytes)", n, size);
	return (p);
}

void *
xreallocarray(void *old, size_t n, size_t size)
{
	void	*p;

	if ((p = reallocarray(old, n ? n : 1, size ? size : 1)) == NULL)
		fatal("out of memory (%zu of %zu bytes)", n, size);
	return (p);
}

void *
xroom(void *v, size_t n, size_t size)
{
	size_t	room;

	/* Full at 0, 8, 16, 32, ...: the sizes that it grows to. */
	if (n != 0 && (n < 8 || (n & (n - 1)) != 0))
		return (v);
	room = n == 0 ? 8 : n * 2;
	v = xreallocarray(v, room, size);
	memset((char *)v + n * size, 0, (room - n) * size);
	return (v);
}

void
xmalloc_settle(void)
{
	static void	*kept[SMALL_MAX / HOLE_MIN + 1];
	size_t		 size, n;
	char		*top, *p;

	top = (char *)sbrk(0) - mallinfo2().keepcost;
	for (size = HOLE_MAX; size >= HOLE_MIN; size -= HOLE_MIN) {
		for (n = 0; n < HOLES; n++) {
			p = malloc(size);
			if (p == NULL || p >= top)
				break;
		}
		/* malloc would keep a small one for the next of its size */
		if (size > SMALL_MAX)
			free(p);
		else
			kept[size / HOLE_MIN] = p;
	}
	malloc_trim(0);
}

char *
xstrdup(const char *s)
{
	return (xmemdup0(s, strlen(s)));
}

char *
xmemdup0(const void *data, size_t len)
{
	char	*p;

	if (len == SIZE_MAX)
		fatal("out of memory");
	p = xmalloc(len + 1);
	if (len > 0)
		memcpy(p, data, len);
	p[len] = '\0';
	return (p);
}

char *
xasprintf(const char *fmt, ...)
{
	va_list	 ap;
	char	*s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) == -1)
		fatal("out of memory");
	va_end(ap);
	return (s);
}
