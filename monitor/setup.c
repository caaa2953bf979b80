/* SPDX-License-Identifier: ISC */
/*
 * The one-shot setup.
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "db/db.h"
#include "db/migrations.h"
#include "db/setting.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "monitor/first_rows.h"
#include "monitor/privileges.h"
#include "monitor/secrets.h"
#include "monitor/setup.h"
#include "monitor/spool.h"
#include "monitor/stale.h"
#include "monitor/state.h"

#define TOKEN_MIN	8
#define TOKEN_CHARS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
			"0123456789-_."

struct setup {
	const struct settings	*settings;
	struct secret_settings	 secrets;
	struct db		*db;
	struct first_rows	 first;
	char			 err[1024];
};

static int
is_sqlite(const struct setup *st)
{
	return (strcmp(st->settings->db_driver, "sqlite3") == 0);
}

int
setup_check_preset(const char *token, char *err, size_t errlen)
{
	size_t	n = strlen(token);

	if (n == 0 || (n >= TOKEN_MIN && n <= FIRST_TOKEN_MAX &&
	    strspn(token, TOKEN_CHARS) == n))
		return (0);
	snprintf(err, errlen,
	    "SSHPORTAL_DEFAULT_ADMIN_INVITE_TOKEN should be %d to %d letters, "
	    "digits, '-', '_' or '.'", TOKEN_MIN, FIRST_TOKEN_MAX);
	return (-1);
}

static int
database_is_new(const struct setup *st)
{
	struct stat	sb;

	return (stat(st->settings->db_file, &sb) == -1 || sb.st_size == 0);
}

/*
 * While we are still root: reads the key, or makes it where there is nothing
 * yet that a key could belong to. A key for a database that is there waits
 * until that was asked (key_late).
 */
static int
key_early(struct setup *st)
{
	int	r;

	r = secrets_load_key(st->settings, &st->secrets, st->err,
	    sizeof(st->err));
	if (r != SECRETS_ABSENT)
		return (r);
	if (!is_sqlite(st) || *st->secrets.master_key_file == '\0')
		return (-1);
	if (!database_is_new(st))
		return (0);
	return (secrets_create_key(&st->secrets, st->err, sizeof(st->err)));
}

static int
key_late(struct setup *st)
{
	char	*id;
	int	 r;

	if (secrets_loaded())
		return (0);
	r = setting_get(st->db, SETTING_MASTER_KEY_ID, &id);
	if (r == DB_NOTFOUND)
		return (secrets_create_key(&st->secrets, st->err,
		    sizeof(st->err)));
	if (r == DB_OK)
		snprintf(st->err, sizeof(st->err), "master key file %s is "
		    "missing: put the one with key %s back, for this database "
		    "was sealed with it", st->secrets.master_key_file, id);
	else
		snprintf(st->err, sizeof(st->err), "%s", db_error(st->db));
	free(id);
	return (-1);
}

static int
store_error(struct setup *st)
{
	snprintf(st->err, sizeof(st->err), "%s", db_error(st->db));
	return (-1);
}

static int
store_prepare(struct setup *st)
{
	struct db_options	o = { .driver = st->settings->db_driver,
				    .conn = st->secrets.db_conn, .setup = 1 };
	int			made = is_sqlite(st) && database_is_new(st);

	if (db_open(&st->db, &o, st->err, sizeof(st->err)) != DB_OK)
		return (-1);
	if (migrations_apply(st->db) != DB_OK)
		return (store_error(st));
	/* else a mistyped path looks as if all were gone */
	if (made)
		log_info("%s was not there: made it, a new and empty database",
		    st->settings->db_file);
	return (0);
}

/*
 * Whether the ends of sessions may lie in the spool: without them these would
 * look as if dead. The keeper closes what still is open when it has read them.
 */
static int
ends_wait(const struct settings *s)
{
	char	name[SPOOL_NAME_SIZE];
	int	dir = spool_open(s->state_dir), wait;

	if (dir == -1)
		return (0);
	wait = spool_first(dir, name) == 1;
	close(dir);
	return (wait);
}

