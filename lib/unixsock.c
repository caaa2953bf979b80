/* SPDX-License-Identifier: ISC */
/*
 * Unix sockets in a directory, whatever the length of its path.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/unixsock.h"

#define BACKLOG	128

/*
 * The address of dir/name by way of the opened directory, whose descriptor is
 * returned and has to be open while the address is used. -1 with errno.
 */
static int
address(const char *dir, const char *name, struct sockaddr_un *sun)
{
	int	fd, n;

	if ((fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return (-1);
	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	n = snprintf(sun->sun_path, sizeof(sun->sun_path),
	    "/proc/self/fd/%d/%s", fd, name);
	if (n < 0 || (size_t)n >= sizeof(sun->sun_path)) {
		close(fd);
		errno = ENAMETOOLONG;
		return (-1);
	}
	return (fd);
}

static void
close_keeping_errno(int fd)
{
	int	saved = errno;

	if (fd != -1)
		close(fd);
	errno = saved;
}

/* fd when what was done to it succeeded, else -1 with its errno, fd closed. */
static int
result(int fd, int dirfd, int r)
{
	close_keeping_errno(dirfd);
	if (r == 0)
		return (fd);
	close_keeping_errno(fd);
	return (-1);
}

int
unixsock_listen(const char *dir, const char *name, int type)
{
	struct sockaddr_un	 sun;
	mode_t			 mask;
	int			 dirfd, fd, r = -1;

	if ((dirfd = address(dir, name, &sun)) == -1)
		return (-1);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1) {
		mask = umask(0177);
		unlinkat(dirfd, name, 0);
		r = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
		umask(mask);
		if (r == 0)
			r = listen(fd, BACKLOG);
	}
	return (result(fd, dirfd, r));
}

int
unixsock_connect(const char *dir, const char *name, int type)
{
	struct sockaddr_un	 sun;
	int			 dirfd, fd, r = -1;

	if ((dirfd = address(dir, name, &sun)) == -1)
		return (-1);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1)
		r = connect(fd, (struct sockaddr *)&sun, sizeof(sun));
	return (result(fd, dirfd, r));
}

int
unixsock_remove(const char *dir, const char *name)
{
	int	dirfd, r;

	if ((dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return (-1);
	r = unlinkat(dirfd, name, 0);
	close_keeping_errno(dirfd);
	return (r);
}

/*
 * A datagram socket cannot connect to one of another type, which the kernel
 * finds out only after it has found the listener: EPROTOTYPE is "alive", and
 * nothing wakes up over there.
 */
int
unixsock_alive(const char *dir, const char *name)
{
	int	fd;

	if ((fd = unixsock_connect(dir, name, SOCK_DGRAM)) != -1) {
		close(fd);
		return (1);
	}
	switch (errno) {
	case EPROTOTYPE:
		return (1);
	case ENOENT:
	case ECONNREFUSED:
		return (0);
	default:
		return (-1);
	}
}

int
unixsock_peer_trusted(int fd)
{
	struct ucred	cred;
	socklen_t	len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return (0);
	return (cred.uid == geteuid() || cred.uid == 0);
}
