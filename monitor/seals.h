/* SPDX-License-Identifier: ISC */
/*
 * The seals of the audit log. Each event that is sealed has a number, without
 * gaps, and two keyed BLAKE2b sums (the key is a subkey of the master key): one
 * of the row with its number, one that chains it to the sum of the event
 * before. The last number is in the settings, under a sum of its own, so that
 * the end cannot be cut off unseen. Who can write to the database but does not
 * have the key cannot change, remove, add in between or reorder what is sealed.
 */
#ifndef MONITOR_SEALS_H
#define MONITOR_SEALS_H

#include <stddef.h>
#include <stdint.h>

struct db;
struct event;

#define SEALS_BATCH	256	/* events in a transaction */

/*
 * Seals the oldest unsealed events, SEALS_BATCH at most, in one transaction;
 * *sealed gets how many: if it is that many there may be more. Of several
 * instances one does it at a time. An end that was cut off is not papered
 * over: its numbers stay missing, and an event tells of it. Returns a class
 * of enum db_status. Needs secrets_event_key().
 */
int	seals_extend(struct db *, size_t *sealed);

enum seals_fault {
	SEALS_EDITED,		/* first: the row or its seal was changed */
	SEALS_MOVED,		/* first: it did not follow the one before it */
	SEALS_MISSING,		/* first to last */
	SEALS_CUT,		/* first to last, at the end */
	SEALS_HEAD		/* the record of the last number was changed */
};

/* Told of each fault, by the events' numbers. */
typedef void seals_report(void *arg, enum seals_fault, int64_t first,
    int64_t last);

struct seals_count {
	int64_t	good, faults;	/* events, faults reported */
	int64_t	waiting;	/* events not sealed yet */
};

/* Walks all of it. Returns a class of enum db_status. */
int	seals_verify(struct db *, seals_report *, void *arg,
	    struct seals_count *);

/*
 * The same, and hands over each event that can be believed, in their order:
 * those that are as they were sealed, then those that wait for it.
 */
typedef void seals_event(void *arg, const struct event *);
int	seals_walk(struct db *, seals_report *, seals_event *, void *arg,
	    struct seals_count *);

#endif
