/* SPDX-License-Identifier: ISC */
/*
 * A session's own socket.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "db/host.h"
#include "db/kinds.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/unixsock.h"
#include "lib/xmalloc.h"
#include "monitor/access.h"
#include "monitor/jumps.h"
#include "monitor/monitor.h"
#include "monitor/remote.h"
#include "monitor/standing.h"
#include "monitor/store.h"

void
remote_accept(struct monitor *m, int listener, struct jump *j)
{
	int	fd, i;

	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1)
		return;
	for (i = 0; i < MONITOR_PEERS_MAX; i++) {
		if (m->peers[i] == -1 && unixsock_peer_trusted(fd) == 1) {
			m->peers[i] = fd;
			m->peer_of[i] = j;
			return;
		}
	}
	close(fd);
}

/* Whether the key is still there, this user's, and good. */
static int
check_key(struct monitor *m, const char **why)
{
	struct userkey	*k = NULL;
	int		 r;

	r = userkey_get(m->db, m->userkey, &k);
	if (r == DB_NOTFOUND || (r == DB_OK && k->user_id != m->user->id))
		*why = "your key was removed";
	else if (r == DB_OK && !userkey_usable(k, clock_utc()))
		*why = "your key has expired";
	else if (r == DB_OK && standing_key(m, k, clock_utc()) != NULL)
		*why = "your key is no longer for this address";
	userkey_free(k);
	return (*why != NULL ? DB_NOTFOUND : r);
}

/* Of whom it is asked whether they may still be there. */
struct question {
	const struct jump	*jump;		/* NULL: the session */
	const char		*why;		/* not; or NULL */
};

/* Whether the rules and the hook still allow it, with `u` and `h` of now. */
static int
check_access(struct monitor *m, struct question *q, struct user *u,
    struct host *h)
{
	const char	*account = q->jump == NULL ? m->wanted.account : NULL;
	uint32_t	 kinds = 0;
	int		 r, allowed = 0;

	r = access_rules(m->db, u, h, account, clock_utc(), &allowed, &kinds);
	if (r != DB_OK)
		return (r);
	if (access_granted(m, u, h, account, allowed, &kinds) != 1)
		q->why = "you may no longer reach this host";
	else if (q->jump != NULL && (kinds & KIND_BIT(KIND_JUMP)) == 0)
		q->why = "jumps to this host are no longer allowed";
	return (DB_OK);
}

/* DB_OK: q->why is NULL or says why the person may no longer be there. */
static int
check(struct monitor *m, void *arg)
{
	struct question	*q = arg;
	const char	**why = &q->why;
	const struct host *was = q->jump != NULL ? q->jump->host : m->host;
	struct user	*u = NULL;
	struct host	*h = NULL;
	int		 r;

	*why = NULL;
	if ((r = user_get(m->db, m->user->id, &u)) == DB_NOTFOUND)
		*why = "your account was removed";
	else if (r == DB_OK && u->created_at != m->user->created_at)
		*why = "your account was replaced by a restored one";
	else if (r == DB_OK && !user_usable(u, clock_utc()))
		*why = "your account is disabled";
	else if (r == DB_OK && standing_user(m, u, clock_utc()) != NULL)
		*why = "your account is no longer for this address";
	else if (r == DB_OK && (r = check_key(m, why)) == DB_OK &&
	    (r = host_get(m->db, was->id, &h)) == DB_NOTFOUND)
		*why = "the host was removed";
	else if (r == DB_OK && h->created_at != was->created_at)
		*why = "the host was replaced by a restored one";
	else if (r == DB_OK)
		r = check_access(m, q, u, h);
	user_free(u);
	host_free(h);
	return (*why != NULL ? DB_OK : r);
}

/* Ends the session, or the jump, with a sentence. */
static void
end_it(struct monitor *m, struct jump *j, const char *sentence)
{
	if (j != NULL)
		jumps_cut(m, j, sentence);
	else
		monitor_stop(m, sentence);
}

static const char *
revalidate(struct monitor *m, struct jump *j)
{
	struct question	 q = { .jump = j };
	char		*sentence;
	int		 r;

	/* administrators go where they like, and are back in no time */
	if (m->errand != NULL)
		return ("ok");
	m->outage_ends = 0;
	r = store_try(m, check, &q);
	store_close(m);
	if (r != DB_OK)
		return ("away");
	if (q.why == NULL)
		return ("ok");
	sentence = xasprintf("sshportal: this session ends: %s", q.why);
	end_it(m, j, sentence);
	free(sentence);
	return ("stopped");
}

static const char *
stop(struct monitor *m, struct jump *j, const char *reason)
{
	char	 clean[REMOTE_REQUEST_MAX];
	char	*sentence;

	escape_into(clean, sizeof(clean), reason);
	sentence = xasprintf("sshportal: this session was stopped%s%s",
	    clean[0] != '\0' ? ": " : "", clean);
	end_it(m, j, sentence);
	free(sentence);
	return ("ok");
}

static const char *
obey(struct monitor *m, struct jump *j, const char *request)
{
	if (strcmp(request, "revalidate") == 0)
		return (revalidate(m, j));
	if (strcmp(request, "stop") == 0)
		return (stop(m, j, ""));
	if (strncmp(request, "stop ", 5) == 0)
		return (stop(m, j, request + 5));
	return ("what");
}

void
remote_serve(struct monitor *m, int i)
{
	char		 request[REMOTE_REQUEST_MAX + 1];
	const char	*answer;
	ssize_t		 n;

	n = recv(m->peers[i], request, REMOTE_REQUEST_MAX, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		request[n] = '\0';
		answer = obey(m, m->peer_of[i], request);
		n = send(m->peers[i], answer, strlen(answer), MSG_NOSIGNAL);
	}
	if (n <= 0) {
		close(m->peers[i]);
		m->peers[i] = -1;
		m->peer_of[i] = NULL;
	}
}

void
remote_forget(struct monitor *m, const struct jump *j)
{
	int	i;

	for (i = 0; i < MONITOR_PEERS_MAX; i++) {
		if (m->peers[i] != -1 && m->peer_of[i] == j) {
			close(m->peers[i]);
			m->peers[i] = -1;
			m->peer_of[i] = NULL;
		}
	}
}
