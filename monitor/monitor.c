/* SPDX-License-Identifier: ISC */
/*
 * The birth and the end of a monitor, and what it says to its child.
 */
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <openssl/evp.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child/child.h"
#include "db/host.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/harden.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/proctitle.h"
#include "lib/xmalloc.h"
#include "monitor/dial.h"
#include "monitor/errand.h"
#include "monitor/journal.h"
#include "monitor/jumps.h"
#include "monitor/monitor.h"
#include "monitor/records.h"
#include "monitor/secrets.h"
#include "monitor/serve.h"
#include "monitor/spare.h"
#include "monitor/store.h"

#define GATE_PATIENCE_MS	5000	/* for a child that does not read */
#define STOP_MS			1500	/* for the person to read why */

static const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
#define NSIGNALS	(sizeof(signals) / sizeof(signals[0]))

static int
open_signals(void)
{
	sigset_t	set;
	size_t		i;
	int		fd;

	sigemptyset(&set);
	for (i = 0; i < NSIGNALS; i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) == -1)
		fatal("signalfd: %s", strerror(errno));
	return (fd);
}

static void
monitor_init(struct monitor *m, int ctl, int gate, pid_t child,
    const struct settings *s)
{
	int	i;

	memset(m, 0, sizeof(*m));
	m->settings = s;
	m->ctl = ctl;
	m->gate = gate;
	m->child = child;
	m->client = m->upstream = m->listener = -1;
	for (i = 0; i < MONITOR_PEERS_MAX; i++)
		m->peers[i] = -1;
	m->status = MONITOR_DONE;
	m->signals = open_signals();
	if (fcntl(gate, F_SETFL, O_RDWR | O_NONBLOCK) == -1 ||
	    fcntl(ctl, F_SETFL, O_RDWR | O_NONBLOCK) == -1)
		fatal("fcntl: %s", strerror(errno));
}

/* Cuts both connections: the child may be beyond our reach, they are not. */
static void
cut_connections(struct monitor *m)
{
	if (m->child_died || (m->child == 0 && m->gate == -1))
		return;
	if (m->client != -1)
		shutdown(m->client, SHUT_RDWR);
	if (m->upstream != -1)
		shutdown(m->upstream, SHUT_RDWR);
}

static void
end_shells(struct monitor *m)
{
	size_t	i;

	for (i = 0; i < m->nchannels; i++) {
		if (m->channels[i].shell != 0)
			kill(m->channels[i].shell, SIGHUP);
	}
}

static void
forget_keys(struct monitor *m)
{
	size_t	i;

	for (i = 0; i < m->nhost_keys; i++) {
		EVP_PKEY_free(m->host_keys[i].pkey);
		m->host_keys[i].pkey = NULL;
	}
	way_forget(m);
}

static void __attribute__((noreturn))
finish(struct monitor *m)
{
	cut_connections(m);
	end_shells(m);
	dial_free(m->dial);
	errand_finish(m);
	jumps_end(m);
	journal_end(m);
	jumps_free(m);
	store_close(m);
	secrets_forget();
	forget_keys(m);
	secret_settings_free(&m->secrets);
	leave(m->status);
}

void
monitor_run(int ctl, int gate, pid_t child, int secrets_fd,
    const struct settings *s)
{
	struct monitor	*m = xcalloc(1, sizeof(*m));

	log_init("", s->log_level);
	proctitle_set("monitor spare");
	monitor_init(m, ctl, gate, child, s);
	spare_prepare(m, secrets_fd);
	spare_report(m);
	serve(m);
	finish(m);
}

void
monitor_main(int ctl, int secrets_fd, const struct settings *s)
{
	int	gate[2];
	pid_t	child;

	(void)setsid();		/* the daemon may have done it already */
	if (ipc_pair(gate) == -1 || (child = fork()) == -1)
		fatal("no child: %s", strerror(errno));
	if (child == 0) {
		close(gate[0]);
		child_main(gate[1], s);
	}
	close(gate[1]);
	monitor_run(ctl, gate[0], child, secrets_fd, s);
}

