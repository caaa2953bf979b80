/* SPDX-License-Identifier: ISC */
/*
 * Errands on hosts (lib/catalogue.h), several at once: each is carried to a
 * pair of processes of the portal, which does all of it; here only its news
 * are read.
 */
#ifndef SHELL_ERRAND_H
#define SHELL_ERRAND_H

#include <stddef.h>
#include <stdint.h>

#include "lib/catalogue.h"
#include "shell/cmd.h"

/* How errands are sent: through the monitor, or at the machine itself. */
struct errander {
	/*
	 * Returns 0 and where the news come from (the caller's to close), or
	 * -1 and a sentence in err (CMD_ERROR_MAX bytes).
	 */
	int	(*send)(void *arg, const struct errand *, int *sock, char *err);
	void	*arg;
};

/* An errand and what came of it. */
struct errand_job {
	struct errand	 e;		/* the caller's: kind, host, keys, ms */
	struct {
		struct errand_step	 step;
		char			*text;
	}		 news[ERRAND_STEPS_MAX];
	size_t		 n;
	int		 failed;
	char		*error;		/* it did not come to an end, or NULL */
	int		 sock;		/* -1 when it has */
	int64_t		 ends;		/* monotonic ms */
};

/* Goes on all of them, and comes back when the last has ended. */
void	errands_run(struct shell *, struct errand_job *, size_t n);

/* Why it failed: the news that say so, or the error; "" when it did not. */
const char *errand_reason(const struct errand_job *);

/* Frees what the news hold. */
void	errands_free(struct errand_job *, size_t n);

#endif
