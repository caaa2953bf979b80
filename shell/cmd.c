/* SPDX-License-Identifier: ISC */
/*
 * What an exec calls: its options, its operands, its failures.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/group.h"
#include "db/seal.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/changes.h"
#include "shell/cmd.h"
#include "shell/options.h"
#include "shell/run.h"

/* The place of an option that the entry must have. */
static size_t
opt_index(const struct cmd_call *c, const char *name)
{
	size_t	i = 0;

	if (option_find(c->entry, name, strlen(name), &i) == NULL)
		panic("%s has no option --%s", c->entry->noun, name);
	return (i);
}

int
opt_given(const struct cmd_call *c, const char *name)
{
	size_t				 i = opt_index(c, name);
	const struct option_value	*v = &c->parsed->opts[i];

	return (c->entry->opts[i].kind == VALUE_FLAG ? v->on : v->given);
}

const char *
opt_text(const struct cmd_call *c, const char *name)
{
	const struct option_value	*v =
	    &c->parsed->opts[opt_index(c, name)];

	if (v->secret != NULL)
		return (v->secret);
	return (v->n > 0 ? v->texts[0] : NULL);
}

size_t
opt_count(const struct cmd_call *c, const char *name)
{
	return (c->parsed->opts[opt_index(c, name)].n);
}

const char *
opt_nth(const struct cmd_call *c, const char *name, size_t i)
{
	const struct option_value	*v =
	    &c->parsed->opts[opt_index(c, name)];

	return (i < v->n ? v->texts[i] : NULL);
}

int64_t
opt_number(const struct cmd_call *c, const char *name)
{
	const char	*text = opt_text(c, name);

	/* options_parse() has seen that it is one */
	return (text != NULL ? strtoll(text, NULL, 10) : 0);
}

const struct refs *
opt_refs(const struct cmd_call *c, const char *name)
{
	return (&c->opt_refs[opt_index(c, name)]);
}

const char *
operand_text(const struct cmd_call *c, size_t i)
{
	if (i >= c->parsed->noperands)
		panic("%s has no operand %zu", c->entry->noun, i);
	return (c->parsed->operands[i]);
}

int
opts_check(struct cmd_call *c, const char *const *single,
    const char *const (*either)[2])
{
	size_t	i, given = 0;

	for (i = 0; i < option_count(c->entry); i++)
		given += opt_given(c, c->entry->opts[i].name) != 0;
	c->usage = 1;
	if (given == 0)
		return (cmd_fail(c, "nothing to change: an option is "
		    "missing"));
	for (; single != NULL && *single != NULL; single++) {
		if (opt_given(c, *single) && c->targets.n > 1)
			return (cmd_fail(c, "--%s is for one %s only",
			    *single, c->entry->noun));
	}
	for (; either != NULL && (*either)[0] != NULL; either++) {
		if (opt_given(c, (*either)[0]) && opt_given(c, (*either)[1]))
			return (cmd_fail(c, "--%s and --%s do not go together",
			    (*either)[0], (*either)[1]));
	}
	c->usage = 0;
	return (DB_OK);
}

int64_t
opt_limit(const struct cmd_call *c)
{
	if (opt_given(c, "latest"))
		return (1);
	if (option_find(c->entry, "limit", strlen("limit"), NULL) == NULL)
		return (0);
	return (opt_number(c, "limit"));
}

int
cmd_total_wanted(const struct cmd_call *c, int64_t limit)
{
	return (limit != 0 && (int64_t)c->result.nrows >= limit &&
	    !opt_given(c, "quiet") && !opt_given(c, "json"));
}

int
cmd_fail(struct cmd_call *c, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(c->error, sizeof(c->error), fmt, ap);
	va_end(ap);
	return (DB_INVALID);
}

int
cmd_fail_db(struct cmd_call *c, int r)
{
	if (db_retryable(r))
		cmd_fail(c, "the database is away or busy; nothing was done, "
		    "try again");
	else
		cmd_fail(c, "%s", db_error(c->sh->db));
	return (r);
}

void
cmd_made(struct cmd_call *c, int64_t id, const char *name)
{
	free(c->entity);
	c->entity = xstrdup(name);
	changes_made(c, id);
	result_line(&c->result, "%" PRId64, id);
}

int
cmd_open_secret(struct cmd_call *c, const char *table, const char *column,
    int64_t id, const char *sealed, const char *what, const char *name,
    char **plain)
{
	const struct sealer	*s = c->sh->sealer;
	void			*opened;
	size_t			 len;

	*plain = NULL;
	if (sealed == NULL)
		return (DB_OK);
	if (s->open(s->arg, table, column, id, sealed, &opened, &len) == -1)
		return (cmd_fail(c, "the %s of \"%s\" could not be decrypted",
		    what, name));
	*plain = xmemdup0(opened, len);
	sodium_free(opened);
	return (DB_OK);
}

void
secret_free(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

int
cmd_change_groups(struct cmd_call *c, int kind, int64_t id)
{
	const struct refs	*in = opt_refs(c, "assign-group");
	const struct refs	*out = opt_refs(c, "unassign-group");
	size_t			 i;
	int			 r = DB_OK;

	for (i = 0; r == DB_OK && i < in->n; i++)
		r = group_add(c->sh->db, kind, in->v[i].id, id);
	for (i = 0; r == DB_OK && i < out->n; i++)
		r = group_drop(c->sh->db, kind, out->v[i].id, id);
	return (r);
}
