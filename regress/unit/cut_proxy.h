/* SPDX-License-Identifier: ISC */
/*
 * A way to the tests' database server that can be cut: in a process group of
 * its own, one process a connection.
 */
#ifndef REGRESS_CUT_PROXY_H
#define REGRESS_CUT_PROXY_H

#include <sys/types.h>

/* On *port, or on a free one, which it gets, where that is 0. */
pid_t	cut_proxy_start(int *port);

/* Cuts all connections, and takes no more. */
void	cut_proxy_stop(pid_t);

#endif
