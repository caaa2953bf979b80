/* SPDX-License-Identifier: ISC */
/*
 * What an audit reports, in words: "put /f : ok bytes sum size".
 */
#ifndef REGRESS_UNIT_AUDIT_FIXTURE_H
#define REGRESS_UNIT_AUDIT_FIXTURE_H

#include <stddef.h>

#include "child/audit.h"

#define SAID_MAX	64	/* reports that are kept; all are counted */

extern char	*said[SAID_MAX];
extern size_t	 nsaid;

/* An audit_report: also tries whether it fits through the gate. */
void	hear(void *arg, const struct file_op *);

/* So many were reported so far; the last of them is this. */
void	heard(size_t n, const char *last);
void	forget(void);

/* Bytes of a side: in memory that has not one more, or each alone. */
void	give(struct audit *, enum audit_side, const void *, size_t);

/* A test twice, the second time byte by byte. */
int	said_teardown(void **state);
int	said_one_by_one(void **state);
int	said_both(void **state);
#define BOTH(f)	{ #f, f, NULL, said_teardown, NULL }, \
	{ #f ", byte by byte", f, said_one_by_one, said_both, NULL }

#endif
