/* SPDX-License-Identifier: ISC */
/*
 * Who is let in at all, before any of their bytes is read.
 */
#ifndef DAEMON_LIMITS_H
#define DAEMON_LIMITS_H

#include <stdint.h>

#include "lib/settings.h"

/*
 * What counts when somebody knocks: the whole portal, and the block of
 * addresses that they come from (daemon/sources.h).
 */
struct load {
	uint32_t	 connections;	/* all of them */
	uint32_t	 logins;	/* those not yet authenticated */
	uint32_t	 source_connections;
	uint32_t	 source_logins;
	const char	*penalty;	/* why the block is shut out, or NULL */
	int64_t		 penalty_ms;	/* for how much longer */
};

enum admission {
	ADMIT,
	REFUSE_PENALTY,		/* per-source-penalties */
	REFUSE_SOURCE_CONNECTIONS, /* per-source-max-connections */
	REFUSE_SOURCE_STARTUPS,	/* per-source-max-startups */
	REFUSE_CONNECTIONS,	/* max-connections */
	REFUSE_STARTUPS,	/* max-startups */
	ADMISSION_END_OF_LIST
};

/*
 * Decides about one more connection as sshd_config(5) has it: the penalties,
 * the limits of the source, those of all; MaxStartups refuses from begin logins
 * on, with a chance that grows from rate per cent to all at full. random is any
 * number, all of its bits random.
 */
enum admission	limits_admit(const struct settings *, const struct load *,
		    uint32_t random);

/* What a refused client is told, a line with its end; never NULL. */
const char	*limits_sentence(enum admission);

/* The name of the key that refused, for the log; never NULL. */
const char	*limits_name(enum admission);

#endif
