/* SPDX-License-Identifier: ISC */
/*
 * A channel of the person, and what is asked for on a session's.
 *
 * Requests wait in a queue, each for the far end to be known and for the one
 * before it, so that a client may send all of them before there is a host.
 */
/* libssh wants callbacks for ptys now; a request that waits cannot be one. */
#define SSH_SUPPRESS_DEPRECATED

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child/ask.h"
#include "child/chan.h"
#include "child/client.h"
#include "child/conn.h"
#include "child/far.h"
#include "child/files.h"
#include "child/forward.h"
#include "child/record.h"
#include "child/relay.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "config.h"

#define REQUESTS_MAX	256	/* that wait on one channel */
#define TO_FAR_MAX	(64 * 1024)	/* of bytes that wait */
#define TO_CLIENT_MAX	(256 * 1024)
#define NAMED_MAX	(1024 * 1024)	/* of a transfer: names take time */

static void
request_free(struct chan *c, struct request *r)
{
	TAILQ_REMOVE(&c->requests, r, link);
	c->nrequests--;
	if (c->program == r)
		c->program = NULL;
	if (r->msg != NULL)
		ssh_message_free(r->msg);
	free(r->own);
	free(r);
}

static struct request *
request_new(struct chan *c, enum request_type type)
{
	struct request	*r = xcalloc(1, sizeof(*r));

	r->type = type;
	TAILQ_INSERT_TAIL(&c->requests, r, link);
	c->nrequests++;
	return (r);
}

/*
 * What libssh calls while it reads; nothing is written to the person here.
 */
static int
on_data(ssh_session ssh, ssh_channel channel, void *data, uint32_t len,
    int is_stderr, void *arg)
{
	(void)ssh;
	(void)channel;
	return (is_stderr ? len : relay_data(arg, data, len));
}

static void
on_eof(ssh_session ssh, ssh_channel channel, void *arg)
{
	struct chan	*c = arg;

	(void)ssh;
	(void)channel;
	c->in_eof = 1;
}

static void
on_close(ssh_session ssh, ssh_channel channel, void *arg)
{
	struct chan	*c = arg;

	(void)ssh;
	(void)channel;
	c->in_eof = c->in_closed = 1;
}

static void
on_signal(ssh_session ssh, ssh_channel channel, const char *name, void *arg)
{
	struct chan	*c = arg;
	struct request	*r;

	(void)ssh;
	(void)channel;
	if (c->nrequests >= REQUESTS_MAX || c->state == CHAN_ENDED)
		return;
	r = request_new(c, REQUEST_SIGNAL);
	r->text = r->own = xstrdup(name);
}

/* libssh has said yes by now: what comes of it shows when an agent is asked. */
static void
on_agent(ssh_session ssh, ssh_channel channel, void *arg)
{
	struct chan	*c = arg;

	(void)ssh;
	(void)channel;
	if (c->nrequests < REQUESTS_MAX && c->state != CHAN_ENDED)
		request_new(c, REQUEST_AGENT);
}

struct chan *
chan_make(struct conn *conn, enum chan_kind kind)
{
	struct chan	*c = xcalloc(1, sizeof(*c));

	c->conn = conn;
	c->kind = kind;
	c->id = ++conn->last_channel;
	TAILQ_INIT(&c->requests);
	buf_init(&c->to_far, TO_FAR_MAX);
	buf_init(&c->to_client, TO_CLIENT_MAX);
	c->end.channel = c->id;
	c->end.signal = c->exit.signal;
	c->callbacks.userdata = c;
	c->callbacks.channel_data_function = on_data;
	c->callbacks.channel_eof_function = on_eof;
	c->callbacks.channel_close_function = on_close;
	ssh_callbacks_init(&c->callbacks);
	TAILQ_INSERT_TAIL(&conn->channels, c, link);
	conn->nchannels++;
	return (c);
}

static void
name_no_more(struct chan *c)
{
	if (c->named)
		naming_stop();
	c->named = 0;
}

static void
chan_free(struct chan *c)
{
	TAILQ_REMOVE(&c->conn->channels, c, link);
	c->conn->nchannels--;
	forward_free(c->forward);
	name_no_more(c);
	free(c->term);
	free(c->sentence);
	free(c);
}

