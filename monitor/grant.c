/* SPDX-License-Identifier: ISC */
/*
 * The end of what was granted.
 */
#include <jansson.h>
#include <stdlib.h>

#include "db/host.h"
#include "db/user.h"
#include "lib/catalogue.h"
#include "lib/xmalloc.h"
#include "monitor/grant.h"
#include "monitor/jumps.h"
#include "monitor/monitor.h"
#include "monitor/records.h"

void
grant_end(struct monitor *m, struct jump *j, const char *sentence)
{
	if (j != NULL)
		jumps_cut(m, j, sentence);
	else
		monitor_stop(m, sentence);
}

/* An event about the grant of the session, or of a jump. */
static void
tell(struct monitor *m, const struct jump *j, const char *action,
    const char *why)
{
	const struct host	*h = j != NULL ? j->host : m->host;
	struct record		 r = {
		.kind = RECORD_EVENT,
		.session = j != NULL ? j->session : m->session,
		.event = {
			.author = m->user->id,
			.author_name = m->user->name,
			.source = m->address,
			.domain = "grant",
			.action = action,
			.entity = h != NULL ? h->name : "",
		},
	};
	json_t			*o = json_pack("{s:s}", "reason", why);
	char			*args = json_dumps(o, JSON_COMPACT);

	r.event.args = args != NULL ? args : "";
	(void)records_put(&r);
	free(args);
	json_decref(o);
}

void
grant_withdrawn(struct monitor *m, struct jump *j, const char *why)
{
	char	*sentence;

	if (m->stopping || (j != NULL && (j->over || j->cut_ends != 0)))
		return;
	tell(m, j, "withdrawn", why);
	sentence = xasprintf("sshportal: this session ends: %s", why);
	grant_end(m, j, sentence);
	free(sentence);
}
