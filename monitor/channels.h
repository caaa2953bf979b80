/* SPDX-License-Identifier: ISC */
/*
 * The channels of a connection that are open. The child counts them as it
 * likes; our own numbers go into the records and are never used twice.
 */
#ifndef MONITOR_CHANNELS_H
#define MONITOR_CHANNELS_H

#include <stdint.h>
#include <sys/types.h>

struct monitor;
struct monitor_channel;

/* A new one, or NULL when there are as many as are allowed. */
struct monitor_channel *channels_add(struct monitor *, uint32_t number);

/* Borrowed until one is added or removed; NULL: none. */
struct monitor_channel *channels_find(struct monitor *, uint32_t number);
struct monitor_channel *channels_of_shell(struct monitor *, pid_t);

/*
 * Closes what is open of it. A shell that runs hangs up, and it is gone for
 * good only when that was reaped and this is called again with c->shell 0.
 */
void	channels_remove(struct monitor *, struct monitor_channel *);

#endif
