/* SPDX-License-Identifier: ISC */
/*
 * Recordings: what of a channel is recorded, and the files.
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "db/host.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/network.h"
#include "lib/number.h"
#include "monitor/journal.h"
#include "monitor/monitor.h"
#include "monitor/recording.h"

#define EXEC_LIMIT	(1024 * 1024)	/* bytes of a command's output */
#define CAPTURE_PORT	60001	/* a program has none; errors: the next */
#define NAME_SIZE	(RECORDING_BASE_SIZE + 16)	/* with extensions */

_Static_assert(DIAL_PEER_SIZE == PEER_MAX + 1, "an address fits an answer");
_Static_assert(RECORDING_FILES <= IPC_FDS_MAX, "all fit an answer");

/* Whether what passes is the person's business with the host, or a port's. */
static int
has_payload(enum kind kind)
{
	return (kind != KIND_AGENT && kind != KIND_X11);
}

/*
 * Where a capture says that its bytes went: the host, and for a tunnel the
 * port behind it, whose name only the host can look up.
 */
static void
capture_to(const struct monitor *m, const struct ask_channel_open *a,
    char to[DIAL_PEER_SIZE])
{
	const char	*colon = strrchr(a->detail, ':');
	struct network	 target;
	uint32_t	 port = CAPTURE_PORT;
	char		*end;

	dial_peer(m->upstream, to, DIAL_PEER_SIZE);
	if (strcmp(a->type, "exec") == 0 || strcmp(a->type, "shell") == 0 ||
	    strcmp(a->type, "subsystem") == 0)
		colon = NULL;
	else
		network_from_source(&target, a->detail);
	if (colon != NULL && target.family != 0 &&
	    strlen(a->detail) <= PEER_MAX)
		snprintf(to, DIAL_PEER_SIZE, "%s", a->detail);
	if (colon != NULL)
		(void)number_parse(colon + 1, 1, UINT16_MAX, &port);
	if ((end = strrchr(to, ':')) != NULL)
		snprintf(end, to + DIAL_PEER_SIZE - end, ":%u", port);
}

/*
 * Whether a command plainly moves files in a protocol of its own, of which the
 * command line and the bytes' number are all that is worth keeping.
 */
static int
is_transfer(const char *command)
{
	static const char *const	names[] = { "rsync --server ",
	    "git-upload-pack ", "git-receive-pack ", "git-upload-archive " };
	size_t				i;

	if (strpbrk(command, ";|&$`<>()\\\n") != NULL)
		return (0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(command, names[i], strlen(names[i])) == 0)
			return (1);
	}
	return (0);
}

/*
 * What is recorded of a channel. What is typed is told from what is hidden by
 * its echo: without a terminal there is none.
 */
static void
choose(const struct monitor *m, enum kind kind,
    const struct ask_channel_open *a, struct recording *r)
{
	uint8_t	format = m->settings->recording_format;
	int	terminal = a->pty || kind == KIND_SHELL;
	int	output = kind == KIND_EXEC && strcmp(a->type, "exec") == 0 &&
		    !is_transfer(a->detail);

	if (m->logging >= LOGGING_EVERYTHING && (terminal || output))
		r->formats[0] = format;
	if (r->formats[0] != RECORDING_NONE && !terminal)
		r->limit = EXEC_LIMIT;
	if (m->logging == LOGGING_FULL && !a->pty && has_payload(kind)) {
		r->formats[r->formats[0] != RECORDING_NONE] = RECORDING_PCAP;
		capture_to(m, a, r->to);
	}
	if (!a->pty || m->logging < LOGGING_INPUT)
		return;
	if (r->formats[0] == RECORDING_NONE)
		r->formats[0] = RECORDING_INPUT;
	else if (format == RECORDING_TTYREC)
		r->formats[1] = RECORDING_INPUT;
}

/* The directory of a day, made where it is missing; -1 with errno. */
static int
open_day(const char *logs_dir, const char *base)
{
	char	day[RECORDING_BASE_SIZE];
	int	root, fd = -1;

	snprintf(day, sizeof(day), "%.*s", (int)strcspn(base, "/"), base);
	if (mkdir(logs_dir, 0700) == -1 && errno != EEXIST)
		return (-1);
	root = open(logs_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root == -1)
		return (-1);
	if (mkdirat(root, day, 0700) == 0 || errno == EEXIST)
		fd = openat(root, day, O_PATH | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
	close(root);
	return (fd);
}

/* Gives a file its name unless there is one of that name; 0 or -1. */
static int
give_name(int dir, const char *from, const char *to)
{
	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return (0);
	/* not every file system has that flag; all our names are new */
	if (errno == EINVAL || errno == ENOSYS)
		return (renameat(dir, from, dir, to));
	return (-1);
}

/*
 * A new file. Who finds a name that ends in .part and can lock it takes it for
 * one whose writer has died: it has the lock before it has the name.
 */
static int
open_file(int dir, const char *name)
{
	char	hidden[NAME_SIZE + 1], part[NAME_SIZE + 8];
	int	fd, saved;

	snprintf(hidden, sizeof(hidden), ".%s", name);
	snprintf(part, sizeof(part), "%s" RECORDING_PART, name);
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return (-1);
	}
	fd = openat(dir, hidden, O_WRONLY | O_APPEND | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0440);
	if (fd == -1)
		return (-1);
	if (flock(fd, LOCK_SH | LOCK_NB) == 0 &&
	    give_name(dir, hidden, part) == 0)
		return (fd);
	saved = errno;
	unlinkat(dir, hidden, 0);
	close(fd);
	errno = saved;
	return (-1);
}

