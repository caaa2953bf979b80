/* SPDX-License-Identifier: ISC */
/*
 * config: the whole of it, out and in.
 *
 * Users, keys, hosts, groups and ACLs are read in one transaction. The history
 * may be long and only ever grows: it is read and printed page by page.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/entity.h"
#include "shell/restore.h"
#include "shell/run.h"

#define PAGE		500		/* rows of the history at once */
#define INPUT_MAX	(256U << 20)	/* bytes of a backup */
#define NOTES_SHOWN	100		/* of each grade */
#define INVITES_S	(INT64_C(7) * 86400)	/* life of an original's */

/* config backup -- all of it, as JSON */

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

/* config restore -- what a backup has instead of what is here */

static const struct cmd_opt	restore_opts[] = {
	{ .name = "confirm", .kind = VALUE_FLAG,
	    .brief = "do it; without, only look at the backup" },
	{ .name = "decrypt", .kind = VALUE_FLAG,
	    .brief = "taken as in the original; how its secrets are, a backup "
	    "says itself" },
	{ .name = "skip", .kind = VALUE_FLAG,
	    .brief = "leave out rows that cannot be taken" },
	{ .name = NULL }
};

/* A document and the plan that was made of it. */
struct incoming {
	json_t		*doc;
	struct restore	*plan;
};

static void
incoming_forget(void *prepared)
{
	struct incoming	*in = prepared;

	restore_free(in->plan);
	json_decref(in->doc);
	free(in);
}

/* All of standard input; malloc'ed. */
static int
read_input(struct cmd_call *c, char **text, size_t *len)
{
	FILE	*in = c->sh->in;
	size_t	 size = 1 << 16, n;
	char	*more;

	*text = NULL;
	*len = 0;
	if (in == NULL || isatty(fileno(in)))
		return (cmd_fail(c, "the backup is read from standard input: "
		    "ssh admin@PORTAL config restore <FILE"));
	*text = xmalloc(size);
	while ((n = fread(*text + *len, 1, size - *len, in)) > 0) {
		*len += n;
		if (*len > INPUT_MAX)
			return (cmd_fail(c, "the backup has more than %u MB: "
			    "make it with --ignore-events and "
			    "--ignore-sessions", INPUT_MAX >> 20));
		if (*len < size)
			continue;
		more = xmalloc(2 * size);
		memcpy(more, *text, *len);
		explicit_bzero(*text, *len);
		free(*text);
		*text = more;
		size *= 2;
	}
	if (ferror(in))
		return (cmd_fail(c, "standard input cannot be read"));
	return (DB_OK);
}

static int
parse_input(struct cmd_call *c, struct incoming *in)
{
	json_error_t	 e;
	char		*text;
	size_t		 len;
	int		 r;

	if ((r = read_input(c, &text, &len)) == DB_OK) {
		in->doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
		if (in->doc == NULL)
			r = cmd_fail(c, "nothing was restored: this is no "
			    "JSON, or was cut short: line %d: %.200s", e.line,
			    len == 0 ? "it is empty" : e.text);
	}
	if (text != NULL)
		explicit_bzero(text, len);
	free(text);
	return (r);
}

static void
print_notes(struct cmd_call *c, const struct restore_report *p,
    enum restore_grade grade)
{
	size_t	 i, shown = 0, all;
	char	*safe, *line;

	all = grade == RESTORE_WARNING ? p->warnings : p->refusals;
	for (i = 0; i < p->nnotes && shown < NOTES_SHOWN; i++) {
		if (p->note[i].grade != grade)
			continue;
		safe = escape_text(p->note[i].text, strlen(p->note[i].text));
		line = xasprintf("%s: %s\n", grade == RESTORE_WARNING ?
		    "warning" : "refused", safe);
		output_text(&c->sh->out, line);
		free(safe);
		free(line);
		shown++;
	}
	if (all > shown) {
		line = xasprintf("and %zu more\n", all - shown);
		output_text(&c->sh->out, line);
		free(line);
	}
}

