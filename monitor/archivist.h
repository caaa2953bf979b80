/* SPDX-License-Identifier: ISC */
/*
 * The archivist's process. It finishes the recordings of this instance that
 * nobody writes any more, however their writers ended, and removes those that
 * are too old or too many.
 *
 * Finished means: on the disk, compressed if that is wished, its SHA-256 in an
 * event that is safe, and its name without .part. The event comes before the
 * name, under an id that is made of name and sum: whoever goes on after a
 * crash, at whatever step, tells of the same file once.
 */
#ifndef MONITOR_ARCHIVIST_H
#define MONITOR_ARCHIVIST_H

struct settings;

/*
 * Does what there is to do and ends with one of enum archive_exit, or 1; `ctl`
 * is the keeper's socket pair. With `all` it looks at all days and at what is
 * to be removed, else at today and yesterday. To be called in a process that
 * the keeper has forked, and that has forgotten all secrets; closes every other
 * descriptor but the standard ones, and locks itself in.
 */
void	archivist_main(int ctl, const struct settings *, const char *instance,
	    int all) __attribute__((noreturn));

#endif
