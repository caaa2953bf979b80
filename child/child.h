/* SPDX-License-Identifier: ISC */
/*
 * The child: the one process of a connection that reads hostile bytes. It
 * speaks SSH to the person (libssh) and to the host (libssh2) and relays
 * between them; what it may not decide or do it asks its monitor for.
 */
#ifndef CHILD_CHILD_H
#define CHILD_CHILD_H

struct settings;

/*
 * The whole life of a child, in a freshly forked process with the monitor's
 * ids and all that it inherited: gives up everything but the gate, waits for a
 * connection, serves it, ends.
 */
void	child_main(int gate, const struct settings *)
	    __attribute__((noreturn));

#endif
