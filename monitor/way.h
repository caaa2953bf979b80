/* SPDX-License-Identifier: ISC */
/*
 * The way to a host: through other hosts, each of which is logged in to with
 * its own account and key and connects to the next. Where it leads is the
 * administrators' decision, so that a person needs no grant for the hosts on
 * the way.
 */
#ifndef MONITOR_WAY_H
#define MONITOR_WAY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/catalogue.h"
#include "monitor/sign.h"

struct evp_pkey_st;
struct host;
struct key;
struct monitor;

/* A login on the way. */
struct way_hop {
	struct host		*host;		/* of the last: m->host */
	struct key		*key;		/* as stored, or NULL */
	struct evp_pkey_st	*pkey;		/* the same, opened */
	uint8_t			*blob;		/* its public half */
	size_t			 blob_len;
	struct sign_ids		 ids;		/* zeroes until HOSTKEY */
};

struct way {
	struct way_hop	*hops;		/* the first is the one we dial */
	size_t		 n;		/* 0: no way yet */
	size_t		 shown;		/* so many have shown their keys */
};

/*
 * Reads from the store the way to m->host, and its keys; key is the one for
 * that host itself, 0: none. What was read before is forgotten. Returns what
 * the store says: DB_REF when a row is gone.
 */
int	way_look_up(struct monitor *, int64_t key);

/*
 * Whether the way can be gone as far as the last host, which is the caller's
 * to judge: opens the keys of all before it. NULL, or the sentence why not,
 * which the caller frees.
 */
char	*way_open(struct monitor *);

/*
 * Opens the seal of a hop's key. Returns 0, or -1 after a line in the log.
 */
int	way_load_key(struct way_hop *);

/* The host itself, and the first to dial. */
struct way_hop	*way_last(struct monitor *);
struct host	*way_first(const struct monitor *);

/* Whether one that has not shown its key yet has none in the store. */
int	way_has_unknown(const struct monitor *);

/* "gate" (on the way to "db1"); just "db1" for the last. Escaped. */
#define WAY_NAME_SIZE	(2 * (NAME_MAX_BYTES + 1) + 32)
const char	*way_name(const struct monitor *, const struct way_hop *,
		    char buf[WAY_NAME_SIZE]);

/* ", through gate, gate2" for a log; "" when there is nobody. Caller frees. */
char	*way_list(const struct monitor *);

/* What a child is told; the texts stay the monitor's. */
void	way_put(const struct monitor *, struct answer_target *);

/* Forgets all of it but m->host. Harmless on zeroes. */
void	way_forget(struct monitor *);

#endif
