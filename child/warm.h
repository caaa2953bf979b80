/* SPDX-License-Identifier: ISC */
/*
 * What the crypto libraries do once, done before anything is forked: a child
 * then finds it in memory that it shares with all others, opens no file, and
 * its key exchange costs half as much.
 */
#ifndef CHILD_WARM_H
#define CHILD_WARM_H

/*
 * Starts the libraries. The daemon calls it before it forks; called again it
 * does nothing. Ends the process when a library does not start.
 */
void	child_warm_up(void);

#endif
