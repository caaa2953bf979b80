/* SPDX-License-Identifier: ISC */
/*
 * A recording, shown on a terminal: as it happened, or while it happens.
 */
#ifndef SHELL_PLAY_H
#define SHELL_PLAY_H

#include <stdint.h>
#include <stdio.h>

#include "shell/rawtty.h"
#include "shell/tame.h"
#include "shell/reel.h"

#define PLAY_SPEED_MIN	0.01
#define PLAY_SPEED_MAX	1000.0

struct player {
	/* the caller's */
	struct reel	*reel;
	FILE		*in, *out;	/* in may be NULL */
	double		 speed;
	int64_t		 max_idle;	/* microseconds; 0: as it was */
	int64_t		 from;		/* microseconds from its begin */
	/* watching: whether it goes on, asked once a second or so */
	int		(*goes_on)(void *arg);
	void		*arg;
	/* what was found */
	int64_t		 length;	/* how far it was shown */
	unsigned	 cols, rows;	/* of the terminal at the end; or 0 */
	int		 quit;		/* before the end */
	enum reel_result end;
	/* its own */
	struct tame	 tame;
	struct rawtty	 tty;
	int64_t		 begun;
	int64_t		 at;		/* where it is, from the begin */
	int64_t		 target;	/* up to which it does not wait */
	int64_t		 hushed;	/* bytes that are not shown yet */
	int64_t		 due;		/* when the next comes, monotonic us */
	int64_t		 looked;	/* when keys were last looked for */
	int		 back;		/* it begins anew for the target */
};

/* Shows it from `from` to its end, or until nobody wants to see more. */
void	play(struct player *);

/*
 * Shows what a terminal shows now, and then what comes, as it comes, until it
 * no longer goes on, or nobody wants to see more.
 */
void	play_live(struct player *);

#endif
