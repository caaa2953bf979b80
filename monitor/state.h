/* SPDX-License-Identifier: ISC */
/*
 * The directories of an instance, and who it is.
 */
#ifndef MONITOR_STATE_H
#define MONITOR_STATE_H

#include <stddef.h>

struct settings;

#define STATE_ID_SIZE	37	/* a UUID as text, NUL */

/*
 * Makes what is missing of state_dir with its spool, run_dir and logs_dir (the
 * monitor's, 0700) and empty_dir (root's where we are root, 0555). What is
 * there must belong to whom it should and be writable by nobody else. For
 * setup, before it drops its privileges. Returns 0, or -1 with a sentence.
 */
int	state_make_dirs(const struct settings *, char *err, size_t errlen);

/* Whether we, after the drop, can work in them; 0, or -1 with a sentence. */
int	state_check_dirs(const struct settings *, char *err, size_t errlen);

/*
 * This instance's id, from state_dir/instance-id, which is made where it is
 * missing. Returns 0, or -1 with a sentence.
 */
int	state_instance_id(const struct settings *, char id[STATE_ID_SIZE],
	    char *err, size_t errlen);

#endif
