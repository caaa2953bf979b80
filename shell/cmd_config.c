/* SPDX-License-Identifier: ISC */
/*
 * config backup: the whole of it, as JSON, to be restored.
 *
 * Users, keys, hosts, groups and ACLs are read in one transaction. The history
 * may be long and only ever grows: it is read and printed page by page.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "db/acl.h"
#include "db/event.h"
#include "db/group.h"
#include "db/host.h"
#include "db/key.h"
#include "db/seal.h"
#include "db/session.h"
#include "db/setting.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/entity.h"
#include "shell/run.h"

#define PAGE		500		/* rows of the history at once */

static const struct cmd_opt	backup_opts[] = {
	{ .name = "indent", .kind = VALUE_FLAG,
	    .brief = "with line breaks, for people" },
	{ .name = "decrypt", .kind = VALUE_FLAG,
	    .brief = "with secrets in clear; audited" },
	{ .name = "ignore-events", .kind = VALUE_FLAG,
	    .brief = "without the audit log" },
	{ .name = "ignore-sessions", .kind = VALUE_FLAG,
	    .brief = "without past sessions" },
	{ .name = NULL }
};

/* What was read in the transaction. */
struct backup {
	struct entities	*rows;
	json_t		*doc;		/* arrays of full rows */
};

static void
backup_forget(void *prepared)
{
	struct backup	*b = prepared;

	entities_free(b->rows);
	json_decref(b->doc);
	free(b);
}

/* Which master key its secrets need, and which program wrote it. */
static int
put_about(struct cmd_call *c, json_t *doc)
{
	char	*id = NULL, *check = NULL;
	json_t	*about;
	int	 r;

	if ((r = setting_get(c->sh->db, SETTING_MASTER_KEY_ID, &id)) == DB_OK)
		r = setting_get(c->sh->db, SETTING_MASTER_KEY_CHECK, &check);
	if (r != DB_OK && r != DB_NOTFOUND)
		goto out;
	r = DB_OK;
	about = json_pack("{s:s, s:s}", "Version", PACKAGE_VERSION,
	    "Secrets", opt_given(c, "decrypt") ? "clear" : "sealed");
	if (!opt_given(c, "decrypt") && id != NULL && check != NULL) {
		json_object_set_new(about, "MasterKeyID", json_string(id));
		json_object_set_new(about, "MasterKeyCheck",
		    json_string(check));
	}
	json_object_set_new(doc, "sshportal", about);
out:
	free(id);
	free(check);
	return (r);
}

/* An array of rows, oldest first, of a list that is newest first. */
#define PUT_ROWS(name, list, row) do {					\
	json_t	*all_ = json_array();					\
	size_t	 n_;							\
									\
	for (n_ = (list)->n; n_-- > 0;)					\
		json_array_append_new(all_, row(b, &(list)->v[n_]));	\
	json_object_set_new(b->doc, name, all_);			\
} while (0)

static json_t *
row_key(struct backup *b, const struct key *k)
{
	return (entity_key(b->rows, k, k->priv_sealed));
}

static json_t *
row_host(struct backup *b, const struct host *h)
{
	return (entity_host(b->rows, h, h->password_sealed));
}

/* With what only a backup shows. */
static json_t *
row_user(struct backup *b, const struct user *u)
{
	json_t	*row = entity_user(b->rows, u, 0);

	json_object_del(row, "Status");
	if (u->invite_hash != NULL)
		json_object_set_new(row, "InviteHash",
		    json_string(u->invite_hash));
	return (row);
}

static json_t *
row_userkey(struct backup *b, const struct userkey *k)
{
	return (entity_userkey(b->rows, k));
}

static json_t *
row_user_group(struct backup *b, const struct group *g)
{
	return (entity_group(b->rows, GROUP_USER, g));
}

static json_t *
row_host_group(struct backup *b, const struct group *g)
{
	return (entity_group(b->rows, GROUP_HOST, g));
}

static json_t *
row_acl(struct backup *b, const struct acl *a)
{
	return (entity_acl(b->rows, a));
}

