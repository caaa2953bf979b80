/* SPDX-License-Identifier: ISC */
/*
 * What a name may be, and how far one word is from another.
 */
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/catalogue.h"
#include "lib/escape.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "shell/names.h"

#define DISTANCE_MAX	32	/* letters of a word, and one */

static int
refuse(char *err, const char *name, const char *why)
{
	snprintf(err, NAMES_ERROR_MAX, "\"%.100s\" cannot be a name: %s",
	    name, why);
	return (-1);
}

int
name_check(const char *name, char *err)
{
	size_t	len = strlen(name);

	if (len == 0)
		return (refuse(err, name, "it is empty"));
	if (len > NAME_MAX_BYTES)
		return (refuse(err, name, "it is longer than 255 bytes"));
	if (!text_is_clean(name, len))
		return (refuse(err, name,
		    "it has characters that do not show"));
	if (strpbrk(name, " ,:+/@") != NULL)
		return (refuse(err, name,
		    "blanks and the characters , : + / @ are not for names"));
	if (name[0] == '-')
		return (refuse(err, name, "it would be taken for an option"));
	if (name[strspn(name, "0123456789")] == '\0')
		return (refuse(err, name, "it would be taken for an id"));
	return (0);
}

int
name_check_login(const char *name, const struct settings *s, char *err)
{
	if (strcmp(name, "admin") == 0 || strcmp(name, "healthcheck") == 0 ||
	    (s != NULL && (strcmp(name, s->config_user) == 0 ||
	    strcmp(name, s->healthcheck_user) == 0)))
		return (refuse(err, name, "it is a login of the portal's own"));
	return (name_check(name, err));
}

int
name_from_email(const char *email, char **name, char *err)
{
	const char	*at = strchr(email, '@');

	*name = NULL;
	if (at == NULL || at == email || at[1] == '\0' ||
	    strchr(at + 1, '@') != NULL || strpbrk(email, " ,:/") != NULL ||
	    strlen(email) > NAME_MAX_BYTES ||
	    !text_is_clean(email, strlen(email))) {
		snprintf(err, NAMES_ERROR_MAX, "\"%.100s\" is not an e-mail "
		    "address", email);
		return (-1);
	}
	*name = xmemdup0(email, strcspn(email, "+@"));
	return (0);
}

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t	m = a < b ? a : b;

	return (m < c ? m : c);
}

char *
name_random(const char *prefix)
{
	unsigned char	random[4];
	char		hex[2 * sizeof(random) + 1];

	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(hex, sizeof(hex), random, sizeof(random));
	return (xasprintf("%s-%s", prefix, hex));
}

size_t
name_distance(const char *a, const char *b)
{
	size_t	d[DISTANCE_MAX][DISTANCE_MAX];
	size_t	i, j, n = strlen(a), m = strlen(b);

	if (n >= DISTANCE_MAX || m >= DISTANCE_MAX)
		return (SIZE_MAX);
	for (i = 0; i <= n; i++)
		d[i][0] = i;
	for (j = 0; j <= m; j++)
		d[0][j] = j;
	for (i = 1; i <= n; i++) {
		for (j = 1; j <= m; j++) {
			d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1,
			    d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 <
			    d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return (d[n][m]);
}
