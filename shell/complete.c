/* SPDX-License-Identifier: ISC */
/*
 * Completion, from the same table as everything else.
 */
#include <stdlib.h>
#include <string.h>

#include "db/user.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "shell/complete.h"
#include "shell/lookup.h"
#include "shell/options.h"
#include "shell/own.h"
#include "shell/resolve.h"
#include "shell/run.h"
#include "shell/words.h"

#define ROWS_MAX	2000	/* names of rows that are looked at */

struct completer {
	struct shell		*sh;
	const struct user	*me;
	struct own		 mine;
	const struct own	*own;	/* that, or NULL: rows of all */
	const char		*part;	/* what is there of the word */
	struct db_names		*names;
};

static void
offer(struct completer *c, const char *prefix, const char *name)
{
	char	*whole = xasprintf("%s%s", prefix, name);
	size_t	 i;

	for (i = 0; i < c->names->n; i++) {
		if (strcmp(c->names->name[i], whole) == 0)
			break;
	}
	if (strncmp(whole, c->part, strlen(c->part)) != 0 ||
	    i < c->names->n || !text_is_clean(whole, strlen(whole))) {
		free(whole);
		return;
	}
	c->names->name = xreallocarray(c->names->name, c->names->n + 1,
	    sizeof(*c->names->name));
	c->names->name[c->names->n++] = whole;
}

/* Nouns, or the verbs of one. */
static void
offer_commands(struct completer *c, const char *noun)
{
	const struct cmd_entry *const	*e;

	for (e = cmd_table; *e != NULL; e++) {
		if (!run_permitted(c->me, (*e)->role))
			continue;
		if (noun == NULL)
			offer(c, "", (*e)->noun);
		else if (strcmp((*e)->noun, noun) == 0 && (*e)->verb != NULL)
			offer(c, "", (*e)->verb);
	}
}

/* Values of a kind; of a list, what follows the last comma. */
static void
offer_values(struct completer *c, enum value_kind kind,
    const char *const *choices, const char *before)
{
	struct db_names	 rows = { 0 };
	const char	*comma = strrchr(c->part, ',');
	char		*prefix;
	size_t		 i;

	prefix = comma == NULL ? xstrdup(before) :
	    xmemdup0(c->part, comma - c->part + 1);
	for (; choices != NULL && *choices != NULL; choices++)
		offer(c, prefix, *choices);
	if (resolve_is_ref(kind) &&
	    resolve_names(c->sh->db, c->own, kind, ROWS_MAX, &rows) ==
	    DB_OK) {
		for (i = 0; i < rows.n; i++)
			offer(c, prefix, rows.name[i]);
	}
	db_names_free(&rows);
	free(prefix);
}

static void
offer_options(struct completer *c, const struct cmd_entry *e)
{
	const struct cmd_opt	*o = e->opts;
	const char		*equals = strchr(c->part, '=');
	char			*prefix;

	if (equals == NULL) {
		for (; o != NULL && o->name != NULL; o++)
			offer(c, "--", o->name);
		offer(c, "--", "help");
		return;
	}
	if (strncmp(c->part, "--", 2) == 0 && (o = option_find(e, c->part + 2,
	    equals - c->part - 2, NULL)) != NULL) {
		prefix = xmemdup0(c->part, equals - c->part + 1);
		offer_values(c, o->kind, o->choices, prefix);
		free(prefix);
	}
}

/* The option whose value comes after this word, or NULL. */
static const struct cmd_opt *
option_before(const struct cmd_entry *e, const char *word)
{
	const struct cmd_opt	*o = NULL;

	if (strncmp(word, "--", 2) == 0)
		o = option_find(e, word + 2, strlen(word) - 2, NULL);
	else if (word[0] == '-' && word[1] != '\0' && word[2] == '\0')
		o = option_find_letter(e, word[1], NULL);
	return (o != NULL && o->kind != VALUE_FLAG ? o : NULL);
}

