/* SPDX-License-Identifier: ISC */
/*
 * Blocks of addresses: their connections and penalties.
 */
#include <sys/queue.h>
#include <sys/random.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sources.h"
#include "lib/clock.h"
#include "lib/log.h"

#define BUCKETS_MIN	1024
#define BUCKETS_MAX	(1024 * 1024)
#define FULL_EVERY_MS	60000	/* between two lines about a full table */

struct block {
	LIST_ENTRY(block) hash;
	struct network	 net;
	uint32_t	 connections, logins;
	int64_t		 until;		/* end of its penalty, 0: none */
	size_t		 place;		/* then: in the heap */
	uint8_t		 in_force;
	uint8_t		 cause;		/* enum penalty, the last one */
};
LIST_HEAD(bucket, block);

/* The blocks of a family with penalties; the first to end is at the root. */
struct heap {
	struct block	**v;
	size_t		  n, max;
	int		  deny;		/* all others, when it is full */
	int64_t		  said_full;	/* in the log, 0: never */
};

static const char *const causes[PENALTY_END_OF_LIST] = {
	[PENALTY_NONE] = "nothing",
	[PENALTY_CRASH] = "caused crash",
	[PENALTY_AUTHFAIL] = "failed authentication",
	[PENALTY_NOAUTH] = "connections without attempting authentication",
	[PENALTY_GRACE] = "exceeded login-grace-time",
	[PENALTY_REFUSED] = "account disabled or expired",
};

static const struct settings	*settings;
static struct bucket		*buckets;
static size_t			 nbuckets, nblocks;
static uint8_t			 hash_key[crypto_shorthash_KEYBYTES];
static struct heap		 heaps[2];	/* IPv4, IPv6 */
static struct network		*exempt;
static int			 nexempt;

static struct heap *
heap_of(const struct network *n)
{
	return (&heaps[n->family == 6]);
}

static void
heap_set(struct heap *h, size_t i, struct block *b)
{
	h->v[i] = b;
	b->place = i;
}

static void
heap_up(struct heap *h, size_t i)
{
	struct block	*b = h->v[i];
	size_t		 parent;

	for (; i > 0; i = parent) {
		parent = (i - 1) / 2;
		if (h->v[parent]->until <= b->until)
			break;
		heap_set(h, i, h->v[parent]);
	}
	heap_set(h, i, b);
}

static void
heap_down(struct heap *h, size_t i)
{
	struct block	*b = h->v[i];
	size_t		 child;

	for (; (child = 2 * i + 1) < h->n; i = child) {
		if (child + 1 < h->n &&
		    h->v[child + 1]->until < h->v[child]->until)
			child++;
		if (b->until <= h->v[child]->until)
			break;
		heap_set(h, i, h->v[child]);
	}
	heap_set(h, i, b);
}

static void
heap_insert(struct heap *h, struct block *b)
{
	heap_set(h, h->n++, b);
	heap_up(h, b->place);
}

static void
heap_remove(struct heap *h, struct block *b)
{
	size_t		 i = b->place;
	struct block	*last = h->v[--h->n];

	if (last == b)
		return;
	heap_set(h, i, last);
	heap_up(h, i);
	heap_down(h, last->place);
}

/* Keyed: who chooses addresses shall not choose the bucket too. */
static struct bucket *
bucket_of(const struct network *n)
{
	uint8_t		out[crypto_shorthash_BYTES];
	uint64_t	h;

	crypto_shorthash(out, (const uint8_t *)n, sizeof(*n), hash_key);
	memcpy(&h, out, sizeof(h));
	return (&buckets[h & (nbuckets - 1)]);
}

static struct network
block_of(const struct network *address)
{
	struct network	n = *address;

	network_cut(&n, n.family == 4 ? settings->source_bits4 :
	    settings->source_bits6);
	return (n);
}

static struct block *
block_find(const struct network *net)
{
	struct block	*b;

	LIST_FOREACH(b, bucket_of(net), hash) {
		if (network_equal(&b->net, net))
			return (b);
	}
	return (NULL);
}

/* The block, made if there was none; NULL without memory. */
static struct block *
block_get(const struct network *net)
{
	struct block	*b = block_find(net);

	if (b != NULL || (b = calloc(1, sizeof(*b))) == NULL)
		return (b);
	b->net = *net;
	LIST_INSERT_HEAD(bucket_of(net), b, hash);
	nblocks++;
	return (b);
}

/* Frees it if nothing is known of it any more. */
static void
block_release(struct block *b)
{
	if (b->connections != 0 || b->logins != 0 || b->until != 0)
		return;
	LIST_REMOVE(b, hash);
	free(b);
	nblocks--;
}

static void
penalty_end(struct block *b)
{
	heap_remove(heap_of(&b->net), b);
	b->until = 0;
	b->in_force = 0;
	block_release(b);
}

static void
expire(int64_t now)
{
	size_t	i;

	for (i = 0; i < 2; i++) {
		/* what is freed has left the heap: its root is another */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		while (heaps[i].n > 0 && heaps[i].v[0]->until <= now)
			penalty_end(heaps[i].v[0]);
	}
}

