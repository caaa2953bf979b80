/* SPDX-License-Identifier: ISC */
/*
 * What a shell never needs is taken from it at its birth.
 */
#ifndef SHELL_SANDBOX_H
#define SHELL_SANDBOX_H

/*
 * No new programs, no looking into other processes, no core files. What the
 * kernel does not know is left out; ends the process when the rest cannot be
 * had.
 */
void	sandbox_shell(void);

#endif
