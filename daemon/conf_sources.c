/* SPDX-License-Identifier: ISC */
/*
 * Reading the limits per source.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/conf_sources.h"
#include "lib/clock.h"
#include "lib/number.h"
#include "lib/xmalloc.h"

#define BITS6		64
#define SOURCES_MAX	1000000
#define DENY		"deny-all"
#define PERMISSIVE	"permissive"

#define D(word, field)	{ word, offsetof(struct settings, field) }
static const struct {
	const char	*word;
	size_t		 offset;
} durations[] = {
	D("crash", penalty_crash_ms),
	D("authfail", penalty_authfail_ms),
	D("noauth", penalty_noauth_ms),
	D("grace-exceeded", penalty_grace_ms),
	D("refuseconnection", penalty_refuse_ms),
	D("max", penalty_max_ms),
	D("min", penalty_min_ms),
};
#define NDURATIONS	(sizeof(durations) / sizeof(durations[0]))

/* What is being read; overflow6 is as overflow unless it is named. */
struct words {
	struct settings	s;
	int		named6;
};

int
conf_sources_blocks(struct settings *s, const char *value)
{
	const char	*p;
	uint32_t	 v4, v6 = BITS6;

	if ((p = number_read(value, 0, 32, &v4)) == NULL)
		return (-1);
	if (*p == ':') {
		if (number_parse(p + 1, 0, 128, &v6) == -1)
			return (-1);
	} else if (*p != '\0')
		return (-1);
	s->source_bits4 = v4;
	s->source_bits6 = v6;
	return (0);
}

static int
take_overflow(struct words *w, const char *value, int is6)
{
	int	deny = strcmp(value, DENY) == 0;

	if (!deny && strcmp(value, PERMISSIVE) != 0)
		return (-1);
	if (!is6)
		w->s.penalty_deny4 = deny;
	if (is6 || !w->named6)
		w->s.penalty_deny6 = deny;
	w->named6 |= is6;
	return (0);
}

static int
take_duration(struct words *w, const char *word, const char *value)
{
	int64_t	ms;
	size_t	i;

	for (i = 0; i < NDURATIONS; i++) {
		if (strcmp(durations[i].word, word) != 0)
			continue;
		if (clock_parse_duration(value, &ms) == -1)
			return (-1);
		memcpy((char *)&w->s + durations[i].offset, &ms, sizeof(ms));
		return (0);
	}
	return (-1);
}

/* "authfail:1s" */
static int
take_word(struct words *w, char *word)
{
	char	*value = strchr(word, ':');

	if (value == NULL)
		return (-1);
	*value++ = '\0';
	if (strcmp(word, "max-sources4") == 0)
		return (number_parse(value, 1, SOURCES_MAX,
		    &w->s.penalty_sources4));
	if (strcmp(word, "max-sources6") == 0)
		return (number_parse(value, 1, SOURCES_MAX,
		    &w->s.penalty_sources6));
	if (strcmp(word, "overflow") == 0)
		return (take_overflow(w, value, 0));
	if (strcmp(word, "overflow6") == 0)
		return (take_overflow(w, value, 1));
	return (take_duration(w, word, value));
}

static int
take_words(struct words *w, const char *text)
{
	char	*copy = xstrdup(text), *rest = copy, *word;
	int	 r = 0;

	while (r == 0 && (word = strsep(&rest, " \t")) != NULL) {
		if (*word != '\0')
			r = take_word(w, word);
	}
	free(copy);
	return (r);
}

static int
is_one_of(const char *value, const char *const words[])
{
	for (; *words != NULL; words++) {
		if (strcasecmp(value, *words) == 0)
			return (1);
	}
	return (0);
}

int
conf_sources_penalties(struct settings *s, const char *defaults,
    const char *value)
{
	static const char *const	no[] = { "no", "false", "off", NULL };
	static const char *const	yes[] = { "yes", "true", "on", NULL };
	struct words			w = { .s = *s };

	if (take_words(&w, defaults) == -1)
		return (-1);
	w.named6 = 0;
	w.s.penalties = !is_one_of(value, no);
	if (*value == '\0' || (w.s.penalties && !is_one_of(value, yes) &&
	    take_words(&w, value) == -1) ||
	    w.s.penalty_max_ms == 0 ||
	    w.s.penalty_min_ms > w.s.penalty_max_ms)
		return (-1);
	*s = w.s;
	return (0);
}
