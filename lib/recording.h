/* SPDX-License-Identifier: ISC */
/*
 * Recordings: what their files have in them. A channel's are named
 * DAY/session-SESSION-CHANNEL.EXT below logs-location, DAY being the day, in
 * UTC, on which it began. While one is written it ends in .part, and its
 * writer has a flock(2) on it, shared.
 */
#ifndef LIB_RECORDING_H
#define LIB_RECORDING_H

#include <stdint.h>

enum recording_format {
	RECORDING_NONE,
	RECORDING_TTYREC,	/* what was shown, sizes */
	RECORDING_CAST,		/* asciicast v2: shown, sizes, typed */
	RECORDING_INPUT,	/* asciicast v2: sizes, typed */
	RECORDING_PCAP,		/* bytes of what is no terminal */
	RECORDING_FORMATS
};

#define RECORDING_FILES	2	/* of one channel, at most */
#define RECORDING_PART	".part"
#define RECORDING_BASE_SIZE 64	/* room for DAY/session-SESSION-CHANNEL */

/* "ttyrec" and so on, without a dot; static. "" for none. */
const char	*recording_ext(enum recording_format);

/* The name without extension into buf, which it returns. */
char		*recording_base(char buf[RECORDING_BASE_SIZE], int64_t begun,
		    int64_t session, uint32_t channel);

#endif
