/* SPDX-License-Identifier: ISC */
/*
 * What the files of the host's side share among themselves.
 */
#ifndef CHILD_UPSTREAM_INT_H
#define CHILD_UPSTREAM_INT_H

#include "child/offer.h"
#include "child/upstream.h"

/*
 * The connection is of no more use: the printf-like sentence, after the name
 * of the host, is what people read. The session is told by upstream_run().
 */
void	upstream_lost(struct upstream *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * What a result of libssh2 means: UP_OK, UP_AGAIN, or UP_FAILED, after
 * which the connection is lost unless the error was the request's own.
 */
int	upstream_check(struct upstream *, ssize_t rc);

/* libssh2's words for its last error, escaped; borrowed until the next. */
const char *upstream_error(struct upstream *);

/*
 * Through via to the host, over a channel that takes the socket's place
 * (upstream_way.c): one step of opening it.
 */
int	upstream_way_step(struct upstream *);

/* As send(2) and recv(2) would on the socket: bytes, or -errno. */
ssize_t	upstream_way_send(struct upstream *, const void *, size_t);
ssize_t	upstream_way_recv(struct upstream *, void *, size_t);

/* Whether something may be there to be read. */
int	upstream_way_stirs(const struct upstream *);

/* The one before is dead: so is this one, for its reason. */
void	upstream_way_lost(struct upstream *);

/* One step of handshake or login; UP_AGAIN when it has to wait. */
int	upstream_login_step(struct upstream *);

/* Goes on with what was begun: the spare, closes, a question. */
void	upstream_channels_step(struct upstream *);

/* libssh2 has this channel: it is among those that are read for. */
void	upstream_keep(struct upstream *, LIBSSH2_CHANNEL *);

/*
 * What came of opening one: UP_OK with a channel, which is kept; UP_AGAIN, or
 * UP_FAILED without.
 */
int	upstream_opened(struct upstream *, LIBSSH2_CHANNEL *);

/* What a request that waits for an answer has come to. */
int	upstream_answered(struct upstream *, LIBSSH2_CHANNEL *, int rc);

/* Hands over the channels that the host has opened. */
void	upstream_arrivals(struct upstream *);

/* Asks the host whether it lives; its answer is read and forgotten. */
void	upstream_ask(struct upstream *);

/* Takes from the socket what is there, into libssh2's own queues. */
void	upstream_pump(struct upstream *);

#endif
