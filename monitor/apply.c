/* SPDX-License-Identifier: ISC */
/*
 * Records become rows. What a record refers to may be gone by now (retention)
 * or ended by somebody else: that is no error.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "db/channel.h"
#include "db/db.h"
#include "db/event.h"
#include "db/record.h"
#include "db/session.h"
#include "lib/catalogue.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/apply.h"
#include "monitor/happenings.h"

/* A record, and the sessions of its batch, of which the last is at hand. */
struct effect {
	const struct record	*r;
	struct session		*session;	/* or NULL */
};

/* The row of the record's session, which is *e's. */
static int
find_session(struct db *db, struct effect *e, const struct session **out)
{
	int	r = DB_OK;

	if (e->session == NULL || e->session->id != e->r->session) {
		session_free(e->session);
		e->session = NULL;
		r = session_get(db, e->r->session, &e->session);
	}
	*out = e->session;
	return (r);
}

/* Counters of 64 bits without sign, in a store that has only signed ones. */
static int64_t
counter(uint64_t n)
{
	return (n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

static int
session_end_apply(struct db *db, struct effect *e)
{
	const struct record	*r = e->r;
	const struct session	*s;
	int64_t			 in = counter(r->session_end.bytes_in);
	int64_t			 out = counter(r->session_end.bytes_out);
	int			 status;

	status = session_close(db, r->session, r->at, r->session_end.error, in,
	    out);
	if (status == DB_OK && (status = find_session(db, e, &s)) == DB_OK)
		status = happening_end(db, s, r->at, r->session_end.error, in,
		    out);
	return (status);
}

/* As it is when it can be shown as it is; caller frees. */
static char *
readable(const char *text)
{
	size_t	len = strlen(text);

	return (text_is_clean(text, len) ? xstrdup(text) :
	    escape_text(text, len));
}

static int
channel_open_apply(struct db *db, struct effect *e)
{
	const struct record	*r = e->r;
	const struct session	*s;
	struct channel	 c = { .session_id = r->session, .exit_status = -1,
			    .seq = r->channel_open.channel,
			    .started_at = r->at };
	int64_t		 id;
	int		 status;

	c.type = readable(r->channel_open.type);
	c.detail = readable(r->channel_open.detail);
	c.refused = readable(r->channel_open.reason);
	c.recording = readable(r->channel_open.recording);
	if (r->channel_open.refused) {
		c.ended_at = r->at;
		if (*c.refused == '\0') {
			free(c.refused);
			c.refused = xstrdup("refused");
		}
	}
	c.exit_signal = xstrdup("");
	status = channel_create(db, &c, &id);
	if (status == DB_OK && (status = find_session(db, e, &s)) == DB_OK)
		status = happening_open(db, s, &c);
	free(c.type);
	free(c.detail);
	free(c.refused);
	free(c.recording);
	free(c.exit_signal);
	return (status);
}

static int
channel_close_apply(struct db *db, struct effect *e)
{
	const struct record		*r = e->r;
	const struct ask_channel_close	*end = &r->channel_close;
	const struct session		*s;
	struct channel			 c = {
		.session_id = r->session, .seq = end->channel,
		.ended_at = r->at, .bytes_in = counter(end->bytes_in),
		.bytes_out = counter(end->bytes_out), .exit_status = -1
	};
	int				 status;

	if (end->how == CHANNEL_END_STATUS)
		c.exit_status = end->status;
	c.exit_signal = readable(end->how == CHANNEL_END_SIGNAL ?
	    end->signal : "");
	status = channel_close(db, &c);
	if (status == DB_OK && (status = find_session(db, e, &s)) == DB_OK)
		status = happening_close(db, s, &c);
	free(c.exit_signal);
	return (status);
}

static int
event_apply(struct db *db, const struct record *r)
{
	struct event	e = {
		.author_id = r->event.author,
		.author_name = (char *)r->event.author_name,
		.source = (char *)r->event.source,
		.domain = (char *)r->event.domain,
		.action = (char *)r->event.action,
		.entity = (char *)r->event.entity,
		.args = (char *)r->event.args,
		.created_at = r->at,
		.session_id = r->session
	};
	int64_t		id;

	return (event_create(db, &e, &id));
}

static int
record_effect(struct db *db, void *arg)
{
	struct effect		*e = arg;
	const struct record	*r = e->r;
	int			 status;

	switch (r->kind) {
	case RECORD_SESSION_END:
		status = session_end_apply(db, e);
		break;
	case RECORD_CHANNEL_OPEN:
		status = channel_open_apply(db, e);
		break;
	case RECORD_CHANNEL_CLOSE:
		status = channel_close_apply(db, e);
		break;
	case RECORD_EVENT:
		status = event_apply(db, r);
		break;
	default:
		return (DB_INVALID);
	}
	if (status == DB_NOTFOUND || status == DB_EXISTS ||
	    status == DB_REF) {
		log_verbose("record of kind %u, session %lld: %s", r->kind,
		    (long long)r->session, db_error(db));
		return (DB_OK);
	}
	return (status);
}

struct batch {
	const struct spool_record	*v;
	size_t				 n;
	unsigned char			*refused;
};

static int
apply_one(struct db *db, struct effect *e, const struct spool_record *v,
    unsigned char *refused)
{
	struct msg	m;
	struct record	r;
	char		id[2 * RECORD_ID_BYTES + 1];
	int		status;

	msg_borrow(&m, v->data, v->len);
	if (get_record(&m, &r) == -1) {
		log_error("something in the spool is not a record");
		*refused = 1;
		return (DB_OK);
	}
	e->r = &r;
	log_session(r.session);
	sodium_bin2hex(id, sizeof(id), r.id, sizeof(r.id));
	status = record_apply(db, id, clock_utc(), record_effect, e, NULL);
	if (status == DB_INVALID || status == DB_ERROR) {
		log_error("the store refuses a record of kind %u, session "
		    "%lld: %s", r.kind, (long long)r.session, db_error(db));
		*refused = 1;
		status = DB_OK;
	}
	log_session(0);
	return (status);
}

static int
apply_batch(struct db *db, void *arg)
{
	struct effect	 e = { .session = NULL };
	struct batch	*b = arg;
	size_t		 i;
	int		 r = DB_OK;

	for (i = 0; i < b->n && r == DB_OK; i++) {
		b->refused[i] = 0;
		r = apply_one(db, &e, &b->v[i], &b->refused[i]);
	}
	session_free(e.session);
	return (r);
}

int
apply_records(struct db *db, const struct spool_record *v, size_t n,
    unsigned char *refused)
{
	struct batch	b = { v, n, refused };

	return (db_transaction(db, apply_batch, &b));
}
