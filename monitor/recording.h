/* SPDX-License-Identifier: ISC */
/*
 * The file that a session is recorded in. The monitor opens it, the child
 * writes it and can only append.
 */
#ifndef MONITOR_RECORDING_H
#define MONITOR_RECORDING_H

#include <stdint.h>

/*
 * Makes logs_dir/DAY/session-SESSION-SEQ.ttyrec (DAY in UTC, directories 0700,
 * the file new, 0440). Returns its descriptor, append-only, or -1 after having
 * logged why.
 */
int	recording_open(const char *logs_dir, int64_t session, uint32_t seq,
	    int64_t now);

#endif
