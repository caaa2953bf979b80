/* SPDX-License-Identifier: ISC */
/*
 * The child's side of the gate.
 */
#include <sys/queue.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child/ask.h"
#include "child/pace.h"
#include "lib/clock.h"
#include "lib/harden.h"
#include "lib/xmalloc.h"

#define KEPT_MAX	256	/* messages kept while one is waited for */
#define LOG_LINES_MAX	2000	/* of one connection */

/* A message that came while another was waited for. */
struct kept {
	TAILQ_ENTRY(kept)	 link;
	struct ipc		 ipc;
};

/* A request that will be answered later. */
struct pending {
	TAILQ_ENTRY(pending)	 link;
	uint32_t		 id;
	uint8_t			 type;
	ask_reply		*fn;
	void			*arg;
};

static TAILQ_HEAD(, kept)	 kept = TAILQ_HEAD_INITIALIZER(kept);
static TAILQ_HEAD(, pending)	 pending = TAILQ_HEAD_INITIALIZER(pending);
static int			 gate = -1;
static unsigned			 nkept;
static uint32_t			 last_id;

void
ask_init(int fd)
{
	gate = fd;
	if (fcntl(gate, F_SETFL, O_NONBLOCK) == -1)
		fatal("gate: %s", strerror(errno));
}

int
ask_fd(void)
{
	return (gate);
}

void
ask_malformed(const char *what)
{
	fatal("the monitor's %s is malformed", what);
}

/* Waits until the gate can be read from (POLLIN) or written to (POLLOUT). */
static void
gate_wait(short events)
{
	struct pollfd	p = { .fd = gate, .events = events };

	if (poll(&p, 1, -1) == -1 && errno != EINTR)
		leave(0);
}

static void
gate_send(const struct ipc *m)
{
	enum ipc_result	r;

	while ((r = ipc_send(gate, m)) == IPC_AGAIN)
		gate_wait(POLLOUT);
	if (r != IPC_OK)
		leave(0);
}

/* Gets the next message, if there is one: 1, else 0. */
static int
gate_recv(struct ipc *m)
{
	switch (ipc_recv(gate, m)) {
	case IPC_OK:
		return (1);
	case IPC_AGAIN:
		return (0);
	default:
		leave(0);
	}
}

static void
keep(struct ipc *m)
{
	struct kept	*k;

	if (++nkept > KEPT_MAX)
		fatal("the monitor says too much");
	k = xmalloc(sizeof(*k));
	k->ipc = *m;
	TAILQ_INSERT_TAIL(&kept, k, link);
}

static int
unkeep(struct ipc *m)
{
	struct kept	*k = TAILQ_FIRST(&kept);

	if (k == NULL)
		return (0);
	TAILQ_REMOVE(&kept, k, link);
	nkept--;
	*m = k->ipc;
	free(k);
	return (1);
}

/* Waits for one message and keeps those that come before it. */
static void
wait_for(uint8_t type, uint32_t id, struct ipc *m)
{
	for (;;) {
		if (!gate_recv(m)) {
			gate_wait(POLLIN);
			continue;
		}
		if (m->type == type && m->id == id)
			return;
		keep(m);
	}
}

void
ask_wait_tell(enum tell type, struct ipc *m)
{
	wait_for(type, 0, m);
}

void
ask_wait_next(struct ipc *m)
{
	while (!unkeep(m) && !gate_recv(m))
		gate_wait(POLLIN);
}

/* A request to fill, with an id of its own. */
static void
request_init(struct ipc *m, enum ask type)
{
	ipc_init(m, type, ++last_id);
}

/* Sends a request, waits for its answer, which replaces it. */
static void
request_wait(struct ipc *m)
{
	uint8_t		type = m->type | ANSWER;
	uint32_t	id = m->id;

	gate_send(m);
	ipc_free(m);
	wait_for(type, id, m);
}

