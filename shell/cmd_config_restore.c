/* SPDX-License-Identifier: ISC */
/*
 * config restore: what a backup has, instead of what is here.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/user.h"
#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/restore.h"
#include "shell/restore_show.h"
#include "shell/run.h"

#define INPUT_MAX	(256U << 20)	/* bytes of a backup */

static const struct cmd_opt	restore_opts[] = {
	{ .name = "confirm", .kind = VALUE_FLAG,
	    .brief = "do it; without, only look at the backup" },
	{ .name = "decrypt", .kind = VALUE_FLAG,
	    .brief = "taken as in the original; how its secrets are, a backup "
	    "says itself" },
	{ .name = "skip", .kind = VALUE_FLAG,
	    .brief = "leave out rows that cannot be taken" },
	{ .name = NULL }
};

/* A document and the plan that was made of it. */
struct incoming {
	json_t		*doc;
	struct restore	*plan;
};

static void
incoming_forget(void *prepared)
{
	struct incoming	*in = prepared;

	restore_free(in->plan);
	json_decref(in->doc);
	free(in);
}

/* All of standard input; malloc'ed. */
static int
read_input(struct cmd_call *c, char **text, size_t *len)
{
	FILE	*in = c->sh->in;
	size_t	 size = 1 << 16, n;
	char	*more;

	*text = NULL;
	*len = 0;
	if (in == NULL || isatty(fileno(in)))
		return (cmd_fail(c, "the backup is read from standard input: "
		    "ssh admin@PORTAL config restore <FILE"));
	*text = xmalloc(size);
	while ((n = fread(*text + *len, 1, size - *len, in)) > 0) {
		*len += n;
		if (*len > INPUT_MAX)
			return (cmd_fail(c, "the backup has more than %u MB: "
			    "make it with --ignore-events and "
			    "--ignore-sessions", INPUT_MAX >> 20));
		if (*len < size)
			continue;
		more = xmalloc(2 * size);
		memcpy(more, *text, *len);
		explicit_bzero(*text, *len);
		free(*text);
		*text = more;
		size *= 2;
	}
	if (ferror(in))
		return (cmd_fail(c, "standard input cannot be read"));
	return (DB_OK);
}

static int
parse_input(struct cmd_call *c, struct incoming *in)
{
	json_error_t	 e;
	char		*text;
	size_t		 len;
	int		 r;

	if ((r = read_input(c, &text, &len)) == DB_OK) {
		in->doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
		if (in->doc == NULL)
			r = cmd_fail(c, "nothing was restored: this is no "
			    "JSON, or was cut short: line %d: %.200s", e.line,
			    len == 0 ? "it is empty" : e.text);
	}
	if (text != NULL)
		explicit_bzero(text, len);
	free(text);
	return (r);
}

/* The sentence for what cannot be: the only reason itself, if it is one. */
static int
refuse(struct cmd_call *c, const struct restore_report *p)
{
	size_t	i;

	for (i = 0; i < p->nnotes; i++) {
		if (p->note[i].grade == RESTORE_REFUSAL)
			break;
	}
	if (p->refusals == 1 && i < p->nnotes)
		return (cmd_fail(c, "nothing was restored: %s",
		    p->note[i].text));
	return (cmd_fail(c, "nothing was restored: of %zu refusals the first "
	    "is: %s", p->refusals, i < p->nnotes ? p->note[i].text : ""));
}

static int
config_restore_prepare(struct cmd_call *c)
{
	struct incoming			*in = xcalloc(1, sizeof(*in));
	struct restore_args		 a = { .db = c->sh->db,
					    .sealer = c->sh->sealer,
					    .settings = c->sh->settings,
					    .now = c->now, .me = c->me->id };
	const struct restore_report	*p;
	char				*text;
	int				 r;

	c->prepared = in;
	c->forget = incoming_forget;
	if ((r = parse_input(c, in)) != DB_OK)
		return (r);
	a.skip = opt_given(c, "skip");
	a.dry_run = !opt_given(c, "confirm");
	a.invites_until = c->now + INVITE_LIFE;
	in->plan = restore_plan(&a, in->doc);
	p = restore_report(in->plan);
	text = restore_show(p);
	output_text(&c->sh->out, text);
	free(text);
	if (p->refused)
		return (refuse(c, p));
	if (a.dry_run)
		return (cmd_fail(c, "nothing was restored: --confirm would "
		    "replace all users, keys, hosts, groups and ACLs here by "
		    "these"));
	return (DB_OK);
}

/* What is to be known afterwards. */
static void
tell(struct cmd_call *c, const struct restore_report *p)
{
	struct result	*r = &c->result;
	char		*safe;

	result_line(r, "Restored. Whoever is somebody else now, or nobody, "
	    "must log in again.");
	if (p->known_events + p->known_sessions > 0)
		result_line(r, "%zu events and %zu sessions were here "
		    "already.", p->known_events, p->known_sessions);
	if (p->invites > 0)
		result_line(r, "%zu invites are open.", p->invites);
	if (*p->host_key != '\0')
		result_line(r, "The portal's host key is %s; new connections "
		    "see it within a minute.", p->host_key);
	else
		result_line(r, "The portal's host key stays what it was.");
	if (*p->token != '\0') {
		safe = escape_text(p->admin, strlen(p->admin));
		result_line(r, "The administrator %s is invited for a day: "
		    "invite:%s", safe, p->token);
		free(safe);
	}
}

static int
config_restore_exec(struct cmd_call *c)
{
	struct incoming			*in = c->prepared;
	const struct restore_report	*p = restore_report(in->plan);
	int				 r;

	if ((r = restore_load(c->sh->db, in->plan)) != DB_OK)
		return (r);
	free(c->entity);
	c->entity = xasprintf("%zu users, %zu hosts, %zu keys, %zu ACLs",
	    p->count[RESTORE_USERS].taken, p->count[RESTORE_HOSTS].taken,
	    p->count[RESTORE_KEYS].taken, p->count[RESTORE_ACLS].taken);
	tell(c, p);
	return (DB_OK);
}

const struct cmd_entry cmd_config_restore = {
	.noun = "config", .verb = "restore",
	.brief = "replace all that is here by a backup from standard input",
	.opts = restore_opts,
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.prepare = config_restore_prepare, .exec = config_restore_exec,
};
