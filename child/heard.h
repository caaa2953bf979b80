/* SPDX-License-Identifier: ISC */
/*
 * What the host has said about a channel's end and libssh2 does not tell:
 * whether there was an exit status at all, whether a signal left a core, and
 * the words with it.
 *
 * libssh2 takes memory from its session's functions (upstream.c) and gives a
 * packet back, as it was decrypted, when it has done with it. There it is read.
 * Where a libssh2 does so no more, nothing is heard and all is as it tells.
 */
#ifndef CHILD_HEARD_H
#define CHILD_HEARD_H

#include <stddef.h>
#include <stdint.h>

#include <libssh2.h>

#define HEARD_MESSAGE_MAX	1024	/* bytes of a message that are kept */

struct upstream;

struct heard {
	LIBSSH2_CHANNEL	*channel;
	uint32_t	 id;		/* libssh2's */
	int		 status;	/* an exit status came */
	int		 core;		/* of an exit signal */
	char		*message;	/* the same; or NULL */
};

/* Looks at memory that libssh2 gives back. */
void	heard_freed(struct upstream *, const void *, size_t);

/* The host has just confirmed this channel; and it is gone. */
void	heard_open(struct upstream *, LIBSSH2_CHANNEL *);
void	heard_close(struct upstream *, const LIBSSH2_CHANNEL *);

/* What was heard of a channel; NULL: it cannot be known. */
const struct heard *heard_of(const struct upstream *, const LIBSSH2_CHANNEL *);

#endif
