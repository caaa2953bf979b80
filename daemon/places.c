/* SPDX-License-Identifier: ISC */
/*
 * Paths and uids that follow from the settings.
 */
#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <config.h>
#include "daemon/places.h"
#include "lib/xmalloc.h"

#define INSTALLED_KEY	CONFIG_DIR "/master.key"

/* Puts the working directory before a path that is not absolute. */
static int
make_absolute(char **path, char *err, size_t size)
{
	const char	*rest = *path;
	char		*cwd, *full;

	if (*rest == '/' || *rest == '\0')
		return (0);
	if ((cwd = getcwd(NULL, 0)) == NULL) {
		snprintf(err, size, "working directory: %s", strerror(errno));
		return (-1);
	}
	while (strncmp(rest, "./", 2) == 0)
		rest += 1 + strspn(rest + 1, "/");
	full = xasprintf("%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, rest);
	free(cwd);
	free(*path);
	*path = full;
	return (0);
}

/* Sets a path that was not given to "base" and "suffix". */
static void
fill_in(char **path, const char *base, const char *suffix)
{
	if (*path != NULL && **path != '\0')
		return;
	free(*path);
	*path = xasprintf("%s%s", base, suffix);
}

/* The master key as systemd hands it over, where nothing else was said. */
static void
find_credential(struct conf *c)
{
	const char	*dir = getenv("CREDENTIALS_DIRECTORY");
	char		*path;

	if (*c->p.master_key_file != '\0' || dir == NULL || *dir != '/')
		return;
	path = xasprintf("%s/" PLACES_CREDENTIAL, dir);
	if (access(path, F_OK) == 0) {
		free(c->p.master_key_file);
		c->p.master_key_file = path;
	} else
		free(path);
}

/* Whether the state lies where an installed portal has it. */
static int
is_installed(const struct conf *c)
{
	return (strcmp(c->s.state_dir, STATE_DIR) == 0);
}

static int
find_sqlite(struct conf *c, char *err, size_t size)
{
	if (make_absolute(&c->p.db_conn, err, size) == -1)
		return (-1);
	free(c->s.db_file);
	c->s.db_file = xstrdup(c->p.db_conn);
	fill_in(&c->s.state_dir, c->s.db_file, ".d");
	fill_in(&c->s.run_dir, c->s.state_dir, "/run");
	if (is_installed(c))
		fill_in(&c->p.master_key_file, INSTALLED_KEY, "");
	else
		fill_in(&c->p.master_key_file, c->s.db_file, ".key");
	return (0);
}

static int
find_mysql(struct conf *c, char *err, size_t size)
{
	fill_in(&c->s.db_file, "", "");
	fill_in(&c->s.state_dir, STATE_DIR, "");
	fill_in(&c->s.run_dir, RUN_DIR, "");
	if (is_installed(c) && access(INSTALLED_KEY, F_OK) == 0)
		fill_in(&c->p.master_key_file, INSTALLED_KEY, "");
	if (*c->p.master_key_file == '\0') {
		snprintf(err, size, "with MySQL a master key is needed that "
		    "all instances share: make one with \"sshportal genkey\" "
		    "and name its file with --master-key");
		return (-1);
	}
	return (0);
}

static int
find_paths(struct conf *c, char *err, size_t size)
{
	char	**paths[] = { &c->p.master_key_file, &c->s.state_dir,
		    &c->s.run_dir, &c->s.logs_dir, &c->s.config_file,
		    &c->banner_file };
	size_t	  i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (*paths[i] != NULL && make_absolute(paths[i], err, size))
			return (-1);
	}
	return (0);
}

/* The name of the user who calls, for the first administrator. */
static char *
invoking_user(void)
{
	struct passwd	*pw = getpwuid(getuid());

	if (pw == NULL || *pw->pw_name == '\0')
		return (xstrdup("admin"));
	return (xstrdup(pw->pw_name));
}

