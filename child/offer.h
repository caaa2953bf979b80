/* SPDX-License-Identifier: ISC */
/*
 * The algorithms of connections to hosts: those that are offered to a host,
 * and what it offers itself, for the sentence when the two have nothing in
 * common. libssh2 keeps the host's offer to itself, so that the first bytes
 * that come are looked at here too: they are in the clear, and unproven.
 */
#ifndef CHILD_OFFER_H
#define CHILD_OFFER_H

#include <stddef.h>

#include "lib/msg.h"

enum offer_kind {
	OFFER_KEX,
	OFFER_HOSTKEY,
	OFFER_CIPHER,
	OFFER_MAC,
	OFFER_KINDS
};

/*
 * The names that a host is offered, with commas between, best first; legacy:
 * to a host that is allowed old ones, which come last. Of host keys, the kind
 * of the pinned key ("": none) is first. Caller frees.
 */
char	*offer_ours(enum offer_kind, int legacy, const char *pinned);

/* Whether the version is among what came (RFC 4253, section 4.2). */
int	 offer_has_version(const struct msg *);

/* Keeps more of what came; what does not fit is not needed. */
void	 offer_keep(struct msg *, const void *, size_t);

/*
 * Why the kept bytes of a host named so (escaped) lead to no connection: what
 * is not in common, what it offers, and whether old algorithms would help. A
 * sentence's second half; NULL if that cannot be told. Caller frees.
 */
char	*offer_explain(const struct msg *, int legacy, const char *name);

#endif
