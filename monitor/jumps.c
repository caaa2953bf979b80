/* SPDX-License-Identifier: ISC */
/*
 * The jumps of a connection, from the dialling to the end.
 */
#include <sys/socket.h>

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
#include "monitor/dial.h"
#include "monitor/journal.h"
#include "monitor/jumps.h"
#include "monitor/monitor.h"
#include "monitor/records.h"
#include "monitor/remote.h"

#define CUT_MS	1500	/* for the child to close what was cut */

struct jump *
jumps_add(struct monitor *m, uint32_t number, uint32_t request, struct host *h)
{
	struct jump	*j = xcalloc(1, sizeof(*j));

	j->number = number;
	j->request = request;
	j->host = h;
	j->fd = j->listener = -1;
	LIST_INSERT_HEAD(&m->jumps, j, link);
	m->njumps++;
	return (j);
}

void
jumps_forget(struct monitor *m, struct jump *j)
{
	LIST_REMOVE(j, link);
	m->njumps--;
	remote_forget(m, j);
	journal_forget_socket(m, j->session, &j->listener);
	dial_free(j->dial);
	if (j->fd != -1)
		close(j->fd);
	host_free(j->host);
	free(j->error);
	free(j);
}

unsigned
jumps_dialling(const struct monitor *m)
{
	const struct jump	*j;
	unsigned		 n = 0;

	LIST_FOREACH(j, &m->jumps, link)
		n += j->dial != NULL;
	return (n);
}

void
jumps_dial(struct monitor *m, struct jump *j)
{
	j->dial = dial_start(j->host->addr, j->host->port,
	    m->settings->connect_timeout_ms, monitor_forget, m);
}

/*
 * Hands its end to the keeper. The socket stays until that has it: a row whose
 * socket does not answer is one that nobody ended.
 */
static void
end(struct jump *j, const struct ask_channel_close *how)
{
	static const struct ask_channel_close	cut = { .signal = "" };

	if (j->over)
		return;
	j->over = 1;
	j->cut_ends = 0;
	journal_jump_end(j, how != NULL ? how : &cut);
	if (j->fd != -1) {
		shutdown(j->fd, SHUT_RDWR);
		close(j->fd);
		j->fd = -1;
	}
}

/* It does not come to a connection; takes the sentence over. */
static void
give_up(struct monitor *m, struct jump *j, char *sentence)
{
	struct monitor_channel	*c = channels_find(m, j->number);

	journal_speak_of(j);
	log_info("user %s: %s", m->user->name, sentence);
	journal_speak_of(NULL);
	dial_free(j->dial);
	j->dial = NULL;
	if (j->error == NULL)
		j->error = xstrdup(sentence);
	if (c != NULL)
		channels_remove(m, c);
	monitor_verdict(m, ASK_JUMP, j->request, sentence);
	free(sentence);
	end(j, NULL);
}

/* The connection is up: the child gets it. */
static void
hand_over(struct monitor *m, struct jump *j)
{
	static const struct verdict	yes = { .ok = 1, .sentence = "" };
	struct ipc			out;

	j->fd = dial_take(j->dial);
	dial_free(j->dial);
	j->dial = NULL;
	dial_set_options(j->fd, m->settings->tcp_keepalive);
	j->open = 1;
	journal_jump_open(j);
	ipc_init(&out, ASK_JUMP | ANSWER, j->request);
	put_verdict(&out.body, &yes);
	out.fds[0] = j->fd;
	monitor_answer(m, &out);
	out.fds[0] = -1;
	ipc_free(&out);
}

static void
dialling(struct monitor *m, struct jump *j)
{
	char	name[NAME_MAX_BYTES + 1];

	switch (dial_step(j->dial)) {
	case DIAL_WAIT:
		break;
	case DIAL_DONE:
		hand_over(m, j);
		break;
	case DIAL_FAILED:
		j->error = xasprintf("cannot connect: %s",
		    dial_error(j->dial));
		give_up(m, j, xasprintf("sshportal: cannot connect to host "
		    "\"%s\": %s", escape_into(name, sizeof(name),
		    j->host->name), dial_error(j->dial)));
		break;
	}
}

int64_t
jumps_deadline(const struct monitor *m)
{
	const struct jump	*j;
	int64_t			 when = 0, own;

	LIST_FOREACH(j, &m->jumps, link) {
		own = j->dial != NULL ? dial_deadline(j->dial) : j->cut_ends;
		if (own != 0 && (when == 0 || own < when))
			when = own;
	}
	return (when);
}

void
jumps_run(struct monitor *m)
{
	struct jump	*j, *next;

	for (j = LIST_FIRST(&m->jumps); j != NULL; j = next) {
		next = LIST_NEXT(j, link);
		if (j->dial != NULL)
			dialling(m, j);
		else if (j->cut_ends != 0 && clock_mono_ms() >= j->cut_ends)
			end(j, NULL);
		if (j->over && records_pending() == 0)
			jumps_forget(m, j);
	}
}

int
jumps_closed(struct monitor *m, const struct ask_channel_close *a)
{
	struct jump	*j;

	LIST_FOREACH(j, &m->jumps, link) {
		if (j->number != a->channel || j->over)
			continue;
		if (j->dial != NULL)
			return (-1);
		end(j, a);
		break;
	}
	return (0);
}

void
jumps_cut(struct monitor *m, struct jump *j, const char *sentence)
{
	if (j->over || j->cut_ends != 0)
		return;
	free(j->error);
	j->error = xstrdup(sentence);
	if (j->dial != NULL) {
		give_up(m, j, xstrdup(sentence));
		return;
	}
	journal_speak_of(j);
	log_info("session %lld: %s", (long long)j->session, sentence);
	journal_speak_of(NULL);
	if (m->nchannels == 1) {
		monitor_stop(m, sentence);
		return;
	}
	/* there are no words inside of what is not ours to read */
	shutdown(j->fd, SHUT_RDWR);
	j->cut_ends = clock_mono_ms() + CUT_MS;
}

void
jumps_end(struct monitor *m)
{
	struct jump	*j;

	LIST_FOREACH(j, &m->jumps, link) {
		if (j->error == NULL && m->error != NULL)
			j->error = xstrdup(m->error);
		end(j, NULL);
	}
}

void
jumps_free(struct monitor *m)
{
	while (!LIST_EMPTY(&m->jumps))
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): removes it */
		jumps_forget(m, LIST_FIRST(&m->jumps));
}
