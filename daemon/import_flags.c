/* SPDX-License-Identifier: ISC */
/*
 * The command line of `sshportal import`.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/import_flags.h"
#include "lib/xmalloc.h"

#define KEY_TEXT_MAX	256	/* bytes of a file's first line */

enum own {
	OWN_FROM,
	OWN_KEY_FILE,
	OWN_DRY_RUN,
	OWN_REPLACE
};

static const struct {
	const char	*name;
	int		 value;		/* it has one */
} own[] = {
	[OWN_FROM] = { "--from", 1 },
	[OWN_KEY_FILE] = { "--aes-key-file", 1 },
	[OWN_DRY_RUN] = { "--dry-run", 0 },
	[OWN_REPLACE] = { "--replace", 0 },
};
#define NOWN	(sizeof(own) / sizeof(own[0]))

/* "sqlite:FILE", "mysql:DSN", "json:FILE". */
static int
source_parse(struct import_options *o, const char *text, char *err,
    size_t errlen)
{
	static const struct {
		const char		*prefix;
		enum import_source	 source;
	} sources[] = {
		{ "sqlite:", IMPORT_SQLITE },
		{ "sqlite3:", IMPORT_SQLITE },
		{ "mysql:", IMPORT_MYSQL },
		{ "json:", IMPORT_JSON },
	};
	size_t	i, len;

	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		len = strlen(sources[i].prefix);
		if (strncmp(text, sources[i].prefix, len) == 0 &&
		    text[len] != '\0') {
			o->source = sources[i].source;
			o->from = text + len;
			return (0);
		}
	}
	snprintf(err, errlen, "--from wants sqlite:FILE, mysql:DSN or "
	    "json:FILE");
	return (-1);
}

static int
own_set(struct import_flags *f, enum own which, const char *value, char *err,
    size_t errlen)
{
	switch (which) {
	case OWN_FROM:
		return (source_parse(&f->options, value, err, errlen));
	case OWN_KEY_FILE:
		f->aes_key_file = value;
		break;
	case OWN_DRY_RUN:
		f->options.dry_run = 1;
		break;
	case OWN_REPLACE:
		f->options.replace = 1;
		break;
	}
	return (0);
}

/* Its number, and its value behind "=" if there is one; NOWN: not ours. */
static size_t
own_find(const char *word, const char **value)
{
	size_t	i, len;

	*value = NULL;
	for (i = 0; i < NOWN; i++) {
		len = strlen(own[i].name);
		if (strncmp(word, own[i].name, len) != 0)
			continue;
		if (word[len] == '=' && own[i].value)
			*value = word + len + 1;
		if (word[len] == '\0' || *value != NULL)
			break;
	}
	return (i);
}

int
import_flags_parse(struct import_flags *f, int argc, char **argv, char *err,
    size_t errlen)
{
	const char	*value;
	size_t		 which;
	int		 i;

	memset(f, 0, sizeof(*f));
	f->argv = xcalloc(argc + 1, sizeof(*f->argv));
	for (i = 0; i < argc; i++) {
		if ((which = own_find(argv[i], &value)) == NOWN) {
			f->argv[f->argc++] = argv[i];
			continue;
		}
		if (own[which].value && value == NULL && i + 1 < argc)
			value = argv[++i];
		if (own[which].value && (value == NULL || *value == '\0')) {
			snprintf(err, errlen, "%s: wants a value",
			    own[which].name);
			return (-1);
		}
		if (own_set(f, which, value != NULL ? value : "", err,
		    errlen) == -1)
			return (-1);
	}
	return (0);
}

char *
import_flags_key(const char *path, char *err, size_t errlen)
{
	char	*line = xcalloc(1, KEY_TEXT_MAX);
	FILE	*f = fopen(path, "re");
	int	 got;

	/* unbuffered: no copy of it stays behind */
	got = f != NULL && setvbuf(f, NULL, _IONBF, 0) == 0 &&
	    fgets(line, KEY_TEXT_MAX, f) != NULL;
	if (got)
		line[strcspn(line, "\r\n")] = '\0';
	else
		snprintf(err, errlen, "%s: %s", path,
		    f == NULL ? strerror(errno) : "there is no key in it");
	if (f != NULL)
		fclose(f);
	if (got)
		return (line);
	free(line);
	return (NULL);
}
