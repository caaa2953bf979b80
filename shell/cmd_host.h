/* SPDX-License-Identifier: ISC */
/*
 * What the files of the noun "host" share.
 */
#ifndef SHELL_CMD_HOST_H
#define SHELL_CMD_HOST_H

#include <stdint.h>

struct cmd_call;
struct field;
struct host;
struct ref;

/* Whether hosts can be logged in to with this key of the portal's. */
int	host_key_check(struct cmd_call *, const struct ref *key);

/* Whether --legacy, if it was given, is of any use. As cmd_fail(). */
int	host_legacy_check(struct cmd_call *, const struct host *);

/*
 * Whether the way through the host's hops can be gone: no circle, no telnet,
 * not too far. Returns DB_OK, what cmd_fail() returned, or another class.
 */
int	host_hop_check(struct cmd_call *, const struct host *);

/*
 * What host ls shows of the hosts that a person can reach, and the listing of
 * these. Nothing of it says where they are or how the portal logs in.
 */
extern const struct field	host_own_fields[];
int	host_ls_own(struct cmd_call *);

/*
 * What the role trusted may add: before the row is made, and, in the same
 * transaction, once it is there with its groups. Returns DB_OK, what cmd_fail()
 * returned, or another class.
 */
int	host_create_own_check(struct cmd_call *, const struct host *);
int	host_create_own_judge(struct cmd_call *, int64_t id);

#endif
