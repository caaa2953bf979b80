/* SPDX-License-Identifier: ISC */
/*
 * Copying a finished recording, compressed where that is wished, and its sum.
 * Memory is bounded whatever the file's size: four mebibytes at most.
 */
#ifndef MONITOR_ARCHIVE_ZIP_H
#define MONITOR_ARCHIVE_ZIP_H

#include <stdint.h>

#define ARCHIVE_SUM_LEN		32	/* SHA-256 */

struct archive_sum {
	uint8_t	sha256[ARCHIVE_SUM_LEN];
	int64_t	size;			/* bytes that were summed */
};

/* Whether this program can compress. */
int	archive_zip_able(void);

/* The sum of a file from its beginning. Returns 0, or -1 with errno. */
int	archive_sum(int fd, struct archive_sum *);

/*
 * Writes what is in `from`, compressed by zstd, to `to`, which is empty, and
 * puts the sum of what was written into *sum. `size` is how long the source is;
 * one that is not that long is EIO. Returns 0, or -1 with errno.
 */
int	archive_zip(int from, int to, int64_t size, struct archive_sum *sum);

#endif
