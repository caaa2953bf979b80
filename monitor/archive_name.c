/* SPDX-License-Identifier: ISC */
/*
 * Names of recordings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/number.h"
#include "monitor/archive_name.h"

#define PREFIX		"session-"
#define ID_DIGITS	18
#define KIND_MAX	8	/* letters */

/* Digits that are an id, without a zero before them. */
static const char *
read_id(const char *p, int64_t *id)
{
	size_t	len = strspn(p, "0123456789");
	char	*end;

	if (len == 0 || len > ID_DIGITS || *p == '0')
		return (NULL);
	*id = strtoll(p, &end, 10);
	return (end);
}

static int
cut_suffix(char *s, const char *suffix)
{
	size_t	len = strlen(s), n = strlen(suffix);

	if (len <= n || strcmp(s + len - n, suffix) != 0)
		return (0);
	s[len - n] = '\0';
	return (1);
}

int
archive_name_parse(const char *name, struct archive_name *a)
{
	const char	*p = name;
	size_t		 len;

	memset(a, 0, sizeof(*a));
	if (strlen(name) >= sizeof(a->plain) ||
	    strncmp(p, PREFIX, strlen(PREFIX)) != 0 ||
	    (p = read_id(p + strlen(PREFIX), &a->session)) == NULL ||
	    *p != '-' ||
	    (p = number_read(p + 1, 0, UINT32_MAX, &a->seq)) == NULL ||
	    *p != '.')
		return (-1);
	snprintf(a->plain, sizeof(a->plain), "%s", name);
	a->stage = ARCHIVE_FINISHED;
	if (cut_suffix(a->plain, ARCHIVE_PART))
		a->stage = ARCHIVE_WRITTEN;
	else if (cut_suffix(a->plain, ARCHIVE_ZST ARCHIVE_NEW))
		a->stage = ARCHIVE_FRESH;
	else
		cut_suffix(a->plain, ARCHIVE_ZST);
	p = strchr(a->plain, '.');
	if (p == NULL)
		return (-1);
	len = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz");
	return (len > 0 && len <= KIND_MAX && p[1 + len] == '\0' ? 0 : -1);
}

int
archive_day_parse(const char *name, int64_t *start)
{
	struct tm	 tm;
	char		 again[ARCHIVE_DAY_SIZE];
	const char	*end;

	memset(&tm, 0, sizeof(tm));
	end = strptime(name, "%Y-%m-%d", &tm);
	if (end == NULL || *end != '\0')
		return (-1);
	*start = timegm(&tm);
	return (*start < 0 || strcmp(archive_day(*start, again), name) != 0 ?
	    -1 : 0);
}

char *
archive_day(int64_t when, char buf[ARCHIVE_DAY_SIZE])
{
	struct tm	tm;
	time_t		t = when;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(buf, ARCHIVE_DAY_SIZE, "%Y-%m-%d", &tm) == 0)
		buf[0] = '\0';
	return (buf);
}
