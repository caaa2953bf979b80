/* SPDX-License-Identifier: ISC */
/*
 * The reading of times, and "3 minutes ago".
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "shell/when.h"

static const struct {
	int64_t		 seconds;
	const char	*name;
	char		 letter;
} units[] = {
	{ INT64_C(365) * 86400, "year", 'y' },
	{ INT64_C(30) * 86400, "month", 0 },
	{ INT64_C(7) * 86400, "week", 0 },
	{ 86400, "day", 'd' },
	{ 3600, "hour", 'h' },
	{ 60, "minute", 'm' },
	{ 1, "second", 's' },
};
#define NUNITS	(sizeof(units) / sizeof(units[0]))

/* The zone at the end of RFC 3339: seconds east of UTC. */
static int
zone_parse(const char *s, int64_t *east)
{
	int	hours, minutes, len = -1;
	char	sign = *s;

	*east = 0;
	if (strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
		return (0);
	if (sign != '+' && sign != '-')
		return (-1);
	if (sscanf(s + 1, "%2d:%2d%n", &hours, &minutes, &len) != 2 ||
	    len != 5 || s[1 + len] != '\0' || hours > 23 || minutes > 59)
		return (-1);
	*east = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
	return (0);
}

/* Whether mktime() or timegm() took the day as it was: no 31st of June. */
static int
same_day(const struct tm *asked, const struct tm *got)
{
	return (asked->tm_year == got->tm_year && asked->tm_mon ==
	    got->tm_mon && asked->tm_mday == got->tm_mday);
}

static int
rfc3339_parse(const char *s, int64_t *utc)
{
	struct tm	 tm, got;
	const char	*end;
	int64_t		 east;

	memset(&tm, 0, sizeof(tm));
	if ((end = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm)) == NULL)
		return (-1);
	if (*end == '.') {
		if (!isdigit((unsigned char)*++end))
			return (-1);
		end += strspn(end, "0123456789");
	}
	if (zone_parse(end, &east) == -1)
		return (-1);
	got = tm;
	*utc = timegm(&got) - east;
	return (same_day(&tm, &got) ? 0 : -1);
}

static int
local_parse(const char *s, int64_t *utc)
{
	static const char *const	forms[] = { "%Y-%m-%d %H:%M",
					    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d" };
	struct tm			tm, got;
	const char			*end;
	size_t				i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(&tm, 0, sizeof(tm));
		tm.tm_isdst = -1;
		if ((end = strptime(s, forms[i], &tm)) == NULL || *end != '\0')
			continue;
		got = tm;
		*utc = mktime(&got);
		return (same_day(&tm, &got) ? 0 : -1);
	}
	return (-1);
}

int
when_parse(const char *s, int64_t now, int64_t *utc)
{
	int64_t	ms;

	if (*s == '+' || *s == '-') {
		if (clock_parse_duration(s + 1, &ms) == -1)
			return (-1);
		*utc = *s == '+' ? now + ms / 1000 : now - ms / 1000;
		return (0);
	}
	if (rfc3339_parse(s, utc) == 0)
		return (0);
	return (local_parse(s, utc));
}

/* The largest unit that fits, from those with a letter or from all. */
static size_t
unit_for(int64_t away, int lettered)
{
	size_t	i;

	for (i = 0; i < NUNITS; i++) {
		if (away >= units[i].seconds && (units[i].letter || !lettered))
			break;
	}
	return (i);
}

char *
when_brief(int64_t utc, int64_t now, char buf[WHEN_SIZE])
{
	int64_t	away = utc > now ? utc - now : now - utc;
	size_t	i = unit_for(away, 1);

	if (i == NUNITS)
		snprintf(buf, WHEN_SIZE, "now");
	else
		snprintf(buf, WHEN_SIZE, "%s%" PRId64 "%c%s",
		    utc > now ? "in " : "", away / units[i].seconds,
		    units[i].letter, utc > now ? "" : " ago");
	return (buf);
}

char *
when_relative(int64_t utc, int64_t now, char buf[WHEN_SIZE])
{
	int64_t	n, away = utc > now ? utc - now : now - utc;
	size_t	i = unit_for(away, 0);

	if (i == NUNITS) {
		snprintf(buf, WHEN_SIZE, "now");
		return (buf);
	}
	n = away / units[i].seconds;
	snprintf(buf, WHEN_SIZE, "%s%" PRId64 " %s%s%s",
	    utc > now ? "in " : "", n, units[i].name, n == 1 ? "" : "s",
	    utc > now ? "" : " ago");
	return (buf);
}

char *
when_span(int64_t seconds, char buf[WHEN_SIZE])
{
	int64_t	n;
	size_t	i, len = 0, parts = 0;

	for (i = 0; i < NUNITS && parts < 2; i++) {
		if (units[i].letter == 0)
			continue;
		n = seconds / units[i].seconds;
		seconds %= units[i].seconds;
		/* the smaller of two parts is the next unit, or nothing */
		if (parts == 1 && n == 0)
			break;
		if (n == 0)
			continue;
		len += snprintf(buf + len, WHEN_SIZE - len, "%" PRId64 "%c", n,
		    units[i].letter);
		parts++;
	}
	if (parts == 0)
		snprintf(buf, WHEN_SIZE, "0s");
	return (buf);
}
