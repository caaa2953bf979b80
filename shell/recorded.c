/* SPDX-License-Identifier: ISC */
/*
 * --logging and --record of hosts and rules.
 */
#include <inttypes.h>
#include <string.h>

#include "db/db.h"
#include "db/kinds.h"
#include "shell/cmd.h"
#include "shell/recorded.h"

const char *const	host_loggings[] = { "disabled", "input", "everything",
			    "full", NULL };
const char *const	acl_loggings[] = { "disabled", "input", "everything",
			    "full", "host", NULL };
const char *const	record_words[] = { "required", "possible", NULL };

#define NOTHING_TO_REQUIRE \
	"with --logging=disabled there is no recording that " \
	"--record=required could ask for: choose another --logging, " \
	"or --record=possible"

static void
record_take(struct cmd_call *c, int *required)
{
	if (opt_given(c, "record"))
		*required = strcmp(opt_text(c, "record"), "required") == 0;
}

int
host_recorded_take(struct cmd_call *c, struct host *h)
{
	const char	*word = opt_text(c, "logging");

	record_take(c, &h->record_required);
	if (word != NULL && host_logging_parse(word, &h->logging) == -1)
		return (cmd_fail(c, "\"%s\" is not known here", word));
	if (h->record_required && h->logging == LOGGING_DISABLED)
		return (cmd_fail(c, NOTHING_TO_REQUIRE));
	return (DB_OK);
}

int
acl_recorded_take(struct cmd_call *c, struct acl *a)
{
	const char	*word = opt_text(c, "logging");

	record_take(c, &a->record_required);
	if (word != NULL)
		a->logging = acl_logging_read(strcmp(word, "host") == 0 ? "" :
		    word);
	if (a->action == ACL_DENY &&
	    ((opt_given(c, "record") && a->record_required) ||
	    (opt_given(c, "logging") && a->logging != ACL_LOGGING_HOST)))
		return (cmd_fail(c, "where a rule denies there is nothing to "
		    "record: --logging and --record are for one that allows"));
	if (a->record_required && a->logging == LOGGING_DISABLED)
		return (cmd_fail(c, NOTHING_TO_REQUIRE));
	return (DB_OK);
}

void
recorded_explain(struct cmd_call *c, const struct acl_list *rules,
    const struct acl *by, const struct host *h, const struct acl_verdict *v)
{
	const struct acl	*a;
	size_t			 i;

	result_line(&c->result, v->record_required ?
	    "Recorded there: %s, and no session without it." :
	    "Recorded there: %s.", v->logging == LOGGING_DISABLED ?
	    "nothing" : host_logging_name(v->logging));
	for (i = 0; i < rules->n; i++) {
		a = &rules->v[i];
		if (!acl_decides_with(a, by, c->now) ||
		    (a->logging == ACL_LOGGING_HOST && !a->record_required))
			continue;
		if (a->logging == ACL_LOGGING_HOST)
			result_line(&c->result, "  ACL %" PRId64 " requires "
			    "it.", a->id);
		else
			result_line(&c->result, "  ACL %" PRId64 " asks for "
			    "%s%s.", a->id, acl_logging_word(a->logging),
			    a->record_required ? ", required" : "");
	}
	result_line(&c->result, "  The host asks for %s%s.",
	    host_logging_name(h->logging), h->record_required ?
	    ", required" : "");
	if (v->record_required && (v->kinds & KIND_BIT(KIND_JUMP)) != 0)
		result_line(&c->result, "No jump leads there, for it could "
		    "not be recorded.");
}
