/* SPDX-License-Identifier: ISC */
/*
 * The log: one line a message, in sshd's form, to standard error or syslog.
 * The child has no log of its own: it hands its lines to its monitor through
 * the sink that it sets.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

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
 * Around closing descriptors by their numbers: syslog(3) would go on writing to
 * its own, and in the end close what has become another file.
 */
void	log_pause(void);
void	log_resume(void);

/* Sends lines to fn instead; NULL: back to standard error or syslog. */
void	log_set_sink(log_sink *fn);

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
