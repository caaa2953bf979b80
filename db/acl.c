/* SPDX-License-Identifier: ISC */
/*
 * The rules, the query for those that speak of a user and a host, and the
 * decision on them.
 */
#include <fnmatch.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "db/acl.h"
#include "db/group.h"
#include "db/host.h"
#include "db/kinds.h"
#include "db/query.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/xmalloc.h"

#define CHANGES_MAX	64	/* that are looked at for a rule's end */

#define COLUMNS \
	"a.id, a.action, a.weight, a.host_pattern, a.inception," \
	" a.expiration, a.comment, a.created_at, a.updated_at," \
	" a.login_pattern, a.allow, a.logging, a.record"

#define NAMES(links, groups) \
	"SELECT l.acl_id, g.name FROM " links " l" \
	" JOIN " groups " g ON g.id = l.group_id" \
	" WHERE l.acl_id BETWEEN ? AND ? ORDER BY l.acl_id DESC, g.name"

/*
 * From the user's few groups to their rules, and only then to the host: both
 * steps are primary keys, so it does not matter how many users, hosts and
 * rules of others there are. A rule that two groups lead to comes twice, side
 * by side: with DISTINCT, SQLite would make a table of its own for it, which
 * takes the time of all the rest.
 */
#define MATCHING \
	"SELECT " COLUMNS ", (SELECT COUNT(*) FROM host_host_groups hm" \
	" JOIN acl_host_groups hl ON hl.group_id = hm.group_id" \
	" WHERE hm.member_id = ? AND hl.acl_id = a.id) AS through" \
	" FROM user_user_groups um" \
	" JOIN acl_user_groups ul ON ul.group_id = um.group_id" \
	" JOIN acls a ON a.id = ul.acl_id WHERE um.member_id = ?" \
	" ORDER BY a.weight, a.action DESC, a.id"

/* All rules for a user's groups, those of two groups side by side. */
#define OF_USER \
	"SELECT " COLUMNS " FROM user_user_groups um" \
	" JOIN acl_user_groups ul ON ul.group_id = um.group_id" \
	" JOIN acls a ON a.id = ul.acl_id WHERE um.member_id = ?" \
	" ORDER BY a.id DESC"

static const char *const actions[] = {
	[ACL_DENY] = "deny",
	[ACL_ALLOW] = "allow",
};

const char *
acl_action_name(enum acl_action a)
{
	return (actions[a]);
}

int
acl_action_parse(const char *s, enum acl_action *out)
{
	if (strcmp(s, actions[ACL_ALLOW]) == 0)
		*out = ACL_ALLOW;
	else if (strcmp(s, actions[ACL_DENY]) == 0)
		*out = ACL_DENY;
	else
		return (-1);
	return (0);
}

const char *
acl_logging_word(int logging)
{
	return (logging == ACL_LOGGING_HOST ? "" :
	    host_logging_name((enum host_logging)logging));
}

int
acl_logging_read(const char *word)
{
	enum host_logging	l;

	if (*word == '\0')
		return (ACL_LOGGING_HOST);
	return (host_logging_parse(word, &l) == 0 ? (int)l : LOGGING_FULL);
}

static void
acl_clear(void *row)
{
	struct acl	*a = row;

	free(a->host_pattern);
	free(a->login_pattern);
	free(a->comment);
	db_names_free(&a->user_groups);
	db_names_free(&a->host_groups);
}

void
acl_free(struct acl *a)
{
	if (a != NULL)
		db_free_rows(a, 1, sizeof(*a), acl_clear);
}

void
acl_list_free(struct acl_list *l)
{
	if (l == NULL)
		return;
	db_free_rows(l->v, l->n, sizeof(*l->v), acl_clear);
	free(l);
}

