/* SPDX-License-Identifier: ISC */
/*
 * A child without a person: it logs in on a host for the portal itself, gives
 * a script to a shell there if there is one, and tells the monitor of both.
 */
#ifndef CHILD_ERRAND_H
#define CHILD_ERRAND_H

struct conn;
struct ipc;

/* All of it, from TELL_ERRAND to the end; does not return before that. */
void	errand_run(struct conn *, struct ipc *told);

#endif
