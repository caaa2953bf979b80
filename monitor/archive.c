/* SPDX-License-Identifier: ISC */
/*
 * When an archivist is wanted, and whose a recording is.
 *
 * A process for each time, rather than one that sits there: it costs nothing
 * while nobody is recorded, and where it dies or hangs (a file server that
 * does not answer) the keeper has only lost a child. It stays in the keeper's
 * process group, whose rest the daemon kills when it reaps the keeper; who
 * comes after that keeper starts one of its own.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "db/session.h"
#include "lib/clock.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/reach.h"
#include "lib/settings.h"
#include "lib/unixsock.h"
#include "monitor/archive.h"
#include "monitor/archive_name.h"
#include "monitor/archive_sandbox.h"
#include "monitor/archivist.h"
#include "monitor/secrets.h"
#include "monitor/stale.h"
#include "monitor/writer.h"

#define HOLD_MS		1000	/* so that one run serves many ends */
#define GAP_MS		3000	/* between an end and the next begin */
#define AGAIN_MS	60000	/* while something is written, or after a
				   failure */
#define ALL_MS		3600000
#define REAP_MS		50	/* it has closed its socket and not ended */
#define LAST_MS		5000

void
archive_init(struct archive *a)
{
	int64_t	now = clock_mono_ms();

	memset(a, 0, sizeof(*a));
	a->fd = -1;
	a->due = a->all_due = now + HOLD_MS;
	a->ended = now - GAP_MS;
	a->tapes = 1;
}

void
archive_begun(struct archive *a)
{
	a->tapes = a->begun = 1;
	if (a->due > clock_mono_ms() + AGAIN_MS)
		a->due = clock_mono_ms() + AGAIN_MS;
}

void
archive_wake(struct archive *a)
{
	int64_t	when = clock_mono_ms() + HOLD_MS;

	if (!a->tapes)
		return;
	if (when < a->ended + GAP_MS)
		when = a->ended + GAP_MS;
	if (when < a->due)
		a->due = when;
}

int64_t
archive_wakes(const struct archive *a)
{
	if (a->pid == 0)
		return (a->due);
	if (a->fd == -1)
		return (clock_mono_ms() + REAP_MS);
	return (a->last ? a->last_due : INT64_MAX);
}

static void
ended(struct archive *a, int status)
{
	int	done = WIFEXITED(status) &&
		    WEXITSTATUS(status) == ARCHIVE_DONE;
	int	good = done || (WIFEXITED(status) &&
		    WEXITSTATUS(status) == ARCHIVE_MORE);
	int64_t	now = clock_mono_ms();

	a->pid = 0;
	a->ended = good ? now : now + AGAIN_MS;
	a->tapes = !done || a->begun;
	if (a->is_all)
		a->all_due = now + ALL_MS;
	/* Who was woken meanwhile is due earlier. */
	if (a->tapes && a->due > now + AGAIN_MS)
		a->due = now + AGAIN_MS;
	if (a->due > a->all_due)
		a->due = a->all_due;
	if (WIFSIGNALED(status))
		log_error("the archivist was killed by signal %d (%s); the "
		    "next one goes on in %d s", WTERMSIG(status),
		    strsignal(WTERMSIG(status)), AGAIN_MS / 1000);
	else if (!good)
		log_error("the archivist did not finish all recordings; the "
		    "next one goes on in %d s", AGAIN_MS / 1000);
}

static void
reap(struct archive *a)
{
	int	status;

	if (a->fd == -1 && waitpid(a->pid, &status, WNOHANG) == a->pid)
		ended(a, status);
}

static void
not_now(struct archive *a, const char *why)
{
	log_error("the archivist cannot be started: %s", why);
	a->due = clock_mono_ms() + AGAIN_MS;
}

static int
start(struct archive *a, const struct settings *s, struct secret_settings *ss,
    const char *instance)
{
	int	sv[2];

	if (archive_sandbox_prepare() == -1) {
		not_now(a, strerror(EPERM));
		return (-1);
	}
	if (ipc_pair(sv) == -1) {
		not_now(a, strerror(errno));
		return (-1);
	}
	a->is_all = a->all_due <= clock_mono_ms();
	a->begun = 0;
	if (fcntl(sv[0], F_SETFL, O_NONBLOCK) == -1 ||
	    (a->pid = fork()) == -1) {
		a->pid = 0;
		not_now(a, strerror(errno));
		close(sv[0]);
		close(sv[1]);
		return (-1);
	}
	if (a->pid == 0) {
		secrets_forget();
		secret_settings_free(ss);
		archivist_main(sv[1], s, instance, a->is_all);
	}
	close(sv[1]);
	a->due = INT64_MAX;
	a->fd = sv[0];
	return (a->fd);
}

int
archive_tick(struct archive *a, const struct settings *s,
    struct secret_settings *ss, const char *instance)
{
	if (a->pid != 0)
		reap(a);
	if (a->pid != 0 || clock_mono_ms() < a->due)
		return (-1);
	return (start(a, s, ss, instance));
}

void
archive_gone(struct archive *a)
{
	a->fd = -1;
	/* It may not have meant to; what it did is done again. */
	if (a->pid != 0)
		kill(a->pid, SIGKILL);
	reap(a);
}

int
archive_is_over(struct archive *a)
{
	int64_t	now = clock_mono_ms();

	if (!a->last) {
		a->last = 1;
		a->last_due = now + LAST_MS;
		if (!a->tapes)
			return (1);
		a->due = now;
		return (0);
	}
	return ((a->pid == 0 && now < a->due) || now >= a->last_due);
}

/* A session lives from its row to its end, and so do its recordings. */
static int
was_then(const struct session *s, int64_t day)
{
	return (s->started_at < day + ARCHIVE_DAY_S &&
	    (s->ended_at == 0 || s->ended_at >= day));
}

static enum archive_owner
owner_of(const struct writer *w, const struct session *s)
{
	char	name[REACH_SOCKET_SIZE];

	if (strcmp(s->instance_id, w->instance) != 0)
		return (OWNER_OTHER);
	if (s->status != SESSION_ACTIVE)
		return (strcmp(s->error, STALE_WHY) == 0 ? OWNER_LOST :
		    OWNER_ENDED);
	reach_session_socket(s->id, name);
	return (unixsock_alive(w->settings->run_dir, name) == 0 ?
	    OWNER_LOST : OWNER_LIVE);
}

enum archive_owner
archive_whose(struct writer *w, struct msg *question)
{
	int64_t			 id = msg_get_u64(question);
	int64_t			 day = msg_get_u64(question);
	struct session		*s;
	enum archive_owner	 owner;
	int			 r;

	if (!msg_end(question))
		return (OWNER_UNKNOWN);
	if (w->db == NULL)
		return (OWNER_AWAY);
	if ((r = session_get(w->db, id, &s)) != DB_OK)
		return (r == DB_NOTFOUND ? OWNER_UNKNOWN : OWNER_AWAY);
	owner = was_then(s, day) ? owner_of(w, s) : OWNER_UNKNOWN;
	session_free(s);
	return (owner);
}
