/* SPDX-License-Identifier: ISC */
/*
 * The log: one line a message, in sshd's form, to standard error, syslog or
 * systemd's journal. Beside its message a line has fields, which a process sets
 * once and which all its lines then carry: the number of the session, and whom
 * it is about. The child has no log of its own: it hands its lines to its
 * monitor through the sink that it sets.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdint.h>

#include "lib/logline.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_INFO,
	LOG_LEVEL_VERBOSE,
	LOG_LEVEL_DEBUG
};

/* Gets a finished line (no newline, control bytes already escaped). */
typedef void log_sink(enum log_level, const char *line);

/*
 * Names the process in each line, "" for a line in sshd's own wording, which
 * filters know; and sets what is worth a line at all.
 */
void	log_init(const char *role, enum log_level most);

/*
 * Whether lines go to syslog (auth facility) instead of standard error. Errors
 * go to both where standard error is a terminal: who starts a portal by hand
 * should not have to look elsewhere why it does not.
 */
void	log_to_syslog(int);

/*
 * Has lines go to systemd's journal with their fields, if that is where
 * standard error leads, and in standard error's place.
 */
void	log_to_journal(void);

/* Whether lines are JSON objects, wherever they go but as in the above. */
void	log_as_json(int);

/*
 * Around closing descriptors by their numbers: syslog(3) would go on writing to
 * its own, and in the end close what has become another file.
 */
void	log_pause(void);
void	log_resume(void);

/* Sends lines to fn instead; NULL: back to standard error or syslog. */
void	log_set_sink(log_sink *fn);

/*
 * The session that lines are about from now on, 0: none. Returns the one
 * before, so that a line or two can be about another.
 */
int64_t	log_session(int64_t id);

/* What else is known; copied, escaped, cut. "" takes it away. */
void	log_about(enum log_field, const char *value);

/* Writes a line that a less trusted process gave, as from that process. */
void	log_relay(enum log_level, const char *role, const char *text);

/* printf-like; arguments need no escaping, the whole line is escaped. */
#define LOG_PRINTF	__attribute__((format(printf, 1, 2)))
void	log_error(const char *, ...) LOG_PRINTF;
void	log_info(const char *, ...) LOG_PRINTF;
void	log_verbose(const char *, ...) LOG_PRINTF;
void	log_debug(const char *, ...) LOG_PRINTF;

/* The environment does not let this process go on: logs and exits 1. */
void	fatal(const char *, ...) LOG_PRINTF __attribute__((noreturn));

/* A bug of ours: logs and aborts. */
void	panic(const char *, ...) LOG_PRINTF __attribute__((noreturn));

#endif
