/* SPDX-License-Identifier: ISC */
/*
 * Ports on which the host listens for the person (RFC 4254, section 7.1), and
 * Unix sockets (section 2.4 of OpenSSH's PROTOCOL).
 */
#ifndef CHILD_LISTEN_H
#define CHILD_LISTEN_H

#include <sys/queue.h>

#include <libssh/libssh.h>

struct conn;
struct listener;

TAILQ_HEAD(listeners, listener);

/*
 * A global request, to listen or to cease; the message becomes the list's.
 * They are answered in their order. port: or FORWARD_UNIX.
 */
void	listen_request(struct conn *, ssh_message, int port, int cancel);

/* Does all that can be done now: asks, answers, takes who has connected. */
void	listen_run(struct conn *);

/* The connection is gone. */
void	listen_end(struct conn *);

#endif
