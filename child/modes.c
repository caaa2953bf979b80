/* SPDX-License-Identifier: ISC */
/*
 * Terminal modes.
 *
 * OpenSSH's client sends all that its system knows: on Linux 261 bytes. libssh2
 * has 256, for these and the terminal's name.
 */
#include <string.h>

#include "child/modes.h"

#define MODES_END	0	/* TTY_OP_END */
#define MODES_FIRST_BAD	160	/* from here on nobody knows the arguments */
#define MODE_SIZE	5	/* its number, and 32 bits */

/* Off on a new pty of Linux, of the BSDs and of Solaris. */
static const uint8_t	off_by_default[] = {
	30,	/* IGNPAR */
	31,	/* PARMRK */
	32,	/* INPCK */
	33,	/* ISTRIP */
	34,	/* INLCR */
	35,	/* IGNCR */
	37,	/* IUCLC */
	40,	/* IXOFF */
	52,	/* XCASE */
	56,	/* ECHONL */
	57,	/* NOFLSH */
	58,	/* TOSTOP */
	62,	/* PENDIN */
	71,	/* OLCUC */
	73,	/* OCRNL */
	74,	/* ONOCR */
	75,	/* ONLRET */
	92,	/* PARENB */
	93,	/* PARODD */
};

static int
is_default(const uint8_t *mode)
{
	static const uint8_t	off[MODE_SIZE - 1];

	return (memchr(off_by_default, mode[0], sizeof(off_by_default)) !=
	    NULL && memcmp(mode + 1, off, sizeof(off)) == 0);
}

/* Bytes of whole modes that stand before the end. */
static size_t
modes_length(const uint8_t *modes, size_t len)
{
	size_t	i = 0;

	while (len - i >= MODE_SIZE && modes[i] != MODES_END &&
	    modes[i] < MODES_FIRST_BAD)
		i += MODE_SIZE;
	return (i);
}

size_t
modes_fit(const uint8_t *modes, size_t len, uint8_t *out, size_t size)
{
	size_t	whole = modes_length(modes, len);
	size_t	i, n = 0;

	for (i = 0; i < whole; i += MODE_SIZE) {
		if (whole >= size && is_default(modes + i))
			continue;
		if (size - n <= MODE_SIZE)
			break;
		memcpy(out + n, modes + i, MODE_SIZE);
		n += MODE_SIZE;
	}
	if (n > 0)
		out[n++] = MODES_END;
	return (n);
}
