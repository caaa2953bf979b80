/* SPDX-License-Identifier: ISC */
/*
 * Authentication. A query changes nothing and binds nothing; a signature is
 * verified here, over bytes that are rebuilt here; only then is the person
 * known, as the owner of the key that signed.
 *
 * A banner is shown by every client, to people who get in a moment later too,
 * so there is one only where it surely helps: on an invite that will not do,
 * and while the store is away.
 */
#include <stdlib.h>
#include <string.h>

#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/proctitle.h"
#include "lib/sshkey.h"
#include "lib/verify_sig.h"
#include "lib/xmalloc.h"
#include "monitor/invite.h"
#include "monitor/journal.h"
#include "monitor/monitor.h"
#include "monitor/standing.h"
#include "monitor/store.h"

#define HEALTHY	"OK\n"

/* One request, and what comes of it. */
struct attempt {
	const struct ask_auth	*ask;
	struct login		 login;
	enum destination	 dest;
	char			*text;		/* of the answer; owned */
	struct user		*user;		/* owned */
	struct userkey		*key;		/* owned */
};

static void
attempt_free(struct attempt *t)
{
	login_free(&t->login);
	free(t->text);
	user_free(t->user);
	userkey_free(t->key);
}

/*
 * The login name as it may stand in a log: an invite is a secret, and without
 * blanks none can pass for the words and the address that follow it.
 */
static const char *
log_name(const struct login *l)
{
	return (l->kind == LOGIN_INVITE ? "invite" : l->shown);
}

static void
remember_login(struct monitor *m, const struct login *l)
{
	free(m->login);
	m->login = xstrdup(log_name(l));
}

/* Refuses, with a banner the first time (NULL: without). */
static void
refuse(struct monitor *m, struct attempt *t, const char *banner)
{
	t->dest = DEST_REFUSED;
	if (banner == NULL || m->banner_said)
		return;
	m->banner_said = 1;
	free(t->text);
	t->text = xstrdup(banner);
}

static void
log_key(const struct monitor *m, const char *what, const struct attempt *t)
{
	char	print[SSHKEY_FINGERPRINT_SIZE];

	log_info("%s publickey for %s from %s port %s ssh2: %s %s", what,
	    log_name(&t->login), m->address, m->port,
	    verify_sig_log_name(t->ask->key, t->ask->key_len),
	    sshkey_fingerprint(t->ask->key, t->ask->key_len, print));
}

static void
answer(struct monitor *m, const struct ipc *req, const struct attempt *t)
{
	struct answer_auth	a = { .dest = t->dest, .text = t->text };
	struct ipc		out;

	ipc_init(&out, req->type | ANSWER, req->id);
	put_answer_auth(&out.body, &a);
	monitor_answer(m, &out);
	ipc_free(&out);
}

/* Did this key sign this login, in this connection? (RFC 4252, section 7) */
static int
signed_by(const struct monitor *m, const struct ask_auth *a, int hostbound)
{
	struct verify_sig	v = {
		.alg = a->alg,
		.key = a->key,
		.key_len = a->key_len,
		.sig = a->sig,
		.sig_len = a->sig_len,
		.sk_flags = a->sk_flags,
		.sk_counter = a->sk_counter,
	};
	struct msg		data;
	int			ok;

	msg_init(&data);
	msg_put_blob(&data, m->session_id, m->session_id_len);
	msg_put_u8(&data, 50);		/* SSH_MSG_USERAUTH_REQUEST */
	msg_put_text(&data, a->login);
	msg_put_text(&data, "ssh-connection");
	msg_put_text(&data, hostbound ?
	    "publickey-hostbound-v00@openssh.com" : "publickey");
	msg_put_u8(&data, 1);
	msg_put_text(&data, a->alg);
	msg_put_blob(&data, a->key, a->key_len);
	if (hostbound)
		msg_put_blob(&data, m->host_key->blob, m->host_key->blob_len);
	ok = verify_sig(&v, data.data, data.len);
	msg_free(&data);
	return (ok);
}

