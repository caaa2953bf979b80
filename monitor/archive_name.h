/* SPDX-License-Identifier: ISC */
/*
 * The names of recordings below logs_dir: DAY/session-ID-SEQ.KIND, DAY being
 * the day in UTC on which it began; then .part while it is written, or .zst
 * when it was compressed, and .zst.new while that is being done.
 */
#ifndef MONITOR_ARCHIVE_NAME_H
#define MONITOR_ARCHIVE_NAME_H

#include <stdint.h>

#define ARCHIVE_PART		".part"
#define ARCHIVE_ZST		".zst"
#define ARCHIVE_NEW		".new"
#define ARCHIVE_NAME_SIZE	72	/* of a name in its directory, NUL */
#define ARCHIVE_DAY_SIZE	11	/* "2026-01-02", NUL */
#define ARCHIVE_PATH_SIZE	(ARCHIVE_DAY_SIZE + ARCHIVE_NAME_SIZE)
#define ARCHIVE_DAY_S		86400

enum archive_stage {
	ARCHIVE_WRITTEN,	/* .part */
	ARCHIVE_FRESH,		/* .new: half a copy */
	ARCHIVE_FINISHED
};

struct archive_name {
	int64_t			 session;
	uint32_t		 seq;
	enum archive_stage	 stage;
	char			 plain[ARCHIVE_NAME_SIZE]; /* without .part,
							      .zst, .new */
};

/* Returns 0, or -1 when it is not the name of a recording. */
int	archive_name_parse(const char *name, struct archive_name *);

/* A day's directory; *start gets its first second. Returns 0 or -1. */
int	archive_day_parse(const char *name, int64_t *start);

/* The name of the day in which this second is; returns buf. */
char	*archive_day(int64_t when, char buf[ARCHIVE_DAY_SIZE]);

#endif
