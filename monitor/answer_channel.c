/* SPDX-License-Identifier: ISC */
/*
 * Channels to a host: what may be opened, its record, its recording; and the
 * child's log.
 */
#include <string.h>
#include <unistd.h>

#include "db/host.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "monitor/channels.h"
#include "monitor/journal.h"
#include "monitor/jumps.h"
#include "monitor/monitor.h"
#include "monitor/recording.h"

static const struct channel_type {
	const char	*name;
	int		 recorded;	/* even without a pty */
} types[] = {
	{ "shell", 1 },
	{ "exec", 0 },
	{ "subsystem", 0 },
	{ "forward-local", 0 },
	{ "forward-remote", 0 },
	{ "agent", 0 },
	{ "x11", 0 },
};

static const struct channel_type *
type_by_name(const char *name)
{
	size_t	i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].name, name) == 0)
			return (&types[i]);
	}
	return (NULL);
}

static int
wants_recording(const struct monitor *m, const struct channel_type *t,
    const struct ask_channel_open *a)
{
	return (m->host->logging == LOGGING_EVERYTHING &&
	    (a->pty || t->recorded));
}

/*
 * What cannot work by way of a portal, or NULL: mosh's server would wait on the
 * host for datagrams that its client sends to the portal.
 */
static const char *
hopeless(const struct ask_channel_open *a)
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

static void
refuse(struct monitor *m, const struct ipc *req,
    const struct ask_channel_open *a, const char *sentence)
{
	journal_channel_open(m, ++m->last_seq, a, sentence);
	monitor_verdict(m, req->type, req->id, sentence);
}

int
answer_channel_open(struct monitor *m, struct ipc *req)
{
	static const struct verdict	 yes = { .ok = 1, .sentence = "" };
	const struct channel_type	*type;
	struct ask_channel_open		 a;
	struct monitor_channel		*c;
	struct ipc			 out;
	const char			*why;
	int				 fd = -1;

	if (get_ask_channel_open(&req->body, &a) == -1 ||
	    (type = type_by_name(a.type)) == NULL ||
	    channels_find(m, a.channel) != NULL)
		return (-1);
	if ((why = hopeless(&a)) != NULL) {
		refuse(m, req, &a, why);
		return (0);
	}
	if ((c = channels_add(m, a.channel)) == NULL) {
		refuse(m, req, &a, "sshportal: too many channels at once");
		return (0);
	}
	if (wants_recording(m, type, &a) &&
	    (fd = recording_open(m->settings->logs_dir, m->session, c->seq,
	    clock_utc())) == -1) {
		channels_remove(m, c);
		refuse(m, req, &a, "sshportal: the session cannot be recorded "
		    "now: tell an administrator");
		return (0);
	}
	journal_channel_open(m, c->seq, &a, NULL);
	ipc_init(&out, req->type | ANSWER, req->id);
	put_verdict(&out.body, &yes);
	out.fds[0] = fd;
	monitor_answer(m, &out);
	ipc_free(&out);
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
