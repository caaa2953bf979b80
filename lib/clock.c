/* SPDX-License-Identifier: ISC */
/*
 * Clocks and durations.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"

#define DURATION_MAX_MS	(INT64_C(3660) * 86400 * 1000)

static const struct {
	const char	*name;
	int64_t		 ms;
} units[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 3600 * 1000 },
	{ "d", 86400 * 1000 },
};

int64_t
clock_utc(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (ts.tv_sec);
}

int64_t
clock_mono_ms(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

char *
clock_stamp(int64_t utc, char buf[CLOCK_STAMP_LEN])
{
	struct tm	tm;
	time_t		t = utc;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(buf, CLOCK_STAMP_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		buf[0] = '\0';
	return (buf);
}

/* The milliseconds of the unit that s begins with; 0 when there is none. */
static int64_t
duration_unit(const char **s)
{
	size_t	i, len = 0;

	while (isalpha((unsigned char)(*s)[len]))
		len++;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (len == strlen(units[i].name) &&
		    memcmp(*s, units[i].name, len) == 0) {
			*s += len;
			return (units[i].ms);
		}
	}
	return (0);
}

int
clock_parse_duration(const char *s, int64_t *ms)
{
	int64_t	 n, unit, total = 0;
	char	*end;

	do {
		if (!isdigit((unsigned char)*s))
			return (-1);
		n = strtoll(s, &end, 10);
		unit = 1000;
		s = end;
		if (*s != '\0' && (unit = duration_unit(&s)) == 0)
			return (-1);
		if (n > DURATION_MAX_MS / unit ||
		    (total += n * unit) > DURATION_MAX_MS)
			return (-1);
	} while (*s != '\0');
	*ms = total;
	return (0);
}
