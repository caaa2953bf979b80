/* SPDX-License-Identifier: ISC */
/*
 * The message codec.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/msg.h"
#include "lib/xmalloc.h"

#define MSG_FIRST	256
#define MSG_LARGEST	(64 * 1024 * 1024)

void
msg_init(struct msg *m)
{
	memset(m, 0, sizeof(*m));
}

void
msg_borrow(struct msg *m, const void *data, size_t len)
{
	msg_init(m);
	m->data = (uint8_t *)data;
	m->len = len;
}

void
msg_free(struct msg *m)
{
	if (m->size > 0) {
		explicit_bzero(m->data, m->size);
		free(m->data);
	}
	msg_init(m);
}

/* Room for n more bytes; moved by hand so that the old place is wiped. */
static uint8_t *
msg_room(struct msg *m, size_t n)
{
	uint8_t	*data, *p;
	size_t	 size = m->size ? m->size : MSG_FIRST;

	if (m->data != NULL && m->size == 0)
		panic("adding to a borrowed message");
	if (n > MSG_LARGEST || m->len > MSG_LARGEST - n)
		panic("message too large");
	while (size < m->len + n)
		size *= 2;
	if (m->data == NULL || size != m->size) {
		data = xmalloc(size);
		if (m->data != NULL) {
			memcpy(data, m->data, m->len);
			explicit_bzero(m->data, m->size);
			free(m->data);
		}
		m->data = data;
		m->size = size;
	}
	p = m->data + m->len;
	m->len += n;
	return (p);
}

static void
msg_put_int(struct msg *m, uint64_t v, size_t bytes)
{
	uint8_t	*p = msg_room(m, bytes);

	for (; bytes > 0; bytes--)
		*p++ = v >> (8 * (bytes - 1));
}

void
msg_put_u8(struct msg *m, uint8_t v)
{
	msg_put_int(m, v, 1);
}

void
msg_put_u32(struct msg *m, uint32_t v)
{
	msg_put_int(m, v, 4);
}

void
msg_put_u64(struct msg *m, uint64_t v)
{
	msg_put_int(m, v, 8);
}

void
msg_put_raw(struct msg *m, const void *data, size_t len)
{
	if (len > 0)
		memcpy(msg_room(m, len), data, len);
}

void
msg_put_blob(struct msg *m, const void *data, size_t len)
{
	if (len > MSG_LARGEST)
		panic("blob too large");
	msg_put_u32(m, len);
	msg_put_raw(m, data, len);
}

void
msg_put_text(struct msg *m, const char *s)
{
	msg_put_blob(m, s, strlen(s));
}

void
msg_put_str(struct msg *m, const char *s)
{
	if (s == NULL)
		s = "";
	msg_put_blob(m, s, strlen(s) + 1);
}

const uint8_t *
msg_get_raw(struct msg *m, size_t len)
{
	const uint8_t	*p;

	if (m->error || len > m->len - m->off) {
		m->error = 1;
		return (NULL);
	}
	p = m->data + m->off;
	m->off += len;
	return (p);
}

static uint64_t
msg_get_int(struct msg *m, size_t bytes)
{
	const uint8_t	*p = msg_get_raw(m, bytes);
	uint64_t	 v = 0;

	if (p == NULL)
		return (0);
	for (; bytes > 0; bytes--)
		v = v << 8 | *p++;
	return (v);
}

uint8_t
msg_get_u8(struct msg *m)
{
	return (msg_get_int(m, 1));
}

uint32_t
msg_get_u32(struct msg *m)
{
	return (msg_get_int(m, 4));
}

uint64_t
msg_get_u64(struct msg *m)
{
	return (msg_get_int(m, 8));
}

const uint8_t *
msg_get_blob(struct msg *m, size_t max, size_t *len)
{
	const uint8_t	*p;
	size_t		 n = msg_get_u32(m);

	*len = 0;
	if (n > max)
		m->error = 1;
	if ((p = msg_get_raw(m, n)) != NULL)
		*len = n;
	return (p);
}

const char *
msg_get_str(struct msg *m, size_t max)
{
	const uint8_t	*p;
	size_t		 len;

	p = msg_get_blob(m, max + 1, &len);
	if (p == NULL || len == 0 || memchr(p, '\0', len) != p + len - 1) {
		m->error = 1;
		return ("");
	}
	return ((const char *)p);
}

void
msg_want_text(struct msg *m, const char *text)
{
	const uint8_t	*p;
	size_t		 len;

	p = msg_get_blob(m, strlen(text), &len);
	if (p == NULL || len != strlen(text) || memcmp(p, text, len) != 0)
		m->error = 1;
}

void
msg_bad(struct msg *m)
{
	m->error = 1;
}

int
msg_end(const struct msg *m)
{
	return (!m->error && m->off == m->len);
}
