/* SPDX-License-Identifier: ISC */
/*
 * sftp as it passes: draft-ietf-secsh-filexfer-02 (version 3) with OpenSSH's
 * extensions, and of the versions 4 to 6 what is the same or nearly so.
 *
 * A request is only a wish. It waits in a table until the host answers, and
 * what is reported is what the host said. Any number of requests may be under
 * way, and a client may give two of them one id: then the answers come in the
 * order of the requests. Data is summed up as it passes and never kept.
 */
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child/audit_int.h"
#include "child/audit_sftp.h"
#include "lib/msg.h"
#include "lib/xmalloc.h"

#define PACKET_MAX	(16 * 1024 * 1024)	/* more is no sftp */
#define HEAD_MAX	(2 * (PATH_BYTES_MAX + 4) + 64)
#define HEAD_FIRST	9	/* type, id, and a length or a code */
#define HANDLE_MAX	256	/* bytes of a handle's name */
#define HANDLES_MAX	512	/* files open at once that are followed */
#define WISHES_MAX	16384	/* requests without an answer */
#define WISH_BYTES_MAX	(1024 * 1024)	/* and all their paths */
#define BUCKETS		64

/* A file that is open on the host. */
struct handle {
	TAILQ_ENTRY(handle)	 link;
	unsigned		 refs;	/* the table's, and those of wishes */
	int			 open;	/* it is in the table */
	uint8_t			 name[HANDLE_MAX];
	size_t			 name_len;
	uint8_t			*path;
	size_t			 path_len;
	uint32_t		 has;	/* of the path, and what was set */
	int			 write, append;
	struct sum		 in, out;
	uint64_t		 confirmed;	/* of what was written */
	int			 closing;	/* the client wants no more */
	int			 at_end;	/* all was read, up to: */
	uint64_t		 size;
	int			 copied;	/* into it, by the host */
	uint32_t		 failed;	/* the first failure's code */
	struct file_op		 set;	/* fsetstat */
};

/* A request that has no answer yet. */
struct wish {
	TAILQ_ENTRY(wish)	 link;
	uint32_t		 id;
	uint8_t			 type;
	struct handle		*handle;	/* or NULL */
	uint64_t		 offset;	/* of READ */
	uint32_t		 len;		/* of READ and WRITE */
	int			 write, append;	/* of OPEN */
	struct file_op		*op;	/* to report; with it its paths */
	size_t			 size;	/* bytes that it takes */
};
TAILQ_HEAD(wishes, wish);

/* A direction's packets. */
struct packets {
	uint8_t		 len[4];
	size_t		 len_have;
	uint32_t	 total, left;	/* bytes of a packet; not yet seen */
	uint8_t		*head;		/* its beginning */
	size_t		 head_have, head_size;
	struct handle	*handle;	/* the rest is data of this file, */
	struct sum	*sum;		/* into this sum; or NULL */
	uint32_t	 data;		/* bytes of it that are to come */
	int		 began;		/* INIT or VERSION has passed */
};

struct sftp {
	struct packets		 side[2];	/* by enum audit_side */
	uint32_t		 asked;		/* the client's version */
	uint32_t		 version;
	struct wishes		 bucket[BUCKETS];
	unsigned		 nwishes;
	size_t			 wish_bytes;
	TAILQ_HEAD(, handle)	 handles;
	unsigned		 nhandles;
	const char		*lost;
	audit_report		*report;
	void			*arg;
};

void *
sftp_new(audit_report *report, void *arg)
{
	struct sftp	*s = xcalloc(1, sizeof(*s));
	size_t		 i;

	for (i = 0; i < BUCKETS; i++)
		TAILQ_INIT(&s->bucket[i]);
	TAILQ_INIT(&s->handles);
	s->report = report;
	s->arg = arg;
	return (s);
}

static void
handle_unref(struct handle *h)
{
	if (h == NULL || --h->refs > 0)
		return;
	sum_free(&h->in);
	sum_free(&h->out);
	free(h->path);
	free(h);
}

