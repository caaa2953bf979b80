/* SPDX-License-Identifier: ISC */
/*
 * The end of what was granted to a person who is there.
 */
#ifndef MONITOR_GRANT_H
#define MONITOR_GRANT_H

struct jump;
struct monitor;

/* Ends the session (jump NULL), or one of its jumps, with a sentence. */
void	grant_end(struct monitor *, struct jump *, const char *sentence);

/* The same, and an event: the person may no longer be there, for this reason
 * ("your ..."). */
void	grant_withdrawn(struct monitor *, struct jump *, const char *why);

#endif
