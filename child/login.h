/* SPDX-License-Identifier: ISC */
/*
 * The person's login: every answer is the monitor's.
 */
#ifndef CHILD_LOGIN_H
#define CHILD_LOGIN_H

#include <libssh/libssh.h>
#include <libssh/server.h>

struct conn;

/* Answers a request to log in; the message stays the caller's. */
void	login_message(struct conn *, ssh_message);

#endif
