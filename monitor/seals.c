/* SPDX-License-Identifier: ISC */
/*
 * Making the seals of events.
 *
 * With each row's sum apart from the chain, one edited row is one fault, and
 * what follows a hole can still be checked. The chain is there for the case of
 * two genuine rows of the same number, after a restore: only one of them fits
 * its neighbours.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "db/db.h"
#include "db/event.h"
#include "db/setting.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/msg.h"
#include "lib/xmalloc.h"
#include "monitor/seals.h"
#include "monitor/seals_sum.h"
#include "monitor/secrets.h"

static void
sum_of(uint8_t out[SEALS_SUM_LEN], const struct msg *m)
{
	if (crypto_generichash(out, SEALS_SUM_LEN, m->data, m->len,
	    secrets_event_key(), SECRETS_EVENT_KEY_LEN) != 0)
		panic("an event's sum of %zu bytes", m->len);
}

void
seals_row_sum(uint8_t out[SEALS_SUM_LEN], const struct event *e, int64_t no)
{
	struct msg	m;

	msg_init(&m);
	msg_put_text(&m, "sshportal-event-1");
	msg_put_u64(&m, no);
	msg_put_u64(&m, e->id);
	msg_put_u64(&m, e->created_at);
	msg_put_u64(&m, e->author_id);
	msg_put_text(&m, e->author_name);
	msg_put_text(&m, e->source);
	msg_put_text(&m, e->domain);
	msg_put_text(&m, e->action);
	msg_put_text(&m, e->entity);
	msg_put_text(&m, e->args);
	/* Only where there is one: the sums of others stay what they were. */
	if (e->restored != 0) {
		msg_put_text(&m, "restored");
		msg_put_u64(&m, e->restored);
	}
	if (e->session_id != 0) {
		msg_put_text(&m, "session");
		msg_put_u64(&m, e->session_id);
	}
	sum_of(out, &m);
	msg_free(&m);
}

void
seals_chain_sum(uint8_t out[SEALS_SUM_LEN], const uint8_t *before,
    const uint8_t row[SEALS_SUM_LEN])
{
	struct msg	m;

	msg_init(&m);
	msg_put_text(&m, "sshportal-chain-1");
	msg_put_blob(&m, before, before != NULL ? SEALS_SUM_LEN : 0);
	msg_put_blob(&m, row, SEALS_SUM_LEN);
	sum_of(out, &m);
	msg_free(&m);
}

static void
head_sum(uint8_t out[SEALS_SUM_LEN], const struct seals_head *h)
{
	struct msg	m;

	msg_init(&m);
	msg_put_text(&m, "sshportal-head-1");
	msg_put_u64(&m, h->no);
	msg_put_blob(&m, h->chain, SEALS_SUM_LEN);
	sum_of(out, &m);
	msg_free(&m);
}

/* Text form: number:chain:sum, the latter two in hex. */
static int
head_parse(const char *text, struct seals_head *h)
{
	uint8_t	 raw[2][SEALS_SUM_LEN], want[SEALS_SUM_LEN];
	char	*p;
	int	 i;

	h->no = strtoll(text, &p, 10);
	for (i = 0; i < 2; i++) {
		if (h->no < 1 || *p++ != ':' ||
		    strlen(p) < 2 * SEALS_SUM_LEN ||
		    sodium_hex2bin(raw[i], SEALS_SUM_LEN, p,
		    2 * SEALS_SUM_LEN, NULL, NULL, NULL) != 0)
			return (-1);
		p += 2 * SEALS_SUM_LEN;
	}
	memcpy(h->chain, raw[0], SEALS_SUM_LEN);
	head_sum(want, h);
	return (*p == '\0' && sodium_memcmp(want, raw[1],
	    SEALS_SUM_LEN) == 0 ? 0 : -1);
}

int
seals_head_get(struct db *db, struct seals_head *h)
{
	char	*text;
	int	 r;

	memset(h, 0, sizeof(*h));
	r = setting_get(db, SEALS_HEAD_SETTING, &text);
	if (r == DB_NOTFOUND) {
		h->state = HEAD_NONE;
		return (DB_OK);
	}
	if (r != DB_OK)
		return (r);
	h->state = head_parse(text, h) == 0 ? HEAD_GOOD : HEAD_BAD;
	if (h->state == HEAD_BAD)
		h->no = 0;
	free(text);
	return (DB_OK);
}

