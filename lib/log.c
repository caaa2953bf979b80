/* SPDX-License-Identifier: ISC */
/*
 * The log.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/escape.h"
#include "lib/log.h"

#define LINE_MAX_BYTES	4096

static enum log_level	 log_most = LOG_LEVEL_INFO;
static const char	*log_role = "sshportal";
static log_sink		*sink;
static int		 use_syslog;
static int		 on_terminal;	/* somebody sees standard error */

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_VERBOSE] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

void
log_init(const char *role, enum log_level most)
{
	log_role = role;
	log_most = most;
}

static void
syslog_open(void)
{
	openlog("sshportal", LOG_PID | LOG_NDELAY, LOG_AUTH);
}

void
log_to_syslog(int on)
{
	use_syslog = on;
	on_terminal = isatty(STDERR_FILENO);
	if (on)
		syslog_open();
	else
		closelog();
}

void
log_pause(void)
{
	if (use_syslog)
		closelog();
}

void
log_resume(void)
{
	if (use_syslog)
		syslog_open();
}

void
log_set_sink(log_sink *fn)
{
	sink = fn;
}

/* One write, so that lines of several processes do not mix. */
static void
emit(enum log_level level, const char *role, const char *text)
{
	const char	*colon = *role != '\0' ? ": " : "";
	char		 line[LINE_MAX_BYTES + 128];
	int		 n;

	if (use_syslog) {
		syslog(priorities[level], "%s%s%s", role, colon, text);
		if (level != LOG_LEVEL_ERROR || !on_terminal)
			return;
	}
	n = snprintf(line, sizeof(line), "sshportal[%d]: %s%s%s\n",
	    (int)getpid(), role, colon, text);
	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	if (n > 0 && write(STDERR_FILENO, line, n) == -1)
		return;		/* nowhere left to say it */
}

static void
log_va(enum log_level level, const char *fmt, va_list ap)
{
	char	raw[LINE_MAX_BYTES / 2], text[LINE_MAX_BYTES];

	if (level > log_most)
		return;
	vsnprintf(raw, sizeof(raw), fmt, ap);
	escape_into(text, sizeof(text), raw);
	if (sink != NULL)
		sink(level, text);
	else
		emit(level, log_role, text);
}

void
log_relay(enum log_level level, const char *role, const char *text)
{
	char	clean[LINE_MAX_BYTES];

	if (level > log_most)
		return;
	emit(level, role, escape_into(clean, sizeof(clean), text));
}

#define LOG_FUNCTION(name, level)		\
void						\
name(const char *fmt, ...)			\
{						\
	va_list	ap;				\
						\
	va_start(ap, fmt);			\
	log_va(level, fmt, ap);			\
	va_end(ap);				\
}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_verbose, LOG_LEVEL_VERBOSE)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

void
fatal(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	log_va(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
	_exit(1);
}

void
panic(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	log_va(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
	abort();
}
