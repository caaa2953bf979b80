/* SPDX-License-Identifier: ISC */
/*
 * The names of channel requests that libssh does not know. It hands them over
 * without; only what it would log has them, a line for each in the order in
 * which they come. That costs some time for each packet, so that it is not for
 * large transfers. A libssh that words its lines otherwise leaves the requests
 * nameless.
 */
#ifndef CHILD_NAMING_H
#define CHILD_NAMING_H

enum naming {
	NAMING_NONE,		/* it was not caught */
	NAMING_EOW,		/* eow@openssh.com */
	NAMING_BREAK,		/* RFC 4335 */
	NAMING_OTHER
};

/* Somebody wants names; and no longer does. */
void	naming_start(void);
void	naming_stop(void);

/* The name of the unknown request that libssh has just handed over. */
enum naming naming_take(void);

/* libssh has handed over all that it has read. */
void	naming_settled(void);

#endif