/* The key and its owner, into *t. */
static int
find_owner(struct monitor *m, void *arg)
{
	struct attempt	*t = arg;
	int		 r;

	userkey_free(t->key);
	r = userkey_by_blob(m->db, t->ask->key, t->ask->key_len, &t->key);
	if (r != DB_OK)
		return (r);
	return (user_get_plain(m->db, t->key->user_id, &t->user));
}

static void
store_away(struct monitor *m, struct attempt *t)
{
	m->outage = 1;
	log_error("login %s from %s port %s refused: the database is away",
	    log_name(&t->login), m->address, m->port);
	refuse(m, t, STORE_AWAY);
}

/* A key, by query or with a signature that was verified. */
static void
decide_user(struct monitor *m, struct attempt *t)
{
	const char	*why = NULL;
	int64_t		 now = clock_utc();
	int		 r;

	r = store_try(m, find_owner, t);
	if (r != DB_OK && r != DB_NOTFOUND) {
		store_away(m, t);
		return;
	}
	if (r == DB_OK &&
	    (why = standing_user(m, t->user, now)) == NULL)
		why = standing_key(m, t->key, now);
	m->refused_account |= r == DB_OK && !user_usable(t->user, now);
	if (why != NULL) {
		free(m->refusal);
		m->refusal = xasprintf("user %s: %s", t->user->name, why);
		log_info("User %s from %s not allowed because %s",
		    t->user->name, m->address, why);
	}
	if (r == DB_NOTFOUND || why != NULL)
		refuse(m, t, NULL);
	else
		t->dest = login_is_shell(&t->login, t->user) ?
		    DEST_SHELL : DEST_HOST;
}

/* Why an invite was refused: to the operator, and to the person. */
static const struct {
	const char	*log, *person;
} invite_faults[] = {
	[INVITE_UNKNOWN] = { "it is not known: mistyped, withdrawn, or "
	    "another was made since", "sshportal: this invite is not valid: "
	    "it was mistyped or withdrawn; ask for a new one" },
	[INVITE_USED] = { "it is used up", "sshportal: this invite is not "
	    "valid: it was used already; ask for a new one" },
	[INVITE_EXPIRED] = { "it has expired", "sshportal: this invite is not "
	    "valid: it has expired; ask for a new one" },
	[INVITE_CLOSED] = { "the account is disabled or has expired",
	    "sshportal: this invite is not valid: the account is closed; ask "
	    "whoever runs the portal" },
	/* which is nobody's business but the operator's */
	[INVITE_ELSEWHERE] = { "the account is not for this address", NULL },
	[INVITE_KEY_TAKEN] = { "the key belongs to an account already",
	    "sshportal: this key belongs to an account already: log in "
	    "without the invite, or use another key (ssh -o "
	    "IdentitiesOnly=yes -i FILE)" },
};

static void
refuse_invite(struct monitor *m, struct attempt *t, const struct invite *in,
    enum invite_result why)
{
	/* of the many keys of an agent, the first is enough to say it */
	if (!m->banner_said)
		log_info("invite%s%s from %s port %s refused: %s",
		    in->whose[0] != '\0' ? " of " : "", in->whose, m->address,
		    m->port, invite_faults[why].log);
	free(m->refusal);
	m->refusal = xasprintf("invite%s%s: %s", in->whose[0] != '\0' ?
	    " of " : "", in->whose, invite_faults[why].log);
	refuse(m, t, invite_faults[why].person);
}

/* An invite; a signed one is used up here. */
static void
decide_invite(struct monitor *m, struct attempt *t, int is_signed)
{
	struct invite		in = {
		.token = t->login.name,
		.key = t->ask->key,
		.key_len = t->ask->key_len,
	};
	enum invite_result	r;

	r = is_signed ? invite_redeem(m, &in) : invite_look(m, &in);
	if (r == INVITE_AWAY) {
		store_away(m, t);
	} else if (r != INVITE_OK) {
		refuse_invite(m, t, &in, r);
	} else {
		t->dest = DEST_NOTICE;
		t->text = in.greeting;
		t->user = in.user;
	}
}

