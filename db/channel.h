/* SPDX-License-Identifier: ISC */
/*
 * The channels of a session: shells, commands, tunnels, as audit rows.
 */
#ifndef DB_CHANNEL_H
#define DB_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

struct db;

struct channel {
	int64_t	 id;
	int64_t	 session_id;
	int64_t	 seq;		/* number in its session, unique there */
	char	*type;		/* "shell", "exec", "direct-tcpip", ... */
	char	*detail;	/* command, target, ...; escaped by the caller,
				   cut at DB_TEXT_MAX bytes */
	int64_t	 started_at;
	int64_t	 ended_at;	/* 0: open */
	int64_t	 bytes_in;	/* from the person */
	int64_t	 bytes_out;	/* to the person */
	int64_t	 exit_status;	/* -1: none */
	char	*exit_signal;	/* "" if none */
	char	*refused;	/* why it was not opened, "" if it was */
	char	*recording;	/* DAY/session-ID-SEQ, to which a recording's
				   files add what they are; "" if none */
};

struct channel_list {
	struct channel	*v;
	size_t		 n;
};

/*
 * Inserts all of *c but its id. DB_EXISTS if the session has this number,
 * DB_REF if the session is gone (retention).
 */
int	channel_create(struct db *db, const struct channel *c, int64_t *id);

/*
 * Ends the channel c->seq of c->session_id, once: writes ended_at, bytes,
 * exit_status and exit_signal; DB_NOTFOUND if it was ended or never was.
 */
int	channel_close(struct db *db, const struct channel *c);

/* What type it is of; caller frees. */
int	channel_type(struct db *db, int64_t session_id, int64_t seq,
	    char **type);

/* In the order of seq. */
int	channel_list(struct db *db, int64_t session_id,
	    struct channel_list **out);

void	channel_list_free(struct channel_list *l);

#endif
