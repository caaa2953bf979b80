/* SPDX-License-Identifier: ISC */
/*
 * The SHA-256 of a file's bytes as they pass, piece by piece. There is one as
 * long as each piece begins where the one before it ended.
 */
#ifndef CHILD_SUM_H
#define CHILD_SUM_H

#include <stddef.h>
#include <stdint.h>

struct evp_md_ctx_st;

struct sum {
	struct evp_md_ctx_st	*ctx;	/* NULL: no byte yet, or no sum */
	int			 begun;
	uint64_t		 first;	/* offset of the first byte */
	uint64_t		 next;	/* and of the one that should come */
	uint64_t		 end;	/* behind the highest one */
	uint64_t		 bytes;	/* all that passed */
	const char		*why;	/* why there is no sum; or NULL */
};

/* From now on there is none of any file: who wants none does not pay for it. */
void	sums_off(void);

/* A piece begins, at this offset in the file. */
void	sum_place(struct sum *, uint64_t offset);

/* One that begins where the last one ended. */
void	sum_follow(struct sum *);

/* Bytes of it. */
void	sum_add(struct sum *, const void *, size_t);

/* There is no sum; the first reason counts, a constant. */
void	sum_break(struct sum *, const char *why);

/*
 * The sum, once: 32 bytes. Returns 0, or -1: s->why says why not. What the sum
 * held is freed either way, and also by sum_free().
 */
int	sum_take(struct sum *, uint8_t out[32]);
void	sum_free(struct sum *);

#endif
