/* SPDX-License-Identifier: ISC */
/*
 * TCP_QUICKACK: without it a peer that has Nagle's algorithm on waits 40 ms
 * for a delayed acknowledgement, several times in a login.
 */
#ifndef CHILD_QUICKACK_H
#define CHILD_QUICKACK_H

/*
 * Acknowledge at once. The kernel forgets it, so it is renewed after each read
 * and before each wait of a handshake; harmless on what is not TCP.
 */
void	quickack(int fd);

#endif
