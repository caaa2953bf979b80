/* SPDX-License-Identifier: ISC */
/*
 * Whether a person and a key may come in here and now: not disabled, not
 * expired, and from an address of their lists.
 */
#ifndef MONITOR_STANDING_H
#define MONITOR_STANDING_H

#include <stdint.h>

struct monitor;
struct user;
struct userkey;

/*
 * NULL, or the words that end "not allowed because ...", for the log alone.
 * `now` is in UTC seconds; the address is that of the monitor's connection.
 */
const char	*standing_user(const struct monitor *, const struct user *,
		    int64_t now);
const char	*standing_key(const struct monitor *, const struct userkey *,
		    int64_t now);

/*
 * The same of the person who has logged in, looked up anew: for what is granted
 * long after the login. What was known of the ends of account and key is
 * renewed. Returns a class of enum db_status; with DB_OK *why is
 * NULL, or says to them why they may be here no more ("your ...").
 */
int		 standing_still(struct monitor *, const char **why);

#endif
