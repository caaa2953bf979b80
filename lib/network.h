/* SPDX-License-Identifier: ISC */
/*
 * Networks: an address, and how many of its bits count. An IPv4 address that
 * arrived on an IPv6 socket (::ffff:192.0.2.7) is an IPv4 address here.
 */
#ifndef LIB_NETWORK_H
#define LIB_NETWORK_H

#include <sys/socket.h>

#include <stddef.h>
#include <stdint.h>

#define NETWORK_TEXT_SIZE	64	/* of "address/bits", with its NUL */
#define NETWORK_LIST_MAX	64	/* networks of a list that is stored */

/*
 * Bits that do not count are 0, and there is no padding: the same network is
 * the same bytes.
 */
struct network {
	uint8_t	family;		/* 4 or 6; 0: not an address of either */
	uint8_t	bits;
	uint8_t	bytes[16];	/* of IPv4 the first four */
};

/* The one address of a socket; family 0 when that is neither IPv4 nor IPv6. */
void	 network_from_sockaddr(struct network *,
	    const struct sockaddr_storage *);

/*
 * The one address in "192.0.2.7:4711" or "[2001:db8::7]:4711", as the daemon
 * writes it; family 0 when there is none.
 */
void	 network_from_source(struct network *, const char *);

/*
 * Reads len bytes: an address or a network, "192.0.2.7", "10.0.0.0/8", "::1".
 * Returns 0, or -1 if it is neither, or has ones behind its bits.
 */
int	 network_parse(struct network *, const char *, size_t len);

/*
 * Reads a list with commas or blanks between, "none" alone for an empty one,
 * into at most max of list (NULL: only to see whether it is one). Returns how
 * many there are, or -1.
 */
int	 network_parse_list(struct network *list, int max, const char *);

/*
 * Whether a list, as above, has this address in it. NULL is a list of all; one
 * that cannot be read holds none, and no list holds what is not an address.
 */
int	 network_list_has(const char *list, const struct network *address);

/*
 * How a list is stored: "10.0.0.0/8,192.0.2.7,::1", each once. NULL if
 * it is none, or has nothing in it or more than NETWORK_LIST_MAX; caller frees.
 */
char	*network_list_normal(const char *);

/* Leaves at most so many bits. */
void	 network_cut(struct network *, unsigned bits);

/* Whether the second lies in the first. */
int	 network_contains(const struct network *, const struct network *);

int	 network_equal(const struct network *, const struct network *);

/* "192.0.2.0/24", "2001:db8::/64" into buf; returns buf. */
char	*network_format(const struct network *, char buf[NETWORK_TEXT_SIZE]);

#endif
