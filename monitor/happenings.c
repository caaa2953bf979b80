/* SPDX-License-Identifier: ISC */
/*
 * Events of sessions.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/channel.h"
#include "db/db.h"
#include "db/event.h"
#include "db/session.h"
#include "lib/catalogue.h"
#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "monitor/happenings.h"

/*
 * Of a command line or a reason, what an event keeps of it: the whole is in the
 * channel's row, and of very many such there is a log to be read.
 */
#define TEXT_MOST	4096	/* bytes */

/* The beginning of a text, escaped where it must be. */
static void
set_text(json_t *o, const char *name, const char *text)
{
	char	buf[TEXT_MOST + 1];
	size_t	len;

	if (text == NULL || *text == '\0')
		return;
	len = strlen(text);
	if (!text_is_clean(text, len)) {
		text = escape_into(buf, sizeof(buf), text);
		len = strlen(text);
	}
	if (len > TEXT_MOST) {
		for (len = TEXT_MOST; (text[len] & 0xc0) == 0x80; len--)
			;		/* no half of a character */
	}
	json_object_set_new(o, name, json_stringn(text, len));
}

static void
set_number(json_t *o, const char *name, int64_t n)
{
	json_object_set_new(o, name, json_integer(n));
}

/* Frees the object. */
static char *
to_text(json_t *o)
{
	char	*text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return (text != NULL ? text : xstrdup(""));
}

/* The address in "192.0.2.7:4711" or "[2001:db8::7]:4711". */
static const char *
address_of(const char *source, char buf[ADDR_MAX + 1])
{
	const char	*colon = strrchr(source, ':');
	size_t		 n = colon != NULL ? (size_t)(colon - source) :
			    strlen(source);

	if (n >= 2 && source[0] == '[' && source[n - 1] == ']') {
		source++;
		n -= 2;
	}
	snprintf(buf, ADDR_MAX + 1, "%.*s", (int)n, source);
	return (buf);
}

/* Frees the arguments. */
static int
write_event(struct db *db, const struct session *s, int64_t at,
    const char *domain, const char *action, json_t *args)
{
	char		 address[ADDR_MAX + 1], *text = to_text(args);
	struct event	 e = {
		.author_id = s->user_id,
		.author_name = s->user_name,
		.source = (char *)address_of(s->source, address),
		.domain = (char *)domain,
		.action = (char *)action,
		.entity = s->host_name,
		.args = text,
		.created_at = at,
		.session_id = s->id,
	};
	int64_t		 id;
	int		 r = event_create(db, &e, &id);

	free(text);
	return (r);
}

static json_t *
login_args(const char *login, const char *account, const char *key,
    const char *client)
{
	json_t	*o = json_object();

	set_text(o, "login", login);
	set_text(o, "account", account);
	set_text(o, "key", key);
	set_text(o, "client", client);
	return (o);
}

char *
happening_login_args(const char *login, const char *account, const char *key,
    const char *client)
{
	return (to_text(login_args(login, account, key, client)));
}

char *
happening_refused_args(const char *why)
{
	json_t	*o = json_object();

	set_text(o, "why", why);
	return (to_text(o));
}

int
happening_login(struct db *db, const struct session *s, const char *key)
{
	return (write_event(db, s, s->started_at, "login", "ok",
	    login_args(NULL, s->account, key, s->client_version)));
}

int
happening_end(struct db *db, const struct session *s, int64_t at,
    const char *error, int64_t bytes_in, int64_t bytes_out)
{
	json_t	*o = json_object();

	set_number(o, "seconds", at > s->started_at ? at - s->started_at : 0);
	set_number(o, "bytes_in", bytes_in);
	set_number(o, "bytes_out", bytes_out);
	set_text(o, "error", error);
	return (write_event(db, s, at, "session", "end", o));
}

/* What a channel of this type is called in the log of events. */
static const char *
domain_of(const char *type)
{
	if (strncmp(type, "forward-", strlen("forward-")) == 0)
		return ("tunnel");
	return (strcmp(type, "jump") == 0 ? "jump" : "channel");
}

int
happening_open(struct db *db, const struct session *s,
    const struct channel *c)
{
	int	 refused = *c->refused != '\0';
	json_t	*o = json_object();

	set_number(o, "channel", c->seq);
	set_text(o, "type", c->type);
	set_text(o, "detail", c->detail);
	set_text(o, "recording", c->recording);
	set_text(o, "why", c->refused);
	return (write_event(db, s, c->started_at, domain_of(c->type),
	    refused ? "refused" : "open", o));
}

int
happening_close(struct db *db, const struct session *s,
    const struct channel *c)
{
	json_t	*o = json_object();
	char	*type;
	int	 r;

	if ((r = channel_type(db, s->id, c->seq, &type)) != DB_OK) {
		json_decref(o);
		return (r);
	}
	set_number(o, "channel", c->seq);
	set_text(o, "type", type);
	set_number(o, "bytes_in", c->bytes_in);
	set_number(o, "bytes_out", c->bytes_out);
	if (c->exit_status != -1)
		set_number(o, "status", c->exit_status);
	set_text(o, "signal", c->exit_signal);
	r = write_event(db, s, c->ended_at, domain_of(type), "close", o);
	free(type);
	return (r);
}
