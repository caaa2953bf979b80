/* SPDX-License-Identifier: ISC */
/*
 * Acknowledgements without delay.
 */
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "child/quickack.h"

void
quickack(int fd)
{
	static const int	on = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on)) == -1)
		return;		/* slower by some milliseconds, no more */
}
