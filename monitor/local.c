/* SPDX-License-Identifier: ISC */
/*
 * The admin shell without a monitor. There is no wall here that could keep
 * anything from who calls: the database and the master key's file are open to
 * them. What matters is that nothing is left behind that the portal's own uid
 * could not use, and that each event says that it was done here.
 */
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "monitor/local.h"
#include "monitor/local_errand.h"
#include "monitor/privileges.h"
#include "monitor/secrets.h"
#include "shell/errand.h"
#include "shell/shell.h"

#define ERR_MAX		1024

static int
say(const char *err)
{
	fprintf(stderr, "sshportal: %s\n", err);
	return (1);
}

/* Caller frees. */
static char *
user_name(uid_t uid)
{
	struct passwd	*pw = getpwuid(uid);

	if (pw == NULL || *pw->pw_name == '\0')
		return (xasprintf("uid %ju", (uintmax_t)uid));
	return (xstrdup(pw->pw_name));
}

/*
 * SQLite would leave files beside the database that belong to who calls, and
 * the portal's processes could then not open it.
 */
int
local_owner_check(const struct settings *s, char *err, size_t errlen)
{
	struct stat	 st;
	char		*owner;

	if (*s->db_file == '\0')
		return (0);
	if (stat(s->db_file, &st) == -1) {
		snprintf(err, errlen, "%s: %s%s", s->db_file, strerror(errno),
		    errno == ENOENT ? ": name the portal's database with "
		    "--db-conn, or its settings with --config" :
		    ": be root, or the owner of the database");
		return (-1);
	}
	if (geteuid() == 0 || st.st_uid == geteuid())
		return (0);
	owner = user_name(st.st_uid);
	snprintf(err, errlen, "the database %s belongs to %s: be %s%s",
	    s->db_file, owner, owner, st.st_uid == 0 ? "" : ", or root");
	free(owner);
	return (-1);
}

int
local_open(const struct settings *s, const struct secret_settings *ss,
    struct db **db, char *err, size_t errlen)
{
	struct db_options	o = { .driver = s->db_driver,
				    .conn = ss->db_conn };

	if (local_owner_check(s, err, errlen) == -1 ||
	    secrets_load_key(s, ss, err, errlen) != 0)
		return (-1);
	if (privileges_drop(s) == -1) {
		snprintf(err, errlen, "privileges cannot be dropped");
		return (-1);
	}
	if (db_open(db, &o, err, errlen) != DB_OK ||
	    secrets_check(*db, err, errlen) == -1)
		return (-1);
	return (0);
}

char *
local_name(void)
{
	char	*who = user_name(getuid()), *name;

	name = xasprintf("%s (local)", who);
	free(who);
	return (name);
}

/* The shell writes its title over what we were called with. */
static char **
words_copy(char *const *words, int n)
{
	char	**copy = xcalloc(n + 1, sizeof(*copy));
	int	  i;

	for (i = 0; i < n; i++)
		copy[i] = xstrdup(words[i]);
	return (copy);
}

static void
words_wipe(char **words)
{
	char	**w;

	for (w = words; *w != NULL; w++) {
		explicit_bzero(*w, strlen(*w));
		free(*w);
	}
	free(words);
}

int
local_main(const struct settings *s, struct secret_settings *ss,
    char *const *words, int n)
{
	struct shell_args	  a = { .source = "local", .settings = s,
				    .sealer = secrets_sealer() };
	struct errander		  errander;
	struct db		 *db = NULL;
	char			**copy = words_copy(words, n);
	char			 *name = local_name();
	char			  err[ERR_MAX];
	int			  status;

	a.local = name;
	a.pty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (n == 1)
		a.command = copy[0];
	a.words = copy;
	a.nwords = n > 1 ? n : 0;
	local_errander(s, ss, name, &errander);
	a.errander = &errander;
	status = local_open(s, ss, &db, err, sizeof(err));
	secret_settings_free(ss);
	if (status == -1) {
		status = say(err);
		db_close(db);
	} else {
		a.db = db;
		status = shell_main(&a);
	}
	secrets_forget();
	words_wipe(copy);
	free(name);
	return (status);
}
