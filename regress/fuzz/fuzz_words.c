/* SPDX-License-Identifier: ISC */
/*
 * What people type into the shell, and names in any encoding on their way to
 * a terminal or a log.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "shell/names.h"
#include "shell/url.h"
#include "shell/words.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
try_words(const char *text)
{
	const char	*why;
	struct words	 w, again;
	size_t		 i;
	char		*quoted;

	if (words_split(text, &w, &why) == 0) {
		for (i = 0; i < w.n; i++) {
			quoted = words_quote(w.v[i]);
			if (words_split(quoted, &again, &why) == -1 ||
			    again.n != 1 || strcmp(again.v[0], w.v[i]) != 0)
				abort();
			words_free(&again);
			free(quoted);
		}
	}
	words_free(&w);
}

static void
try_url(const char *text)
{
	char		 err[1024];
	struct url	 u;

	free(url_mask(text));
	free(url_host_name(text));
	(void)url_parse(text, &u, err);
	url_free(&u);
}

static void
try_escape(const char *text, size_t len)
{
	char	 small[16], *name, err[1024];
	char	*safe = escape_text(text, len);

	if (!text_is_clean(safe, strlen(safe)))
		abort();
	free(safe);
	escape_into(small, sizeof(small), text);
	if (!text_is_clean(small, strlen(small)))
		abort();
	if (name_check(text, err) == 0 && !text_is_clean(text, len))
		abort();
	if (name_from_email(text, &name, err) == 0)
		free(name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char	*text = xmemdup0((const char *)data, len);

	try_words(text);
	try_url(text);
	try_escape(text, strlen(text));
	free(text);
	return (0);
}
