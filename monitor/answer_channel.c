/* SPDX-License-Identifier: ISC */
/*
 * Channels to a host: what may be opened, its record, its recording; and the
 * child's log.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/host.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/channels.h"
#include "monitor/journal.h"
#include "monitor/jumps.h"
#include "monitor/kind.h"
#include "monitor/monitor.h"
#include "monitor/recheck.h"
#include "monitor/recording.h"

/*
 * What cannot work by way of a portal, or NULL: mosh's server would wait on the
 * host for datagrams that its client sends to the portal.
 */
static const char *
hopeless_command(const struct ask_channel_open *a)
{
	static const char	 server[] = "mosh-server";
	size_t			 n = strcspn(a->detail, " ");
	const char		*end = a->detail + n;

	if (strcmp(a->type, "exec") != 0 || n < strlen(server) ||
	    memcmp(end - strlen(server), server, strlen(server)) != 0 ||
	    (n > strlen(server) && end[-(ssize_t)sizeof(server)] != '/'))
		return (NULL);
	return ("sshportal: mosh does not work here: its UDP would go to the "
	    "portal, which relays SSH alone; use ssh, with tmux on the host "
	    "for what is to outlive a connection");
}

/*
 * The answer to CHANNEL_OPEN; with a no, the sentence. The recording's
 * descriptors are closed here: the child has its own.
 */
static void
answer_open(struct monitor *m, const struct ipc *req,
    struct recording *rec, const char *no, const char *unrecorded)
{
	struct answer_channel_open	a = {
		.verdict = { no == NULL, no == NULL ? "" : no },
		.required = m->record_required,
		.unrecorded = unrecorded,
		.from = m->source,
		.to = "",
	};
	struct ipc			out;
	size_t				i;

	ipc_init(&out, req->type | ANSWER, req->id);
	for (i = 0; rec != NULL && i < RECORDING_FILES; i++) {
		a.formats[i] = rec->formats[i];
		out.fds[i] = rec->fds[i];
		rec->fds[i] = -1;
	}
	if (rec != NULL) {
		a.limit = rec->limit;
		a.to = rec->to;
		a.reserve = rec->reserve;
	}
	put_answer_channel_open(&out.body, &a);
	monitor_answer(m, &out);
	ipc_free(&out);
}

static void
refuse(struct monitor *m, const struct ipc *req,
    const struct ask_channel_open *a, const char *sentence)
{
	journal_channel_open(m, ++m->last_seq, a, sentence, "");
	log_info("user %s, host %s, %s refused: %s", m->user->name,
	    m->host->name, a->type, sentence);
	if (req->type == ASK_CHANNEL_OPEN)
		answer_open(m, req, NULL, sentence, "");
	else
		monitor_verdict(m, req->type, req->id, sentence);
}

/*
 * Whether the person may have a channel of this kind on their host, by the
 * rules as they are now; NULL, or the sentence that refuses (caller frees).
 *
 * The child says what it wants, and gets a yes or a no: it is the child that
 * holds the connection to the host. One that was taken over after the login
 * needs no yes to open there what it likes, which nobody sees here; an honest
 * one asks before it opens anything, whatever its client sends.
 */
static char *
not_allowed(struct monitor *m, enum kind kind)
{
	char	name[NAME_MAX_BYTES + 1];

	recheck_kinds(m);
	if ((m->kinds & KIND_BIT(kind)) != 0)
		return (NULL);
	if (m->host->scheme == HOST_TELNET && kind != KIND_SHELL)
		return (xstrdup("sshportal: a telnet host has a terminal and "
		    "nothing else: no commands, no copies"));
	escape_into(name, sizeof(name), m->host->name);
	return (xasprintf("sshportal: %s: not allowed to you on host \"%s\"",
	    kind_name(kind), name));
}

/*
 * What may be opened, is, where it can be written down and, if that is
 * required, recorded. A session that could be recorded no more is told so once.
 */
