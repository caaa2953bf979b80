/* SPDX-License-Identifier: ISC */
/*
 * A way to the tests' database server that can be cut.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cut_proxy.h"
#include "db_fixture.h"

static int
proxy_listen(int *port)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };
	socklen_t		len = sizeof(sin);
	int			one = 1, fd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(*port);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*port = ntohs(sin.sin_port);
	return (fd);
}

/* Bytes between one client and the server until either ends. */
static void
proxy_relay(int client)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };
	struct pollfd		pfd[2];
	char			buf[16384];
	ssize_t			n;
	int			i;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(fixture_port());
	pfd[0].fd = client;
	pfd[1].fd = socket(AF_INET, SOCK_STREAM, 0);
	pfd[0].events = pfd[1].events = POLLIN;
	if (connect(pfd[1].fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		_exit(1);
	for (;;) {
		poll(pfd, 2, -1);
		for (i = 0; i < 2; i++) {
			if (pfd[i].revents == 0)
				continue;
			n = read(pfd[i].fd, buf, sizeof(buf));
			if (n <= 0 || write(pfd[!i].fd, buf, n) != n)
				_exit(0);
		}
	}
}

pid_t
cut_proxy_start(int *port)
{
	int	fd = proxy_listen(port), client;
	pid_t	pid;

	if ((pid = fork()) == 0) {
		setpgid(0, 0);
		for (;;) {
			client = accept(fd, NULL, NULL);
			if (client != -1 && fork() == 0)
				proxy_relay(client);
			close(client);
		}
	}
	setpgid(pid, pid);
	close(fd);
	return (pid);
}

void
cut_proxy_stop(pid_t pid)
{
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
