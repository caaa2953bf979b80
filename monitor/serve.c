/* SPDX-License-Identifier: ISC */
/*
 * The monitor's loop: one poll over the gate, the daemon, the session's
 * socket, the keeper, the hosts that are being dialled, and the shells.
 */
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/proctitle.h"
#include "lib/xmalloc.h"
#include "monitor/answer_shell.h"
#include "monitor/answer_target.h"
#include "monitor/dial.h"
#include "monitor/errand.h"
#include "monitor/grant.h"
#include "monitor/jumps.h"
#include "monitor/monitor.h"
#include "monitor/records.h"
#include "monitor/remote.h"
#include "monitor/serve.h"
#include "monitor/spare.h"
#include "monitor/vault.h"

#define GATE_BATCH	32	/* messages before others have their turn */
#define CHILD_DEATH_MS	2000	/* between the gate's end and the child's */

enum source {
	FROM_SIGNALS,
	FROM_GATE,
	FROM_CTL,
	FROM_RECORDS,
	FROM_LISTENER,
	FROM_DIAL,
	FROM_ERRAND,
	FROM_PEERS,
	FROM_VAULTS = FROM_PEERS + MONITOR_PEERS_MAX,
	SOURCES = FROM_VAULTS + MONITOR_CHANNELS_MAX + 2 * JUMPS_MAX
};

/* "192.0.2.7:4711" or "[2001:db8::7]:4711" into its parts. */
static void
split_source(struct monitor *m)
{
	const char	*colon = strrchr(m->source, ':');
	const char	*from = m->source;
	size_t		 n = colon != NULL ? (size_t)(colon - from) :
			    strlen(from);

	if (colon != NULL)
		snprintf(m->port, sizeof(m->port), "%s", colon + 1);
	if (n >= 2 && from[0] == '[' && from[n - 1] == ']') {
		from++;
		n -= 2;
	}
	snprintf(m->address, sizeof(m->address), "%.*s", (int)n, from);
}

/* A person arrives: the child gets the socket. */
static int
take_connection(struct monitor *m, struct ipc *in)
{
	struct ctl_connection	c;
	struct ipc		out;

	if (m->use.state != ST_SPARE || in->fds[0] == -1 ||
	    get_ctl_connection(&in->body, &c) == -1)
		return (-1);
	snprintf(m->source, sizeof(m->source), "%s", c.source);
	split_source(m);
	log_about(LOG_ABOUT_SOURCE, m->address);
	m->client = ipc_take_fd(in, 0);
	fcntl(m->client, F_SETFL, O_RDWR | O_NONBLOCK);
	dial_set_options(m->client, m->settings->tcp_keepalive);
	if (m->settings->login_grace_ms > 0)
		m->grace_ends = clock_mono_ms() + m->settings->login_grace_ms;
	m->use.state = ST_KEX;
	proctitle_set("monitor [%s]", m->address);
	log_verbose("Connection from %s port %s", m->address, m->port);
	ipc_init(&out, TELL_CONNECTION, 0);
	out.fds[0] = m->client;
	monitor_answer(m, &out);
	out.fds[0] = -1;
	ipc_free(&out);
	return (0);
}

static void
from_ctl(struct monitor *m)
{
	struct ipc	in;

	switch (ipc_recv(m->ctl, &in)) {
	case IPC_AGAIN:
		return;
	case IPC_OK:
		break;
	default:
		/* A session outlives its daemon; a spare is of no use. */
		close(m->ctl);
		m->ctl = -1;
		if (m->use.state == ST_SPARE)
			monitor_end(m, MONITOR_SPARE, NULL);
		return;
	}
	if (in.type == CTL_ERRAND && errand_take(m, &in) == -1)
		monitor_end(m, MONITOR_FATAL, "the daemon sent no errand");
	else if (in.type == CTL_CONNECTION && take_connection(m, &in) == -1)
		monitor_end(m, MONITOR_FATAL, "the daemon sent nonsense");
	else if (in.type == CTL_RETIRE && m->use.state == ST_SPARE)
		monitor_end(m, MONITOR_SPARE, NULL);
	ipc_free(&in);
}

/* The gate has ended: so will the child, and how it does tells why. */
static void
gate_closed(struct monitor *m)
{
	close(m->gate);
	m->gate = -1;
	if (m->child == 0)
		monitor_child_gone(m);
	else if (m->stop_ends == 0)
		m->stop_ends = clock_mono_ms() + CHILD_DEATH_MS;
}

static void
from_gate(struct monitor *m)
{
	struct ipc	in;
	int		i;

	for (i = 0; i < GATE_BATCH && !m->ending; i++) {
		switch (ipc_recv(m->gate, &in)) {
		case IPC_AGAIN:
			return;
		case IPC_CLOSED:
			gate_closed(m);
			return;
		case IPC_BAD:
			monitor_end(m, MONITOR_GATE, "gate: not a message");
			return;
		case IPC_OK:
			break;
		}
		dispatch(m, &in);
		ipc_free(&in);
	}
}

static void
reap(struct monitor *m)
{
	size_t	i;
	pid_t	pid;
	int	status;

	if (m->child != 0 &&
	    waitpid(m->child, &m->child_status, WNOHANG) == m->child) {
		m->child = 0;
		m->child_died = 1;
		if (m->gate == -1)
			monitor_child_gone(m);
	}
	for (i = m->nchannels; i-- > 0;) {
		pid = m->channels[i].shell;
		if (pid != 0 && waitpid(pid, &status, WNOHANG) == pid)
			answer_shell_ended(m, pid, status);
	}
}

