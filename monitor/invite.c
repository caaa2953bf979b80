/* SPDX-License-Identifier: ISC */
/*
 * Invites.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/event.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/sshkey.h"
#include "lib/token.h"
#include "lib/verify_sig.h"
#include "lib/xmalloc.h"
#include "monitor/invite.h"
#include "monitor/monitor.h"
#include "monitor/standing.h"
#include "monitor/store.h"

#define NAME_SHOWN	128	/* bytes of a name in the greeting */

/* An invite while it is worked on. */
struct redemption {
	struct invite	*in;
	struct monitor	*m;
	char		 hash[TOKEN_HASH_SIZE];
	char		 print[SSHKEY_FINGERPRINT_SIZE];
	const char	*type;		/* of the key */
	int		 lost;		/* the store went away once */
};

static int
redemption_init(struct redemption *r, struct monitor *m, struct invite *in)
{
	struct sshkey_info	info;

	memset(r, 0, sizeof(*r));
	in->whose[0] = '\0';
	r->in = in;
	r->m = m;
	if (in->token[0] == '\0' ||
	    sshkey_info(in->key, in->key_len, &info) == -1)
		return (-1);
	r->type = info.type;
	token_hash(in->token, r->hash);
	sshkey_fingerprint(in->key, in->key_len, r->print);
	return (0);
}

static int
look(struct monitor *m, void *arg)
{
	struct redemption	*r = arg;
	struct user		*user;
	int64_t			 owner, now = clock_utc();
	int			 status;

	status = userkey_lookup(m->db, r->in->key, r->in->key_len, &owner,
	    NULL);
	if (status != DB_NOTFOUND)
		return (status == DB_OK ? DB_EXISTS : status);
	status = user_by_invite(m->db, r->hash, now, &user);
	if (status != DB_OK)
		return (status);
	if (standing_user(m, user, now) != NULL)
		status = DB_NOTFOUND;
	user_free(user);
	return (status);
}

/* Whose invite it is that cannot be redeemed, if there is one. */
static int
look_at_dead(struct monitor *m, void *arg)
{
	struct redemption	*r = arg;

	return (user_by_any_invite(m->db, r->hash, &r->in->user));
}

/* Why an invite that was not found to be open is not. */
static enum invite_result
autopsy(struct redemption *r)
{
	enum invite_result	 why;
	struct user		*u;
	int64_t			 now = clock_utc();
	int			 status;

	status = store_try(r->m, look_at_dead, r);
	if (status != DB_OK)
		return (status == DB_NOTFOUND ? INVITE_UNKNOWN : INVITE_AWAY);
	u = r->in->user;
	escape_into(r->in->whose, sizeof(r->in->whose), u->name);
	if (u->invite_expires_at != 0 && u->invite_expires_at <= now)
		why = INVITE_EXPIRED;
	else if (u->invite_uses == 0)
		why = INVITE_USED;
	else if (!user_usable(u, now))
		why = INVITE_CLOSED;
	else
		why = standing_user(r->m, u, now) != NULL ? INVITE_ELSEWHERE :
		    INVITE_UNKNOWN;
	user_free(u);
	r->in->user = NULL;
	return (why);
}

/* What a class of enum db_status says of an invite. */
static enum invite_result
result(struct redemption *r, int status)
{
	switch (status) {
	case DB_OK:
		return (INVITE_OK);
	case DB_NOTFOUND:
		return (autopsy(r));
	case DB_EXISTS:
		return (INVITE_KEY_TAKEN);
	default:
		return (INVITE_AWAY);
	}
}

enum invite_result
invite_look(struct monitor *m, struct invite *in)
{
	struct redemption	r;

	if (redemption_init(&r, m, in) == -1)
		return (INVITE_UNKNOWN);
	return (result(&r, store_try(m, look, &r)));
}

/* All of it, within a transaction. */
static int
redeem(struct db *db, void *arg)
{
	struct redemption	*r = arg;
	struct userkey		 key = {
		.type = (char *)r->type,
		.blob = (unsigned char *)r->in->key,
		.bloblen = r->in->key_len,
		.comment = (char *)"from an invite",
	};
	struct event		 event = {
		.domain = (char *)"user",
		.action = (char *)"redeem-invite",
		.source = r->m->address,
	};
	int64_t			 id;
	int			 status;

	user_free(r->in->user);
	r->in->user = NULL;
	status = user_redeem(db, r->hash, clock_utc(), &key, &id);
	if (status != DB_OK ||
	    (status = user_get(db, id, &r->in->user)) != DB_OK)
		return (status);
	/* the list may be younger than the look at it */
	if (standing_user(r->m, r->in->user, clock_utc()) != NULL)
		return (DB_NOTFOUND);
	event.author_id = id;
	event.author_name = event.entity = r->in->user->name;
	event.args = xasprintf("{\"key\":\"%s\",\"type\":\"%s\","
	    "\"uses_left\":%" PRId64 "}", r->print, r->type,
	    r->in->user->invite_uses);
	status = event_create(db, &event, &id);
	free(event.args);
	return (status);
}

/*
 * The store may have gone in the commit itself, and have done it all: then the
 * key, which was nobody's before, has an owner now.
 */
static int
redeem_once(struct monitor *m, void *arg)
{
	struct redemption	*r = arg;
	int64_t			 owner;
	int			 status;

	if (r->lost && userkey_lookup(m->db, r->in->key, r->in->key_len,
	    &owner, NULL) == DB_OK)
		return (user_get(m->db, owner, &r->in->user));
	status = db_transaction(m->db, redeem, r);
	if (status == DB_GONE)
		r->lost = 1;
	return (status);
}

static char *
greeting(const struct user *u, const struct redemption *r)
{
	char	name[NAME_SHOWN], left[64] = "is used up";

	if (u->invite_uses > 0)
		snprintf(left, sizeof(left), "binds %" PRId64 " more",
		    u->invite_uses);
	return (xasprintf("Welcome, %s (%s).\n"
	    "Your key %s %s\n"
	    "is known from now on; the invite %s.\n"
	    "\n"
	    "What to type next, with the same address and port:\n"
	    "    ssh %s@...    the portal's own shell: try \"help\"\n"
	    "    ssh HOST@...     a host that you may reach\n",
	    escape_into(name, sizeof(name), u->name),
	    u->roles.n > 0 ? u->roles.name[0] : "no role",
	    verify_sig_log_name(r->in->key, r->in->key_len), r->print, left,
	    r->m->settings->config_user));
}

enum invite_result
invite_redeem(struct monitor *m, struct invite *in)
{
	struct redemption	r;
	int			status;

	in->user = NULL;
	if (redemption_init(&r, m, in) == -1)
		return (INVITE_UNKNOWN);
	status = store_try(m, look, &r);
	if (status == DB_OK)
		status = store_try(m, redeem_once, &r);
	if (status != DB_OK) {
		user_free(in->user);
		in->user = NULL;
		return (result(&r, status));
	}
	in->greeting = greeting(in->user, &r);
	log_info("invite of %s redeemed from %s: %s", in->user->name,
	    m->address, r.print);
	return (INVITE_OK);
}
