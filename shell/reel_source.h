/* SPDX-License-Identifier: ISC */
/*
 * The bytes of a recording's file, decompressed where it is compressed.
 */
#ifndef SHELL_REEL_SOURCE_H
#define SHELL_REEL_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct reel_source {
	int		 fd;		/* owned */
	int64_t		 at;		/* of the file: read so far */
	void		*zst;		/* the decompressor, or NULL */
	uint8_t		*in;		/* what it has not taken yet */
	size_t		 inlen, inoff;
	int		 held;		/* it has more without any */
};

/* Of this descriptor, which becomes its own. Returns 0 or -1: no zstd here. */
int	reel_source_open(struct reel_source *, int fd, int zst);

/* How many bytes came, 0 where there are no more yet, -1: broken, errno. */
ssize_t	reel_source_read(struct reel_source *, void *, size_t);

void	reel_source_rewind(struct reel_source *);
void	reel_source_close(struct reel_source *);

#endif
