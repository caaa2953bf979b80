/* SPDX-License-Identifier: ISC */
/*
 * Moving in from the original sshportal.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "db/acl.h"
#include "db/db.h"
#include "db/event.h"
#include "db/host.h"
#include "db/key.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/harden.h"
#include "lib/proctitle.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "monitor/import.h"
#include "monitor/local.h"
#include "monitor/privileges.h"
#include "monitor/secrets.h"
#include "monitor/setup.h"
#include "shell/entity.h"
#include "shell/import.h"
#include "shell/import_secret.h"
#include "shell/restore.h"
#include "shell/restore_show.h"

#define ERR_MAX		1024

struct moving {
	const struct settings		*s;
	struct secret_settings		*ss;
	const struct import_options	*o;
	struct import			 im;
	struct db			*db;	/* NULL: there is no portal
						   yet, and a dry run */
	struct restore			*plan;
	int64_t				 now;
	char				 err[ERR_MAX];
};

/* A sentence that may hold text of others. */
static void
print_line(const char *head, const char *text)
{
	char	*safe = escape_text(text, strlen(text));

	printf("%s%s\n", head, safe);
	free(safe);
}

/* The original */

/* Two names of one file would be read as the original and then refused. */
static int
same_file(const char *a, const char *b)
{
	struct stat	sa, sb;

	return (stat(a, &sa) == 0 && stat(b, &sb) == 0 &&
	    sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino);
}

static int
read_original(struct moving *m)
{
	const char	*from = m->o->from;

	if (m->o->source == IMPORT_JSON)
		return (import_read_file(&m->im, from, m->err,
		    sizeof(m->err)));
	if (m->o->source == IMPORT_MYSQL)
		return (import_read_database(&m->im, "mysql", from, m->err,
		    sizeof(m->err)));
	if (*m->s->db_file != '\0' && same_file(from, m->s->db_file)) {
		snprintf(m->err, sizeof(m->err), "%s is the original's "
		    "database and cannot be this portal's too: name another "
		    "file with --db-conn", from);
		return (-1);
	}
	return (import_read_database(&m->im, "sqlite3", from, m->err,
	    sizeof(m->err)));
}

static int
look(struct moving *m)
{
	struct import_key	k;

	if (import_key_set(&k, m->ss->aes_key, m->err, sizeof(m->err)) == -1)
		return (-1);
	import_open_secrets(&m->im, &k);
	sodium_memzero(&k, sizeof(k));
	import_look(&m->im);
	import_judge(&m->im, m->now);
	return (0);
}

static void
print_notes(const struct moving *m, enum import_grade grade,
    const char *heading)
{
	size_t	i, n = 0;

	for (i = 0; i < m->im.nnotes; i++) {
		if (m->im.note[i].grade != grade)
			continue;
		if (n++ == 0)
			printf("\n%s\n", heading);
		print_line("  - ", m->im.note[i].text);
	}
}

/* The portal */

/* Setup drops its privileges for good: it has a process of its own. */
static int
run_setup(struct moving *m)
{
	struct settings	s = *m->s;
	int		fd, status;
	pid_t		pid;

	s.quiet_start = 1;
	fflush(stdout);
	if ((fd = secret_settings_to_memfd(m->ss)) == -1 ||
	    (pid = fork()) == -1) {
		snprintf(m->err, sizeof(m->err), "fork: %s", strerror(errno));
		return (-1);
	}
	if (pid == 0)
		leave(setup_main(fd, &s));
	close(fd);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return (0);
	snprintf(m->err, sizeof(m->err), "the portal's database could not be "
	    "made ready; the original is untouched");
	return (-1);
}

/* Whether there is no portal yet that a dry run could look at. */
static int
nothing_there(const struct moving *m)
{
	struct db_options	o = { .driver = m->s->db_driver,
				    .conn = m->ss->db_conn };
	struct stat		st;
	struct db		*db;
	int			 r;

	if (*m->s->db_file != '\0')
		return (stat(m->s->db_file, &st) == -1 || st.st_size == 0);
	r = db_open(&db, &o, NULL, 0);
	db_close(db);
	return (r == DB_OLDER);
}

