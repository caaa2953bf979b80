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

/* A limit of 0 is none. */
static int
is_full(uint32_t limit, uint32_t n)
{
	return (limit != 0 && n >= limit);
}

enum admission
limits_admit(const struct settings *s, const struct load *l, uint32_t random)
{
	if (l->penalty != NULL)
		return (REFUSE_PENALTY);
	if (is_full(s->source_max_connections, l->source_connections))
		return (REFUSE_SOURCE_CONNECTIONS);
	if (is_full(s->source_max_startups, l->source_logins))
		return (REFUSE_SOURCE_STARTUPS);
	if (l->connections >= s->max_connections)
		return (REFUSE_CONNECTIONS);
	if (random % 100 < chance(s, l->logins))
		return (REFUSE_STARTUPS);
	return (ADMIT);
}

const char *
limits_sentence(enum admission a)
{
	if (a == REFUSE_STARTUPS || a == REFUSE_SOURCE_STARTUPS)
		return ("Exceeded MaxStartups\r\n");
	return ("Not allowed at this time\r\n");
}

const char *
limits_name(enum admission a)
{
	static const char *const	names[ADMISSION_END_OF_LIST] = {
		[ADMIT] = "nothing",
		[REFUSE_PENALTY] = "per-source-penalties",
		[REFUSE_SOURCE_CONNECTIONS] = "per-source-max-connections",
		[REFUSE_SOURCE_STARTUPS] = "per-source-max-startups",
		[REFUSE_CONNECTIONS] = "max-connections",
		[REFUSE_STARTUPS] = "max-startups",
	};

	return (names[a < ADMISSION_END_OF_LIST ? a : ADMIT]);
}
