/* SPDX-License-Identifier: ISC */
/*
 * Jumps: connections of the portal's own to a host, through which the person's
 * client logs in there by itself (ssh -J). The monitor says to which, and
 * dials; here bytes pass, which nobody can read.
 */
#ifndef CHILD_JUMP_H
#define CHILD_JUMP_H

struct chan;

/*
 * Whether a channel to a port is one: the login leads to no host that could
 * forward it. From then on it is a CHAN_JUMP.
 */
int	jump_wanted(struct chan *);

/* Asks the monitor, and lets bytes pass once it has answered. */
void	jump_start(struct chan *);

#endif
