/* SPDX-License-Identifier: ISC */
/*
 * Limits of people and their keys.
 */
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/user.h"
#include "lib/network.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/limits.h"
#include "shell/run.h"

int
limits_from(struct cmd_call *c, char **list)
{
	size_t		 i, n = opt_count(c, "from");
	struct network	 net;
	const char	*text;
	char		*all, *longer;

	if (!opt_given(c, "from"))
		return (DB_OK);
	if (n == 0 || n > NETWORK_LIST_MAX)
		return (cmd_fail(c, "--from takes 1 to %d networks",
		    NETWORK_LIST_MAX));
	all = xstrdup("");
	for (i = 0; i < n; i++) {
		text = opt_nth(c, "from", i);
		if (network_parse(&net, text, strlen(text)) == -1) {
			free(all);
			return (cmd_fail(c, "\"%s\" is neither an address nor "
			    "a network, which has zeroes behind its bits: "
			    "10.0.0.0/8", text));
		}
		longer = xasprintf("%s,%s", all, text);
		free(all);
		all = longer;
	}
	*list = network_list_normal(all);
	free(all);
	return (DB_OK);
}

int
limits_keep_me(struct cmd_call *c, int64_t user, const char *list)
{
	const char	*source = c->sh->source;
	struct network	 me;

	/* at the machine itself there is no address */
	if (user != c->me->id || source == NULL || network_parse(&me, source,
	    strcspn(source, "%/")) == -1 || network_list_has(list, &me))
		return (DB_OK);
	return (cmd_fail(c, "--from would keep you out: you come from %s",
	    source));
}
