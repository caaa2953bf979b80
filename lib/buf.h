/* SPDX-License-Identifier: ISC */
/*
 * A bounded queue of bytes: what one side has read and the other has not yet
 * taken. Memory is taken on the first byte and given back when it is empty, so
 * that an idle session holds none.
 */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t	*data;		/* owned; NULL while empty */
	size_t	 size;		/* bytes allocated */
	size_t	 off;		/* first byte not yet taken */
	size_t	 len;		/* bytes held */
	size_t	 max;		/* never more than this */
};

/* An empty queue for at most max bytes. */
void	 buf_init(struct buf *, size_t max);

/* Frees what it holds; it is empty and usable again. */
void	 buf_clear(struct buf *);

/* Bytes that still fit. */
size_t	 buf_room(const struct buf *);

/* Appends up to len bytes; returns how many fitted. */
size_t	 buf_put(struct buf *, const void *, size_t len);

/*
 * A place for up to want bytes at the end; *got says how many fit there. Valid
 * until the next call; buf_filled() then says how many were written.
 */
uint8_t	*buf_reserve(struct buf *, size_t want, size_t *got);
void	 buf_filled(struct buf *, size_t);

/* The bytes held, contiguous; and the taking away of the first n of them. */
const uint8_t *buf_head(const struct buf *);
void	 buf_take(struct buf *, size_t n);

#endif
