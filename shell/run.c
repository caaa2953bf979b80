/* SPDX-License-Identifier: ISC */
/*
 * The way of a command: words, entry, options, and then, for what changes the
 * store, in one transaction: who asks, may they, which rows are meant, exec,
 * the audit event. Printing comes after the commit, so what is printed is true.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/reach.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "shell/audit.h"
#include "shell/changes.h"
#include "shell/help.h"
#include "shell/lookup.h"
#include "shell/options.h"
#include "shell/own.h"
#include "shell/resolve.h"
#include "shell/run.h"
#include "shell/secret.h"
#include "shell/words.h"

/* Who works at the machine itself. */
static struct user *
local_user(const char *name)
{
	struct user	*u = xcalloc(1, sizeof(*u));

	u->name = xstrdup(name);
	u->email = xstrdup("");
	u->comment = xstrdup("");
	u->roles.name = xcalloc(1, sizeof(*u->roles.name));
	u->roles.name[u->roles.n++] = xstrdup(ROLE_ADMIN);
	return (u);
}

int
run_identify(struct shell *sh, struct user **me, char *err)
{
	int	r;

	if (sh->local != NULL) {
		*me = local_user(sh->local);
		return (DB_OK);
	}
	r = user_get(sh->db, sh->user_id, me);
	if (r == DB_OK && sh->born_id != sh->user_id) {
		sh->born_id = sh->user_id;
		sh->born = (*me)->created_at;
	}
	if (r == DB_OK && sh->born != (*me)->created_at)
		snprintf(err, CMD_ERROR_MAX, "the accounts were replaced by "
		    "restored ones: log in again");
	else if (r == DB_OK && user_usable(*me, clock_utc()))
		return (DB_OK);
	else if (r == DB_OK || r == DB_NOTFOUND)
		snprintf(err, CMD_ERROR_MAX, "your account was closed");
	else
		return (r);
	user_free(*me);
	*me = NULL;
	sh->done = 1;
	return (DB_NOTFOUND);
}

char *
run_help(struct shell *sh, const struct lookup *l)
{
	struct user	*me = NULL;
	char		 err[CMD_ERROR_MAX], *text;

	/* without the store, or an account, help is for all commands */
	if (sh->db != NULL && run_identify(sh, &me, err) != DB_OK)
		me = NULL;
	if (l->entry == NULL)
		text = help_noun(l->noun, me);
	else if (strcmp(l->entry->noun, "help") == 0)
		text = help_all(me);
	else
		text = help_entry(l->entry);
	user_free(me);
	return (text);
}

/* Each of these roles is enough. */
static const char *const	needs[][4] = {
	[NEED_ANYONE] = { NULL },
	[NEED_LISTER] = { ROLE_ADMIN, ROLE_AUDITOR, ROLE_LISTHOSTS, NULL },
	[NEED_READER] = { ROLE_ADMIN, ROLE_AUDITOR, NULL },
	[NEED_TRUSTED] = { ROLE_ADMIN, ROLE_TRUSTED, NULL },
	[NEED_ADMIN] = { ROLE_ADMIN, NULL },
};

int
run_permitted(const struct user *me, enum cmd_role need)
{
	const char *const	*role;

	if (need < NEED_ANYONE || need > NEED_ADMIN)
		return (0);
	for (role = needs[need]; *role != NULL; role++) {
		if (user_is(me, *role))
			return (1);
	}
	return (need == NEED_ANYONE);
}

char *
run_needs(enum cmd_role need, char buf[RUN_NEEDS_SIZE])
{
	const char *const	*role = needs[need];
	size_t			 i, len = 0;

	buf[0] = '\0';
	for (i = 0; role[i] != NULL && len < RUN_NEEDS_SIZE; i++)
		len += (size_t)snprintf(buf + len, RUN_NEEDS_SIZE - len,
		    "%s%s", i == 0 ? "" : role[i + 1] == NULL ? " or " : ", ",
		    role[i]);
	return (buf);
}

/* Forgets what a run of the call has made: before the next one, or for good. */
static void
call_clear(struct cmd_call *c)
{
	size_t	i;

	result_free(&c->result);
	refs_free(&c->targets);
	refs_free(&c->second);
	for (i = 0; c->opt_refs != NULL && i < option_count(c->entry); i++)
		refs_free(&c->opt_refs[i]);
	free(c->opt_refs);
	c->opt_refs = NULL;
	free(c->entity);
	c->entity = NULL;
	changes_free(c->changes);
	c->changes = NULL;
	user_free((struct user *)c->me);
	c->me = NULL;
	c->warning = NULL;
	c->audit = c->failed = c->usage = c->own = 0;
	c->error[0] = '\0';
}

/* Who runs it, as if they had named themselves. */
static int
call_target_self(struct cmd_call *c)
{
	if (c->me->id == 0) {
		c->usage = 1;
		return (cmd_fail(c, "%s is missing: who works at the machine "
		    "has no account", c->entry->operands.name));
	}
	c->targets.v = xcalloc(1, sizeof(*c->targets.v));
	c->targets.v[0].id = c->me->id;
	c->targets.v[0].name = xstrdup(c->me->name);
	c->targets.n = 1;
	return (DB_OK);
}