static int
is_exempt(const struct network *address)
{
	int	i;

	for (i = 0; i < nexempt; i++) {
		if (network_contains(&exempt[i], address))
			return (1);
	}
	return (0);
}

/* Whether all but the exempt are refused because nothing more fits. */
static int
is_closed(const struct heap *h)
{
	return (settings->penalties && h->deny && h->max > 0 &&
	    h->n >= h->max);
}

void
sources_load(const struct network *address, int64_t now, struct load *l)
{
	struct network	 net = block_of(address);
	struct block	*b;

	expire(now);
	if (net.family == 0)
		return;
	if ((b = block_find(&net)) != NULL) {
		l->source_connections = b->connections;
		l->source_logins = b->logins;
	}
	if (b != NULL && b->in_force && !is_exempt(address)) {
		l->penalty = causes[b->cause];
		l->penalty_ms = b->until - now;
	} else if (is_closed(heap_of(&net)) && !is_exempt(address)) {
		l->penalty = "there are max-sources others with penalties";
		l->penalty_ms = heap_of(&net)->v[0]->until - now;
	}
}

static uint32_t
add(uint32_t n, int more)
{
	return (more < 0 && n < (uint32_t)-more ? 0 : n + more);
}

void
sources_count(const struct network *address, int connections, int logins)
{
	struct network	 net = block_of(address);
	struct block	*b;

	if (net.family == 0)
		return;
	/* One that found no memory was never counted, and leaves like others */
	b = connections > 0 ? block_get(&net) : block_find(&net);
	if (b == NULL)
		return;
	b->connections = add(b->connections, connections);
	b->logins = add(b->logins, logins);
	block_release(b);
}

/*
 * A place that was held for nothing costs its part of grace-exceeded: else who
 * leaves a moment before the end could hold as many as there are for ever.
 */
static int64_t
held_part(int64_t held)
{
	int64_t	grace = settings->login_grace_ms;

	if (grace == 0)
		return (0);
	if (held > grace)
		held = grace;
	return ((double)settings->penalty_grace_ms * held / grace);
}

static int64_t
penalty_ms(enum penalty cause, int64_t held)
{
	switch (cause) {
	case PENALTY_CRASH:
		return (settings->penalty_crash_ms);
	case PENALTY_AUTHFAIL:
		return (settings->penalty_authfail_ms + held_part(held));
	case PENALTY_NOAUTH:
		return (settings->penalty_noauth_ms + held_part(held));
	case PENALTY_GRACE:
		return (settings->penalty_grace_ms);
	case PENALTY_REFUSED:
		return (settings->penalty_refuse_ms);
	default:
		return (0);
	}
}

/* Room for one more. Returns 0, or -1 when there is none and none is made. */
static int
make_room(struct heap *h, int64_t now)
{
	if (h->n < h->max)
		return (0);
	if (h->max == 0)
		return (-1);
	if (h->said_full == 0 || now - h->said_full >= FULL_EVERY_MS) {
		log_error("penalties: %zu IPv%c sources have one, as many as "
		    "per-source-penalties allows: %s", h->n,
		    h == &heaps[0] ? '4' : '6', h->deny ?
		    "all others are refused" : "the shortest are forgotten");
		h->said_full = now;
	}
	if (h->deny)
		return (-1);
	penalty_end(h->v[0]);
	return (0);
}

/* A block with a penalty that ends now, to be lengthened; NULL: no room. */
static struct block *
penalty_begin(const struct network *net, int64_t now)
{
	struct heap	*h = heap_of(net);
	struct block	*b = block_find(net);

	if (b != NULL && b->until != 0)
		return (b);
	if (make_room(h, now) == -1 || (b = block_get(net)) == NULL)
		return (NULL);
	b->until = now;
	heap_insert(h, b);
	return (b);
}

static void
penalty_log(const struct block *b, int64_t now, int new)
{
	char		text[NETWORK_TEXT_SIZE];
	long long	s = (b->until - now + 999) / 1000;

	network_format(&b->net, text);
	if (new)
		log_info("penalty: %s is refused for %lld s: %s", text, s,
		    causes[b->cause]);
	else if (b->in_force)
		log_verbose("penalty: %s is refused for %lld s from now: %s",
		    text, s, causes[b->cause]);
	else
		log_verbose("penalty: %s has %lld s of %lld: %s", text, s,
		    (long long)settings->penalty_min_ms / 1000,
		    causes[b->cause]);
}

void
sources_penalise(const struct network *address, enum penalty cause,
    int64_t held, int64_t now)
{
	struct network	 net = block_of(address);
	int64_t		 ms = penalty_ms(cause, held);
	struct block	*b;
	int		 before;

	expire(now);
	if (!settings->penalties || ms == 0 || net.family == 0 ||
	    is_exempt(address) || (b = penalty_begin(&net, now)) == NULL)
		return;
	b->until += ms;
	if (b->until > now + settings->penalty_max_ms)
		b->until = now + settings->penalty_max_ms;
	heap_up(heap_of(&net), b->place);
	heap_down(heap_of(&net), b->place);
	b->cause = cause;
	before = b->in_force;
	b->in_force |= b->until - now >= settings->penalty_min_ms;
	penalty_log(b, now, b->in_force && !before);
}

