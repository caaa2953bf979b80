/* SPDX-License-Identifier: ISC */
/*
 * Errands: sent, awaited, read.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ipc.h"
#include "lib/xmalloc.h"
#include "shell/errand.h"
#include "shell/run.h"

#define AT_ONCE		4
#define WAIT_MS		15000	/* for a pair of processes, beyond its time */

static void
job_end(struct errand_job *j, const char *error)
{
	if (j->sock != -1)
		close(j->sock);
	j->sock = -1;
	if (error != NULL) {
		j->error = xstrdup(error);
		j->failed = 1;
	}
}

static void
job_start(struct shell *sh, struct errand_job *j)
{
	char	err[CMD_ERROR_MAX] = "there is no way to send anybody there "
		    "from here";

	j->sock = -1;
	if (sh->errander == NULL ||
	    sh->errander->send(sh->errander->arg, &j->e, &j->sock,
	    err) == -1) {
		j->sock = -1;
		job_end(j, err);
		return;
	}
	fcntl(j->sock, F_SETFL, O_RDWR | O_NONBLOCK);
	j->ends = clock_mono_ms() + (j->e.ms != 0 ? j->e.ms : ERRAND_MS_MAX) +
	    WAIT_MS;
}

/* One message. */
static void
job_hear(struct errand_job *j, struct ipc *m)
{
	struct errand_step	s;

	if (m->type == ERRAND_END && msg_end(&m->body)) {
		job_end(j, NULL);
	} else if (m->type != ERRAND_STEP || j->n == ERRAND_STEPS_MAX ||
	    get_errand_step(&m->body, &s) == -1) {
		job_end(j, "the portal's answer makes no sense");
	} else {
		j->news[j->n].text = xstrdup(s.text);
		j->news[j->n].step = s;
		j->news[j->n].step.text = j->news[j->n].text;
		j->failed |= s.result == ERRAND_FAILED;
		j->n++;
	}
}

static void
job_read(struct errand_job *j)
{
	enum ipc_result	r;
	struct ipc	m;

	while (j->sock != -1 && (r = ipc_recv(j->sock, &m)) != IPC_AGAIN) {
		if (r != IPC_OK) {
			job_end(j, j->n == 0 ? "the portal has too much to do "
			    "to go there: try again later" : "the portal's "
			    "process for it ended early: see the portal's "
			    "log");
			return;
		}
		job_hear(j, &m);
		ipc_free(&m);
	}
	if (j->sock != -1 && clock_mono_ms() >= j->ends)
		job_end(j, "the portal gave no answer in time");
}

/* Waits until one that is under way has something to say. */
static void
await(struct errand_job *jobs, size_t n)
{
	struct pollfd	p[AT_ONCE];
	int64_t		now = clock_mono_ms(), left = WAIT_MS;
	nfds_t		k = 0;
	size_t		i;

	for (i = 0; i < n && k < AT_ONCE; i++) {
		if (jobs[i].sock == -1)
			continue;
		if (jobs[i].ends - now < left)
			left = jobs[i].ends > now ? jobs[i].ends - now : 0;
		p[k++] = (struct pollfd){ .fd = jobs[i].sock,
		    .events = POLLIN };
	}
	(void)poll(p, k, (int)left + 1);
}

void
errands_run(struct shell *sh, struct errand_job *jobs, size_t n)
{
	size_t	i, started = 0, running = 0;

	do {
		while (started < n && running < AT_ONCE) {
			job_start(sh, &jobs[started]);
			running += jobs[started++].sock != -1;
		}
		if (running > 0)
			await(jobs, started);
		for (i = 0; i < started; i++) {
			if (jobs[i].sock == -1)
				continue;
			job_read(&jobs[i]);
			running -= jobs[i].sock == -1;
		}
	} while (running > 0 || started < n);
}

const char *
errand_reason(const struct errand_job *j)
{
	size_t	i;

	for (i = 0; i < j->n; i++) {
		if (j->news[i].step.result == ERRAND_FAILED)
			return (j->news[i].text);
	}
	return (j->error != NULL ? j->error : "");
}

void
errands_free(struct errand_job *jobs, size_t n)
{
	size_t	i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < jobs[i].n; k++)
			free(jobs[i].news[k].text);
		free(jobs[i].error);
	}
}
