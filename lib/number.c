/* SPDX-License-Identifier: ISC */
/*
 * Numbers as people write them.
 */
#include <stddef.h>
#include <string.h>

#include "lib/number.h"

#define DIGITS_MAX	9	/* fit any uint32_t */

const char *
number_read(const char *s, uint32_t min, uint32_t max, uint32_t *n)
{
	size_t		len = strspn(s, "0123456789"), i;
	uint32_t	v = 0;

	if (len == 0 || len > DIGITS_MAX)
		return (NULL);
	for (i = 0; i < len; i++)
		v = v * 10 + (s[i] - '0');
	if (v < min || v > max)
		return (NULL);
	*n = v;
	return (s + len);
}

int
number_parse(const char *s, uint32_t min, uint32_t max, uint32_t *n)
{
	uint32_t	 v;
	const char	*end = number_read(s, min, max, &v);

	if (end == NULL || *end != '\0')
		return (-1);
	*n = v;
	return (0);
}

int
number_size(const char *s, int64_t *bytes)
{
	static const char	 units[] = "KMGT";
	const char		*end, *unit;
	uint32_t		 n;
	int			 shift = 0;

	if ((end = number_read(s, 0, UINT32_MAX, &n)) == NULL)
		return (-1);
	if (*end != '\0') {
		if ((unit = strchr(units, *end)) == NULL || end[1] != '\0')
			return (-1);
		shift = 10 * (int)(unit - units + 1);
	}
	if (n > INT64_MAX >> shift)
		return (-1);
	*bytes = (int64_t)n << shift;
	return (0);
}
