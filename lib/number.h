/* SPDX-License-Identifier: ISC */
/*
 * Numbers as people write them: digits, without a sign or a blank.
 */
#ifndef LIB_NUMBER_H
#define LIB_NUMBER_H

#include <stdint.h>

/*
 * Reads the digits at the beginning of s, nine at most, which must come to at
 * least min and at most max, into *n. Returns the first byte after them, or
 * NULL, and then *n is as it was.
 */
const char	*number_read(const char *s, uint32_t min, uint32_t max,
		    uint32_t *n);

/* The same for all of s. Returns 0 or -1. */
int		 number_parse(const char *s, uint32_t min, uint32_t max,
		    uint32_t *n);

/*
 * A number of bytes: such digits, and K, M, G or T (times 1024, ...) or none of
 * these letters. Puts it into *bytes; returns 0 or -1.
 */
int		 number_size(const char *s, int64_t *bytes);

#endif
