/* SPDX-License-Identifier: ISC */
/*
 * The daemon's messages with its monitors. As lib/ipc.h, but nothing here asks
 * for memory: in the daemon a refused allocation must not end anything.
 */
#ifndef DAEMON_CTL_H
#define DAEMON_CTL_H

#include "lib/catalogue.h"

/* Takes the little memory that there is to take; at the start. */
void		 ctl_init(void);

/* Hands a client over; the socket stays the caller's to close. */
enum ipc_result	 ctl_send_connection(int ctl, int client, const char *source,
		    const char *local);
enum ipc_result	 ctl_send_retire(int ctl);

/*
 * Receives one message of a monitor: its type (enum ctl), and for CTL_SPARE
 * the child's pid.
 */
enum ipc_result	 ctl_recv(int ctl, uint8_t *type, uint32_t *child_pid);

#endif