void
chan_new(struct conn *conn, ssh_message msg)
{
	struct chan	*c = chan_make(conn, CHAN_SESSION);

	c->callbacks.channel_signal_function = on_signal;
	c->callbacks.channel_auth_agent_req_function = on_agent;
	c->named = 1;
	naming_start();
	c->ssh = client_accept(msg, &c->callbacks);
	ssh_message_free(msg);
	if (c->ssh == NULL)
		chan_free(c);
}

static struct chan *
chan_find(struct conn *conn, ssh_channel ssh)
{
	struct chan	*c;

	TAILQ_FOREACH(c, &conn->channels, link) {
		if (c->ssh == ssh)
			return (c);
	}
	return (NULL);
}

/* The terminal modes of a pty, where libssh hands them out. */
static void
read_modes(struct request *r)
{
#ifdef HAVE_SSH_MESSAGE_CHANNEL_REQUEST_PTY_MODES
	ssh_string	modes = ssh_message_channel_request_pty_modes(r->msg);

	if (modes != NULL) {
		r->modes = ssh_string_data(modes);
		r->modes_len = ssh_string_len(modes);
	}
#else
	(void)r;
#endif
}

/* The facts of a message, as far as its type has them. */
static void
request_read(struct request *r)
{
	ssh_message	m = r->msg;

	switch (ssh_message_subtype(m)) {
	case SSH_CHANNEL_REQUEST_PTY:
		r->type = REQUEST_PTY;
		r->text = ssh_message_channel_request_pty_term(m);
		read_modes(r);
		break;
	case SSH_CHANNEL_REQUEST_WINDOW_CHANGE:
		r->type = REQUEST_RESIZE;
		break;
	case SSH_CHANNEL_REQUEST_ENV:
		r->type = REQUEST_ENV;
		r->text = ssh_message_channel_request_env_name(m);
		r->value = ssh_message_channel_request_env_value(m);
		break;
	case SSH_CHANNEL_REQUEST_SHELL:
		r->type = REQUEST_SHELL;
		break;
	case SSH_CHANNEL_REQUEST_EXEC:
		r->type = REQUEST_EXEC;
		r->text = ssh_message_channel_request_command(m);
		break;
	case SSH_CHANNEL_REQUEST_SUBSYSTEM:
		r->type = REQUEST_SUBSYSTEM;
		r->text = ssh_message_channel_request_subsystem(m);
		break;
	case SSH_CHANNEL_REQUEST_X11:
		r->type = REQUEST_X11;
		r->text = ssh_message_channel_request_x11_auth_protocol(m);
		r->value = ssh_message_channel_request_x11_auth_cookie(m);
		r->single =
		    ssh_message_channel_request_x11_single_connection(m);
		r->screen = ssh_message_channel_request_x11_screen_number(m);
		break;
	default:
		r->type = r->name == NAMING_BREAK ? REQUEST_BREAK :
		    REQUEST_OTHER;
		r->nameless = ssh_message_subtype(m) ==
		    SSH_CHANNEL_REQUEST_UNKNOWN;
		break;
	}
	r->size[0] = ssh_message_channel_request_pty_width(m);
	r->size[1] = ssh_message_channel_request_pty_height(m);
	r->size[2] = ssh_message_channel_request_pty_pxwidth(m);
	r->size[3] = ssh_message_channel_request_pty_pxheight(m);
	if (r->text == NULL)
		r->text = "";
	if (r->value == NULL)
		r->value = "";
}

static int
is_program(const struct request *r)
{
	return (r->type == REQUEST_SHELL || r->type == REQUEST_EXEC ||
	    r->type == REQUEST_SUBSYSTEM);
}

/* One terminal a channel, and before its program. */
static void
note_pty(struct chan *c, struct request *r)
{
	if (c->term != NULL || c->had_program || strlen(r->text) > TERM_MAX) {
		r->type = REQUEST_OTHER;
		return;
	}
	c->pty = 1;
	c->term = xstrdup(r->text);
	memcpy(c->size, r->size, sizeof(c->size));
}

/* One program a channel. */
static void
note_program(struct chan *c, struct request *r)
{
	if (c->had_program) {
		r->type = REQUEST_OTHER;
		return;
	}
	c->had_program = 1;
	c->program = r;
	if (strlen(r->text) > COMMAND_MAX)
		chan_fail(c, "sshportal: this command is too long");
}

