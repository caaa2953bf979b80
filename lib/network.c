/* SPDX-License-Identifier: ISC */
/*
 * Networks, IPv4 and IPv6.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

#include "lib/network.h"
#include "lib/xmalloc.h"

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
	const char	*end = strrchr(source, ':');
	size_t		 len, zone;

	memset(n, 0, sizeof(*n));
	if (end == NULL)
		return;
	if (*source == '[') {
		if (*--end != ']')
			return;
		source++;
	} else if (memchr(source, ':', end - source) != NULL)
		return;
	/* a link-local address may have "%interface" behind it */
	len = end - source;
	zone = strcspn(source, "%");
	if (parse_address(n, source, zone < len ? zone : len) == -1)
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

int
network_list_has(const char *text, const struct network *address)
{
	struct network	list[NETWORK_LIST_MAX];
	int		i, n;

	if (text == NULL)
		return (1);
	if (address->family == 0 ||
	    (n = network_parse_list(list, NETWORK_LIST_MAX, text)) == -1)
		return (0);
	for (i = 0; i < n; i++) {
		if (network_contains(&list[i], address))
			return (1);
	}
	return (0);
}

/* An address alone goes without its bits. */
static void
append(char *text, size_t size, const struct network *n)
{
	size_t	used = strlen(text);
	char	one[NETWORK_TEXT_SIZE];

	network_format(n, one);
	if (n->bits == width(n))
		one[strcspn(one, "/")] = '\0';
	snprintf(text + used, size - used, "%s%s", used > 0 ? "," : "", one);
}

char *
network_list_normal(const char *text)
{
	struct network	list[NETWORK_LIST_MAX];
	char		normal[NETWORK_LIST_MAX * NETWORK_TEXT_SIZE] = "";
	int		i, k, n;

	n = network_parse_list(list, NETWORK_LIST_MAX, text);
	if (n <= 0)
		return (NULL);
	for (i = 0; i < n; i++) {
		for (k = 0; k < i && !network_equal(&list[k], &list[i]); k++)
			;
		if (k == i)
			append(normal, sizeof(normal), &list[i]);
	}
	return (xstrdup(normal));
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
