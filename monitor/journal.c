/* SPDX-License-Identifier: ISC */
/*
 * What is written of a session.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "db/host.h"
#include "db/session.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/reach.h"
#include "lib/unixsock.h"
#include "monitor/dial.h"
#include "monitor/errand.h"
#include "monitor/happenings.h"
#include "monitor/journal.h"
#include "monitor/jumps.h"
#include "monitor/monitor.h"
#include "monitor/records.h"

#define END_PATIENCE_MS	1000	/* for the keeper's acknowledgements */

/* The socket by which the session is known to live. */
static int
listen_for(const struct monitor *m, int64_t session)
{
	char	name[REACH_SOCKET_SIZE];
	int	listener;

	listener = unixsock_listen(m->settings->run_dir,
	    reach_session_socket(session, name), SOCK_SEQPACKET);
	if (listener == -1)
		log_error("%s/%s: %s", m->settings->run_dir, name,
		    strerror(errno));
	return (listener);
}

void
journal_forget_socket(const struct monitor *m, int64_t session, int *listener)
{
	char	name[REACH_SOCKET_SIZE];

	if (*listener == -1)
		return;
	close(*listener);
	*listener = -1;
	if (session != 0)
		reach_session_socket(session, name);
	else
		reach_shell_socket(getpid(), name);
	if (unixsock_remove(m->settings->run_dir, name) == -1)
		log_error("%s/%s: %s", m->settings->run_dir, name,
		    strerror(errno));
}

/*
 * The row of a session to this host, with its socket; and, of a person's
 * login, with its event.
 */
static int
begin(struct monitor *m, const struct host *h, const char *account,
    const char *comment, int64_t *session, int *listener)
{
	struct session	s = {
		.user_id = m->user->id,
		.user_name = m->user->name,
		.host_id = h->id,
		.host_name = h->name,
		.account = (char *)account,
		.instance_id = m->instance,
		.source = m->source,
		.client_version = m->client_version,
		.started_at = clock_utc(),
		.comment = (char *)comment,
	};
	int64_t		id;
	int		r;

	if ((r = db_begin(m->db)) != DB_OK)
		return (r);
	if ((r = session_create(m->db, &s, &id)) != DB_OK)
		goto rollback;
	s.id = id;
	if (comment == NULL &&
	    (r = happening_login(m->db, &s, m->key_print)) != DB_OK)
		goto rollback;
	if ((*listener = listen_for(m, id)) == -1) {
		r = DB_ERROR;
		goto rollback;
	}
	if ((r = db_commit(m->db)) != DB_OK) {
		journal_forget_socket(m, id, listener);
		return (r);
	}
	*session = id;
	return (DB_OK);
rollback:
	db_rollback(m->db);
	return (r);
}

int
journal_begin(struct monitor *m, void *unused)
{
	const char	*account = login_account(&m->wanted, m->host);
	char		*hops;
	int		 r;

	(void)unused;
	r = begin(m, m->host, account, m->errand == NULL ? NULL :
	    errand_comment(m), &m->session, &m->listener);
	if (r != DB_OK)
		return (r);
	log_session(m->session);
	log_about(LOG_ABOUT_HOST, m->host->name);
	hops = way_list(m);
	log_info("session %lld: user %s to host %s from %s port %s, account "
	    "%s%s", (long long)m->session, m->user->name, m->host->name,
	    m->address, m->port, account, hops);
	free(hops);
	return (DB_OK);
}

void
journal_speak_of(const struct jump *j)
{
	static int64_t	own;

	if (j != NULL)
		own = log_session(j->session);
	else
		log_session(own);
	log_about(LOG_ABOUT_HOST, j != NULL ? j->host->name : "");
}

void
journal_shell_begin(struct monitor *m)
{
	char	name[REACH_SOCKET_SIZE];

	if (m->listener != -1)
		return;
	m->listener = unixsock_listen(m->settings->run_dir,
	    reach_shell_socket(getpid(), name), SOCK_SEQPACKET);
	if (m->listener == -1)
		log_error("%s/%s: %s", m->settings->run_dir, name,
		    strerror(errno));
}

int
journal_jump_begin(struct monitor *m, void *arg)
{
	struct jump	*j = arg;
	int		 r;

	r = begin(m, j->host, "", "jump", &j->session, &j->listener);
	if (r != DB_OK)
		return (r);
	journal_speak_of(j);
	log_info("session %lld: user %s jumps to host %s from %s port %s",
	    (long long)j->session, m->user->name, j->host->name, m->address,
	    m->port);
	journal_speak_of(NULL);
	return (DB_OK);
}

