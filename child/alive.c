/* SPDX-License-Identifier: ISC */
/*
 * Whether a silent peer still lives.
 */
#include "child/alive.h"
#include "lib/clock.h"

#define WAIT_MAX	3600000		/* ms; poll(2) takes an int */

enum alive_verdict
alive_check(struct alive *a, uint64_t heard)
{
	int64_t	now;

	if (a->interval_ms == 0)
		return (ALIVE_WELL);
	now = clock_mono_ms();
	if (a->due == 0 || heard != a->heard) {
		a->heard = heard;
		a->asked = 0;
		a->due = now + a->interval_ms;
		return (ALIVE_WELL);
	}
	if (now < a->due)
		return (ALIVE_WELL);
	if (a->max != 0 && a->asked >= a->max)
		return (ALIVE_GONE);
	a->asked++;
	a->due = now + a->interval_ms;
	return (ALIVE_ASK);
}

void
alive_put_off(struct alive *a)
{
	a->due = clock_mono_ms() + a->interval_ms;
}

int
alive_wait(const struct alive *a)
{
	int64_t	left;

	if (a->interval_ms == 0 || a->due == 0)
		return (-1);
	left = a->due - clock_mono_ms();
	if (left < 0)
		return (0);
	return (left < WAIT_MAX ? left : WAIT_MAX);
}
