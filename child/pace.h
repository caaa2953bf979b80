/* SPDX-License-Identifier: ISC */
/*
 * How fast the monitor is asked. The gate ends a connection that asks more
 * often than its table says, for a child that does is taken to be another's by
 * then; so a person who asks for much has to wait a little instead.
 */
#ifndef CHILD_PACE_H
#define CHILD_PACE_H

#include <stdint.h>

struct pace {
	int64_t	due;	/* microseconds: when nothing of it is spent */
};

/*
 * Whether one more may be asked of what the gate permits so often a minute, at
 * this time in milliseconds: 0, and it is counted; else the milliseconds after
 * which to try again. Two fifths of a minute's may come at once, and as many
 * in each minute: a fifth is for a monitor that was slow to read.
 */
int	pace_wait(struct pace *, unsigned a_minute, int64_t now);

#endif
