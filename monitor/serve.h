/* SPDX-License-Identifier: ISC */
/*
 * The monitor's loop.
 */
#ifndef MONITOR_SERVE_H
#define MONITOR_SERVE_H

struct monitor;

/*
 * Waits for whatever comes and has it handled, until an end is decided on
 * (monitor_end()). No timer runs while nothing is awaited.
 */
void	serve(struct monitor *);

#endif
