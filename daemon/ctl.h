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

/* Hands an errand's socket over, which stays the caller's to close. */
enum ipc_result	 ctl_send_errand(int ctl, int sock);

/* What a monitor says. */
struct ctl_said {
	uint8_t		type;		/* enum ctl */
	uint32_t	child_pid;	/* of CTL_SPARE */
	int		fd;		/* of CTL_ERRAND, the caller's; -1 */
};

/* Receives one message of a monitor. */
enum ipc_result	 ctl_recv(int ctl, struct ctl_said *);

#endif
