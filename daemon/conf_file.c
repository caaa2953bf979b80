/* SPDX-License-Identifier: ISC */
/*
 * Reading sshportal.yaml by libyaml's events.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "daemon/conf_file.h"
#include "lib/escape.h"

struct reader {
	struct conf	*conf;
	const char	*path;
	yaml_parser_t	 parser;
	yaml_event_t	 event;		/* the current one */
	char		*err;
	size_t		 err_size;
};

static int
complain(struct reader *r, const yaml_mark_t *at, const char *key,
    const char *why)
{
	snprintf(r->err, r->err_size, "%s:%zu:%zu: %s%s%s", r->path,
	    at->line + 1, at->column + 1, key, *key != '\0' ? ": " : "", why);
	return (-1);
}

/* The next event. Returns 0, or -1 with a sentence. */
static int
advance(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event))
		return (0);
	return (complain(r, &r->parser.problem_mark, "",
	    r->parser.problem != NULL ? r->parser.problem : "cannot be read"));
}

/* Sets a key from the scalar that is the current event. */
static int
take_scalar(struct reader *r, const struct conf_key *k)
{
	const char	*text = (const char *)r->event.data.scalar.value;
	char		 why[CONF_ERR_MAX / 2];

	if (r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (*text == '\0' || strcmp(text, "~") == 0 ||
	    strcmp(text, "null") == 0))
		return (complain(r, &r->event.start_mark, k->name,
		    "has no value"));
	if (strlen(text) != r->event.data.scalar.length)
		return (complain(r, &r->event.start_mark, k->name,
		    "has a NUL in its value"));
	if (conf_set(r->conf, k, text, why, sizeof(why)) == -1)
		return (complain(r, &r->event.start_mark, k->name, why));
	return (0);
}

static int
take_list(struct reader *r, const struct conf_key *k)
{
	if (!conf_is_list(k))
		return (complain(r, &r->event.start_mark, k->name,
		    "wants one value, not a list"));
	for (;;) {
		if (advance(r) == -1)
			return (-1);
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return (0);
		if (r->event.type != YAML_SCALAR_EVENT)
			return (complain(r, &r->event.start_mark, k->name,
			    "wants a list of plain values"));
		if (take_scalar(r, k) == -1)
			return (-1);
	}
}

static int
take_value(struct reader *r, const struct conf_key *k)
{
	if (advance(r) == -1)
		return (-1);
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		return (take_scalar(r, k));
	case YAML_SEQUENCE_START_EVENT:
		return (take_list(r, k));
	case YAML_ALIAS_EVENT:
		return (complain(r, &r->event.start_mark, k->name,
		    "aliases are not taken"));
	default:
		return (complain(r, &r->event.start_mark, k->name,
		    "wants a value, not a mapping"));
	}
}

static int
take_key(struct reader *r)
{
	const struct conf_key	*k;
	const char		*name;
	char			 shown[128];

	if (r->event.type != YAML_SCALAR_EVENT)
		return (complain(r, &r->event.start_mark, "",
		    "the name of a key is expected here"));
	name = (const char *)r->event.data.scalar.value;
	k = conf_find(name, r->event.data.scalar.length);
	escape_into(shown, sizeof(shown), name);
	if (k == NULL)
		return (complain(r, &r->event.start_mark, shown,
		    "there is no such key"));
	if (conf_seen(r->conf, k))
		return (complain(r, &r->event.start_mark, shown,
		    "is set a second time"));
	return (take_value(r, k));
}

static int
take_mapping(struct reader *r)
{
	for (;;) {
		if (advance(r) == -1)
			return (-1);
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return (0);
		if (take_key(r) == -1)
			return (-1);
	}
}

/* A document that is empty, or one mapping. */
static int
take_root(struct reader *r)
{
	if (r->event.type == YAML_MAPPING_START_EVENT)
		return (take_mapping(r));
	if (r->event.type == YAML_SCALAR_EVENT &&
	    r->event.data.scalar.length == 0)
		return (0);
	return (complain(r, &r->event.start_mark, "",
	    "lines of the form \"key: value\" are expected here"));
}

static int
take_stream(struct reader *r)
{
	int	documents = 0;

	for (;;) {
		if (advance(r) == -1)
			return (-1);
		switch (r->event.type) {
		case YAML_STREAM_END_EVENT:
			return (0);
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (++documents > 1)
				return (complain(r, &r->event.start_mark, "",
				    "a second document begins here"));
			break;
		default:
			if (take_root(r) == -1)
				return (-1);
		}
	}
}

int
conf_file_load(struct conf *c, const char *path, char *err, size_t size)
{
	struct reader	 r = { .conf = c, .path = path, .err = err,
			    .err_size = size };
	struct stat	 st;
	FILE		*f;
	int		 result;

	if ((f = fopen(path, "re")) == NULL) {
		snprintf(err, size, "%s: %s", path, strerror(errno));
		return (-1);
	}
	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		snprintf(err, size, "%s: is a directory", path);
		fclose(f);
		return (-1);
	}
	conf_begin(c);
	if (!yaml_parser_initialize(&r.parser)) {
		snprintf(err, size, "%s: %s", path, strerror(ENOMEM));
		fclose(f);
		return (-1);
	}
	yaml_parser_set_input_file(&r.parser, f);
	result = take_stream(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	fclose(f);
	return (result);
}
