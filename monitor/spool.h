/* SPDX-License-Identifier: ISC */
/*
 * The spool: records that could not be handed on, in files of state_dir/spool
 * that stand there whole or not at all, and outlive a power cut. Any number of
 * processes may write; only the keeper, under its lock, reads and removes.
 * Files sort by name in the order of their making.
 */
#ifndef MONITOR_SPOOL_H
#define MONITOR_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/msg.h"

#define SPOOL_DIR		"spool"			/* in state_dir */
#define SPOOL_NAME_SIZE		64
#define SPOOL_FILE_MAX		(48 * 1024 * 1024)	/* bytes of one */
#define SPOOL_RECORD_MAX	65536			/* bytes of a record */

/* An encoded record; bytes are the caller's. */
struct spool_record {
	const uint8_t	*data;
	size_t		 len;
};

/* Opens the directory; returns its descriptor, or -1 with errno. */
int	spool_open(const char *state_dir);

/*
 * Writes the records as one file and returns 0 when it is on the disk, else -1
 * with errno, and nothing is left.
 */
int	spool_write(int dir, const struct spool_record *, size_t n);

/*
 * The oldest file's name. Returns 1, 0 when there is none, or -1 with errno.
 */
int	spool_first(int dir, char name[SPOOL_NAME_SIZE]);

/*
 * Reads a file whole; the records point into *file, which the caller frees
 * with msg_free(), and *records with free(). -1 with errno; EBADMSG: damaged.
 */
int	spool_read(int dir, const char *name, struct msg *file,
	    struct spool_record **records, size_t *n);

/* Removes a file whose records are safe, for good. 0, or -1 with errno. */
int	spool_remove(int dir, const char *name);

/*
 * Keeps what cannot be written under a name that no one reads again but an
 * operator: a file that is there, or records as a new one.
 */
int	spool_set_aside(int dir, const char *name);
int	spool_write_aside(int dir, const struct spool_record *, size_t n);

/* Removes what writers that died left unfinished, after an hour. */
void	spool_sweep(int dir);

#endif
