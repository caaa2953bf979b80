/* SPDX-License-Identifier: ISC */
/*
 * How a host is written: [scheme://][user[:password]@]host[:port].
 */
#ifndef SHELL_URL_H
#define SHELL_URL_H

#include <stddef.h>
#include <stdint.h>

#define URL_ERROR_MAX	512	/* bytes of a sentence */

struct url {
	char		*scheme;	/* "ssh" or "telnet" */
	char		*login;		/* "root" unless given */
	char		*password;	/* NULL unless given */
	char		*addr;		/* name or address, no brackets */
	uint16_t	 port;		/* 22 or 23 unless given */
};

/*
 * Reads one. The last @ ends user and password, the first colon before it ends
 * the user; %XX in both is a byte. An IPv6 address is in brackets. Returns 0,
 * or -1 and a sentence in err (URL_ERROR_MAX bytes) that never repeats the
 * password. Free with url_free() in any case.
 */
int	 url_parse(const char *text, struct url *, char *err);

/* Frees the members, and wipes the password. */
void	 url_free(struct url *);

/*
 * The same without password, and without the scheme's own port; caller frees.
 */
char	*url_write(const char *scheme, const char *login, const char *addr,
	    uint16_t port);

/* A copy of what a person typed with the password as ****; caller frees. */
char	*url_mask(const char *text);

/*
 * What a host at this address is called unless told: the address if it is one
 * (or begins with a label of digits), else its first label. Caller frees.
 */
char	*url_host_name(const char *addr);

#endif
