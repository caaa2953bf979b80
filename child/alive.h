/* SPDX-License-Identifier: ISC */
/*
 * Whether a silent peer still lives, in the way of sshd_config(5)'s
 * ClientAliveInterval: after so long without a word it is asked, and when it
 * leaves so many questions unanswered it counts as gone. All that it sends is
 * an answer. What is asked is the business of either side's file.
 */
#ifndef CHILD_ALIVE_H
#define CHILD_ALIVE_H

#include <stdint.h>

struct alive {
	int64_t		 interval_ms;	/* 0: it is never asked */
	uint32_t	 max;		/* questions; 0: it is never given up */
	uint32_t	 asked;		/* since it was last heard */
	uint64_t	 heard;		/* what had come from it by then */
	int64_t		 due;		/* monotonic ms, 0: not begun */
};

enum alive_verdict {
	ALIVE_WELL,
	ALIVE_ASK,	/* a question is due now */
	ALIVE_GONE
};

/*
 * To be called after reading, with a count of what the peer has sent since
 * the beginning; the first call begins.
 */
enum alive_verdict alive_check(struct alive *, uint64_t heard);

/* It may be somebody else's silence: one interval more before it is gone. */
void	alive_put_off(struct alive *);

/* Milliseconds until alive_check() has something to say; -1: it never has. */
int	alive_wait(const struct alive *);

#endif
