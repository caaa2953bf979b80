/* SPDX-License-Identifier: ISC */
/*
 * Channels that are no sessions: to a port that the host reaches for the
 * person (RFC 4254, section 7.2), and those that the host opens back, to a
 * port of the person's (7.2), their agent, or their display (6.3). In a
 * port's place may stand a Unix socket (section 2.4 of OpenSSH's PROTOCOL).
 */
#ifndef CHILD_FORWARD_H
#define CHILD_FORWARD_H

#include <libssh/libssh.h>
#include <libssh2.h>

#include "child/chan.h"

struct conn;
struct upstream_arrival;

#define FORWARD_UNIX	(-2)	/* for a port: the host's name is a path */

struct forward {
	ssh_message	 msg;		/* LOCAL, JUMP: not answered yet */
	char		*host;		/* LOCAL, JUMP: where to; REMOTE: where
					   the host listens, as the client
					   said */
	int		 port;		/* or FORWARD_UNIX */
	char		*source;	/* who connected, as far as is known */
	int		 source_port;
};

/*
 * The client opens one. Returns NULL, then msg is the channel's, or a sentence
 * why there can be none.
 */
const char *forward_new(struct conn *, ssh_message);

/*
 * The host has opened one, which becomes the channel's. host and port: of
 * CHAN_REMOTE, where it listens.
 */
void	forward_arrived(struct conn *, const struct upstream_arrival *,
	    const char *host, int port);

/* Opens its other side when it can, and moves bytes. */
void	forward_run(struct chan *);

/*
 * It does not come to bytes. why: a reason that holds for all of the connection
 * and ends it, if there is no other channel; or NULL.
 */
void	forward_give_up(struct chan *, const char *why);

/* "host:port" or "unix:path" as the history has it. Caller frees. */
char	*forward_address(const char *host, int port);

/* What is wrong with an address, as a sentence, or NULL. */
const char *forward_wrong(const char *host, int port);

/* NULL is nothing. */
void	forward_free(struct forward *);

#endif
