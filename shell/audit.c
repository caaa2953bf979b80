/* SPDX-License-Identifier: ISC */
/*
 * Audit events of commands.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/event.h"
#include "db/user.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/audit.h"
#include "shell/changes.h"
#include "shell/cmd.h"
#include "shell/options.h"
#include "shell/run.h"

#define ENTITY_BYTES	200	/* of names; then how many more there are */
#define WORD_BYTES	256	/* of a word when all would be too much */
#define WORDS_KEPT	100

static void
array_add(json_t *all, const char *word, size_t most)
{
	char	*cut = xmemdup0(word, strnlen(word, most));
	char	*safe = NULL;
	json_t	*j = json_string(cut);

	if (j == NULL) {
		safe = escape_text(cut, strlen(cut));
		j = json_string(safe);
		free(safe);
	}
	json_array_append_new(all, j);
	free(cut);
}

/* The words, and what they changed if anything; NULL when it is too much. */
static char *
args_json(char *const *words, size_t n, size_t most, json_t *changes)
{
	json_t	*all = json_array();
	size_t	 i;
	char	*text;

	for (i = 0; i < n; i++)
		array_add(all, words[i], most);
	if (changes != NULL)
		all = json_pack("{s:o, s:O}", "Args", all, "Changes", changes);
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	if (text == NULL)
		fatal("out of memory");
	if (strlen(text) <= DB_TEXT_MAX)
		return (text);
	free(text);
	return (NULL);
}

/* The words of the command, cut where they would not fit. */
static char *
audit_args(const struct parsed *p, json_t *changes)
{
	size_t	 few = p->nmasked < WORDS_KEPT ? p->nmasked : WORDS_KEPT;
	char	*text;

	text = args_json(p->masked, p->nmasked, SIZE_MAX, changes);
	if (text == NULL)
		text = args_json(p->masked, few, WORD_BYTES, changes);
	if (text == NULL)
		text = args_json(p->masked, few, WORD_BYTES / 4, changes);
	if (text == NULL)
		text = args_json(p->masked, few, WORD_BYTES, NULL);
	return (text);
}

/* The names of the rows that it was done to. */
static char *
audit_entity(const struct cmd_call *c)
{
	const struct refs	*t = &c->targets;
	char			*all = xstrdup(""), *more;
	size_t			 i;

	if (c->entity != NULL) {
		free(all);
		return (xstrdup(c->entity));
	}
	for (i = 0; i < t->n; i++) {
		if (i > 0 && strlen(all) + strlen(t->v[i].name) > ENTITY_BYTES)
			more = xasprintf("%s and %zu more", all, t->n - i);
		else
			more = xasprintf("%s%s%s", all, i > 0 ? ", " : "",
			    t->v[i].name);
		free(all);
		all = more;
		if (strlen(all) > ENTITY_BYTES)
			break;
	}
	return (all);
}

int
audit_call(struct cmd_call *c)
{
	struct event	 e;
	char		*args, *entity;
	json_t		*changes;
	int64_t		 id;
	int		 r;

	if ((r = changes_end(c, &changes)) != DB_OK)
		return (r);
	args = audit_args(c->parsed, changes);
	entity = audit_entity(c);
	json_decref(changes);
	memset(&e, 0, sizeof(e));
	e.author_id = c->me->id;
	e.author_name = c->me->name;
	e.source = (char *)c->sh->source;
	e.domain = (char *)c->entry->noun;
	e.action = (char *)c->entry->verb;
	e.entity = entity;
	e.args = args;
	e.session_id = c->session;
	r = event_create(c->sh->db, &e, &id);
	free(args);
	free(entity);
	return (r);
}
