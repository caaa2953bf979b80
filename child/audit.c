/* SPDX-License-Identifier: ISC */
/*
 * Which program it is that moves files, and what becomes of its bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "child/audit_int.h"
#include "lib/xmalloc.h"

struct audit {
	const struct decoder	*decoder;	/* NULL: it is lost */
	void			*state;
	audit_report		*report;
	void			*arg;
	char			*name;		/* of the program */
};

/* rsync and git: a command and its bytes. */
struct count {
	struct file_op	 op;
	char		*command;
	audit_report	*report;
	void		*arg;
};

void
file_op_init(struct file_op *f, enum file_action action, const void *path,
    size_t len)
{
	memset(f, 0, sizeof(*f));
	f->action = action;
	f->path = path;
	f->path_len = len;
	if (len > PATH_BYTES_MAX) {
		f->path_len = PATH_BYTES_MAX;
		f->has |= FILE_HAS_CUT;
	}
	f->result = f->why = "";
}

void
file_op_sum(struct file_op *f, struct sum *s)
{
	f->bytes = s->bytes;
	f->has |= FILE_HAS_BYTES;
	if (s->first != 0) {
		f->offset = s->first;
		f->has |= FILE_HAS_OFFSET;
	}
	if (sum_take(s, f->sum) == 0)
		f->has |= FILE_HAS_SUM;
	else
		f->why = s->why;
}

/*
 * The next word as a shell of Unix would read it, more or less: patterns and
 * variables stay as they are. NULL at the end, or of one that is too long.
 */
static char *
next_word(const char **s)
{
	const char	*p = *s + strspn(*s, " \t");
	char		*word, quote = '\0';
	size_t		 n = 0;

	if (*p == '\0')
		return (NULL);
	word = xmalloc(strlen(p) + 1);
	for (; *p != '\0' && (quote != '\0' || (*p != ' ' && *p != '\t'));
	    p++) {
		if (*p == quote)
			quote = '\0';
		else if (quote == '\0' && (*p == '\'' || *p == '"'))
			quote = *p;
		else {
			if (*p == '\\' && quote != '\'' && p[1] != '\0')
				p++;
			word[n++] = *p;
		}
	}
	word[n] = '\0';
	*s = p;
	return (word);
}

static void
command_read(struct command *c, const char *text)
{
	char	*word;

	memset(c, 0, sizeof(*c));
	while (c->n < WORDS_MAX && (word = next_word(&text)) != NULL)
		c->word[c->n++] = word;
}

static void
command_free(struct command *c)
{
	size_t	i;

	for (i = 0; i < c->n; i++)
		free(c->word[i]);
}

/* A program's name without its directory. */
static const char *
base_of(const char *path)
{
	const char	*slash = strrchr(path, '/');

	return (slash == NULL ? path : slash + 1);
}

/* Where the program stands: behind variables, and what runs another one. */
static size_t
program_of(const struct command *c)
{
	static const char *const	others[] = { "sudo", "doas", "env",
					    "exec", "command", "nice",
					    "ionice", "time" };
	size_t				i, k;

	for (i = 0; i < c->n; i++) {
		if (strchr(c->word[i], '=') != NULL)
			continue;
		if (i > 0 && c->word[i][0] == '-')
			continue;
		for (k = 0; k < sizeof(others) / sizeof(others[0]); k++) {
			if (strcmp(base_of(c->word[i]), others[k]) == 0)
				break;
		}
		if (k == sizeof(others) / sizeof(others[0]))
			break;
	}
	return (i);
}

static int
has_word(const struct command *c, const char *word)
{
	size_t	i;

	for (i = 0; i < c->n; i++) {
		if (strcmp(c->word[i], word) == 0)
			return (1);
	}
	return (0);
}

static const char *
count_take(void *state, enum audit_side side, const uint8_t *data, size_t len)
{
	struct count	*k = state;

	(void)data;
	if (side == AUDIT_CLIENT)
		k->op.bytes += len;
	else
		k->op.confirmed += len;
	return (NULL);
}

static void
count_end(void *state, const char *result)
{
	struct count	*k = state;

	(void)result;
	k->report(k->arg, &k->op);
	free(k->command);
	free(k);
}

const struct decoder decoder_count = { count_take, count_end };

static void *
count_new(enum file_action action, int up, const char *command,
    audit_report *report, void *arg)
{
	struct count	*k = xcalloc(1, sizeof(*k));

	k->command = xstrdup(command);
	file_op_init(&k->op, action, k->command, strlen(command));
	k->op.up = up;
	k->op.has |= FILE_HAS_BYTES | FILE_HAS_CONFIRMED;
	k->report = report;
	k->arg = arg;
	return (k);
}

