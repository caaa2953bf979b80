/* SPDX-License-Identifier: ISC */
/*
 * Allocation that does not fail: the process ends instead. For monitor, child,
 * shell and keeper, where one person's session is at stake; the daemon, where
 * everybody's is, allocates its tables once at the start.
 */
#ifndef LIB_XMALLOC_H
#define LIB_XMALLOC_H

#include <stddef.h>

/* As malloc(3), calloc(3), reallocarray(3), strdup(3); caller frees. */
void	*xmalloc(size_t);
void	*xcalloc(size_t, size_t);
void	*xreallocarray(void *, size_t, size_t);
char	*xstrdup(const char *);

/*
 * Room for one more element in an array of n elements of `size` bytes that
 * only grows by this; new elements are zeroed. Caller frees.
 */
void	*xroom(void *v, size_t n, size_t size);

/*
 * Takes what is free between things in use, for good, before many processes
 * are forked off: a hole that one of them fills is a page copied for it, and
 * most of what is on such a page is not its own. What they allocate then lies
 * close together.
 */
void	 xmalloc_settle(void);

/* A copy of len bytes with a NUL after them; caller frees. */
char	*xmemdup0(const void *, size_t);

/* As asprintf(3), returning the string; caller frees. */
char	*xasprintf(const char *, ...)
	    __attribute__((format(printf, 1, 2)));

#endif
