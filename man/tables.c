/* SPDX-License-Identifier: ISC */
/*
 * What the manuals take from the program's tables: the reference of the admin
 * shell's commands, as mdoc, and the list of settings, for a comparison.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "daemon/conf.h"
#include "shell/cmd.h"

#define LINE_BYTES	72	/* of a list of words */

static const char *const needs[] = {
	[NEED_ANYONE] = "everybody",
	[NEED_LISTER] = "administrators, auditors and the role listhosts",
	[NEED_READER] = "administrators and auditors",
	[NEED_TRUSTED] = "administrators and the role trusted",
	[NEED_ADMIN] = "administrators",
};

/* Text within a line of mdoc: none of it may look like markup. */
static void
put_text(const char *s)
{
	const char	*p;

	for (p = s; *p != '\0'; p++) {
		if (*p == '\\')
			fputs("\\e", stdout);
		else if (*p == '-')
			fputs("\\-", stdout);
		else if (p == s && (*p == '.' || *p == '\''))
			printf("\\&%c", *p);
		else
			putchar(*p);
	}
}

/* A word among the arguments of a macro, whatever it looks like. */
static void
put_word(const char *s)
{
	fputs(" \\&", stdout);
	put_text(s);
}

/* A sentence from a clause of help. */
static void
put_sentence(const char *brief)
{
	printf("%c", toupper((unsigned char)*brief));
	put_text(brief + 1);
	fputs(".\n", stdout);
}

static void
put_choices(const char *const *c)
{
	const char *const	*first = c;

	for (; *c != NULL; c++) {
		printf("%s", c == first ? ":\n" : c[1] == NULL ? "or\n" : "");
		fputs(".Cm", stdout);
		put_word(*c);
		puts(c[1] != NULL && c[2] != NULL ? " ," : "");
	}
}

static void
put_option(const struct cmd_opt *o)
{
	fputs(".It", stdout);
	if (o->letter != 0)
		printf(" Fl %c ,", o->letter);
	printf(" Fl \\-%s", o->name);
	if (o->alias != NULL)
		printf(" , Fl \\-%s", o->alias);
	if (o->arg != NULL)
		printf(" Ar %s", o->arg);
	putchar('\n');
	put_text(o->brief);
	if (o->flags & OPT_LIST)
		fputs(", repeatable", stdout);
	if (o->choices != NULL)
		put_choices(o->choices);
	else
		putchar('\n');
	if (o->fallback != NULL) {
		fputs(".Pq default Ql", stdout);
		put_word(o->fallback);
		putchar('\n');
	}
}

/* What the page says once for all lists. */
static int
is_usual(const struct cmd_opt *o)
{
	return (strcmp(o->name, "latest") == 0 ||
	    strcmp(o->name, "quiet") == 0 || strcmp(o->name, "json") == 0);
}

static void
put_options(const struct cmd_opt *o)
{
	int	n = 0;

	for (; o != NULL && o->name != NULL; o++) {
		if (is_usual(o))
			continue;
		if (n++ == 0)
			puts(".Pp\n.Bl -tag -width Ds -compact");
		put_option(o);
	}
	if (n > 0)
		puts(".El");
}

static void
put_operands(const struct cmd_entry *e)
{
	const struct cmd_operands	*o = &e->operands;

	if (o->name == NULL)
		return;
	fputs(o->min == 0 ? ".Op Ar" : ".Ar", stdout);
	put_word(o->name);
	puts(o->max > 1 && e->second == 0 ? " ..." : "");
}

static void
put_columns(const struct field *f, const char *whose)
{
	size_t	len = 0;
	int	n = 0;

	for (; f->head != NULL || f->json != NULL; f++) {
		if (f->json == NULL)
			continue;
		len += strlen(f->json) + 2;
		if (n++ == 0)
			printf(".Pp\nMembers in JSON%s:\n", whose);
		else
			fputs(len > LINE_BYTES ? ",\n" : ", ", stdout);
		if (len > LINE_BYTES)
			len = strlen(f->json) + 2;
		fputs(f->json, stdout);
	}
	if (n > 0)
		puts(".");
}

static void
put_head(const struct cmd_entry *e)
{
	const struct cmd_opt	*o;

	printf(".It Xo\n.Cm %s%s%s\n", e->noun, e->verb != NULL ? " " : "",
	    e->verb != NULL ? e->verb : "");
	for (o = e->opts; o != NULL && o->name != NULL; o++) {
		printf(".Op Fl \\-%s", o->name);
		if (o->arg != NULL)
			printf(" Ar %s", o->arg);
		putchar('\n');
	}
	put_operands(e);
	puts(".Xc");
}

static void
put_command(const struct cmd_entry *e)
{
	put_head(e);
	put_sentence(e->brief);
	if (e->alias != NULL)
		printf("Alias:\n.Cm %s .\n", e->alias);
	printf("For %s", needs[e->role]);
	if (e->whole != 0)
		printf(";\nother than one\\(aqs own, for %s", needs[e->whole]);
	puts(".");
	put_options(e->opts);
	if (e->fields != NULL)
		put_columns(e->fields, "");
	if (e->own_fields != NULL)
		put_columns(e->own_fields, ", of one\\(aqs own");
}

static void
put_commands(void)
{
	const struct cmd_entry *const	*e;
	const char			*last = "";

	for (e = cmd_table; *e != NULL; e++) {
		/* what has no verb stands together, at the end */
		if ((*e)->verb != NULL ? strcmp((*e)->noun, last) != 0 :
		    strcmp(last, "-") != 0) {
			if (*last != '\0')
				puts(".El");
			last = (*e)->verb != NULL ? (*e)->noun : "-";
			printf(".Ss %s\n.Bl -tag -width Ds\n",
			    (*e)->verb != NULL ? last : "Commands of one word");
		}
		put_command(*e);
	}
	puts(".El");
}

/* Name, default, variable, letter and whether there is a flag. */
static void
put_keys(void)
{
	const struct conf_key	*k;

	for (k = conf_keys; k < conf_keys + conf_nkeys; k++)
		printf("%s\t%s\t%s\t%c\t%d\n", k->name, k->def,
		    k->env != NULL ? k->env : "", k->letter != '\0' ?
		    k->letter : '-', !k->no_flag);
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "commands") == 0)
		put_commands();
	else if (argc == 2 && strcmp(argv[1], "keys") == 0)
		put_keys();
	else {
		fputs("usage: tables commands | keys\n", stderr);
		return (2);
	}
	return (fflush(stdout) == 0 ? 0 : 1);
}
