/* SPDX-License-Identifier: ISC */
/*
 * A monitor before its person arrives: everything slow or privileged is done
 * ahead of need.
 */
#ifndef MONITOR_SPARE_H
#define MONITOR_SPARE_H

struct monitor;

/*
 * Reads the master key as root, drops to the monitor's uid, opens the store,
 * loads the host key. Takes secrets_fd over. Ends the process when that cannot
 * be: with MONITOR_SPARE if time may cure it, else with MONITOR_FATAL.
 */
void	spare_prepare(struct monitor *, int secrets_fd);

/* Tells the child the host keys and the daemon that a pair is ready. */
void	spare_report(struct monitor *);

/*
 * After a minute without a person: ends a spare whose host key or store is no
 * longer the right one. One whose store is only away stays: it can still tell
 * people so, which a new one, without a host key, could not.
 */
void	spare_check(struct monitor *);

#endif
