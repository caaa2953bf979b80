/* SPDX-License-Identifier: ISC */
/*
 * Errands: being sent, the way there, the news, the end.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/host.h"
#include "db/key.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/errand.h"
#include "lib/escape.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/proctitle.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "monitor/dial.h"
#include "monitor/errand.h"
#include "monitor/errand_script.h"
#include "monitor/journal.h"
#include "monitor/monitor.h"
#include "monitor/store.h"

#define GOODBYE_MS	2000	/* for a child to end its connection */
#define PREFIX	"sshportal: "	/* of sentences for sessions, and a script's */

/* The errand's socket for a spare, by way of the daemon. */
static int
have_carried(struct monitor *m, int fd)
{
	enum ipc_result	r;
	struct ipc	out;

	if (m->ctl == -1)
		return (-1);
	ipc_init(&out, CTL_ERRAND, 0);
	out.fds[0] = fd;
	r = ipc_send(m->ctl, &out);
	out.fds[0] = -1;
	ipc_free(&out);
	return (r == IPC_OK ? 0 : -1);
}

int
errand_send(struct monitor *m, int shell, const struct ipc *req,
    struct errand *e)
{
	struct verdict	v = { .ok = 0, .sentence = "no process of the portal "
			    "can go there now: try again later" };
	struct ipc	out;
	enum ipc_result	r;
	int		fds[2] = { -1, -1 };

	e->user = m->user->id;
	e->user_name = "";
	e->source = m->address;
	ipc_init(&out, req->type, req->id);
	if (!errand_is_sound(e))
		v.sentence = "that is no errand";
	else if (errand_pair(e, fds) == 0 && have_carried(m, fds[1]) == 0) {
		v.ok = 1;
		v.sentence = "";
		out.fds[0] = fds[0];
	}
	put_verdict(&out.body, &v);
	r = ipc_send(shell, &out);
	out.fds[0] = -1;
	ipc_free(&out);
	if (fds[0] != -1) {
		close(fds[0]);
		close(fds[1]);
	}
	return (r == IPC_OK ? 0 : -1);
}

int
errand_fd(const struct monitor *m)
{
	return (m->errand != NULL && !m->errand->over ? m->errand->sock : -1);
}

int64_t
errand_deadline(const struct monitor *m)
{
	return (m->errand != NULL && !m->errand->over ? m->errand->ends : 0);
}

int
errand_learns(const struct monitor *m)
{
	return (m->errand->e.kind != ERRAND_TEST);
}

const char *
errand_comment(const struct monitor *m)
{
	return (m->errand->e.kind == ERRAND_TEST ? "host test" : "key rotate");
}

/* Few and short: the socket takes them all, so nobody is waited for. */
static void
say(const struct errand_run *r, struct ipc *out)
{
	(void)ipc_send(r->sock, out);
	ipc_free(out);
}

void
errand_tell(struct monitor *m, enum errand_result result, const char *text)
{
	struct errand_run	*r = m->errand;
	struct errand_step	 s = { .stage = r->stage, .result = result };
	char			 clipped[SENTENCE_MAX];
	int64_t			 now = clock_mono_ms();
	struct ipc		 out;

	if (strncmp(text, PREFIX, strlen(PREFIX)) == 0)
		text += strlen(PREFIX);
	s.ms = result == ERRAND_SKIPPED ? 0 : (uint32_t)(now - r->since);
	s.text = escape_into(clipped, sizeof(clipped), text);
	ipc_init(&out, ERRAND_STEP, 0);
	put_errand_step(&out.body, &s);
	say(r, &out);
	r->since = now;
	r->stage++;
}

