/* SPDX-License-Identifier: ISC */
/*
 * Rows of a backup as JSON: their members, and what there is to say of them.
 * Nothing in a document is trusted; each finding names its row.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/names.h"
#include "shell/restore_plan.h"
#include "shell/when.h"

#define ID_MAX		(INT64_C(1) << 48)
#define KEY_SIZE	24	/* an id in decimal */
#define NOTE_MAX	1024	/* bytes of a note */
#define NAME_SHOWN	100	/* of a name, in a note */
#define WHEN_MIN	INT64_C(-62135596800)	/* year 1 */
#define WHEN_MAX	INT64_C(253402300799)	/* year 9999 */

static const struct {
	const char	*array;
	const char	*row;
} kinds[RESTORE_KINDS] = {
	[RESTORE_KEYS] = { "keys", "key" },
	[RESTORE_HOSTS] = { "hosts", "host" },
	[RESTORE_USER_KEYS] = { "user_keys", "user key" },
	[RESTORE_USERS] = { "users", "user" },
	[RESTORE_USER_GROUPS] = { "user_groups", "user group" },
	[RESTORE_HOST_GROUPS] = { "host_groups", "host group" },
	[RESTORE_ACLS] = { "acls", "ACL" },
	[RESTORE_SETTINGS] = { "settings", "setting" },
	[RESTORE_EVENTS] = { "events", "event" },
	[RESTORE_SESSIONS] = { "sessions", "session" },
};

const char *
restore_kind_name(enum restore_kind kind)
{
	return (kinds[kind].array);
}

/* Notes */

static void
note_add(struct restore *r, enum restore_grade grade, enum restore_kind kind,
    int64_t id, const char *text)
{
	struct restore_report	*p = &r->report;
	struct restore_note	*n;
	size_t			*all;

	all = grade == RESTORE_WARNING ? &p->warnings : &p->refusals;
	if ((*all)++ >= RESTORE_NOTES_MAX)
		return;
	p->note = xroom(p->note, p->nnotes, sizeof(*p->note));
	n = &p->note[p->nnotes++];
	n->grade = grade;
	n->kind = kind;
	n->id = id;
	n->text = xstrdup(text);
}

static void
note_row(struct row *w, enum restore_grade grade, const char *fmt, va_list ap)
{
	char	text[NOTE_MAX];
	int	n;

	if (w->name != NULL)
		n = snprintf(text, sizeof(text), "%s %" PRId64 " \"%.*s\": ",
		    kinds[w->kind].row, w->id, NAME_SHOWN, w->name);
	else
		n = snprintf(text, sizeof(text), "%s %" PRId64 ": ",
		    kinds[w->kind].row, w->id);
	vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	note_add(w->r, grade, w->kind, w->id, text);
}

void
row_refuse(struct row *w, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	note_row(w, RESTORE_REFUSAL, fmt, ap);
	va_end(ap);
	w->bad = 1;
	if (!w->r->args.skip)
		w->r->report.refused = 1;
}

void
row_warn(struct row *w, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	note_row(w, RESTORE_WARNING, fmt, ap);
	va_end(ap);
}

void
refuse_all(struct restore *r, const char *fmt, ...)
{
	char	text[NOTE_MAX];
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	note_add(r, RESTORE_REFUSAL, RESTORE_KINDS, 0, text);
	r->report.refused = 1;
}

void
warn_all(struct restore *r, const char *fmt, ...)
{
	char	text[NOTE_MAX];
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	note_add(r, RESTORE_WARNING, RESTORE_KINDS, 0, text);
}

/* Fates */

static const char *
id_key(int64_t id, char buf[KEY_SIZE])
{
	snprintf(buf, KEY_SIZE, "%" PRId64, id);
	return (buf);
}

enum fate
fate_of(const struct restore *r, enum restore_kind kind, int64_t id)
{
	char	buf[KEY_SIZE];

	return ((enum fate)json_integer_value(json_object_get(r->fates[kind],
	    id_key(id, buf))));
}

void
fate_set(struct restore *r, enum restore_kind kind, int64_t id,
    enum fate fate)
{
	char	buf[KEY_SIZE];