static int
open_portal(struct moving *m)
{
	if (m->o->dry_run && nothing_there(m)) {
		if (privileges_drop(m->s) == 0)
			return (0);
		snprintf(m->err, sizeof(m->err),
		    "privileges cannot be dropped");
		return (-1);
	}
	if (!m->o->dry_run && run_setup(m) == -1)
		return (-1);
	return (local_open(m->s, m->ss, &m->db, m->err, sizeof(m->err)));
}

/* Keys and rules that the first start does not make, or users with keys. */
static int
rows_in_use(struct db *db, int *used)
{
	struct user_list	*users = NULL;
	struct key_list		*keys = NULL;
	struct acl_list		*acls = NULL;
	size_t			 i;
	int			 r;

	if ((r = user_list(db, 0, &users)) == DB_OK &&
	    (r = key_list(db, 0, &keys)) == DB_OK &&
	    (r = acl_list(db, 0, &acls)) == DB_OK) {
		*used = users->n > 1 || acls->n > 1;
		for (i = 0; i < users->n; i++)
			*used |= users->v[i].nkeys > 0;
		for (i = 0; i < keys->n; i++)
			*used |= !key_is_host(keys->v[i].name) &&
			    strcmp(keys->v[i].name, KEY_DEFAULT) != 0;
	}
	user_list_free(users);
	key_list_free(keys);
	acl_list_free(acls);
	return (r);
}

/* Whether there is more than what the first start makes. */
static int
in_use(struct db *db, int *used)
{
	int64_t	hosts;
	int	r;

	*used = 0;
	if ((r = host_count(db, &hosts)) != DB_OK)
		return (r);
	*used = hosts > 0;
	return (*used ? DB_OK : rows_in_use(db, used));
}

static int
check_empty(struct moving *m)
{
	int	used;

	if (m->db == NULL || m->o->replace)
		return (0);
	if (in_use(m->db, &used) != DB_OK) {
		snprintf(m->err, sizeof(m->err), "%s", db_error(m->db));
		return (-1);
	}
	if (!used)
		return (0);
	snprintf(m->err, sizeof(m->err), "this portal has an inventory "
	    "already, and importing replaces all of it: make a backup "
	    "(\"config backup\"), then add --replace");
	return (-1);
}

static int
make_plan(struct moving *m)
{
	struct restore_args		 a = {
		.db = m->db,
		.sealer = secrets_sealer(),
		.settings = m->s,
		.secrets = RESTORE_CLEAR,
		.skip = 1,
		.dry_run = m->o->dry_run,
		.invites_until = m->now + INVITE_LIFE,
		.now = m->now,
	};
	const struct restore_report	*r;
	char				*text;

	m->plan = restore_plan(&a, m->im.doc);
	r = restore_report(m->plan);
	if (r->ours) {
		snprintf(m->err, sizeof(m->err), "%s is a backup of this "
		    "program, not of the original: \"config restore\" takes "
		    "it", m->o->from);
		return (-1);
	}
	text = restore_show(r);
	printf("\n%s", text);
	free(text);
	if (*r->host_key != '\0')
		printf("\nHost key: %s, as the original had it\n",
		    r->host_key);
	if (!r->refused)
		return (0);
	snprintf(m->err, sizeof(m->err), "nothing can be taken over before "
	    "the rows above are cured in the original");
	return (-1);
}

/* Loading */

/* Which original it was; no password. */
static char *
source_name(const struct import_options *o)
{
	const char	*slash;

	if (o->source != IMPORT_MYSQL)
		return (xasprintf("%s:%s",
		    o->source == IMPORT_JSON ? "json" : "sqlite", o->from));
	slash = strrchr(o->from, '/');
	return (xasprintf("mysql:%.*s", slash != NULL ?
	    (int)strcspn(slash + 1, "?") : 0, slash != NULL ? slash + 1 : ""));
}

/* How many rows of what, as JSON. */
static char *
counts_json(const struct restore_report *r)
{
	json_t	*all = json_object();
	char	*text;
	int	 k;

	for (k = 0; k < RESTORE_KINDS; k++)
		json_object_set_new(all, restore_kind_name(k),
		    json_integer((json_int_t)r->count[k].taken));
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return (text != NULL ? text : xstrdup("{}"));
}

