/* SPDX-License-Identifier: ISC */
/*
 * The inside of a restore, for the files restore_*.c alone.
 */
#ifndef SHELL_RESTORE_PLAN_H
#define SHELL_RESTORE_PLAN_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "db/acl.h"
#include "db/event.h"
#include "db/group.h"
#include "db/host.h"
#include "db/key.h"
#include "db/session.h"
#include "db/user.h"
#include "db/userkey.h"
#include "shell/restore.h"

/* What became of a row. */
enum fate {
	FATE_UNKNOWN,		/* there is none of this id */
	FATE_TAKEN,
	FATE_DELETED,
	FATE_REFUSED,
	FATE_LEFT
};

struct link {
	int64_t	group;
	int64_t	other;		/* member, or ACL */
};

struct links {
	struct link	*v;
	size_t		 n;
};

struct restore {
	struct restore_args	 args;
	struct restore_report	 report;
	json_t			*doc;
	int			 sealed;	/* secrets are, with our key */
	int			 encrypted;	/* said that they are with an
						   original's AES key */
	/* Rows that are taken. */
	struct key_list		 keys;
	struct host_list	 hosts;
	struct user_list	 users;
	struct userkey_list	 userkeys;
	struct group_list	 groups[2];	/* by enum group_kind */
	struct acl_list		 acls;
	/* What ties them, each once. */
	struct links		 members[2];
	struct links		 acl_groups[2];	/* other: the ACL */
	/* By id, and by what must be unique, in decimal or as it is. */
	json_t			*fates[RESTORE_KINDS];
	json_t			*names[RESTORE_KINDS];
	json_t			*seen;		/* what must not come again */
	size_t			 again;		/* user whose invite is to be
						   renewed, and one; 0: none */
	/* Sessions that have another id here, by the one that they had. */
	struct moved {
		int64_t	from, to;
	}			*moved;
	size_t			 nmoved;
	/* Of which kinds it brings a host key; the present others stay. */
	int			 brings[KEY_HOST_KINDS];
	struct {
		struct key	*key;
		void		*pem;		/* sodium_malloc'ed */
		size_t		 len;
	}			 kept[KEY_HOST_KINDS];
};

/* A row that is looked at. */
struct row {
	struct restore		*r;
	enum restore_kind	 kind;
	json_t			*json;
	int64_t			 id;
	const char		*name;		/* NULL: it has none */
	int			 bad;		/* it was refused */
	int64_t			 created_at;
	int64_t			 updated_at;
};

/* restore_row.c: the reading of rows. Texts are borrowed, and never NULL. */

/*
 * Looks at all rows of a kind: those that can be taken and are not deleted go
 * to take(), which adds what it makes to the plan, and returns what becomes of
 * the row. `members` names those that are known, NULL ends them.
 */
void		 rows_each(struct restore *, enum restore_kind,
		    const char *const *members,
		    enum fate (*take)(struct row *));

enum fate	 fate_of(const struct restore *, enum restore_kind, int64_t id);
void		 fate_set(struct restore *, enum restore_kind, int64_t id,
		    enum fate);

/* Notes about a row, or about none of them (the kind RESTORE_KINDS). */
void		 row_refuse(struct row *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));
void		 row_warn(struct row *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));
void		 refuse_all(struct restore *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));
void		 warn_all(struct restore *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* A member; absent and null are the empty value. What is wrong refuses. */
const char	*row_text(struct row *, const char *member, size_t max);
int64_t		 row_number(struct row *, const char *member, int64_t least,
		    int64_t most);
int		 row_flag(struct row *, const char *member);
int64_t		 row_time(struct row *, const char *member);
/* Reads when it was made and changed; without a word of it, now. */
void		 row_times(struct row *);
/* An array, or NULL. */
json_t		*row_array(struct row *, const char *member);
/* The id of a nested row; 0 if it is deleted or none. */
int64_t		 nested_id(json_t *);

/*
 * The row's Name, which must be one and nobody else's of its kind; one that a
 * new row could not have is a warning. login: people log in with it.
 */
const char	*row_name(struct row *, int login);

/* Base64 of a blob; malloc'ed, NULL if there is none or it is none. */
unsigned char	*row_blob(struct row *, const char *member, size_t *len);

/*
 * Whether these words were seen before, with which number (0: not yet), and
 * that they are seen now.
 */
int64_t		 seen(struct restore *, int64_t as, const char *, ...)
		    __attribute__((format(printf, 3, 4)));
/* Only whether. */
int64_t		 was_seen(struct restore *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* restore_secret.c */

/*
 * The row's PrivKey: fills the public half, type and length of the key, and
 * its sealed private half. Returns 0, or -1 after a note.
 */
int		 secret_key(struct row *, struct key *);

/* A password to be sealed for the row (clear), or as it is. Caller frees. */
char		*secret_password(struct row *, const char *text, int clear);

/* Whether the document's secrets are sealed, with which key; notes. */
void		 secrets_look(struct restore *);

/* restore_rows.c: the inventory; restore_links.c: what ties it. */
void		 plan_inventory(struct restore *);
void		 plan_links(struct restore *);
void		 plan_hops(struct restore *);
void		 plan_admins(struct restore *);

/* restore_history.c */
void		 plan_history(struct restore *);
int		 load_history(struct db *, struct restore *);

#endif
