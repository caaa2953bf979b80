/* SPDX-License-Identifier: ISC */
/*
 * systemd's protocol: a datagram of text to the socket that NOTIFY_SOCKET
 * names. So short that the library is not worth its place in every process.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/image.h"
#include "daemon/notify.h"

static void
notify(const char *text)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	const char		*path = getenv("NOTIFY_SOCKET");
	size_t			 len;
	int			 fd;

	if (path == NULL || (len = strlen(path)) < 2 ||
	    len >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, len);
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return;
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (const struct sockaddr *)&sun,
	    offsetof(struct sockaddr_un, sun_path) + len);
	close(fd);
}

void
notify_ready(void)
{
	notify("READY=1\nSTATUS=serving\n");
}

void
notify_reloading(void)
{
	struct timespec	ts;
	char		text[96];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text),
	    "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\n",
	    (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	notify(text);
}

void
notify_stopping(void)
{
	notify("STOPPING=1\nSTATUS=no new connections; open sessions go on\n");
}

int
notify_listen_fds(void)
{
	const char	*pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	long		 count;

	if (pid == NULL || n == NULL || strtol(pid, NULL, 10) != getpid())
		return (0);
	count = strtol(n, NULL, 10);
	return (count > 0 && count <= IMAGE_LISTENERS_MAX ? (int)count : 0);
}
