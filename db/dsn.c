/* SPDX-License-Identifier: ISC */
/*
 * Parsing of MySQL database names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "db/dsn.h"
#include "lib/xmalloc.h"

#define DEFAULT_PORT	3306
#define DEFAULT_SOCKET	"/run/mysqld/mysqld.sock"

/* Parameters of the Go driver that change nothing here. */
static const char *const ignored[] = {
	"allowNativePasswords", "allowOldPasswords", "charset",
	"checkConnLiveness", "clientFoundRows", "collation",
	"columnsWithAlias", "interpolateParams", "loc", "maxAllowedPacket",
	"multiStatements", "parseTime", "readTimeout", "rejectReadOnly",
	"timeout", "writeTimeout"
};

static char *
copy(const char *from, const char *to)
{
	return (xmemdup0(from, (size_t)(to - from)));
}

static int
password_set(struct dsn *d, const char *from, const char *to)
{
	size_t	len = (size_t)(to - from);

	if ((d->password = sodium_malloc(len + 1)) == NULL)
		return (-1);
	memcpy(d->password, from, len);
	d->password[len] = '\0';
	return (0);
}

static int
port_parse(struct dsn *d, const char *text)
{
	char	*end;
	long port;

	if (text[0] < '0' || text[0] > '9')
		return (-1);
	port = strtol(text, &end, 10);
	if (*end != '\0' || port < 1 || port > 65535)
		return (-1);
	d->port = (uint16_t)port;
	return (0);
}

/* host, host:port, [v6], [v6]:port; what is empty keeps its default. */
static int
address_parse(struct dsn *d, const char *from, const char *to)
{
	char	*text = copy(from, to), *host = text, *port, *end;
	int	 r = 0;

	port = strrchr(text, ':');
	if (text[0] == '[') {
		host = text + 1;
		if ((end = strchr(text, ']')) == NULL ||
		    (end[1] != '\0' && end[1] != ':')) {
			free(text);
			return (-1);
		}
		port = end[1] == ':' ? end + 1 : NULL;
		*end = '\0';
	}
	if (port != NULL) {
		*port = '\0';
		r = port_parse(d, port + 1);
	}
	if (*host != '\0') {
		free(d->host);
		d->host = xstrdup(host);
	}
	free(text);
	return (r);
}

/* What stands between the credentials and the last slash. */
static int
net_parse(struct dsn *d, const char *from, const char *to)
{
	size_t	len = (size_t)(to - from);

	d->port = DEFAULT_PORT;
	if (len == 4 && memcmp(from, "unix", 4) == 0) {
		d->socket = xstrdup(DEFAULT_SOCKET);
		return (0);
	}
	if (len > 6 && memcmp(from, "unix(", 5) == 0 && to[-1] == ')') {
		d->socket = copy(from + 5, to - 1);
		return (0);
	}
	d->host = xstrdup("127.0.0.1");
	if (len == 0 || (len == 3 && memcmp(from, "tcp", 3) == 0))
		return (0);
	if (len >= 5 && memcmp(from, "tcp(", 4) == 0 && to[-1] == ')')
		return (address_parse(d, from + 4, to - 1));
	if (memchr(from, '(', len) != NULL || memchr(from, ')', len) != NULL)
		return (-1);
	return (address_parse(d, from, to));
}

static int
param_check(const char *p, size_t len, char *err, size_t errlen)
{
	size_t	i, name = 0;

	while (name < len && p[name] != '=')
		name++;
	if (len == strlen("tls=false") && memcmp(p, "tls=false", len) == 0)
		return (0);
	if (name == 3 && memcmp(p, "tls", 3) == 0) {
		snprintf(err, errlen, "database name: tls is not supported, "
		    "only tls=false");
		return (-1);
	}
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		if (strlen(ignored[i]) == name &&
		    memcmp(ignored[i], p, name) == 0)
			return (0);
	snprintf(err, errlen, "database name: unknown parameter \"%.*s\"",
	    (int)name, p);
	return (-1);
}

static int
params_check(const char *p, char *err, size_t errlen)
{
	size_t	len;

	for (; *p != '\0'; p += len + (p[len] == '&')) {
		len = strcspn(p, "&");
		if (len > 0 && param_check(p, len, err, errlen) == -1)
			return (-1);
	}
	return (0);
}

static int
dsn_split(struct dsn *d, const char *text, char *err, size_t errlen)
{
	const char	*slash, *at, *net = text, *colon, *query;

	if ((slash = strrchr(text, '/')) == NULL) {
		snprintf(err, errlen, "database name: no /DATABASE in it");
		return (-1);
	}
	at = memrchr(text, '@', (size_t)(slash - text));
	if (at != NULL) {
		colon = memchr(text, ':', (size_t)(at - text));
		d->user = copy(text, colon != NULL ? colon : at);
		if (colon != NULL && password_set(d, colon + 1, at) == -1) {
			snprintf(err, errlen, "out of locked memory");
			return (-1);
		}
		net = at + 1;
	}
	query = slash + 1 + strcspn(slash + 1, "?");
	d->database = copy(slash + 1, query);
	if (d->database[0] == '\0') {
		snprintf(err, errlen, "database name: empty after the slash");
		return (-1);
	}
	if (net_parse(d, net, slash) == -1) {
		snprintf(err, errlen, "database name: what stands before "
		    "/%s is neither tcp(HOST:PORT), unix(/PATH) nor "
		    "HOST[:PORT]", d->database);
		return (-1);
	}
	return (params_check(*query == '?' ? query + 1 : query, err, errlen));
}

int
dsn_parse(struct dsn *d, const char *text, char *err, size_t errlen)
{
	*d = (struct dsn){ 0 };
	if (dsn_split(d, text, err, errlen) == -1) {
		dsn_free(d);
		return (-1);
	}
	if (d->user == NULL)
		d->user = xstrdup("");
	return (0);
}

void
dsn_free(struct dsn *d)
{
	free(d->user);
	if (d->password != NULL)
		sodium_free(d->password);
	free(d->host);
	free(d->socket);
	free(d->database);
	*d = (struct dsn){ 0 };
}
