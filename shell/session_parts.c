/* SPDX-License-Identifier: ISC */
/*
 * The parts of a session, out of its channels and its events.
 */
#include <stdlib.h>
#include <string.h>

#include "db/channel.h"
#include "db/db.h"
#include "db/event.h"
#include "db/kinds.h"
#include "db/session.h"
#include "lib/log.h"
#include "shell/entity.h"
#include "shell/session_parts.h"

#define RECORDINGS_MAX	2000	/* events of a session's recordings */

static void
put(json_t *row, const char *name, json_t *value)
{
	if (json_object_set_new(row, name, value) == -1)
		fatal("out of memory");
}

/* Whether a channel is a way for bytes, and not a program. */
static int
is_tunnel(const struct channel *c)
{
	static const enum kind	tunnels[] = { KIND_FORWARD_LOCAL,
				    KIND_FORWARD_REMOTE, KIND_AGENT, KIND_X11,
				    KIND_JUMP };
	size_t			i;

	for (i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
		if (strcmp(c->type, kind_name(tunnels[i])) == 0)
			return (1);
	}
	return (0);
}

static json_t *
channel_json(const struct channel *c, int tunnel)
{
	json_t	*row = json_object();

	put(row, "Channel", json_integer(c->seq));
	put(row, "Type", entity_text(c->type));
	put(row, tunnel ? "Way" : "Command", entity_text(c->detail));
	put(row, "StartedAt", entity_time(c->started_at));
	put(row, "StoppedAt", entity_time(c->ended_at));
	put(row, "BytesIn", json_integer(c->bytes_in));
	put(row, "BytesOut", json_integer(c->bytes_out));
	put(row, "Refused", entity_text(c->refused));
	if (tunnel)
		return (row);
	put(row, "ExitStatus", c->exit_status == -1 ? json_null() :
	    json_integer(c->exit_status));
	put(row, "ExitSignal", entity_text(c->exit_signal));
	put(row, "Recording", entity_text(c->recording));
	return (row);
}

static int
add_channels(struct db *db, const struct session *s, json_t *row,
    struct channel_list **out)
{
	json_t	*channels = json_array(), *tunnels = json_array();
	size_t	 i;
	int	 r, tunnel;

	put(row, "Channels", channels);
	put(row, "Tunnels", tunnels);
	if ((r = channel_list(db, s->id, out)) != DB_OK)
		return (r);
	for (i = 0; i < (*out)->n; i++) {
		tunnel = is_tunnel(&(*out)->v[i]);
		json_array_append_new(tunnel ? tunnels : channels,
		    channel_json(&(*out)->v[i], tunnel));
	}
	return (DB_OK);
}

static json_t *
file_json(const struct event *e)
{
	json_t	*row = json_object();
	json_t	*args = json_loads(e->args, 0, NULL);

	put(row, "At", entity_time(e->created_at));
	put(row, "Action", entity_text(e->action));
	put(row, "Path", entity_text(e->entity));
	if (json_is_object(args))
		json_object_update_missing(row, args);
	json_decref(args);
	return (row);
}

static int
add_files(struct db *db, const struct session *s, json_t *row)
{
	const struct event_filter	 f = { .session_id = s->id,
					    .domain = "file",
					    .limit = SESSION_FILES_MAX + 1 };
	struct event_list		*l;
	json_t				*files = json_array();
	size_t				 i;
	int				 r;

	put(row, "Files", files);
	if ((r = event_find(db, &f, &l)) != DB_OK)
		return (r);
	put(row, "FilesCut", json_boolean(l->n > SESSION_FILES_MAX));
	/* as it happened: the oldest first */
	for (i = l->n > SESSION_FILES_MAX ? SESSION_FILES_MAX : l->n; i > 0;
	    i--)
		json_array_append_new(files, file_json(&l->v[i - 1]));
	event_list_free(l);
	return (DB_OK);
}

/* The row of a file among those that there are, made where it is missing. */
static json_t *
recording_row(json_t *all, const char *file)
{
	json_t	*row;
	size_t	 i;

	json_array_foreach(all, i, row) {
		if (strcmp(json_string_value(json_object_get(row, "File")),
		    file) == 0)
			return (row);
	}
	row = json_object();
	put(row, "File", entity_text(file));
	json_array_append_new(all, row);
	return (row);
}

/* What the last event of a file says of it: "finished", "removed", "lost". */
static void
recording_put(json_t *all, const struct event *e)
{
	static const char *const	members[][2] = {
		{ "size", "Size" }, { "sha256", "SHA256" }, { "why", "Why" },
		{ "recovered", "Recovered" }
	};
	json_t				*row = recording_row(all, e->entity);
	json_t				*args = json_loads(e->args, 0, NULL);
	json_t				*value;
	size_t				 i;

	put(row, "State", entity_text(e->action));
	put(row, "At", entity_time(e->created_at));
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		value = json_object_get(args, members[i][0]);
		if (value != NULL)
			put(row, members[i][1], json_incref(value));
	}
	json_decref(args);
}

/* Whether an event told of a file whose name begins so. */
static int
recording_told(const struct event_list *l, const char *base)
{
	const size_t	len = strlen(base);
	size_t		i;

	for (i = 0; i < l->n; i++) {
		if (strncmp(l->v[i].entity, base, len) == 0 &&
		    (l->v[i].entity[len] == '.' ||
		    l->v[i].entity[len] == '\0'))
			return (1);
	}
	return (0);
}

static int
add_recordings(struct db *db, const struct session *s, json_t *row,
    const struct channel_list *channels)
{
	const struct event_filter	 f = { .session_id = s->id,
					    .domain = "recording",
					    .limit = RECORDINGS_MAX };
	const struct channel		*c;
	struct event_list		*l;
	json_t				*all = json_array(), *open;
	size_t				 i;
	int				 r;

	put(row, "Recordings", all);
	if ((r = event_find(db, &f, &l)) != DB_OK)
		return (r);
	for (i = l->n; i > 0; i--)
		recording_put(all, &l->v[i - 1]);
	for (i = 0; i < channels->n; i++) {
		c = &channels->v[i];
		if (*c->recording == '\0' || recording_told(l, c->recording))
			continue;
		open = recording_row(all, c->recording);
		put(open, "State", json_string(c->ended_at == 0 &&
		    s->status == SESSION_ACTIVE ? "recording" :
		    "unfinished"));
	}
	event_list_free(l);
	return (DB_OK);
}

int
session_parts_add(struct db *db, const struct session *s, json_t *row)
{
	struct channel_list	*channels = NULL;
	int			 r;

	if ((r = add_channels(db, s, row, &channels)) == DB_OK &&
	    (r = add_files(db, s, row)) == DB_OK)
		r = add_recordings(db, s, row, channels);
	channel_list_free(channels);
	return (r);
}