void
monitor_forget(void *arg)
{
	struct monitor	*m = arg;
	sigset_t	 none;
	size_t		 i;

	for (i = 0; i < NSIGNALS; i++)
		sigaction(signals[i], &(struct sigaction){
		    .sa_handler = SIG_DFL }, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	secrets_forget();
	secret_settings_free(&m->secrets);
	records_forget();
	forget_keys(m);
}

/* Waits until the child takes messages again; 0 when it does not. */
static int
wait_for_gate(const struct monitor *m)
{
	struct pollfd	p = { .fd = m->gate, .events = POLLOUT };

	return (poll(&p, 1, GATE_PATIENCE_MS) == 1 &&
	    (p.revents & (POLLERR | POLLHUP)) == 0);
}

void
monitor_answer(struct monitor *m, const struct ipc *answer)
{
	enum ipc_result	r;

	if (m->gate == -1)
		return;
	while ((r = ipc_send(m->gate, answer)) == IPC_AGAIN) {
		if (!wait_for_gate(m))
			break;
	}
	/* When it is gone, reading will say so. */
	if (r == IPC_AGAIN)
		monitor_end(m, MONITOR_STUCK, "the child does not listen");
	else if (r == IPC_BAD)
		monitor_end(m, MONITOR_FATAL, "an answer is too long");
}

void
monitor_verdict(struct monitor *m, uint8_t request, uint32_t id,
    const char *sentence)
{
	struct verdict	v = { .ok = sentence == NULL };
	struct ipc	out;
	char		clipped[SENTENCE_MAX];

	snprintf(clipped, sizeof(clipped), "%s",
	    sentence != NULL ? sentence : "");
	v.sentence = clipped;
	ipc_init(&out, request | ANSWER, id);
	put_verdict(&out.body, &v);
	monitor_answer(m, &out);
	ipc_free(&out);
}

void
monitor_authenticated(struct monitor *m)
{
	struct ipc	out;

	m->grace_ends = 0;
	if (m->ctl == -1)
		return;
	ipc_init(&out, CTL_AUTHENTICATED, 0);
	(void)ipc_send(m->ctl, &out);
	ipc_free(&out);
}

void
monitor_end(struct monitor *m, enum monitor_exit status, const char *fmt, ...)
{
	va_list	 ap;
	char	*why = NULL;

	if (m->ending)
		return;
	m->ending = 1;
	m->status = status;
	if (fmt == NULL)
		return;
	va_start(ap, fmt);
	if (vasprintf(&why, fmt, ap) == -1)
		why = NULL;
	va_end(ap);
	if (why == NULL)
		return;
	if (status == MONITOR_GATE || status == MONITOR_CHILD_CRASHED ||
	    status == MONITOR_STUCK || status == MONITOR_FATAL)
		log_error("%s", why);
	else
		log_info("%s", why);
	if (m->error == NULL)
		m->error = why;
	else
		free(why);
}

void
monitor_stop(struct monitor *m, const char *text)
{
	struct sentence	s = { .text = text };
	struct ipc	out;

	if (m->stopping)
		return;
	m->stopping = 1;
	if (m->use.state == ST_SPARE) {
		monitor_end(m, MONITOR_SPARE, NULL);
		return;
	}
	log_info("%s port %s: %s", m->address, m->port, text);
	free(m->error);
	m->error = xstrdup(text);
	m->stop_ends = clock_mono_ms() + STOP_MS;
	ipc_init(&out, TELL_STOP, 0);
	put_sentence(&out.body, &s);
	/* one that takes no messages is not waited for, it ends all the same */
	if (m->gate != -1)
		(void)ipc_send(m->gate, &out);
	ipc_free(&out);
}

/* In sshd's wording, for what reads such logs. */
static enum monitor_exit
ended_without_login(struct monitor *m)
{
	const char	*login = m->login;

	if (m->outage)
		return (MONITOR_DONE);
	if (login == NULL)
		log_info("Connection closed by %s port %s [preauth]",
		    m->address, m->port);
	else if (m->refused_keys == 0)
		log_info("Connection closed by authenticating user %s %s port "
		    "%s [preauth]", login, m->address, m->port);
	else {
		log_info("Invalid user %s from %s port %s", login, m->address,
		    m->port);
		log_info("Connection closed by invalid user %s %s port %s "
		    "[preauth]", login, m->address, m->port);
	}
	if (m->child_died && (!WIFEXITED(m->child_status) ||
	    WEXITSTATUS(m->child_status) != 0))
		return (MONITOR_DONE);	/* by no doing of the client's */
	if (m->refused_account)
		return (MONITOR_ACCOUNT);
	return (m->refused_keys == 0 ? MONITOR_NO_LOGIN : MONITOR_AUTH_FAILED);
}

static int
is_crash(int status)
{
	static const int	fatal_signals[] = { SIGSEGV, SIGBUS, SIGILL,
				    SIGFPE, SIGABRT, SIGSYS, SIGTRAP };
	size_t			i;

	if (!WIFSIGNALED(status))
		return (0);
	for (i = 0; i < sizeof(fatal_signals) / sizeof(*fatal_signals); i++) {
		if (WTERMSIG(status) == fatal_signals[i])
			return (1);
	}
	return (0);
}

void
monitor_child_gone(struct monitor *m)
{
	enum monitor_exit	status = MONITOR_DONE;

	if (m->child_died && is_crash(m->child_status)) {
		monitor_end(m, MONITOR_CHILD_CRASHED,
		    "the child of %s port %s crashed: %s", m->address,
		    m->port, strsignal(WTERMSIG(m->child_status)));
		return;
	}
	if (m->use.state == ST_SPARE) {
		monitor_end(m, MONITOR_FATAL, "the child ended before anybody "
		    "came");
		return;
	}
	if (m->stopping)
		status = MONITOR_STOPPED;
	else if (m->errand != NULL && !m->errand->over) {
		errand_fail(m, "the portal's process that spoke to it ended "
		    "early");
		return;
	} else if (m->errand != NULL)
		status = MONITOR_DONE;
	else if (m->use.state <= ST_AUTH)
		status = ended_without_login(m);
	else
		log_info("Connection closed by %s port %s", m->address,
		    m->port);
	monitor_end(m, status, NULL);
}