/* The event of it; why is NULL when all went well. */
static void
write_event(struct monitor *m, const char *stage, const char *why)
{
	static const char *const	actions[][2] = {
		[ERRAND_TEST] = { "host", "test" },
		[ERRAND_INSTALL] = { "key", "install" },
		[ERRAND_REMOVE] = { "key", "uninstall" },
	};
	const struct errand_run		*r = m->errand;
	char				 reason[SENTENCE_MAX], *args;
	json_t				*o;

	if (m->user == NULL || m->host == NULL)
		return;
	o = json_pack("{s:s}", "result", why == NULL ? "ok" : "failed");
	if (why != NULL)
		json_object_update_new(o, json_pack("{s:s, s:s}", "step", stage,
		    "reason", escape_into(reason, sizeof(reason), why)));
	if (r->other != NULL)
		json_object_set_new(o, "key", json_string(r->other->name));
	args = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	journal_event(m, actions[r->e.kind][0], actions[r->e.kind][1],
	    m->host->name, args != NULL ? args : "");
	free(args);
	json_decref(o);
}

/* Nothing more is to be told. */
static void
conclude(struct monitor *m)
{
	struct ipc	out;

	m->errand->over = 1;
	ipc_init(&out, ERRAND_END, 0);
	say(m->errand, &out);
}

static void
succeed(struct monitor *m)
{
	write_event(m, NULL, NULL);
	conclude(m);
	monitor_end(m, MONITOR_DONE, NULL);
}

/* The same, but the child says goodbye to the host before it ends, too. */
static void
succeed_politely(struct monitor *m)
{
	write_event(m, NULL, NULL);
	conclude(m);
	m->stop_ends = clock_mono_ms() + GOODBYE_MS;
}

/* Without an end: it may be under way already. */
static void
fail(struct monitor *m, const char *why)
{
	const char	*stage = errand_stage_name(m->errand->stage);

	if (strncmp(why, PREFIX, strlen(PREFIX)) == 0)
		why += strlen(PREFIX);
	write_event(m, stage, why);
	errand_tell(m, ERRAND_FAILED, why);
	conclude(m);
}

void
errand_fail(struct monitor *m, const char *why)
{
	const char	*stage = errand_stage_name(m->errand->stage);

	if (m->errand->over)
		return;
	fail(m, why);
	monitor_end(m, MONITOR_DONE, "%s, %s: %s", errand_comment(m), stage,
	    why);
}

void
errand_finish(struct monitor *m)
{
	if (m->errand == NULL)
		return;
	if (!m->errand->over)
		fail(m, m->error != NULL ? m->error :
		    "the portal's process for it has ended");
	close(m->errand->sock);
}

void
errand_left(struct monitor *m)
{
	monitor_end(m, MONITOR_DONE, "%s: who asked for it is gone",
	    errand_comment(m));
}

void
errand_late(struct monitor *m)
{
	static const char *const	what[ERRAND_STAGES] = {
		[ERRAND_NAME] = "its name was not resolved",
		[ERRAND_CONNECT] = "no answer",
		[ERRAND_HOP] = "a host on the way did not let us through",
		[ERRAND_KEX] = ("it takes connections, but did not exchange "
		    "keys as an SSH server"),
		[ERRAND_HOSTKEY] = "its key was not checked",
		[ERRAND_LOGIN] = "no answer to the login",
		[ERRAND_WORK] = "its shell did not come to an end",
	};
	const struct errand_run		*r = m->errand;
	char				*why;

	why = xasprintf("%s within %g seconds", r->stage < ERRAND_STAGES ?
	    what[r->stage] : "it did not end", r->e.ms / 1000.0);
	errand_fail(m, why);
	free(why);
}

/* Reads the errand, the one message that its sender wrote. */
static int
read_errand(struct monitor *m, int sock)
{
	struct errand_run	*r;
	struct ipc		 in;
	struct errand		 e;

	if (ipc_recv(sock, &in) != IPC_OK)
		return (-1);
	if (in.type != ERRAND_BEGIN || get_errand(&in.body, &e) == -1 ||
	    !errand_is_sound(&e)) {
		ipc_free(&in);
		return (-1);
	}
	r = m->errand = xcalloc(1, sizeof(*r));
	r->e = e;
	r->user_name = xstrdup(e.user_name);
	r->e.user_name = r->e.source = NULL;
	if (r->e.ms == 0)
		r->e.ms = ERRAND_MS_MAX;
	r->sock = sock;
	snprintf(m->source, sizeof(m->source), "%s", e.source);
	snprintf(m->address, sizeof(m->address), "%s", e.source);
	ipc_free(&in);
	return (0);
}

