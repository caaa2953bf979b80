/* SPDX-License-Identifier: ISC */
/*
 * The banner: a text that everybody reads before the login.
 */
#ifndef DAEMON_BANNER_H
#define DAEMON_BANNER_H

#include <stddef.h>

#include "daemon/conf.h"

/*
 * Reads the file that the settings name, if they name one, into their banner,
 * as it goes over the wire (RFC 4252, section 5.4). Text is UTF-8 of lines
 * without control characters but tabs, BANNER_MAX bytes at most. Returns 0, or
 * -1 with a sentence.
 */
int	banner_load(struct conf *, char *err, size_t);

#endif
