/* SPDX-License-Identifier: ISC */
/*
 * A monitor's connection to the store: opened ahead of the person, given back
 * once the session runs, opened again where something must be asked.
 */
#ifndef MONITOR_STORE_H
#define MONITOR_STORE_H

#include <stddef.h>

struct db;
struct monitor;

/* How long a login waits for a store that is away, over all its requests. */
#define STORE_PATIENCE_MS	5000

/* Said to people, with or without a session. */
#define STORE_AWAY \
	"sshportal: the portal cannot reach its database: try again later"

/*
 * Opens m->db if it is closed. Returns a class of enum db_status; the sentence
 * for operators is in err (errlen bytes).
 */
int	store_open(struct monitor *, char *err, size_t errlen);

/* Gives the connection back. Harmless when it is closed. */
void	store_close(struct monitor *);

/*
 * Runs fn(m, arg), which finds m->db open and returns a class of enum
 * db_status, again and again while the store is away and patience lasts. What
 * is wrong at last is logged, DB_NOTFOUND and DB_EXISTS apart.
 */
int	store_try(struct monitor *, int (*fn)(struct monitor *, void *),
	    void *arg);

#endif
