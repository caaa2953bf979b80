/* SPDX-License-Identifier: ISC */
/*
 * From an authenticated person to a connected host: which host the login name
 * means, whether the person may reach it, the session's row, the dialling.
 * What fails on the way refuses, with a sentence.
 */
#include <stdlib.h>
#include <string.h>

#include "db/acl.h"
#include "db/db.h"
#include "db/host.h"
#include "db/setting.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/proctitle.h"
#include "lib/xmalloc.h"
#include "monitor/access.h"
#include "monitor/answer_target.h"
#include "monitor/dial.h"
#include "monitor/journal.h"
#include "monitor/monitor.h"
#include "monitor/recheck.h"
#include "monitor/store.h"

/* A host's name as it may stand in a sentence. */
struct shown {
	char	text[NAME_MAX_BYTES + 1];
};

static const char *
show(struct shown *s, const char *name)
{
	return (escape_into(s->text, sizeof(s->text), name));
}

/*
 * The same for a host that is not there and for one that is not granted, or
 * not for this account.
 */
static char *
no_such_host(struct monitor *m, const char *reason)
{
	const struct login	*l = &m->wanted;
	struct shown		 s, t;

	m->nowhere = 1;
	if (l->account == NULL) {
		log_info("user %s, host %s: %s", m->user->name, l->name,
		    reason);
		return (xasprintf("sshportal: no host \"%s\" that you may "
		    "reach", show(&s, l->name)));
	}
	log_info("user %s, host %s, account %s: %s", m->user->name, l->name,
	    l->account, reason);
	return (xasprintf("sshportal: no host \"%s\" that you may reach as "
	    "\"%s\"", show(&s, l->name), show(&t, l->account)));
}

static char *
no_such_account(struct monitor *m)
{
	struct shown	s;

	m->nowhere = 1;
	show(&s, m->wanted.account);
	return (xasprintf("sshportal: \"%s\" cannot be an account on a host: "
	    "before the \"+\" there are 1 to %d bytes that show", s.text,
	    DB_NAME_MAX));
}

/* What the store says about the wish, beside m->granted. */
struct lookup {
	int		 bad_account;	/* no host has such a one */
};

/* A host whose name has a plus in it comes before an account on another. */
static int
find_host(struct monitor *m, struct lookup *found)
{
	struct login	*l = &m->wanted;
	int		 r;

	if (l->account != NULL && utf8_is_valid(l->whole, strlen(l->whole))) {
		r = host_by_name_plain(m->db, l->whole, &m->host);
		if (r == DB_OK)
			login_whole_host(l);
		if (r != DB_NOTFOUND)
			return (r);
	}
	found->bad_account = l->account != NULL &&
	    !acl_account_valid(l->account);
	if (found->bad_account)
		return (DB_NOTFOUND);
	return (host_by_name_plain(m->db, l->name, &m->host));
}

static int
look_up(struct monitor *m, void *arg)
{
	struct lookup	*l = arg;
	struct granted	*g = &m->granted;
	int		 r;

	way_forget(m);
	host_free(m->host);
	m->host = NULL;
	if ((r = find_host(m, l)) != DB_OK)
		return (r);
	if ((r = generation_get(m->db, &g->generation)) != DB_OK)
		return (r);
	r = access_rules(m->db, m->user, m->host, m->wanted.account,
	    clock_utc(), &g->verdict);
	return (r == DB_OK ? way_look_up(m, m->host->key_id) : r);
}

/* Whether we can go there at all; NULL, or the sentence why not. */
static char *
way_there(struct monitor *m)
{
	const struct host	*h = m->host;
	const struct key	*k = way_last(m)->key;
	struct shown		 s, t;
	char			*no;

	show(&s, h->name);
	if ((no = way_open(m)) != NULL)
		return (no);
	if (h->scheme == HOST_TELNET)
		return (NULL);	/* whoever goes there logs in by hand */
	if (k != NULL && way_load_key(way_last(m)) == -1)
		return (xasprintf("sshportal: the key for host \"%s\" cannot "
		    "be read: tell an administrator", s.text));
	if (k == NULL && h->password_sealed != NULL &&
	    login_other_account(&m->wanted, h))
		return (xasprintf("sshportal: host \"%s\" has no key to log "
		    "in with, and its password is not that of \"%s\": leave "
		    "the account out", s.text, show(&t, m->wanted.account)));
	if (k == NULL && h->password_sealed == NULL)
		return (xasprintf("sshportal: host \"%s\" has neither a key "
		    "nor a password to log in with: tell an administrator",
		    s.text));
	return (NULL);
}

