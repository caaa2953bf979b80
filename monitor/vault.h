/* SPDX-License-Identifier: ISC */
/*
 * What a shell cannot do for want of the master key: sealing and opening
 * single values of the store. Who asks is not in the request: it is the person
 * that logged in, and what role they have the store says at that moment.
 */
#ifndef MONITOR_VAULT_H
#define MONITOR_VAULT_H

struct monitor;

/*
 * Serves one request on a shell's socket. Returns 0, or -1 when the socket is
 * of no more use.
 */
int	vault_serve(struct monitor *, int sock);

#endif