int
errand_take(struct monitor *m, struct ipc *in)
{
	struct host	*first;
	int64_t		 ms;
	char		*no;
	int		 sock;

	if (m->use.state != ST_SPARE || (sock = ipc_take_fd(in, 0)) == -1)
		return (-1);
	fcntl(sock, F_SETFL, O_RDWR | O_NONBLOCK);
	if (read_errand(m, sock) == -1) {
		close(sock);
		return (-1);
	}
	m->use.state = ST_ERRAND;
	m->errand->since = clock_mono_ms();
	m->errand->ends = m->errand->since + m->errand->e.ms;
	proctitle_set("monitor errand");
	if ((no = errand_find(m)) != NULL) {
		errand_fail(m, no);
		free(no);
		return (0);
	}
	if (!way_has_unknown(m) || !errand_learns(m))
		store_close(m);
	ms = m->settings->connect_timeout_ms;
	if (ms > m->errand->e.ms)
		ms = m->errand->e.ms;
	m->errand->since = clock_mono_ms();
	first = way_first(m);
	m->dial = dial_start(first->addr, first->port, ms, monitor_forget, m);
	return (0);
}

/* The script, and how to log in, for the child. */
static void
tell_child(struct monitor *m, const char *input)
{
	struct tell_errand	 t = {
		.target.verdict = { .ok = 1, .sentence = "" },
		.input = input,
	};
	struct ipc		 out;

	way_put(m, &t.target);
	m->use.state = ST_ERRAND_KEY;
	ipc_init(&out, TELL_ERRAND, 0);
	put_tell_errand(&out.body, &t);
	out.fds[0] = m->upstream;
	monitor_answer(m, &out);
	out.fds[0] = -1;
	ipc_free(&out);
}

static void
begin_ssh(struct monitor *m)
{
	const struct errand_run	*r = m->errand;
	char			*script = NULL;

	if (r->e.kind == ERRAND_INSTALL)
		script = errand_script(way_last(m)->key, r->other);
	else if (r->e.kind == ERRAND_REMOVE)
		script = errand_script(r->other, NULL);
	if (script == NULL && r->e.kind != ERRAND_TEST)
		errand_fail(m, "one of the keys is damaged");
	else
		tell_child(m, script != NULL ? script : "");
	free(script);
}

static void
connected(struct monitor *m)
{
	char	address[ADDR_MAX + 1], name[NAME_MAX_BYTES + 1];

	m->upstream = dial_take(m->dial);
	dial_set_options(m->upstream, m->settings->tcp_keepalive);
	dial_peer(m->upstream, address, sizeof(address));
	proctitle_set("monitor errand %s", escape_into(name, sizeof(name),
	    m->host->name));
	errand_tell(m, ERRAND_OK, address);
	if (m->way.n == 1)
		m->errand->stage = ERRAND_KEX;	/* none on the way */
	if (m->host->scheme == HOST_SSH) {
		begin_ssh(m);
		return;
	}
	while (m->errand->stage < ERRAND_WORK)
		errand_tell(m, ERRAND_SKIPPED, "a telnet host has none");
	succeed(m);
}

void
errand_dialling(struct monitor *m)
{
	enum dial_result	 r = dial_step(m->dial);
	char			 list[256];

	if (m->errand->stage == ERRAND_NAME &&
	    dial_addresses(m->dial, list, sizeof(list)) > 0)
		errand_tell(m, ERRAND_OK, list);
	if (r == DIAL_WAIT)
		return;
	if (r == DIAL_DONE)
		connected(m);
	else
		errand_fail(m, dial_error(m->dial));
	dial_free(m->dial);
	m->dial = NULL;
}

int
errand_is_at(const struct monitor *m, size_t hop)
{
	return (m->errand->passed == hop);
}

