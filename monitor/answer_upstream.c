/* SPDX-License-Identifier: ISC */
/*
 * Logging in to the host: is it the host that it was, and the key or password
 * that the person never sees.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/host.h"
#include "lib/escape.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "monitor/errand.h"
#include "monitor/journal.h"
#include "monitor/monitor.h"
#include "monitor/secrets.h"
#include "monitor/store.h"

/* The key that a host showed. */
struct offer {
	const struct way_hop *hop;
	const uint8_t	*blob;
	size_t		 len;
	const char	*type;
	unsigned char	*pinned;	/* what stands in the store; owned */
	size_t		 pinned_len;
	int		 learnt;	/* it stands there because of us */
};

/* Others may learn at the same moment: one of us tells of it. */
static int
pin_first(struct db *db, void *arg)
{
	struct offer	*o = arg;
	struct host	*h;
	int		 r;

	free(o->pinned);
	o->pinned = NULL;
	if ((r = host_get(db, o->hop->host->id, &h)) != DB_OK)
		return (r);
	o->learnt = h->host_key == NULL;
	host_free(h);
	return (host_pin_key(db, o->hop->host->id, o->type, o->blob, o->len,
	    &o->pinned, &o->pinned_len));
}

static int
pin(struct monitor *m, void *arg)
{
	return (db_transaction(m->db, pin_first, arg));
}

static void
tell_learnt(struct monitor *m, const struct offer *o)
{
	const char	*name = o->hop->host->name;
	char		 print[SSHKEY_FINGERPRINT_SIZE], *args;

	sshkey_fingerprint(o->blob, o->len, print);
	log_info("host %s: learnt its host key %s %s", name, o->type, print);
	args = xasprintf("{\"key\":\"%s\",\"type\":\"%s\"}", print, o->type);
	journal_event(m, "host", "learn-host-key", name, args);
	free(args);
}

/* Loud: the log, the audit log, the person. Returns the sentence. */
static char *
tell_changed(struct monitor *m, const struct offer *o)
{
	const struct host	*h = o->hop->host;
	char			 was[SSHKEY_FINGERPRINT_SIZE];
	char			 is[SSHKEY_FINGERPRINT_SIZE];
	char			 name[WAY_NAME_SIZE], *args;
	char			 plain[NAME_MAX_BYTES + 1];

	sshkey_fingerprint(o->pinned, o->pinned_len, was);
	sshkey_fingerprint(o->blob, o->len, is);
	log_error("host %s (%s port %u): HOST KEY HAS CHANGED from %s to %s: "
	    "not logged in", h->name, h->addr, h->port, was, is);
	args = xasprintf("{\"was\":\"%s\",\"is\":\"%s\"}", was, is);
	journal_event(m, "host", "host-key-changed", h->name, args);
	free(args);
	free(m->error);
	m->error = xasprintf("%s%shost key has changed from %s to %s",
	    h == m->host ? "" : h->name, h == m->host ? "" : ": ", was, is);
	return (xasprintf("sshportal: the host key of %s has changed from %s "
	    "to %s: somebody may be listening; if the change is known, an "
	    "administrator has the new one learnt with \"host update "
	    "--reset-hostkey %s\"", way_name(m, o->hop, name), was, is,
	    escape_into(plain, sizeof(plain), h->name)));
}

/* NULL if the host may be trusted, or the sentence why not. */
static char *
check_key(struct monitor *m, struct offer *o)
{
	const struct host	*h = o->hop->host;

	if (h->host_key != NULL) {
		o->pinned = xmalloc(h->host_keylen);
		memcpy(o->pinned, h->host_key, h->host_keylen);
		o->pinned_len = h->host_keylen;
	} else if (m->errand != NULL && !errand_learns(m)) {
		return (NULL);
	} else if (store_try(m, pin, o) != DB_OK)
		return (xstrdup("sshportal: the host's key is new and cannot "
		    "be recorded in the database: try again later"));
	if (o->pinned_len != o->len ||
	    memcmp(o->pinned, o->blob, o->len) != 0)
		return (tell_changed(m, o));
	if (o->learnt)
		tell_learnt(m, o);
	return (NULL);
}

/*
 * The hop that is to show its key now, if that is the one that the child
 * speaks of: each once, in their order, and only when the child was given what
 * it needs to get through the one before.
 */
static struct way_hop *
next_hop(struct monitor *m, uint8_t hop)
{
	const uint32_t	*count = m->use.count;

	if (hop != m->way.shown || hop >= m->way.n)
		return (NULL);
	if (hop > 0 && count[ASK_UP_SIGN] == 0 && count[ASK_UP_PASSWORD] == 0)
		return (NULL);
	if (m->errand != NULL && !errand_is_at(m, hop))
		return (NULL);
	return (&m->way.hops[hop]);
}

