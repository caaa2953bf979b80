/* SPDX-License-Identifier: ISC */
/*
 * The reading of options.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xmalloc.h"
#include "shell/options.h"
#include "shell/url.h"
#include "shell/when.h"

#define MASK	"****"

/* A line that is being read. */
struct scan {
	struct parsed	*p;
	char *const	*words;
	size_t		 n, i;		/* i: the word that is read */
	int		 only_operands;	/* "--" was seen */
	char		*err;
};

/* Says why, with the word in question; always -1. */
static int
refuse(char *err, const char *text, const char *why)
{
	snprintf(err, CMD_ERROR_MAX, "\"%.100s\" %s", text, why);
	return (-1);
}

const struct cmd_opt *
option_find(const struct cmd_entry *e, const char *name, size_t len,
    size_t *i)
{
	const struct cmd_opt	*o;

	for (o = e->opts; o != NULL && o->name != NULL; o++) {
		if ((strlen(o->name) == len &&
		    memcmp(o->name, name, len) == 0) ||
		    (o->alias != NULL && strlen(o->alias) == len &&
		    memcmp(o->alias, name, len) == 0)) {
			if (i != NULL)
				*i = o - e->opts;
			return (o);
		}
	}
	return (NULL);
}

const struct cmd_opt *
option_find_letter(const struct cmd_entry *e, char letter, size_t *i)
{
	const struct cmd_opt	*o;

	for (o = e->opts; o != NULL && o->name != NULL; o++) {
		if (o->letter != 0 && o->letter == letter) {
			if (i != NULL)
				*i = o - e->opts;
			return (o);
		}
	}
	return (NULL);
}

static void
value_clear(struct option_value *v)
{
	size_t	i;

	for (i = 0; i < v->n; i++) {
		explicit_bzero(v->texts[i], strlen(v->texts[i]));
		free(v->texts[i]);
	}
	free(v->texts);
	sodium_free(v->secret);
	v->secret = NULL;
	v->texts = NULL;
	v->n = 0;
}

static void
value_add(struct option_value *v, const char *text, size_t len)
{
	v->texts = xreallocarray(v->texts, v->n + 1, sizeof(*v->texts));
	v->texts[v->n++] = xmemdup0(text, len);
}

/* One text, or the parts between the commas of a list. */
static void
value_set(struct option_value *v, const struct cmd_opt *o, const char *text)
{
	size_t	len;

	if (!(o->flags & OPT_LIST)) {
		value_clear(v);
		value_add(v, text, strlen(text));
		return;
	}
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (len > 0)
			value_add(v, text, len);
		if (text[len] == '\0')
			return;
	}
}

static int
is_choice(const char *const *choices, const char *text)
{
	for (; *choices != NULL; choices++) {
		if (strcmp(*choices, text) == 0)
			return (1);
	}
	return (0);
}

static int
refuse_choice(const struct cmd_opt *o, const char *text, char *err)
{
	const char *const	*c;
	char			 why[256];
	size_t			 n;

	n = snprintf(why, sizeof(why), "is not for --%s: it takes", o->name);
	for (c = o->choices; *c != NULL && n < sizeof(why); c++)
		n += snprintf(why + n, sizeof(why) - n, "%s %s",
		    c == o->choices ? "" : c[1] == NULL ? " or" : ",", *c);
	return (refuse(err, text, why));
}

/* One choice; or each of a list, between the commas. */
static int
check_choices(const struct cmd_opt *o, const char *text, char *err)
{
	char	*part;
	size_t	 len;
	int	 ok = 1;

	if (!(o->flags & OPT_LIST))
		return (is_choice(o->choices, text) ? 0 :
		    refuse_choice(o, text, err));
	for (; ok; text += len + 1) {
		len = strcspn(text, ",");
		part = xmemdup0(text, len);
		ok = len == 0 || is_choice(o->choices, part);
		if (!ok)
			refuse_choice(o, part, err);
		free(part);
		if (text[len] == '\0')
			break;
	}
	return (ok ? 0 : -1);
}

