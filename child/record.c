/* SPDX-License-Identifier: ISC */
/*
 * Recordings. A frame is seconds, microseconds and length, each 32 bits with
 * the lowest byte first, and then the data.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "child/record.h"
#include "lib/xmalloc.h"

#define HEADER_LEN	12
#define FRAME_MAX	4096	/* bytes of data in a frame */

struct record {
	int	fd;
};

struct record *
record_new(int fd)
{
	struct record	*r = xmalloc(sizeof(*r));

	r->fd = fd;
	return (r);
}

static void
put_le32(uint8_t *p, uint32_t v)
{
	p[0] = v;
	p[1] = v >> 8;
	p[2] = v >> 16;
	p[3] = v >> 24;
}

static int
write_all(int fd, const uint8_t *p, size_t len)
{
	ssize_t	n;

	while (len > 0) {
		if ((n = write(fd, p, len)) == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		p += n;
		len -= n;
	}
	return (0);
}

/* One write a frame: what a crash cuts off is never in the middle of one. */
static int
write_frame(int fd, const struct timespec *now, const uint8_t *p, size_t len)
{
	uint8_t	frame[HEADER_LEN + FRAME_MAX];

	put_le32(frame, now->tv_sec);
	put_le32(frame + 4, now->tv_nsec / 1000);
	put_le32(frame + 8, len);
	memcpy(frame + HEADER_LEN, p, len);
	return (write_all(fd, frame, HEADER_LEN + len));
}

int
record_write(struct record *r, const void *data, size_t len)
{
	const uint8_t	*p = data;
	struct timespec	 now;
	size_t		 n;

	if (clock_gettime(CLOCK_REALTIME, &now) == -1)
		return (-1);
	for (; len > 0; p += n, len -= n) {
		n = len < FRAME_MAX ? len : FRAME_MAX;
		if (write_frame(r->fd, &now, p, n) == -1)
			return (-1);
	}
	return (0);
}

void
record_free(struct record *r)
{
	if (r == NULL)
		return;
	close(r->fd);
	free(r);
}
