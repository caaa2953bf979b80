/* SPDX-License-Identifier: ISC */
/*
 * Which recording is meant, and may it be looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/channel.h"
#include "db/db.h"
#include "db/instance.h"
#include "db/session.h"
#include "db/user.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "shell/run.h"
#include "shell/viewing.h"

const char *
viewing_dir(const struct cmd_call *c)
{
	return (c->sh->settings != NULL ? c->sh->settings->logs_dir : "");
}

int
viewing_permitted(struct cmd_call *c)
{
	if (!c->own || (c->sh->settings != NULL &&
	    c->sh->settings->play_own_sessions))
		return (DB_OK);
	return (cmd_fail(c, "your roles do not permit this command: it takes "
	    "admin or auditor, and for one's own sessions the setting "
	    "play-own-sessions"));
}

static void
viewing_forget(void *prepared)
{
	struct viewing	*v = prepared;

	reel_close(v->reel);
	session_free(v->session);
	free(v->files.v);
	free(v);
}

/* "7" or "7.1"; -1 when it is neither. */
static int
read_operand(const char *text, int64_t *session, int64_t *channel)
{
	char	*end;

	*channel = 0;
	*session = strtoll(text, &end, 10);
	if (end == text || *session <= 0 || *text == '+' || *text == ' ')
		return (-1);
	if (*end == '\0')
		return (0);
	if (*end != '.' || end[1] < '0' || end[1] > '9')
		return (-1);
	*channel = strtoll(end + 1, &end, 10);
	return (*end == '\0' && *channel > 0 ? 0 : -1);
}

int
viewing_begin(struct cmd_call *c)
{
	struct viewing	*v = xcalloc(1, sizeof(*v));
	const char	*text = operand_text(c, 0);
	int64_t		 id;
	int		 r = DB_NOTFOUND;

	c->prepared = v;
	c->forget = viewing_forget;
	if ((r = viewing_permitted(c)) != DB_OK)
		return (r);
	if (read_operand(text, &id, &v->channel) == -1) {
		c->usage = 1;
		return (cmd_fail(c, "\"%s\" is neither a session's number nor "
		    "one with a channel's, such as 7.1", text));
	}
	r = session_get(c->sh->db, id, &v->session);
	/* somebody else's is not there for whoever may see their own only */
	if (r == DB_NOTFOUND || (r == DB_OK && c->own &&
	    v->session->user_id != c->me->id))
		return (cmd_fail(c, "no session%s \"%lld\"", c->own ?
		    " of yours" : "", (long long)id));
	if (r == DB_OK)
		r = reel_find(c->sh->db, viewing_dir(c), v->session,
		    v->channel, &v->files);
	c->entity = xstrdup(text);
	c->session = id;
	c->audit = 1;
	return (r);
}

/* The name of the machine of a session that was elsewhere, or NULL. */
static char *
elsewhere(struct cmd_call *c, const struct session *s)
{
	struct instance	*in;
	char		 here[256] = "", *name = NULL;

	if (instance_get(c->sh->db, s->instance_id, &in) != DB_OK)
		return (NULL);
	(void)gethostname(here, sizeof(here) - 1);
	if (strcmp(here, in->hostname) != 0)
		name = xstrdup(in->hostname);
	instance_free(in);
	return (name);
}

/* Why there is nothing to look at. */
static int
nothing(struct cmd_call *c, const char *what)
{
	struct viewing	*v = c->prepared;
	char		*host = elsewhere(c, v->session);
	const char	*text = operand_text(c, 0);
	int		 r;

	if (v->files.n > 0)
		r = cmd_fail(c, "session %s has no recording of %s: \"session "
		    "export\" may have another form of it", text, what);
	else if (host != NULL)
		r = cmd_fail(c, "session %s has no recording in %s: it was on "
		    "the portal of %s, so ask there", text, viewing_dir(c),
		    host);
	else
		r = cmd_fail(c, "session %s has no recording in %s: it was "
		    "not recorded, or the recording was removed", text,
		    viewing_dir(c));
	free(host);
	return (r);
}

/* Which of several? */
static int
ambiguous(struct cmd_call *c, const int64_t *channels, size_t n)
{
	struct viewing	*v = c->prepared;
	char		 names[256] = "";
	size_t		 i, len = 0;

	for (i = 0; i < n && len < sizeof(names) - 40; i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len,
		    "%s%lld.%lld", i > 0 ? ", " : "",
		    (long long)v->session->id, (long long)channels[i]);
	return (cmd_fail(c, "session %lld has more than one: name one of %s%s",
	    (long long)v->session->id, names, i < n ? " and more" : ""));
}

int
viewing_choose(struct cmd_call *c, int (*fits)(struct cmd_call *,
    const struct reel_file *), const char *what)
{
	struct viewing	*v = c->prepared;
	int64_t		*channels = xcalloc(v->files.n + 1,
			    sizeof(*channels));
	char		 err[REEL_ERROR_SIZE];
	size_t		 i, n = 0;
	int		 r;

	for (i = 0; i < v->files.n; i++) {
		if (!fits(c, &v->files.v[i]))
			continue;
		if (n > 0 && channels[n - 1] == v->files.v[i].channel)
			continue;
		v->file = &v->files.v[i];
		channels[n++] = v->file->channel;
	}
	if (n == 0)
		r = nothing(c, what);
	else if (n > 1)
		r = ambiguous(c, channels, n);
	else if ((v->reel = reel_open(viewing_dir(c), v->file, err)) == NULL)
		r = cmd_fail(c, "%s", err);
	else
		r = DB_OK;
	free(channels);
	return (r);
}

/* Whether the row says that there was a terminal. */
static int
had_shell(struct cmd_call *c, const struct reel_file *f)
{
	struct channel_list	*l;
	size_t			 i;
	int			 had = 0;

	if (channel_list(c->sh->db, f->session, &l) != DB_OK)
		return (0);
	for (i = 0; i < l->n; i++) {
		if (l->v[i].seq == f->channel)
			had = strcmp(l->v[i].type, "shell") == 0;
	}
	channel_list_free(l);
	return (had);
}

/*
 * A terminal's begins with its size; one that never told any has at least a
 * shell in it. A program's output without a terminal may be any bytes.
 */
static int
is_terminal(struct cmd_call *c, const struct reel_file *f)
{
	struct reel	*reel;
	char		 err[REEL_ERROR_SIZE];
	int		 is;

	if (f->format != RECORDING_TTYREC && f->format != RECORDING_CAST)
		return (0);
	if ((reel = reel_open(viewing_dir(c), f, err)) == NULL)
		return (1);
	is = reel_is_terminal(reel) || had_shell(c, f);
	reel_close(reel);
	return (is);
}

static int
is_live_terminal(struct cmd_call *c, const struct reel_file *f)
{
	return (f->live && is_terminal(c, f));
}

int
viewing_terminal(struct cmd_call *c, int live)
{
	return (viewing_choose(c, live ? is_live_terminal : is_terminal,
	    live ? "a terminal that is in use" : "a terminal"));
}
