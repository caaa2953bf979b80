/* SPDX-License-Identifier: ISC */
/*
 * What the files of the noun "user" share.
 */
#ifndef SHELL_CMD_USER_H
#define SHELL_CMD_USER_H

#include <stdint.h>

struct cmd_call;

#define USER_INVITE_USES_MAX	1000

/* All roles; NULL ends them. */
extern const char *const	user_role_names[];

/*
 * Whether it is an e-mail, and nobody's but perhaps the user's with this id (0:
 * a new one): it is a login too. Returns DB_OK or what cmd_fail() returned.
 */
int	user_check_email(struct cmd_call *, const char *email, int64_t id);

/* Whether --max-uses is a number that can be. The same. */
int	user_check_uses(struct cmd_call *);

#endif
