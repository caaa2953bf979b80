/* SPDX-License-Identifier: ISC */
/*
 * The audit event of a command that writes.
 */
#ifndef SHELL_AUDIT_H
#define SHELL_AUDIT_H

struct cmd_call;

/*
 * Inserts the event: who, from where, which command on what, and its words
 * without secrets, as a JSON array. Part of the command's transaction.
 * Returns DB_OK or another class of the store's.
 */
int	audit_call(struct cmd_call *);

#endif