void
chan_request(struct conn *conn, ssh_message msg)
{
	struct chan	*c;
	struct request	*r;
	enum naming	 name = NAMING_NONE;

	if (ssh_message_subtype(msg) == SSH_CHANNEL_REQUEST_UNKNOWN)
		name = naming_take();
	c = chan_find(conn, ssh_message_channel_request_channel(msg));
	if (c == NULL || c->state == CHAN_ENDED) {
		/* nothing may follow a close, and a freed channel not either */
		ssh_message_free(msg);
		return;
	}
	if (c->nrequests >= REQUESTS_MAX) {
		client_reply(&conn->client, msg, 0);
		return;
	}
	r = request_new(c, REQUEST_OTHER);
	r->msg = msg;
	r->name = name;
	request_read(r);
	if (r->type == REQUEST_PTY)
		note_pty(c, r);
	else if (is_program(r))
		note_program(c, r);
}

void
chan_fail(struct chan *c, const char *sentence)
{
	if (c->sentence == NULL)
		c->sentence = xstrdup(sentence);
}

/* The far end, once the session knows where it leads. */
static void
choose_far(struct chan *c)
{
	const struct conn	*conn = c->conn;

	if (c->sentence == NULL && conn->sentence != NULL)
		chan_fail(c, conn->sentence);
	else if (c->sentence == NULL && conn->nowhere != NULL)
		chan_fail(c, conn->nowhere);
	if (c->sentence != NULL && c->far != &far_text) {
		if (c->far != NULL)
			c->far->close(c);
		c->far = &far_text;
		c->in_deaf = 0;
		buf_clear(&c->to_far);
	}
	if (c->far != NULL)
		return;
	if (conn->dest == DEST_NOTICE)
		c->far = &far_text;
	else if (conn->dest == DEST_SHELL)
		c->far = &far_shell;
	else if (conn->dest == DEST_HOST && conn->is_telnet)
		c->far = &far_telnet;
	else if (conn->dest == DEST_HOST && upstream_ready(&conn->up))
		c->far = &far_host;
}

/* What the monitor has opened for it to be recorded in. */
static void
record_begin(struct chan *c, const struct answer_channel_open *a,
    struct ipc *m)
{
	struct record_opts	o = { .required = a->required };
	size_t			i, n = 0;

	for (i = 0; i < RECORDING_FILES; i++) {
		o.formats[i] = a->formats[i];
		if ((o.fds[i] = ipc_take_fd(m, i)) != -1)
			n++;
	}
	if (n == 0)
		return;
	o.limit = a->limit;
	o.reserve = a->reserve;
	o.cols = c->size[0];
	o.rows = c->size[1];
	o.term = c->term;
	o.from = a->from;
	o.to = a->to;
	c->record = record_new(&o);
}

int
chan_answered(struct chan *c, const struct verdict *v)
{
	c->answered = 1;
	c->permitted = v->ok;
	if (!v->ok)
		chan_fail(c, v->sentence);
	else if (c->state == CHAN_ENDED)
		ask_channel_close(&c->end);
	return (v->ok && c->state != CHAN_ENDED);
}

static const char *const program_types[] = {
	[REQUEST_SHELL] = "shell",
	[REQUEST_EXEC] = "exec",
	[REQUEST_SUBSYSTEM] = "subsystem",
};

void
chan_opened(void *arg, struct ipc *m)
{
	struct chan			*c = arg;
	struct answer_channel_open	 a;

	if (get_answer_channel_open(&m->body, &a) == -1)
		ask_malformed("answer about a channel");
	if (!chan_answered(c, &a.verdict))
		return;
	if (c->program != NULL)
		c->files = files_new(c->id, program_types[c->program->type],
		    c->program->text);
	record_begin(c, &a, m);
	if (c->pty && a.unrecorded[0] != '\0') {
		c->conn->unrecorded_told = 1;
		relay_say(c, a.unrecorded);
	}
}

/* Asks whether the program may start, as soon as it is known. */
static void
ask_program(struct chan *c)
{
	const struct request	*r = c->program;
	struct ask_channel_open	 a;

	if (r == NULL || c->asked || c->far == NULL || !c->far->audited ||
	    !ask_may(ASK_CHANNEL_OPEN))
		return;
	memset(&a, 0, sizeof(a));
	a.channel = c->id;
	a.type = program_types[r->type];
	a.detail = r->text;
	a.pty = c->pty;
	a.cols = c->size[0];
	a.rows = c->size[1];
	c->asked = 1;
	ask_channel_open(&a, chan_opened, c);
}

