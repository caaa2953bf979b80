/* SPDX-License-Identifier: ISC */
/*
 * Dialling a host without ever waiting for it: names are resolved in a short-
 * lived process, connections are non-blocking, addresses tried in turn, and
 * one time limit covers all of it.
 */
#ifndef MONITOR_DIAL_H
#define MONITOR_DIAL_H

#include <stddef.h>
#include <stdint.h>

struct dial;

enum dial_result {
	DIAL_WAIT,	/* poll again */
	DIAL_DONE,	/* dial_take() */
	DIAL_FAILED	/* dial_error() */
};

/*
 * Begins. ms is the limit for all addresses together; each gets an even share
 * of what is left. prepare(arg) is called in the resolver's process, which
 * must not keep what its parent knows. dial_free() frees.
 */
struct dial	*dial_start(const char *host, uint16_t port, int64_t ms,
		    void (*prepare)(void *), void *arg);

/* What to poll, for which events, and until when (monotonic ms). */
int		 dial_fd(const struct dial *, short *events);
int64_t		 dial_deadline(const struct dial *);

/* After poll, whatever it said. */
enum dial_result dial_step(struct dial *);

/* The connected socket, non-blocking; now the caller's. */
int		 dial_take(struct dial *);

/* In a few words, for people: "connection refused". Borrowed. */
const char	*dial_error(const struct dial *);

/*
 * The addresses that the name stands for, with blanks between them, into buf;
 * returns how many, 0 while they are not known.
 */
int		 dial_addresses(const struct dial *, char *buf, size_t);

#define DIAL_PEER_SIZE	80	/* of an address with its port, and the NUL */

/* Where a socket leads to: "192.0.2.7:22", "[2001:db8::7]:22". */
void		 dial_peer(int fd, char *buf, size_t);

/* Ends it. Harmless on NULL. */
void		 dial_free(struct dial *);

/*
 * What every connection gets before it is handed over: no delay, and with
 * keepalive probes of a peer that is silent, and an end when it has taken
 * nothing for two minutes.
 */
void		 dial_set_options(int fd, int keepalive);

#endif
