/* SPDX-License-Identifier: ISC */
/*
 * What a command changes, for the audit log: the rows that it was given and
 * made, as the noun's own "inspect" shows them, before and after. So there are
 * no secrets in it, and no noun does anything for it.
 */
#ifndef SHELL_CHANGES_H
#define SHELL_CHANGES_H

#include <stdint.h>

struct changes;
struct cmd_call;
struct json_t;

/*
 * A row of the command's noun will be changed or removed: remembers what it is
 * now. Operands of the noun's kind need not be told of. Returns DB_OK or
 * another class.
 */
int	changes_watch(struct cmd_call *, int64_t id);

/* Another was made; cmd_made() says so itself. */
void	changes_made(struct cmd_call *, int64_t id);

/* Before exec: watches the operands. The same. */
int	changes_begin(struct cmd_call *);

/*
 * After exec: *out is an array of {"ID", "Name", "old": {…}, "new": {…}} with
 * the members that differ, or NULL when nothing does; caller json_decref's. Of
 * very many rows, or long values, the rest is only counted. Returns DB_OK or
 * another class.
 */
int	changes_end(struct cmd_call *, struct json_t **out);

void	changes_free(struct changes *);

#endif
