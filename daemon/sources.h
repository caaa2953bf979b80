/* SPDX-License-Identifier: ISC */
/*
 * What is known of the blocks of addresses that clients come from: how many
 * connections each holds, and the penalties of those whose clients behaved as
 * no person's would. A block is what per-source-net-block-size leaves of an
 * address, a /32 of IPv4 and a /64 of IPv6.
 *
 * A penalty is a time that a client's end adds to its block. It runs off like
 * any time; once it is at least min long it is in force: until it has run off
 * altogether the block gets no connection. So a block may fail once each
 * "authfail" for ever, and min/authfail times in a row.
 *
 * A lookup is one hash; the blocks with penalties are in a heap too, ordered
 * by their end, so that nobody ever walks over all of them. Memory is bounded:
 * by the connections that there are, and by max-sources4 and max-sources6.
 */
#ifndef DAEMON_SOURCES_H
#define DAEMON_SOURCES_H

#include <stdint.h>

#include "daemon/image.h"
#include "daemon/limits.h"
#include "lib/network.h"
#include "lib/settings.h"

/* What a client's end is punished for; the image has these numbers. */
enum penalty {
	PENALTY_NONE,
	PENALTY_CRASH,		/* it brought its child down */
	PENALTY_AUTHFAIL,	/* keys were refused, nobody logged in */
	PENALTY_NOAUTH,		/* nothing was tried */
	PENALTY_GRACE,		/* login-grace-time has passed */
	PENALTY_REFUSED,	/* the account is disabled or expired */
	PENALTY_END_OF_LIST
};

/*
 * Begins with an empty table and the penalties of the image that fit the
 * settings, which are borrowed. Returns 0, or -1 without memory.
 */
int	sources_init(const struct settings *, const struct image *,
	    int64_t now);

/*
 * Adds the counts of its block and what penalty it has to the load. The
 * address is that of the client, whoever has told it.
 */
void	sources_load(const struct network *, int64_t now, struct load *);

/* More (1) or fewer (-1) of a client's block; family 0 does not count. */
void	sources_count(const struct network *, int connections, int logins);

/*
 * A client has ended so, after it held a place for logins for so many ms. The
 * log is told when a block is shut out.
 */
void	sources_penalise(const struct network *, enum penalty, int64_t held,
	    int64_t now);

/*
 * Puts penalties into the image, which then owns the array: those in force
 * first, the longest first, IMAGE_PENALTIES_MAX at most. Without memory, none.
 */
void	sources_export(struct image *, int64_t now);

/* How many blocks are in the table, and have a penalty. */
struct sources_size {
	size_t	blocks;
	size_t	penalties;
};
struct sources_size sources_size(void);

#endif
