/* SPDX-License-Identifier: ISC */
/*
 * Sessions that died without a word: a session's row is alive as long as its
 * monitor listens on its socket in run_dir.
 */
#ifndef MONITOR_STALE_H
#define MONITOR_STALE_H

#include <stddef.h>
#include <stdint.h>

struct db;

/* Seconds that a row may be without its socket, which is made after it. */
#define STALE_GRACE_S	30

/* What their rows say then. */
#define STALE_WHY	"the portal's process ended without saying why"

/*
 * Closes this instance's active rows whose socket nobody answers and which are
 * at least grace seconds old; *closed gets how many. Wakes no monitor. Returns
 * a class of enum db_status.
 */
int	stale_close(struct db *, const char *instance, const char *run_dir,
	    int64_t now, int64_t grace, size_t *closed);

/* Whether any session's socket in run_dir is answered. */
int	stale_any_alive(const char *run_dir);

#endif
