/* SPDX-License-Identifier: ISC */
/*
 * Who is let in at all, before any of their bytes is read.
 */
#ifndef DAEMON_LIMITS_H
#define DAEMON_LIMITS_H

#include <stdint.h>

#include "lib/settings.h"

/* What the daemon counts. */
struct load {
	uint32_t	connections;	/* all of them */
	uint32_t	logins;		/* those not yet authenticated */
};

enum admission {
	ADMIT,
	REFUSE_STARTUPS,	/* max-startups */
	REFUSE_CONNECTIONS	/* max-connections */
};

/*
 * Decides about one more connection as MaxStartups of sshd_config(5): from
 * begin logins on, with a chance that grows from rate per cent to all at full.
 * random is any number, all of its bits random.
 */
enum admission	limits_admit(const struct settings *, const struct load *,
		    uint32_t random);

/* What a refused client is told, a line with its end; never NULL. */
const char	*limits_sentence(enum admission);

#endif