/* A word that is not "allow" does not allow. */
static void
acl_read(struct db_stmt *st, void *row)
{
	struct acl	*a = row;
	char		*action, *logging, *record;

	a->id = col_int(st);
	action = col_text(st);
	if (acl_action_parse(action, &a->action) == -1)
		a->action = ACL_DENY;
	free(action);
	a->weight = col_int(st);
	a->host_pattern = col_text(st);
	a->inception = col_int(st);
	a->expiration = col_int(st);
	a->comment = col_text(st);
	a->created_at = col_int(st);
	a->updated_at = col_int(st);
	a->login_pattern = col_text(st);
	a->allow = col_kinds(st);
	logging = col_text(st);
	a->logging = acl_logging_read(logging);
	free(logging);
	record = col_text(st);
	a->record_required = record_read(record);
	free(record);
}

static void
acl_read_matching(struct db_stmt *st, void *row)
{
	struct acl	*a = row;

	acl_read(st, a);
	a->matched = col_int(st) > 0;
}

static int
acls_attach(struct db *db, struct acl *v, size_t n)
{
	int	r;

	r = db_attach_names(db, v, n, sizeof(*v), offsetof(struct acl, id),
	    offsetof(struct acl, user_groups),
	    NAMES("acl_user_groups", "user_groups"));
	if (r != DB_OK)
		return (r);
	return (db_attach_names(db, v, n, sizeof(*v),
	    offsetof(struct acl, id), offsetof(struct acl, host_groups),
	    NAMES("acl_host_groups", "host_groups")));
}

static int
acl_check(struct db *db, const struct acl *a)
{
	int	r;

	if ((r = db_check_short(db, "pattern", a->host_pattern)) != DB_OK ||
	    (r = db_check_short(db, "login", a->login_pattern)) != DB_OK)
		return (r);
	return (db_check_text(db, "comment", a->comment));
}

int
acl_create(struct db *db, const struct acl *a, int64_t *id)
{
	int64_t	now = clock_utc();
	char	allow[KINDS_TEXT_SIZE];
	int	r;

	*id = 0;
	if ((r = acl_check(db, a)) != DB_OK)
		return (r);
	return (db_edit(db, id, "INSERT INTO acls (action, weight,"
	    " host_pattern, inception, expiration, comment, created_at,"
	    " updated_at, login_pattern, allow, logging, record)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    BINDS(bind_text(actions[a->action]), bind_int(a->weight),
	    bind_text(a->host_pattern), bind_int(a->inception),
	    bind_int(a->expiration), bind_text(a->comment), bind_int(now),
	    bind_int(now), bind_text(a->login_pattern),
	    bind_kinds(a->allow, allow),
	    bind_text(acl_logging_word(a->logging)),
	    bind_text(record_word(a->record_required)))));
}

int
acl_update(struct db *db, const struct acl *a)
{
	char	allow[KINDS_TEXT_SIZE];
	int	r;

	if ((r = acl_check(db, a)) != DB_OK)
		return (r);
	return (db_edit(db, NULL, "UPDATE acls SET action = ?, weight = ?,"
	    " host_pattern = ?, inception = ?, expiration = ?, comment = ?,"
	    " updated_at = ?, login_pattern = ?, allow = ?, logging = ?,"
	    " record = ? WHERE id = ?",
	    BINDS(bind_text(actions[a->action]), bind_int(a->weight),
	    bind_text(a->host_pattern), bind_int(a->inception),
	    bind_int(a->expiration), bind_text(a->comment),
	    bind_int(clock_utc()), bind_text(a->login_pattern),
	    bind_kinds(a->allow, allow),
	    bind_text(acl_logging_word(a->logging)),
	    bind_text(record_word(a->record_required)), bind_int(a->id))));
}

int
acl_remove(struct db *db, int64_t id)
{
	return (db_edit(db, NULL, "DELETE FROM acls WHERE id = ?",
	    BINDS(bind_int(id))));
}