/* The monitor's word on requests of one type. */
static void
wish_answered(void *arg, struct ipc *m)
{
	struct wish	*w = arg;
	struct chan	*c = w->chan;
	struct verdict	 v;

	if (get_verdict(&m->body, &v) == -1)
		ask_malformed("answer about a request");
	w->state = v.ok ? WISH_GRANTED : WISH_REFUSED;
	/* most clients send an environment that nobody will miss */
	if (!v.ok && w != &c->wishes[WISH_ENV] && c->state == CHAN_SETUP)
		relay_say(c, v.sentence);
}

/*
 * Some requests open the way for other channels, or change what a program
 * does: the monitor says whether they may go to a host.
 */
static int
wish_check(struct chan *c, enum request_type type)
{
	static const char *const	names[] = {
		[WISH_ENV] = "env",
		[WISH_AGENT] = "agent",
		[WISH_X11] = "x11",
	};
	enum chan_wish			which;
	struct wish			*w;

	if (!c->far->audited || (type != REQUEST_ENV &&
	    type != REQUEST_AGENT && type != REQUEST_X11))
		return (FAR_OK);
	which = type == REQUEST_ENV ? WISH_ENV :
	    type == REQUEST_AGENT ? WISH_AGENT : WISH_X11;
	w = &c->wishes[which];
	if (w->state == WISH_UNASKED) {
		if (!ask_may(ASK_CHANNEL_REQUEST))
			return (FAR_AGAIN);
		w->chan = c;
		w->state = WISH_ASKED;
		ask_channel_request(names[which], wish_answered, w);
	}
	return (w->state == WISH_ASKED ? FAR_AGAIN :
	    w->state == WISH_GRANTED ? FAR_OK : FAR_REFUSED);
}

static int
wish_waits(const struct chan *c)
{
	size_t	i;

	for (i = 0; i < WISHES; i++) {
		if (c->wishes[i].state == WISH_ASKED)
			return (1);
	}
	return (0);
}

/* Whether a request may go to the far end now. */
static int
request_check(struct chan *c, const struct request *r)
{
	int	result;

	if (c->far == NULL)
		return (FAR_AGAIN);
	if (r->type == REQUEST_OTHER)
		return (FAR_REFUSED);
	if ((result = wish_check(c, r->type)) != FAR_OK)
		return (result);
	if (is_program(r) && c->far->audited && !c->permitted)
		return (FAR_AGAIN);
	return (FAR_OK);
}

/*
 * Who is recorded reads so, if a terminal is there to read it on: without one
 * the bytes are a program's (scp, rsync, git) and stay the host's. Standard
 * error, so that "ssh -t web1 command >file" has nothing but the command's in
 * the file. It goes into the recording like all that the person saw: there it
 * shows that they were told.
 */
static void
tell_recorded(struct chan *c)
{
	const char	*notice = c->conn->settings->recording_notice;

	if (c->record != NULL && c->pty && notice[0] != '\0')
		relay_say(c, notice);
}

/*
 * OpenSSH's eow@openssh.com: nobody reads the output any more. Without a name
 * it is what wants no answer, but for a break on a terminal.
 */
static int
is_eow(const struct chan *c, const struct request *r, int wanted)
{
	if (r->name != NAMING_NONE)
		return (r->name == NAMING_EOW);
	return (r->nameless && !wanted && !c->pty);
}

/* What could not be said with a refusal. */
static void
tell_unsaid(struct chan *c)
{
	if (c->conn->unsaid != NULL)
		relay_say(c, c->conn->unsaid);
	free(c->conn->unsaid);
	c->conn->unsaid = NULL;
}

