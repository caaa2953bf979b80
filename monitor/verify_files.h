/* SPDX-License-Identifier: ISC */
/*
 * `sshportal verify`, the part about recordings: whether each is what the event
 * says that told of its end.
 */
#ifndef MONITOR_VERIFY_FILES_H
#define MONITOR_VERIFY_FILES_H

#include <stdint.h>

struct event;
struct settings;

struct verify_count {
	int64_t	good, faults;
	int64_t	waiting;	/* written still, or not yet finished */
	int64_t	unknown;	/* no event tells of them */
	int64_t	elsewhere;	/* of other instances, and not here */
};

struct verify_files;

/*
 * Looks at the recordings in logs_dir; `instance` is this one's id. Returns
 * NULL with errno when the directory cannot be read; one that is not there is
 * empty. Free with verify_files_free(), which takes NULL.
 */
struct verify_files	*verify_files_new(const struct settings *,
			    const char *instance);
void			 verify_files_free(struct verify_files *);

/*
 * An event of the log, in their order: if it tells of a recording, that one is
 * read and compared. Prints a line for each that was edited or cut.
 */
void	verify_files_event(struct verify_files *, const struct event *);

/*
 * After the last event: prints a line for each that is missing, and for the
 * first of those that are unknown; counts.
 */
void	verify_files_end(struct verify_files *, struct verify_count *);

#endif
