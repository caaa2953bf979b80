/* SPDX-License-Identifier: ISC */
/*
 * What a session consisted of, as JSON: its channels with their commands and
 * refusals, its tunnels, the files that passed, its recordings.
 */
#ifndef SHELL_SESSION_PARTS_H
#define SHELL_SESSION_PARTS_H

#include <jansson.h>
#include <stdint.h>

struct db;
struct session;

#define SESSION_FILES_MAX	10000	/* the newest; more are only said */

/*
 * Adds Channels, Tunnels, Files, FilesCut and Recordings to the row of a
 * session. Returns a class of enum db_status.
 */
int	session_parts_add(struct db *, const struct session *, json_t *row);

#endif