	if (json_object_set_new(r->fates[kind], id_key(id, buf),
	    json_integer(fate)) == -1)
		fatal("out of memory");
}

int64_t
was_seen(struct restore *r, const char *fmt, ...)
{
	va_list	 ap;
	char	*words;
	int64_t	 as;

	va_start(ap, fmt);
	if (vasprintf(&words, fmt, ap) == -1)
		fatal("out of memory");
	va_end(ap);
	as = json_integer_value(json_object_get(r->seen, words));
	free(words);
	return (as);
}

int64_t
seen(struct restore *r, int64_t as, const char *fmt, ...)
{
	va_list	 ap;
	char	*words;
	int64_t	 before;

	va_start(ap, fmt);
	if (vasprintf(&words, fmt, ap) == -1)
		fatal("out of memory");
	va_end(ap);
	before = json_integer_value(json_object_get(r->seen, words));
	if (before == 0)
		json_object_set_new(r->seen, words, json_integer(as));
	free(words);
	return (before);
}

static void
count_fate(struct restore_count *n, enum fate fate)
{
	n->deleted += fate == FATE_DELETED;
	n->refused += fate == FATE_REFUSED;
	n->left_out += fate == FATE_LEFT;
	n->taken += fate == FATE_TAKEN;
}

/* Rows */

/* Each unknown member is told once for all rows of a kind. */
static void
look_for_unknown(struct row *w, const char *const *members)
{
	const char	*member;
	json_t		*value;
	size_t		 i;

	json_object_foreach(w->json, member, value) {
		for (i = 0; members[i] != NULL; i++) {
			if (strcmp(members[i], member) == 0)
				break;
		}
		if (members[i] != NULL || seen(w->r, 1, "member %d %s",
		    w->kind, member) != 0)
			continue;
		row_warn(w, "\"%.*s\" is not known here: left out, of all %s",
		    NAME_SHOWN, member, kinds[w->kind].array);
	}
}

/* The id, which all else hangs on; 0 when the row is worth no more looks. */
static int64_t
row_id(struct row *w, size_t place)
{
	json_t	*j = json_object_get(w->json, "ID");

	if (!json_is_object(w->json)) {
		refuse_all(w->r, "row %zu of %s is no object", place,
		    kinds[w->kind].array);
		return (0);
	}
	w->id = json_integer_value(j);
	if (!json_is_integer(j) || w->id < 1 || w->id > ID_MAX) {
		refuse_all(w->r, "row %zu of %s has no ID that could be one",
		    place, kinds[w->kind].array);
		return (0);
	}
	if (fate_of(w->r, w->kind, w->id) != FATE_UNKNOWN) {
		refuse_all(w->r, "two rows of %s have the ID %" PRId64,
		    kinds[w->kind].array, w->id);
		return (0);
	}
	return (w->id);
}

void
row_times(struct row *w)
{
	w->created_at = row_time(w, "CreatedAt");
	w->updated_at = row_time(w, "UpdatedAt");
	if (w->created_at == 0)
		w->created_at = w->r->args.now;
	if (w->updated_at == 0)
		w->updated_at = w->created_at;
}

static enum fate
row_look(struct row *w, const char *const *members,
    enum fate (*take)(struct row *))
{
	enum fate	fate;

	if (row_time(w, "DeletedAt") != 0 && !w->bad)
		return (FATE_DELETED);
	look_for_unknown(w, members);
	row_times(w);
	fate = take(w);
	return (w->bad ? FATE_REFUSED : fate);
}

void
rows_each(struct restore *r, enum restore_kind kind,
    const char *const *members, enum fate (*take)(struct row *))
{
	struct restore_count	*n = &r->report.count[kind];
	json_t			*all, *json;
	struct row		 w;
	enum fate		 fate;
	size_t			 i;

	all = json_object_get(r->doc, kinds[kind].array);
	n->found = json_array_size(all);
	json_array_foreach(all, i, json) {
		w = (struct row){ .r = r, .kind = kind, .json = json };
		if (row_id(&w, i + 1) == 0) {
			n->refused++;
			continue;
		}
		fate = row_look(&w, members, take);
		fate_set(r, kind, w.id, fate);
		count_fate(n, fate);
	}
}

