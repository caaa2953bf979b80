/* SPDX-License-Identifier: ISC */
/*
 * The person's side: a libssh server session on a non-blocking socket. All
 * calls into libssh are made here and in login.c.
 */
#ifndef CHILD_CLIENT_H
#define CHILD_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>

#include "child/alive.h"
#include "lib/catalogue.h"

struct chan;
struct conn;

enum client_state {
	CLIENT_KEX,		/* the first key exchange */
	CLIENT_AUTH,		/* nobody has logged in yet */
	CLIENT_OPEN,		/* somebody has */
	CLIENT_GONE		/* the connection has ended */
};

struct client {
	enum client_state	 state;
	int			 fd;
	ssh_session		 ssh;
	ssh_bind		 bind;
	struct ssh_counter_struct bytes;	/* of the socket */
	struct ssh_counter_struct packets;
	unsigned		 requests;	/* to be let in, of any kind */
	unsigned		 queries;	/* keys asked about */
	unsigned		 attempts;	/* signatures */
	uint64_t		 heard;		/* packets when the last
						   request came out of them */
	int64_t			 unheard_since;	/* ms; 0: none came since */
	int			 asked_none;
	int			 told_certificate;
	int			 greeted;	/* has got the banner */
	struct alive		 alive;		/* counts its packets */
	unsigned		 turns;		/* chunks of data that it takes
						   in this round */
	uint64_t		 flushed;	/* of what was written, when
						   the socket had it all */
};

/*
 * Makes what can be made before anybody connects, with the first of the host
 * keys that it can use; then starts on a connected socket, which becomes its
 * own. Both return 0, or -1 after logging why.
 */
int	client_prepare(struct client *, const struct tell_start *);
int	client_start(struct client *, int fd);

/*
 * What to wait for on the socket (poll(2)); 0: it is gone. Of a client that
 * lets answers pile up nothing is read until it has taken them.
 */
short	client_events(const struct client *);

/*
 * Reads and handles what is there, writes what is pending, and asks whether a
 * silent client lives; to be called when the socket is ready or client_wait()
 * says so. The state tells what came of it.
 */
void	client_run(struct conn *);

/* Milliseconds until it wants to run without an event; -1: never. */
int	client_wait(const struct client *);

/* Whether the socket has taken all that was written. */
int	client_writable(const struct client *);

/* Gives back what bulk has left in buffers that are empty now. */
void	client_release(struct client *);

/* Says goodbye, with this reason unless it is NULL, and closes the socket. */
void	client_disconnect(struct client *, const char *why);

/*
 * Channels.
 */

/* Accepts an open; message and callbacks stay the caller's. NULL: it failed. */
ssh_channel client_accept(ssh_message, ssh_channel_callbacks);

/*
 * Opens a channel that is no session towards the client: SSH_OK, SSH_AGAIN
 * (to be called once more), or SSH_ERROR: it will not have it.
 */
int	client_open(struct chan *);

/*
 * Refuses an open, and frees it. libssh's refusal has no words in it: with a
 * sentence, the connection ends, with these.
 */
void	client_refuse(struct client *, ssh_message, const char *sentence);

/*
 * Answers a wish for a port to listen on, or for the end of one, and frees it.
 * port: the one that it came to be.
 */
void	client_listening(struct client *, ssh_message, int ok, int port);

/* Frees a channel that both sides have closed. */
void	client_free(ssh_channel);

/* Bytes that the person's client will take on a channel now. */
size_t	client_window(ssh_channel);

/*
 * Writes at most client_window() bytes. Returns how many were taken, which is
 * less while keys are exchanged, or -1: the channel is closed.
 */
int	client_write(ssh_channel, const void *, size_t, int is_stderr);

/*
 * Reads what libssh holds back of a channel because it was not taken at once.
 * Returns bytes, or 0.
 */
size_t	client_read(ssh_channel, void *, size_t);

void	client_eof(ssh_channel);

/* How a program ended, and then the close of its channel. */
void	client_close(struct chan *);

/* Answers a request and frees it; returns whether an answer was wanted. */
int	client_reply(struct client *, ssh_message, int ok);

#endif
