/* SPDX-License-Identifier: ISC */
/*
 * Names of recordings.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/recording.h"

const char *
recording_ext(enum recording_format format)
{
	static const char *const	ext[RECORDING_FORMATS] = {
		[RECORDING_NONE] = "",
		[RECORDING_TTYREC] = "ttyrec",
		[RECORDING_CAST] = "cast",
		[RECORDING_INPUT] = "input",
		[RECORDING_PCAP] = "pcap",
	};

	return ((unsigned)format < RECORDING_FORMATS ? ext[format] : "");
}

char *
recording_base(char buf[RECORDING_BASE_SIZE], int64_t begun, int64_t session,
    uint32_t channel)
{
	char		day[16];
	struct tm	tm;
	time_t		t = begun;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(day, sizeof(day), "%Y-%m-%d", &tm) == 0)
		memcpy(day, "0000-00-00", sizeof("0000-00-00"));
	snprintf(buf, RECORDING_BASE_SIZE, "%s/session-%lld-%u", day,
	    (long long)session, channel);
	return (buf);
}
