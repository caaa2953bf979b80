/* SPDX-License-Identifier: ISC */
/*
 * Sending somebody on an errand (struct errand, lib/catalogue.h).
 */
#ifndef LIB_ERRAND_H
#define LIB_ERRAND_H

#include "lib/catalogue.h"

/*
 * A socket pair, close-on-exec, with the errand written into fds[0]: that end
 * is for who wants the news, and reads alone; fds[1] is to be carried to a
 * spare pair of processes. Returns 0, or -1 with errno.
 */
int	errand_pair(const struct errand *, int fds[2]);

/*
 * Whether it makes sense as it is: a test needs no other key; a key is put in
 * by people's own way and taken away by the login of another.
 */
int	errand_is_sound(const struct errand *);

/* For people: "key exchange"; and "failed". */
const char	*errand_stage_name(unsigned stage);
const char	*errand_result_name(unsigned result);

#endif