/* Whether a value is of its option's kind; names are looked up later. */
static int
value_check(const struct cmd_opt *o, const char *text, char *err)
{
	int64_t	utc;

	switch (o->kind) {
	case VALUE_NUMBER:
		if (*text == '\0' || strlen(text) > 15 ||
		    text[strspn(text, "0123456789")] != '\0')
			return (refuse(err, text, "is not a number"));
		return (0);
	case VALUE_CHOICE:
		return (check_choices(o, text, err));
	case VALUE_WHEN:
		if (when_parse(text, 0, &utc) == -1)
			return (refuse(err, text, "is not a time, such as "
			    "\"2006-01-02 15:04\" or \"+7d\""));
		return (0);
	default:
		return (0);
	}
}

/* A flag, which may be switched on or off in words. */
static int
scan_flag(struct scan *s, const struct cmd_opt *o, struct option_value *v,
    const char *text)
{
	if (text == NULL || strcmp(text, "true") == 0)
		v->on = 1;
	else if (strcmp(text, "false") == 0)
		v->on = 0;
	else
		return (refuse(s->err, o->name, "takes no value"));
	v->given = 1;
	return (0);
}

/* Writes **** over a word from byte `from` on, in the copy that is kept. */
static void
scan_mask(struct scan *s, size_t from)
{
	char	**m = &s->p->masked[s->i];
	char	 *masked = xasprintf("%.*s" MASK, (int)from, *m);

	explicit_bzero(*m, strlen(*m));
	free(*m);
	*m = masked;
}

/* The same for the password alone in a URL that begins there. */
static void
scan_mask_url(struct scan *s, size_t from, const char *url)
{
	char	**m = &s->p->masked[s->i];
	char	 *safe = url_mask(url);
	char	 *masked = xasprintf("%.*s%s", (int)from, *m, safe);

	explicit_bzero(*m, strlen(*m));
	free(*m);
	*m = masked;
	free(safe);
}

/*
 * Whether an option that may be asked for shall be: its value is a hyphen, or
 * what follows is another option or the line's end. text is the value in its
 * own word, or NULL; a word that was the hyphen is taken.
 */
static int
scan_asked(struct scan *s, const char *text)
{
	const char	*next;

	if (text != NULL)
		return (strcmp(text, "-") == 0);
	if (s->i + 1 == s->n)
		return (1);
	next = s->words[s->i + 1];
	if (strcmp(next, "-") == 0) {
		s->i++;
		return (1);
	}
	return (strcmp(next, "--") == 0 || (strncmp(next, "--", 2) == 0 &&
	    option_find(s->p->entry, next + 2, strcspn(next + 2, "="),
	    NULL) != NULL));
}

/* The option's value is the text in its own word, or the next word. */
static int
scan_value(struct scan *s, const struct cmd_opt *o, size_t at,
    const char *text)
{
	struct option_value	*v = &s->p->opts[at];
	size_t			 from;

	if (o->kind == VALUE_FLAG)
		return (scan_flag(s, o, v, text));
	from = text != NULL ? (size_t)(text - s->words[s->i]) : 0;
	v->asked = (o->flags & OPT_ASKED) && scan_asked(s, text);
	if (v->asked) {
		value_clear(v);
		v->given = 1;
		return (0);
	}
	if (text == NULL) {
		if (s->i + 1 == s->n)
			return (refuse(s->err, s->words[s->i],
			    "needs a value"));
		text = s->words[++s->i];
	}
	if (o->flags & OPT_SECRET)
		scan_mask(s, from);
	else if (o->flags & OPT_URL)
		scan_mask_url(s, from, text);
	else if (value_check(o, text, s->err) == -1)
		return (-1);
	v->given = 1;
	value_set(v, o, text);
	return (0);
}

static int
scan_long(struct scan *s, const char *word)
{
	const char		*name = word + 2;
	size_t			 at = 0, len = strcspn(name, "=");
	const struct cmd_opt	*o;
	char			*shown;

	if (strcmp(name, "help") == 0) {
		s->p->help = 1;
		return (0);
	}
	if ((o = option_find(s->p->entry, name, len, &at)) != NULL)
		return (scan_value(s, o, at,
		    name[len] == '=' ? name + len + 1 : NULL));
	shown = xmemdup0(word, len + 2);
	refuse(s->err, shown, "is not an option of this command");
	free(shown);
	return (-1);
}

