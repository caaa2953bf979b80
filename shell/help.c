/* SPDX-License-Identifier: ISC */
/*
 * The text of help.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/help.h"
#include "shell/lookup.h"
#include "shell/run.h"

#define BRIEF_AT	26	/* column where briefs begin */
#define OPTION_AT	28

/* Text that grows, as a stream. */
struct page {
	FILE	*f;
	char	*text;
	size_t	 len;
};

static void
page_open(struct page *p)
{
	p->text = NULL;
	if ((p->f = open_memstream(&p->text, &p->len)) == NULL)
		fatal("out of memory");
}

static char *
page_close(struct page *p)
{
	if (fclose(p->f) != 0)
		fatal("out of memory");
	return (p->text);
}

/* "HOST...", "[KEY]", with a blank before it. */
static void
write_operands(FILE *f, const struct cmd_entry *e)
{
	const struct cmd_operands	*o = &e->operands;

	if (o->name == NULL)
		return;
	fprintf(f, " %s%s%s%s", o->min == 0 ? "[" : "", o->name,
	    o->max > 1 && e->second == 0 ? "..." : "", o->min == 0 ? "]" : "");
}

static void
write_name(FILE *f, const struct cmd_entry *e)
{
	fputs(e->noun, f);
	if (e->verb != NULL)
		fprintf(f, " %s", e->verb);
}

/* A command and its brief, in two columns. */
static void
write_brief(FILE *f, const struct cmd_entry *e, const char *name)
{
	struct page	 p;
	char		*left;

	page_open(&p);
	fprintf(p.f, "%s%s", e->verb != NULL ? "  " : "", name);
	write_operands(p.f, e);
	if (e->alias != NULL)
		fprintf(p.f, ", %s", e->alias);
	left = page_close(&p);
	if (strlen(left) > BRIEF_AT - 2)
		fprintf(f, "%s\n%*s%s\n", left, BRIEF_AT, "", e->brief);
	else
		fprintf(f, "%-*s%s\n", BRIEF_AT, left, e->brief);
	free(left);
}

/* Returns how many they may run. */
static int
write_noun(FILE *f, const char *noun, const struct user *me)
{
	const struct cmd_entry	*e = NULL;
	int			 n = 0;

	fprintf(f, "%s\n", noun);
	while ((e = lookup_next(noun, e)) != NULL) {
		if (me == NULL || run_permitted(me, e->role)) {
			write_brief(f, e, e->verb);
			n++;
		}
	}
	return (n);
}

char *
help_all(const struct user *me)
{
	const struct cmd_entry *const	*e;
	const char			*last = "";
	struct page			 p;

	page_open(&p);
	for (e = cmd_table; *e != NULL; e++) {
		if (strcmp((*e)->noun, last) == 0 ||
		    (me != NULL && !run_permitted(me, (*e)->role)))
			continue;
		last = (*e)->noun;
		if ((*e)->verb == NULL)
			write_brief(p.f, *e, last);
		else
			write_noun(p.f, last, me);
	}
	fprintf(p.f, "\"NOUN VERB --help\" tells more. Words may be cut short, "
	    "rows named by id or name.\n");
	return (page_close(&p));
}

char *
help_noun(const char *noun, const struct user *me)
{
	struct page	p;

	page_open(&p);
	if (write_noun(p.f, noun, me) > 0)
		fprintf(p.f, "\"%s VERB --help\" tells more.\n", noun);
	else
		fprintf(p.f, "  Your roles permit none of its commands.\n");
	return (page_close(&p));
}

char *
help_usage(const struct cmd_entry *e)
{
	const struct cmd_opt	*o;
	struct page		 p;

	page_open(&p);
	fprintf(p.f, "usage: ");
	write_name(p.f, e);
	for (o = e->opts; o != NULL && o->name != NULL; o++) {
		fprintf(p.f, " [--%s", o->name);
		if (o->letter != 0)
			fprintf(p.f, "|-%c", o->letter);
		fprintf(p.f, "%s%s]", o->arg != NULL ? " " : "",
		    o->arg != NULL ? o->arg : "");
	}
	write_operands(p.f, e);
	return (page_close(&p));
}

/* "  -n, --name NAME" */
static char *
option_left(const struct cmd_opt *o)
{
	char	letter[5] = "    ";
	char	*alias, *left;

	if (o->letter != 0)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	alias = o->alias == NULL ? xstrdup("") :
	    xasprintf(", --%s", o->alias);
	left = xasprintf("  %s--%s%s%s%s", letter, o->name, alias,
	    o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "");
	free(alias);
	return (left);
}

static void
write_option(FILE *f, const struct cmd_opt *o)
{
	const char *const	*c;
	char			*left = option_left(o);

	if (strlen(left) > OPTION_AT - 2)
		fprintf(f, "%s\n%*s%s", left, OPTION_AT, "", o->brief);
	else
		fprintf(f, "%-*s%s", OPTION_AT, left, o->brief);
	free(left);
	for (c = o->choices; c != NULL && *c != NULL; c++)
		fprintf(f, "%s%s", c == o->choices ? ": " :
		    c[1] == NULL ? " or " : ", ", *c);
	if (o->flags & OPT_LIST)
		fprintf(f, ", repeatable");
	if (o->fallback != NULL)
		fprintf(f, " (%s)", o->fallback);
	fputc('\n', f);
}

/* Who may run it, where that is not everybody. */
static void
write_needs(FILE *f, const struct cmd_entry *e)
{
	char	roles[RUN_NEEDS_SIZE];

	if (e->role != NEED_ANYONE)
		fprintf(f, "It takes the role %s.\n",
		    run_needs(e->role, roles));
	if (e->whole != 0)
		fprintf(f, "Without the role %s, it is for what is one's "
		    "own.\n", run_needs(e->whole, roles));
}

char *
help_entry(const struct cmd_entry *e)
{
	const struct cmd_opt	*o;
	struct page		 p;
	char			*usage = help_usage(e);

	page_open(&p);
	fprintf(p.f, "%s\n%s\n", usage, e->brief);
	free(usage);
	write_needs(p.f, e);
	if (e->opts != NULL)
		fputc('\n', p.f);
	for (o = e->opts; o != NULL && o->name != NULL; o++)
		write_option(p.f, o);
	return (page_close(&p));
}
