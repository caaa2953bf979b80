/* SPDX-License-Identifier: ISC */
/*
 * The process title, for ps(1): which of our processes this is.
 */
#ifndef LIB_PROCTITLE_H
#define LIB_PROCTITLE_H

/* Remembers the space of argv and environment; first thing in main(). */
void	proctitle_init(int argc, char **argv);

/* Sets "sshportal: " and the printf-like rest as the title, cut to fit. */
void	proctitle_set(const char *, ...)
	    __attribute__((format(printf, 1, 2)));

#endif
