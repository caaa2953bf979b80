/* SPDX-License-Identifier: ISC */
/*
 * The first image: reads what the operator has set, and leaves it to the
 * daemon, which is another image of this program.
 */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include "daemon/image.h"

#define EXIT_USAGE	2

/* "sshportal server"; argv as in main(). Returns an exit status. */
int	server_main(int argc, char **argv);

/* "sshportal verify": the audit log; flags as of the server. The same. */
int	server_verify(int argc, char **argv);

/*
 * "sshportal admin": flags as of the server, then a command of the admin
 * shell. The same.
 */
int	server_admin(int argc, char **argv);

/* "sshportal backup": flags as of the server, then the file. The same. */
int	server_backup(int argc, char **argv);

/*
 * "sshportal import": an original's inventory becomes ours; its own flags, and
 * those of the server. The same.
 */
int	server_import(int argc, char **argv);

/* What a process does that was executed with an image. */
int	server_image(struct image *);

#endif