/* Sends a request whose answer goes to fn. */
static void
request_send(struct ipc *m, ask_reply *fn, void *arg)
{
	struct pending	*p = xmalloc(sizeof(*p));

	p->id = m->id;
	p->type = m->type | ANSWER;
	p->fn = fn;
	p->arg = arg;
	TAILQ_INSERT_TAIL(&pending, p, link);
	gate_send(m);
	ipc_free(m);
}

/* Sends a request that has no answer. */
static void
request_forget(struct ipc *m)
{
	gate_send(m);
	ipc_free(m);
}

/* Gives an answer to who asked. */
static void
answer(struct ipc *m)
{
	struct pending	*p;

	TAILQ_FOREACH(p, &pending, link) {
		if (p->id == m->id && p->type == m->type)
			break;
	}
	if (p == NULL)
		ask_malformed("answer");
	TAILQ_REMOVE(&pending, p, link);
	p->fn(p->arg, m);
	free(p);
}

void
ask_receive(ask_tell *fn, void *arg)
{
	struct ipc	m;

	while (unkeep(&m) || gate_recv(&m)) {
		if (m.type & ANSWER)
			answer(&m);
		else
			fn(arg, &m);
		ipc_free(&m);
	}
}

int
ask_waiting(void)
{
	return (!TAILQ_EMPTY(&kept));
}

/* What a client makes us ask, as often as it likes. */
static struct paced {
	enum ask	request;
	unsigned	a_minute;
	struct pace	pace;
} paced[] = {
	{ ASK_REKEY_SIGN, REKEYS_A_MINUTE, { 0 } },
	{ ASK_CHANNEL_OPEN, CHANNELS_A_MINUTE, { 0 } },
	{ ASK_CHANNEL_REQUEST, WISHES_A_MINUTE, { 0 } },
	{ ASK_SHELL, SHELLS_A_MINUTE, { 0 } },
	{ ASK_SHELL_RESIZE, SHELLS_A_MINUTE, { 0 } },
	{ ASK_JUMP, JUMPS_A_MINUTE, { 0 } },
	{ ASK_FILE, FILES_A_MINUTE, { 0 } },
};
static int	pause_ms = -1;

/* Milliseconds to wait before asking; 0: it may be asked, and is counted. */
static int
turn_wait(enum ask request)
{
	size_t	i;

	for (i = 0; i < sizeof(paced) / sizeof(paced[0]); i++) {
		if (paced[i].request == request)
			return (pace_wait(&paced[i].pace, paced[i].a_minute,
			    clock_mono_ms()));
	}
	return (0);
}

int
ask_may(enum ask request)
{
	int	ms = turn_wait(request);

	if (ms > 0 && (pause_ms == -1 || ms < pause_ms))
		pause_ms = ms;
	return (ms == 0);
}

int
ask_pause(void)
{
	int	ms = pause_ms;

	pause_ms = -1;
	return (ms);
}

int
ask_sign(enum ask request, const struct ask_sign *a, uint8_t *sig,
    size_t *siglen)
{
	struct answer_sign	answer;
	struct ipc		m;
	int			r = -1, ms;

	while ((ms = turn_wait(request)) > 0)
		poll(NULL, 0, ms);
	request_init(&m, request);
	put_ask_sign(&m.body, a);
	request_wait(&m);
	if (get_answer_sign(&m.body, &answer) == -1)
		ask_malformed("signature");
	if (answer.len > 0 && answer.len <= *siglen) {
		memcpy(sig, answer.sig, answer.len);
		*siglen = answer.len;
		r = 0;
	}
	ipc_free(&m);
	return (r);
}

enum destination
ask_auth(enum ask request, const struct ask_auth *a, char **text)
{
	struct answer_auth	answer;
	struct ipc		m;

	request_init(&m, request);
	put_ask_auth(&m.body, a);
	request_wait(&m);
	if (get_answer_auth(&m.body, &answer) == -1)
		ask_malformed("answer about a login");
	*text = xstrdup(answer.text);
	ipc_free(&m);
	return (answer.dest);
}

