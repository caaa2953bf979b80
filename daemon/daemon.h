/* SPDX-License-Identifier: ISC */
/*
 * The daemon: listens, accepts, limits, keeps spare pairs, reaps and kills. It
 * parses no SSH, holds no secret and opens no database.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "daemon/image.h"

/*
 * Runs as what the image says (START, RELOADED, CRASH), until it ends. Returns
 * an exit status.
 */
int	daemon_main(struct image *);

#endif
