/* SPDX-License-Identifier: ISC */
/*
 * Compressing and summing, a piece at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "config.h"
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#include "lib/xmalloc.h"
#include "monitor/archive_zip.h"

#define PIECE		(128 * 1024)	/* bytes read at a time */
/*
 * A player holds a window of this size for each recording that it reads; a
 * terminal repeats itself within less.
 */
#define WINDOW_LOG	19
#define LEVEL		3

static ssize_t
read_at(int fd, void *buf, size_t len, int64_t off)
{
	ssize_t	n;

	do
		n = pread(fd, buf, len, off);
	while (n == -1 && errno == EINTR);
	return (n);
}

static EVP_MD_CTX *
sum_begin(struct archive_sum *sum)
{
	EVP_MD_CTX	*c = EVP_MD_CTX_new();

	sum->size = 0;
	if (c != NULL && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1)
		return (c);
	EVP_MD_CTX_free(c);
	errno = ENOMEM;
	return (NULL);
}

static int
sum_add(EVP_MD_CTX *c, struct archive_sum *sum, const void *p, size_t len)
{
	sum->size += len;
	if (EVP_DigestUpdate(c, p, len) == 1)
		return (0);
	errno = EIO;
	return (-1);
}

static int
sum_end(EVP_MD_CTX *c, struct archive_sum *sum)
{
	if (EVP_DigestFinal_ex(c, sum->sha256, NULL) == 1)
		return (0);
	errno = EIO;
	return (-1);
}

int
archive_sum(int fd, struct archive_sum *sum)
{
	EVP_MD_CTX	*c;
	char		*buf;
	ssize_t		 n;
	int		 r = -1;

	if ((c = sum_begin(sum)) == NULL)
		return (-1);
	buf = xmalloc(PIECE);
	while ((n = read_at(fd, buf, PIECE, sum->size)) > 0) {
		if (sum_add(c, sum, buf, n) == -1)
			break;
	}
	if (n == 0)
		r = sum_end(c, sum);
	free(buf);
	EVP_MD_CTX_free(c);
	return (r);
}

#ifdef HAVE_ZSTD
struct zip {
	ZSTD_CCtx		*z;
	EVP_MD_CTX		*digest;
	struct archive_sum	*sum;
	char			*in, *out;
	size_t			 out_size;
	int			 to;
};

static int
zip_write(struct zip *w, const char *p, size_t len)
{
	ssize_t	n;

	if (sum_add(w->digest, w->sum, p, len) == -1)
		return (-1);
	while (len > 0) {
		if ((n = write(w->to, p, len)) == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		p += n;
		len -= n;
	}
	return (0);
}

/* Takes len bytes in; with `end` all that is left goes out. */
static int
zip_feed(struct zip *w, size_t len, int end)
{
	ZSTD_inBuffer	in = { w->in, len, 0 };
	ZSTD_outBuffer	out;
	size_t		left;

	do {
		out = (ZSTD_outBuffer){ w->out, w->out_size, 0 };
		left = ZSTD_compressStream2(w->z, &out, &in, end ?
		    ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left)) {
			errno = EIO;
			return (-1);
		}
		if (zip_write(w, w->out, out.pos) == -1)
			return (-1);
	} while (end ? left != 0 : in.pos < in.size);
	return (0);
}

static int
zip_all(struct zip *w, int from, int64_t size)
{
	int64_t	off = 0;
	ssize_t	n;

	while ((n = read_at(from, w->in, PIECE, off)) > 0) {
		if (zip_feed(w, n, 0) == -1)
			return (-1);
		off += n;
	}
	if (n == -1)
		return (-1);
	if (off != size) {
		errno = EIO;
		return (-1);
	}
	return (zip_feed(w, 0, 1) == -1 ? -1 : sum_end(w->digest, w->sum));
}

/* The size is in the frame, so that a player knows it without reading all. */
static int
zip_begin(struct zip *w, int64_t size)
{
	errno = ENOMEM;
	if (w->z == NULL || w->digest == NULL)
		return (-1);
	if (ZSTD_isError(ZSTD_CCtx_setParameter(w->z,
	    ZSTD_c_compressionLevel, LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(w->z, ZSTD_c_windowLog,
	    WINDOW_LOG)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(w->z, ZSTD_c_checksumFlag,
	    1)) ||
	    ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(w->z, size))) {
		errno = EINVAL;
		return (-1);
	}
	return (0);
}

int
archive_zip_able(void)
{
	return (1);
}

int
archive_zip(int from, int to, int64_t size, struct archive_sum *sum)
{
	struct zip	w = { .sum = sum, .to = to };
	int		r = -1, saved;

	w.z = ZSTD_createCCtx();
	w.digest = sum_begin(sum);
	w.out_size = ZSTD_CStreamOutSize();
	w.in = xmalloc(PIECE);
	w.out = xmalloc(w.out_size);
	if (zip_begin(&w, size) == 0)
		r = zip_all(&w, from, size);
	saved = errno;
	free(w.in);
	free(w.out);
	EVP_MD_CTX_free(w.digest);
	ZSTD_freeCCtx(w.z);
	errno = saved;
	return (r);
}
#else
int
archive_zip_able(void)
{
	return (0);
}

int
archive_zip(int from, int to, int64_t size, struct archive_sum *sum)
{
	(void)from;
	(void)to;
	(void)size;
	(void)sum;
	errno = ENOTSUP;
	return (-1);
}
#endif
