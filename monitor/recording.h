/* SPDX-License-Identifier: ISC */
/*
 * The files that a channel is recorded in. The monitor opens them, the child
 * writes them and can only append.
 */
#ifndef MONITOR_RECORDING_H
#define MONITOR_RECORDING_H

#include <stdint.h>

#include "db/kinds.h"
#include "lib/catalogue.h"
#include "monitor/dial.h"

struct monitor;

struct recording {
	char	 base[RECORDING_BASE_SIZE];	/* "" without one */
	int	 fds[RECORDING_FILES];		/* -1: none */
	uint8_t	 formats[RECORDING_FILES];	/* enum recording_format */
	uint64_t limit;				/* of what was shown; 0: all */
	char	 to[DIAL_PEER_SIZE];		/* of a capture */
	uint64_t reserve;			/* to be left free */
};

/*
 * Opens what the channel with our number seq is to be recorded in, which may be
 * nothing: BASE.EXT.part below logs_dir (lib/recording.h), new files, 0440, in
 * directories 0700, each locked before it has that name. Returns 0, or -1 after
 * having logged why not (once a session, unless the recording is required);
 * then nothing is open.
 */
int	recording_open(struct monitor *, uint32_t seq, enum kind,
	    const struct ask_channel_open *, struct recording *);

/*
 * The recording of a channel is lost, or was never made: a line in the log and
 * an event, once a session.
 */
void	recording_lost(struct monitor *, uint32_t seq, const char *why);

#endif