/* "-q", "-lq", "-n value", "-nvalue", "-n=value". */
static int
scan_letters(struct scan *s, const char *word)
{
	const char		*p;
	const struct cmd_opt	*o;
	char			 shown[3] = "-";
	size_t			 at = 0;

	for (p = word + 1; *p != '\0'; p++) {
		if ((o = option_find_letter(s->p->entry, *p, &at)) == NULL) {
			if (*p == 'h') {
				s->p->help = 1;
				continue;
			}
			shown[1] = *p;
			return (refuse(s->err, shown,
			    "is not an option of this command"));
		}
		if (p[1] == '=')
			return (scan_value(s, o, at, p + 2));
		if (o->kind != VALUE_FLAG)
			return (scan_value(s, o, at,
			    p[1] != '\0' ? p + 1 : NULL));
		if (scan_value(s, o, at, NULL) == -1)
			return (-1);
	}
	return (0);
}

static void
scan_operand(struct scan *s, const char *word)
{
	struct parsed	*p = s->p;

	p->operands = xreallocarray(p->operands, p->noperands + 1,
	    sizeof(*p->operands));
	p->operands[p->noperands++] = xstrdup(word);
	if (p->entry->flags & CMD_URL) {
		explicit_bzero(p->masked[s->i], strlen(p->masked[s->i]));
		free(p->masked[s->i]);
		p->masked[s->i] = url_mask(word);
	}
}

static int
scan_words(struct scan *s)
{
	const char	*word;
	int		 r;

	for (s->i = 0; s->i < s->n; s->i++) {
		word = s->words[s->i];
		r = 0;
		if (s->only_operands || word[0] != '-' || word[1] == '\0')
			scan_operand(s, word);
		else if (strcmp(word, "--") == 0)
			s->only_operands = 1;
		else if (word[1] == '-')
			r = scan_long(s, word);
		else
			r = scan_letters(s, word);
		if (r == -1)
			return (-1);
	}
	return (0);
}

static int
check_operands(const struct parsed *p, char *err)
{
	const struct cmd_operands	*o = &p->entry->operands;

	if (o->name == NULL && p->noperands > 0)
		return (refuse(err, p->operands[0],
		    "is too much: this command takes only options"));
	if (o->name != NULL && p->noperands < o->min) {
		snprintf(err, CMD_ERROR_MAX, "%s is missing", o->name);
		return (-1);
	}
	if (o->name != NULL && p->noperands > o->max)
		return (refuse(err, p->operands[o->max], "is too much"));
	return (0);
}

/* Options that were not given have their fallbacks. */
static void
set_fallbacks(struct parsed *p)
{
	const struct cmd_opt	*o = p->entry->opts;
	size_t			 i;

	for (i = 0; o != NULL && o[i].name != NULL; i++) {
		if (!p->opts[i].given && o[i].fallback != NULL)
			value_set(&p->opts[i], &o[i], o[i].fallback);
	}
}

size_t
option_count(const struct cmd_entry *e)
{
	size_t	n = 0;

	while (e->opts != NULL && e->opts[n].name != NULL)
		n++;
	return (n);
}

int
options_parse(const struct cmd_entry *e, char *const *words, size_t n,
    struct parsed *p, char *err)
{
	struct scan	s = { .p = p, .words = words, .n = n, .err = err };

	memset(p, 0, sizeof(*p));
	p->entry = e;
	p->opts = xcalloc(option_count(e), sizeof(*p->opts));
	p->masked = xcalloc(n, sizeof(*p->masked));
	for (; p->nmasked < n; p->nmasked++)
		p->masked[p->nmasked] = xstrdup(words[p->nmasked]);
	if (scan_words(&s) == -1)
		return (-1);
	set_fallbacks(p);
	return (p->help ? 0 : check_operands(p, err));
}

void
options_free(struct parsed *p)
{
	size_t	i, n = p->entry != NULL ? option_count(p->entry) : 0;

	for (i = 0; i < n; i++)
		value_clear(&p->opts[i]);
	for (i = 0; i < p->noperands; i++) {
		explicit_bzero(p->operands[i], strlen(p->operands[i]));
		free(p->operands[i]);
	}
	for (i = 0; i < p->nmasked; i++)
		free(p->masked[i]);
	free(p->opts);
	free(p->operands);
	free(p->masked);
	memset(p, 0, sizeof(*p));
}
