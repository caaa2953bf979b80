/* SPDX-License-Identifier: ISC */
/*
 * Moments as people write and read them.
 */
#ifndef SHELL_WHEN_H
#define SHELL_WHEN_H

#include <stddef.h>
#include <stdint.h>

#define WHEN_SIZE	32	/* longest text that when_…() writes */

/*
 * Reads a moment: "2006-01-02 15:04" or "2006-01-02" in the portal's local
 * time, RFC 3339 ("2006-01-02T15:04:05Z", "…+01:00"), or from now on: "+30m",
 * "+8h", "+7d"; or before now: "-8h". Returns 0 and UTC seconds, or -1.
 */
int	 when_parse(const char *, int64_t now, int64_t *utc);

/* "3 minutes ago", "in 2 days", "now"; returns buf. */
char	*when_relative(int64_t utc, int64_t now, char buf[WHEN_SIZE]);

/* "3m ago", "in 2d", "now"; returns buf. */
char	*when_brief(int64_t utc, int64_t now, char buf[WHEN_SIZE]);

/* How long: "1d2h", "3m5s", "0s"; returns buf. */
char	*when_span(int64_t seconds, char buf[WHEN_SIZE]);

#endif
