/* SPDX-License-Identifier: ISC */
/*
 * Recordings: what a person saw of a channel, and what they typed, written
 * straight to append-only files that the monitor has opened. What is in such a
 * file is child/tape.h's; here is what becomes of all of a channel.
 */
#ifndef CHILD_RECORD_H
#define CHILD_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/recording.h"

struct recorder;

struct record_opts {
	int		 fds[RECORDING_FILES];	/* -1: none */
	uint8_t		 formats[RECORDING_FILES];
	int		 required;	/* see record_required() */
	uint64_t	 limit;		/* bytes of what was shown; 0: all; a
					   capture has all */
	uint64_t	 reserve;	/* bytes that stay free on the disk */
	uint32_t	 cols, rows;	/* of the terminal; 0: there is none */
	const char	*term;		/* its kind, or NULL */
	const char	*to;		/* of a capture: "address:port" */
	const char	*from;
};

/*
 * A recorder on these descriptors, which become its own. It writes with the
 * first call of those below.
 */
struct recorder	*record_new(const struct record_opts *);

/*
 * The person's client has taken these bytes; they sent these; their window has
 * another size. All return 0, or -1 with errno: no more can be recorded, and
 * all that is left to do is record_free().
 */
int		 record_output(struct recorder *, const void *, size_t,
		    int is_stderr);
int		 record_input(struct recorder *, const void *, size_t);
int		 record_resize(struct recorder *, uint32_t cols,
		    uint32_t rows);

/* Whether there is to be no session without it. */
int		 record_required(const struct recorder *);

/* Writes what is still to be said, if that can be, and closes; takes NULL. */
void		 record_free(struct recorder *);

/* Gives back the memory that frames are made in; when nothing moves. */
void		 record_release(void);

#endif
