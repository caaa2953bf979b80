/* SPDX-License-Identifier: ISC */
/*
 * No dumps, and the end of a process.
 */
#include <sys/prctl.h>

#include <unistd.h>

#include "lib/harden.h"

#if RELAXED
#include <sanitizer/lsan_interface.h>
#endif

int
harden_dumps(void)
{
	/* said even if relaxed: a change of ids has made it 0 */
	return (prctl(PR_SET_DUMPABLE, RELAXED, 0, 0, 0));
}

void
leave(int status)
{
#if RELAXED
	/* _exit(2) skips what exit(3) would do */
	__lsan_do_recoverable_leak_check();
#endif
	_exit(status);
}
