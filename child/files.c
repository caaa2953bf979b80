/* SPDX-License-Identifier: ISC */
/*
 * The queue between an audit and the gate.
 */
#include <sys/queue.h>

#include <stdlib.h>

#include "child/ask.h"
#include "child/files.h"
#include "lib/msg.h"
#include "lib/xmalloc.h"

#define FULL	FILE_OPS_MAX	/* bytes that wait */

/* What goes into one message. */
struct batch {
	TAILQ_ENTRY(batch)	 link;
	struct msg		 ops;
};

TAILQ_HEAD(batches, batch);

struct files {
	uint32_t		 channel;
	struct audit		*audit;
	struct batches		 batches;
	size_t			 bytes;
};

/* The last one if so many bytes fit, else a new one. */
static struct batch *
batch_for(struct files *f, size_t len)
{
	struct batch	*b = TAILQ_LAST(&f->batches, batches);

	if (b != NULL && b->ops.len + len <= FILE_OPS_MAX)
		return (b);
	b = xmalloc(sizeof(*b));
	msg_init(&b->ops);
	TAILQ_INSERT_TAIL(&f->batches, b, link);
	return (b);
}

static void
report(void *arg, const struct file_op *op)
{
	struct files	*f = arg;
	struct msg	 one;
	size_t		 len;

	msg_init(&one);
	put_file_op(&one, op);
	len = one.len + sizeof(uint32_t);
	msg_put_blob(&batch_for(f, len)->ops, one.data, one.len);
	f->bytes += len;
	msg_free(&one);
}

struct files *
files_new(uint32_t channel, const char *type, const char *detail)
{
	struct files	*f = xcalloc(1, sizeof(*f));

	f->channel = channel;
	TAILQ_INIT(&f->batches);
	if ((f->audit = audit_new(type, detail, report, f)) != NULL)
		return (f);
	free(f);
	return (NULL);
}

void
files_take(struct files *f, enum audit_side side, const void *data, size_t len)
{
	if (f != NULL)
		audit_take(f->audit, side, data, len);
}

static void
tell_first(struct files *f, void (*tell)(const struct ask_file *))
{
	struct batch	*b = TAILQ_FIRST(&f->batches);
	struct ask_file	 a = { f->channel, b->ops.data, b->ops.len };

	tell(&a);
	TAILQ_REMOVE(&f->batches, b, link);
	f->bytes -= b->ops.len;
	msg_free(&b->ops);
	free(b);
}

void
files_run(struct files *f)
{
	while (f != NULL && !TAILQ_EMPTY(&f->batches) && ask_may(ASK_FILE))
		tell_first(f, ask_file);
}

int
files_full(const struct files *f)
{
	return (f != NULL && f->bytes >= FULL);
}

void
files_free(struct files *f)
{
	if (f == NULL)
		return;
	audit_free(f->audit);
	while (!TAILQ_EMPTY(&f->batches))
		tell_first(f, ask_file_last);
	free(f);
}
