/* SPDX-License-Identifier: ISC */
/*
 * Finding commands in the table.
 */
#include <stdio.h>
#include <string.h>

#include "lib/xmalloc.h"
#include "shell/lookup.h"
#include "shell/names.h"

#define NEAR	2	/* letters that may be wrong in a mistyped word */

/* Nouns, or the verbs of one noun, with a word held against them. */
struct search {
	const char	*noun;		/* NULL: nouns are sought */
	const char	*word;
	const char	*found;		/* the name that it stands for */
	size_t		 nfound;
	char		 prefixed[512];	/* names that begin with it */
	char		 near[512];	/* names that resemble it */
	char		 all[512];
};

static void
list_add(char *list, size_t size, const char *name)
{
	size_t	len = strlen(list);

	snprintf(list + len, size - len, "%s%s", len ? ", " : "", name);
}

static int
has_prefix(const char *name, const char *prefix)
{
	return (strncmp(name, prefix, strlen(prefix)) == 0);
}

/* Holds the word against one name and its alias; 1 when it is just that. */
static int
search_name(struct search *s, const char *name, const char *alias)
{
	if (strcmp(name, s->word) == 0 ||
	    (alias != NULL && strcmp(alias, s->word) == 0)) {
		s->found = name;
		s->nfound = 1;
		return (1);
	}
	list_add(s->all, sizeof(s->all), name);
	if (has_prefix(name, s->word)) {
		s->found = name;
		s->nfound++;
		list_add(s->prefixed, sizeof(s->prefixed), name);
	}
	if (name_distance(name, s->word) <= NEAR)
		list_add(s->near, sizeof(s->near), name);
	return (0);
}

static void
search(struct search *s)
{
	const struct cmd_entry *const	*e;
	const char			*last = "";

	for (e = cmd_table; *e != NULL; e++) {
		if (s->noun == NULL) {
			/* the entries of a noun stand together */
			if (strcmp((*e)->noun, last) == 0)
				continue;
			last = (*e)->noun;
			if (search_name(s, last, (*e)->verb == NULL ?
			    (*e)->alias : NULL))
				return;
		} else if (strcmp((*e)->noun, s->noun) == 0) {
			if (search_name(s, (*e)->verb, (*e)->alias))
				return;
		}
	}
}

/* The sentence for a word that is no name, or more than one. */
static int
search_failed(const struct search *s, char *err)
{
	char	of[64] = "";

	if (s->noun != NULL)
		snprintf(of, sizeof(of), " of \"%s\"", s->noun);
	if (s->nfound > 1)
		snprintf(err, CMD_ERROR_MAX, "\"%.100s\" is short for more "
		    "than one command%s: %s", s->word, of, s->prefixed);
	else if (s->near[0] != '\0')
		snprintf(err, CMD_ERROR_MAX, "\"%.100s\" is not a command%s; "
		    "did you mean: %s", s->word, of, s->near);
	else
		snprintf(err, CMD_ERROR_MAX, "\"%.100s\" is not a command%s; "
		    "there are: %s", s->word, of, s->all);
	return (-1);
}

static int
is_help(const char *word)
{
	return (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0);
}

static int
is_help_verb(const char *word)
{
	return (strcmp(word, "help") == 0 || strcmp(word, "h") == 0);
}

const struct cmd_entry *
lookup_entry(const char *noun, const char *verb)
{
	const struct cmd_entry	*e = NULL;

	while ((e = lookup_next(noun, e)) != NULL) {
		if ((verb == NULL && e->verb == NULL) || (verb != NULL &&
		    e->verb != NULL && strcmp(e->verb, verb) == 0))
			return (e);
	}
	return (NULL);
}

const struct cmd_entry *
lookup_next(const char *noun, const struct cmd_entry *after)
{
	const struct cmd_entry *const	*e = cmd_table;

	while (after != NULL && *e != NULL && *e++ != after)
		continue;
	for (; *e != NULL; e++) {
		if (strcmp((*e)->noun, noun) == 0)
			return (*e);
	}
	return (NULL);
}

int
lookup_command(char *const *words, size_t n, struct lookup *l, char *err)
{
	struct search	noun = { .word = words[0] };
	struct search	verb = { .word = NULL };

	memset(l, 0, sizeof(*l));
	l->used = 1;
	if (is_help(words[0])) {
		l->help = 1;
		l->entry = lookup_entry("help", NULL);
		return (0);
	}
	search(&noun);
	if (noun.nfound != 1)
		return (search_failed(&noun, err));
	if ((l->entry = lookup_entry(noun.found, NULL)) != NULL)
		return (0);
	l->noun = noun.found;
	if (n > 1 && (is_help(words[1]) || is_help_verb(words[1]))) {
		l->help = 1;
		l->used++;
	}
	if (l->used == n) {
		l->lacks_verb = !l->help;
		return (0);
	}
	verb.noun = noun.found;
	verb.word = words[l->used++];
	search(&verb);
	if (verb.nfound != 1)
		return (search_failed(&verb, err));
	l->entry = lookup_entry(noun.found, verb.found);
	return (0);
}
