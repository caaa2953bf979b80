/* SPDX-License-Identifier: ISC */
/*
 * What the host has said and libssh2 does not tell.
 *
 * The host is believed about its own channels only, of which it may say what it
 * likes anyway.
 */
#include <stdlib.h>
#include <string.h>

#include "child/heard.h"
#include "child/upstream.h"
#include "lib/msg.h"
#include "lib/xmalloc.h"

/* RFC 4254, section 9 */
#define OPEN_CONFIRMATION	91
#define CHANNEL_REQUEST		98

#define NAME_MAX_LEN	64

static struct heard *
find_id(const struct upstream *up, uint32_t id)
{
	size_t	i;

	for (i = 0; i < up->nheard; i++) {
		if (up->heard[i].id == id)
			return (&up->heard[i]);
	}
	return (NULL);
}

/* RFC 4254, section 6.10: name, core, message, language. */
static void
read_signal(struct heard *h, struct msg *m)
{
	const uint8_t	*text;
	size_t		 len;
	int		 core;

	msg_get_blob(m, m->len, &len);
	core = msg_get_u8(m) != 0;
	text = msg_get_blob(m, m->len, &len);
	if (m->error)
		return;
	h->core = core;
	free(h->message);
	h->message = (char *)xmemdup0(text,
	    len < HEARD_MESSAGE_MAX ? len : HEARD_MESSAGE_MAX);
}

static void
read_request(struct upstream *up, struct msg *m)
{
	struct heard	*h = find_id(up, msg_get_u32(m));
	const uint8_t	*name;
	size_t		 len;

	name = msg_get_blob(m, NAME_MAX_LEN, &len);
	msg_get_u8(m);			/* want reply */
	if (m->error || h == NULL)
		return;
	if (len == strlen("exit-status") &&
	    memcmp(name, "exit-status", len) == 0) {
		msg_get_u32(m);
		h->status |= !m->error;
	} else if (len == strlen("exit-signal") &&
	    memcmp(name, "exit-signal", len) == 0) {
		read_signal(h, m);
	}
}

void
heard_freed(struct upstream *up, const void *p, size_t size)
{
	const uint8_t	*type = p;
	struct msg	 m;

	if (size < 5 ||
	    (*type != CHANNEL_REQUEST && *type != OPEN_CONFIRMATION))
		return;
	msg_borrow(&m, type + 1, size - 1);
	if (*type == OPEN_CONFIRMATION) {
		up->confirmed = msg_get_u32(&m);
		up->is_confirmed = 1;
	} else {
		read_request(up, &m);
	}
}

void
heard_open(struct upstream *up, LIBSSH2_CHANNEL *c)
{
	if (!up->is_confirmed)
		return;
	up->is_confirmed = 0;
	up->heard = xreallocarray(up->heard, up->nheard + 1,
	    sizeof(*up->heard));
	up->heard[up->nheard++] = (struct heard){ .channel = c,
	    .id = up->confirmed };
}

const struct heard *
heard_of(const struct upstream *up, const LIBSSH2_CHANNEL *c)
{
	size_t	i;

	for (i = 0; i < up->nheard; i++) {
		if (up->heard[i].channel == c)
			return (&up->heard[i]);
	}
	return (NULL);
}

void
heard_close(struct upstream *up, const LIBSSH2_CHANNEL *c)
{
	const struct heard	*h = heard_of(up, c);

	if (h == NULL)
		return;
	free(h->message);
	up->heard[h - up->heard] = up->heard[--up->nheard];
}