static int
write_event(struct db *db, struct moving *m)
{
	struct event	e = { .source = (char *)"local",
			    .domain = (char *)"config",
			    .action = (char *)"import" };
	int64_t		id;
	int		r;

	e.author_name = local_name();
	e.entity = source_name(m->o);
	e.args = counts_json(restore_report(m->plan));
	r = event_create(db, &e, &id);
	free(e.author_name);
	free(e.entity);
	free(e.args);
	return (r);
}

static int
load(struct db *db, void *arg)
{
	struct moving	*m = arg;
	int		 r, used;

	/* once more, under the lock */
	if (!m->o->replace && ((r = in_use(db, &used)) != DB_OK || used))
		return (r != DB_OK ? r : DB_EXISTS);
	if ((r = restore_load(db, m->plan)) != DB_OK)
		return (r);
	return (write_event(db, m));
}

static int
load_all(struct moving *m)
{
	int	r = db_transaction(m->db, load, m);

	if (r == DB_OK)
		return (0);
	if (r == DB_EXISTS)
		snprintf(m->err, sizeof(m->err), "somebody has begun to use "
		    "this portal meanwhile: nothing was changed");
	else
		snprintf(m->err, sizeof(m->err), "%s: nothing was changed",
		    db_error(m->db));
	return (-1);
}

static void
say_next(const struct moving *m)
{
	const struct restore_report	*r = restore_report(m->plan);

	if (m->o->dry_run) {
		printf("\nThis was a dry run: nothing was changed. Without "
		    "--dry-run all of it is taken over.\n");
		return;
	}
	printf("\nAll of it is here now. Next:\n"
	    "  - start this portal where the original listened: the address "
	    "that its clients know\n"
	    "    (one that runs has the host key within a minute)\n"
	    "  - log in as an administrator with the key that you have, and "
	    "try a host\n"
	    "  - put the original's database, its backups and its AES key "
	    "out of reach:\n"
	    "    they hold every secret of the portal\n");
	if (*r->token != '\0')
		printf("  - no administrator could come in: %s is invited, "
		    "once, within 24 hours, as invite:%s\n", r->admin,
		    r->token);
}

static int
move(struct moving *m)
{
	if (read_original(m) == -1 || look(m) == -1)
		return (-1);
	printf("The original in %s\n", m->o->source == IMPORT_MYSQL ?
	    "MySQL" : m->o->from);
	print_notes(m, IMPORT_NOTE, "Worth knowing:");
	print_notes(m, IMPORT_STOP, "To be cured first:");
	if (m->im.stops > 0) {
		snprintf(m->err, sizeof(m->err), "nothing was taken over: see "
		    "above what is to be cured first");
		return (-1);
	}
	if (open_portal(m) == -1 || check_empty(m) == -1 ||
	    make_plan(m) == -1)
		return (-1);
	if (!m->o->dry_run && load_all(m) == -1)
		return (-1);
	say_next(m);
	return (0);
}

int
import_main(const struct settings *s, struct secret_settings *ss,
    const struct import_options *o)
{
	struct import_options	 mine = *o;
	struct moving		 m = { .s = s, .ss = ss, .o = &mine,
				    .now = clock_utc() };
	char			*from = xstrdup(o->from);
	int			 status = 0;

	/* over the words that we were called with, a password perhaps */
	mine.from = from;
	proctitle_set("import");
	if (sodium_init() == -1) {
		fprintf(stderr, "sshportal: no source of random bytes\n");
		return (1);
	}
	entity_wipe_freed();
	if (move(&m) == -1) {
		char	*safe = escape_text(m.err, strlen(m.err));

		fflush(stdout);
		fprintf(stderr, "sshportal: %s\n", safe);
		free(safe);
		status = 1;
	}
	restore_free(m.plan);
	import_free(&m.im);
	db_close(m.db);
	secrets_forget();
	secret_settings_free(ss);
	explicit_bzero(from, strlen(from));
	free(from);
	if (fflush(stdout) != 0)
		status = 1;
	return (status);
}
