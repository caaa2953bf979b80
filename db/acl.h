/* SPDX-License-Identifier: ISC */
/*
 * Who may reach what: rules from user groups to host groups or to a pattern
 * of host names. The lowest weight decides; at equal weight deny does; no
 * rule is a refusal.
 */
#ifndef DB_ACL_H
#define DB_ACL_H

#include <stddef.h>
#include <stdint.h>

#include "db/db.h"
#include "db/group.h"
#include "db/host.h"

enum acl_action {
	ACL_DENY,
	ACL_ALLOW
};

/* Whether a rule speaks of the account that is asked for, and why. */
enum acl_account {
	ACL_EVERY_ACCOUNT,		/* a deny without a pattern */
	ACL_OWN_ACCOUNT,		/* the host's own, and no pattern */
	ACL_ACCOUNT_FITS,		/* the pattern */
	/* these do not: */
	ACL_NOT_OWN_ACCOUNT,
	ACL_ACCOUNT_DIFFERS		/* from the pattern */
};

#define ACL_LOGGING_HOST	(-1)

struct acl {
	int64_t		 id;
	enum acl_action	 action;
	int64_t		 weight;
	char		*host_pattern;	/* glob, "" if none */
	char		*login_pattern;	/* glob of accounts on the host; "": the
					   host's own, of a deny all */
	int64_t		 inception;	/* in force from, 0: always was */
	int64_t		 expiration;	/* and before, 0: for ever */
	char		*comment;
	uint32_t	 allow;		/* kinds (db/kinds.h), 0: the default;
					   of a deny nothing */
	int		 logging;	/* enum host_logging; or
					   ACL_LOGGING_HOST, as that says */
	int		 record_required; /* no session without */
	int64_t		 created_at;
	int64_t		 updated_at;
	/* Filled by acl_get() and acl_list(): */
	struct db_names	 user_groups;	/* by name */
	struct db_names	 host_groups;	/* by name */
	/*
	 * Of acl_matching(): the rule reaches the host through a group (1),
	 * or only perhaps, by its pattern (0). The caller tests the pattern
	 * against the host's name and address and sets 1 if it fits.
	 */
	int		 matched;
	enum acl_account account;	/* of acl_judge() */
};

struct acl_list {
	struct acl	*v;
	size_t		 n;
};

/* What a user is granted on a host, and what of that is recorded. */
struct acl_verdict {
	enum acl_action		 action;
	uint32_t		 kinds;		/* effective (db/kinds.h), none
						   after a denial */
	enum host_logging	 logging;
	int			 record_required;
	/* As the rules are now (UTC seconds; 0: never): */
	int64_t			 changes_at;	/* one of them begins or ends */
	int64_t			 ends_at;	/* they allow it no more */
};

/* Inserts the rule; groups are linked by acl_link() in the same
 * transaction. */
int	acl_create(struct db *db, const struct acl *a, int64_t *id);

/* Writes all of acl_create()'s fields to the row a->id. */
int	acl_update(struct db *db, const struct acl *a);

int	acl_remove(struct db *db, int64_t id);

/* Caller frees with acl_free(). */
int	acl_get(struct db *db, int64_t id, struct acl **out);

/* By its id in digits. */
int	acl_find(struct db *db, const char *text, struct acl **out);

/* Newest first; limit 0 is all. */
int	acl_list(struct db *db, int64_t limit, struct acl_list **out);

/* Those that are linked to the group, newest first. */
int	acl_of_group(struct db *db, enum group_kind kind, int64_t group_id,
	    struct acl_list **out);

/*
 * Links the rule to a group (enum group_kind) and back. Linking twice and
 * unlinking what is not linked are DB_OK; DB_REF if either does not exist.
 */
int	acl_link(struct db *db, int64_t id, enum group_kind kind,
	    int64_t group_id);
int	acl_unlink(struct db *db, int64_t id, enum group_kind kind,
	    int64_t group_id);

