/* SPDX-License-Identifier: ISC */
/*
 * The keeper's way to the sessions of its instance: each is told to look again
 * whether its person may still be there, or to stop. What thousands are told
 * comes at a bounded pace, a few at a time, so that the store and the machine
 * go on with what people do; a stop never waits behind that.
 */
#ifndef MONITOR_ASKER_H
#define MONITOR_ASKER_H

#include <stdint.h>

struct asker;

#define ASKER_AT_ONCE	8	/* answers that are waited for */
#define ASKER_A_SECOND	500	/* sessions told to look again */

/* For the sockets in run_dir, which stays the caller's. Does not fail. */
struct asker	*asker_new(const char *run_dir);
void		 asker_free(struct asker *);

/* All that live now are to look again; asked for often, it is done once. */
void	asker_sweep(struct asker *);

/*
 * This session, if it is one of this instance, is to stop, for a reason ("":
 * none). It is told once, as long as each call of asker_stops_end() has one of
 * this before it.
 */
void	asker_stop(struct asker *, int64_t session, const char *reason);
void	asker_stops_end(struct asker *);

/*
 * What to poll for reading, when it wants to run without that (monotonic ms,
 * -1: never), and that. Never waits.
 */
int	asker_fd(const struct asker *);
int64_t	asker_wakes(const struct asker *);
void	asker_run(struct asker *);

#endif
