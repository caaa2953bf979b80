/* SPDX-License-Identifier: ISC */
/*
 * What ties the rows of a backup: members of groups, groups of ACLs, hops. And
 * whether anybody could administer what comes of it.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "shell/restore_plan.h"

/* Members and groups */

static void
link_add(struct links *l, int64_t group, int64_t other)
{
	l->v = xroom(l->v, l->n, sizeof(*l->v));
	l->v[l->n++] = (struct link){ group, other };
}

/* An ACL that denies must keep all its groups, or it denies less. */
static int
denies(const struct row *w)
{
	const char	*action = json_string_value(json_object_get(w->json,
	    "Action"));
	enum acl_action	 a;

	return (w->kind == RESTORE_ACLS && (action == NULL ||
	    acl_action_parse(action, &a) == -1 || a == ACL_DENY));
}

/* The other end is not taken. */
static void
loose_end(struct row *w, const char *member, enum restore_kind kind,
    int64_t id)
{
	enum fate	fate = fate_of(w->r, kind, id);

	if (fate == FATE_DELETED || fate == FATE_LEFT)
		return;
	if (denies(w)) {
		row_refuse(w, "row %" PRId64 " of its %s cannot be taken or is "
		    "not there, and without it the ACL would deny less", id,
		    member);
		w->r->report.refused = 1;
		return;
	}
	row_warn(w, "row %" PRId64 " of its %s is not taken or not there: "
	    "left out of them", id, member);
}

/* One side's word on what ties rows. */
struct tie {
	enum restore_kind	 kind;		/* of the row */
	const char		*member;	/* others are nested there */
	enum restore_kind	 other;
	int			 is_group;	/* the row is the group */
	const char		*set;		/* both sides of one thing */
};

static const struct tie	ties[] = {
	{ RESTORE_USERS, "Groups", RESTORE_USER_GROUPS, 0, "ug" },
	{ RESTORE_USER_GROUPS, "Users", RESTORE_USERS, 1, "ug" },
	{ RESTORE_HOSTS, "Groups", RESTORE_HOST_GROUPS, 0, "hg" },
	{ RESTORE_HOST_GROUPS, "Hosts", RESTORE_HOSTS, 1, "hg" },
	{ RESTORE_ACLS, "UserGroups", RESTORE_USER_GROUPS, 0, "au" },
	{ RESTORE_USER_GROUPS, "ACLs", RESTORE_ACLS, 1, "au" },
	{ RESTORE_ACLS, "HostGroups", RESTORE_HOST_GROUPS, 0, "ah" },
	{ RESTORE_HOST_GROUPS, "ACLs", RESTORE_ACLS, 1, "ah" },
};

static struct links *
links_of(struct restore *r, const struct tie *t)
{
	enum group_kind	side = t->set[0] == 'u' || t->set[1] == 'u' ?
	    GROUP_USER : GROUP_HOST;

	return (t->set[0] == 'a' ? &r->acl_groups[side] : &r->members[side]);
}

static void
tie_row(struct row *w, const struct tie *t)
{
	int64_t	 id, group, other;
	json_t	*nested;
	size_t	 i;

	json_array_foreach(row_array(w, t->member), i, nested) {
		if (!json_is_integer(json_object_get(nested, "ID"))) {
			row_refuse(w, "a row of its %s has no ID", t->member);
			continue;
		}
		if ((id = nested_id(nested)) == 0)
			continue;
		if (fate_of(w->r, t->other, id) != FATE_TAKEN) {
			loose_end(w, t->member, t->other, id);
			continue;
		}
		group = t->is_group ? w->id : id;
		other = t->is_group ? id : w->id;
		if (seen(w->r, 1, "%s %" PRId64 " %" PRId64, t->set, group,
		    other) == 0)
			link_add(links_of(w->r, t), group, other);
	}
}

void
plan_links(struct restore *r)
{
	const struct tie	*t;
	struct row		 w;
	json_t			*json;
	size_t			 i, k;

	for (k = 0; k < sizeof(ties) / sizeof(ties[0]); k++) {
		t = &ties[k];
		json_array_foreach(json_object_get(r->doc,
		    restore_kind_name(t->kind)), i, json) {
			w = (struct row){ .r = r, .kind = t->kind,
			    .json = json, .id = json_integer_value(
			    json_object_get(json, "ID")), .name =
			    json_string_value(json_object_get(json, "Name")) };
			if (fate_of(r, t->kind, w.id) == FATE_TAKEN)
				tie_row(&w, t);
		}
	}
}

/* Hops */

enum way { WAY_UNKNOWN, WAY_ON_IT, WAY_GOOD, WAY_BAD };

struct ways {
	struct restore	*r;
	enum way	*way;		/* by the host's place */
	json_t		*at;		/* places by id */
};

static size_t
place_of(const struct ways *x, int64_t id)
{
	char	key[24];

	snprintf(key, sizeof(key), "%" PRId64, id);
	return (json_integer_value(json_object_get(x->at, key)));
}

/*
 * A host without its hop would be reached directly, which may be quite another
 * machine: it is not taken, nor is what is reached through it.
 */