/* Nobody has named what is not there: the option that would. */
static void
say_option(struct cmd_call *c, const struct cmd_opt *o)
{
	size_t	len = strlen(c->error);

	snprintf(c->error + len, sizeof(c->error) - len,
	    ": name one with --%s", o->name);
}

/* The rows that options and operands name. */
static int
call_resolve(struct cmd_call *c)
{
	const struct cmd_entry	*e = c->entry;
	const struct parsed	*p = c->parsed;
	const struct own	 own = { c->me, c->now };
	const struct own	*whose = c->own ? &own : NULL;
	struct option_value	*v;
	size_t			 i, n = p->noperands;
	int			 r;

	for (i = 0; i < option_count(e); i++) {
		v = &c->parsed->opts[i];
		if (!resolve_is_ref(e->opts[i].kind) || v->n == 0)
			continue;
		r = resolve_refs(c->sh->db, whose, e->opts[i].kind, v->texts,
		    v->n, &c->opt_refs[i], c->error);
		if (r == DB_NOTFOUND && !v->given)
			say_option(c, &e->opts[i]);
		if (r != DB_OK)
			return (r);
	}
	if ((e->flags & CMD_SELF) && n == 0)
		return (call_target_self(c));
	if (!resolve_is_ref(e->operands.kind))
		return (DB_OK);
	if (e->second != 0 && n > 1)
		n = 1;
	r = resolve_refs(c->sh->db, whose, e->operands.kind, p->operands, n,
	    &c->targets, c->error);
	if (r == DB_OK && n < p->noperands)
		r = resolve_refs(c->sh->db, whose, e->second,
		    p->operands + n, p->noperands - n, &c->second, c->error);
	return (r);
}

/* Which role is missing. */
static int
call_forbidden(struct cmd_call *c)
{
	const struct db_names	*mine = &c->me->roles;
	char			 have[256] = "", takes[RUN_NEEDS_SIZE];
	size_t			 i, len = 0;

	for (i = 0; i < mine->n && len < sizeof(have); i++)
		len += (size_t)snprintf(have + len, sizeof(have) - len,
		    "%s%s", i > 0 ? ", " : "", mine->name[i]);
	return (cmd_fail(c, "your roles do not permit this command: it takes "
	    "%s, and you have %s", run_needs(c->entry->role, takes),
	    i > 0 ? have : "none"));
}

/* A fresh start: who asks, and may they? */
static int
call_begin(struct cmd_call *c)
{
	const struct cmd_entry	*e = c->entry;
	struct user		*me;
	int			 r;

	call_clear(c);
	c->opt_refs = xcalloc(option_count(e), sizeof(*c->opt_refs));
	if (!(e->flags & CMD_OFFLINE)) {
		if ((r = run_identify(c->sh, &me, c->error)) != DB_OK)
			return (r);
		c->me = me;
		if (!run_permitted(me, e->role))
			return (call_forbidden(c));
		c->own = e->whole != 0 && !run_permitted(me, e->whole);
	}
	result_init(&c->result, c->own && e->own_fields != NULL ?
	    e->own_fields : e->fields);
	return (DB_OK);
}

/* Everything that needs the store; may be run again by db_transaction(). */
static int
call_perform(struct db *db, void *arg)
{
	struct cmd_call	*c = arg;
	int		 r;

	(void)db;
	if ((r = call_begin(c)) != DB_OK)
		return (r);
	if ((r = call_resolve(c)) != DB_OK)
		return (r);
	if ((c->entry->flags & CMD_WRITES) && (r = changes_begin(c)) != DB_OK)
		return (r);
	if ((r = c->entry->exec(c)) != DB_OK)
		return (r);
	if ((c->entry->flags & CMD_WRITES) || c->audit)
		r = audit_call(c);
	return (r);
}

static enum form
call_form(const struct cmd_call *c)
{
	const struct cmd_entry	*e = c->entry;

	if (e->flags & CMD_AS_JSON)
		return (FORM_JSON);
	if (option_find(e, "quiet", strlen("quiet"), NULL) != NULL &&
	    opt_given(c, "quiet"))
		return (FORM_IDS);
	if (option_find(e, "json", strlen("json"), NULL) != NULL &&
	    opt_given(c, "json"))
		return (FORM_JSON);
	return (e->flags & CMD_FACTS ? FORM_FACTS : FORM_TABLE);
}

/* A failure, told; its exit status. */
static int
call_failed(struct cmd_call *c, int r)
{
	char	*usage;

	if (c->error[0] == '\0')
		cmd_fail_db(c, r);
	output_error(&c->sh->out, c->error);
	if (!c->usage)
		return (RUN_FAILED);
	usage = help_usage(c->entry);
	output_hint(&c->sh->out, usage);
	free(usage);
	return (RUN_USAGE);
}

