/* SPDX-License-Identifier: ISC */
/*
 * Commands are data. Each has one const entry: what it is called, what it
 * takes, who may run it, what it returns. The framework does the rest: when
 * exec is called, the options are checked, the names are rows' ids, the caller
 * may do it, and for a command that writes a transaction is open.
 *
 * exec never prints. It fills call->result and returns DB_OK, or returns what
 * cmd_fail() or cmd_fail_db() returned; then nothing of what it did remains.
 * It may be run again from the start when the store was busy.
 */
#ifndef SHELL_CMD_H
#define SHELL_CMD_H

#include <stddef.h>
#include <stdint.h>

#include "shell/result.h"

struct changes;
struct cmd_call;
struct shell;
struct user;

#define CMD_ERROR_MAX	2048	/* bytes of an error */
#define CMD_MANY	SIZE_MAX	/* as many operands as one likes */

/* Who may run a command: the least that is needed. Zero is nobody. */
enum cmd_role {
	NEED_ANYONE = 1,	/* whoever is logged in */
	NEED_LISTER,		/* admin, auditor, listhosts */
	NEED_READER,		/* admin, auditor */
	NEED_TRUSTED,		/* admin, trusted */
	NEED_ADMIN
};

enum value_kind {
	VALUE_FLAG,		/* takes no value */
	VALUE_TEXT,
	VALUE_NUMBER,		/* 0 or more */
	VALUE_CHOICE,		/* one of a list */
	VALUE_WHEN,		/* a moment (shell/when.h) */
	/* an id or a name of: */
	VALUE_HOST,
	VALUE_KEY,
	VALUE_USER,
	VALUE_USERKEY,		/* all keys of a user, by the user's name */
	VALUE_HOSTGROUP,
	VALUE_USERGROUP,
	VALUE_ACL		/* by id alone */
};

#define OPT_LIST	0x1	/* repeats, and takes commas */
#define OPT_SECRET	0x2	/* its value is written down nowhere */
#define OPT_URL		0x4	/* its value may hold a password */
#define OPT_ASKED	0x8	/* a secret: without a value, or with "-", it
				   is asked for (shell/secret.h) */

struct cmd_opt {
	const char		*name;		/* NULL ends the list */
	char			 letter;	/* 0: none */
	enum value_kind		 kind;
	int			 flags;
	const char		*arg;		/* what help calls the value */
	const char		*brief;
	const char		*fallback;	/* unless given, or NULL */
	const char		*alias;		/* another long name, or NULL */
	const char *const	*choices;	/* VALUE_CHOICE */
};

struct cmd_operands {
	const char	*name;		/* NULL: there are none */
	enum value_kind	 kind;
	size_t		 min, max;
};

#define CMD_WRITES	0x1	/* in a transaction, with an audit event */
#define CMD_OFFLINE	0x2	/* needs no store */
#define CMD_FACTS	0x4	/* rows are shown one fact a line */
#define CMD_AS_JSON	0x8	/* rows are always JSON */
#define CMD_URL		0x10	/* an operand may hold a password */
#define CMD_SELF	0x20	/* without its operand, who runs it is meant */

struct cmd_entry {
	const char		*noun;
	const char		*verb;		/* NULL: the noun is all */
	const char		*alias;		/* of the verb, else the noun */
	const char		*brief;
	const struct cmd_opt	*opts;		/* NULL: none */
	struct cmd_operands	 operands;
	enum value_kind		 second;	/* of two operands, where it is
						   of another kind; else 0 */
	enum cmd_role		 role;
	enum cmd_role		 whole;		/* who has only `role`, and not
						   this, is shown and names
						   what is theirs alone
						   (shell/own.h); 0: what
						   there is is for all */
	int			 flags;
	const struct field	*fields;	/* of its rows; the first is
						   the id */
	const struct field	*own_fields;	/* instead, of one's own; NULL:
						   the same */
	const char		*things;	/* "hosts": what rows are */
	/*
	 * NULL, or what takes long and must not keep a transaction open: it
	 * is called once, before exec, with role checked but no rows looked
	 * up, and leaves its work in call->prepared.
	 */
	int			(*prepare)(struct cmd_call *);
	int			(*exec)(struct cmd_call *);
	/*
	 * NULL, or what prints more than rows can hold, after exec, out of
	 * call->prepared: it may still fail.
	 */
	int			(*print)(struct cmd_call *);
};

/* All of them, in the order of help; NULL ends it. */
extern const struct cmd_entry *const	cmd_table[];

/* A row that an operand or an option named. */
struct ref {
	int64_t		 id;
	char		*name;
};