int
answer_hostkey(struct monitor *m, struct ipc *req)
{
	struct ask_hostkey	 a;
	struct sshkey_info	 info;
	struct way_hop		*hop;
	struct offer		 o = { 0 };
	char			*no;

	if (get_ask_hostkey(&req->body, &a) == -1 ||
	    (hop = next_hop(m, a.hop)) == NULL ||
	    sign_host(a.transcript, a.len, &o.blob, &o.len,
	    &hop->ids) == -1 || o.len > KEY_MAX ||
	    sshkey_info(o.blob, o.len, &info) == -1)
		return (-1);
	o.type = info.type;
	o.hop = hop;
	no = check_key(m, &o);
	free(o.pinned);
	m->way.shown++;
	gate_next_hop(&m->use);
	if (no != NULL || !way_has_unknown(m))
		store_close(m);
	if (m->errand != NULL)
		errand_hostkey(m, hop, o.type, o.blob, o.len, no);
	else if (no != NULL)
		m->use.state = ST_REFUSED;
	else
		m->use.state = m->way.shown == m->way.n ? ST_RUN : ST_HOP;
	monitor_verdict(m, req->type, req->id, no);
	free(no);
	return (0);
}

/* The hop that is being logged in to, if the child speaks of that one. */
static struct way_hop *
login_hop(struct monitor *m, uint8_t hop)
{
	return (hop + 1U == m->way.shown ? &m->way.hops[hop] : NULL);
}

/* The account there: the person's wish is for the last one. */
static const char *
hop_account(const struct monitor *m, const struct way_hop *hop)
{
	return (hop->host == m->host ? login_account(&m->wanted, hop->host) :
	    hop->host->login);
}

int
answer_up_sign(struct monitor *m, struct ipc *req)
{
	struct ask_up_sign	 a;
	struct sign_login	 l;
	struct answer_sign	 answer;
	struct way_hop		*hop;
	struct ipc		 out;
	struct msg		 sig;

	if (get_ask_up_sign(&req->body, &a) == -1 ||
	    (hop = login_hop(m, a.hop)) == NULL || hop->pkey == NULL)
		return (-1);
	l = (struct sign_login){
		.account = hop_account(m, hop),
		.pkey = hop->pkey,
		.blob = hop->blob,
		.blob_len = hop->blob_len,
		.legacy = hop->host->legacy,
		.ids = &hop->ids,
	};
	msg_init(&sig);
	/* Empty where it is refused. */
	if (sign_login(a.data, a.len, &l, &sig) == -1) {
		msg_free(&sig);
		return (-1);
	}
	answer.sig = sig.data;
	answer.len = sig.len;
	ipc_init(&out, req->type | ANSWER, req->id);
	put_answer_sign(&out.body, &answer);
	monitor_answer(m, &out);
	ipc_free(&out);
	msg_free(&sig);
	return (0);
}

/* A host's password, sodium_malloc'ed with a NUL, or NULL (logged). */
static char *
open_password(const struct host *h)
{
	const struct sealer	*s = secrets_sealer();
	void			*plain;
	char			*password = NULL;
	size_t			 len;

	if (s->open(s->arg, SEAL_HOST_TABLE, SEAL_HOST_COLUMN, h->id,
	    h->password_sealed, &plain, &len) == -1) {
		log_error("host %s: its password does not open", h->name);
		return (NULL);
	}
	if (len <= PASSWORD_MAX && memchr(plain, '\0', len) == NULL &&
	    (password = sodium_malloc(len + 1)) != NULL) {
		memcpy(password, plain, len);
		password[len] = '\0';
	}
	sodium_free(plain);
	return (password);
}

int
answer_up_password(struct monitor *m, struct ipc *req)
{
	struct ask_up_password	 a;
	struct answer_password	 answer;
	struct way_hop		*hop;
	struct ipc		 out;
	char			*password;

	/* it is the password of the host's own account and of no other */
	if (get_ask_up_password(&req->body, &a) == -1 ||
	    (hop = login_hop(m, a.hop)) == NULL ||
	    hop->host->password_sealed == NULL ||
	    hop->host->scheme != HOST_SSH ||
	    strcmp(hop_account(m, hop), hop->host->login) != 0)
		return (-1);
	password = open_password(hop->host);
	answer.password = password != NULL ? password : "";
	ipc_init(&out, req->type | ANSWER, req->id);
	put_answer_password(&out.body, &answer);
	monitor_answer(m, &out);
	ipc_free(&out);
	if (password != NULL)
		sodium_free(password);
	return (0);
}
