/* SPDX-License-Identifier: ISC */
/*
 * What limits people and keys alike: --from, where they come from, and
 * --expires.
 */
#ifndef SHELL_LIMITS_H
#define SHELL_LIMITS_H

#include <stdint.h>

struct cmd_call;

/* The options, with what they are of. */
#define OPT_FROM(text)							\
	{ .name = "from", .kind = VALUE_TEXT, .flags = OPT_LIST,	\
	    .arg = "CIDR", .brief = (text) }
#define OPT_EXPIRES(text)						\
	{ .name = "expires", .kind = VALUE_WHEN, .arg = "TIME",		\
	    .brief = (text) }

/*
 * The networks of --from as they are stored: *list gets them (caller frees), or
 * stays as it is without that option. Returns DB_OK or what cmd_fail()
 * returned.
 */
int	limits_from(struct cmd_call *, char **list);

/*
 * Whether the caller, if the user is they themselves, could come back from
 * where they are with this list (NULL: any). Returns the same.
 */
int	limits_keep_me(struct cmd_call *, int64_t user, const char *list);

#endif