/* A request was done or refused: answers it. */
static void
request_done(struct chan *c, struct request *r, int ok)
{
	int	wanted = 1;

	if (r->type == REQUEST_RESIZE) {
		memcpy(c->size, r->size, sizeof(c->size));
		relay_resized(c);
	}
	if (r->type == REQUEST_PTY && !ok)
		c->pty = 0;
	if (r->msg != NULL)
		wanted = client_reply(&c->conn->client, r->msg, ok);
	r->msg = NULL;
	if (ok && is_program(r)) {
		c->state = CHAN_RUNNING;
		c->conn->started = 1;
		tell_unsaid(c);
		tell_recorded(c);
		if (c->pty)
			c->to_say = c->conn->warning;
	}
	if (is_eow(c, r, wanted) && c->state == CHAN_RUNNING)
		c->out_unwanted = 1;
	request_free(c, r);
}

static void
run_requests(struct chan *c)
{
	struct request	*r;
	int		 result;

	while ((r = TAILQ_FIRST(&c->requests)) != NULL) {
		/* The analyzer forgets that a removed one is not the first. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		result = request_check(c, r);
		if (result == FAR_OK)
			result = c->far->request(c, r);
		if (result == FAR_AGAIN)
			return;
		request_done(c, r, result == FAR_OK);
	}
}

void
chan_end(struct chan *c)
{
	c->end.bytes_in = c->bytes_in;
	c->end.bytes_out = c->bytes_out;
	if (c->kind != CHAN_SESSION)
		c->end.how = CHANNEL_END_NONE;
	if (c->ssh != NULL)
		client_close(c);
	if (c->far != NULL)
		c->far->close(c);
	files_free(c->files);
	c->files = NULL;
	if (c->permitted)
		ask_channel_close(&c->end);
	record_free(c->record);
	c->record = NULL;
	while (!TAILQ_EMPTY(&c->requests))
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as above */
		request_free(c, TAILQ_FIRST(&c->requests));
	buf_clear(&c->to_far);
	buf_clear(&c->to_client);
	c->state = CHAN_ENDED;
}

void
chan_relay(struct chan *c)
{
	files_run(c->files);
	relay_up(c);
	relay_down(c);
	files_run(c->files);
	if (!c->pty && c->bytes_in + c->bytes_out > NAMED_MAX)
		name_no_more(c);
	if (c->out_refused) {
		c->end.how = CHANNEL_END_SIGNAL;
		snprintf(c->exit.signal, sizeof(c->exit.signal), "PIPE");
		chan_end(c);
		return;
	}
	if (!c->out_eof || c->to_client.len > 0)
		return;
	if (!c->out_done) {
		c->out_done = 1;
		client_eof(c->ssh);
	}
	if (c->far->exit(c) == FAR_OK)
		chan_end(c);
}

/*
 * The client has closed: what it sent before still gets there, and a status
 * that is under way still gets back, as with sshd.
 */
static void
run_hangup(struct chan *c)
{
	if (c->state == CHAN_RUNNING) {
		if (!c->in_done)
			return;
		c->hung_up = 1;
		if (c->far->hangup(c) == FAR_AGAIN)
			return;
		c->far->exit(c);
	}
	chan_end(c);
}

static void
run_session(struct chan *c)
{
	int	was_sentence;

	do {
		was_sentence = c->sentence != NULL;
		choose_far(c);
		ask_program(c);
		run_requests(c);
		if (c->state == CHAN_RUNNING && !c->hung_up)
			chan_relay(c);
	} while (!was_sentence && c->sentence != NULL);
}

void
chan_run(struct chan *c)
{
	if (c->state == CHAN_ENDED)
		return;
	if (c->kind == CHAN_SESSION)
		run_session(c);
	else
		forward_run(c);
	if (c->in_closed && c->state != CHAN_ENDED)
		run_hangup(c);
}

void
chans_reap(struct conn *conn)
{
	struct chan	*c, *next;

	for (c = TAILQ_FIRST(&conn->channels); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->state == CHAN_ENDED && c->in_closed &&
		    (!c->asked || c->answered) && !wish_waits(c)) {
			if (c->ssh != NULL)
				client_free(c->ssh);
			chan_free(c);
		}
	}
}

void
chans_end(struct conn *conn)
{
	struct chan	*c;

	TAILQ_FOREACH(c, &conn->channels, link) {
		if (c->state == CHAN_ENDED || !c->permitted)
			continue;
		c->end.bytes_in = c->bytes_in;
		c->end.bytes_out = c->bytes_out;
		files_free(c->files);
		c->files = NULL;
		ask_channel_close(&c->end);
		c->state = CHAN_ENDED;
	}
}