/* The only channel of a jump's session: the connection itself. */
void
journal_jump_open(const struct jump *j)
{
	char		 address[DIAL_PEER_SIZE];
	struct record	 r = {
		.kind = RECORD_CHANNEL_OPEN,
		.session = j->session,
		.channel_open = {
			.channel = 1,
			.type = "jump",
			.detail = address,
			.reason = NULL,
		},
	};

	dial_peer(j->fd, address, sizeof(address));
	(void)records_put(&r);
}

void
journal_jump_end(const struct jump *j, const struct ask_channel_close *end)
{
	struct record	r = {
		.kind = RECORD_CHANNEL_CLOSE,
		.session = j->session,
		.channel_close = *end,
	};

	r.channel_close.channel = 1;
	if (j->open)
		(void)records_put(&r);
	memset(&r, 0, sizeof(r));
	r.kind = RECORD_SESSION_END;
	r.session = j->session;
	r.session_end.bytes_in = end->bytes_in;
	r.session_end.bytes_out = end->bytes_out;
	r.session_end.error = j->error;
	(void)records_put(&r);
	journal_speak_of(j);
	log_info("session %lld: closed%s%s", (long long)j->session,
	    j->error != NULL ? ": " : "", j->error != NULL ? j->error : "");
	journal_speak_of(NULL);
}

void
journal_channel_open(struct monitor *m, uint32_t seq,
    const struct ask_channel_open *a, const char *refused,
    const char *recording)
{
	struct record	r = {
		.kind = RECORD_CHANNEL_OPEN,
		.session = m->session,
		.channel_open = {
			.channel = seq,
			.type = a->type,
			.detail = a->detail,
			.refused = refused != NULL,
			.reason = refused,
			.recording = recording,
		},
	};

	(void)records_put(&r);
}

void
journal_channel_close(struct monitor *m, uint32_t seq,
    const struct ask_channel_close *a)
{
	struct record	r = {
		.kind = RECORD_CHANNEL_CLOSE,
		.session = m->session,
		.channel_close = *a,
	};

	m->bytes_in += a->bytes_in;
	m->bytes_out += a->bytes_out;
	r.channel_close.channel = seq;
	(void)records_put(&r);
}

void
journal_event(struct monitor *m, const char *domain, const char *action,
    const char *entity, const char *args)
{
	struct record	r = {
		.kind = RECORD_EVENT,
		.session = m->session,
		.event = {
			.author = m->user->id,
			.author_name = m->user->name,
			.source = m->address,
			.domain = domain,
			.action = action,
			.entity = entity,
			.args = args,
		},
	};

	(void)records_put(&r);
}

void
journal_login(struct monitor *m)
{
	char	*args = happening_login_args(m->login, NULL, m->key_print,
		    m->client_version);

	journal_event(m, "login", "ok", "admin shell", args);
	free(args);
}

void
journal_refused(struct monitor *m, const char *name, const char *why)
{
	static const char	 ours[] = "sshportal: ";
	const size_t		 n = strlen(ours);
	char		*args = happening_refused_args(
			    strncmp(why, ours, n) == 0 ? why + n : why);
	char		 entity[NAME_MAX_BYTES + 1];
	struct record	 r = {
		.kind = RECORD_EVENT,
		.event = {
			.author = m->user != NULL ? m->user->id : 0,
			.author_name = m->user != NULL ? m->user->name : "",
			.source = m->address,
			.domain = "login",
			.action = "refused",
			.entity = escape_into(entity, sizeof(entity), name),
			.args = args,
		},
	};

	records_tell_refused(&r);
	free(args);
}

/* Who named themselves, and came no further. */
static void
tell_failed_login(struct monitor *m)
{
	if (m->user != NULL || m->login == NULL || m->use.state > ST_AUTH ||
	    m->outage)
		return;
	journal_refused(m, m->login, m->refusal != NULL ? m->refusal :
	    m->refused_keys > 0 ? "no key that is known here" :
	    "no key was offered");
}

void
journal_end(struct monitor *m)
{
	static const struct ask_channel_close	cut = {
		.how = CHANNEL_END_NONE,
		.signal = "",
	};
	struct record	r = {
		.kind = RECORD_SESSION_END,
		.session = m->session,
	};
	int64_t		session = m->session;
	size_t		i;

	tell_failed_login(m);
	if (session != 0) {
		for (i = 0; i < m->nchannels; i++)
			journal_channel_close(m, m->channels[i].seq, &cut);
		r.session_end.bytes_in = m->bytes_in;
		r.session_end.bytes_out = m->bytes_out;
		r.session_end.error = m->error;
		(void)records_put(&r);
		log_info("session %lld: closed%s%s", (long long)session,
		    m->error != NULL ? ": " : "",
		    m->error != NULL ? m->error : "");
		m->session = 0;
	}
	(void)records_finish(END_PATIENCE_MS);
	journal_forget_socket(m, session, &m->listener);
}
