/* SPDX-License-Identifier: ISC */
/*
 * Login names.
 */
#include <stdlib.h>
#include <string.h>

#include "db/host.h"
#include "db/user.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "monitor/login.h"

/* What follows the prefix, or NULL if the text does not begin with it. */
static const char *
after(const char *text, const char *prefix)
{
	size_t	n = strlen(prefix);

	return (strncmp(text, prefix, n) == 0 ? text + n : NULL);
}

static void
login_set(struct login *l, enum login_kind kind, const char *name)
{
	l->kind = kind;
	l->name = xstrdup(name);
}

static char *
without_blanks(const char *text)
{
	char	*copy = xstrdup(text), *p;

	for (p = copy; (p = strchr(p, ' ')) != NULL;)
		*p = '_';
	return (copy);
}

/* [ACCOUNT+]NAME or [ACCOUNT+]host:NAME. */
static void
login_parse_host(struct login *l, const char *text)
{
	const char	*mark = strstr(text, "+host:"), *plus;

	if (mark != NULL) {
		login_set(l, LOGIN_HOST, mark + strlen("+host:"));
		l->account = xmemdup0(text, mark - text);
	} else if ((plus = strrchr(text, '+')) != NULL) {
		login_set(l, LOGIN_NAME, plus + 1);
		l->account = xmemdup0(text, plus - text);
	} else
		login_set(l, LOGIN_NAME, text);
}

void
login_parse(struct login *l, const char *text, const struct settings *s)
{
	const char	*rest;

	memset(l, 0, sizeof(*l));
	l->whole = xstrdup(text);
	l->shown = without_blanks(text);
	if (strcmp(text, s->healthcheck_user) == 0)
		login_set(l, LOGIN_HEALTHCHECK, text);
	else if (strcmp(text, s->config_user) == 0)
		login_set(l, LOGIN_SHELL, text);
	else if ((rest = after(text, "invite:")) != NULL)
		login_set(l, LOGIN_INVITE, rest);
	else if ((rest = after(text, "host:")) != NULL)
		login_set(l, LOGIN_HOST, rest);
	else
		login_parse_host(l, text);
}

void
login_whole_host(struct login *l)
{
	free(l->name);
	free(l->account);
	l->name = xstrdup(l->whole);
	l->account = NULL;
}

const char *
login_account(const struct login *l, const struct host *h)
{
	return (l->account != NULL ? l->account : h->login);
}

int
login_other_account(const struct login *l, const struct host *h)
{
	return (strcmp(login_account(l, h), h->login) != 0);
}

int
login_is_shell(const struct login *l, const struct user *u)
{
	if (l->kind == LOGIN_SHELL)
		return (1);
	if (l->kind != LOGIN_NAME || l->whole[0] == '\0')
		return (0);
	return (strcmp(l->whole, u->name) == 0 ||
	    strcmp(l->whole, u->email) == 0);
}

static void
wipe(char **s)
{
	if (*s != NULL)
		explicit_bzero(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

void
login_free(struct login *l)
{
	wipe(&l->name);
	wipe(&l->account);
	wipe(&l->whole);
	wipe(&l->shown);
}
