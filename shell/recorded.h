/* SPDX-License-Identifier: ISC */
/*
 * --logging and --record of hosts and rules: what is recorded, and whether
 * there is no session without it.
 */
#ifndef SHELL_RECORDED_H
#define SHELL_RECORDED_H

#include "db/acl.h"

struct cmd_call;

/* Words; NULL ends them. Rules know one more: as the host says. */
extern const char *const	host_loggings[];
extern const char *const	acl_loggings[];
extern const char *const	record_words[];

#define OPT_RECORD(what)						\
	{ .name = "record", .kind = VALUE_CHOICE, .arg = "WORD",	\
	    .brief = (what), .choices = record_words }

/*
 * What the options say about a row; what they do not speak of stays. Returns
 * DB_OK or what cmd_fail() returned.
 */
int	host_recorded_take(struct cmd_call *, struct host *);
int	acl_recorded_take(struct cmd_call *, struct acl *);

/* The lines of acl explain: what is recorded there, and whose wish that is. */
void	recorded_explain(struct cmd_call *, const struct acl_list *rules,
	    const struct acl *by, const struct host *,
	    const struct acl_verdict *);

#endif
