/* SPDX-License-Identifier: ISC */
/*
 * The monitor: one a connection. It holds what is secret, knows who the
 * person is and what they may reach, and answers the child, which it trusts
 * in nothing, through the gate (monitor/dispatch.h).
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <sys/queue.h>
#include <sys/types.h>

#include <stdint.h>

#include "db/acl.h"
#include "lib/catalogue.h"
#include "lib/settings.h"
#include "lib/sshkey.h"
#include "monitor/dispatch.h"
#include "monitor/login.h"
#include "monitor/sign.h"
#include "monitor/state.h"
#include "monitor/way.h"

struct db;
struct dial;
struct errand_run;
struct host;
struct ipc;
struct jump;
struct user;

#define MONITOR_CHANNELS_MAX	256	/* open at once, whatever is set */
#define MONITOR_PEERS_MAX	4	/* asking on the session's socket */

/* A channel that is open, and the shell behind it if it has one. */
struct monitor_channel {
	uint32_t	 number;	/* the child's */
	uint32_t	 seq;		/* ours, never used twice */
	pid_t		 shell;		/* 0: none */
	int		 one_shot;	/* that shell has one command */
	int		 closed;	/* by the child, before its shell */
	int		 pty;		/* our copy of the master, or -1 */
	int		 vault;		/* the shell's way to us, or -1 */
};

/* What the store said of user and host, before any hook; see recheck.h. */
struct granted {
	int64_t			 generation;
	struct acl_verdict	 verdict;
};

struct monitor {
	const struct settings	*settings;
	struct secret_settings	 secrets;	/* how to open the store */

	int			 ctl;		/* the daemon, -1 when gone */
	int			 gate;		/* the child, -1 when gone */
	int			 signals;	/* signalfd */
	pid_t			 child;		/* 0: none, or reaped */
	int			 child_status;	/* as waitpid() gave it */
	int			 child_died;

	struct gate_use		 use;		/* state, counts of requests */
	int			 ending;	/* an end was decided on */
	enum monitor_exit	 status;	/* with which */
	int			 stopping;	/* the child was told why */
	int64_t			 grace_ends;	/* monotonic ms, 0: no limit */
	int64_t			 stop_ends;	/* the child's time to say it */
	int64_t			 next_ping;	/* of a spare */

	/* the connection */
	int			 client;	/* our copy, to shut down */
	char			 source[ADDR_MAX + 1];
	char			 address[ADDR_MAX + 1];	/* source, split */
	char			 port[8];
	char			*client_version;
	uint8_t			 session_id[SIGN_HASH_MAX];
	size_t			 session_id_len;	/* 0: none yet */
	struct sign_host_key	 host_keys[HOSTKEYS_MAX];
	size_t			 nhost_keys;
	const struct sign_host_key *host_key;	/* of the first exchange; NULL:
						   none yet */

	/* the store */
	struct db		*db;		/* NULL: closed */
	int64_t			 outage_ends;	/* no more retries after it */
	int			 outage;	/* a login failed for it */

	/* who, from a signature that was verified here */
	struct user		*user;		/* NULL: nobody yet */
	int64_t			 userkey;	/* row of the key */
	int64_t			 key_expires;	/* UTC seconds, 0: never */
	char			*login;		/* last one tried, or NULL */
	struct login		 wanted;	/* parsed; after login */
	unsigned		 refused_keys;
	int			 refused_account; /* disabled or expired */
	char			*refusal;	/* why, where more is known than
						   that no key fits; or NULL */
	char			 key_print[SSHKEY_FINGERPRINT_SIZE]; /* of the
						   key they came in with */
	int			 banner_said;

	/* where to */
	struct host		*host;
	uint32_t		 kinds;		/* what the person may do there
						   (db/kinds.h, effective) */
	enum host_logging	 logging;	/* what is recorded of it */
	int			 record_required; /* or it does not happen */
	int			 record_lost;	/* one, and that was said */
	struct granted		 granted;	/* from which that comes */
	int64_t			 recheck_at;	/* monotonic ms, not before */
	int64_t			 warned_of;	/* an end, UTC seconds */
	int64_t			 look_at;	/* for one, not before this */
	const char		*put_off;	/* why it ends soon, or NULL */
	int64_t			 put_off_ends;	/* monotonic ms */
	struct way		 way;		/* to it */
	struct dial		*dial;		/* while it dials */
	uint32_t		 target_id;	/* request to answer then */
	int			 nowhere;	/* no host they may reach */
	char			*unreachable;	/* why, of one that they may;
						   or NULL */
	int			 upstream;	/* to the way's first host; our
						   copy, to shut down */
	struct errand_run	*errand;	/* not a person's, or NULL */

	/* the session */
	int64_t			 session;	/* row, 0: none */
	char			 instance[STATE_ID_SIZE];
	int			 listener;	/* session-ID.sock */
	int			 peers[MONITOR_PEERS_MAX];
	struct jump		*peer_of[MONITOR_PEERS_MAX]; /* who is asked:
						   NULL is the session */
	char			*error;		/* why it ended, for the row */
	uint64_t		 bytes_in, bytes_out;
	uint32_t		 last_seq;
	struct monitor_channel	 channels[MONITOR_CHANNELS_MAX];
	size_t			 nchannels;

	LIST_HEAD(, jump)	 jumps;		/* monitor/jumps.h */
	unsigned		 njumps;
	unsigned		 jumps_refused;
};

/*
 * Life of a monitor, in a process that the daemon forked: makes the gate,
 * forks the child, loads secrets, drops privileges, reports itself as spare on
 * ctl, serves one connection. Takes ctl and secrets_fd over. Exits with an
 * enum monitor_exit.
 */
void	monitor_main(int ctl, int secrets_fd, const struct settings *)
	    __attribute__((noreturn));

/*
 * The same after the fork: gate leads to the child, whose pid is child (0: it
 * is not ours to wait for; the end of the gate is then its end).
 */
void	monitor_run(int ctl, int gate, pid_t child, int secrets_fd,
	    const struct settings *) __attribute__((noreturn));

/* Somebody is known: ends the grace time, here and in the daemon. */
void	monitor_authenticated(struct monitor *);

/* Answers a request; frees nothing. fds in the answer stay the caller's. */
void	monitor_answer(struct monitor *, const struct ipc *answer);

/* Answers with a verdict: yes (NULL), or no with this sentence. */
void	monitor_verdict(struct monitor *, uint8_t request, uint32_t id,
	    const char *sentence);

/*
 * Decides on the end, the first time that it is called. The reason (printf-
 * like, may be NULL) is logged and becomes the session's error unless that has
 * one. The loop then ends.
 */
void	monitor_end(struct monitor *, enum monitor_exit, const char *, ...)
	    __attribute__((format(printf, 3, 4)));

/* The child has ended, and all that it said was heard. */
void	monitor_child_gone(struct monitor *);

/* Has the child say a sentence, then ends with MONITOR_STOPPED. */
void	monitor_stop(struct monitor *, const char *sentence);

/*
 * In a process forked from a monitor that runs other code than ours: default
 * signals, no secret, nothing of the monitor's that could be sent or written.
 * Descriptors stay open. The argument is the monitor.
 */
void	monitor_forget(void *);

#endif
