/* SPDX-License-Identifier: ISC */
/*
 * A child that lies: a real monitor, on a store that setup made, whose gate
 * is in the hands of a test. And the honest steps of a child, so that a lie
 * can be told at any point.
 */
#ifndef REGRESS_UNIT_LIAR_H
#define REGRESS_UNIT_LIAR_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/ipc.h"
#include "lib/catalogue.h"
#include "lib/settings.h"
#include "monitor/dispatch.h"

struct db;
struct evp_pkey_st;

/* A person's key. */
struct liar_key {
	struct evp_pkey_st	*pkey;		/* Ed25519 */
	uint8_t			*blob;
	size_t			 len;
};

#define LIAR_INVITE	"liars-invite"	/* the first administrator's */

/*
 * The store, between liar_open() and liar_close(): no monitor may be born
 * meanwhile, for a connection does not survive a fork.
 */
extern struct db	*liar_db;
void	liar_open(void);
void	liar_close(void);

/* Of liar_start(); what a monitor that is born later will read. */
extern struct settings		liar_settings;
extern struct secret_settings	liar_secrets;
extern struct liar_key	 liar_alice;	/* an administrator */
extern struct liar_key	 liar_bob;	/* a user who may reach web1 */
extern struct liar_key	 liar_nobody;	/* has no account */
extern char		*liar_dir;	/* of the instance */

/*
 * For cmocka_run_group_tests(): a store with users alice and bob and the hosts
 * web1 (by key), pass1 (by password), down1 (nobody listens), dark1 (bob may
 * not), and deep1 behind gate2 (by password) behind gate1, where he may not go;
 * and its end.
 */
int	liar_start(void **state);
int	liar_stop(void **state);

/* One connection. */
struct liar {
	pid_t		 monitor;
	int		 ctl, gate;
	int		 client[2];	/* the monitor's, the person's */
	uint8_t		 hostkey[256];	/* the portal's, wire form */
	size_t		 hostkey_len;
	struct {
		uint8_t	 blob[1024];
		size_t	 len;
	}		 other[2];	/* its others: ECDSA, RSA */
	uint8_t		 session_id[64];
	size_t		 session_id_len;
	uint8_t		 up_blob[1024];	/* of TARGET's answer */
	size_t		 up_len;
	uint8_t		 up_id[32];	/* session id with the host */
	char		 account[64];
	uint8_t		 hop;		/* that is logged in to */
	uint8_t		 nhops;		/* of TARGET's answer */
	char		 accounts[HOPS_MAX][64];
	int		 upstream;	/* its descriptor */
	uint32_t	 ids;
};

/* A spare monitor; one that a person has connected to. */
void	liar_spare(struct liar *);
void	liar_birth(struct liar *);

/*
 * Sends a request. liar_ask() waits for its answer: 1 and *answer, which the
 * caller frees; 0: the monitor hung up.
 */
void	liar_send(struct liar *, uint8_t type, const struct msg *body);
int	liar_ask(struct liar *, uint8_t type, const struct msg *body,
	    struct ipc *answer);

/* Asks a session's socket. The answer is in a static place. */
const char *liar_ask_session(int64_t session, const char *request);

/* The transcript of an exchange, another one with each number. */
void	liar_transcript(const struct liar *, int number, const uint8_t *ks,
	    size_t ks_len, struct msg *);

/* Honest steps; they fail the test if they do not succeed. */
void	liar_kex(struct liar *, int number);
void	liar_target(struct liar *);
/*
 * An exchange in which a host has shown this key; returns whether it was
 * accepted. The session id is in l->up_id then.
 */
int	liar_hostkey(struct liar *, const struct liar_key *);

/*
 * The same for one on the way, whose number l->hop is then, as in what is
 * asked from now on; -1: hung up.
 */
int	liar_hop(struct liar *, uint8_t hop, const struct liar_key *);

/*
 * Asks for the signature of a login there; returns its length, or -1: hung up.
 * And for the password, into out; returns 0 for hung up.
 */
int	liar_up_sign(struct liar *, const char *user, const uint8_t *blob,
	    size_t len);
int	liar_password(struct liar *, char *out, size_t size);

/*
 * A login's signature, over the data that the arguments tell; _bound: to a host
 * key too (publickey-hostbound-v00@openssh.com).
 */
size_t	liar_sign_bound(const struct liar *, const char *login,
	    const struct liar_key *, const uint8_t *hostkey, size_t len,
	    uint8_t sig[128]);
size_t	liar_sign(const struct liar *, const char *login,
	    const struct liar_key *signer, const struct liar_key *named,
	    uint8_t sig[128]);

/* AUTH_KEY, with any signature; what it came to. */
enum destination liar_auth(struct liar *, uint8_t type, const char *login,
	    const struct liar_key *, const uint8_t *sig, size_t len);

/* The honest form of it. */
enum destination liar_login(struct liar *, const char *login,
	    const struct liar_key *);

/* Brings a new monitor into a state. */
void	liar_reach(struct liar *, enum gate_state);

/* Whether the monitor ends by itself, soon, with this status. */
int	liar_ends(struct liar *, enum monitor_exit);

/* Hangs up as a child does whose work is done; returns the exit status. */
int	liar_bye(struct liar *);

/* A shell with a terminal; whether it may be, and its recording or -1. */
int	liar_channel_open(struct liar *, uint32_t number, int *recording);

#endif
