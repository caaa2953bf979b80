/* SPDX-License-Identifier: ISC */
/*
 * The channels that are open.
 */
#include <signal.h>
#include <unistd.h>

#include "monitor/channels.h"
#include "monitor/monitor.h"

struct monitor_channel *
channels_add(struct monitor *m, uint32_t number)
{
	struct monitor_channel	*c;

	if (m->nchannels >= MONITOR_CHANNELS_MAX ||
	    m->nchannels >= m->settings->max_channels)
		return (NULL);
	c = &m->channels[m->nchannels++];
	c->number = number;
	c->seq = ++m->last_seq;
	c->shell = 0;
	c->one_shot = 0;
	c->closed = 0;
	c->pty = c->vault = -1;
	return (c);
}

struct monitor_channel *
channels_find(struct monitor *m, uint32_t number)
{
	size_t	i;

	for (i = 0; i < m->nchannels; i++) {
		if (m->channels[i].number == number && !m->channels[i].closed)
			return (&m->channels[i]);
	}
	return (NULL);
}

struct monitor_channel *
channels_of_shell(struct monitor *m, pid_t pid)
{
	size_t	i;

	for (i = 0; i < m->nchannels; i++) {
		if (m->channels[i].shell == pid)
			return (&m->channels[i]);
	}
	return (NULL);
}

void
channels_remove(struct monitor *m, struct monitor_channel *c)
{
	if (c->pty != -1)
		close(c->pty);
	if (c->vault != -1)
		close(c->vault);
	c->pty = c->vault = -1;
	c->closed = 1;
	if (c->shell != 0)
		kill(c->shell, SIGHUP);
	else
		*c = m->channels[--m->nchannels];
}