static struct handle *
handle_ref(struct handle *h)
{
	if (h != NULL)
		h->refs++;
	return (h);
}

/* The one of this name; it is likely to be asked for again. */
static struct handle *
handle_find(struct sftp *s, const uint8_t *name, size_t len)
{
	struct handle	*h;

	TAILQ_FOREACH(h, &s->handles, link) {
		if (h->name_len == len && name != NULL &&
		    memcmp(h->name, name, len) == 0)
			break;
	}
	if (h != NULL && h != TAILQ_FIRST(&s->handles)) {
		TAILQ_REMOVE(&s->handles, h, link);
		TAILQ_INSERT_HEAD(&s->handles, h, link);
	}
	return (h);
}

static void
report_status(struct sftp *s, struct file_op *op, uint32_t code)
{
	char	text[32];

	op->result = sftp_status(code, text, sizeof(text));
	s->report(s->arg, op);
}

/* What was written: what the client sent, and how much the host took of it. */
static void
report_put(struct sftp *s, struct handle *h, const char *result)
{
	struct file_op	op;

	file_op_init(&op, FILE_PUT, h->path, h->path_len);
	op.has |= h->has | h->set.has;
	op.mode = h->set.mode;
	op.uid = h->set.uid;
	op.gid = h->set.gid;
	op.time = h->set.time;
	op.result = result;
	if (h->copied)
		sum_break(&h->in, "the host copied into it from elsewhere");
	file_op_sum(&op, &h->in);
	op.size = h->in.end;
	op.has |= FILE_HAS_SIZE;
	if (h->append)
		op.has = (op.has | FILE_HAS_APPEND) & ~FILE_HAS_SIZE;
	if (h->confirmed != op.bytes) {
		op.confirmed = h->confirmed;
		op.has |= FILE_HAS_CONFIRMED;
	}
	s->report(s->arg, &op);
}

static void
report_get(struct sftp *s, struct handle *h, const char *result)
{
	struct file_op	op;

	file_op_init(&op, FILE_GET, h->path, h->path_len);
	op.has |= h->has;
	op.result = result;
	file_op_sum(&op, &h->out);
	if (h->at_end) {
		op.size = h->size;
		op.has |= FILE_HAS_SIZE;
	}
	s->report(s->arg, &op);
}

/*
 * The file is closed, or the channel was: result, unless it failed before. Who
 * has read to a file's end has it, with or without a word on its closing.
 */
static void
handle_done(struct sftp *s, struct handle *h, const char *result)
{
	char	text[32];

	if (!h->open)
		return;
	h->open = 0;
	TAILQ_REMOVE(&s->handles, h, link);
	s->nhandles--;
	if (h->failed != SFTP_OK)
		result = sftp_status(h->failed, text, sizeof(text));
	if (h->write)
		report_put(s, h, result);
	if (!h->write || h->out.bytes > 0)
		report_get(s, h, h->at_end && h->failed == SFTP_OK ? "ok" :
		    result);
	handle_unref(h);
}

/* The host has opened a file. */
static void
handle_new(struct sftp *s, const struct wish *w, const uint8_t *name,
    size_t len)
{
	struct handle	*h;

	if (s->nhandles >= HANDLES_MAX || len > HANDLE_MAX) {
		w->op->result = "ok";
		w->op->why = "too many files are open at once";
		s->report(s->arg, w->op);
		return;
	}
	h = xcalloc(1, sizeof(*h));
	h->refs = 1;
	h->open = 1;
	memcpy(h->name, name, len);
	h->name_len = len;
	h->path = (uint8_t *)xmemdup0(w->op->path, w->op->path_len);
	h->path_len = w->op->path_len;
	h->has = w->op->has;
	h->write = w->write;
	h->append = w->append;
	TAILQ_INSERT_HEAD(&s->handles, h, link);
	s->nhandles++;
}

static void
wish_free(struct sftp *s, struct wish *w)
{
	s->nwishes--;
	s->wish_bytes -= w->size;
	handle_unref(w->handle);
	free(w->op);
	free(w);
}

