/* SPDX-License-Identifier: ISC */
/*
 * The part of ASK_TARGET that goes on while the person's child does other
 * things.
 */
#ifndef MONITOR_ANSWER_TARGET_H
#define MONITOR_ANSWER_TARGET_H

struct key;
struct monitor;

/*
 * Opens a key's seal: m->up_key, m->up_blob. Returns 0, or -1 after a line in
 * the log.
 */
int	target_load_key(struct monitor *, const struct key *);

/* After poll, while m->dial is there: answers once it is known how it went. */
void	answer_target_dialling(struct monitor *);

#endif