/* The secrets that options stand for without their values. */
static int
call_ask(struct cmd_call *c)
{
	struct option_value	*v;
	size_t			 i;
	int			 r = DB_OK;

	for (i = 0; r == DB_OK && i < option_count(c->entry); i++) {
		v = &c->parsed->opts[i];
		if (v->asked)
			r = secret_read(c, c->entry->opts[i].name, &v->secret);
	}
	return (r);
}

static int
call_asks(const struct cmd_call *c)
{
	size_t	i;

	for (i = 0; i < option_count(c->entry); i++) {
		if (c->parsed->opts[i].asked)
			return (1);
	}
	return (0);
}

/* What must not happen in a transaction, for who may run the command. */
static int
call_prepare(struct cmd_call *c)
{
	int	r;

	if (c->entry->prepare == NULL && !call_asks(c))
		return (DB_OK);
	if ((r = call_begin(c)) != DB_OK || (r = call_ask(c)) != DB_OK ||
	    c->entry->prepare == NULL)
		return (r);
	return (c->entry->prepare(c));
}

/* What was granted may be no more: live sessions are to look at that. */
static void
tell_keeper(const struct shell *sh)
{
	/* without a keeper for now: the next one looks when it starts */
	if (sh->settings != NULL && sh->settings->run_dir != NULL)
		(void)reach_keeper_look(sh->settings->run_dir);
}

static int
call_run(struct cmd_call *c)
{
	struct shell	*sh = c->sh;
	int		 r;

	if ((r = call_prepare(c)) != DB_OK)
		return (call_failed(c, r));
	if (c->entry->flags & CMD_WRITES)
		r = db_transaction(sh->db, call_perform, c);
	else
		r = call_perform(sh->db, c);
	if (r != DB_OK)
		return (call_failed(c, r));
	if (c->entry->flags & CMD_WRITES)
		tell_keeper(sh);
	output_result(&sh->out, call_form(c), &c->result, c->entry->things,
	    c->now);
	if (c->entry->print != NULL && (r = c->entry->print(c)) != DB_OK)
		return (call_failed(c, r));
	if (c->warning != NULL)
		output_warning(&sh->out, c->warning);
	if (output_flush(&sh->out) == -1)
		return (RUN_FAILED);
	return (c->failed ? RUN_FAILED : RUN_OK);
}

static int
print_help(struct shell *sh, const struct lookup *l)
{
	char	*text = run_help(sh, l);

	output_text(&sh->out, text);
	free(text);
	return (output_flush(&sh->out) == 0 ? RUN_OK : RUN_FAILED);
}

/* The error of a line that is no command, or a command without its verb. */
static int
refuse(struct shell *sh, const char *err, const char *hint)
{
	output_error(&sh->out, err);
	if (hint != NULL)
		output_hint(&sh->out, hint);
	return (RUN_USAGE);
}

/* A noun alone: the error, and what could follow. */
static int
refuse_noun(struct shell *sh, const struct lookup *l)
{
	char	*verbs = run_help(sh, l), err[CMD_ERROR_MAX];
	int	 status;

	verbs[strlen(verbs) - 1] = '\0';
	snprintf(err, sizeof(err), "after \"%s\" a verb is missing", l->noun);
	status = refuse(sh, err, verbs);
	free(verbs);
	return (status);
}

static int
run_entry(struct shell *sh, const struct cmd_entry *e, char *const *words,
    size_t n)
{
	struct parsed	 parsed;
	struct cmd_call	*c = xcalloc(1, sizeof(*c));
	struct lookup	 l = { .entry = e };
	int		 status;

	c->sh = sh;
	c->entry = e;
	c->parsed = &parsed;
	c->now = clock_utc();
	if (options_parse(e, words, n, &parsed, c->error) == -1) {
		c->usage = 1;
		status = call_failed(c, DB_INVALID);
	} else if (parsed.help) {
		status = print_help(sh, &l);
	} else {
		status = call_run(c);
	}
	call_clear(c);
	if (c->forget != NULL)
		c->forget(c->prepared);
	options_free(&parsed);
	free(c);
	return (status);
}

int
run_words(struct shell *sh, char *const *words, size_t n)
{
	struct lookup	l;
	char		err[CMD_ERROR_MAX];

	if (lookup_command(words, n, &l, err) == -1)
		return (refuse(sh, err, "usage: NOUN VERB [options] "
		    "[operands]; \"help\" lists all commands"));
	if (l.lacks_verb)
		return (refuse_noun(sh, &l));
	if (l.help)
		return (print_help(sh, &l));
	return (run_entry(sh, l.entry, words + l.used, n - l.used));
}

int
run_line(struct shell *sh, const char *line)
{
	struct words	 w;
	const char	*err;
	int		 status = RUN_OK;

	if (words_split(line, &w, &err) == -1)
		status = refuse(sh, err, NULL);
	else if (w.n > 0)
		status = run_words(sh, w.v, w.n);
	words_free(&w);
	return (status);
}
