/* SPDX-License-Identifier: ISC */
/*
 * Files that a person moved, as events. What a child says of them is its own
 * word: it names no row, and paths are text that a host or a client chose.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/escape.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/channels.h"
#include "monitor/journal.h"
#include "monitor/monitor.h"

#define TEXT_BYTES_MAX	12000	/* of a path in an event, escaped */
#define ELLIPSIS	"..."

static const char *const actions[FILE_ACTIONS] = {
	[FILE_GET] = "get",
	[FILE_PUT] = "put",
	[FILE_REMOVE] = "remove",
	[FILE_RENAME] = "rename",
	[FILE_MKDIR] = "mkdir",
	[FILE_RMDIR] = "rmdir",
	[FILE_SETSTAT] = "setstat",
	[FILE_SYMLINK] = "symlink",
	[FILE_LINK] = "link",
	[FILE_COPY] = "copy",
	[FILE_EXTENSION] = "extension",
	[FILE_RSYNC] = "rsync",
	[FILE_GIT] = "git",
	[FILE_UNKNOWN] = "unknown",
};

/*
 * Text fit for an event, of max bytes at most: of what is longer the end,
 * which of a path says more. Caller frees.
 */
static char *
readable(const void *text, size_t len, size_t max)
{
	char	*safe = escape_text(text, len), *cut, *p;

	if (strlen(safe) <= max)
		return (safe);
	p = safe + strlen(safe) - (max - strlen(ELLIPSIS));
	while ((*p & 0xc0) == 0x80)	/* within a character */
		p++;
	cut = xasprintf("%s%s", ELLIPSIS, p);
	free(safe);
	return (cut);
}

static void
set_text(json_t *o, const char *key, const void *text, size_t len)
{
	char	*safe = readable(text, len, TEXT_BYTES_MAX);

	json_object_set_new(o, key, json_string(safe));
	free(safe);
}

static void
set_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer(n > INT64_MAX ? INT64_MAX :
	    (json_int_t)n));
}

/* What was set of a file: its mode, its owner, its time. */
static void
set_attributes(json_t *o, const struct file_op *f)
{
	char	text[32];

	if (f->has & FILE_HAS_MODE) {
		snprintf(text, sizeof(text), "%04o", f->mode & 07777);
		json_object_set_new(o, "mode", json_string(text));
	}
	if (f->has & FILE_HAS_OWNER) {
		snprintf(text, sizeof(text), "%u:%u", f->uid, f->gid);
		json_object_set_new(o, "owner", json_string(text));
	}
	if (f->has & FILE_HAS_TIME)
		set_number(o, "time", f->time);
}

/* What went through of a file. */
static void
set_content(json_t *o, const struct file_op *f)
{
	char	hex[2 * FILE_SUM_LEN + 1];

	if (f->has & FILE_HAS_SIZE)
		set_number(o, "size", f->size);
	if (f->has & FILE_HAS_BYTES)
		set_number(o, "bytes", f->bytes);
	if (f->has & FILE_HAS_CONFIRMED)
		set_number(o, "confirmed", f->confirmed);
	if (f->has & FILE_HAS_OFFSET)
		set_number(o, "offset", f->offset);
	if (f->has & FILE_HAS_APPEND)
		json_object_set_new(o, "append", json_true());
	if (f->action != FILE_GET && f->action != FILE_PUT)
		return;
	if (f->has & FILE_HAS_SUM)
		json_object_set_new(o, "sha256", json_string(sodium_bin2hex(
		    hex, sizeof(hex), f->sum, sizeof(f->sum))));
	else if (f->has & FILE_HAS_BYTES)
		json_object_set_new(o, "sha256", json_null());
}

static json_t *
details(const struct monitor_channel *c, const struct file_op *f)
{
	json_t	*o = json_pack("{s:i}", "channel", (int)c->seq);
	int	 counted = f->action == FILE_RSYNC || f->action == FILE_GIT;

	if (counted) {
		set_number(o, "in", f->bytes);
		set_number(o, "out", f->confirmed);
	} else
		set_content(o, f);
	if (counted || f->action == FILE_GET || f->action == FILE_PUT)
		json_object_set_new(o, "direction", json_string(
		    f->action == FILE_PUT || (counted && f->up) ?
		    "put" : "get"));
	set_attributes(o, f);
	if (f->other_len > 0)
		set_text(o, f->action == FILE_PUT || f->action == FILE_MKDIR ?
		    "name" : "to", f->other, f->other_len);
	if (f->result[0] != '\0')
		set_text(o, "result", f->result, strlen(f->result));
	if (f->why[0] != '\0')
		set_text(o, "why", f->why, strlen(f->why));
	if (f->has & FILE_HAS_CUT)
		json_object_set_new(o, "cut", json_true());
	return (o);
}

static void
tell(struct monitor *m, const struct monitor_channel *c,
    const struct file_op *f)
{
	json_t	*o = details(c, f);
	char	*entity, *args;

	entity = readable(f->path, f->path_len, NAME_MAX_BYTES);
	if (strncmp(entity, ELLIPSIS, strlen(ELLIPSIS)) == 0)
		set_text(o, "path", f->path, f->path_len);
	args = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	journal_event(m, "file", actions[f->action], entity,
	    args != NULL ? args : "");
	if (f->action == FILE_UNKNOWN)
		log_info("session %lld: channel %u: which files pass is not "
		    "known any more: %s", (long long)m->session, c->seq,
		    f->why);
	free(args);
	free(entity);
	json_decref(o);
}

/* Reads all, then tells: one that is malformed makes all of them so. */
static int
each(struct monitor *m, const struct monitor_channel *c,
    const struct ask_file *a)
{
	struct file_op	 f;
	struct msg	 ops, one;
	const uint8_t	*p;
	size_t		 len;

	msg_borrow(&ops, a->ops, a->len);
	while (ops.off < ops.len) {
		p = msg_get_blob(&ops, FILE_OP_MAX, &len);
		if (p == NULL)
			return (-1);
		msg_borrow(&one, p, len);
		if (get_file_op(&one, &f) == -1)
			return (-1);
		if (m != NULL)
			tell(m, c, &f);
	}
	return (0);
}

int
answer_file(struct monitor *m, struct ipc *req)
{
	struct ask_file			 a;
	const struct monitor_channel	*c;

	if (get_ask_file(&req->body, &a) == -1 || a.len == 0 ||
	    (c = channels_find(m, a.channel)) == NULL ||
	    each(NULL, NULL, &a) == -1)
		return (-1);
	return (each(m, c, &a));
}
