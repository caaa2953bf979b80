/* SPDX-License-Identifier: ISC */
/*
 * The host's side: a libssh2 session on a non-blocking socket, from the
 * handshake to its channels. All calls into libssh2 are made here and in
 * upstream_login.c.
 *
 * A host that lies behind others is reached through a chain of such
 * connections. Each but the first runs over a channel of the one before it,
 * `via`, which takes the socket's place; the last is the one that the session
 * knows, and whatever is done with that is done with the chain.
 *
 * Functions that may have to wait return UP_AGAIN and are called again, with
 * the same arguments, when the socket was ready or the monitor has answered.
 */
#ifndef CHILD_UPSTREAM_H
#define CHILD_UPSTREAM_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include <libssh2.h>

#include "child/alive.h"
#include "child/heard.h"
#include "lib/buf.h"
#include "lib/catalogue.h"
#include "lib/msg.h"

struct conn;
struct forward;

#define UP_OK		0
#define UP_AGAIN	(-1)
#define UP_FAILED	(-2)	/* this request, or the whole connection */

#define UP_SIGNAL_SIZE 64

enum upstream_state {
	UP_NONE,		/* no connection yet */
	UP_WAY,			/* through the one before */
	UP_HANDSHAKE,
	UP_KEY_ASKED,		/* the monitor compares the host's key */
	UP_LOGIN_KEY,		/* by key */
	UP_PASSWORD_ASKED,	/* the monitor looks for the password */
	UP_LOGIN_PASSWORD,
	UP_LOGIN_PROMPT,	/* password, by keyboard-interactive */
	UP_READY,
	UP_DEAD
};

/* How a program has ended. */
struct upstream_exit {
	int		 how;		/* CHANNEL_END_... */
	uint32_t	 status;
	char		 signal[UP_SIGNAL_SIZE]; /* without SIG; or empty */
	int		 core;		/* and it left one */
	char		 message[HEARD_MESSAGE_MAX + 1]; /* the host's; raw */
};

/* A channel that the host has opened. */
struct upstream_arrival {
	int		 kind;		/* enum chan_kind */
	LIBSSH2_CHANNEL	*channel;
	char		*source;	/* who connected there, or empty */
	int		 source_port;
};

/* The one signature of a login by key. */
struct upstream_sign {
	int		 asked;		/* the monitor has the question */
	int		 answered;
	int		 times;
	int		 old;		/* with SHA-1, the second time */
	int		 weak;		/* it wants SHA-1, which is not
					   permitted */
	uint8_t		*sig;		/* NULL: refused */
	size_t		 len;
};

struct upstream {
	enum upstream_state	 state;
	struct conn	*conn;
	LIBSSH2_SESSION	*ssh;
	int		 fd;		/* of the first in the chain */
	struct upstream	*via;		/* the one before, owned, or NULL */
	LIBSSH2_CHANNEL	*way;		/* of via, instead of fd */
	char		*addr;		/* where via connects it to */
	int		 port;
	int64_t		 way_ends;	/* monotonic ms: its time for that */
	uint64_t	 way_seen;	/* via's received when dry was set */
	uint8_t		 hop;		/* its number for the monitor */
	char		*host;		/* in the inventory, escaped */
	char		*name;		/* the same for messages */
	char		*account;
	char		*account_name;	/* the same, escaped */
	uint8_t		*key;		/* to log in with, or NULL */
	size_t		 key_len;
	int		 has_password;
	int		 legacy;	/* old algorithms are permitted */
	char		*password;	/* while it is being used */
	int		 prompted;	/* a prompt has got it */
	unsigned	 rounds;	/* of prompts */
	struct upstream_sign sign;
	struct buf	 out;		/* what the socket has not taken yet */
	char		*lost;		/* sentence, of UP_DEAD */
	const char	*why;		/* its end, or NULL: what people who
					   know the host need */
	struct msg	 offered;	/* its first bytes, until its key is
					   known */
	int		 told;		/* the session knows it */
	int		 shown;		/* the monitor knows its key */
	uint64_t	 received;	/* bytes off the socket */
	uint64_t	 settled;	/* the chain's, at the last run */
	size_t		 turn_read;	/* of these, since others had a turn */
	size_t		 memory;	/* bytes that libssh2 has */
	int		 full;		/* these are enough for now */
	int64_t		 due;		/* when its login must be over,
					   monotonic ms; 0: not begun */
	char		*goodbye;	/* the host's last words, or NULL */
	int		 dry;		/* nothing there since the last poll */
	uint8_t		 ahead[256];	/* read, not yet asked for */
	size_t		 ahead_off, ahead_len;
	void		*opener;	/* whose channel is being opened */
	LIBSSH2_CHANNEL	*spare;		/* open, nobody's yet */
	LIBSSH2_CHANNEL	**open;		/* all that libssh2 has */
	size_t		 nopen;
	struct heard	*heard;		/* what was, of their ends */
	size_t		 nheard;
	uint32_t	 confirmed;	/* id of the last that was opened */
	int		 is_confirmed;	/* and nobody has asked for it yet */
	LIBSSH2_CHANNEL	*growing;	/* whose window is; NULL: none's */
	unsigned long	 growth;	/* and by how much */
	LIBSSH2_CHANNEL	**closing;	/* until the host closes too */
	size_t		 nclosing;
	struct upstream_arrival *arrivals; /* that nobody has looked at yet */
	size_t		 narrivals;
	uint64_t	 closing_seen;	/* received when they were looked at */
	unsigned	 turn;		/* which stream is read first */
	int		 wiping;	/* freed memory is wiped: login */
	int		 no_spare;	/* the host does not open one */
	struct alive	 alive;		/* counts received */
};

