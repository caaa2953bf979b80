/* SPDX-License-Identifier: ISC */
/*
 * Bytes of a file. Several may read the same one, and it may grow.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "lib/xmalloc.h"
#include "shell/reel_source.h"

#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#define IN_SIZE		65536
#define WINDOW_LOG	23	/* 8 MiB: more than the archivist uses */

static ssize_t
read_file(struct reel_source *s, void *buf, size_t size)
{
	ssize_t	n;

	do {
		n = pread(s->fd, buf, size, s->at);
	} while (n == -1 && errno == EINTR);
	if (n > 0)
		s->at += n;
	return (n);
}

#ifdef HAVE_ZSTD

static int
zst_open(struct reel_source *s)
{
	if ((s->zst = ZSTD_createDStream()) == NULL)
		return (-1);
	ZSTD_DCtx_setParameter(s->zst, ZSTD_d_windowLogMax, WINDOW_LOG);
	s->in = xmalloc(IN_SIZE);
	return (0);
}

static ssize_t
zst_read(struct reel_source *s, void *buf, size_t size)
{
	ZSTD_outBuffer	out = { buf, size, 0 };
	ZSTD_inBuffer	in;
	ssize_t		n;

	while (out.pos == 0) {
		if (s->inoff == s->inlen && !s->held) {
			if ((n = read_file(s, s->in, IN_SIZE)) <= 0)
				return (n);
			s->inlen = n;
			s->inoff = 0;
		}
		in = (ZSTD_inBuffer){ s->in, s->inlen, s->inoff };
		if (ZSTD_isError(ZSTD_decompressStream(s->zst, &out, &in))) {
			errno = EBADMSG;
			return (-1);
		}
		s->inoff = in.pos;
		s->held = out.pos == out.size;
	}
	return (out.pos);
}

static void
zst_rewind(struct reel_source *s)
{
	ZSTD_DCtx_reset(s->zst, ZSTD_reset_session_only);
}

static void
zst_close(struct reel_source *s)
{
	ZSTD_freeDStream(s->zst);
}

#else

static int
zst_open(struct reel_source *s)
{
	(void)s;
	return (-1);
}

static ssize_t
zst_read(struct reel_source *s, void *buf, size_t size)
{
	(void)s;
	(void)buf;
	(void)size;
	errno = ENOTSUP;
	return (-1);
}

static void
zst_rewind(struct reel_source *s)
{
	(void)s;
}

static void
zst_close(struct reel_source *s)
{
	(void)s;
}

#endif

int
reel_source_open(struct reel_source *s, int fd, int zst)
{
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	return (zst ? zst_open(s) : 0);
}

ssize_t
reel_source_read(struct reel_source *s, void *buf, size_t size)
{
	if (s->zst != NULL)
		return (zst_read(s, buf, size));
	return (read_file(s, buf, size));
}

void
reel_source_rewind(struct reel_source *s)
{
	s->at = 0;
	s->inlen = s->inoff = 0;
	s->held = 0;
	if (s->zst != NULL)
		zst_rewind(s);
}

void
reel_source_close(struct reel_source *s)
{
	if (s->zst != NULL)
		zst_close(s);
	free(s->in);
	close(s->fd);
}
