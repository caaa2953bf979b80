/* SPDX-License-Identifier: ISC */
/*
 * Recordings as ttyrec(1) makes them and ttyplay(1) plays them. A frame is
 * seconds, microseconds and length, each 32 bits with the lowest byte first,
 * and then the data. The size of the terminal is in the data, as xterm's
 * sequence that sets it: at the beginning, and whenever it changes.
 */
#include <stdio.h>
#include <string.h>

#include "child/record.h"
#include "child/tape.h"

#define HEADER_LEN	12
#define FRAME_MAX	(TAPE_ROOM - HEADER_LEN)	/* bytes of data */

static void
put_le32(uint8_t *p, uint32_t v)
{
	p[0] = v;
	p[1] = v >> 8;
	p[2] = v >> 16;
	p[3] = v >> 24;
}

static int
write_frame(struct tape *t, const struct timespec *now, const uint8_t *data,
    size_t len)
{
	uint8_t	*frame = tape_room();

	put_le32(frame, now->tv_sec);
	put_le32(frame + 4, now->tv_nsec / 1000);
	put_le32(frame + 8, len);
	memcpy(frame + HEADER_LEN, data, len);
	return (tape_write(t, now, frame, HEADER_LEN + len));
}

static int
ttyrec_output(struct tape *t, const struct timespec *now, const uint8_t *p,
    size_t len, int is_stderr)
{
	size_t	n;

	(void)is_stderr;
	for (; len > 0; p += n, len -= n) {
		n = len < FRAME_MAX ? len : FRAME_MAX;
		if (write_frame(t, now, p, n) == -1)
			return (-1);
	}
	return (0);
}

static int
ttyrec_resize(struct tape *t, const struct timespec *now, uint32_t cols,
    uint32_t rows)
{
	char	size[48];
	int	n;

	if (cols == 0 || rows == 0)
		return (0);
	n = snprintf(size, sizeof(size), "\033[8;%u;%ut", rows, cols);
	return (write_frame(t, now, (const uint8_t *)size, n));
}

static int
ttyrec_begin(struct tape *t, const struct record_opts *o,
    const struct timespec *now)
{
	return (ttyrec_resize(t, now, o->cols, o->rows));
}

const struct tape_ops tape_ttyrec = {
	.begin = ttyrec_begin,
	.output = ttyrec_output,
	.resize = ttyrec_resize,
};