static int
rows_prepare(struct setup *st)
{
	size_t	closed;

	st->first.settings = st->settings;
	st->first.preset = st->secrets.invite_token;
	if (state_instance_id(st->settings, st->first.instance, st->err,
	    sizeof(st->err)) == -1)
		return (-1);
	if (first_rows_ensure(st->db, &st->first) != DB_OK) {
		if (st->first.err[0] == '\0')
			return (store_error(st));
		snprintf(st->err, sizeof(st->err), "%s", st->first.err);
		return (-1);
	}
	if (!ends_wait(st->settings) &&
	    stale_close(st->db, st->first.instance, st->settings->run_dir,
	    clock_utc(), STALE_GRACE_S, &closed) != DB_OK)
		return (store_error(st));
	return (0);
}

static int
setup_run(struct setup *st)
{
	const struct settings	*s = st->settings;

	if (setup_check_preset(st->secrets.invite_token, st->err,
	    sizeof(st->err)) == -1 ||
	    state_make_dirs(s, st->err, sizeof(st->err)) == -1 ||
	    key_early(st) == -1)
		return (-1);
	if (privileges_drop(s) == -1) {
		snprintf(st->err, sizeof(st->err), "privileges cannot be "
		    "dropped");
		return (-1);
	}
	if (state_check_dirs(s, st->err, sizeof(st->err)) == -1 ||
	    store_prepare(st) == -1 || key_late(st) == -1)
		return (-1);
	return (rows_prepare(st));
}

/* The greeting */

/* How a person on this machine, or near it, reaches the first address. */
static void
where(const struct settings *s, char *host, size_t size, const char **port)
{
	const char	*bind = s->nbinds > 0 ? s->binds[0] : ":2222";
	const char	*colon = strrchr(bind, ':');
	size_t		 n = colon != NULL ? (size_t)(colon - bind) : 0;

	*port = colon != NULL ? colon + 1 : "2222";
	if (n > 2 && bind[0] == '[' && bind[n - 1] == ']') {
		bind++;
		n -= 2;
	}
	snprintf(host, size, "%.*s", (int)n, bind);
	if (n == 0 || strcmp(host, "0.0.0.0") == 0 ||
	    strcmp(host, "::") == 0 || strcmp(host, "127.0.0.1") == 0)
		snprintf(host, size, "localhost");
}

static void
greet_invited(const struct first_rows *f)
{
	const struct settings	*s = f->settings;
	const char		*port;
	char			 ssh[32] = "ssh", host[256];

	where(s, host, sizeof(host), &port);
	if (strcmp(port, "22") != 0)
		snprintf(ssh, sizeof(ssh), "ssh -p %s", port);
	printf("\n"
	    "1. Become its first administrator (%s), with your own key; once, "
	    "within 24 hours:\n\n"
	    "       %s invite:%s@%s\n\n", f->admin, ssh, f->token, host);
	printf("2. Add a host that you can log in to:\n\n"
	    "       %s %s@%s host create USER@ADDRESS --name=web1\n\n", ssh,
	    s->config_user, host);
	printf("3. Let the portal in there, with its key named default:\n\n"
	    "       ssh USER@ADDRESS \"$(%s %s@%s key setup default)\"\n\n",
	    ssh, s->config_user, host);
	printf("4. Go there through the portal:\n\n"
	    "       %s web1@%s\n\n", ssh, host);
}

static void
greet(const struct first_rows *f)
{
	const struct settings	*s = f->settings;
	uint32_t		 i;

	if (s->quiet_start)
		return;
	printf("sshportal listens on");
	for (i = 0; i < s->nbinds; i++)
		printf("%s %s", i > 0 ? "," : "", s->binds[i]);
	printf("\n");
	if (f->invited)
		greet_invited(f);
	else if (f->invited_elsewhere)
		printf("The first administrator's invite was printed by "
		    "another instance, less than a minute ago\n");
	else if (f->locked_out)
		printf("No administrator can log in: none is enabled, not "
		    "expired, and has a key\n");
	fflush(stdout);
}

int
setup_main(int secrets_fd, const struct settings *s)
{
	struct setup	st = { .settings = s };
	int		r;

	log_init("setup", s->log_level);
	if (secret_settings_from_memfd(secrets_fd, &st.secrets) == -1) {
		fprintf(stderr, "sshportal: settings cannot be read\n");
		return (1);
	}
	if ((r = setup_run(&st)) == 0)
		greet(&st.first);
	else
		fprintf(stderr, "sshportal: %s\n", st.err);
	db_close(st.db);
	secrets_forget();
	secret_settings_free(&st.secrets);
	sodium_memzero(&st.first, sizeof(st.first));
	return (r == 0 ? 0 : 1);
}
