/* SPDX-License-Identifier: ISC */
/*
 * Invites: a login name that binds a key to an account, once or as often as
 * its maker has said.
 */
#ifndef MONITOR_INVITE_H
#define MONITOR_INVITE_H

#include <stddef.h>
#include <stdint.h>

struct monitor;
struct user;

enum invite_result {
	INVITE_OK,
	INVITE_UNKNOWN,		/* withdrawn, replaced, or never was */
	INVITE_USED,
	INVITE_EXPIRED,
	INVITE_CLOSED,		/* the account is disabled or has expired */
	INVITE_ELSEWHERE,	/* it is not for the client's address */
	INVITE_KEY_TAKEN,	/* the key is somebody's already */
	INVITE_AWAY		/* the store cannot be asked (logged) */
};

struct invite {
	const char	*token;
	const uint8_t	*key;		/* to bind, wire form */
	size_t		 key_len;
	/* Of invite_redeem(), for the caller to free: */
	struct user	*user;
	char		*greeting;
	/* For the log: whose it was, if that is known. */
	char		 whose[64];
};

/* Whether it could be redeemed with this key. Changes nothing. */
enum invite_result	invite_look(struct monitor *, struct invite *);

/*
 * Takes a use of the invite, the last of which closes it, and binds the key, in
 * one transaction with the event that tells of it.
 */
enum invite_result	invite_redeem(struct monitor *, struct invite *);

#endif
