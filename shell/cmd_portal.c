/* SPDX-License-Identifier: ISC */
/*
 * Commands of the portal itself: info, version, help, exit.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "db/db.h"
#include "db/instance.h"
#include "db/user.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/lookup.h"
#include "shell/options.h"
#include "shell/run.h"
#include "shell/when.h"

/* info -- where one is */

static const struct field	info_fields[] = {
	{ "Version", NULL, FIELD_TEXT },
	{ "Database driver", NULL, FIELD_TEXT },
	{ "Bind address", NULL, FIELD_TEXT },
	{ "Uptime", NULL, FIELD_TEXT },
	{ "Host name", NULL, FIELD_TEXT },
	{ "User", NULL, FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static char *
info_binds(const struct settings *s)
{
	char		*all = xstrdup(""), *more;
	uint32_t	 i;

	for (i = 0; s != NULL && i < s->nbinds; i++) {
		more = xasprintf("%s%s%s", all, i > 0 ? ", " : "", s->binds[i]);
		free(all);
		all = more;
	}
	return (all);
}

/* How long this instance has been up, "" when that is not known. */
static void
info_uptime(struct cmd_call *c, char buf[WHEN_SIZE])
{
	const struct settings	*s = c->sh->settings;
	struct instance		*in = NULL;
	char			*path, id[65];
	ssize_t			 n;
	int			 fd;

	buf[0] = '\0';
	if (s == NULL)
		return;
	path = xasprintf("%s/instance-id", s->state_dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	free(path);
	if (fd == -1)
		return;
	n = read(fd, id, sizeof(id) - 1);
	close(fd);
	if (n <= 0)
		return;
	id[n] = '\0';
	id[strcspn(id, "\n")] = '\0';
	if (instance_get(c->sh->db, id, &in) == DB_OK &&
	    in->started_at <= c->now)
		when_span(c->now - in->started_at, buf);
	instance_free(in);
}

static int
info_exec(struct cmd_call *c)
{
	char	 host[256] = "", uptime[WHEN_SIZE];
	char	*binds = info_binds(c->sh->settings);

	if (gethostname(host, sizeof(host) - 1) == -1)
		host[0] = '\0';
	info_uptime(c, uptime);
	result_row(&c->result);
	result_text(&c->result, PACKAGE_VERSION);
	result_text(&c->result, db_driver_name(c->sh->db));
	result_text(&c->result, binds);
	result_text(&c->result, uptime);
	result_text(&c->result, host);
	result_text(&c->result, c->me->name);
	free(binds);
	return (DB_OK);
}

const struct cmd_entry cmd_info = {
	.noun = "info",
	.brief = "show what this portal is",
	.role = NEED_ANYONE, .flags = CMD_FACTS,
	.fields = info_fields, .things = "portals",
	.exec = info_exec,
};

/* version -- which one */

static int
version_exec(struct cmd_call *c)
{
	result_line(&c->result, "sshportal %s", PACKAGE_VERSION);
	return (DB_OK);
}

const struct cmd_entry cmd_version = {
	.noun = "version",
	.brief = "show the version",
	.role = NEED_ANYONE, .flags = CMD_OFFLINE,
	.exec = version_exec,
};

/* help -- what there is */

static int
help_exec(struct cmd_call *c)
{
	struct lookup	 l = { .entry = c->entry };
	char		*text;

	if (c->parsed->noperands > 0 &&
	    lookup_command(c->parsed->operands, c->parsed->noperands, &l,
	    c->error) == -1) {
		c->usage = 1;
		return (DB_INVALID);
	}
	text = run_help(c->sh, &l);
	text[strlen(text) - 1] = '\0';
	result_line(&c->result, "%s", text);
	free(text);
	return (DB_OK);
}

const struct cmd_entry cmd_help = {
	.noun = "help", .alias = "h",
	.brief = "list the commands, or explain one",
	.operands = { "COMMAND", VALUE_TEXT, 0, 2 },
	.role = NEED_ANYONE, .flags = CMD_OFFLINE,
	.exec = help_exec,
};

/* exit -- leave */

static int
exit_exec(struct cmd_call *c)
{
	c->sh->done = 1;
	return (DB_OK);
}

const struct cmd_entry cmd_exit = {
	.noun = "exit",
	.brief = "leave the shell",
	.role = NEED_ANYONE, .flags = CMD_OFFLINE,
	.exec = exit_exec,
};