/* scp's options at its server side; behind them the names. */
static void
choose_scp(struct audit *a, const struct command *c, size_t i)
{
	int	up = 0, down = 0, is_dir = 0;

	for (i++; i < c->n && c->word[i][0] == '-' && c->word[i][1] != '\0';
	    i++) {
		if (strcmp(c->word[i], "--") == 0) {
			i++;
			break;
		}
		up |= strchr(c->word[i], 't') != NULL;
		down |= strchr(c->word[i], 'f') != NULL;
		is_dir |= strchr(c->word[i], 'd') != NULL;
	}
	if (up == down)
		return;
	a->decoder = &decoder_scp;
	a->state = scp_new(c, i, up, is_dir, a->report, a->arg);
}

/* "git-receive-pack", or "git receive-pack". */
static const char *
git_service(const struct command *c, size_t i)
{
	const char	*name = base_of(c->word[i]);

	if (strcmp(name, "git") == 0)
		return (i + 1 < c->n ? c->word[i + 1] : "");
	return (strncmp(name, "git-", 4) == 0 ? name + 4 : "");
}

/* By the word at i, if that is a program's name. */
static void
choose_word(struct audit *a, const struct command *c, size_t i,
    const char *text)
{
	const char	*name = base_of(c->word[i]);
	const char	*service = git_service(c, i);

	if (strcmp(name, "scp") == 0)
		choose_scp(a, c, i);
	else if (strcmp(name, "sftp-server") == 0 ||
	    strcmp(name, "internal-sftp") == 0) {
		a->decoder = &decoder_sftp;
		a->state = sftp_new(a->report, a->arg);
	} else if (strcmp(name, "rsync") == 0 && has_word(c, "--server")) {
		a->decoder = &decoder_count;
		a->state = count_new(FILE_RSYNC, !has_word(c, "--sender"),
		    text, a->report, a->arg);
	} else if (strcmp(service, "receive-pack") == 0 ||
	    strcmp(service, "upload-pack") == 0 ||
	    strcmp(service, "upload-archive") == 0) {
		a->decoder = &decoder_count;
		a->state = count_new(FILE_GIT, service[0] == 'r', text,
		    a->report, a->arg);
	}
	if (a->decoder != NULL)
		a->name = xstrdup(name);
}

/* Behind "sudo -u bart" it may be any word. */
static void
choose(struct audit *a, const struct command *c, const char *text)
{
	size_t	first = program_of(c), i;

	for (i = first; i < c->n && a->decoder == NULL; i++) {
		choose_word(a, c, i, text);
		if (first == 0)
			break;
	}
}

static void
choose_subsystem(struct audit *a, const char *name)
{
	if (strcmp(name, "sftp") != 0)
		return;
	a->name = xstrdup(name);
	a->decoder = &decoder_sftp;
	a->state = sftp_new(a->report, a->arg);
}

struct audit *
audit_new(const char *type, const char *detail, audit_report *report,
    void *arg)
{
	struct audit	*a = xcalloc(1, sizeof(*a));
	struct command	 c;

	a->report = report;
	a->arg = arg;
	if (strcmp(type, "exec") == 0) {
		command_read(&c, detail);
		choose(a, &c, detail);
		command_free(&c);
	} else if (strcmp(type, "subsystem") == 0)
		choose_subsystem(a, detail);
	if (a->decoder == NULL) {
		audit_free(a);
		return (NULL);
	}
	return (a);
}

/* What was under way goes on, and nobody knows how. */
static void
lose(struct audit *a, const char *why)
{
	struct file_op	op;

	a->decoder->end(a->state, "not known");
	a->decoder = NULL;
	file_op_init(&op, FILE_UNKNOWN, a->name, strlen(a->name));
	op.why = why;
	a->report(a->arg, &op);
}

void
audit_take(struct audit *a, enum audit_side side, const void *data, size_t len)
{
	const char	*why;

	if (a == NULL || a->decoder == NULL || len == 0)
		return;
	if ((why = a->decoder->take(a->state, side, data, len)) != NULL)
		lose(a, why);
}

void
audit_free(struct audit *a)
{
	if (a == NULL)
		return;
	if (a->decoder != NULL)
		a->decoder->end(a->state, "cut");
	free(a->name);
	free(a);
}
