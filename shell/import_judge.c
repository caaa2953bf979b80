/* SPDX-License-Identifier: ISC */
/*
 * What rules decided there and will decide here, for every user and host. The
 * original knew no patterns: a rule took part through groups alone, and of
 * rules of one weight any might decide.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/acl.h"
#include "db/host.h"
#include "db/db.h"
#include "lib/xmalloc.h"
#include "shell/import.h"
#include "shell/url.h"
#include "shell/when.h"

#define PAIRS_NAMED	6	/* "carol on web1" in a note */

struct ids {
	int64_t	*v;
	size_t	 n;
};

struct rule {
	struct acl	 acl;		/* strings borrowed from the row */
	struct ids	 users, hosts;	/* groups */
	int		 in_force;
	/* What it changes. */
	size_t		 opens, closes;	/* pairs of user and host */
	char		*opened, *closed;	/* the first of them */
};

struct place {
	struct host	 host;		/* name (borrowed) and address */
	struct ids	 groups;
};

struct judging {
	struct rule	*rule;
	size_t		 nrules;
	struct place	*host;
	size_t		 nhosts;
	size_t		 random;	/* pairs that chance decided */
	char		*random_first;
	int64_t		 now;
};

static struct ids
ids_read(const json_t *rows)
{
	struct ids	 ids = { 0 };
	json_t		*row;
	size_t		 i;

	json_array_foreach(rows, i, row) {
		ids.v = xroom(ids.v, ids.n, sizeof(*ids.v));
		ids.v[ids.n++] = import_number(row, "ID");
	}
	return (ids);
}

static int
ids_meet(const struct ids *a, const struct ids *b)
{
	size_t	i, k;

	for (i = 0; i < a->n; i++)
		for (k = 0; k < b->n; k++)
			if (a->v[i] == b->v[k])
				return (1);
	return (0);
}

/* 0: none, or one that is not to be read, which restoring tells. */
static int64_t
moment(const json_t *row, const char *field, int64_t now)
{
	int64_t	utc;

	if (when_parse(import_text(row, field), now, &utc) == -1)
		return (0);
	return (utc);
}

/* The original refused whoever met a rule with another word than the two. */
static void
rule_read(struct rule *r, const json_t *row, int64_t now)
{
	r->acl.id = import_number(row, "ID");
	r->acl.weight = import_number(row, "Weight");
	r->acl.host_pattern =
	    (char *)(uintptr_t)import_text(row, "HostPattern");
	r->acl.inception = moment(row, "Inception", now);
	r->acl.expiration = moment(row, "Expiration", now);
	if (acl_action_parse(import_text(row, "Action"),
	    &r->acl.action) == -1)
		r->acl.action = ACL_DENY;
	r->users = ids_read(json_object_get(row, "UserGroups"));
	r->hosts = ids_read(json_object_get(row, "HostGroups"));
	r->in_force = acl_in_force(&r->acl, now);
}

/* The address that a pattern is held against; "" if it cannot be read. */
static char *
address_of(const json_t *row)
{
	const char	*url = import_text(row, "URL");
	char		 err[URL_ERROR_MAX], *addr;
	struct url	 u;

	if (*url == '\0')
		url = import_text(row, "Addr");
	addr = xstrdup(url_parse(url, &u, err) == 0 ? u.addr : "");
	url_free(&u);
	return (addr);
}

static void
judging_read(struct import *im, struct judging *j)
{
	json_t	*row;
	size_t	 i;

	import_each(im->doc, "acls", i, row) {
		j->rule = xroom(j->rule, j->nrules, sizeof(*j->rule));
		rule_read(&j->rule[j->nrules++], row, j->now);
	}
	import_each(im->doc, "hosts", i, row) {
		j->host = xroom(j->host, j->nhosts, sizeof(*j->host));
		j->host[j->nhosts++] = (struct place){
			.host.name = (char *)(uintptr_t)import_text(row,
			    "Name"),
			.host.addr = address_of(row),
			.groups = ids_read(json_object_get(row, "Groups"))
		};
	}
}

/* One of the two verdicts of chance is kept in *random. */
static enum acl_action
judge_there(struct rule *const *mine, size_t n, const struct place *h,
    int *random)
{
	const struct rule	*best = NULL;
	size_t			 i;

	*random = 0;
	for (i = 0; i < n; i++) {
		if (!mine[i]->in_force ||
		    !ids_meet(&mine[i]->hosts, &h->groups))
			continue;
		if (best == NULL || mine[i]->acl.weight < best->acl.weight) {
			best = mine[i];
			*random = 0;
		} else if (mine[i]->acl.weight == best->acl.weight &&
		    mine[i]->acl.action != best->acl.action)
			*random = 1;
	}
	return (best != NULL ? best->acl.action : ACL_DENY);
}

