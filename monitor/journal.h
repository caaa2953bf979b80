/* SPDX-License-Identifier: ISC */
/*
 * What is written of a session: its row, before the host is dialled; then,
 * through the keeper, its channels, what is worth an event, and its end.
 */
#ifndef MONITOR_JOURNAL_H
#define MONITOR_JOURNAL_H

#include <stdint.h>

#include "lib/catalogue.h"

struct jump;
struct monitor;

/*
 * Writes the row of the session with m->host and opens the session's socket,
 * both or neither: a row without a socket is taken for a dead one. For
 * store_try(); returns a class of enum db_status.
 */
int	journal_begin(struct monitor *, void *unused);

/*
 * Opens the socket of a login to the admin shell, of which there is no row, if
 * there is none yet.
 */
void	journal_shell_begin(struct monitor *);

/*
 * Has lines of the log be about a jump, and, NULL, about its connection again:
 * in pairs.
 */
void	journal_speak_of(const struct jump *);

/*
 * As journal_begin() for a jump (struct jump), to j->host; its connection,
 * which is up, as a channel; and its end, with the bytes that passed and
 * j->error.
 */
int	journal_jump_begin(struct monitor *, void *jump);
void	journal_jump_open(const struct jump *);
void	journal_jump_end(const struct jump *, const struct ask_channel_close *);

/*
 * Closes a session's socket, whose records must be safe by now (see
 * monitor/records.h); session 0: that of the admin shell. Harmless on -1.
 */
void	journal_forget_socket(const struct monitor *, int64_t session,
	    int *listener);

/*
 * A channel, by our number for it; refused: why, or NULL; the base of its
 * recording's files, or "".
 */
void	journal_channel_open(struct monitor *, uint32_t seq,
	    const struct ask_channel_open *, const char *refused,
	    const char *recording);

/* Its end, and its bytes into the session's sum. */
void	journal_channel_close(struct monitor *, uint32_t seq,
	    const struct ask_channel_close *);

/* An event by the person. args is JSON or "". */
void	journal_event(struct monitor *, const char *domain, const char *action,
	    const char *entity, const char *args);

/* The event of a login to the shell, which has no session. */
void	journal_login(struct monitor *);

/*
 * Somebody is not let in, or not to where they want to go, by that name: an
 * event, or one in a count of many. May be lost, never waits.
 */
void	journal_refused(struct monitor *, const char *name, const char *why);

/*
 * The end, once: tells of a login that failed; ends what channels are open,
 * writes the session's end with m->error, waits a moment for the keeper, closes
 * the session's socket.
 */
void	journal_end(struct monitor *);

#endif
