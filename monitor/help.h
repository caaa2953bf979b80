/* SPDX-License-Identifier: ISC */
/*
 * What somebody reads whose client has no key that lets them in.
 */
#ifndef MONITOR_HELP_H
#define MONITOR_HELP_H

struct login;
struct monitor;

/*
 * One sentence, which the caller frees, or NULL: a banner has said it already.
 * It is made of what the client itself has offered in this connection, and
 * says nothing of who or what is known here.
 */
char	*help_sentence(const struct monitor *, const struct login *);

#endif