int
places_find(struct conf *c, char *err, size_t size)
{
	if (find_paths(c, err, size) == -1)
		return (-1);
	find_credential(c);
	if ((strcmp(c->s.db_driver, "mysql") == 0 ? find_mysql :
	    find_sqlite)(c, err, size) == -1)
		return (-1);
	fill_in(&c->s.empty_dir, c->s.state_dir, "/empty");
	fill_in(&c->s.config_file, "", "");
	free(c->s.first_admin);
	c->s.first_admin = invoking_user();
	return (0);
}

/* The owner of the nearest directory above path that exists. */
static int
directory_owner(const char *path, int itself, struct stat *st)
{
	char	*dir = xstrdup(path), *slash;
	int	 r = -1;

	if (itself)
		r = stat(dir, st);
	while (r == -1 && (slash = strrchr(dir, '/')) != NULL) {
		if (slash == dir)
			slash++;
		*slash = '\0';
		r = stat(dir, st);
		if (slash == dir + 1)
			break;
	}
	free(dir);
	return (r);
}

static int
own_monitor(struct conf *c, char *err, size_t size)
{
	struct stat	 st;
	struct passwd	*pw;
	int		 sqlite = *c->s.db_file != '\0', r;

	r = directory_owner(sqlite ? c->s.db_file : c->s.state_dir, !sqlite,
	    &st);
	if (r == -1) {
		snprintf(err, size, "%s: %s",
		    sqlite ? c->s.db_file : c->s.state_dir, strerror(errno));
		return (-1);
	}
	pw = getpwuid(st.st_uid);
	c->s.monitor_uid = st.st_uid;
	/* an owner without a name must not get root's group by chance */
	c->s.monitor_gid = pw != NULL ? pw->pw_gid :
	    st.st_gid != 0 ? st.st_gid : st.st_uid;
	c->s.keep_dac_override = st.st_uid == 0;
	return (0);
}

/* Whether a uid means something here: in a user namespace few may. */
static int
uid_is_mapped(uint32_t uid)
{
	FILE		*f;
	uint32_t	 first, outside, n;
	int		 found = 0;

	if ((f = fopen("/proc/self/uid_map", "re")) == NULL)
		return (1);
	while (!found && fscanf(f, "%" SCNu32 "%" SCNu32 "%" SCNu32, &first,
	    &outside, &n) == 3)
		found = uid >= first && uid - first < n;
	fclose(f);
	return (found);
}

static int
own_child(struct conf *c, char *err, size_t size)
{
	struct passwd	*pw = getpwnam(PLACES_CHILD_USER);

	if (pw != NULL) {
		c->s.child_uid = pw->pw_uid;
		c->s.child_gid = pw->pw_gid;
	} else {
		c->s.child_uid = c->s.child_gid =
		    uid_is_mapped(PLACES_CHILD_UID) ? PLACES_CHILD_UID :
		    PLACES_CHILD_UID_LOW;
	}
	if (c->s.child_uid == 0 || c->s.child_uid == c->s.monitor_uid) {
		snprintf(err, size, "children would run as uid %lld, as the "
		    "monitors do: give the user " PLACES_CHILD_USER
		    " a uid of its own", (long long)c->s.child_uid);
		return (-1);
	}
	return (0);
}

int
places_own(struct conf *c, char *err, size_t size)
{
	c->s.monitor_uid = c->s.monitor_gid = -1;
	c->s.child_uid = c->s.child_gid = -1;
	c->s.keep_dac_override = 0;
	if (geteuid() != 0)
		return (0);
	if (own_monitor(c, err, size) == -1)
		return (-1);
	return (own_child(c, err, size));
}

/* Whether path names the file that this process runs. */
static int
is_running(const char *path)
{
	struct stat	a, b;

	return (stat(path, &a) == 0 && stat("/proc/self/exe", &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

char *
places_program(const char *argv0)
{
	char	*path, err[64];

	if (argv0 != NULL && strchr(argv0, '/') != NULL) {
		path = xstrdup(argv0);
		if (make_absolute(&path, err, sizeof(err)) == 0 &&
		    is_running(path))
			return (path);
		free(path);
	}
	return (realpath("/proc/self/exe", NULL));
}

int
places_program_changed(const char *path)
{
	return (!is_running(path));
}