static void
close_files(struct recording *r)
{
	size_t	i;

	for (i = 0; i < RECORDING_FILES; i++) {
		if (r->fds[i] != -1)
			close(r->fds[i]);
		r->fds[i] = -1;
	}
}

/* Whether the disk has more than what recordings leave; if not, errno. */
static int
has_room(int dir, int64_t reserve, struct recording *r)
{
	struct statvfs	s;
	uint64_t	most;

	if (reserve == 0)
		return (1);
	if (fstatvfs(dir, &s) == -1)
		return (0);
	most = (uint64_t)s.f_blocks * s.f_frsize / 4;
	r->reserve = (uint64_t)reserve < most ? (uint64_t)reserve : most;
	errno = ENOSPC;
	return ((uint64_t)s.f_bavail * s.f_frsize > r->reserve);
}

/* Opens each; -1 with errno when one cannot be, whose name is then in name. */
static int
open_files(const struct settings *settings, struct recording *r,
    char name[NAME_SIZE])
{
	const char	*slash = strchr(r->base, '/');
	size_t		 i;
	int		 dir, saved, ok;

	snprintf(name, NAME_SIZE, "%s", slash + 1);
	if ((dir = open_day(settings->logs_dir, r->base)) == -1)
		return (-1);
	ok = has_room(dir, settings->recording_reserve, r);
	for (i = 0; ok && i < RECORDING_FILES; i++) {
		if (r->formats[i] == RECORDING_NONE)
			continue;
		snprintf(name, NAME_SIZE, "%s.%s", slash + 1,
		    recording_ext(r->formats[i]));
		ok = (r->fds[i] = open_file(dir, name)) != -1;
	}
	saved = errno;
	close(dir);
	errno = saved;
	return (ok ? 0 : -1);
}

/* An empty file that nothing will come into is none. */
static void
forget_files(const char *logs_dir, const struct recording *r)
{
	char	part[NAME_SIZE + 8];
	size_t	i;
	int	root;

	root = open(logs_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; root != -1 && i < RECORDING_FILES; i++) {
		if (r->fds[i] == -1)
			continue;
		snprintf(part, sizeof(part), "%s.%s" RECORDING_PART, r->base,
		    recording_ext(r->formats[i]));
		unlinkat(root, part, 0);
	}
	if (root != -1)
		close(root);
}

int
recording_open(struct monitor *m, uint32_t seq, enum kind kind,
    const struct ask_channel_open *a, struct recording *r)
{
	const char	*logs_dir = m->settings->logs_dir;
	char		 name[NAME_SIZE], why[128];

	memset(r, 0, sizeof(*r));
	memset(r->fds, -1, sizeof(r->fds));
	choose(m, kind, a, r);
	if (r->formats[0] == RECORDING_NONE)
		return (0);
	recording_base(r->base, clock_utc(), m->session, seq);
	if (open_files(m->settings, r, name) == 0)
		return (0);
	snprintf(why, sizeof(why), "%s", strerror(errno));
	if (m->record_required || !m->record_lost)
		log_error("recording %s in %s: %s", name, logs_dir, why);
	forget_files(logs_dir, r);
	close_files(r);
	memset(r->formats, 0, sizeof(r->formats));
	recording_lost(m, seq, why);
	r->base[0] = '\0';
	return (-1);
}

void
recording_lost(struct monitor *m, uint32_t seq, const char *why)
{
	char	base[RECORDING_BASE_SIZE], reason[SENTENCE_MAX], *args;
	json_t	*o;

	if (m->record_lost)
		return;
	m->record_lost = 1;
	o = json_pack("{s:i, s:s}", "channel", (int)seq, "why",
	    escape_into(reason, sizeof(reason), why));
	args = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	journal_event(m, "recording", "lost", recording_base(base,
	    clock_utc(), m->session, seq), args != NULL ? args : "");
	free(args);
	json_decref(o);
}
