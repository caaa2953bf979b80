/* SPDX-License-Identifier: ISC */
/*
 * The hosts that can be reached, how to log in there, and the host key that
 * was learnt: one pin for all users and instances.
 */
#ifndef DB_HOST_H
#define DB_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "db/db.h"

struct sealer;

enum host_scheme {
	HOST_SSH,
	HOST_TELNET
};

enum host_logging {
	LOGGING_DISABLED,
	LOGGING_INPUT,
	LOGGING_EVERYTHING,
	LOGGING_FULL		/* each records what those before it do */
};

struct host {
	int64_t			 id;
	char			*name;		/* unique */
	enum host_scheme	 scheme;
	char			*addr;		/* name or address */
	uint16_t		 port;
	char			*login;		/* the account there */
	char			*password_sealed; /* NULL if none */
	int64_t			 key_id;	/* 0: none */
	int64_t			 hop_id;	/* 0: none */
	enum host_logging	 logging;
	int			 record_required; /* no session without */
	char			*comment;
	unsigned char		*host_key;	/* NULL until learnt */
	size_t			 host_keylen;
	char			*host_key_type;	/* "" until learnt */
	int			 legacy;	/* old algorithms allowed */
	uint32_t		 allow;		/* kinds (db/kinds.h), 0: the
						   default */
	int64_t			 created_at;
	int64_t			 updated_at;
	/* Filled by every getter: */
	char			*key_name;	/* NULL if no key */
	char			*hop_name;	/* NULL if no hop */
	struct db_names		 groups;	/* not by the plain getter */
};

struct host_list {
	struct host	*v;
	size_t		 n;
};

/*
 * Inserts all of *h but id, times, host key and sealed password. DB_REF if
 * its key or hop does not exist, DB_EXISTS if the name is taken.
 */
int	host_create(struct db *db, const struct host *h, int64_t *id);

/*
 * The same with a password: inserts, seals for the new row, stores, in one
 * transaction. DB_ERROR if the sealer refuses.
 */
int	host_create_sealed(struct db *db, const struct host *h,
	    const char *password, const struct sealer *sealer, int64_t *id);

/* Stores a password that was sealed for this row; NULL removes it. */
int	host_set_password(struct db *db, int64_t id, const char *sealed);

/* Writes the same fields as host_create() to the row h->id. */
int	host_update(struct db *db, const struct host *h);

/*
 * Changes the key of a host that has the key `from`; DB_NOTFOUND when it has
 * another one by now.
 */
int	host_change_key(struct db *db, int64_t id, int64_t from, int64_t to);

/* How many hosts have it as their hop. */
int	host_leads_to(struct db *db, int64_t id, int64_t *count);

/* DB_REF while another host has it as its hop. */
int	host_remove(struct db *db, int64_t id);

/* Caller frees with host_free(). */
int	host_get(struct db *db, int64_t id, struct host **out);
int	host_by_name(struct db *db, const char *name, struct host **out);
/* The row without its groups: a login has no use for them, most times. */
int	host_by_name_plain(struct db *db, const char *name,
	    struct host **out);
/* Fills in, or anew, what host_by_name_plain() leaves out. */
int	host_attach(struct db *db, struct host *h);
/* By id if it is all digits and there is one, else by name. */
int	host_find(struct db *db, const char *text, struct host **out);

/*
 * Those that somebody may mean who asks for a connection: of this name, where
 * the port is their own or 22, which stands for it; or at this address and
 * port. Upper and lower case are the same, groups are not filled in, and more
 * than HOST_MEANT_MAX are not listed. The host of exactly this name is first.
 */
#define HOST_MEANT_MAX	16
int	host_list_meant(struct db *db, const char *text, uint16_t port,
	    struct host_list **out);

/* Newest first; limit 0 is all. */
int	host_list(struct db *db, int64_t limit, struct host_list **out);

int	host_count(struct db *db, int64_t *count);

/*
 * Learns a host key: sets the pin if there is none yet and returns the one
 * that stands then (malloc'ed, caller frees), which the caller compares with
 * what it saw. Two instances that learn at once get the same answer.
 */
int	host_pin_key(struct db *db, int64_t id, const char *type,
	    const void *blob, size_t len, unsigned char **pinned,
	    size_t *pinnedlen);

/* Forgets the pin: the next connection learns anew. */
int	host_unpin_key(struct db *db, int64_t id);

/*
 * The effective set (db/kinds.h) of what may be done on this host, whoever
 * comes; telnet knows nothing but a terminal.
 */
uint32_t	 host_kinds(const struct host *h);

/* "ssh" and "telnet"; -1 for another word. */
const char	*host_scheme_name(enum host_scheme s);
int		 host_scheme_parse(const char *s, enum host_scheme *out);

/* "disabled", "input", "everything" and "full"; -1 for another word. */
const char	*host_logging_name(enum host_logging l);
int		 host_logging_parse(const char *s, enum host_logging *out);

/*
 * As rows of hosts and rules have it whether a recording is required: a word
 * that nobody knows reads as if it were.
 */
const char	*record_word(int required);
int		 record_read(const char *word);

void	host_free(struct host *h);
void	host_list_free(struct host_list *l);

#endif