static int
head_set(struct db *db, const struct seals_head *h)
{
	uint8_t	sum[SEALS_SUM_LEN];
	char	chain[2 * SEALS_SUM_LEN + 1], hex[2 * SEALS_SUM_LEN + 1];
	char	text[4 * SEALS_SUM_LEN + 32];

	head_sum(sum, h);
	sodium_bin2hex(chain, sizeof(chain), h->chain, SEALS_SUM_LEN);
	sodium_bin2hex(hex, sizeof(hex), sum, SEALS_SUM_LEN);
	snprintf(text, sizeof(text), "%lld:%s:%s", (long long)h->no, chain,
	    hex);
	return (setting_set(db, SEALS_HEAD_SETTING, text));
}

/* What a new event is chained to. */
struct tail {
	int64_t	no;			/* the last number ever given */
	int	chained;		/* chain is that of an event */
	uint8_t	chain[SEALS_SUM_LEN];
};

static int
event_of_cut(struct db *db, int64_t last, int64_t head)
{
	char		args[128];
	struct event	e = {
		.author_name = (char *)"keeper", .source = (char *)"local",
		.domain = (char *)"event", .action = (char *)"cut",
		.entity = (char *)"event", .args = args
	};
	int64_t		id;

	snprintf(args, sizeof(args), "{\"last\":%lld,\"expected\":%lld}",
	    (long long)last, (long long)head);
	log_error("the event log's end was cut off or its head changed: run "
	    "`sshportal verify`");
	return (event_create(db, &e, &id));
}

/*
 * Where the chain goes on. When rows after the last one are gone, or the head
 * with which one would know, numbering leaves a hole for ever.
 */
static int
tail_get(struct db *db, struct tail *t)
{
	struct seals_head	 head;
	unsigned char		*seal = NULL;
	size_t			 len = 0;
	int64_t			 last = 0;
	int			 r;

	memset(t, 0, sizeof(*t));
	if ((r = seals_head_get(db, &head)) != DB_OK)
		return (r);
	r = event_last_sealed(db, &last, &seal, &len);
	if (r != DB_OK && r != DB_NOTFOUND)
		return (r);
	t->no = last;
	if (r == DB_OK && len == SEALS_LEN) {
		memcpy(t->chain, seal + SEALS_SUM_LEN, SEALS_SUM_LEN);
		t->chained = 1;
	}
	free(seal);
	if (head.no == last && head.state != HEAD_BAD)
		return (DB_OK);
	if (head.no > t->no)
		t->no = head.no;
	else
		t->no++;
	t->chained = 0;
	return (event_of_cut(db, last, head.no));
}

static int
event_seal(struct db *db, const struct event *e, struct tail *t)
{
	uint8_t	seal[SEALS_LEN];

	t->no++;
	seals_row_sum(seal, e, t->no);
	seals_chain_sum(seal + SEALS_SUM_LEN, t->chained ? t->chain : NULL,
	    seal);
	memcpy(t->chain, seal + SEALS_SUM_LEN, SEALS_SUM_LEN);
	t->chained = 1;
	return (event_set_seal(db, e->id, t->no, seal, sizeof(seal)));
}

static int
seal_list(struct db *db, const struct event_list *l)
{
	struct seals_head	head;
	struct tail		t;
	size_t			i;
	int			r;

	if ((r = tail_get(db, &t)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++) {
		if ((r = event_seal(db, &l->v[i], &t)) != DB_OK)
			return (r);
	}
	head.no = t.no;
	memcpy(head.chain, t.chain, SEALS_SUM_LEN);
	return (head_set(db, &head));
}

static int
extend(struct db *db, void *arg)
{
	struct event_list	*l;
	size_t			*sealed = arg;
	int			 r;

	*sealed = 0;
	if ((r = event_seal_lock(db)) != DB_OK ||
	    (r = event_unsealed(db, SEALS_BATCH, &l)) != DB_OK)
		return (r);
	if (l->n > 0)
		r = seal_list(db, l);
	*sealed = l->n;
	event_list_free(l);
	return (r);
}

int
seals_extend(struct db *db, size_t *sealed)
{
	struct event_list	*l;
	int			 r;

	/* Mostly there is nothing, and no transaction is worth it. */
	*sealed = 0;
	if ((r = event_unsealed(db, 1, &l)) != DB_OK)
		return (r);
	r = l->n > 0;
	event_list_free(l);
	return (r ? db_transaction(db, extend, sealed) : DB_OK);
}
