/* SPDX-License-Identifier: ISC */
/*
 * The two clocks: UTC seconds for what is written down, monotonic milliseconds
 * for what is waited for. And durations as people write them.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

#define CLOCK_STAMP_LEN	21	/* "2026-01-02T15:04:05Z" and its NUL */

/* Seconds since 1970 in UTC. */
int64_t	 clock_utc(void);

/* Milliseconds of a clock that never goes back; its zero means nothing. */
int64_t	 clock_mono_ms(void);

/* UTC seconds as RFC 3339 into buf; returns buf. */
char	*clock_stamp(int64_t, char buf[CLOCK_STAMP_LEN]);

/*
 * Reads a duration: "90" (seconds), "500ms", "30s", "5m", "2h30m", "7d", as
 * Go's time.ParseDuration for what the original took, and d for days. Puts
 * milliseconds into *ms. Returns 0, or -1 when it is not one or is negative
 * or larger than ten years.
 */
int	 clock_parse_duration(const char *, int64_t *ms);

#endif
