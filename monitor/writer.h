/* SPDX-License-Identifier: ISC */
/*
 * The keeper's hand in the store: records are written in the order in which
 * they came, each exactly once, or wait in the spool while the store is away.
 * It opens the store when it can and tries again, every few seconds, when it
 * cannot.
 */
#ifndef MONITOR_WRITER_H
#define MONITOR_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "monitor/spool.h"
#include "monitor/state.h"

struct asker;
struct db;
struct secret_settings;
struct settings;

struct writer {
	const struct settings		*settings;
	const struct secret_settings	*secrets;
	struct db			*db;	/* NULL: away */
	int				 spool;	/* its directory */
	char				 instance[STATE_ID_SIZE];
	int64_t				 started_at;
	int				 pid;		/* the daemon's */
	int64_t				 retry_at;	/* monotonic ms */
	int64_t				 backoff;	/* ms */
	int				 away_said;	/* logged */
	int				 more;		/* work is left */
	int64_t				 generation;	/* -1: not known yet */
};

/*
 * Reads the instance id and opens the spool; settings and secrets stay the
 * caller's and must outlive it. The store is opened later, by what follows.
 * Returns 0, or -1 after having logged why.
 */
int	writer_init(struct writer *, const struct settings *,
	    const struct secret_settings *);

/*
 * Makes these records safe: 0 when they are in the store or in the spool; -1
 * when they are in neither (logged).
 */
int	writer_write(struct writer *, const struct spool_record *, size_t n);

struct event;

/* Whether the store is there, so that an event can be written just now. */
int	writer_has_store(const struct writer *);

/* Writes an event that may be lost. */
void	writer_event(struct writer *, const struct event *);

/* Every now and then: sign of life, dead sessions, old invites, seals. */
void	writer_beat(struct writer *);

/* When writer_work() wants to be called next: monotonic ms, 0 now, -1 never. */
int64_t	writer_wakes(const struct writer *);
void	writer_work(struct writer *);

/*
 * Has the sessions of this instance look again at what is granted to them if
 * anything was edited since the last time, and always the first time; and
 * those stop of which that is wanted.
 */
void	writer_look(struct writer *, struct asker *);

/*
 * Closes all. With last set, an SQLite file is left without its WAL, so that
 * a copy of the file is a backup.
 */
void	writer_close(struct writer *, int last);

#endif
