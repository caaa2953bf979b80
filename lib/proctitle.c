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
static char	**moved;	/* the environment */

void
proctitle_init(int argc, char **argv)
{
	char	**env, *copy, *end;
	size_t	  len, size = sizeof(*env);
	int	  i, n = 0;

	if (argc < 1)
		return;
	end = argv[0];
	for (i = 0; i < argc; i++) {
		if (argv[i] == end)
			end += strlen(argv[i]) + 1;
	}
	while (environ[n] != NULL)
		size += sizeof(*env) + strlen(environ[n++]) + 1;
	/* in one piece, which unsetenv(3) leaves whole */
	moved = env = xmalloc(size);
	copy = (char *)(env + n + 1);
	for (i = 0; i < n; i++) {
		len = strlen(environ[i]) + 1;
		if (environ[i] == end)
			end += len;
		env[i] = memcpy(copy, environ[i], len);
		copy += len;
	}
	env[n] = NULL;
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
