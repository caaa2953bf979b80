/* SPDX-License-Identifier: ISC */
/*
 * --allow: the kinds of channels (db/kinds.h) of a rule or a host.
 */
#ifndef SHELL_KINDS_H
#define SHELL_KINDS_H

#include <stdint.h>

struct cmd_call;

/* Its words; NULL ends them. */
extern const char *const	kinds_words[];

#define OPT_ALLOW(what)							\
	{ .name = "allow", .kind = VALUE_CHOICE, .flags = OPT_LIST,	\
	    .arg = "KINDS", .brief = (what), .choices = kinds_words }

/*
 * The set of the option, as rows have it; it stays as it is where the option
 * was not given. Returns DB_OK or what cmd_fail() returned.
 */
int	kinds_take(struct cmd_call *, uint32_t *row);

#endif
