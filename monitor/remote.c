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
#include "lib/escape.h"
#include "lib/unixsock.h"
#include "lib/xmalloc.h"
#include "monitor/grant.h"
#include "monitor/jumps.h"
#include "monitor/monitor.h"
#include "monitor/recheck.h"
#include "monitor/remote.h"

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

static const char *
revalidate(struct monitor *m, struct jump *j)
{
	const char	*why;

	/* administrators go where they like, and are back in no time */
	if (m->errand != NULL)
		return ("ok");
	if (recheck_all(m, j, &why) != DB_OK)
		return ("away");
	if (why == NULL)
		return ("ok");
	grant_withdrawn(m, j, why);
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
	grant_end(m, j, sentence);
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