/*
 * The rules that speak of this user, through their groups, and of this host,
 * through its groups, or perhaps by a pattern (see `matched`), in the order
 * in which they decide: weight ascending, deny first. Expired and future
 * ones are among them. The time it takes depends on the number of groups
 * and rules of this user alone.
 */
int	acl_matching(struct db *db, int64_t user_id, int64_t host_id,
	    struct acl_list **out);

/*
 * The decision on a list of candidates in any order: those with `matched`
 * set that speak of the account and are in force at `now` count. *by, unless
 * it is NULL, gets the rule that decided (borrowed from the list), or NULL if
 * none did.
 */
enum acl_action	acl_decide(const struct acl_list *l, int64_t now,
		    const struct acl **by);

/*
 * The decision for a login of this user on this host as an account (NULL: the
 * host's own), and for whoever wants it explained: the rules of acl_matching()
 * whose patterns are held against the host's name and address (a glob(7) of
 * bytes, in any locale), and acl_decide() on those that speak of the account.
 *
 * A rule that allows and has no account pattern allows the host's own account,
 * and with one the accounts that fit; a rule that denies denies all accounts,
 * or those that fit in upper or lower case, for there are hosts to which that
 * is the same. No rule allows what acl_account_valid() does not.
 *
 * v->kinds is what may be done there: what any of the rules allows that decide,
 * which are those that allow and have the weight of the one that decided, and
 * the host allows, too. Without a verdict to allow it is empty.
 *
 * v->logging is the most that the host or one of these rules wants recorded;
 * it is required if one of them says so, and then not disabled: what nobody
 * chose otherwise is LOGGING_EVERYTHING. After a denial it is what the host
 * says.
 *
 * Unless rules is NULL, *rules gets all that match the host, in the order in
 * which they decide, with `account` set (acl_list_free()), and *by is borrowed
 * from that list or NULL. On failure it is a denial.
 */
int	acl_judge(struct db *db, int64_t user_id, const struct host *h,
	    const char *account, int64_t now, struct acl_verdict *v,
	    struct acl_list **rules, const struct acl **by);

/* The verdict without a rule: a denial, with the host's own wishes. */
void	acl_verdict_of_host(struct acl_verdict *v, const struct host *h);

/* Whether the rule is one of those whose kinds count beside by's. */
int	acl_decides_with(const struct acl *a, const struct acl *by,
	    int64_t now);

/* Whether it may be asked for: 1 to 255 bytes of UTF-8 that show. */
int	acl_account_valid(const char *account);

/* Whether the rule speaks of the account that acl_judge() was asked about. */
int	acl_speaks_of_account(const struct acl *a);

/*
 * The same decision on n hosts (as host_list() filled them), with as many
 * queries as for one: accounts[i], empty before, gets the accounts that the
 * user may log in to, the host's own and what the patterns of rules name. None:
 * the host is out of reach.
 */
int	acl_judge_hosts(struct db *db, int64_t user_id,
	    const struct host *hosts, size_t n, int64_t now,
	    struct db_names *accounts);

/*
 * The host groups that the rules let this user into: names gets those for
 * which the rules that speak of the group decide to allow. A single host in it
 * may still be denied by another of its groups, or by a pattern.
 */
int	acl_open_groups(struct db *db, int64_t user_id, int64_t now,
	    struct db_names *names);

/*
 * Whether the rule has a pattern that fits a host's name or address, as
 * acl_judge() holds it against them.
 */
int	acl_pattern_fits(const struct acl *a, const struct host *h);

/* Whether the rule has begun and has not ended; matched or not. */
int	acl_in_force(const struct acl *a, int64_t now);

/* "allow" and "deny"; -1 for another word. */
const char	*acl_action_name(enum acl_action a);
int		 acl_action_parse(const char *s, enum acl_action *out);

/*
 * What a row says of its logging: the words of host_logging_name(), "" for
 * ACL_LOGGING_HOST; and back, where a word that nobody knows reads as the most.
 */
const char	*acl_logging_word(int logging);
int		 acl_logging_read(const char *word);

void	acl_free(struct acl *a);
void	acl_list_free(struct acl_list *l);

#endif