static void
decide(struct monitor *m, struct attempt *t, int is_signed)
{
	const char	*wrong;

	wrong = verify_sig_key(t->ask->key, t->ask->key_len, t->ask->alg);
	if (wrong == NULL && is_signed && !signed_by(m, t->ask, 0) &&
	    !signed_by(m, t->ask, 1))
		wrong = "bad signature";
	if (t->login.kind == LOGIN_HEALTHCHECK) {
		t->dest = DEST_NOTICE;
		t->text = xstrdup(HEALTHY);
	} else if (wrong != NULL) {
		log_info("key of %s port %s: %s", m->address, m->port, wrong);
		refuse(m, t, NULL);
	} else if (t->login.kind == LOGIN_INVITE)
		decide_invite(m, t, is_signed);
	else
		decide_user(m, t);
}

/* The one place where a connection gets an identity. */
static void
enter(struct monitor *m, struct attempt *t)
{
	char	name[64];

	/* a health check has no identity, and its key was not looked at */
	if (t->user != NULL) {
		log_about(LOG_ABOUT_USER, t->user->name);
		sshkey_fingerprint(t->ask->key, t->ask->key_len, m->key_print);
		log_key(m, "Accepted", t);
		proctitle_set("monitor %s", escape_into(name, sizeof(name),
		    t->user->name));
	}
	m->user = t->user;
	m->userkey = t->key != NULL ? t->key->id : 0;
	m->key_expires = t->key != NULL ? t->key->expires_at : 0;
	t->user = NULL;
	m->wanted = t->login;
	memset(&t->login, 0, sizeof(t->login));
	if (t->dest == DEST_HOST) {
		m->use.state = ST_OPEN;
		monitor_authenticated(m);
		return;
	}
	store_close(m);
	if (t->dest == DEST_SHELL) {
		m->use.state = ST_SHELL;
		journal_login(m);
		monitor_authenticated(m);
	} else {
		/* A text takes no time: the grace time goes on. */
		m->use.state = ST_NOTICE;
	}
}

static int
answer_key(struct monitor *m, struct ipc *req, int is_signed)
{
	struct ask_auth	a;
	struct attempt	t = { .ask = &a };

	if (get_ask_auth(&req->body, &a) == -1 ||
	    (is_signed ? a.sig_len == 0 : a.sig_len != 0))
		return (-1);
	/* the child has ended the connection before, if it is honest */
	if (m->use.count[ASK_AUTH_KEY] > m->settings->max_auth_tries)
		return (-1);
	login_parse(&t.login, a.login, m->settings);
	remember_login(m, &t.login);
	decide(m, &t, is_signed);
	if (t.dest == DEST_REFUSED && !m->outage) {
		m->refused_keys++;
		log_key(m, "Failed", &t);
	}
	answer(m, req, &t);
	if (t.dest != DEST_REFUSED && is_signed)
		enter(m, &t);
	attempt_free(&t);
	return (0);
}

int
answer_auth_query(struct monitor *m, struct ipc *req)
{
	return (answer_key(m, req, 0));
}

int
answer_auth_key(struct monitor *m, struct ipc *req)
{
	return (answer_key(m, req, 1));
}

int
answer_auth_none(struct monitor *m, struct ipc *req)
{
	struct ask_auth	a;
	struct attempt	t = { .ask = &a, .dest = DEST_REFUSED };

	if (get_ask_auth(&req->body, &a) == -1 || a.alg[0] != '\0' ||
	    a.key_len != 0 || a.sig_len != 0)
		return (-1);
	login_parse(&t.login, a.login, m->settings);
	remember_login(m, &t.login);
	if (t.login.kind == LOGIN_HEALTHCHECK) {
		t.dest = DEST_NOTICE;
		t.text = xstrdup(HEALTHY);
		m->use.state = ST_NOTICE;
	}
	answer(m, req, &t);
	attempt_free(&t);
	return (0);
}
