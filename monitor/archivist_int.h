/* SPDX-License-Identifier: ISC */
/*
 * What the parts of the archivist share: the batch. Each thing that is done to
 * a file is told in an event first, and done when the keeper has said that the
 * event is safe. A batch of them waits for that together.
 */
#ifndef MONITOR_ARCHIVIST_INT_H
#define MONITOR_ARCHIVIST_INT_H

#include <sys/types.h>

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/catalogue.h"
#include "monitor/archive.h"
#include "monitor/archive_name.h"

struct settings;

#define BATCH_MAX	64

/* What is to be done with a file once its event is safe. */
struct deed {
	uint8_t	 id[RECORD_ID_BYTES];	/* of the event */
	int	 safe;
	int	 fd;			/* holds the lock; or -1 */
	char	 from[ARCHIVE_NAME_SIZE];
	char	 to[ARCHIVE_NAME_SIZE];	/* "": it is removed */
};

struct archivist {
	const struct settings	*settings;
	const char		*instance;
	int			 ctl;
	uint32_t		 questions;
	int			 root;		/* logs_dir */
	char			 day[ARCHIVE_DAY_SIZE];	/* where we are, */
	int64_t			 day_start;
	int			 dir;			/* its descriptor */
	struct deed		 batch[BATCH_MAX];
	size_t			 n;
	int			 more;		/* something is being written */
	int			 failed;
};

/* One file of the day where we are; not "." and "..". */
typedef void archivist_file(struct archivist *, const char *name, void *arg);

/*
 * Goes to a day: NULL where it is gone or cannot be read (which is logged).
 * Calls fn for all that lies there. Settles and goes away.
 */
DIR	*archivist_enter(struct archivist *, int64_t start);
void	archivist_each(struct archivist *, DIR *, archivist_file *fn,
	    void *arg);
void	archivist_leave(struct archivist *, DIR *);

/* All three. */
void	archivist_day(struct archivist *, int64_t start, archivist_file *fn,
	    void *arg);

/*
 * The days that have a directory, ascending, from this one on; *n how many.
 * Caller frees.
 */
int64_t	*archivist_days(struct archivist *, int64_t from, size_t *n);

/* Asks the keeper. */
enum archive_owner	archivist_whose(struct archivist *, int64_t session);

/*
 * Tells of a file (`entity` below logs_dir) in an event of this action, with
 * args in JSON and an id made of action, entity and `sum`, and puts the deed
 * into the batch, which it settles when it is full. Takes fd over.
 */
void	archivist_tell(struct archivist *, const struct archive_name *,
	    const char *action, const char *entity, const char *args,
	    const char *sum, const struct deed *);

/* Waits for the batch's events to be safe, and does what is to be done. */
void	archivist_settle(struct archivist *);

/* Logs what could not be done with a file, by errno; the run has failed. */
void	archivist_trouble(struct archivist *, const char *name,
	    const char *what);

/* Whether a recording that lies there under .part can be finished; does it. */
archivist_file	archive_finish;

/* Removes what is too old, then what is too much. */
void	archive_keep(struct archivist *);

#endif
