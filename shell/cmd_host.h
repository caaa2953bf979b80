/* SPDX-License-Identifier: ISC */
/*
 * What the files of the noun "host" share.
 */
#ifndef SHELL_CMD_HOST_H
#define SHELL_CMD_HOST_H

struct cmd_call;
struct field;
struct ref;

/* What can be recorded; NULL ends it. */
extern const char *const	host_loggings[];

/* Whether hosts can be logged in to with this key of the portal's. */
int	host_key_check(struct cmd_call *, const struct ref *key);

/*
 * What host ls shows of the hosts that a person can reach, and the listing of
 * these. Nothing of it says where they are or how the portal logs in.
 */
extern const struct field	host_own_fields[];
int	host_ls_own(struct cmd_call *);

#endif
