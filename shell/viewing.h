/* SPDX-License-Identifier: ISC */
/*
 * What the commands share that look at recordings: which one is meant, whether
 * it may be looked at, and why there is none.
 */
#ifndef SHELL_VIEWING_H
#define SHELL_VIEWING_H

#include "shell/cmd.h"
#include "shell/reel.h"

struct session;

struct viewing {
	struct session		*session;
	int64_t			 channel;	/* that was named; 0: none */
	struct reel_files	 files;		/* of that, or of all */
	const struct reel_file	*file;		/* the one that was chosen */
	struct reel		*reel;		/* and opened, or NULL */
};

/*
 * Whoever has not the role may look at recordings of their own sessions, where
 * play-own-sessions is on. Returns DB_OK, or what cmd_fail() returned.
 */
int	viewing_permitted(struct cmd_call *);

/*
 * The session, or channel, that the operand names ("7", "7.1"), and its
 * recordings; what it is about goes to the event, of which there is one. The
 * viewing is call->prepared. Returns DB_OK, or another class.
 */
int	viewing_begin(struct cmd_call *);

/*
 * Chooses and opens the one recording of a terminal; with live, the one that
 * is still written. Returns DB_OK, or what cmd_fail() returned, for there is
 * none, or which one is not clear.
 */
int	viewing_terminal(struct cmd_call *, int live);

/* The same of those that `fits` says 1 to; `what` is what they are called. */
int	viewing_choose(struct cmd_call *, int (*fits)(struct cmd_call *,
	    const struct reel_file *), const char *what);

/* Where the recordings are. */
const char *viewing_dir(const struct cmd_call *);

#endif
