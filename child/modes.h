/* SPDX-License-Identifier: ISC */
/*
 * The modes of a terminal as a client sends them when it asks for a pty
 * (RFC 4254, section 8).
 */
#ifndef CHILD_MODES_H
#define CHILD_MODES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Copies modes, ended, into a buffer of this size; returns the bytes there, 0
 * when there is no mode. Where not all fit, those are left out that say "off"
 * of what is off on every new pty; if that is not enough, the last ones too.
 */
size_t	modes_fit(const uint8_t *modes, size_t len, uint8_t *out, size_t size);

#endif
