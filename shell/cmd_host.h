/* SPDX-License-Identifier: ISC */
/*
 * What the files of the noun "host" share.
 */
#ifndef SHELL_CMD_HOST_H
#define SHELL_CMD_HOST_H

struct cmd_call;
struct ref;

/* What can be recorded; NULL ends it. */
extern const char *const	host_loggings[];

/* Whether hosts can be logged in to with this key of the portal's. */
int	host_key_check(struct cmd_call *, const struct ref *key);

#endif