static void
open_channel(struct monitor *m, const struct ipc *req,
    const struct ask_channel_open *a, enum kind kind)
{
	struct monitor_channel	*c;
	struct recording	 rec;
	int			 was_lost = m->record_lost, lost;

	if ((c = channels_add(m, a->channel)) == NULL) {
		refuse(m, req, a, "sshportal: too many channels at once");
		return;
	}
	lost = recording_open(m, c->seq, kind, a, &rec) == -1;
	if (lost && m->record_required) {
		channels_remove(m, c);
		refuse(m, req, a, "sshportal: the session cannot be recorded "
		    "now: tell an administrator");
		return;
	}
	journal_channel_open(m, c->seq, a, NULL, rec.base);
	answer_open(m, req, &rec, NULL, lost && !was_lost ? "sshportal: the "
	    "session is not recorded: that fails at present" : "");
}

int
answer_channel_open(struct monitor *m, struct ipc *req)
{
	struct ask_channel_open	 a;
	enum kind		 kind;
	const char		*hopeless;
	char			*no;

	if (get_ask_channel_open(&req->body, &a) == -1 ||
	    kind_of(&a, &kind) == -1 ||
	    channels_find(m, a.channel) != NULL)
		return (-1);
	if ((no = not_allowed(m, kind)) != NULL)
		refuse(m, req, &a, no);
	else if ((hopeless = hopeless_command(&a)) != NULL)
		refuse(m, req, &a, hopeless);
	else
		open_channel(m, req, &a, kind);
	free(no);
	return (0);
}

/*
 * The environment is for those who may run programs: to others, who get scp or
 * a file server from a shell of the host's, a host that accepts all of it
 * would lend BASH_ENV or LD_PRELOAD.
 */
static char *
no_environment(struct monitor *m)
{
	recheck_kinds(m);
	if ((m->kinds & (KIND_BIT(KIND_SHELL) | KIND_BIT(KIND_EXEC))) != 0)
		return (NULL);
	return (xstrdup("sshportal: no environment without programs"));
}

/* What is asked for on a channel and opens others, from the host, later. */
int
answer_channel_request(struct monitor *m, struct ipc *req)
{
	struct sentence		 s;
	struct ask_channel_open	 a = { .detail = "asked for" };
	enum kind		 kind;
	char			*no;

	if (get_sentence(&req->body, &s) == -1)
		return (-1);
	if (strcmp(s.text, "env") == 0) {
		no = no_environment(m);
		monitor_verdict(m, req->type, req->id, no);
		free(no);
		return (0);
	}
	a.type = s.text;
	if (kind_of(&a, &kind) == -1 ||
	    (kind != KIND_AGENT && kind != KIND_X11))
		return (-1);
	if ((no = not_allowed(m, kind)) != NULL)
		refuse(m, req, &a, no);
	else
		monitor_verdict(m, req->type, req->id, NULL);
	free(no);
	return (0);
}

int
answer_channel_close(struct monitor *m, struct ipc *req)
{
	struct ask_channel_close	 a;
	struct monitor_channel		*c;

	if (get_ask_channel_close(&req->body, &a) == -1)
		return (-1);
	c = channels_find(m, a.channel);
	/* a shell may have ended a moment ago */
	if (c == NULL)
		return (m->use.state == ST_SHELL ? 0 : -1);
	if (m->use.state == ST_SHELL || m->use.state == ST_REFUSED) {
		if (jumps_closed(m, &a) == -1)
			return (-1);
		channels_remove(m, c);
		return (0);
	}
	journal_channel_close(m, c->seq, &a);
	channels_remove(m, c);
	return (0);
}

int
answer_log(struct monitor *m, struct ipc *req)
{
	struct ask_log	a;

	(void)m;
	if (get_ask_log(&req->body, &a) == -1 || a.level > LOG_LEVEL_DEBUG)
		return (-1);
	log_relay(a.level, "child", a.text);
	return (0);
}

/* Only words for log and history: what ends, ends by itself. */
int
answer_ending(struct monitor *m, struct ipc *req)
{
	struct sentence	s;

	if (get_sentence(&req->body, &s) == -1)
		return (-1);
	log_info("user %s: %s", m->user != NULL ? m->user->name : "nobody",
	    s.text);
	if (m->error == NULL)
		m->error = escape_text(s.text, strlen(s.text));
	return (0);
}
