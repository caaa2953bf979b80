/* SPDX-License-Identifier: ISC */
/*
 * Addresses as people write them, and as logs show them.
 */
#ifndef DAEMON_ADDRESS_H
#define DAEMON_ADDRESS_H

#include <sys/socket.h>

#define ADDRESS_HOST_MAX	256

struct address {
	char	host[ADDRESS_HOST_MAX];	/* "" is all of them */
	char	port[6];
};

/*
 * Reads "host:port", ":port" or "[v6]:port"; names are not resolved. Returns 0,
 * or -1 if it is none of these.
 */
int	 address_parse(struct address *, const char *);

/*
 * Numeric host and port; an IPv4 address that arrived on an IPv6 socket is
 * shown as IPv4. Sizes: at least INET6_ADDRSTRLEN + 16 and 6.
 */
void	 address_split(const struct sockaddr_storage *, char *host,
	    size_t hostsize, char *port, size_t portsize);

/* "address:port" or "[v6]:port" into buf; returns buf. */
char	*address_format(const struct sockaddr_storage *, char *buf, size_t);

#endif
