/* SPDX-License-Identifier: ISC */
/*
 * Giving up what a monitor, the keeper and setup need no longer once they
 * have opened what only root may read.
 */
#ifndef MONITOR_PRIVILEGES_H
#define MONITOR_PRIVILEGES_H

struct settings;

/*
 * Becomes monitor_uid and monitor_gid with no other group (nothing to do where
 * they are -1), without capabilities, but for CAP_DAC_OVERRIDE where
 * keep_dac_override says so (the store belongs to root and so does the
 * monitor). No new privileges, no core dump, not to be traced; umask 077.
 * There is no way back. Returns 0, or -1 after having logged why.
 */
int	privileges_drop(const struct settings *);

#endif
