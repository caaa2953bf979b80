/* SPDX-License-Identifier: ISC */
/*
 * Reaching keeper and sessions of the same instance.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ipc.h"
#include "lib/reach.h"
#include "lib/unixsock.h"

#define SESSION	"session-"
#define SHELL	"shell-"
#define END	".sock"

char *
reach_session_socket(long long session, char name[REACH_SOCKET_SIZE])
{
	snprintf(name, REACH_SOCKET_SIZE, SESSION "%lld" END, session);
	return (name);
}

char *
reach_shell_socket(long pid, char name[REACH_SOCKET_SIZE])
{
	snprintf(name, REACH_SOCKET_SIZE, SHELL "%ld" END, pid);
	return (name);
}

int
reach_is_socket(const char *name)
{
	size_t	n = strlen(name);

	return (n < REACH_SOCKET_SIZE && n > strlen(END) &&
	    strcmp(name + n - strlen(END), END) == 0 &&
	    (strncmp(name, SESSION, strlen(SESSION)) == 0 ||
	    strncmp(name, SHELL, strlen(SHELL)) == 0));
}

int
reach_is_session(const char *name)
{
	return (strncmp(name, SESSION, strlen(SESSION)) == 0);
}

/* The answer's packet; 0, or -1 with errno. */
static int
read_answer(int fd, int ms, char answer[REACH_ANSWER_MAX])
{
	struct pollfd	p = { .fd = fd, .events = POLLIN };
	int64_t		until = clock_mono_ms() + ms, left;
	ssize_t		n = -1;

	do {
		left = until - clock_mono_ms();
		if (poll(&p, 1, left > 0 ? (int)left : 0) == 1)
			n = recv(fd, answer, REACH_ANSWER_MAX - 1, 0);
	} while (n == -1 && left > 0 && (errno == EINTR || errno == EAGAIN));
	if (n > 0) {
		answer[n] = '\0';
		return (0);
	}
	errno = n == 0 ? ECONNREFUSED : ETIMEDOUT;
	return (-1);
}

int
reach_ask(const char *run_dir, int64_t session, const char *request, int ms,
    char answer[REACH_ANSWER_MAX])
{
	char	name[REACH_SOCKET_SIZE];
	size_t	len = strlen(request);
	int	fd, r, saved;

	if (len > REACH_REQUEST_MAX) {
		errno = EMSGSIZE;
		return (-1);
	}
	fd = unixsock_connect(run_dir, reach_session_socket(session, name),
	    SOCK_SEQPACKET);
	if (fd == -1)
		return (-1);
	r = send(fd, request, len, MSG_NOSIGNAL) == -1 ? -1 :
	    read_answer(fd, ms, answer);
	saved = errno;
	close(fd);
	errno = saved;
	return (r);
}

int
reach_keeper_look(const char *run_dir)
{
	struct ipc	m;
	int		fd, r;

	fd = unixsock_connect(run_dir, KEEPER_SOCKET, SOCK_SEQPACKET);
	if (fd == -1)
		return (-1);
	ipc_init(&m, KEEPER_LOOK, 0);
	r = ipc_send(fd, &m) == IPC_OK ? 0 : -1;
	ipc_free(&m);
	close(fd);
	return (r);
}
