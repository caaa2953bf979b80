/* SPDX-License-Identifier: ISC */
/*
 * Counting refused logins.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "db/event.h"
#include "lib/catalogue.h"
#include "lib/clock.h"
#include "lib/network.h"
#include "lib/xmalloc.h"
#include "monitor/refusals.h"

#define OTHERS		REFUSALS_SOURCES	/* index of all others */
#define BLOCK_BITS6	64	/* of an IPv6 address: one person has these */

/* The last refusal of a source, and how many there were since an event. */
struct entry {
	int		 used;
	int64_t		 author;
	struct network	 network;
	char		*author_name, *source, *entity, *args;
	uint64_t	 count;
	int64_t		 since;		/* UTC, of the first counted */
	int64_t		 due;		/* monotonic ms */
	int64_t		 wait;		/* ms, to the one after */
};

struct refusals {
	struct entry	 v[REFUSALS_SOURCES + 1];
	int64_t		 minute;	/* monotonic ms, when it began */
	unsigned	 nnew;		/* sources, in it */
	char		*args;		/* of the event given out last */
};

struct refusals *
refusals_new(void)
{
	return (xcalloc(1, sizeof(struct refusals)));
}

static void
entry_clear(struct entry *e)
{
	free(e->author_name);
	free(e->source);
	free(e->entity);
	free(e->args);
	memset(e, 0, sizeof(*e));
}

void
refusals_free(struct refusals *r)
{
	size_t	i;

	if (r == NULL)
		return;
	for (i = 0; i <= OTHERS; i++)
		entry_clear(&r->v[i]);
	free(r->args);
	free(r);
}

static void
network_of(struct network *n, const char *address)
{
	if (network_parse(n, address, strlen(address)) == -1)
		memset(n, 0, sizeof(*n));
	if (n->family == 6)
		network_cut(n, BLOCK_BITS6);
}

/* Whether one more source may have an entry of its own. */
static int
may_be_new(struct refusals *r, int64_t now)
{
	if (r->minute == 0 || now - r->minute >= REFUSALS_FIRST_MS) {
		r->minute = now;
		r->nnew = 0;
	}
	if (r->nnew >= REFUSALS_NEW)
		return (0);
	r->nnew++;
	return (1);
}

/* Its entry, a new one, or that of all others. */
static struct entry *
find(struct refusals *r, int64_t author, const struct network *n,
    int64_t now)
{
	struct entry	*e, *unused = NULL;

	for (e = r->v; e < r->v + OTHERS; e++) {
		if (e->used && e->author == author &&
		    network_equal(&e->network, n))
			return (e);
		if (!e->used && unused == NULL)
			unused = e;
	}
	if (unused == NULL || !may_be_new(r, now))
		unused = &r->v[OTHERS];
	return (unused);
}

static void
replace(char **old, const char *new)
{
	free(*old);
	*old = xstrdup(new);
}

void
refusals_add(struct refusals *r, const struct record *rec, int64_t now)
{
	struct network	 n;
	struct entry	*e;

	network_of(&n, rec->event.source);
	e = find(r, rec->event.author, &n, now);
	if (!e->used) {
		e->used = 1;
		e->author = rec->event.author;
		e->network = n;
		/* the others' first is one of many by then */
		e->due = e == &r->v[OTHERS] ? now + REFUSALS_FIRST_MS : now;
		e->wait = REFUSALS_FIRST_MS;
	}
	if (e->count++ == 0)
		e->since = rec->at;
	replace(&e->author_name, rec->event.author_name);
	replace(&e->source, rec->event.source);
	replace(&e->entity, rec->event.entity);
	replace(&e->args, rec->event.args);
}

int64_t
refusals_wakes(const struct refusals *r)
{
	const struct entry	*e;
	int64_t			 when = -1;

	for (e = r->v; e <= r->v + OTHERS; e++) {
		if (e->used && (when == -1 || e->due < when))
			when = e->due;
	}
	return (when);
}

/* The arguments of the last refusal, and what was counted. */
static char *
make_args(const struct entry *e, int others)
{
	json_t	*o = json_loads(e->args, 0, NULL);
	char	 stamp[CLOCK_STAMP_LEN], *text;

	if (!json_is_object(o)) {
		json_decref(o);
		o = json_object();
	}
	if (e->count > 1 || others) {
		json_object_set_new(o, "count", json_integer(e->count));
		json_object_set_new(o, "since",
		    json_string(clock_stamp(e->since, stamp)));
	}
	if (others)
		json_object_set_new(o, "sources", json_string("many"));
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return (text != NULL ? text : xstrdup(""));
}

/* An event of what was counted, of which the next is due later. */
static void
give_out(struct refusals *r, struct entry *e, int64_t now, struct event *out)
{
	const int	others = e == &r->v[OTHERS];

	free(r->args);
	r->args = make_args(e, others);
	memset(out, 0, sizeof(*out));
	out->author_id = others ? 0 : e->author;
	out->author_name = others ? (char *)"" : e->author_name;
	out->source = e->source;
	out->domain = (char *)"login";
	out->action = (char *)"refused";
	out->entity = e->entity;
	out->args = r->args;
	e->count = 0;
	e->due = now + e->wait;
	e->wait = e->wait < REFUSALS_LAST_MS / 2 ? 2 * e->wait :
	    REFUSALS_LAST_MS;
}

int
refusals_next(struct refusals *r, int64_t now, struct event *out)
{
	struct entry	*e;

	for (e = r->v; e <= r->v + OTHERS; e++) {
		if (!e->used || e->due > now)
			continue;
		if (e->count > 0) {
			give_out(r, e, now, out);
			return (1);
		}
		entry_clear(e);		/* it has been quiet */
	}
	return (0);
}

void
refusals_flush(struct refusals *r)
{
	struct entry	*e;

	for (e = r->v; e <= r->v + OTHERS; e++)
		e->due = 0;
}
