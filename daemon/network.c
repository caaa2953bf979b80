/* SPDX-License-Identifier: ISC */
/*
 * Networks, IPv4 and IPv6.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

#include "daemon/address.h"
#include "daemon/network.h"

#define SEPARATORS	", \t"

static unsigned
width(const struct network *n)
{
	return (n->family == 4 ? 32 : 128);
}

static void
set_bytes(struct network *n, uint8_t family, const void *bytes)
{
	memset(n, 0, sizeof(*n));
	n->family = family;
	n->bits = width(n);
	memcpy(n->bytes, bytes, n->bits / 8);
}

static void
set_in6(struct network *n, const struct in6_addr *a)
{
	if (IN6_IS_ADDR_V4MAPPED(a))
		set_bytes(n, 4, a->s6_addr + 12);
	else
		set_bytes(n, 6, a->s6_addr);
}

void
network_from_sockaddr(struct network *n, const struct sockaddr_storage *ss)
{
	memset(n, 0, sizeof(*n));
	if (ss->ss_family == AF_INET)
		set_bytes(n, 4,
		    &((const struct sockaddr_in *)(const void *)ss)->sin_addr);
	else if (ss->ss_family == AF_INET6)
		set_in6(n, &((const struct sockaddr_in6 *)(const void *)
		    ss)->sin6_addr);
}

/* An address alone. */
static int
parse_address(struct network *n, const char *text, size_t len)
{
	char		buf[INET6_ADDRSTRLEN];
	struct in_addr	v4;
	struct in6_addr	v6;

	if (len == 0 || len >= sizeof(buf))
		return (-1);
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (inet_pton(AF_INET, buf, &v4) == 1)
		set_bytes(n, 4, &v4);
	else if (inet_pton(AF_INET6, buf, &v6) == 1)
		set_in6(n, &v6);
	else
		return (-1);
	return (0);
}

void
network_from_source(struct network *n, const char *source)
{
	struct address	a;

	/* a link-local address may have "%interface" behind it */
	if (address_parse(&a, source) == -1 ||
	    parse_address(n, a.host, strcspn(a.host, "%")) == -1)
		memset(n, 0, sizeof(*n));
}

/* One to three digits. */
static int
parse_bits(const char *text, size_t len, unsigned *bits)
{
	size_t	i;

	if (len == 0 || len > 3)
		return (-1);
	for (*bits = 0, i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return (-1);
		*bits = *bits * 10 + (text[i] - '0');
	}
	return (0);
}

int
network_parse(struct network *n, const char *text, size_t len)
{
	const char	*slash = memchr(text, '/', len);
	struct network	 cut;
	unsigned	 bits;

	if (slash == NULL)
		return (parse_address(n, text, len));
	if (parse_address(n, text, slash - text) == -1 ||
	    parse_bits(slash + 1, len - (slash + 1 - text), &bits) == -1)
		return (-1);
	/* ::ffff:192.0.2.0/120 has become IPv4 */
	if (n->family == 4 && memchr(text, ':', len) != NULL) {
		if (bits < 96)
			return (-1);
		bits -= 96;
	}
	if (bits > width(n))
		return (-1);
	cut = *n;
	network_cut(&cut, bits);
	if (memcmp(cut.bytes, n->bytes, sizeof(n->bytes)) != 0)
		return (-1);
	*n = cut;
	return (0);
}

int
network_parse_list(struct network *list, int max, const char *text)
{
	struct network	n;
	size_t		len;
	int		count = 0;

	text += strspn(text, SEPARATORS);
	if (strcmp(text, "none") == 0)
		return (0);
	for (; *text != '\0'; text += strspn(text, SEPARATORS)) {
		len = strcspn(text, SEPARATORS);
		if (count == max || network_parse(&n, text, len) == -1)
			return (-1);
		if (list != NULL)
			list[count] = n;
		count++;
		text += len;
	}
	return (count);
}

void
network_cut(struct network *n, unsigned bits)
{
	unsigned	i, keep;

	if (n->family == 0 || bits >= n->bits)
		return;
	n->bits = bits;
	for (i = 0; i < sizeof(n->bytes); i++) {
		keep = bits > 8 ? 8 : bits;
		n->bytes[i] &= 0xff00 >> keep;
		bits -= keep;
	}
}

int
network_contains(const struct network *outer, const struct network *inner)
{
	struct network	n = *inner;

	if (outer->family != n.family || outer->bits > n.bits)
		return (0);
	network_cut(&n, outer->bits);
	return (network_equal(outer, &n));
}

int
network_equal(const struct network *a, const struct network *b)
{
	return (memcmp(a, b, sizeof(*a)) == 0);
}

char *
network_format(const struct network *n, char buf[NETWORK_TEXT_SIZE])
{
	char	text[INET6_ADDRSTRLEN];

	if (n->family == 0 || inet_ntop(n->family == 4 ? AF_INET : AF_INET6,
	    n->bytes, text, sizeof(text)) == NULL)
		snprintf(buf, NETWORK_TEXT_SIZE, "unknown");
	else
		snprintf(buf, NETWORK_TEXT_SIZE, "%s/%u", text, n->bits);
	return (buf);
}
