/* SPDX-License-Identifier: ISC */
/*
 * Sentences for people without a key, or with none that will do. The store is
 * not asked: a key that nobody has and one whose owner may not log in are told
 * the same.
 */
#include <stdlib.h>

#include "lib/xmalloc.h"
#include "monitor/help.h"
#include "monitor/monitor.h"

char *
help_sentence(const struct monitor *m, const struct login *l)
{
	unsigned	n = m->refused_keys;

	if (m->banner_said || l->kind == LOGIN_HEALTHCHECK)
		return (NULL);
	if (n == 0 && l->kind == LOGIN_INVITE)
		return (xstrdup("sshportal: no key was offered, and an invite "
		    "needs one: make it with \"ssh-keygen\", then redeem the "
		    "invite again"));
	if (n == 0)
		return (xstrdup("sshportal: no key was offered: make one with "
		    "\"ssh-keygen\", then redeem your invite (\"ssh "
		    "invite:TOKEN@...\") or give the .pub file to an "
		    "administrator"));
	if (n == 1)
		return (xasprintf("sshportal: the key that was offered (of %s) "
		    "is not accepted: offer another (\"ssh -i FILE\"), redeem "
		    "your invite with it (\"ssh invite:TOKEN@...\") or give "
		    "its .pub file to an administrator", m->first_refused));
	return (xasprintf("sshportal: %u keys were offered (the first is %s), "
	    "none is accepted: offer another (\"ssh -i FILE\"), redeem your "
	    "invite (\"ssh invite:TOKEN@...\") or give a .pub file to an "
	    "administrator", n, m->first_refused));
}