/* One on the way: what is told of it comes when we are through. */
static void
hop_shown(struct monitor *m, const struct way_hop *hop)
{
	char	name[WAY_NAME_SIZE], *no;

	m->use.state = ST_ERRAND_HOP;
	if (errand_has_way(hop))
		return;
	no = xasprintf("no password is sent to host %s, whose key is not "
	    "known: the first login learns it", way_name(m, hop, name));
	errand_fail(m, no);
	free(no);
}

/* The host itself: an exchange, and this key. */
static void
host_shown(struct monitor *m, const char *type, const uint8_t *blob, size_t len)
{
	char	print[SSHKEY_FINGERPRINT_SIZE], *text;

	sshkey_fingerprint(blob, len, print);
	text = xasprintf("%s %s%s", type, print, m->host->host_key != NULL ||
	    errand_learns(m) ? "" : ": not known yet, the first login learns "
	    "it");
	errand_tell(m, m->host->host_key == NULL ? ERRAND_NEW : ERRAND_OK,
	    text);
	free(text);
	if (errand_has_way(way_last(m)))
		return;
	if (m->host->host_key == NULL && m->errand->e.key == 0 &&
	    m->host->key_id == 0) {
		errand_tell(m, ERRAND_SKIPPED, "no password is sent to a host "
		    "whose key is not known");
		succeed(m);
	} else {
		errand_fail(m, "it has neither a key nor a password to log in "
		    "with");
	}
}

void
errand_hostkey(struct monitor *m, const struct way_hop *hop, const char *type,
    const uint8_t *blob, size_t len, const char *no)
{
	m->use.state = ST_ERRAND_RUN;
	if (hop->host == m->host)
		errand_tell(m, ERRAND_OK, "");
	if (no != NULL)
		errand_fail(m, no);
	else if (hop->host == m->host)
		host_shown(m, type, blob, len);
	else
		hop_shown(m, hop);
}

/*
 * What the script said: its last line with our prefix, else its last line.
 * Returns whether it was ours: libssh2 has an exit status of 0, too, when none
 * came.
 */
static int
script_said(char *text)
{
	char	*line, *last = text, *rest = text;
	int	 ours = 0;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, PREFIX, strlen(PREFIX)) == 0) {
			last = line + strlen(PREFIX);
			ours = 1;
		} else if (!ours && *line != '\0') {
			last = line;
		}
	}
	/* The analyzer forgets that no line in the loop was NULL. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
	memmove(text, last, strlen(last) + 1);
	return (ours);
}

static void
worked(struct monitor *m, const struct ask_errand *a)
{
	char	*text = xstrdup(a->text);
	int	 ours;

	ours = script_said(text);
	if (a->ok && a->status == 0 && ours) {
		errand_tell(m, ERRAND_OK, text);
		succeed_politely(m);
	} else {
		errand_fail(m, *text != '\0' ? text : "its shell failed and "
		    "did not say why");
	}
	free(text);
}

/* Through the next one on the way. */
static void
passed(struct monitor *m)
{
	const struct host	*h = m->way.hops[m->errand->passed++].host;
	char			*text;

	text = xasprintf("%s, as %s", h->name, h->login);
	errand_tell(m, ERRAND_OK, text);
	free(text);
	if (m->errand->passed + 1 < m->way.n)
		m->errand->stage = ERRAND_HOP;
}

int
answer_errand(struct monitor *m, struct ipc *req)
{
	struct ask_errand	a;

	if (get_ask_errand(&req->body, &a) == -1 || m->errand == NULL ||
	    a.stage != m->errand->stage || (a.stage == ERRAND_KEX && a.ok) ||
	    (a.stage == ERRAND_HOP && a.ok &&
	    m->errand->passed + 1 != m->way.shown))
		return (-1);
	if (a.stage == ERRAND_WORK) {
		worked(m, &a);
		return (0);
	}
	if (!a.ok) {
		errand_fail(m, a.text);
		return (0);
	}
	if (a.stage == ERRAND_HOP) {
		passed(m);
		return (0);
	}
	errand_tell(m, ERRAND_OK, m->host->login);
	if (m->errand->e.kind == ERRAND_TEST)
		succeed_politely(m);
	return (0);
}
