/* SPDX-License-Identifier: ISC */
/*
 * --allow of rules and hosts.
 */
#include <stdlib.h>

#include "db/db.h"
#include "db/kinds.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/kinds.h"

const char *const	kinds_words[] = { "shell", "exec", "sftp", "scp",
			    "forward-local", "forward-remote", "agent", "x11",
			    "jump", "all", "default", NULL };
_Static_assert(sizeof(kinds_words) / sizeof(kinds_words[0]) == KINDS + 3,
    "a word for each kind");

int
kinds_take(struct cmd_call *c, uint32_t *row)
{
	char	*list = NULL, *longer, err[CMD_ERROR_MAX];
	size_t	 i, n = opt_count(c, "allow");
	int	 r = DB_OK;

	if (!opt_given(c, "allow"))
		return (DB_OK);
	if (n == 0) {
		c->usage = 1;
		return (cmd_fail(c, "--allow: nothing at all is not for a "
		    "rule or a host: name what is allowed"));
	}
	for (i = 0; i < n; i++) {
		longer = list == NULL ? xstrdup(opt_nth(c, "allow", i)) :
		    xasprintf("%s,%s", list, opt_nth(c, "allow", i));
		free(list);
		list = longer;
	}
	if (kinds_parse(list, row, err, sizeof(err)) == -1)
		r = cmd_fail(c, "--allow: %s", err);
	free(list);
	return (r);
}
