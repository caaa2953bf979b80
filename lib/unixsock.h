/* SPDX-License-Identifier: ISC */
/*
 * Unix sockets by directory and name: the paths may be longer than the 108
 * bytes of an address, so each is reached through the opened directory.
 */
#ifndef LIB_UNIXSOCK_H
#define LIB_UNIXSOCK_H

/*
 * A listening socket (type SOCK_SEQPACKET or SOCK_STREAM), non-blocking,
 * close-on-exec, mode 0600; a socket that was left there is replaced. Returns
 * the descriptor, or -1 with errno.
 */
int	unixsock_listen(const char *dir, const char *name, int type);

/*
 * A connected socket, non-blocking, close-on-exec; never waits. Returns the
 * descriptor, or -1 with errno (ENOENT, ECONNREFUSED: nobody is there).
 */
int	unixsock_connect(const char *dir, const char *name, int type);

/*
 * Whether somebody listens there, without their noticing: 1 yes, 0 no, -1
 * with errno when it could not be found out.
 */
int	unixsock_alive(const char *dir, const char *name);

/* Removes a socket's name. Returns 0, or -1 with errno. */
int	unixsock_remove(const char *dir, const char *name);

/* Whether the other end is a process of our own uid, or root's. */
int	unixsock_peer_trusted(int fd);

#endif
