/* SPDX-License-Identifier: ISC */
/*
 * From a wish for a connection to a host of the inventory: which one it means,
 * and whether this person may jump there. An address that is no host's is
 * nothing that could be reached. A host that is not there and one that is not
 * granted read the same.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "db/acl.h"
#include "db/db.h"
#include "db/host.h"
#include "db/kinds.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/access.h"
#include "monitor/channels.h"
#include "monitor/journal.h"
#include "monitor/jumps.h"
#include "monitor/monitor.h"
#include "monitor/standing.h"
#include "monitor/store.h"

#define REFUSALS_TOLD	100	/* of a connection, as events */

/* What the store says about the wish. */
struct wish {
	const char		*name;
	uint16_t		 port;
	struct host_list	*hosts;		/* that it may mean; owned */
	struct acl_verdict	 verdict[HOST_MEANT_MAX];
	const struct acl_verdict *granted;	/* one of these */
	const char		*why;		/* the person is here no more,
						   or NULL */
};

static int
look_up(struct monitor *m, void *arg)
{
	struct wish	*w = arg;
	size_t		 i;
	int		 r;

	host_list_free(w->hosts);
	w->hosts = NULL;
	/* the login may have been long ago, and nothing else ends it */
	if ((r = standing_still(m, &w->why)) != DB_OK || w->why != NULL)
		return (r);
	r = host_list_meant(m->db, w->name, w->port, &w->hosts);
	for (i = 0; r == DB_OK && i < w->hosts->n; i++)
		r = access_rules(m->db, m->user, &w->hosts->v[i], NULL,
		    clock_utc(), &w->verdict[i]);
	return (r);
}

/* Why no jump leads to a host that may be reached, or NULL. */
static char *
way_there(const struct host *h, const struct acl_verdict *v)
{
	char	name[NAME_MAX_BYTES + 1];

	escape_into(name, sizeof(name), h->name);
	if (h->scheme != HOST_SSH)
		return (xasprintf("sshportal: host \"%s\" speaks telnet, "
		    "and no jump leads there: log in to it through the "
		    "portal", name));
	if ((v->kinds & KIND_BIT(KIND_JUMP)) == 0)
		return (xasprintf("sshportal: jumps to host \"%s\" are not "
		    "allowed: log in to it through the portal", name));
	if (v->record_required)
		return (xasprintf("sshportal: what is done on host \"%s\" "
		    "must be recorded, which a jump cannot be: log in to it "
		    "through the portal", name));
	if (h->hop_id != 0)
		return (xasprintf("sshportal: host \"%s\" lies behind another "
		    "host, where no jump leads: log in to it through the "
		    "portal", name));
	return (NULL);
}

static char *
no_such_host(const struct wish *w)
{
	char	name[NAME_MAX_BYTES + 1];

	return (xasprintf("sshportal: no host \"%s\" with port %u that you "
	    "may reach by a jump", escape_into(name, sizeof(name), w->name),
	    w->port));
}

/*
 * The first host that is meant and may be reached, out of the list; or the
 * sentence that refuses.
 */
static char *
choose(struct monitor *m, struct wish *w, struct host **host)
{
	struct host		*h;
	struct acl_verdict	*v;
	char			*no = NULL, *why;
	size_t			 i;

	for (i = 0; i < w->hosts->n; i++) {
		h = &w->hosts->v[i];
		v = &w->verdict[i];
		if (v->action != ACL_ALLOW)
			continue;	/* a hook alone grants no jump */
		if (access_granted(m, m->user, h, NULL, 1, &v->kinds) != 1)
			continue;
		if ((why = way_there(h, v)) == NULL) {
			free(no);
			w->granted = v;
			*host = xcalloc(1, sizeof(**host));
			**host = *h;
			memset(h, 0, sizeof(*h));
			return (NULL);
		}
		if (no == NULL)
			no = why;
		else
			free(why);
	}
	return (no != NULL ? no : no_such_host(w));
}

/* A host to dial, or the sentence that refuses. */
static char *
find_host(struct monitor *m, struct wish *w, struct host **host)
{
	char	*no;

	*host = NULL;
	if (!utf8_is_valid(w->name, strlen(w->name)) || w->port == 0)
		return (no_such_host(w));
	m->outage_ends = 0;
	if (store_try(m, look_up, w) != DB_OK)
		no = xstrdup(STORE_AWAY);
	else if (w->why != NULL)
		no = xasprintf("sshportal: no jump: %s", w->why);
	else
		no = choose(m, w, host);
	host_list_free(w->hosts);
	w->hosts = NULL;
	return (no);
}

/* An event, so that whoever tries many addresses is seen. */
static void
tell_refused(struct monitor *m, const struct ask_jump *a, const char *why)
{
	char	 reason[SENTENCE_MAX], *args;
	char	 name[NAME_MAX_BYTES + 1];
	json_t	*o;

	if (++m->jumps_refused > REFUSALS_TOLD)
		return;
	o = json_pack("{s:i, s:s}", "port", (int)a->port, "reason",
	    escape_into(reason, sizeof(reason), why));
	args = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	journal_event(m, "host", "jump-refused", escape_into(name,
	    sizeof(name), a->host), args != NULL ? args : "");
	free(args);
	json_decref(o);
}

/* Takes the sentence over. */
static void
refuse(struct monitor *m, const struct ipc *req, const struct ask_jump *a,
    char *no)
{
	log_info("user %s: %s", m->user->name, no);
	tell_refused(m, a, no);
	monitor_verdict(m, req->type, req->id, no);
	free(no);
}

/* What may be between a jump and this connection, however it is granted. */
static const char *
too_many(const struct monitor *m)
{
	if (jumps_dialling(m) >= JUMPS_DIALLING)
		return ("sshportal: too many hosts are being dialled at once: "
		    "try again in a moment");
	if (m->njumps >= JUMPS_MAX)
		return ("sshportal: too many channels at once");
	return (NULL);
}

/* To the host, which becomes the jump's; the sentence if it cannot be. */
static char *
begin(struct monitor *m, const struct ipc *req, const struct ask_jump *a,
    struct host *h, const struct acl_verdict *v)
{
	struct monitor_channel	*c;
	struct jump		*j;

	if ((c = channels_add(m, a->channel)) == NULL) {
		host_free(h);
		return (xstrdup("sshportal: too many channels at once"));
	}
	j = jumps_add(m, a->channel, req->id, h);
	j->changes_at = v->changes_at;
	j->ends_at = v->ends_at;
	if (store_try(m, journal_jump_begin, j) == DB_OK) {
		jumps_dial(m, j);
		return (NULL);
	}
	jumps_forget(m, j);
	channels_remove(m, c);
	return (xstrdup("sshportal: the session cannot be recorded in the "
	    "database: try again later"));
}

int
answer_jump(struct monitor *m, struct ipc *req)
{
	struct ask_jump	 a;
	struct wish	 w = { .hosts = NULL };
	struct host	*host;
	const char	*none;
	char		*no;

	if (get_ask_jump(&req->body, &a) == -1 ||
	    channels_find(m, a.channel) != NULL)
		return (-1);
	/* a host that the login names and that is not there for now */
	none = m->unreachable != NULL ? m->unreachable : too_many(m);
	if (none != NULL) {
		monitor_verdict(m, req->type, req->id, none);
		return (0);
	}
	w.name = a.host;
	w.port = a.port <= UINT16_MAX ? a.port : 0;
	if ((no = find_host(m, &w, &host)) == NULL)
		no = begin(m, req, &a, host, w.granted);
	store_close(m);
	if (no != NULL)
		refuse(m, req, &a, no);
	return (0);
}
