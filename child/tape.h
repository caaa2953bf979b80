/* SPDX-License-Identifier: ISC */
/*
 * One file of a recording, and its format. Each call of a format's makes
 * frames, one write(2) each, so that a file is whole up to its last frame
 * wherever it was cut off.
 */
#ifndef CHILD_TAPE_H
#define CHILD_TAPE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct record_opts;
struct tape_ops;

/* A letter of which more bytes are to come. */
struct utf8 {
	uint8_t	bytes[4];
	uint8_t	n;
};

struct tape {
	const struct tape_ops	*ops;	/* NULL: no tape, or closed */
	int			 fd;
	uint64_t		 left;	/* bytes of output that are wanted */
	uint64_t		 reserve; /* bytes that stay free on the disk */
	uint64_t		 unchecked; /* written since it was looked */
	time_t			 checked_at;
	/* of asciicast */
	int64_t			 begun, last;	/* us: the file, its last
						   event */
	struct utf8		 cut;	/* of the last output */
	void			*state;	/* the format's own */
};

/*
 * What there is to a format; each is NULL where that is not its concern. All
 * return 0, or -1 with errno.
 */
struct tape_ops {
	/* Once, before all others. */
	int	(*begin)(struct tape *, const struct record_opts *,
		    const struct timespec *now);
	/* What was shown. */
	int	(*output)(struct tape *, const struct timespec *now,
		    const uint8_t *, size_t, int is_stderr);
	/* All that the person sent. */
	int	(*input)(struct tape *, const struct timespec *now,
		    const uint8_t *, size_t);
	/* What of it the host has echoed; len 0: what it has not. */
	int	(*typed)(struct tape *, const struct timespec *when,
		    const uint8_t *, size_t len);
	int	(*resize)(struct tape *, const struct timespec *now,
		    uint32_t cols, uint32_t rows);
	/* Once, the last. */
	int	(*end)(struct tape *, const struct timespec *now);
};

extern const struct tape_ops	tape_ttyrec;
extern const struct tape_ops	tape_cast;
extern const struct tape_ops	tape_input;
extern const struct tape_ops	tape_pcap;

/* Where a frame is made: TAPE_ROOM bytes that all tapes share. */
#define TAPE_ROOM	(64 * 1024)
uint8_t	*tape_room(void);
void	 tape_release(void);

/* Writes a frame. Returns 0, or -1 with errno: ENOSPC also for the reserve. */
int	 tape_write(struct tape *, const struct timespec *now, const void *,
	    size_t);

#endif
