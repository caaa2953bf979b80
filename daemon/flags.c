/* SPDX-License-Identifier: ISC */
/*
 * The command line of the server. All flags but three are keys of the file.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <config.h>
#include "daemon/conf_file.h"
#include "daemon/flags.h"
#include "lib/escape.h"
#include "lib/xmalloc.h"

#define DEFAULT_FILE	CONFIG_DIR "/sshportal.yaml"

/* The words that are still to be read. */
struct words {
	int	  argc;
	char	**argv;
	char	 *err;
	size_t	  err_size;
};

static int
complain(const struct words *w, const char *flag, const char *why)
{
	char	shown[128];

	snprintf(w->err, w->err_size, "%s: %s",
	    escape_into(shown, sizeof(shown), flag), why);
	return (-1);
}

/* The value of the flag at the head: behind its "=", or the next word. */
static const char *
take_value(struct words *w, const char *equals)
{
	if (equals != NULL)
		return (equals + 1);
	if (w->argc < 2)
		return (NULL);
	w->argc--;
	w->argv++;
	return (w->argv[0]);
}

static int
add_value(struct flags *o, struct words *w, const struct conf_key *k,
    const char *flag, const char *value)
{
	if (value == NULL)
		return (complain(w, flag, "wants a value"));
	if (o->nvalues == FLAGS_MAX)
		return (complain(w, flag, "there are too many flags"));
	o->values[o->nvalues].key = k;
	o->values[o->nvalues++].value = value;
	return (0);
}

/* A key's flag; a switch takes a value only behind "=". */
static int
take_key(struct flags *o, struct words *w, const struct conf_key *k,
    const char *equals)
{
	const char	*flag = w->argv[0];

	if (conf_is_switch(k) && equals == NULL)
		return (add_value(o, w, k, flag, "true"));
	return (add_value(o, w, k, flag, take_value(w, equals)));
}

/* The flags that are no keys. Returns 0, -1, or 1 when it is none of them. */
static int
take_own(struct flags *o, struct words *w, const char *name, size_t len,
    const char *equals)
{
	const char	*flag = w->argv[0];

	if (len == 6 && memcmp(name, "config", 6) == 0) {
		o->config_file = take_value(w, equals);
		if (o->config_file == NULL || *o->config_file == '\0')
			return (complain(w, flag, "wants a file"));
		return (0);
	}
	if (equals != NULL)
		return (1);
	if (strcmp(name, "check") == 0)
		return (o->check = 1, 0);
	if (strcmp(name, "help") == 0 || strcmp(name, "h") == 0)
		return (o->help = 1, 0);
	return (1);
}

static const struct conf_key *
find_letter(char letter)
{
	size_t	i;

	for (i = 0; i < conf_nkeys; i++) {
		if (letter != '\0' && conf_keys[i].letter == letter)
			return (&conf_keys[i]);
	}
	return (NULL);
}

/* -f with its value in the next word, behind "=", or in the same word. */
static int
take_letter(struct flags *o, struct words *w, const struct conf_key *k)
{
	const char	*flag = w->argv[0], *rest = flag + 2;

	if (*rest == '\0' || *rest == '=')
		return (take_key(o, w, k, *rest == '=' ? rest : NULL));
	if (conf_is_switch(k))
		return (complain(w, flag, "there is no such flag"));
	return (add_value(o, w, k, flag, rest));
}

static int
take_flag(struct flags *o, struct words *w)
{
	const char		*flag = w->argv[0], *name, *equals;
	const struct conf_key	*k;
	size_t			 len;
	int			 r;

	if (flag[0] != '-' || flag[1] == '\0' || strcmp(flag, "--") == 0)
		return (complain(w, flag, "the server takes flags only"));
	name = flag + (flag[1] == '-' ? 2 : 1);
	equals = strchr(name, '=');
	len = equals != NULL ? (size_t)(equals - name) : strlen(name);
	if ((r = take_own(o, w, name, len, equals)) != 1)
		return (r);
	k = conf_find(name, len);
	if (k != NULL && !k->no_flag)
		return (take_key(o, w, k, equals));
	if (flag[1] != '-' && (k = find_letter(flag[1])) != NULL)
		return (take_letter(o, w, k));
	return (complain(w, flag, "there is no such flag"));
}

