/* SPDX-License-Identifier: ISC */
/*
 * What happens in sessions, as events: the login, channels and tunnels, the
 * end. Each is written in the transaction that writes the row it tells of, so
 * that there is one exactly when there is the other. The host is what it was
 * done to; what else there is to know are its arguments, a JSON object.
 */
#ifndef MONITOR_HAPPENINGS_H
#define MONITOR_HAPPENINGS_H

#include <stddef.h>
#include <stdint.h>

struct channel;
struct db;
struct session;

/* All return a class of enum db_status. Texts need not be clean. */

/* The session's row was made; `key` is the fingerprint that let them in. */
int	happening_login(struct db *, const struct session *, const char *key);

/* Closed, whoever did it; error and bytes are as in session_close(). */
int	happening_end(struct db *, const struct session *, int64_t at,
	    const char *error, int64_t bytes_in, int64_t bytes_out);

/* A channel as channel_create() took it, opened or refused. */
int	happening_open(struct db *, const struct session *,
	    const struct channel *);

/* As channel_close() took it; looks up what type it was. */
int	happening_close(struct db *, const struct session *,
	    const struct channel *);

/*
 * The arguments of a login, "{...}", where there is no session (NULL for what
 * is not known); caller frees.
 */
char	*happening_login_args(const char *login, const char *account,
	    const char *key, const char *client);

/* The arguments of what was refused; caller frees. */
char	*happening_refused_args(const char *why);

#endif
