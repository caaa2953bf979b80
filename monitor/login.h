/* SPDX-License-Identifier: ISC */
/*
 * Login names: what stands before the @ says where a person wants to go.
 */
#ifndef MONITOR_LOGIN_H
#define MONITOR_LOGIN_H

struct host;
struct settings;
struct user;

enum login_kind {
	LOGIN_NAME,		/* a host, or the user's own name */
	LOGIN_HOST,		/* host:NAME, a host in any case */
	LOGIN_SHELL,		/* the name of the admin shell */
	LOGIN_INVITE,		/* invite:TOKEN */
	LOGIN_HEALTHCHECK
};

struct login {
	enum login_kind	 kind;
	char		*name;		/* host's name, or the token */
	char		*account;	/* of ACCOUNT+NAME, else NULL: the
					   host's own */
	char		*whole;		/* as it was typed */
	char		*shown;		/* the same for a log: no blanks */
};

/*
 * Takes a login name apart. NAME is what follows the last '+', for accounts
 * may hold one; after "host:", at the beginning or behind a '+', everything is
 * the name. login_free() frees.
 */
void	login_parse(struct login *, const char *text, const struct settings *);

/* It was a host's name as a whole: so it asks for the host's own account. */
void	login_whole_host(struct login *);

/*
 * The account to log in as on the host, borrowed, and whether that is another
 * than the host's own.
 */
const char	*login_account(const struct login *, const struct host *);
int		 login_other_account(const struct login *, const struct host *);

/* Whether this user gets the shell with it: "admin", own name, own e-mail. */
int	login_is_shell(const struct login *, const struct user *);

/* Frees the members and wipes the token. Harmless on zeroes. */
void	login_free(struct login *);

#endif
