/* SPDX-License-Identifier: ISC */
/*
 * The way back of a backup: a JSON document in the layout of `config backup`
 * becomes the portal's inventory. Everything is looked at before anything is
 * touched: restore_plan() checks all rows, their names, times, keys and what
 * they refer to, and seals their secrets; restore_load() then replaces users,
 * keys, hosts, groups and ACLs, and adds events and sessions to those that are
 * there. Ids are kept.
 *
 * The document is one object with the arrays keys, hosts, user_keys, users,
 * user_groups, host_groups, acls, settings, events and sessions; null or none
 * is an empty one, but keys and users must be there. A row has ID, CreatedAt,
 * UpdatedAt (RFC 3339), DeletedAt (null, or the row is left out), and:
 *
 *	keys		Name, Comment, PrivKey (PEM or OpenSSH's form), and
 *			perhaps Type, Length, PubKey, Hosts
 *	hosts		Name, Comment, URL, or Addr ("host:port") and User;
 *			Password, SSHKeyID, HopID (0: none), HostKey (base64 of
 *			a blob, or null), Logging, Groups (rows of host_groups:
 *			only their ID is read)
 *	user_keys	Key (base64 of a blob) or AuthorizedKey, UserID, Comment
 *	users		Name, Email, Comment, InviteToken, Roles (their Name is
 *			read), Groups (their ID)
 *	user_groups	Name, Comment, Users, ACLs (their ID)
 *	host_groups	Name, Comment, Hosts, ACLs (their ID)
 *	acls		HostPattern, Action, Weight, Inception, Expiration
 *			(times or null), Comment, UserGroups, HostGroups (their
 *			ID)
 *	events		AuthorID, Author (its Name), Domain, Action, Entity,
 *			Args (any JSON)
 *	sessions	UserID, HostID, User and Host (their Name), StoppedAt,
 *			Status, ErrMsg, Comment
 *
 * Membership is what either side says. What this portal's own backups have
 * beyond that is in shell/entity.c. Members that are not known are named in a
 * warning.
 */
#ifndef SHELL_RESTORE_H
#define SHELL_RESTORE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "db/db.h"
#include "lib/sshkey.h"
#include "lib/token.h"

struct sealer;
struct settings;
struct restore;

#define RESTORE_NOTES_MAX	1000	/* kept of each grade; others are
					   counted */

enum restore_kind {
	RESTORE_KEYS,
	RESTORE_HOSTS,
	RESTORE_USER_KEYS,
	RESTORE_USERS,
	RESTORE_USER_GROUPS,
	RESTORE_HOST_GROUPS,
	RESTORE_ACLS,
	RESTORE_SETTINGS,
	RESTORE_EVENTS,
	RESTORE_SESSIONS,
	RESTORE_KINDS		/* how many; in a note: of no row */
};

/* How PrivKey and Password are written. */
enum restore_secrets {
	/*
	 * As the document says itself: backups of this program do; in any
	 * other document they are in clear, and a key that does not look so
	 * is taken for one under the original's AES key: a refusal of all.
	 */
	RESTORE_AS_SAID,
	/* In clear, whatever they look like. */
	RESTORE_CLEAR
};

struct restore_args {
	struct db		*db;	/* only read by restore_plan() */
	const struct sealer	*sealer;
	const struct settings	*settings;	/* for reserved logins; may be
						   NULL */
	enum restore_secrets	 secrets;
	/*
	 * A row that cannot be taken is left out, with what depends on it; 0:
	 * one such row refuses all of it. Either way each is a refusal in the
	 * report. What would open more than the document does (an ACL that
	 * denies and cannot be taken whole) always refuses all.
	 */
	int			 skip;
	/*
	 * Until when an InviteToken of a user without keys is good (UTC
	 * seconds); 0: such tokens are left out. Those of users with keys
	 * always are: they were used.
	 */
	int64_t			 invites_until;
	int64_t			 now;
	int64_t			 me;	/* who asks for it: warned when none
					   of their keys will be that of an
					   administrator; 0: nobody here */
	int			 dry_run; /* seals nothing; not to be loaded */
};

struct restore_count {
	size_t	found;		/* rows in the document */
	size_t	deleted;	/* of these, with DeletedAt: left out */
	size_t	refused;	/* cannot be taken */
	size_t	left_out;	/* for a reason that a warning tells */
	size_t	taken;		/* the rest: will be, or was, restored */
};

enum restore_grade {
	RESTORE_WARNING,	/* taken, or left out; worth knowing */
	RESTORE_REFUSAL		/* cannot be taken */
};

/* Text of others in it: escape it before it is shown. */
struct restore_note {
	enum restore_grade	 grade;
	enum restore_kind	 kind;
	int64_t			 id;	/* of the row, 0: none */
	char			*text;	/* "host 7 \"web1\": its hop …" */
};

struct restore_report {
	struct restore_count	 count[RESTORE_KINDS];
	struct restore_note	*note;
	size_t			 nnotes;
	size_t			 warnings, refusals;	/* all there were */
	int			 refused;	/* nothing can be loaded */
	int			 ours;		/* a backup of this program */
	size_t			 invites;	/* open ones that are kept */
	size_t			 url_passwords;	/* that lay in URLs */
	/*
	 * The fingerprint of the host key that it brings, of several the
	 * Ed25519 one; "" if it brings none. Of the types that it does not
	 * bring, the present host keys stay.
	 */
	char			 host_key[SSHKEY_FINGERPRINT_SIZE];
	/* After restore_load(): */
	size_t			 known_events;	/* were there already */
	size_t			 known_sessions;
	/*
	 * No administrator in it had a key or an open invite: one was invited
	 * anew. token is "" otherwise.
	 */
	char			 admin[DB_NAME_MAX + 1];
	char			 token[TOKEN_SIZE];
};

/*
 * Checks a document (borrowed as long as the plan lives) and seals. Always
 * makes a plan, with its report, which says what is wrong. restore_free() it.
 */
struct restore		*restore_plan(const struct restore_args *,
			    json_t *doc);

/* Borrowed. */
const struct restore_report *restore_report(const struct restore *);

/*
 * Replaces the inventory by the plan's rows, in one transaction, or as a part
 * of the caller's; may be run again from its start. Writes no event: the caller
 * does, in the same transaction. Returns DB_OK or another class; DB_INVALID
 * when the report refuses.
 */
int			 restore_load(struct db *, struct restore *);

/* "keys", "host_groups": the array's name. */
const char		*restore_kind_name(enum restore_kind);

void			 restore_free(struct restore *);

#endif
