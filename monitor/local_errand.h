/* SPDX-License-Identifier: ISC */
/*
 * Errands of `sshportal admin`, where no daemon need be there to fork pairs of
 * processes: a helper, forked before privileges are dropped, does it as the
 * daemon would.
 */
#ifndef MONITOR_LOCAL_ERRAND_H
#define MONITOR_LOCAL_ERRAND_H

struct errander;
struct secret_settings;
struct settings;

/*
 * Forks the helper, which ends when this process does. Makes an errander that
 * goes in the name of who (borrowed). Without a helper it refuses, and says so.
 */
void	local_errander(const struct settings *, const struct secret_settings *,
	    const char *who, struct errander *);

#endif
