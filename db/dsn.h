/* SPDX-License-Identifier: ISC */
/*
 * The name of a MySQL database, in the form that the Go driver made common.
 */
#ifndef DB_DSN_H
#define DB_DSN_H

#include <stddef.h>
#include <stdint.h>

/* Strings are malloc'ed or NULL; the password is sodium_malloc'ed. */
struct dsn {
	char		*user;
	char		*password;
	char		*host;		/* NULL if socket is set */
	uint16_t	 port;		/* 3306 unless given */
	char		*socket;	/* path of a Unix socket, or NULL */
	char		*database;
};

/*
 * Parses [user[:password]@][tcp[(host[:port])]|unix(/path)|host[:port]]/db
 * [?name=value&...]. A password may hold any character: the last `@' before
 * the last `/' ends it. parseTime, loc, charset, collation and the driver's
 * other habits are accepted and mean nothing here; tls other than false is
 * refused, for it would promise what is not done. Returns 0, or -1 and a
 * sentence in err, which never repeats the password.
 */
int	dsn_parse(struct dsn *d, const char *text, char *err, size_t errlen);

/* Frees the members and wipes the password. */
void	dsn_free(struct dsn *d);

#endif
