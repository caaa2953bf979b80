/* SPDX-License-Identifier: ISC */
/*
 * The end of a shell, which the child did not ask for.
 */
#ifndef MONITOR_ANSWER_SHELL_H
#define MONITOR_ANSWER_SHELL_H

#include <sys/types.h>

struct monitor;

/* A process has ended, how waitpid(2) tells: if a shell, so is the child. */
void	answer_shell_ended(struct monitor *, pid_t, int how);

#endif
