/* SPDX-License-Identifier: ISC */
/*
 * The part of ASK_TARGET that goes on while the person's child does other
 * things.
 */
#ifndef MONITOR_ANSWER_TARGET_H
#define MONITOR_ANSWER_TARGET_H

struct monitor;

/* After poll, while m->dial is there: answers once it is known how it went. */
void	answer_target_dialling(struct monitor *);

#endif
