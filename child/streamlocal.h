/* SPDX-License-Identifier: ISC */
/*
 * Unix sockets that are forwarded (section 2.4 of OpenSSH's PROTOCOL). The
 * libraries can do that with what lies in contrib/patches; without it these
 * say no, and the client's wish has been refused by libssh before.
 */
#ifndef CHILD_STREAMLOCAL_H
#define CHILD_STREAMLOCAL_H

#include <libssh/libssh.h>
#include <libssh/server.h>
#include <libssh2.h>

/* Whether a message opens a channel to a Unix socket of the host's. */
int	streamlocal_is_open(ssh_message);

/*
 * Whether a global request is that the host listens on a Unix socket, or
 * ceases to: then *cancel is set.
 */
int	streamlocal_is_listen(ssh_message, int *cancel);

/* Somebody has connected: SSH_OK, SSH_AGAIN or SSH_ERROR, as in libssh. */
int	streamlocal_open_back(ssh_channel, const char *path);

/* Makes the host listen; as libssh2_channel_forward_listen_ex(). */
LIBSSH2_LISTENER *streamlocal_listen(LIBSSH2_SESSION *, const char *path,
	    int queue);

/*
 * Who connected to a port of the host's, as the host says: borrowed from the
 * channel; NULL if it is not known.
 */
const char *streamlocal_originator(LIBSSH2_CHANNEL *, int *port);

#endif
