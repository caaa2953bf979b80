/* SPDX-License-Identifier: ISC */
/*
 * The reading and writing of hosts' URLs.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/catalogue.h"
#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "shell/url.h"

#define DIGITS	"0123456789"
#define LETTERS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct url_scheme {
	const char	*name;
	uint16_t	 port;
} schemes[] = {
	{ "ssh", 22 },
	{ "telnet", 23 },
};
#define NSCHEMES	(sizeof(schemes) / sizeof(schemes[0]))

/* Always -1. */
static int
refuse(char *err, const char *what, const char *text, const char *why)
{
	snprintf(err, URL_ERROR_MAX, "%s \"%.100s\" %s", what, text, why);
	return (-1);
}

static const struct url_scheme *
scheme_find(const char *name)
{
	size_t	i;

	for (i = 0; i < NSCHEMES; i++) {
		if (strcmp(schemes[i].name, name) == 0)
			return (&schemes[i]);
	}
	return (NULL);
}

/* Cuts "scheme://" off; the rest is at *text then. */
static const struct url_scheme *
parse_scheme(const char **text, struct url *u, char *err)
{
	const char		*end = strstr(*text, "://");
	const struct url_scheme	*s;

	/* "://" after an @ or a colon belongs to a password */
	if (end == NULL || memchr(*text, '@', end - *text) != NULL ||
	    memchr(*text, ':', end - *text) != NULL) {
		u->scheme = xstrdup(schemes[0].name);
		return (&schemes[0]);
	}
	u->scheme = xmemdup0(*text, end - *text);
	*text = end + strlen("://");
	if ((s = scheme_find(u->scheme)) == NULL)
		refuse(err, "the scheme", u->scheme,
		    "is neither \"ssh\" nor \"telnet\"");
	return (s);
}

static int
hex_digit(char c)
{
	const char	*hex = "0123456789abcdef", *p;

	if (c == '\0' || (p = strchr(hex, tolower((unsigned char)c))) == NULL)
		return (-1);
	return (p - hex);
}

/* %XX to bytes; NULL for a percent sign without two digits, and for %00. */
static char *
unescape(const char *s, size_t len)
{
	char	*out = xmalloc(len + 1);
	size_t	 i, n = 0;
	int	 high, low;

	for (i = 0; i < len; i++) {
		if (s[i] != '%') {
			out[n++] = s[i];
			continue;
		}
		high = i + 1 < len ? hex_digit(s[i + 1]) : -1;
		low = i + 2 < len ? hex_digit(s[i + 2]) : -1;
		if (high == -1 || low == -1 || high + low == 0) {
			explicit_bzero(out, n);
			free(out);
			return (NULL);
		}
		out[n++] = high << 4 | low;
		i += 2;
	}
	out[n] = '\0';
	return (out);
}

static int
parse_userinfo(const char *s, size_t len, struct url *u, char *err)
{
	const char	*colon = memchr(s, ':', len);
	size_t		 user = colon != NULL ? (size_t)(colon - s) : len;

	u->login = unescape(s, user);
	if (colon != NULL)
		u->password = unescape(colon + 1, len - user - 1);
	if (u->login == NULL || (colon != NULL && u->password == NULL)) {
		snprintf(err, URL_ERROR_MAX, "a percent sign in user or "
		    "password must be written as %%25");
		return (-1);
	}
	if (strlen(u->login) > HOST_LOGIN_MAX ||
	    !text_is_clean(u->login, strlen(u->login)))
		return (refuse(err, "the user", u->login,
		    "is too long or has characters that do not show"));
	if (u->password != NULL && strlen(u->password) > PASSWORD_MAX) {
		snprintf(err, URL_ERROR_MAX, "the password is too long");
		return (-1);
	}
	return (0);
}

static int
parse_port(const char *s, struct url *u, char *err)
{
	char	*end;
	long	 port = strtol(s, &end, 10);

	/* a slash after it is all the path that there may be */
	if (!isdigit((unsigned char)*s) || (*end != '\0' &&
	    strcmp(end, "/") != 0) || port < 1 || port > 65535)
		return (refuse(err, "the port", s,
		    "is not a number from 1 to 65535"));
	u->port = port;
	return (0);
}

