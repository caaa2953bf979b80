/* SPDX-License-Identifier: ISC */
/*
 * "sshportal healthcheck": does a portal answer?
 */
#ifndef DAEMON_HEALTHCHECK_H
#define DAEMON_HEALTHCHECK_H

/* argv as in main(). Returns an exit status: 0 it answers, 1 no, 2 usage. */
int	healthcheck_main(int argc, char **argv);

#endif