int
acl_get(struct db *db, int64_t id, struct acl **out)
{
	int	r;

	r = db_get_row(db, out, sizeof(**out), acl_read, acl_clear,
	    "SELECT " COLUMNS " FROM acls a WHERE a.id = ?",
	    BINDS(bind_int(id)));
	if (r == DB_OK && (r = acls_attach(db, *out, 1)) != DB_OK) {
		acl_free(*out);
		*out = NULL;
	}
	return (r);
}

int
acl_find(struct db *db, const char *text, struct acl **out)
{
	int64_t	id;

	*out = NULL;
	if (!db_text_id(text, &id))
		return (db_absent(db));
	return (acl_get(db, id, out));
}

static int
acls_get(struct db *db, struct acl_list **out, const char *sql,
    const struct db_bind *binds)
{
	struct acl_list	*l;
	int		 r;

	*out = NULL;
	l = xcalloc(1, sizeof(*l));
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), acl_read, sql, binds);
	if (r != DB_OK || (r = acls_attach(db, l->v, l->n)) != DB_OK) {
		acl_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}

int
acl_list(struct db *db, int64_t limit, struct acl_list **out)
{
	return (acls_get(db, out, "SELECT " COLUMNS " FROM acls a"
	    " ORDER BY a.id DESC LIMIT ?", BINDS(bind_int(db_limit(limit)))));
}

int
acl_of_group(struct db *db, enum group_kind kind, int64_t group_id,
    struct acl_list **out)
{
	static const char	*const sql[] = {
		[GROUP_USER] = "SELECT " COLUMNS " FROM acl_user_groups l"
		    " JOIN acls a ON a.id = l.acl_id WHERE l.group_id = ?"
		    " ORDER BY a.id DESC",
		[GROUP_HOST] = "SELECT " COLUMNS " FROM acl_host_groups l"
		    " JOIN acls a ON a.id = l.acl_id WHERE l.group_id = ?"
		    " ORDER BY a.id DESC",
	};

	return (acls_get(db, out, sql[kind], BINDS(bind_int(group_id))));
}

int
acl_link(struct db *db, int64_t id, enum group_kind kind, int64_t group_id)
{
	static const char	*const sql[] = {
		[GROUP_USER] = "INSERT INTO acl_user_groups"
		    " (group_id, acl_id) VALUES (?, ?)",
		[GROUP_HOST] = "INSERT INTO acl_host_groups"
		    " (group_id, acl_id) VALUES (?, ?)",
	};
	int			 r;

	r = db_edit(db, NULL, sql[kind], BINDS(bind_int(group_id),
	    bind_int(id)));
	return (r == DB_EXISTS ? DB_OK : r);
}

int
acl_unlink(struct db *db, int64_t id, enum group_kind kind,
    int64_t group_id)
{
	static const char	*const sql[] = {
		[GROUP_USER] = "DELETE FROM acl_user_groups"
		    " WHERE group_id = ? AND acl_id = ?",
		[GROUP_HOST] = "DELETE FROM acl_host_groups"
		    " WHERE group_id = ? AND acl_id = ?",
	};
	static const char	*const both_sql[] = {
		[GROUP_USER] = "SELECT COUNT(*) FROM user_groups g, acls a"
		    " WHERE g.id = ? AND a.id = ?",
		[GROUP_HOST] = "SELECT COUNT(*) FROM host_groups g, acls a"
		    " WHERE g.id = ? AND a.id = ?",
	};
	int64_t			 both;
	int			 r;

	r = db_edit(db, NULL, sql[kind], BINDS(bind_int(group_id),
	    bind_int(id)));
	if (r != DB_NOTFOUND)
		return (r);
	r = db_get_int(db, &both, both_sql[kind], BINDS(bind_int(group_id),
	    bind_int(id)));
	if (r == DB_OK && both == 0)
		r = db_fail(db, DB_REF, "no such rule or group");
	return (r);
}