int
flags_parse(struct flags *o, int argc, char **argv, char *err, size_t size)
{
	struct words	w = { argc, argv, err, size };

	memset(o, 0, sizeof(*o));
	for (; w.argc > 0; w.argc--, w.argv++) {
		if (take_flag(o, &w) == -1)
			return (-1);
	}
	return (0);
}

int
flags_parse_head(struct flags *o, int argc, char **argv, int *used, char *err,
    size_t size)
{
	struct words	w = { argc, argv, err, size };

	memset(o, 0, sizeof(*o));
	for (; w.argc > 0 && w.argv[0][0] == '-'; w.argc--, w.argv++) {
		if (strcmp(w.argv[0], "--") == 0) {
			w.argc--;
			break;
		}
		if (take_flag(o, &w) == -1)
			return (-1);
	}
	*used = argc - w.argc;
	return (0);
}

static void
usage_key(FILE *f, const struct conf_key *k)
{
	char	flag[64], letter[8] = "    ";
	int	has_default = *k->def != '\0' &&
		    (!conf_is_switch(k) || strcmp(k->def, "false") != 0);

	if (k->letter != '\0')
		snprintf(letter, sizeof(letter), "-%c, ", k->letter);
	snprintf(flag, sizeof(flag), "%s--%s%s%s", letter, k->name,
	    conf_is_switch(k) ? "" : "=",
	    conf_is_switch(k) ? "" : conf_value_name(k));
	fprintf(f, "  %-36s %s\n", flag, k->brief);
	if (k->env == NULL && !has_default)
		return;
	fprintf(f, "  %-36s ", "");
	if (has_default)
		fprintf(f, "(default %s)%s", k->def, k->env ? " " : "");
	if (k->env != NULL)
		fprintf(f, "[$%s]", k->env);
	fputc('\n', f);
}

void
flags_usage(FILE *f)
{
	size_t	i;

	fprintf(f, "usage: sshportal server [flags]\n\n"
	    "  %-36s %s\n  %-36s %s\n  %-36s %s\n",
	    "    --config=FILE", "settings (default " DEFAULT_FILE,
	    "", "if that is there)",
	    "    --check", "only says whether flags and file are good");
	for (i = 0; i < conf_nkeys; i++) {
		if (!conf_keys[i].no_flag)
			usage_key(f, &conf_keys[i]);
	}
	fputs("\nEach flag is also a key of the file: \"spares: 8\". Flags"
	    " beat the environment,\nwhich beats the file.\n", f);
}

static int
load_file(const struct flags *o, struct conf *c, char *err, size_t size)
{
	const char	*path = o->config_file;

	if (path == NULL) {
		if (access(DEFAULT_FILE, F_OK) == -1)
			return (0);
		path = DEFAULT_FILE;
	}
	free(c->s.config_file);
	c->s.config_file = xstrdup(path);
	return (conf_file_load(c, path, err, size));
}

static int
load_flags(const struct flags *o, struct conf *c, char *err, size_t size)
{
	char	why[CONF_ERR_MAX / 2];
	size_t	i;

	conf_begin(c);
	for (i = 0; i < o->nvalues; i++) {
		if (conf_set(c, o->values[i].key, o->values[i].value, why,
		    sizeof(why)) == -1) {
			snprintf(err, size, "--%s: %s", o->values[i].key->name,
			    why);
			return (-1);
		}
	}
	return (0);
}

enum flags_result
flags_load(const struct flags *o, struct conf *c, char *err, size_t size)
{
	if (load_file(o, c, err, size) == -1 ||
	    conf_load_env(c, err, size) == -1)
		return (FLAGS_BAD);
	if (load_flags(o, c, err, size) == -1)
		return (FLAGS_USAGE);
	return (FLAGS_OK);
}