static void
hop_refuse(struct restore *r, const struct host *h, const char *why)
{
	struct row	w = { .r = r, .kind = RESTORE_HOSTS, .id = h->id,
			    .name = h->name };

	row_refuse(&w, "its hop %" PRId64 " %s", h->hop_id, why);
	fate_set(r, RESTORE_HOSTS, h->id, FATE_REFUSED);
	r->report.count[RESTORE_HOSTS].taken--;
	r->report.count[RESTORE_HOSTS].refused++;
}

/* Follows the hops of a host to a known way, and back. */
static void
hop_walk(struct ways *x, size_t first, size_t *path)
{
	const struct host	*hosts = x->r->hosts.v;
	size_t			 at = first, n = 0;
	enum way		 end;
	const char		*why = "cannot be reached itself";

	while (x->way[at] == WAY_UNKNOWN) {
		x->way[at] = WAY_ON_IT;
		path[n++] = at;
		if (hosts[at].hop_id == 0)
			break;
		if (fate_of(x->r, RESTORE_HOSTS, hosts[at].hop_id) !=
		    FATE_TAKEN)
			break;
		at = place_of(x, hosts[at].hop_id);
	}
	end = x->way[at];
	if (end == WAY_ON_IT && hosts[at].hop_id == 0) {
		end = WAY_GOOD;
	} else if (end == WAY_ON_IT) {
		end = WAY_BAD;
		why = fate_of(x->r, RESTORE_HOSTS, hosts[at].hop_id) ==
		    FATE_TAKEN ? "is reached through it again" :
		    "is not among the hosts";
	}
	while (n-- > 0) {
		x->way[path[n]] = end;
		if (end == WAY_BAD)
			hop_refuse(x->r, &hosts[path[n]], why);
	}
}

void
plan_hops(struct restore *r)
{
	struct ways	 x = { .r = r, .at = json_object() };
	size_t		 i, *path;
	char		 key[24];

	x.way = xcalloc(r->hosts.n + 1, sizeof(*x.way));
	path = xcalloc(r->hosts.n + 1, sizeof(*path));
	for (i = 0; i < r->hosts.n; i++) {
		snprintf(key, sizeof(key), "%" PRId64, r->hosts.v[i].id);
		json_object_set_new(x.at, key, json_integer(i));
	}
	for (i = 0; i < r->hosts.n; i++) {
		if (fate_of(r, RESTORE_HOSTS, r->hosts.v[i].id) == FATE_TAKEN)
			hop_walk(&x, i, path);
	}
	json_decref(x.at);
	free(x.way);
	free(path);
}

/* Administrators */

/* An invite that was redeemed is none, whatever the original remembers. */
static void
drop_used_invite(struct restore *r, struct user *u)
{
	if (u->nkeys == 0 || !was_seen(r, "token %lld", (long long)u->id))
		return;
	free(u->invite_hash);
	u->invite_hash = NULL;
	u->invite_expires_at = 0;
	u->invite_uses = 0;
	r->report.invites--;
}

/* Whether one of the keys of who asks will be an administrator's. */
static int
stays_admin(struct restore *r)
{
	struct userkey_list	*mine;
	int64_t			 id;
	size_t			 i, k;
	int			 yes = 0;

	if (userkey_list(r->args.db, r->args.me, 0, &mine) != DB_OK)
		return (1);
	for (i = 0; i < mine->n; i++) {
		id = was_seen(r, "key %s", mine->v[i].fingerprint);
		for (k = 0; id != 0 && k < r->users.n; k++)
			yes |= r->users.v[k].id == id &&
			    user_is(&r->users.v[k], ROLE_ADMIN);
	}
	userkey_list_free(mine);
	return (yes);
}

void
plan_admins(struct restore *r)
{
	size_t		 i, with_key = 0, invited = 0, usable = 0;
	struct user	*u;

	r->again = 0;
	for (i = 0; i < r->users.n; i++) {
		u = &r->users.v[i];
		if (fate_of(r, RESTORE_USERS, u->id) != FATE_TAKEN)
			continue;
		u->nkeys = was_seen(r, "keyed %lld", (long long)u->id);
		drop_used_invite(r, u);
		if (!user_usable(u, r->args.now) || !user_is(u, ROLE_ADMIN))
			continue;
		usable++;
		with_key += u->nkeys > 0;
		invited += u->invite_hash != NULL &&
		    (u->invite_expires_at == 0 ||
		    u->invite_expires_at > r->args.now);
		if (r->again == 0 || r->users.v[r->again - 1].id > u->id)
			r->again = i + 1;
	}
	if (with_key + invited > 0)
		r->again = 0;
	if (usable == 0)
		refuse_all(r, "none of its users is an administrator who "
		    "could ever log in: nobody could administer what comes of "
		    "it");
	else if (r->again != 0)
		warn_all(r, "none of its administrators has a key or an open "
		    "invite: \"%.100s\" will be invited anew",
		    r->users.v[r->again - 1].name);
	if (usable > 0 && r->args.me != 0 && !stays_admin(r))
		warn_all(r, "none of your own keys will be an administrator's: "
		    "you will not be able to undo it");
}