/* Keeps those that are useful and were not there just before. */
static void
keep_rules(struct acl_list *l, int (*useful)(const struct acl *))
{
	struct acl	*a;
	size_t		 i, n = 0;

	for (i = 0; i < l->n; i++) {
		a = &l->v[i];
		if (useful(a) && (n == 0 || l->v[n - 1].id != a->id))
			l->v[n++] = *a;
		else
			acl_clear(a);
	}
	l->n = n;
}

/* Rules that reach the host neither way are of no use to anybody. */
static int
may_match(const struct acl *a)
{
	return (a->matched || *a->host_pattern != '\0');
}

static int
any_rule(const struct acl *a)
{
	(void)a;
	return (1);
}

int
acl_matching(struct db *db, int64_t user_id, int64_t host_id,
    struct acl_list **out)
{
	struct acl_list	*l;
	int		 r;

	*out = NULL;
	l = xcalloc(1, sizeof(*l));
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), acl_read_matching,
	    MATCHING, BINDS(bind_int(host_id), bind_int(user_id)));
	if (r != DB_OK) {
		acl_list_free(l);
		return (r);
	}
	keep_rules(l, may_match);
	*out = l;
	return (DB_OK);
}

int
acl_in_force(const struct acl *a, int64_t now)
{
	return ((a->inception == 0 || a->inception <= now) &&
	    (a->expiration == 0 || a->expiration > now));
}

/* Whether a decides rather than b. */
static int
acl_before(const struct acl *a, const struct acl *b)
{
	if (a->weight != b->weight)
		return (a->weight < b->weight);
	return (a->action == ACL_DENY && b->action == ACL_ALLOW);
}

enum acl_action
acl_decide(const struct acl_list *l, int64_t now, const struct acl **by)
{
	const struct acl	*best = NULL;
	size_t			 i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].matched && acl_speaks_of_account(&l->v[i]) &&
		    acl_in_force(&l->v[i], now) && (best == NULL ||
		    acl_before(&l->v[i], best)))
			best = &l->v[i];
	if (by != NULL)
		*by = best;
	return (best != NULL ? best->action : ACL_DENY);
}

int
acl_decides_with(const struct acl *a, const struct acl *by, int64_t now)
{
	return (by != NULL && by->action == ACL_ALLOW &&
	    a->action == ACL_ALLOW && a->weight == by->weight &&
	    a->matched && acl_speaks_of_account(a) && acl_in_force(a, now));
}

/* A recording that is required is one of something. */
static void
verdict_settle(struct acl_verdict *v)
{
	if (v->record_required && v->logging == LOGGING_DISABLED)
		v->logging = LOGGING_EVERYTHING;
}

void
acl_verdict_of_host(struct acl_verdict *v, const struct host *h)
{
	*v = (struct acl_verdict){ .action = ACL_DENY, .logging = h->logging,
		.record_required = h->record_required };
	verdict_settle(v);
}

/* What those rules say together that decide as `by' does. */
static void
verdict_add(struct acl_verdict *v, const struct acl_list *l, int64_t now,
    const struct acl *by)
{
	const struct acl	*a;
	size_t			 i;

	for (i = 0; i < l->n; i++) {
		a = &l->v[i];
		if (!acl_decides_with(a, by, now))
			continue;
		v->kinds |= kinds_effective(a->allow);
		if (a->logging > (int)v->logging)
			v->logging = (enum host_logging)a->logging;
		v->record_required |= a->record_required;
	}
}

int
acl_account_valid(const char *account)
{
	size_t	len = strlen(account);

	return (len > 0 && len <= DB_NAME_MAX && text_is_clean(account, len));
}

int
acl_speaks_of_account(const struct acl *a)
{
	return (a->account < ACL_NOT_OWN_ACCOUNT);
}