/* Members */

const char *
row_text(struct row *w, const char *member, size_t max)
{
	json_t	*j = json_object_get(w->json, member);

	if (j == NULL || json_is_null(j))
		return ("");
	if (!json_is_string(j)) {
		row_refuse(w, "its %s is no text", member);
		return ("");
	}
	if (json_string_length(j) > max) {
		row_refuse(w, "its %s has %zu bytes, more than %zu", member,
		    json_string_length(j), max);
		return ("");
	}
	return (json_string_value(j));
}

int64_t
row_number(struct row *w, const char *member, int64_t least, int64_t most)
{
	json_t	*j = json_object_get(w->json, member);
	int64_t	 n = json_integer_value(j);

	if (j == NULL || json_is_null(j))
		return (least < 0 && most > 0 ? 0 : least);
	if (!json_is_integer(j) || n < least || n > most) {
		row_refuse(w, "its %s is no number from %" PRId64 " to %"
		    PRId64, member, least, most);
		return (least);
	}
	return (n);
}

int
row_flag(struct row *w, const char *member)
{
	json_t	*j = json_object_get(w->json, member);

	if (j != NULL && !json_is_null(j) && !json_is_boolean(j))
		row_refuse(w, "its %s is neither true nor false", member);
	return (json_is_true(j));
}

int64_t
row_time(struct row *w, const char *member)
{
	const char	*text = row_text(w, member, WHEN_SIZE * 2);
	int64_t		 utc = 0;

	/* Go's zero time, and none, are none */
	if (*text == '\0' || strncmp(text, "0001-01-01T", 11) == 0)
		return (0);
	if (strchr(text, 'T') == NULL || when_parse(text, 0, &utc) == -1 ||
	    utc < WHEN_MIN || utc > WHEN_MAX) {
		row_refuse(w, "its %s \"%s\" is no time", member, text);
		return (0);
	}
	return (utc);
}

json_t *
row_array(struct row *w, const char *member)
{
	json_t	*j = json_object_get(w->json, member);

	if (j != NULL && !json_is_null(j) && !json_is_array(j))
		row_refuse(w, "its %s are no array", member);
	return (json_is_array(j) ? j : NULL);
}

int64_t
nested_id(json_t *j)
{
	json_t	*deleted = json_object_get(j, "DeletedAt");

	if (deleted != NULL && !json_is_null(deleted))
		return (0);
	return (json_integer_value(json_object_get(j, "ID")));
}

const char *
row_name(struct row *w, int login)
{
	char	err[NAMES_ERROR_MAX];

	w->name = row_text(w, "Name", DB_NAME_MAX);
	if (w->bad)
		return (w->name);
	if (*w->name == '\0') {
		row_refuse(w, "it has no name");
	} else if (!text_is_clean(w->name, strlen(w->name))) {
		row_refuse(w, "its name has characters that do not show");
	} else if (json_object_get(w->r->names[w->kind], w->name) != NULL) {
		row_refuse(w, "the %s %" JSON_INTEGER_FORMAT " has this name "
		    "too", kinds[w->kind].row, json_integer_value(
		    json_object_get(w->r->names[w->kind], w->name)));
	} else {
		json_object_set_new(w->r->names[w->kind], w->name,
		    json_integer(w->id));
		if ((login ? name_check_login(w->name, w->r->args.settings,
		    err) : name_check(w->name, err)) == -1 &&
		    !w->r->report.ours)
			row_warn(w, "its name stays, though %s", err);
	}
	return (w->name);
}

unsigned char *
row_blob(struct row *w, const char *member, size_t *len)
{
	const char	*text = row_text(w, member, DB_TEXT_MAX), *end;
	unsigned char	*blob;
	size_t		 n = strlen(text);

	*len = 0;
	if (n == 0)
		return (NULL);
	blob = xmalloc(n + 1);
	if (sodium_base642bin(blob, n, text, n, NULL, len, &end,
	    sodium_base64_VARIANT_ORIGINAL) == 0 && *end == '\0' && *len > 0)
		return (blob);
	row_refuse(w, "its %s is not base64", member);
	free(blob);
	*len = 0;
	return (NULL);
}
