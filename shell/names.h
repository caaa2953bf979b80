/* SPDX-License-Identifier: ISC */
/*
 * Names that people choose, and names that they mistype.
 */
#ifndef SHELL_NAMES_H
#define SHELL_NAMES_H

#include <stddef.h>

struct settings;

#define NAMES_ERROR_MAX	512	/* bytes of a sentence */

/*
 * Whether a new row may be called so: 1 to 255 bytes of clean UTF-8, without
 * blanks, commas, colons, plus signs, slashes and at signs, not digits alone
 * (that is an id), not beginning with a hyphen. Returns 0, or -1 and a sentence
 * in err (NAMES_ERROR_MAX bytes).
 */
int	name_check(const char *name, char *err);

/*
 * The same for what people log in with, hosts' and users' names, which the
 * portal's own logins must not be: "admin", "healthcheck" and their
 * configured names. settings may be NULL.
 */
int	name_check_login(const char *name, const struct settings *, char *err);

/*
 * The left of an e-mail's @ up to a plus sign, as a name; -1 and a sentence
 * when it is not an e-mail. Caller frees *name.
 */
int	name_from_email(const char *email, char **name, char *err);

/*
 * A name that nobody chose: the prefix, a hyphen and eight random hex digits.
 * Caller frees.
 */
char	*name_random(const char *prefix);

/*
 * How many letters must be changed, added, taken away or swapped to make one
 * word of the other; words of more than 31 letters are far from everything.
 */
size_t	name_distance(const char *, const char *);

#endif