/* The oldest request with this id, no longer in the table; or NULL. */
static struct wish *
wish_take(struct sftp *s, uint32_t id)
{
	struct wishes	*b = &s->bucket[id % BUCKETS];
	struct wish	*w;

	TAILQ_FOREACH(w, b, link) {
		if (w->id == id)
			break;
	}
	if (w != NULL)
		TAILQ_REMOVE(b, w, link);
	return (w);
}

/* What is to be reported, with copies of its paths behind it. */
static struct file_op *
op_copy(const struct file_op *op, size_t *size)
{
	struct file_op	*copy;
	uint8_t		*p;

	*size = sizeof(*copy) + op->path_len + op->other_len;
	copy = xmalloc(*size);
	*copy = *op;
	p = (uint8_t *)(copy + 1);
	if (op->path_len > 0)
		memcpy(p, op->path, op->path_len);
	copy->path = p;
	p += op->path_len;
	if (op->other_len > 0)
		memcpy(p, op->other, op->other_len);
	copy->other = p;
	return (copy);
}

static void
wish_add(struct sftp *s, const struct wish *made, const struct file_op *op)
{
	struct wish	*w;

	if (s->nwishes >= WISHES_MAX || s->wish_bytes >= WISH_BYTES_MAX) {
		s->lost = "more requests than can be followed have no answer";
		return;
	}
	w = xmalloc(sizeof(*w));
	*w = *made;
	w->size = 0;
	w->op = op == NULL ? NULL : op_copy(op, &w->size);
	handle_ref(w->handle);
	s->nwishes++;
	s->wish_bytes += w->size;
	TAILQ_INSERT_TAIL(&s->bucket[w->id % BUCKETS], w, link);
}

/* A handle's name, and the file that it stands for if that is followed. */
static struct handle *
get_handle(struct sftp *s, struct msg *m)
{
	const uint8_t	*name;
	size_t		 len;

	name = msg_get_blob(m, HANDLE_MAX, &len);
	return (name == NULL ? NULL : handle_find(s, name, len));
}

/* A request on a handle; data is not in the message. */
static void
take_handle_request(struct sftp *s, struct wish *w, struct msg *m)
{
	struct file_op	 op;
	struct handle	*h;

	if ((h = w->handle = get_handle(s, m)) == NULL) {
		wish_add(s, w, NULL);
		return;
	}
	if (w->type == SFTP_FSETSTAT) {
		file_op_init(&op, FILE_SETSTAT, h->path, h->path_len);
		op.has |= h->has;
		sftp_get_attrs(m, s->version, &op);
		wish_add(s, w, &op);
		return;
	}
	if (w->type == SFTP_CLOSE)
		h->closing = 1;
	if (w->type == SFTP_READ) {
		w->offset = msg_get_u64(m);
		w->len = msg_get_u32(m);
	}
	wish_add(s, w, NULL);
}

/* A request that names paths, and may change something. */
static void
take_path_request(struct sftp *s, struct wish *w, struct msg *m)
{
	struct file_op	op;

	if (sftp_get_request(m, w->type, s->version, &op, &w->write,
	    &w->append) == -1)
		wish_add(s, w, NULL);
	else
		wish_add(s, w, &op);
}

/* OpenSSH's copy-data: from one open file into another. */
static void
take_copy(struct sftp *s, struct wish *w, struct msg *m)
{
	const struct handle	*from = get_handle(s, m);
	struct file_op		 op;
	uint64_t		 len;

	(void)msg_get_u64(m);
	len = msg_get_u64(m);
	w->handle = get_handle(s, m);
	if (from == NULL || w->handle == NULL) {
		wish_add(s, w, NULL);
		return;
	}
	file_op_init(&op, FILE_COPY, from->path, from->path_len);
	op.other = w->handle->path;
	op.other_len = w->handle->path_len;
	op.bytes = len;
	if (len != 0)		/* 0: to its end */
		op.has |= FILE_HAS_BYTES;
	wish_add(s, w, &op);
}

