/* SPDX-License-Identifier: ISC */
/*
 * A monitor's way to have things written: it hands records to the keeper and
 * remembers each until the keeper says that it is safe. A record is never
 * lost: what the keeper does not acknowledge goes to the spool, fsynced, from
 * where a keeper writes it later; the record's id sees to it that nothing is
 * written twice. Nothing here waits for the store.
 *
 * Text in records is raw: the keeper escapes what may hold hostile bytes.
 *
 * Order at the end of a session: records_put() of SESSION_END, then
 * records_finish(), then only remove session-ID.sock: a row whose socket does
 * not answer is closed by the keeper.
 */
#ifndef MONITOR_RECORDS_H
#define MONITOR_RECORDS_H

#include <stddef.h>

#include "lib/catalogue.h"

struct settings;

#define RECORDS_PENDING_MAX	256	/* records not yet acknowledged ... */
#define RECORDS_BYTES_MAX	(1024 * 1024)	/* ... and their size */

/*
 * Remembers where keeper and spool are. Connects only with the first record,
 * so that spares do not count as sessions. Opens the spool directory.
 * Returns 0, or -1 with errno.
 */
int	records_init(const struct settings *);

/*
 * Hands a record over; copies what it points at. An id of zeroes is replaced
 * by a random one, `at` 0 by the present. Non-blocking, but for an fsync where
 * it must spool. Returns 0, or -1 when it is neither with the keeper nor in
 * the spool (which is logged with the record's content).
 */
int	records_put(struct record *);

/*
 * Tells the keeper of a refused login, a record of the kind RECORD_EVENT of
 * which the domain and the action do not count. It is not remembered: where no
 * keeper listens, or it has no time, it is lost.
 */
void	records_tell_refused(struct record *);

/*
 * What to poll: the connection's descriptor or -1, and the events to wait for.
 * Ask again before each poll.
 */
int	records_fd(short *events);

/* After poll: takes acknowledgements, sends on. Non-blocking. */
void	records_poll(void);

/* Records neither acknowledged nor spooled. */
size_t	records_pending(void);

/*
 * The end: waits at most ms milliseconds for acknowledgements, spools the rest,
 * closes. Returns 0, or -1 when something is lost (logged).
 */
int	records_finish(int ms);

/*
 * For a forked process that is not the monitor (a shell): closes without
 * sending or spooling anything.
 */
void	records_forget(void);

#endif