/* Those in force first, of these the longest. */
static int
compare(const void *a, const void *b)
{
	const struct block	*x = *(struct block *const *)a;
	const struct block	*y = *(struct block *const *)b;

	if (x->in_force != y->in_force)
		return (x->in_force ? -1 : 1);
	return (x->until > y->until ? -1 : x->until < y->until);
}

void
sources_export(struct image *im, int64_t now)
{
	size_t		  n, i;
	struct block	**v;

	expire(now);
	n = heaps[0].n + heaps[1].n;
	im->npenalties = 0;
	im->penalties = NULL;
	if (n == 0 || (v = calloc(n, sizeof(struct block *))) == NULL)
		return;
	for (i = 0; i < n; i++)
		v[i] = i < heaps[0].n ? heaps[0].v[i] :
		    heaps[1].v[i - heaps[0].n];
	qsort(v, n, sizeof(struct block *), compare);
	if (n > IMAGE_PENALTIES_MAX)
		n = IMAGE_PENALTIES_MAX;
	im->penalties = calloc(n, sizeof(*im->penalties));
	for (i = 0; im->penalties != NULL && i < n; i++) {
		im->penalties[i].net = v[i]->net;
		im->penalties[i].until = v[i]->until;
		im->penalties[i].cause = v[i]->cause;
		im->penalties[i].in_force = v[i]->in_force;
		im->npenalties++;
	}
	free(v);
}

/* One of the image before; blocks of another size mean others by now. */
static void
adopt(const struct image_penalty *p, int64_t now)
{
	struct heap	*h = heap_of(&p->net);
	struct block	*b;

	if (p->until <= now || h->n == h->max ||
	    p->cause >= PENALTY_END_OF_LIST || p->net.bits !=
	    (p->net.family == 4 ? settings->source_bits4 :
	    settings->source_bits6))
		return;
	if ((b = block_get(&p->net)) == NULL || b->until != 0)
		return;
	b->until = p->until;
	if (b->until > now + settings->penalty_max_ms)
		b->until = now + settings->penalty_max_ms;
	b->cause = p->cause;
	b->in_force = p->in_force;
	heap_insert(h, b);
}

static void
forget_all(void)
{
	size_t	i;

	for (i = 0; i < nbuckets; i++) {
		while (!LIST_EMPTY(&buckets[i])) {
			struct block	*b = LIST_FIRST(&buckets[i]);

			LIST_REMOVE(b, hash);
			free(b);
		}
	}
	for (i = 0; i < 2; i++)
		free(heaps[i].v);
	memset(heaps, 0, sizeof(heaps));
	free(buckets);
	free(exempt);
	buckets = NULL;
	exempt = NULL;
	nbuckets = nblocks = 0;
	nexempt = 0;
}

/* Without memory for its heap, a family has no penalties. */
static void
make_heap(struct heap *h, uint32_t max, int deny)
{
	h->v = calloc(max, sizeof(*h->v));
	h->max = h->v != NULL ? max : 0;
	h->deny = deny;
}

static int
make_tables(const struct settings *s)
{
	size_t	want = (size_t)s->penalty_sources4 + s->penalty_sources6 +
		    s->max_connections;

	nbuckets = BUCKETS_MIN;
	while (nbuckets < want && nbuckets < BUCKETS_MAX)
		nbuckets *= 2;
	buckets = calloc(nbuckets, sizeof(*buckets));
	nexempt = network_parse_list(NULL, INT32_MAX, s->penalty_exempt);
	if (nexempt < 0)
		nexempt = 0;
	exempt = calloc(nexempt + 1, sizeof(*exempt));
	if (buckets == NULL || exempt == NULL) {
		forget_all();
		return (-1);
	}
	network_parse_list(exempt, nexempt, s->penalty_exempt);
	make_heap(&heaps[0], s->penalty_sources4, s->penalty_deny4);
	make_heap(&heaps[1], s->penalty_sources6, s->penalty_deny6);
	return (0);
}

int
sources_init(const struct settings *s, const struct image *im, int64_t now)
{
	size_t	i;

	forget_all();
	settings = s;
	if (getrandom(hash_key, sizeof(hash_key), GRND_NONBLOCK) !=
	    sizeof(hash_key))
		memset(hash_key, 0, sizeof(hash_key));
	if (make_tables(s) == -1)
		return (-1);
	for (i = 0; s->penalties && i < im->npenalties; i++)
		adopt(&im->penalties[i], now);
	return (0);
}

struct sources_size
sources_size(void)
{
	struct sources_size	size = { nblocks, heaps[0].n + heaps[1].n };

	return (size);
}