static void
take_extended(struct sftp *s, struct wish *w, struct msg *m)
{
	const uint8_t	*name;
	struct file_op	 op;
	size_t		 len;

	name = msg_get_blob(m, PATH_BYTES_MAX, &len);
	if (name == NULL)
		wish_add(s, w, NULL);
	else if (sftp_is(name, len, "copy-data"))
		take_copy(s, w, m);
	else if (sftp_is(name, len, "version-select"))
		s->lost = "the client has chosen another version of sftp";
	else if (sftp_get_extended(m, name, len, &op) == -1)
		wish_add(s, w, NULL);
	else
		wish_add(s, w, &op);
}

/* A whole request, or as much of it as is kept. */
static void
take_request(struct sftp *s, struct msg *m)
{
	struct wish	w;

	memset(&w, 0, sizeof(w));
	w.type = msg_get_u8(m);
	w.id = msg_get_u32(m);
	switch (w.type) {
	case SFTP_INIT:
		if (s->asked == 0)
			s->asked = w.id;
		break;
	case SFTP_WRITE:
		break;		/* was seen when its data began */
	case SFTP_CLOSE:
	case SFTP_READ:
	case SFTP_FSETSTAT:
		take_handle_request(s, &w, m);
		break;
	case SFTP_EXTENDED:
		take_extended(s, &w, m);
		break;
	default:
		take_path_request(s, &w, m);
	}
}

/* fsetstat becomes a part of what is said of a file that was written. */
static void
answered_set(struct sftp *s, struct wish *w, uint32_t code)
{
	static const uint32_t	kept = FILE_HAS_MODE | FILE_HAS_OWNER |
				    FILE_HAS_TIME;
	struct file_op		*set = &w->handle->set;

	if (code != SFTP_OK || !w->handle->write || !w->handle->open ||
	    (w->op->has & FILE_HAS_SIZE) != 0) {
		report_status(s, w->op, code);
		return;
	}
	if (w->op->has & FILE_HAS_MODE)
		set->mode = w->op->mode;
	if (w->op->has & FILE_HAS_OWNER) {
		set->uid = w->op->uid;
		set->gid = w->op->gid;
	}
	if (w->op->has & FILE_HAS_TIME)
		set->time = w->op->time;
	set->has |= w->op->has & kept;
}

/* The host says how a request on an open file went. */
static void
answered_handle(struct sftp *s, struct wish *w, uint32_t code)
{
	struct handle	*h = w->handle;
	char		 text[32];

	switch (w->type) {
	case SFTP_CLOSE:
		handle_done(s, h, sftp_status(code, text, sizeof(text)));
		break;
	case SFTP_FSETSTAT:
		answered_set(s, w, code);
		break;
	case SFTP_READ:
		if (code == SFTP_EOF && w->offset == h->out.end) {
			h->at_end = 1;
			h->size = w->offset;
		}
		if (code != SFTP_EOF && code != SFTP_OK &&
		    h->failed == SFTP_OK)
			h->failed = code;
		break;
	case SFTP_WRITE:
		if (code == SFTP_OK)
			h->confirmed += w->len;
		else if (h->failed == SFTP_OK)
			h->failed = code;
		break;
	default:		/* a copy into it */
		h->copied |= code == SFTP_OK;
		if (w->op != NULL)
			report_status(s, w->op, code);
	}
}

static void
answered_status(struct sftp *s, struct wish *w, uint32_t code)
{
	if (w->handle != NULL)
		answered_handle(s, w, code);
	else if (w->op != NULL && (w->op->action != FILE_EXTENSION ||
	    code != SFTP_UNSUPPORTED))
		report_status(s, w->op, code);
}

