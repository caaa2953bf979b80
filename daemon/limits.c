/* SPDX-License-Identifier: ISC */
/*
 * Limits on connections.
 */
#include "daemon/limits.h"

/* Chance of a refusal in per cent with so many logins under way. */
static uint32_t
chance(const struct settings *s, uint32_t logins)
{
	uint64_t	p;

	if (logins < s->max_startups_begin)
		return (0);
	if (logins >= s->max_startups_full || s->max_startups_rate >= 100)
		return (100);
	p = 100 - s->max_startups_rate;
	p *= logins - s->max_startups_begin;
	p /= s->max_startups_full - s->max_startups_begin;
	return (p + s->max_startups_rate);
}

enum admission
limits_admit(const struct settings *s, const struct load *l, uint32_t random)
{
	if (l->connections >= s->max_connections)
		return (REFUSE_CONNECTIONS);
	if (random % 100 < chance(s, l->logins))
		return (REFUSE_STARTUPS);
	return (ADMIT);
}

const char *
limits_sentence(enum admission a)
{
	if (a == REFUSE_STARTUPS)
		return ("Exceeded MaxStartups\r\n");
	return ("Not allowed at this time\r\n");
}