static int
read_rows(struct db *db, struct backup *b)
{
	struct key_list		*keys = NULL;
	struct host_list	*hosts = NULL;
	struct userkey_list	*userkeys = NULL;
	struct user_list	*users = NULL;
	struct group_list	*ug = NULL, *hg = NULL;
	struct acl_list		*acls = NULL;
	int			 r;

	if ((r = entities_load(db, ENTITY_ALL, &b->rows)) == DB_OK &&
	    (r = key_list(db, 0, &keys)) == DB_OK &&
	    (r = host_list(db, 0, &hosts)) == DB_OK &&
	    (r = userkey_list(db, 0, 0, &userkeys)) == DB_OK &&
	    (r = user_list(db, 0, &users)) == DB_OK &&
	    (r = group_list(db, GROUP_USER, 0, &ug)) == DB_OK &&
	    (r = group_list(db, GROUP_HOST, 0, &hg)) == DB_OK &&
	    (r = acl_list(db, 0, &acls)) == DB_OK) {
		PUT_ROWS("keys", keys, row_key);
		PUT_ROWS("hosts", hosts, row_host);
		PUT_ROWS("user_keys", userkeys, row_userkey);
		PUT_ROWS("users", users, row_user);
		PUT_ROWS("user_groups", ug, row_user_group);
		PUT_ROWS("host_groups", hg, row_host_group);
		PUT_ROWS("acls", acls, row_acl);
		json_object_set_new(b->doc, "settings", json_array());
	}
	key_list_free(keys);
	host_list_free(hosts);
	userkey_list_free(userkeys);
	user_list_free(users);
	group_list_free(ug);
	group_list_free(hg);
	acl_list_free(acls);
	return (r);
}

/* May be run again. */
static int
config_backup_exec(struct cmd_call *c)
{
	struct backup	*b = xcalloc(1, sizeof(*b));
	int		 r;

	if (c->forget != NULL)
		c->forget(c->prepared);
	b->doc = json_object();
	c->prepared = b;
	c->forget = backup_forget;
	if ((r = put_about(c, b->doc)) == DB_OK)
		r = read_rows(c->sh->db, b);
	return (r);
}

/* The secrets of a kind of rows, in clear. */
static int
open_secrets(struct cmd_call *c, json_t *rows, const char *member,
    const char *table, const char *column, const char *what)
{
	const char	*sealed;
	json_t		*row;
	char		*plain;
	size_t		 i;
	int		 r;

	json_array_foreach(rows, i, row) {
		sealed = json_string_value(json_object_get(row, member));
		if (sealed == NULL || *sealed == '\0')
			continue;
		r = cmd_open_secret(c, table, column,
		    json_integer_value(json_object_get(row, "ID")), sealed,
		    what, json_string_value(json_object_get(row, "Name")),
		    &plain);
		if (r != DB_OK)
			return (r);
		json_object_set_new(row, member, entity_text(plain));
		secret_free(plain);
	}
	return (DB_OK);
}

/* Printing: four blanks before each line of what stands in an array. */

static void
print_row(struct cmd_call *c, json_t *row, int first)
{
	int	 indent = opt_given(c, "indent");
	char	*text, *line, *end;

	text = json_dumps(row, JSON_ENSURE_ASCII | (indent ? JSON_INDENT(2) :
	    JSON_COMPACT));
	if (text == NULL)
		fatal("out of memory");
	output_text(&c->sh->out, first ? "" : ",");
	for (line = text; line != NULL; line = end) {
		if ((end = strchr(line, '\n')) != NULL)
			*end++ = '\0';
		if (indent)
			output_text(&c->sh->out, "\n    ");
		output_json(&c->sh->out, line);
		explicit_bzero(line, strlen(line));
	}
	free(text);
}

static void
print_member(struct cmd_call *c, const char *name, int first)
{
	char	*text = xasprintf("%s%s\"%s\":%s", first ? "{" : ",",
	    opt_given(c, "indent") ? "\n  " : "", name,
	    opt_given(c, "indent") ? " " : "");

	output_text(&c->sh->out, text);
	free(text);
}

static void
print_end(struct cmd_call *c, int any)
{
	output_text(&c->sh->out, any && opt_given(c, "indent") ? "\n  ]" :
	    "]");
}

