/* SPDX-License-Identifier: ISC */
/*
 * The archivist, as the keeper sees it: a process that it forks when there is
 * something to do with recordings, and that ends when it is done. One runs at
 * a time. It asks and tells by a socket like a monitor's: whose a session is
 * (KEEPER_WHOSE), and events.
 */
#ifndef MONITOR_ARCHIVE_H
#define MONITOR_ARCHIVE_H

#include <sys/types.h>

#include <stdint.h>

struct msg;
struct secret_settings;
struct settings;
struct writer;

/* Whose a session is, and how it stands with it. */
enum archive_owner {
	OWNER_UNKNOWN,		/* no such session, or not on that day */
	OWNER_AWAY,		/* the store is: ask again later */
	OWNER_OTHER,		/* another instance's */
	OWNER_LIVE,		/* ours, and it goes on */
	OWNER_ENDED,		/* ours */
	OWNER_LOST,		/* ours; it ended without a word */
	OWNER_END_OF_LIST
};

/* How an archivist ends; anything else is a failure that it has logged. */
enum archive_exit {
	ARCHIVE_DONE = 0,
	ARCHIVE_MORE = 10	/* something is still being written */
};

struct archive {
	pid_t	 pid;		/* 0: none runs */
	int	 fd;		/* its socket; -1: none, or it has ended */
	int64_t	 due;		/* monotonic ms: the next one */
	int64_t	 all_due;	/* one that looks at all days */
	int64_t	 ended;		/* when the last one did */
	int	 is_all;	/* the present one does */
	int	 tapes;		/* recordings may be waiting or written */
	int	 begun;		/* one was begun since the last start */
	int	 last;		/* the end of all was asked for */
	int64_t	 last_due;	/* it waits no longer than that */
};

/* The first one is due soon, and looks at everything. */
void	archive_init(struct archive *);

/* A recording has begun; something that has one has ended. */
void	archive_begun(struct archive *);
void	archive_wake(struct archive *);

/* When archive_tick() wants to be called next: monotonic ms. */
int64_t	archive_wakes(const struct archive *);

/*
 * Starts one that is due, and sees to one that has ended. Returns the socket
 * of a new one (non-blocking), which from then on is to be read, or -1. The
 * secrets are forgotten in the new process.
 */
int	archive_tick(struct archive *, const struct settings *,
	    struct secret_settings *, const char *instance);

/* Its socket was closed, whoever did it. */
void	archive_gone(struct archive *);

/*
 * Before the keeper ends for good: what waits is to be finished first, within
 * a few seconds. True when nothing (more) is to be waited for.
 */
int	archive_is_over(struct archive *);

/* Answers KEEPER_WHOSE, whose content this is. */
enum archive_owner	archive_whose(struct writer *, struct msg *question);

#endif