static enum acl_account
match_account(const struct acl *a, const struct host *h, const char *account)
{
	const char	*wanted = account != NULL ? account : h->login;
	int		 flags = a->action == ACL_DENY ? FNM_CASEFOLD : 0;

	if (a->login_pattern[0] == '\0' && a->action == ACL_DENY)
		return (ACL_EVERY_ACCOUNT);
	if (account != NULL && a->action == ACL_ALLOW &&
	    !acl_account_valid(account))
		return (ACL_ACCOUNT_DIFFERS);
	if (a->login_pattern[0] == '\0')
		return (strcmp(wanted, h->login) == 0 ? ACL_OWN_ACCOUNT :
		    ACL_NOT_OWN_ACCOUNT);
	return (fnmatch(a->login_pattern, wanted, flags) == 0 ?
	    ACL_ACCOUNT_FITS : ACL_ACCOUNT_DIFFERS);
}

/*
 * A process that has set a locale must not see other characters, and so decide
 * otherwise, than one that has not. "C" cannot fail.
 */
static locale_t
bytes_begin(void)
{
	return (uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0)));
}

/* Between bytes_begin() and uselocale() of what that returned. */
static int
pattern_fits(const struct acl *a, const struct host *h)
{
	return (a->host_pattern[0] != '\0' &&
	    (fnmatch(a->host_pattern, h->name, 0) == 0 ||
	    fnmatch(a->host_pattern, h->addr, 0) == 0));
}

/*
 * Sets `matched' where a pattern of hosts fits, keeps those that matched, and
 * holds these against the account.
 */
static void
match_patterns(struct acl_list *l, const struct host *h, const char *account)
{
	locale_t	 before = bytes_begin();
	struct acl	*a;
	size_t		 i, n = 0;

	for (i = 0; i < l->n; i++) {
		a = &l->v[i];
		if (!a->matched)
			a->matched = pattern_fits(a, h);
		if (!a->matched) {
			acl_clear(a);
			continue;
		}
		a->account = match_account(a, h, account);
		l->v[n++] = *a;
	}
	uselocale(before);
	l->n = n;
}

/* When the next of them begins or ends after this moment; 0: none does. */
static int64_t
next_change(const struct acl_list *l, int64_t now)
{
	int64_t	at[2], next = 0;
	size_t	i, j;

	for (i = 0; i < l->n; i++) {
		if (!l->v[i].matched || !acl_speaks_of_account(&l->v[i]))
			continue;
		at[0] = l->v[i].inception;
		at[1] = l->v[i].expiration;
		for (j = 0; j < 2; j++) {
			if (at[j] > now && (next == 0 || at[j] < next))
				next = at[j];
		}
	}
	return (next);
}

static void
verdict_times(struct acl_verdict *v, const struct acl_list *l, int64_t now)
{
	int64_t	at;
	int	i;

	at = v->changes_at = next_change(l, now);
	if (v->action != ACL_ALLOW)
		return;
	/* who has more rules that end one after the other is not warned */
	for (i = 0; i < CHANGES_MAX && at != 0; i++) {
		if (acl_decide(l, at, NULL) != ACL_ALLOW) {
			v->ends_at = at;
			return;
		}
		at = next_change(l, at);
	}
}

int
acl_judge(struct db *db, int64_t user_id, const struct host *h,
    const char *account, int64_t now, struct acl_verdict *v,
    struct acl_list **rules, const struct acl **by)
{
	const struct acl	*best;
	struct acl_list		*l;
	int			 r;

	acl_verdict_of_host(v, h);
	if (rules != NULL) {
		*rules = NULL;
		*by = NULL;
	}
	if ((r = acl_matching(db, user_id, h->id, &l)) != DB_OK)
		return (r);
	match_patterns(l, h, account);
	v->action = acl_decide(l, now, &best);
	verdict_add(v, l, now, best);
	verdict_times(v, l, now);
	v->kinds &= host_kinds(h);
	verdict_settle(v);
	if (rules != NULL) {
		*rules = l;
		*by = best;
	} else
		acl_list_free(l);
	return (DB_OK);
}