/* The portal's own code decides; *by is the rule that did, or NULL. */
static enum acl_action
judge_here(struct rule *const *mine, size_t n, const struct place *h,
    int64_t now, struct rule **by)
{
	struct acl_list		 l = { .v = xcalloc(n, sizeof(*l.v)), .n = n };
	const struct acl	*decided;
	enum acl_action		 verdict;
	size_t			 i;

	for (i = 0; i < n; i++) {
		l.v[i] = mine[i]->acl;
		l.v[i].matched = ids_meet(&mine[i]->hosts, &h->groups) ||
		    acl_pattern_fits(&mine[i]->acl, &h->host);
	}
	verdict = acl_decide(&l, now, &decided);
	*by = decided != NULL ? mine[decided - l.v] : NULL;
	free(l.v);
	return (verdict);
}

static void
pair_add(char **all, size_t n, const char *user, const char *host)
{
	char	*more;

	if (n >= PAIRS_NAMED)
		return;
	more = xasprintf("%s%s\"%.100s\" on \"%.100s\"",
	    *all != NULL ? *all : "", *all != NULL ? ", " : "", user, host);
	free(*all);
	*all = more;
}

static void
pair_judge(struct judging *j, struct rule *const *mine, size_t n,
    const char *user, const struct place *h)
{
	enum acl_action	 there, here;
	struct rule	*by;
	int		 random;

	there = judge_there(mine, n, h, &random);
	here = judge_here(mine, n, h, j->now, &by);
	if (by == NULL)
		return;
	if (random)
		pair_add(&j->random_first, j->random++, user, h->host.name);
	else if (there == ACL_DENY && here == ACL_ALLOW)
		pair_add(&by->opened, by->opens++, user, h->host.name);
	else if (there == ACL_ALLOW && here == ACL_DENY)
		pair_add(&by->closed, by->closes++, user, h->host.name);
}

static void
user_judge(struct judging *j, const json_t *user)
{
	struct ids	  groups = ids_read(json_object_get(user, "Groups"));
	struct rule	**mine = xcalloc(j->nrules + 1, sizeof(*mine));
	size_t		  i, n = 0;

	for (i = 0; i < j->nrules; i++)
		if (ids_meet(&j->rule[i].users, &groups))
			mine[n++] = &j->rule[i];
	for (i = 0; n > 0 && i < j->nhosts; i++)
		pair_judge(j, mine, n, import_text(user, "Name"),
		    &j->host[i]);
	free(mine);
	free(groups.v);
}

/* "; it newly allows 9: carol on web1, ... and 8 more" */
static char *
pairs_say(const char *what, size_t n, const char *first)
{
	if (n == 0)
		return (xstrdup(""));
	if (n <= PAIRS_NAMED)
		return (xasprintf("; %s %s", what, first));
	return (xasprintf("; %s %s and %zu more", what, first,
	    n - PAIRS_NAMED));
}

static int
fits_any(const struct judging *j, const struct rule *r)
{
	size_t	i;

	for (i = 0; i < j->nhosts; i++)
		if (acl_pattern_fits(&r->acl, &j->host[i].host))
			return (1);
	return (0);
}

static void
rule_say(struct import *im, const struct judging *j, const struct rule *r)
{
	const char	*why = "";
	char		*opens, *closes;

	if (*r->acl.host_pattern == '\0')
		return;
	opens = pairs_say("it newly allows", r->opens, r->opened);
	closes = pairs_say("it newly denies", r->closes, r->closed);
	if (r->opens == 0 && r->closes == 0) {
		if (!r->in_force)
			why = "; it is not in force now";
		else if (r->users.n == 0)
			why = "; it has no user group and decides nothing";
		else if (!fits_any(j, r))
			why = "; it fits no host now";
		else
			why = "; nothing changes by it now";
	}
	import_note(im, "ACL %lld, %s with weight %lld, has the pattern "
	    "\"%s\", which the original ignored and which decides here%s%s%s",
	    (long long)r->acl.id, acl_action_name(r->acl.action),
	    (long long)r->acl.weight, r->acl.host_pattern, opens, closes, why);
	free(opens);
	free(closes);
}

static void
judging_free(struct judging *j)
{
	size_t	i;

	for (i = 0; i < j->nrules; i++) {
		free(j->rule[i].users.v);
		free(j->rule[i].hosts.v);
		free(j->rule[i].opened);
		free(j->rule[i].closed);
	}
	for (i = 0; i < j->nhosts; i++) {
		free(j->host[i].host.addr);
		free(j->host[i].groups.v);
	}
	free(j->rule);
	free(j->host);
	free(j->random_first);
}

void
import_judge(struct import *im, int64_t now)
{
	struct judging	 j = { .now = now };
	json_t		*row;
	char		*pairs;
	size_t		 i;

	judging_read(im, &j);
	import_each(im->doc, "users", i, row) {
		user_judge(&j, row);
	}
	for (i = 0; i < j.nrules; i++)
		rule_say(im, &j, &j.rule[i]);
	if (j.random > 0) {
		pairs = pairs_say("that is", j.random, j.random_first);
		import_note(im, "rules of one weight that allow and deny: "
		    "chance decided in the original, here deny does%s",
		    pairs);
		free(pairs);
	}
	judging_free(&j);
}