/*
 * Starts on a connected socket, which becomes its own, with the chain that
 * leads to the host. The session is told by conn_fail() when it does not come
 * to a login. Returns 0 or -1.
 */
int	upstream_start(struct upstream *, struct conn *, int fd,
	    const struct answer_target *);

/*
 * What to wait for on the socket; 0: nothing. To be called before each poll:
 * until a session has started, what was received is acknowledged here.
 */
short	upstream_events(struct upstream *);

/* Goes on, with what poll said about the socket (0: nothing). */
void	upstream_run(struct upstream *, short revents);

/* Sends what has been written since; before each wait for events. */
void	upstream_push(struct upstream *);

/* Milliseconds until it wants to run without an event; -1: never. */
int	upstream_wait(const struct upstream *);

/*
 * Whether something has come in since upstream_run(), so that there may be
 * something to do without an event.
 */
int	upstream_restless(const struct upstream *);

int	upstream_ready(const struct upstream *);

/* Whether it takes more data now; what it is given beyond that is kept. */
int	upstream_writable(const struct upstream *);

/* Says goodbye. */
void	upstream_disconnect(struct upstream *);

/*
 * Channels. An owner is the address of who wants the channel.
 */
int	upstream_open(struct upstream *, void *owner, LIBSSH2_CHANNEL **);
/* The owner is gone; what it was opening is kept as a spare. */
void	upstream_open_forget(struct upstream *, void *owner);
/* Closes; the channel is the host's from then on. */
void	upstream_close(struct upstream *, LIBSSH2_CHANNEL *);

/* modes: as child/modes.h has them; they and term are 256 bytes at most. */
int	upstream_pty(struct upstream *, LIBSSH2_CHANNEL *, const char *term,
	    const uint32_t size[4], const uint8_t *modes, size_t len);
int	upstream_env(struct upstream *, LIBSSH2_CHANNEL *, const char *name,
	    const char *value);
/* type is shell (detail NULL), exec or subsystem. */
int	upstream_program(struct upstream *, LIBSSH2_CHANNEL *, const char *type,
	    const char *detail);
/* size: columns, rows, and both in pixels. */
int	upstream_resize(struct upstream *, LIBSSH2_CHANNEL *,
	    const uint32_t size[4]);
int	upstream_signal(struct upstream *, LIBSSH2_CHANNEL *, const char *name);
int	upstream_eof(struct upstream *, LIBSSH2_CHANNEL *);

/*
 * Closes our side, and waits for the host to close, which may tell before
 * how the program ended. Nothing may be read or written after it.
 */
int	upstream_hangup(struct upstream *, LIBSSH2_CHANNEL *);

/*
 * A channel to f->host and f->port, as the host names and reaches them, for
 * the owner. Ports may be FORWARD_UNIX, here and below.
 */
int	upstream_open_direct(struct upstream *, void *owner,
	    const struct forward *f, LIBSSH2_CHANNEL **);

/* The host may open channels to the person's agent or display. */
int	upstream_agent(struct upstream *, LIBSSH2_CHANNEL *);
int	upstream_x11(struct upstream *, LIBSSH2_CHANNEL *, int single,
	    const char *protocol, const char *cookie, int screen);
void	upstream_permit_agent(struct upstream *);
void	upstream_permit_x11(struct upstream *);

/*
 * Makes the host listen; port 0 is one that it chooses, *port becomes it. An
 * empty host is all its addresses. The listener ends with the connection.
 */
int	upstream_listen(struct upstream *, const char *host, int *port,
	    LIBSSH2_LISTENER **);
int	upstream_unlisten(struct upstream *, LIBSSH2_LISTENER *);

/* A connection that came in there, source to be freed; UP_AGAIN: none. */
int	upstream_accept(struct upstream *, LIBSSH2_LISTENER *,
	    struct upstream_arrival *);

/* Bytes read, 0 at the end of both streams, UP_AGAIN or UP_FAILED. */
ssize_t	upstream_read(struct upstream *, LIBSSH2_CHANNEL *, void *, size_t,
	    int *is_stderr);

/*
 * Bytes taken; UP_AGAIN: none now, and the next call must begin with the
 * same 32 KB; UP_FAILED: none any more.
 */
ssize_t	upstream_write(struct upstream *, LIBSSH2_CHANNEL *, const void *,
	    size_t);

/* How its program ended, once all was read. */
int	upstream_exit(struct upstream *, LIBSSH2_CHANNEL *,
	    struct upstream_exit *);

#endif