void
ask_target(ask_reply *fn, void *arg)
{
	struct ipc	m;

	request_init(&m, ASK_TARGET);
	request_send(&m, fn, arg);
}

void
ask_hostkey(const struct ask_hostkey *a, ask_reply *fn, void *arg)
{
	struct ipc	m;

	request_init(&m, ASK_HOSTKEY);
	put_ask_hostkey(&m.body, a);
	request_send(&m, fn, arg);
}

void
ask_up_sign(const struct ask_up_sign *a, ask_reply *fn, void *arg)
{
	struct ipc	m;

	request_init(&m, ASK_UP_SIGN);
	put_ask_up_sign(&m.body, a);
	request_send(&m, fn, arg);
}

void
ask_up_password(uint8_t hop, ask_reply *fn, void *arg)
{
	struct ask_up_password	a = { .hop = hop };
	struct ipc		m;

	request_init(&m, ASK_UP_PASSWORD);
	put_ask_up_password(&m.body, &a);
	request_send(&m, fn, arg);
}

void
ask_ending(const char *sentence)
{
	static int	told;
	struct sentence	s = { .text = sentence };
	struct ipc	m;

	if (told)
		return;
	told = 1;
	request_init(&m, ASK_ENDING);
	put_sentence(&m.body, &s);
	request_forget(&m);
}

void
ask_channel_open(const struct ask_channel_open *a, ask_reply *fn, void *arg)
{
	struct ipc	m;

	request_init(&m, ASK_CHANNEL_OPEN);
	put_ask_channel_open(&m.body, a);
	request_send(&m, fn, arg);
}

void
ask_jump(const struct ask_jump *a, ask_reply *fn, void *arg)
{
	struct ipc	m;

	request_init(&m, ASK_JUMP);
	put_ask_jump(&m.body, a);
	request_send(&m, fn, arg);
}

void
ask_channel_request(const char *what, ask_reply *fn, void *arg)
{
	struct sentence	s = { .text = what };
	struct ipc	m;

	request_init(&m, ASK_CHANNEL_REQUEST);
	put_sentence(&m.body, &s);
	request_send(&m, fn, arg);
}

void
ask_channel_close(const struct ask_channel_close *a)
{
	struct ipc	m;

	request_init(&m, ASK_CHANNEL_CLOSE);
	put_ask_channel_close(&m.body, a);
	request_forget(&m);
}

void
ask_file(const struct ask_file *a)
{
	struct ipc	m;

	request_init(&m, ASK_FILE);
	put_ask_file(&m.body, a);
	request_forget(&m);
}

void
ask_file_last(const struct ask_file *a)
{
	int	ms;

	while ((ms = turn_wait(ASK_FILE)) > 0)
		poll(NULL, 0, ms);
	ask_file(a);
}

void
ask_shell(const struct ask_shell *a, ask_reply *fn, void *arg)
{
	struct ipc	m;

	request_init(&m, ASK_SHELL);
	put_ask_shell(&m.body, a);
	request_send(&m, fn, arg);
}

void
ask_shell_resize(const struct ask_shell_resize *a)
{
	struct ipc	m;

	request_init(&m, ASK_SHELL_RESIZE);
	put_ask_shell_resize(&m.body, a);
	request_forget(&m);
}

void
ask_errand(const struct ask_errand *a)
{
	struct ipc	m;

	request_init(&m, ASK_ERRAND);
	put_ask_errand(&m.body, a);
	request_forget(&m);
}

void
ask_log(enum log_level level, const char *line)
{
	static unsigned	nlines;
	struct ask_log	a = { .level = level, .text = line };
	struct ipc	m;

	if (gate == -1 || nlines >= LOG_LINES_MAX ||
	    strlen(line) > LOG_TEXT_MAX)
		return;
	if (++nlines == LOG_LINES_MAX)
		a.text = "no more lines of this connection";
	request_init(&m, ASK_LOG);
	put_ask_log(&m.body, &a);
	request_forget(&m);
}