/* An answer, but for DATA, of which the request was found when it began. */
static void
take_answer(struct sftp *s, struct msg *m)
{
	const uint8_t	*name;
	uint8_t		 type = msg_get_u8(m);
	uint32_t	 id = msg_get_u32(m);
	struct wish	*w;
	size_t		 len;

	if (type == SFTP_VERSION) {
		s->version = id < s->asked ? id : s->asked;
		if (s->version > SFTP_VERSION_MAX)
			s->lost = "this version of sftp is not known here";
		return;
	}
	if (type == SFTP_DATA || (w = wish_take(s, id)) == NULL)
		return;
	if (type == SFTP_STATUS)
		answered_status(s, w, msg_get_u32(m));
	else if (type == SFTP_HANDLE && w->type == SFTP_OPEN &&
	    w->op != NULL && (name = msg_get_blob(m, HEAD_MAX, &len)) != NULL)
		handle_new(s, w, name, len);
	else if (type == SFTP_EXTENDED_REPLY && w->op != NULL)
		report_status(s, w->op, SFTP_OK);
	else if (w->op != NULL) {
		w->op->result = "an answer that is none";
		s->report(s->arg, w->op);
	}
	wish_free(s, w);
}

static void
data_begin(struct packets *p, struct handle *h, struct sum *sum, uint32_t len)
{
	p->handle = handle_ref(h);
	p->sum = sum;
	p->data = len < p->left ? len : p->left;
}

static void
data_end(struct packets *p)
{
	handle_unref(p->handle);
	p->handle = NULL;
	p->sum = NULL;
	p->data = 0;
}

/* WRITE: id, handle, offset, length; data follows. */
static void
write_begin(struct sftp *s, struct packets *p)
{
	struct wish	 w = { .type = SFTP_WRITE };
	struct msg	 m;
	uint64_t	 offset;

	msg_borrow(&m, p->head, p->head_have);
	(void)msg_get_u8(&m);
	w.id = msg_get_u32(&m);
	w.handle = get_handle(s, &m);
	offset = msg_get_u64(&m);
	w.len = msg_get_u32(&m);
	wish_add(s, &w, NULL);
	if (w.handle == NULL || !msg_end(&m))
		return;
	if (w.handle->append)
		sum_follow(&w.handle->in);
	else
		sum_place(&w.handle->in, offset);
	data_begin(p, w.handle, &w.handle->in, w.len);
}

/* DATA: id, length; data follows. */
static void
read_begin(struct sftp *s, struct packets *p)
{
	struct msg	 m;
	struct wish	*w;
	uint32_t	 len;

	msg_borrow(&m, p->head, p->head_have);
	(void)msg_get_u8(&m);
	w = wish_take(s, msg_get_u32(&m));
	len = msg_get_u32(&m);
	if (w == NULL)
		return;
	if (w->type == SFTP_READ && w->handle != NULL) {
		sum_place(&w->handle->out, w->offset);
		data_begin(p, w->handle, &w->handle->out, len);
	} else if (w->op != NULL) {
		w->op->result = "an answer that is none";
		s->report(s->arg, w->op);
	}
	wish_free(s, w);
}

/* Bytes of a packet's beginning that are wanted, of which some are there. */
static size_t
head_wanted(const struct packets *p, enum audit_side side)
{
	uint32_t	n;

	if (p->total < HEAD_FIRST || p->head_have < HEAD_FIRST)
		return (p->total < HEAD_FIRST ? p->total : HEAD_FIRST);
	if (side == AUDIT_HOST && p->head[0] == SFTP_DATA)
		return (HEAD_FIRST);
	if (side == AUDIT_CLIENT && p->head[0] == SFTP_WRITE) {
		n = (uint32_t)p->head[5] << 24 | p->head[6] << 16 |
		    p->head[7] << 8 | p->head[8];
		if (n > HANDLE_MAX || HEAD_FIRST + n + 12 > p->total)
			return (HEAD_FIRST);
		return (HEAD_FIRST + n + 12);
	}
	return (p->total < HEAD_MAX ? p->total : HEAD_MAX);
}

/* The length has come. */
static void
packet_begin(struct sftp *s, struct packets *p)
{
	p->total = (uint32_t)p->len[0] << 24 | p->len[1] << 16 |
	    p->len[2] << 8 | p->len[3];
	p->left = p->total;
	p->head_have = 0;
	if (p->total == 0 || p->total > PACKET_MAX)
		s->lost = p->began ? "a packet of no possible length" :
		    "it is not sftp";
}

