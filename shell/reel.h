/* SPDX-License-Identifier: ISC */
/*
 * Recordings, read: found by session and channel, and taken frame by frame,
 * also while they are still written. What is in them came from hosts, and who
 * can write to the directory may have made them: memory is bounded, and the
 * first byte that makes no sense ends a recording.
 */
#ifndef SHELL_REEL_H
#define SHELL_REEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/recording.h"

#define REEL_NAME_SIZE	96	/* DAY/session-ID-SEQ.EXT.zst */
#define REEL_ERROR_SIZE	256	/* of a sentence */
#define REEL_DATA_MAX	65536	/* bytes of a frame */
#define REEL_SIZE_MAX	10000	/* columns, rows */

struct channel;
struct db;
struct session;

/* A file, as it was found. */
struct reel_file {
	int64_t			 session;
	int64_t			 channel;	/* its number in the session */
	enum recording_format	 format;
	int			 live;		/* it may still be written */
	int			 zst;
	char			 name[REEL_NAME_SIZE];	/* below logs_dir */
};

struct reel_files {
	struct reel_file	*v;
	size_t			 n;
};

/*
 * The recordings of a session's channels, or of the one with this number (0:
 * all), in their order; none is no failure. Returns DB_OK or another class.
 * Free v.
 */
int	reel_find(struct db *, const char *logs_dir, const struct session *,
	    int64_t channel, struct reel_files *);

enum reel_result {
	REEL_FRAME,
	REEL_END,	/* of what is there so far: ask again later */
	REEL_BROKEN
};

struct reel_frame {
	int64_t		 at;	/* microseconds since 1970, never going back */
	char		 kind;	/* 'o' shown, 'i' typed, 'r' resized */
	const char	*data;	/* borrowed until the next call; of 'r' none */
	size_t		 len;
	unsigned	 cols, rows;	/* of 'r': 1 to REEL_SIZE_MAX */
};

struct reel;

/* Returns it, or NULL and a sentence in err (REEL_ERROR_SIZE bytes). */
struct reel	*reel_open(const char *logs_dir, const struct reel_file *,
		    char *err);

/* The next whole frame. */
enum reel_result reel_next(struct reel *, struct reel_frame *);

/* Whether it is a terminal's: whether it begins with a size. */
int		 reel_is_terminal(struct reel *);

/* What is wrong with it after REEL_BROKEN; borrowed. */
const char	*reel_error(const struct reel *);

/* Bytes at its end that are no whole frame, after REEL_END. */
size_t		 reel_rest(const struct reel *);

/* Back to its begin. Returns 0, or -1: broken. */
int		 reel_rewind(struct reel *);

/*
 * Bytes of the file that were not read yet, of one that is not compressed; and
 * whether one that was live is finished now.
 */
int64_t		 reel_ahead(const struct reel *);
int		 reel_finished(const struct reel *);

/* For inotify(7): the file, whatever its name is by now. */
int		 reel_fd(const struct reel *);

/*
 * Instead of frames, the file's bytes, decompressed: how many, 0 at its end,
 * -1 when it is broken.
 */
ssize_t		 reel_bytes(struct reel *, void *, size_t);

/* NULL is allowed. */
void		 reel_close(struct reel *);

#endif
