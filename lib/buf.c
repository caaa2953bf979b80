/* SPDX-License-Identifier: ISC */
/*
 * Bounded queues of bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "lib/xmalloc.h"

#define BUF_FIRST	4096

void
buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void
buf_clear(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max);
}

size_t
buf_room(const struct buf *b)
{
	return (b->max - b->len);
}

/* Makes the n bytes after the held ones writable; n fits by the caller. */
static void
buf_grow(struct buf *b, size_t n)
{
	size_t	size = b->size ? b->size : BUF_FIRST;

	if (b->off + b->len + n <= b->size)
		return;
	if (b->off > 0) {
		memmove(b->data, b->data + b->off, b->len);
		b->off = 0;
	}
	while (size < b->len + n)
		size *= 2;
	if (size > b->size) {
		b->data = xreallocarray(b->data, 1, size);
		b->size = size;
	}
}

uint8_t *
buf_reserve(struct buf *b, size_t want, size_t *got)
{
	*got = want < buf_room(b) ? want : buf_room(b);
	if (*got == 0)
		return (NULL);
	buf_grow(b, *got);
	return (b->data + b->off + b->len);
}

void
buf_filled(struct buf *b, size_t n)
{
	if (b->off + b->len + n > b->size)
		panic("buf_filled: %zu bytes past the end", n);
	b->len += n;
	if (b->len == 0)
		buf_clear(b);
}

size_t
buf_put(struct buf *b, const void *data, size_t len)
{
	size_t	 n;
	uint8_t	*p = buf_reserve(b, len, &n);

	if (n > 0) {
		memcpy(p, data, n);
		b->len += n;
	}
	return (n);
}

const uint8_t *
buf_head(const struct buf *b)
{
	return (b->data + b->off);
}

void
buf_take(struct buf *b, size_t n)
{
	if (n > b->len)
		panic("buf_take: %zu of %zu bytes", n, b->len);
	b->off += n;
	b->len -= n;
	if (b->len == 0) {
		if (b->size > BUF_FIRST)
			buf_clear(b);
		else
			b->off = 0;
	}
}