/* Whether an operand stands among n words, which follow the verb. */
static int
operand_before(const struct cmd_entry *e, char *const *words, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		if (words[i][0] != '-')
			return (1);
		if (option_before(e, words[i]) != NULL)
			i++;
	}
	return (0);
}

static void
offer_operands(struct completer *c, const struct cmd_entry *e,
    char *const *words, size_t n)
{
	offer_values(c, e->second != 0 && operand_before(e, words, n) ?
	    e->second : e->operands.kind, NULL, "");
}

/* n words stand before the one that is completed. */
static void
offer_after(struct completer *c, char *const *words, size_t n)
{
	const struct cmd_opt	*o;
	struct lookup		 l;
	char			 err[CMD_ERROR_MAX];

	if (n == 0) {
		offer_commands(c, NULL);
		return;
	}
	if (lookup_command(words, n, &l, err) == -1)
		return;
	if (l.entry == NULL) {
		offer_commands(c, l.noun);
		return;
	}
	if (strcmp(l.entry->noun, "help") == 0) {
		offer_after(c, words + 1, n - 1);
		return;
	}
	if (!run_permitted(c->me, l.entry->role))
		return;
	if (l.entry->whole != 0 && !run_permitted(c->me, l.entry->whole))
		c->own = &c->mine;
	if (n > l.used &&
	    (o = option_before(l.entry, words[n - 1])) != NULL) {
		offer_values(c, o->kind, o->choices, "");
	} else if (c->part[0] == '-') {
		offer_options(c, l.entry);
	} else {
		offer_operands(c, l.entry, words + l.used, n - l.used);
	}
}

static int
compare(const void *a, const void *b)
{
	return (strcmp(*(char *const *)a, *(char *const *)b));
}

/* How many bytes all names have in common, whole characters. */
static size_t
common_length(const struct db_names *names)
{
	const char	*first = names->name[0];
	size_t		 i, len = strlen(first);

	for (i = 1; i < names->n; i++) {
		while (strncmp(first, names->name[i], len) != 0)
			len--;
	}
	while (len > 0 && (first[len] & 0xc0) == 0x80)
		len--;
	return (len);
}

/* Text as it must be typed where a quote may be open. */
static char *
typed(const char *text, size_t len, char quote, int whole)
{
	static const char	special[] = " \\'\"$`;&|<>()*?[]#~!{}";
	char			*out = xcalloc(len + 2, 2), *p = out;
	size_t			 i;

	for (i = 0; i < len; i++) {
		if ((quote == 0 && strchr(special, text[i]) != NULL) ||
		    (quote == '"' && strchr("\\\"$`", text[i]) != NULL))
			*p++ = '\\';
		*p++ = text[i];
	}
	if (whole && quote != 0)
		*p++ = quote;
	if (whole)
		*p++ = ' ';
	return (out);
}

void
complete_line(struct shell *sh, const char *line, struct completion *out)
{
	struct completer	 c = { .sh = sh, .names = &out->names };
	struct words		 w;
	struct user		*me;
	const char		*err;
	char			 why[CMD_ERROR_MAX], quote;
	size_t			 n, len, have;

	memset(out, 0, sizeof(*out));
	words_split(line, &w, &err);
	n = w.in_word && w.n > 0 ? w.n - 1 : w.n;
	c.part = n < w.n ? w.v[n] : "";
	quote = w.open == '\\' ? 0 : w.open;
	if (run_identify(sh, &me, why) == DB_OK) {
		c.me = c.mine.me = me;
		c.mine.now = clock_utc();
		offer_after(&c, w.v, n);
		user_free(me);
	}
	if (out->names.n > 0) {
		qsort(out->names.name, out->names.n,
		    sizeof(*out->names.name), compare);
		have = strlen(c.part);
		len = common_length(&out->names);
		out->insert = typed(out->names.name[0] + have,
		    len > have ? len - have : 0, quote, out->names.n == 1);
	}
	words_free(&w);
}

void
complete_free(struct completion *c)
{
	db_names_free(&c->names);
	free(c->insert);
	memset(c, 0, sizeof(*c));
}
