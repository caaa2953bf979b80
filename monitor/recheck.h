/* SPDX-License-Identifier: ISC */
/*
 * Whether what a login was granted still is, while its session runs.
 */
#ifndef MONITOR_RECHECK_H
#define MONITOR_RECHECK_H

struct jump;
struct monitor;

/*
 * All of it: account, key, host, rules, hook; of the session, or of one of its
 * jumps; of the admin shell account and key. Returns a class of enum db_status;
 * with DB_OK *why is NULL, or says why the person may no longer be there, and
 * of a session, m->kinds is what they may do from now on (nothing, if so). Does
 * not wait for a store that is away.
 */
int	recheck_all(struct monitor *, struct jump *, const char **why);

/*
 * Before a new channel: brings m->kinds, m->logging and m->record_required up
 * to date if that was not done within the last RECHECK_FRESH_MS. It reads the
 * generation counter and the rules, and goes through all of the above when
 * either says something new. A store that is away leaves them as they are and
 * is not asked again for RECHECK_AWAY_MS: a session does not wait for it.
 */
#define RECHECK_FRESH_MS	1000
#define RECHECK_AWAY_MS		10000
void	recheck_kinds(struct monitor *);

#endif
