/* SPDX-License-Identifier: ISC */
/*
 * The event loop, on epoll.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "daemon/loop.h"
#include "lib/clock.h"
#include "lib/log.h"

#define EVENTS	64	/* in one go */

static int	epoll_fd = -1;

int64_t
loop_earlier(int64_t a, int64_t b)
{
	return (a < b ? a : b);
}

int
loop_init(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return (epoll_fd == -1 ? -1 : 0);
}

int
loop_add(int fd, struct watch *w)
{
	struct epoll_event	ev = { .events = EPOLLIN, .data.ptr = w };

	return (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev));
}

void
loop_remove(int fd)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static int
timeout(int64_t deadline)
{
	int64_t	ms;

	if (deadline == LOOP_NEVER)
		return (-1);
	ms = deadline - clock_mono_ms();
	if (ms < 0)
		return (0);
	return (ms > INT_MAX ? INT_MAX : (int)ms);
}

void
loop_run(int64_t deadline)
{
	struct epoll_event	 ev[EVENTS];
	struct watch		*w;
	int			 i, n;

	n = epoll_wait(epoll_fd, ev, EVENTS, timeout(deadline));
	if (n == -1 && errno != EINTR)
		fatal("epoll_wait: %s", strerror(errno));
	for (i = 0; i < n; i++) {
		w = ev[i].data.ptr;
		w->ready(w->arg);
	}
}