static void
from_signals(struct monitor *m)
{
	struct signalfd_siginfo	si;

	while (read(m->signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo != SIGCHLD)
			monitor_stop(m, "sshportal: the portal is being "
			    "stopped: try again later");
	}
	reap(m);
}

/* A shell's vault, or the socket of a jump. */
static void
from_vault(struct monitor *m, int fd)
{
	struct jump	*j;
	size_t		 i;

	for (i = 0; i < m->nchannels; i++) {
		if (m->channels[i].vault != fd)
			continue;
		if (vault_serve(m, fd) == -1) {
			close(fd);
			m->channels[i].vault = -1;
		}
		return;
	}
	LIST_FOREACH(j, &m->jumps, link) {
		if (j->listener == fd) {
			remote_accept(m, fd, j);
			return;
		}
	}
}

static void
watch(struct pollfd *p, int fd, short events)
{
	p->fd = fd;
	p->events = events;
	p->revents = 0;
}

static nfds_t
watch_all(struct monitor *m, struct pollfd p[SOURCES])
{
	const struct jump	*j;
	nfds_t			 n;
	short			 events = 0;
	size_t			 i;
	int			 fd;

	watch(&p[FROM_SIGNALS], m->signals, POLLIN);
	watch(&p[FROM_GATE], m->gate, POLLIN);
	watch(&p[FROM_CTL], m->ctl, POLLIN);
	fd = records_fd(&events);
	watch(&p[FROM_RECORDS], fd, events);
	watch(&p[FROM_LISTENER], m->listener, POLLIN);
	fd = m->dial != NULL ? dial_fd(m->dial, &events) : -1;
	watch(&p[FROM_DIAL], fd, events);
	watch(&p[FROM_ERRAND], errand_fd(m), POLLIN);
	for (i = 0; i < MONITOR_PEERS_MAX; i++)
		watch(&p[FROM_PEERS + i], m->peers[i], POLLIN);
	for (i = 0; i < m->nchannels; i++)
		watch(&p[FROM_VAULTS + i], m->channels[i].vault, POLLIN);
	n = FROM_VAULTS + m->nchannels;
	LIST_FOREACH(j, &m->jumps, link) {
		watch(&p[n++], j->listener, POLLIN);
		if (j->dial == NULL)
			continue;
		fd = dial_fd(j->dial, &events);
		watch(&p[n++], fd, events);
	}
	return (n);
}

/* The nearer of two moments, where 0 is none. */
static int64_t
nearer(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return (a != 0 ? a : b);
	return (a < b ? a : b);
}

static int
wait_ms(const struct monitor *m)
{
	int64_t	when, left;

	when = nearer(m->grace_ends, m->stop_ends);
	when = nearer(when, errand_deadline(m));
	if (m->use.state == ST_SPARE)
		when = nearer(when, m->next_ping);
	if (m->dial != NULL)
		when = nearer(when, dial_deadline(m->dial));
	when = nearer(when, jumps_deadline(m));
	when = nearer(when, grant_deadline(m));
	if (when == 0)
		return (-1);
	left = when - clock_mono_ms();
	if (left < 0)
		return (0);
	return (left < 3600000 ? left + 1 : 3600000);
}

static void
check_times(struct monitor *m)
{
	int64_t	now = clock_mono_ms();

	if (m->grace_ends != 0 && now >= m->grace_ends)
		monitor_end(m, m->outage ? MONITOR_DONE : MONITOR_GRACE,
		    "Timeout before authentication for %s port %s",
		    m->address, m->port);
	if (m->stop_ends != 0 && now >= m->stop_ends)
		monitor_end(m, m->stopping ? MONITOR_STOPPED : MONITOR_STUCK,
		    "the child does not end");
	if (m->use.state == ST_SPARE && now >= m->next_ping)
		spare_check(m);
	if (errand_deadline(m) != 0 && now >= errand_deadline(m))
		errand_late(m);
	if (m->dial != NULL && m->errand != NULL)
		errand_dialling(m);
	else if (m->dial != NULL)
		answer_target_dialling(m);
	jumps_run(m);
	grant_run(m);
}

static void
handle(struct monitor *m, int from, int fd)
{
	switch (from) {
	case FROM_SIGNALS:
		from_signals(m);
		break;
	case FROM_GATE:
		from_gate(m);
		break;
	case FROM_CTL:
		from_ctl(m);
		break;
	case FROM_RECORDS:
		records_poll();
		break;
	case FROM_LISTENER:
		remote_accept(m, m->listener, NULL);
		break;
	case FROM_DIAL:
		break;		/* check_times() looks after it */
	case FROM_ERRAND:
		errand_left(m);
		break;
	default:
		if (from >= FROM_VAULTS)
			from_vault(m, fd);
		else if (m->peers[from - FROM_PEERS] == fd)
			remote_serve(m, from - FROM_PEERS);
	}
}

void
serve(struct monitor *m)
{
	struct pollfd	p[SOURCES];
	nfds_t		i, n;

	while (!m->ending) {
		n = watch_all(m, p);
		if (poll(p, n, wait_ms(m)) == -1 && errno != EINTR)
			fatal("poll: %s", strerror(errno));
		for (i = 0; i < n && !m->ending; i++) {
			if (p[i].fd != -1 && p[i].revents != 0)
				handle(m, i, p[i].fd);
		}
		if (!m->ending)
			check_times(m);
	}
}