struct refs {
	struct ref	*v;
	size_t		 n;
};

/* A command on its way. */
struct cmd_call {
	struct shell		*sh;
	const struct cmd_entry	*entry;
	const struct parsed	*parsed;	/* shell/options.h */
	struct refs		*opt_refs;	/* one for each option */
	struct refs		 targets;	/* operands that name rows */
	struct refs		 second;	/* and that of another kind */
	const struct user	*me;		/* who runs it; NULL for
						   CMD_OFFLINE */
	int			 own;		/* what is theirs alone */
	int64_t			 now;		/* UTC seconds */
	struct result		 result;
	char			*entity;	/* for the event: what was
						   made; else the targets */
	struct changes		*changes;	/* shell/changes.h; owned */
	void			*prepared;	/* of the entry's prepare */
	void			(*forget)(void *); /* frees that */
	int64_t			 session;	/* that the event is about; 0:
						   none */
	int			 audit;		/* exec read a secret: write an
						   event of it */
	const char		*warning;	/* it was done, but: a sentence
						   of our own, or NULL */
	int			 failed;	/* the rows are printed, and
						   say what went wrong: exit
						   status 1 */
	int			 brief;		/* inspect without the rows that
						   are nested, but names */
	int			 usage;		/* the error is a usage error */
	char			 error[CMD_ERROR_MAX];
};

/*
 * What an option was given, or its fallback; of a list, how many and which.
 * The option must be declared.
 * Borrowed until the command's end.
 */
int			 opt_given(const struct cmd_call *, const char *);
const char		*opt_text(const struct cmd_call *, const char *);
int64_t			 opt_number(const struct cmd_call *, const char *);
size_t			 opt_count(const struct cmd_call *, const char *);
const char		*opt_nth(const struct cmd_call *, const char *, size_t);
const struct refs	*opt_refs(const struct cmd_call *, const char *);

/* An operand as it was typed. */
const char		*operand_text(const struct cmd_call *, size_t);

/* How many rows an ls shall show, 0 for all: --latest, --limit. */
int64_t			 opt_limit(const struct cmd_call *);

/* A failure in words, which are escaped when printed. Returns not DB_OK. */
int	cmd_fail(struct cmd_call *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * For the ls of what there are millions of, with its rows in the result: the
 * limit (0: none) may have cut the list, and its total is shown. Counting can
 * take longer than all the rest.
 */
int	cmd_total_wanted(const struct cmd_call *, int64_t limit);

/* A failure of the store; status is what it returned, and is returned. */
int	cmd_fail_db(struct cmd_call *, int status);

/*
 * For commands that change rows: whether there is anything to change; each
 * option of `single` (NULL, or names with NULL at the end) stands for one row
 * only, and of each pair (NULLs end them) one at most is given. Returns DB_OK,
 * or what cmd_fail() returned, for a usage error.
 */
int	opts_check(struct cmd_call *, const char *const *single,
	    const char *const (*either)[2]);

/*
 * The secret that is sealed in a row's column, opened: *plain, to be freed
 * with secret_free(); NULL for NULL. what and name are for the sentence when
 * it does not open. Returns DB_OK or what cmd_fail() returned.
 */
int	cmd_open_secret(struct cmd_call *, const char *table,
	    const char *column, int64_t id, const char *sealed,
	    const char *what, const char *name, char **plain);

/* Wipes and frees a string; NULL is allowed. */
void	secret_free(char *);

/*
 * Puts a member into the groups (enum group_kind, db/group.h) of
 * --assign-group and out of those of --unassign-group. Returns DB_OK or another
 * class.
 */
int	cmd_change_groups(struct cmd_call *, int kind, int64_t id);

/*
 * What was made: its id goes to standard output, its name to the event, and
 * what it is too (changes_made()).
 */
void	cmd_made(struct cmd_call *, int64_t id, const char *name);

/* The options that every ls has. */
#define OPTS_LS								\
	{ .name = "latest", .letter = 'l', .kind = VALUE_FLAG,		\
	    .brief = "only the newest" },				\
	{ .name = "quiet", .letter = 'q', .kind = VALUE_FLAG,		\
	    .brief = "only ids" },					\
	{ .name = "json", .kind = VALUE_FLAG,				\
	    .brief = "as a JSON array" }

/* For histories: how many, unless told. */
#define OPT_LIMIT							\
	{ .name = "limit", .kind = VALUE_NUMBER, .arg = "N",		\
	    .fallback = "100", .brief = "how many at most, 0 for all" }

#endif
