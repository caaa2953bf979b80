/* SPDX-License-Identifier: ISC */
/*
 * The gate: everything that a child may ask, when, how often, and how long a
 * request may be. There is no negotiation: what the table does not permit
 * ends the connection.
 */
#ifndef MONITOR_DISPATCH_H
#define MONITOR_DISPATCH_H

#include <stddef.h>
#include <stdint.h>

#include "lib/catalogue.h"

struct ipc;
struct monitor;

/* What a connection has come to. */
enum gate_state {
	ST_SPARE,	/* nobody there yet */
	ST_KEX,		/* the first key exchange */
	ST_AUTH,	/* encrypted; nobody known */
	ST_NOTICE,	/* gets a text and no more */
	ST_SHELL,	/* authenticated, for the portal's own shell */
	ST_OPEN,	/* authenticated, for a host */
	ST_DIAL,	/* the host is being dialled */
	ST_HOSTKEY,	/* connected; the host has not proved who it is */
	ST_HOP,		/* one on the way to it has: the login there, then
			   the next one's key */
	ST_RUN,		/* it has, or need not (telnet) */
	ST_REFUSED,	/* no host: a sentence for sessions, or jumps */
	ST_ERRAND,	/* nobody there; a host is dialled for an errand */
	ST_ERRAND_KEY,	/* connected; the host has not proved who it is */
	ST_ERRAND_HOP,	/* one on the way to it has */
	ST_ERRAND_RUN,	/* it has: the login, and the work there */
	ST_END_OF_LIST
};

struct gate {
	uint32_t	 states;	/* bits of states that permit it */
	uint32_t	 times;		/* a connection, UP_… a hop; 0: any
					   number */
	uint32_t	 a_minute;	/* at most so many; 0: no limit */
	uint32_t	 max;		/* bytes of content */
	/* Returns 0, or -1 when the content is not what it must be. */
	int		(*handler)(struct monitor *, struct ipc *);
};

/* One row a request, by enum ask. */
extern const struct gate	gates[ASK_END_OF_LIST];

/* How the gate was used so far. */
struct gate_use {
	enum gate_state	 state;
	uint32_t	 count[ASK_END_OF_LIST];
	struct {
		int64_t		 since;		/* monotonic ms */
		uint32_t	 count;
	}		 minute[ASK_END_OF_LIST];
};

/*
 * Whether a request of this type and length, with or without descriptors, is
 * permitted at this moment (monotonic ms), and counts it. Returns NULL, or in
 * a few words what is wrong.
 */
const char	*gate_check(struct gate_use *, uint8_t type, size_t len,
		    int has_fds, int64_t now);

/* The logins of another hop begin: theirs are counted anew. */
void		 gate_next_hop(struct gate_use *);

/*
 * Checks a message and hands it to its handler. Returns 0, or -1 after having
 * ended the connection with MONITOR_GATE.
 */
int		 dispatch(struct monitor *, struct ipc *);

/* The handlers, in answer_*.c. */
int	answer_kex_sign(struct monitor *, struct ipc *);
int	answer_rekey_sign(struct monitor *, struct ipc *);
int	answer_auth_none(struct monitor *, struct ipc *);
int	answer_auth_query(struct monitor *, struct ipc *);
int	answer_auth_key(struct monitor *, struct ipc *);
int	answer_target(struct monitor *, struct ipc *);
int	answer_hostkey(struct monitor *, struct ipc *);
int	answer_up_sign(struct monitor *, struct ipc *);
int	answer_up_password(struct monitor *, struct ipc *);
int	answer_ending(struct monitor *, struct ipc *);
int	answer_channel_open(struct monitor *, struct ipc *);
int	answer_channel_close(struct monitor *, struct ipc *);
int	answer_channel_request(struct monitor *, struct ipc *);
int	answer_shell(struct monitor *, struct ipc *);
int	answer_shell_resize(struct monitor *, struct ipc *);
int	answer_log(struct monitor *, struct ipc *);
int	answer_errand(struct monitor *, struct ipc *);
int	answer_jump(struct monitor *, struct ipc *);
int	answer_file(struct monitor *, struct ipc *);

const char	*gate_state_name(enum gate_state);
const char	*gate_request_name(uint8_t type);

#endif