static void
print_array(struct cmd_call *c, const char *name, json_t *rows)
{
	json_t	*row;
	size_t	 i;

	print_member(c, name, 0);
	output_text(&c->sh->out, "[");
	json_array_foreach(rows, i, row) {
		print_row(c, row, i == 0);
	}
	print_end(c, json_array_size(rows) > 0);
}

static int
print_events(struct cmd_call *c)
{
	struct event_list	*l;
	json_t			*row;
	int64_t			 after = 0;
	size_t			 i, n;
	int			 r;

	print_member(c, "events", 0);
	output_text(&c->sh->out, "[");
	do {
		if ((r = event_page(c->sh->db, after, PAGE, &l)) != DB_OK)
			return (r);
		for (i = 0; i < l->n; i++) {
			row = entity_event(NULL, &l->v[i]);
			print_row(c, row, after == 0);
			json_decref(row);
			after = l->v[i].id;
		}
		n = l->n;
		event_list_free(l);
	} while (n == PAGE && output_flush(&c->sh->out) == 0);
	print_end(c, after != 0);
	return (DB_OK);
}

static int
print_sessions(struct cmd_call *c)
{
	struct session_list	*l;
	json_t			*row;
	int64_t			 after = 0;
	size_t			 i, n;
	int			 r;

	print_member(c, "sessions", 0);
	output_text(&c->sh->out, "[");
	do {
		if ((r = session_page(c->sh->db, after, PAGE, &l)) != DB_OK)
			return (r);
		for (i = 0; i < l->n; i++) {
			row = entity_session(NULL, &l->v[i], c->now);
			print_row(c, row, after == 0);
			json_decref(row);
			after = l->v[i].id;
		}
		n = l->n;
		session_list_free(l);
	} while (n == PAGE && output_flush(&c->sh->out) == 0);
	print_end(c, after != 0);
	return (DB_OK);
}

static int
config_backup_print(struct cmd_call *c)
{
	static const char *const	arrays[] = { "keys", "hosts",
					    "user_keys", "users",
					    "user_groups", "host_groups",
					    "acls", "settings" };
	struct backup			*b = c->prepared;
	json_t				*date;
	size_t				 i;
	int				 r = DB_OK;

	if (opt_given(c, "decrypt") &&
	    ((r = open_secrets(c, json_object_get(b->doc, "keys"), "PrivKey",
	    SEAL_KEY_TABLE, SEAL_KEY_COLUMN, "private key")) != DB_OK ||
	    (r = open_secrets(c, json_object_get(b->doc, "hosts"), "Password",
	    SEAL_HOST_TABLE, SEAL_HOST_COLUMN, "password")) != DB_OK))
		return (r);
	print_member(c, "sshportal", 1);
	print_row(c, json_object_get(b->doc, "sshportal"), 1);
	for (i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		print_array(c, arrays[i], json_object_get(b->doc, arrays[i]));
	if (opt_given(c, "ignore-events"))
		print_array(c, "events", NULL);
	else
		r = print_events(c);
	if (r == DB_OK && opt_given(c, "ignore-sessions"))
		print_array(c, "sessions", NULL);
	else if (r == DB_OK)
		r = print_sessions(c);
	if (r != DB_OK)
		return (cmd_fail(c, "the backup is cut short, and of no use: "
		    "%s", db_error(c->sh->db)));
	print_member(c, "date", 0);
	date = json_array();
	json_array_append_new(date, entity_time(c->now));
	output_text(&c->sh->out, "\"");
	output_text(&c->sh->out, json_string_value(json_array_get(date, 0)));
	output_text(&c->sh->out, opt_given(c, "indent") ? "\"\n}\n" :
	    "\"}\n");
	json_decref(date);
	return (output_flush(&c->sh->out) == 0 ? DB_OK : cmd_fail(c,
	    "the backup could not be written to its end"));
}

const struct cmd_entry cmd_config_backup = {
	.noun = "config", .verb = "backup",
	.brief = "print all of it as JSON, to be restored",
	.opts = backup_opts,
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.exec = config_backup_exec, .print = config_backup_print,
};
