/* SPDX-License-Identifier: ISC */
/*
 * The person's login: every answer is the monitor's.
 */
#ifndef CHILD_LOGIN_H
#define CHILD_LOGIN_H

#include <libssh/libssh.h>
#include <libssh/server.h>

struct client;
struct conn;

/* Answers a request to log in; the message stays the caller's. */
void	login_message(struct conn *, ssh_message);

/* After all requests were handled: ends a client whom libssh leaves waiting. */
void	login_check(struct client *);

/* Milliseconds until that is to be called without an event; -1: never. */
int	login_wait(const struct client *);

#endif
