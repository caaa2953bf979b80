/* SPDX-License-Identifier: ISC */
/*
 * Which kind of channel (db/kinds.h) it is that a child asks for.
 */
#ifndef MONITOR_KIND_H
#define MONITOR_KIND_H

#include "db/kinds.h"

struct ask_channel_open;

/*
 * By what the child says of it: its type, and of a program also the command
 * or the subsystem's name, and whether there is a terminal. Returns 0, or -1
 * for a type that is none.
 */
int	kind_of(const struct ask_channel_open *, enum kind *);

/* Whether a command is plainly scp's server side; see kind.c. */
int	kind_is_scp(const char *command);

/* Whether a command is plainly a file server, without options. */
int	kind_is_sftp_server(const char *command);

#endif
