/* SPDX-License-Identifier: ISC */
/*
 * What the libraries do with Unix sockets, if they do.
 */
#include "child/streamlocal.h"

#include <config.h>

#if defined(HAVE_SSH_CHANNEL_OPEN_FORWARDED_STREAMLOCAL) && \
    defined(HAVE_LIBSSH2_CHANNEL_FORWARD_LISTEN_STREAMLOCAL)

int
streamlocal_is_open(ssh_message msg)
{
	return (ssh_message_subtype(msg) == SSH_CHANNEL_DIRECT_STREAMLOCAL);
}

int
streamlocal_is_listen(ssh_message msg, int *cancel)
{
	*cancel = ssh_message_subtype(msg) ==
	    SSH_GLOBAL_REQUEST_CANCEL_STREAMLOCAL_FORWARD;
	return (*cancel || ssh_message_subtype(msg) ==
	    SSH_GLOBAL_REQUEST_STREAMLOCAL_FORWARD);
}

int
streamlocal_open_back(ssh_channel channel, const char *path)
{
	return (ssh_channel_open_forwarded_streamlocal(channel, path));
}

LIBSSH2_LISTENER *
streamlocal_listen(LIBSSH2_SESSION *ssh, const char *path, int queue)
{
	return (libssh2_channel_forward_listen_streamlocal(ssh, path, queue));
}

#else

int
streamlocal_is_open(ssh_message msg)
{
	(void)msg;
	return (0);
}

int
streamlocal_is_listen(ssh_message msg, int *cancel)
{
	(void)msg;
	*cancel = 0;
	return (0);
}

int
streamlocal_open_back(ssh_channel channel, const char *path)
{
	(void)channel;
	(void)path;
	return (SSH_ERROR);
}

LIBSSH2_LISTENER *
streamlocal_listen(LIBSSH2_SESSION *ssh, const char *path, int queue)
{
	(void)path;
	(void)queue;
	libssh2_session_set_last_error(ssh, LIBSSH2_ERROR_BAD_USE, NULL);
	return (NULL);
}

#endif

const char *
streamlocal_originator(LIBSSH2_CHANNEL *channel, int *port)
{
#ifdef HAVE_LIBSSH2_CHANNEL_FORWARD_ORIGINATOR
	return (libssh2_channel_forward_originator(channel, port));
#else
	(void)channel;
	*port = 0;
	return (NULL);
#endif
}
