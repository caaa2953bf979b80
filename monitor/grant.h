/* SPDX-License-Identifier: ISC */
/*
 * The end of what was granted to a person who is there: withdrawn by somebody,
 * or come by itself, for accounts, keys and rules may have an end. Of that the
 * person is warned a minute before, on each terminal.
 */
#ifndef MONITOR_GRANT_H
#define MONITOR_GRANT_H

#include <stdint.h>

struct jump;
struct monitor;

#define GRANT_WARNING_S	60	/* before the end */

/* Ends the session (jump NULL), or one of its jumps, with a sentence. */
void	grant_end(struct monitor *, struct jump *, const char *sentence);

/*
 * The same, and an event: the person may no longer be there, for this reason
 * ("your ...").
 */
void	grant_withdrawn(struct monitor *, struct jump *, const char *why);

/*
 * When to warn, or to look whether something has ended (monotonic ms), 0:
 * never; and that. Where the store is away an end that is known comes all the
 * same.
 */
int64_t	grant_deadline(const struct monitor *);
void	grant_run(struct monitor *);

#endif