static void
print_report(struct cmd_call *c, const struct restore_report *p)
{
	const struct restore_count	*n;
	enum restore_kind		 kind;
	char				*line;

	output_text(&c->sh->out, "             found  deleted  refused  "
	    "left out  to restore\n");
	for (kind = 0; kind < RESTORE_KINDS; kind++) {
		n = &p->count[kind];
		line = xasprintf("%-11s %6zu  %7zu  %7zu  %8zu  %10zu\n",
		    restore_kind_name(kind), n->found, n->deleted, n->refused,
		    n->left_out, n->taken);
		output_text(&c->sh->out, line);
		free(line);
	}
	print_notes(c, p, RESTORE_WARNING);
	print_notes(c, p, RESTORE_REFUSAL);
}

/* The sentence for what cannot be: the only reason itself, if it is one. */
static int
refuse(struct cmd_call *c, const struct restore_report *p)
{
	size_t	i;

	for (i = 0; i < p->nnotes; i++) {
		if (p->note[i].grade == RESTORE_REFUSAL)
			break;
	}
	if (p->refusals == 1 && i < p->nnotes)
		return (cmd_fail(c, "nothing was restored: %s",
		    p->note[i].text));
	return (cmd_fail(c, "nothing was restored: of %zu refusals the first "
	    "is: %s", p->refusals, i < p->nnotes ? p->note[i].text : ""));
}

static int
config_restore_prepare(struct cmd_call *c)
{
	struct incoming			*in = xcalloc(1, sizeof(*in));
	struct restore_args		 a = { .db = c->sh->db,
					    .sealer = c->sh->sealer,
					    .settings = c->sh->settings,
					    .now = c->now, .me = c->me->id };
	const struct restore_report	*p;
	int				 r;

	c->prepared = in;
	c->forget = incoming_forget;
	if ((r = parse_input(c, in)) != DB_OK)
		return (r);
	a.skip = opt_given(c, "skip");
	a.dry_run = !opt_given(c, "confirm");
	a.invites_until = c->now + INVITES_S;
	in->plan = restore_plan(&a, in->doc);
	p = restore_report(in->plan);
	print_report(c, p);
	if (p->refused)
		return (refuse(c, p));
	if (a.dry_run)
		return (cmd_fail(c, "nothing was restored: --confirm would "
		    "replace all users, keys, hosts, groups and ACLs here by "
		    "these"));
	return (DB_OK);
}

/* What is to be known afterwards. */
static void
tell(struct cmd_call *c, const struct restore_report *p)
{
	struct result	*r = &c->result;
	char		*safe;

	result_line(r, "Restored. Whoever is somebody else now, or nobody, "
	    "must log in again.");
	if (p->known_events + p->known_sessions > 0)
		result_line(r, "%zu events and %zu sessions were here "
		    "already.", p->known_events, p->known_sessions);
	if (p->invites > 0)
		result_line(r, "%zu invites are open.", p->invites);
	if (*p->host_key != '\0')
		result_line(r, "The portal's host key is %s; new connections "
		    "see it within a minute.", p->host_key);
	else
		result_line(r, "The portal's host key stays what it was.");
	if (*p->token != '\0') {
		safe = escape_text(p->admin, strlen(p->admin));
		result_line(r, "The administrator %s is invited for a day: "
		    "invite:%s", safe, p->token);
		free(safe);
	}
}

static int
config_restore_exec(struct cmd_call *c)
{
	struct incoming			*in = c->prepared;
	const struct restore_report	*p = restore_report(in->plan);
	int				 r;

	if ((r = restore_load(c->sh->db, in->plan)) != DB_OK)
		return (r);
	free(c->entity);
	c->entity = xasprintf("%zu users, %zu hosts, %zu keys, %zu ACLs",
	    p->count[RESTORE_USERS].taken, p->count[RESTORE_HOSTS].taken,
	    p->count[RESTORE_KEYS].taken, p->count[RESTORE_ACLS].taken);
	tell(c, p);
	return (DB_OK);
}

const struct cmd_entry cmd_config_restore = {
	.noun = "config", .verb = "restore",
	.brief = "replace all that is here by a backup from standard input",
	.opts = restore_opts,
	.role = NEED_ADMIN, .flags = CMD_WRITES,
	.prepare = config_restore_prepare, .exec = config_restore_exec,
};