/* All rules for the user, each once, with the host groups they are about. */
static int
acls_of_user(struct db *db, int64_t user_id, struct acl_list **out)
{
	int	r;

	r = acls_get(db, out, OF_USER, BINDS(bind_int(user_id)));
	if (r == DB_OK)
		keep_rules(*out, any_rule);
	return (r);
}

/* Whether a group of the host's is one of the rule's. */
static int
groups_meet(const struct acl *a, const struct host *h)
{
	size_t	i;

	for (i = 0; i < h->groups.n; i++) {
		if (db_names_have(&a->host_groups, h->groups.name[i]))
			return (1);
	}
	return (0);
}

/* Adds an account if those rules that matched allow it. */
static void
judge_account(struct acl_list *l, const struct host *h, const char *account,
    int64_t now, struct db_names *accounts)
{
	size_t	i;

	for (i = 0; i < l->n; i++)
		l->v[i].account = match_account(&l->v[i], h, account);
	if (account == NULL)
		account = h->login;
	if (acl_decide(l, now, NULL) == ACL_ALLOW &&
	    !db_names_have(accounts, account))
		db_names_add(accounts, account);
}

/* A pattern stands for the accounts that fit it, as itself does. */
static void
judge_host(struct acl_list *l, const struct host *h, int64_t now,
    struct db_names *accounts)
{
	const struct acl	*a;
	size_t			 i;

	for (i = 0; i < l->n; i++)
		l->v[i].matched = groups_meet(&l->v[i], h) ||
		    pattern_fits(&l->v[i], h);
	judge_account(l, h, NULL, now, accounts);
	for (i = 0; i < l->n; i++) {
		a = &l->v[i];
		if (a->matched && a->action == ACL_ALLOW &&
		    a->login_pattern[0] != '\0' && acl_in_force(a, now))
			judge_account(l, h, a->login_pattern, now, accounts);
	}
}

int
acl_judge_hosts(struct db *db, int64_t user_id, const struct host *hosts,
    size_t n, int64_t now, struct db_names *accounts)
{
	struct acl_list	*l;
	locale_t	 before;
	size_t		 i;
	int		 r;

	if ((r = acls_of_user(db, user_id, &l)) != DB_OK)
		return (r);
	before = bytes_begin();
	for (i = 0; i < n; i++)
		judge_host(l, &hosts[i], now, &accounts[i]);
	uselocale(before);
	acl_list_free(l);
	return (DB_OK);
}

/* The decision of those rules that are about a group. */
static enum acl_action
judge_group(struct acl_list *l, const char *group, int64_t now)
{
	struct acl	*a;
	size_t		 i;

	for (i = 0; i < l->n; i++) {
		a = &l->v[i];
		a->matched = db_names_have(&a->host_groups, group);
		/* what is denied to some accounts is open to others */
		a->account = a->action == ACL_DENY &&
		    a->login_pattern[0] != '\0' ? ACL_ACCOUNT_DIFFERS :
		    ACL_EVERY_ACCOUNT;
	}
	return (acl_decide(l, now, NULL));
}

int
acl_open_groups(struct db *db, int64_t user_id, int64_t now,
    struct db_names *names)
{
	struct acl_list	*l;
	const char	*group;
	size_t		 i, k;
	int		 r;

	if ((r = acls_of_user(db, user_id, &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++) {
		for (k = 0; k < l->v[i].host_groups.n; k++) {
			group = l->v[i].host_groups.name[k];
			if (!db_names_have(names, group) &&
			    judge_group(l, group, now) == ACL_ALLOW)
				db_names_add(names, group);
		}
	}
	acl_list_free(l);
	return (DB_OK);
}

int
acl_pattern_fits(const struct acl *a, const struct host *h)
{
	locale_t	before = bytes_begin();
	int		fits = pattern_fits(a, h);

	uselocale(before);
	return (fits);
}
