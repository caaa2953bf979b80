/* SPDX-License-Identifier: ISC */
/*
 * Addresses.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/address.h"

static int
port_parse(char *port, size_t size, const char *s)
{
	size_t	len = strspn(s, "0123456789");

	if (len == 0 || len >= size || s[len] != '\0' ||
	    strtoul(s, NULL, 10) > 65535)
		return (-1);
	memcpy(port, s, len + 1);
	return (0);
}

int
address_parse(struct address *a, const char *s)
{
	const char	*host = s, *colon = strrchr(s, ':');
	size_t		 len;

	if (colon == NULL || port_parse(a->port, sizeof(a->port), colon + 1))
		return (-1);
	len = colon - s;
	if (*s == '[') {
		if (len < 3 || s[len - 1] != ']')
			return (-1);
		host++;
		len -= 2;
	} else if (memchr(s, ':', len) != NULL)
		return (-1);
	if (len >= sizeof(a->host))
		return (-1);
	memcpy(a->host, host, len);
	a->host[len] = '\0';
	if (strcspn(a->host, " \t[]/@") != len)
		return (-1);
	return (0);
}

/* The IPv4 address in a mapped IPv6 one. */
static int
unmap(const struct sockaddr_storage *ss, struct sockaddr_in *sin)
{
	const struct sockaddr_in6	*sin6 = (const void *)ss;

	if (ss->ss_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr))
		return (0);
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_port = sin6->sin6_port;
	memcpy(&sin->sin_addr, sin6->sin6_addr.s6_addr + 12, 4);
	return (1);
}

void
address_split(const struct sockaddr_storage *ss, char *host, size_t hostsize,
    char *port, size_t portsize)
{
	struct sockaddr_in	 sin;
	const struct sockaddr	*sa = (const void *)ss;
	socklen_t		 len = ss->ss_family == AF_INET ?
				    sizeof(sin) : sizeof(struct sockaddr_in6);

	if (unmap(ss, &sin)) {
		sa = (const void *)&sin;
		len = sizeof(sin);
	}
	if (getnameinfo(sa, len, host, hostsize, port, portsize,
	    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		snprintf(host, hostsize, "unknown");
		snprintf(port, portsize, "0");
	}
}

char *
address_format(const struct sockaddr_storage *ss, char *buf, size_t size)
{
	char	host[INET6_ADDRSTRLEN + 16], port[6];

	address_split(ss, host, sizeof(host), port, sizeof(port));
	if (strchr(host, ':') != NULL)
		snprintf(buf, size, "[%s]:%s", host, port);
	else
		snprintf(buf, size, "%s:%s", host, port);
	return (buf);
}
