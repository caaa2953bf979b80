/* SPDX-License-Identifier: ISC */
/*
 * What is written of a session.
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "db/host.h"
#include "db/session.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/unixsock.h"
#include "monitor/errand.h"
#include "monitor/journal.h"
#include "monitor/monitor.h"
#include "monitor/records.h"

#define END_PATIENCE_MS	1000	/* for the keeper's acknowledgements */

/* The socket by which the session is known to live. */
static int
listen_for(struct monitor *m, int64_t session)
{
	char	name[STATE_SOCKET_SIZE];

	m->listener = unixsock_listen(m->settings->run_dir,
	    state_session_socket(session, name), SOCK_SEQPACKET);
	if (m->listener == -1)
		log_error("%s/%s: %s", m->settings->run_dir, name,
		    strerror(errno));
	return (m->listener);
}

static void
forget_socket(struct monitor *m, int64_t session)
{
	char	name[STATE_SOCKET_SIZE];

	if (m->listener == -1)
		return;
	close(m->listener);
	m->listener = -1;
	state_session_socket(session, name);
	if (unixsock_remove(m->settings->run_dir, name) == -1)
		log_error("%s/%s: %s", m->settings->run_dir, name,
		    strerror(errno));
}

int
journal_begin(struct monitor *m, void *unused)
{
	struct session	s = {
		.user_id = m->user->id,
		.user_name = m->user->name,
		.host_id = m->host->id,
		.host_name = m->host->name,
		.account = (char *)login_account(&m->wanted, m->host),
		.instance_id = m->instance,
		.source = m->source,
		.client_version = m->client_version,
		.started_at = clock_utc(),
		.comment = m->errand == NULL ? NULL :
		    (char *)errand_comment(m),
	};
	int64_t		id;
	int		r;

	(void)unused;
	if ((r = db_begin(m->db)) != DB_OK)
		return (r);
	if ((r = session_create(m->db, &s, &id)) != DB_OK)
		goto rollback;
	if (listen_for(m, id) == -1) {
		r = DB_ERROR;
		goto rollback;
	}
	if ((r = db_commit(m->db)) != DB_OK) {
		forget_socket(m, id);
		return (r);
	}
	m->session = id;
	log_info("session %lld: user %s to host %s from %s port %s, account "
	    "%s", (long long)id, m->user->name, m->host->name, m->address,
	    m->port, s.account);
	return (DB_OK);
rollback:
	db_rollback(m->db);
	return (r);
}

void
journal_channel_open(struct monitor *m, uint32_t seq,
    const struct ask_channel_open *a, const char *refused)
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
	forget_socket(m, session);
}