/* "[2001:db8::1%eth0]"; returns what follows the bracket, or NULL. */
static const char *
parse_brackets(const char *s, struct url *u, char *err)
{
	const char	*end = strchr(s, ']');
	struct in6_addr	 in6;
	char		*bare;
	int		 ok;

	if (end == NULL) {
		refuse(err, "the address", s, "lacks its closing bracket");
		return (NULL);
	}
	u->addr = xmemdup0(s + 1, end - s - 1);
	bare = xmemdup0(u->addr, strcspn(u->addr, "%"));
	ok = inet_pton(AF_INET6, bare, &in6) == 1;
	free(bare);
	if (!ok || u->addr[strspn(u->addr, LETTERS DIGITS ":.%-_")] != '\0') {
		refuse(err, "the address", u->addr, "is not an IPv6 address");
		return (NULL);
	}
	return (end + 1);
}

static int
parse_host(const char *s, struct url *u, char *err)
{
	const char	*rest = s + strcspn(s, ":/");

	if (*s == '[') {
		if ((rest = parse_brackets(s, u, err)) == NULL)
			return (-1);
	} else if (*rest == ':' && strchr(rest + 1, ':') != NULL) {
		return (refuse(err, "the address", s, "has several colons: "
		    "an IPv6 address is written in brackets"));
	} else {
		u->addr = xmemdup0(s, rest - s);
		if (*u->addr == '\0')
			return (refuse(err, "the host in", s, "is empty"));
		if (u->addr[strspn(u->addr, LETTERS DIGITS "-._")] != '\0' ||
		    *u->addr == '-' || *u->addr == '.' ||
		    strlen(u->addr) > NAME_MAX_BYTES)
			return (refuse(err, "the host", u->addr,
			    "is neither a host name nor an address"));
	}
	if (strcmp(rest, "/") == 0 || *rest == '\0')
		return (0);
	if (*rest != ':')
		return (refuse(err, "the text", rest,
		    "after the host is not a port"));
	return (parse_port(rest + 1, u, err));
}

int
url_parse(const char *text, struct url *u, char *err)
{
	const struct url_scheme	*s;
	const char		*at;

	memset(u, 0, sizeof(*u));
	if ((s = parse_scheme(&text, u, err)) == NULL)
		return (-1);
	u->port = s->port;
	if ((at = strrchr(text, '@')) != NULL) {
		if (parse_userinfo(text, at - text, u, err) == -1)
			return (-1);
		text = at + 1;
	}
	if (u->login == NULL || *u->login == '\0') {
		free(u->login);
		u->login = xstrdup("root");
	}
	return (parse_host(text, u, err));
}

void
url_free(struct url *u)
{
	if (u->password != NULL)
		explicit_bzero(u->password, strlen(u->password));
	free(u->scheme);
	free(u->login);
	free(u->password);
	free(u->addr);
	memset(u, 0, sizeof(*u));
}

char *
url_write(const char *scheme, const char *login, const char *addr,
    uint16_t port)
{
	const struct url_scheme	*s = scheme_find(scheme);
	const char		*open = "", *close = "";

	if (strchr(addr, ':') != NULL) {
		open = "[";
		close = "]";
	}
	if (s != NULL && port == s->port)
		return (xasprintf("%s://%s@%s%s%s", scheme, login, open, addr,
		    close));
	return (xasprintf("%s://%s@%s%s%s:%u", scheme, login, open, addr,
	    close, port));
}

char *
url_mask(const char *text)
{
	struct url	u;
	const char	*rest = text, *at = strrchr(text, '@'), *colon;
	char		 err[URL_ERROR_MAX];

	memset(&u, 0, sizeof(u));
	parse_scheme(&rest, &u, err);
	url_free(&u);
	if (at == NULL || at < rest ||
	    (colon = memchr(rest, ':', at - rest)) == NULL)
		return (xstrdup(text));
	return (xasprintf("%.*s:****%s", (int)(colon - text), text, at));
}

char *
url_host_name(const char *addr)
{
	size_t	label = strcspn(addr, ".");

	if (strchr(addr, ':') != NULL || strspn(addr, DIGITS) == label)
		return (xstrdup(addr));
	return (xmemdup0(addr, label));
}
