/* SPDX-License-Identifier: ISC */
/*
 * Errands (struct errand, lib/catalogue.h), on both sides: a monitor that
 * sends one off for its person, and a spare that goes. The one that goes knows
 * the host from the store, by the errand's id; its child speaks to that host
 * and may ask for nothing but a signature or password for this login. There
 * is no person's connection. It is over after ERRAND_MS_MAX, or when nobody
 * wants its news any more.
 */
#ifndef MONITOR_ERRAND_H
#define MONITOR_ERRAND_H

#include <stddef.h>
#include <stdint.h>

#include "lib/catalogue.h"

struct ipc;
struct key;
struct monitor;
struct way_hop;

/* What an errand has come to. */
struct errand_run {
	struct errand		 e;		/* texts are not kept here */
	char			*user_name;
	int			 sock;		/* who wants the news */
	int64_t			 ends;		/* monotonic ms */
	int64_t			 since;		/* begin of the stage */
	enum errand_stage	 stage;		/* that is under way */
	int			 over;		/* its end was told */
	size_t			 passed;	/* hops that were got through */
	struct key		*other;
};

/*
 * A shell asks for one (a VAULT_ERRAND, decoded): only for an administrator,
 * which the caller has made sure of. Answers on the shell's socket. Returns 0,
 * or -1 when that is of no more use.
 */
int	errand_send(struct monitor *, int shell, const struct ipc *req,
	    struct errand *);

/* A spare gets one (CTL_ERRAND). Returns 0, or -1 when it is not one. */
int	errand_take(struct monitor *, struct ipc *);

/* Socket to watch for its end (-1: none); when it ended, errand_left(). */
int	errand_fd(const struct monitor *);
void	errand_left(struct monitor *);

/* When its time is over (0: there is no hurry), and what then. */
int64_t	errand_deadline(const struct monitor *);
void	errand_late(struct monitor *);

/* After poll, while m->dial is there. */
void	errand_dialling(struct monitor *);

/* Whether an unknown host key is learnt by it, as by a person's login. */
int	errand_learns(const struct monitor *);

/*
 * The hop showed this key, and no is why it is not to be trusted, or NULL.
 * The next state of the gate.
 */
void	errand_hostkey(struct monitor *, const struct way_hop *,
	    const char *type, const uint8_t *blob, size_t len, const char *no);

/* Whether all hops before this one were got through. */
int	errand_is_at(const struct monitor *, size_t hop);

/* At the monitor's end: tells of it, if that was not done. */
void	errand_finish(struct monitor *);

/* What it is called where sessions are listed. */
const char	*errand_comment(const struct monitor *);

/* It ends here, for this reason. */
void	errand_fail(struct monitor *, const char *why);

/* News of the stage that is under way, after which the next one is. */
void	errand_tell(struct monitor *, enum errand_result, const char *text);

/*
 * Finds user, host and keys (errand_target.c), and writes the session's row.
 * NULL, or the sentence why it is not to be; caller frees.
 */
char	*errand_find(struct monitor *);

/* Whether there is a way to log in there, as far as is known here. */
int	errand_has_way(const struct way_hop *);

#endif
