/* SPDX-License-Identifier: ISC */
/*
 * Logins that were refused, on their way to become events. Whoever knocks at
 * the door a million times must not write a million rows: the first refusal of
 * an address (and, where somebody is known, of theirs) is an event at once,
 * the next are counted into one event a minute, then every two minutes, and so
 * on up to an hour, until there is a time without any. Of addresses there are
 * some at once, and some that are new in a minute; all others are counted
 * together. Nothing of this is on a disk: who ends, forgets.
 */
#ifndef MONITOR_REFUSALS_H
#define MONITOR_REFUSALS_H

#include <stdint.h>

struct event;
struct record;
struct refusals;

#define REFUSALS_SOURCES	256	/* counted apart */
#define REFUSALS_NEW		64	/* of them new in a minute */
#define REFUSALS_FIRST_MS	60000	/* until the second event of one */
#define REFUSALS_LAST_MS	3600000	/* between events, at most */

/* Free with refusals_free(). */
struct refusals	*refusals_new(void);
void		 refusals_free(struct refusals *);

/* One more: a record of the kind RECORD_EVENT. now is monotonic ms. */
void	refusals_add(struct refusals *, const struct record *, int64_t now);

/* When the next event is due, monotonic ms; -1: none is. */
int64_t	refusals_wakes(const struct refusals *);

/*
 * The next event that is due, 1, or 0 for none. What it points at stays until
 * the next call of any of these.
 */
int	refusals_next(struct refusals *, int64_t now, struct event *);

/* Makes all that was counted due now: the end comes. */
void	refusals_flush(struct refusals *);

#endif
