/* SPDX-License-Identifier: ISC */
/*
 * The process title. Linux shows what lies in the memory that argv and the
 * environment took at the start, so that memory is written over; the
 * environment's strings are moved away first.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/proctitle.h"
#include "lib/xmalloc.h"

static char	*title;
static size_t	 title_size;

void
proctitle_init(int argc, char **argv)
{
	char	**env, *end;
	int	  i, n = 0;

	if (argc < 1)
		return;
	end = argv[0];
	for (i = 0; i < argc; i++) {
		if (argv[i] == end)
			end += strlen(argv[i]) + 1;
	}
	while (environ[n] != NULL)
		n++;
	env = xcalloc(n + 1, sizeof(*env));
	for (i = 0; i < n; i++) {
		if (environ[i] == end)
			end += strlen(environ[i]) + 1;
		env[i] = xstrdup(environ[i]);
	}
	environ = env;
	title = argv[0];
	title_size = end - argv[0];
}

void
proctitle_set(const char *fmt, ...)
{
	va_list	ap;
	char	rest[256];

	if (title == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(rest, sizeof(rest), fmt, ap);
	va_end(ap);
	memset(title, 0, title_size);
	snprintf(title, title_size, "sshportal: %s", rest);
}