/* All that is wanted of a packet's beginning is there. */
static void
head_done(struct sftp *s, enum audit_side side)
{
	struct packets	*p = &s->side[side];
	struct msg	 m;

	if (!p->began && p->head[0] != (side == AUDIT_CLIENT ? SFTP_INIT :
	    SFTP_VERSION)) {
		s->lost = "it is not sftp";
		return;
	}
	p->began = 1;
	if (side == AUDIT_CLIENT && p->head[0] == SFTP_WRITE)
		write_begin(s, p);
	else if (side == AUDIT_HOST && p->head[0] == SFTP_DATA)
		read_begin(s, p);
	else {
		msg_borrow(&m, p->head, p->head_have);
		if (side == AUDIT_CLIENT)
			take_request(s, &m);
		else
			take_answer(s, &m);
	}
}

static size_t
take_length(struct sftp *s, struct packets *p, const uint8_t *data, size_t len)
{
	size_t	n = sizeof(p->len) - p->len_have;

	if (n > len)
		n = len;
	memcpy(p->len + p->len_have, data, n);
	p->len_have += n;
	if (p->len_have == sizeof(p->len))
		packet_begin(s, p);
	return (n);
}

static size_t
take_head(struct sftp *s, enum audit_side side, const uint8_t *data,
    size_t len)
{
	struct packets	*p = &s->side[side];
	size_t		 wanted = head_wanted(p, side);
	size_t		 n = wanted - p->head_have;

	if (n > len)
		n = len;
	if (wanted > p->head_size) {
		p->head = xreallocarray(p->head, wanted, 1);
		p->head_size = wanted;
	}
	memcpy(p->head + p->head_have, data, n);
	p->head_have += n;
	p->left -= n;
	if (p->head_have == head_wanted(p, side))
		head_done(s, side);
	return (n);
}

/* A file's data, or what is not looked at. */
static size_t
take_rest(struct packets *p, const uint8_t *data, size_t len)
{
	size_t	n = p->data > 0 ? p->data : p->left;

	if (n > len)
		n = len;
	p->left -= n;
	if (p->data > 0) {
		sum_add(p->sum, data, n);
		p->data -= n;
		if (p->data == 0)
			data_end(p);
	}
	return (n);
}

static const char *
sftp_take(void *state, enum audit_side side, const uint8_t *data, size_t len)
{
	struct sftp	*s = state;
	struct packets	*p = &s->side[side];
	size_t		 n;

	for (; len > 0 && s->lost == NULL; data += n, len -= n) {
		if (p->len_have < sizeof(p->len))
			n = take_length(s, p, data, len);
		else if (p->head_have < head_wanted(p, side))
			n = take_head(s, side, data, len);
		else
			n = take_rest(p, data, len);
		if (p->len_have == sizeof(p->len) && p->left == 0 &&
		    s->lost == NULL) {
			data_end(p);
			p->len_have = 0;
		}
	}
	return (s->lost);
}

/* What the host has not answered may have been done or not. */
static void
sftp_end(void *state, const char *result)
{
	struct sftp	*s = state;
	struct handle	*h;
	struct wish	*w;
	size_t		 i;

	for (i = 0; i < BUCKETS; i++) {
		while ((w = TAILQ_FIRST(&s->bucket[i])) != NULL) {
			TAILQ_REMOVE(&s->bucket[i], w, link);
			if (w->op != NULL) {
				w->op->result = "no answer";
				s->report(s->arg, w->op);
			}
			wish_free(s, w);
		}
	}
	while ((h = TAILQ_FIRST(&s->handles)) != NULL)
		handle_done(s, h, h->closing ? "no answer" : result);
	for (i = 0; i < 2; i++) {
		data_end(&s->side[i]);
		free(s->side[i].head);
	}
	free(s);
}

const struct decoder decoder_sftp = { sftp_take, sftp_end };
