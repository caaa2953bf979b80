/* SPDX-License-Identifier: ISC */
/*
 * What nobody may see of a process, and its end.
 *
 * RELAXED is 1 in the build of "make check-asan" and nowhere else: a sanitizer
 * maps terabytes, opens its report when it has something to say, and traces
 * its own process to look for leaks. That build does without the walls that
 * forbid this, and must protect nobody.
 */
#ifndef LIB_HARDEN_H
#define LIB_HARDEN_H

#ifdef RELAXED_FOR_SANITIZER
#ifndef __SANITIZE_ADDRESS__
#error "only a build under -fsanitize=address may do without the walls"
#endif
#define RELAXED	1
#else
#define RELAXED	0
#endif

/*
 * From here on nobody but root may trace the process or read its memory, and
 * it leaves no core. Returns 0, or -1 with errno set.
 */
int	harden_dumps(void);

/* _exit(2) at the regular end of a process that was forked. */
void	leave(int status) __attribute__((noreturn));

#endif
