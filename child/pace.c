/* SPDX-License-Identifier: ISC */
/*
 * How fast the monitor is asked: each question spends its share of a minute,
 * and a minute may be spent in advance.
 */
#include "child/pace.h"

#define MINUTE_US	60000000LL

int
pace_wait(struct pace *p, unsigned a_minute, int64_t now)
{
	int64_t	share = MINUTE_US * 5 / 2 / a_minute;
	int64_t	now_us = now * 1000, over;

	if (p->due < now_us)
		p->due = now_us;
	if ((over = p->due + share - now_us - MINUTE_US) > 0)
		return ((over + 999) / 1000);
	p->due += share;
	return (0);
}
