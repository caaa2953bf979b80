/* SPDX-License-Identifier: ISC */
/*
 * From what people type, ids and names, to rows.
 */
#ifndef SHELL_RESOLVE_H
#define SHELL_RESOLVE_H

#include <stddef.h>

#include "shell/cmd.h"

struct db;
struct db_names;
struct own;

/* Whether values of this kind name rows. */
int	resolve_is_ref(enum value_kind);

/*
 * Finds all n rows and puts them into *refs, each once, in the order of the
 * texts; those that are not a person's own (shell/own.h) are not there for
 * them, NULL: all are. Returns DB_OK; or another class of the store's, with a
 * sentence in err (CMD_ERROR_MAX bytes) that names every text that means
 * nothing. Free with refs_free() in any case.
 */
int	resolve_refs(struct db *, const struct own *, enum value_kind,
	    char *const *texts, size_t n, struct refs *, char *err);

void	refs_free(struct refs *);

/*
 * Adds up to limit names of rows of this kind, of a person's own or, with NULL,
 * of all, for completion.
 */
int	resolve_names(struct db *, const struct own *, enum value_kind,
	    size_t limit, struct db_names *);

#endif
