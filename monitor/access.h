/* SPDX-License-Identifier: ISC */
/*
 * May this user reach this host? The rules of the store decide, then the
 * operator's own program (--acl-check-cmd) where there is one.
 */
#ifndef MONITOR_ACCESS_H
#define MONITOR_ACCESS_H

#include <stddef.h>
#include <stdint.h>

struct acl_verdict;
struct db;
struct host;
struct monitor;
struct user;

#define ACCESS_HOOK_MS	2000	/* a hook's time to decide */

/*
 * Whether the rules that are in force at `now` (UTC seconds) allow it, as an
 * account on the host (NULL: its own), what may be done there and what of that
 * is recorded, as acl_judge() has it. Returns a class of enum db_status; unless
 * that is DB_OK the verdict is a denial.
 */
int	access_rules(struct db *, const struct user *, const struct host *,
	    const char *account, int64_t now, struct acl_verdict *);

/*
 * Whether there is such a program (a path, or a name that is looked for where
 * a hook's PATH leads), and somebody may run it; "" is good, too. Returns 0, or
 * -1 and a sentence.
 */
int	access_hook_check(const char *program, char *err, size_t errlen);

/*
 * Runs the hook: `program VERDICT USER HOST` with the verdict so far ("allow"
 * or "deny"), and user and host as JSON without any secret; the host's Account
 * is the one that is asked for there. It must print the
 * word allow and exit 0 within ms milliseconds; everything else denies. All of
 * its process group is killed afterwards. prepare(arg) is called in the forked
 * process, before the program runs. Returns 1, 0, or -1 when it could not be
 * run, was too slow or failed (logged), which denies too.
 */
int	access_hook(const char *program, int verdict, const struct user *,
	    const struct host *, const char *account, int64_t ms,
	    void (*prepare)(void *), void *arg);

/*
 * The last word: what the hook of the settings makes of the rules' verdict. If
 * there is one, the names that it is told are read into user and host. As
 * access_hook() returns; anything but 1 denies. *kinds is what access_rules()
 * said: empty after a denial; and where the hook lets somebody in whom no rule
 * does, the default kinds, as far as the host allows them.
 *
 * So the whole decision for any user and host is, in a store_try(),
 * access_rules(), and then access_granted(); a jump needs KIND_JUMP in *kinds.
 */
int	access_granted(struct monitor *, struct user *, struct host *,
	    const char *account, int verdict, uint32_t *kinds);

#endif