/* Everything before the dialling; NULL, or the sentence that refuses. */
static char *
find_target(struct monitor *m)
{
	const struct acl_verdict	*g = &m->granted.verdict;
	struct lookup			 l = { 0 };
	struct shown			 s;
	char				*no;
	int				 r;

	r = store_try(m, look_up, &l);
	m->kinds = r == DB_OK ? g->kinds : 0;
	m->logging = g->logging;
	m->record_required = g->record_required;
	m->recheck_at = clock_mono_ms() + RECHECK_FRESH_MS;
	if (r == DB_NOTFOUND)
		return (l.bad_account ? no_such_account(m) :
		    no_such_host(m, "no such host"));
	if (r != DB_OK)
		no = xstrdup(STORE_AWAY);
	else if ((r = access_granted(m, m->user, m->host, m->wanted.account,
	    g->action == ACL_ALLOW, &m->kinds)) == 1)
		no = way_there(m);
	else if (r == -1 && g->action == ACL_ALLOW)
		no = xasprintf("sshportal: the access check for host \"%s\" "
		    "failed: tell an administrator", show(&s, m->host->name));
	else
		no = no_such_host(m, "no grant");
	if (no == NULL && store_try(m, journal_begin, NULL) != DB_OK)
		no = xasprintf("sshportal: the session cannot be recorded in "
		    "the database: try again later");
	return (no);
}

/* Sends the answer; a sentence refuses and is freed. */
static void
answer(struct monitor *m, char *no)
{
	struct answer_target	 a = { .verdict = { .ok = no == NULL,
				    .sentence = no } };
	struct ipc		 out;

	ipc_init(&out, ASK_TARGET | ANSWER, m->target_id);
	if (no == NULL) {
		way_put(m, &a);
		out.fds[0] = m->upstream;
		m->use.state = a.scheme == SCHEME_SSH ? ST_HOSTKEY : ST_RUN;
	} else {
		log_info("user %s: %s", m->user->name, no);
		m->use.state = ST_REFUSED;
		if (m->session == 0)
			journal_refused(m, m->wanted.name, no);
		if (!m->nowhere)
			m->unreachable = xstrdup(no);
	}
	put_answer_target(&out.body, &a);
	monitor_answer(m, &out);
	out.fds[0] = -1;
	ipc_free(&out);
	free(no);
}

int
answer_target(struct monitor *m, struct ipc *req)
{
	struct host	*first;
	char		*no;

	m->target_id = req->id;
	no = find_target(m);
	/* An unknown host key will be written down in a moment. */
	if (no != NULL || !way_has_unknown(m))
		store_close(m);
	if (no != NULL) {
		answer(m, no);
		return (0);
	}
	m->use.state = ST_DIAL;
	first = way_first(m);
	m->dial = dial_start(first->addr, first->port,
	    m->settings->connect_timeout_ms, monitor_forget, m);
	return (0);
}

/* Nobody answers there: the log, the session's row, the person. */
static void
not_connected(struct monitor *m, const char *why)
{
	const struct host	*first = way_first(m);
	char			 name[WAY_NAME_SIZE];

	way_name(m, &m->way.hops[0], name);
	free(m->error);
	m->error = first == m->host ? xasprintf("cannot connect: %s", why) :
	    xasprintf("cannot connect to %s: %s", first->name, why);
	log_info("host %s (%s port %u): %s", first->name, first->addr,
	    first->port, m->error);
	answer(m, xasprintf("sshportal: cannot connect to host %s: %s", name,
	    why));
	store_close(m);
}

void
answer_target_dialling(struct monitor *m)
{
	struct shown		 s, u;
	enum dial_result	 r = dial_step(m->dial);

	if (r == DIAL_WAIT)
		return;
	if (r == DIAL_DONE) {
		m->upstream = dial_take(m->dial);
		dial_set_options(m->upstream, m->settings->tcp_keepalive);
		proctitle_set("monitor %s %s", show(&u, m->user->name),
		    show(&s, m->host->name));
		answer(m, NULL);
	} else
		not_connected(m, dial_error(m->dial));
	dial_free(m->dial);
	m->dial = NULL;
}
