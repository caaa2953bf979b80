/* SPDX-License-Identifier: ISC */
/*
 * The original's database as a document: a row becomes the object that its
 * backup would have, links become lists of ids.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "db/original.h"
#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "shell/import.h"

/* The newest change of the schema that is known here: the fork's. */
#define VERSION_KNOWN	33

/* Roles were a flag of the user's row before this one. */
#define VERSION_ROLES	18

static const struct {
	enum original_table	 table;
	const char		*array;
} arrays[] = {
	{ ORIGINAL_KEYS, "keys" },
	{ ORIGINAL_USER_GROUPS, "user_groups" },
	{ ORIGINAL_HOST_GROUPS, "host_groups" },
	{ ORIGINAL_HOSTS, "hosts" },
	{ ORIGINAL_USERS, "users" },
	{ ORIGINAL_USER_KEYS, "user_keys" },
	{ ORIGINAL_ACLS, "acls" },
	{ ORIGINAL_SETTINGS, "settings" },
	{ ORIGINAL_EVENTS, "events" },
	{ ORIGINAL_SESSIONS, "sessions" },
	{ ORIGINAL_ROLES, "roles" },
};
#define NARRAYS	(sizeof(arrays) / sizeof(arrays[0]))

/* Which rows a link joins, and where the document has it. */
static const struct {
	enum original_table	 table;
	const char		*owners, *field, *members, *what;
} links[] = {
	{ ORIGINAL_USER_ROLES, "users", "Roles", "roles", "roles of users" },
	{ ORIGINAL_USER_MEMBERS, "users", "Groups", "user_groups",
	    "memberships of users" },
	{ ORIGINAL_HOST_MEMBERS, "hosts", "Groups", "host_groups",
	    "memberships of hosts" },
	{ ORIGINAL_ACL_USER_GROUPS, "acls", "UserGroups", "user_groups",
	    "ACLs of user groups" },
	{ ORIGINAL_ACL_HOST_GROUPS, "acls", "HostGroups", "host_groups",
	    "ACLs of host groups" },
};
#define NLINKS	(sizeof(links) / sizeof(links[0]))

struct reading {
	struct import			*im;
	const struct original_column	*columns;
	size_t				 ncolumns;
	json_t				*rows;		/* borrowed */
	/* of a link */
	json_t				*owners, *members;
	const char			*field;
	size_t				 orphans;
};

/* Text that is no UTF-8 stays readable, but is no longer what it was. */
static json_t *
json_bytes(const char *text, size_t len)
{
	json_t	*j;
	char	*safe;

	if ((j = json_stringn(text, len)) != NULL && strlen(text) == len)
		return (j);
	json_decref(j);
	safe = escape_text(text, len);
	j = json_string(safe);
	free(safe);
	return (j);
}

static json_t *
json_base64(const struct original_value *v)
{
	size_t	 size = sodium_base64_ENCODED_LEN(v->len,
		    sodium_base64_VARIANT_ORIGINAL);
	char	*text = xmalloc(size);
	json_t	*j;

	sodium_bin2base64(text, size, (const unsigned char *)v->text, v->len,
	    sodium_base64_VARIANT_ORIGINAL);
	j = json_string(text);
	free(text);
	return (j);
}

/* "2006-01-02 15:04:05.9+01:00" as RFC 3339; a moment that is none is null. */
static json_t *
json_time(const char *text)
{
	char	*copy;
	json_t	*j;

	if (strlen(text) < strlen("2006-01-02 15:04:05") ||
	    strncmp(text, "000", 3) == 0)
		return (json_null());
	copy = xasprintf("%s%s", text,
	    strpbrk(text + 19, "Zz+-") != NULL ? "" : "Z");
	copy[10] = 'T';
	j = json_string(copy);
	free(copy);
	return (j);
}

/* The original keeps an event's details as JSON. */
static json_t *
json_args(const struct original_value *v)
{
	json_t	*j = json_loadb(v->text, v->len, JSON_DECODE_ANY, NULL);

	return (j != NULL ? j : json_bytes(v->text, v->len));
}

static json_t *
json_value(const struct original_column *c, const struct original_value *v)
{
	switch (c->kind) {
	case ORIGINAL_INT:
		return (json_integer(v->i));
	case ORIGINAL_TIME:
		return (v->text != NULL ? json_time(v->text) : json_null());
	case ORIGINAL_BLOB:
		if (v->len == 0)
			return (json_null());
		if (strcmp(c->field, "Args") == 0)
			return (json_args(v));
		return (json_base64(v));
	default:
		if (v->text == NULL)
			return (json_string(""));
		return (json_bytes(v->text, v->len));
	}
}

static int
row_add(void *arg, const struct original_value *v)
{
	struct reading	*r = arg;
	json_t		*row = json_object();
	size_t		 i;

	for (i = 0; i < r->ncolumns; i++) {
		if (r->columns[i].field != NULL)
			json_object_set_new(row, r->columns[i].field,
			    json_value(&r->columns[i], &v[i]));
		else if (v[i].i != 0 && r->im->version < VERSION_ROLES)
			json_object_set_new(row, "Roles",
			    json_pack("[{s:s}]", "Name", "admin"));
	}
	return (json_array_append_new(r->rows, row) == 0 ? DB_OK : DB_ERROR);
}

/* Rows come in the order of their ids. */
static json_t *
row_by_id(json_t *rows, int64_t id)
{
	size_t	low = 0, high = json_array_size(rows), i;
	int64_t	at;

	while (low < high) {
		i = low + (high - low) / 2;
		at = import_number(json_array_get(rows, i), "ID");
		if (at == id)
			return (json_array_get(rows, i));
		if (at < id)
			low = i + 1;
		else
			high = i;
	}
	return (NULL);
}

/*
 * The original never removes the links of a row that goes, and gave them to
 * the next row of that id.
 */
static int
link_add(void *arg, const struct original_value *v)
{
	struct reading	*r = arg;
	json_t		*owner = row_by_id(r->owners, v[0].i);
	json_t		*member = row_by_id(r->members, v[1].i), *list;

	if (owner == NULL || member == NULL || !import_is_live(owner) ||
	    !import_is_live(member)) {
		r->orphans++;
		return (DB_OK);
	}
	if ((list = json_object_get(owner, r->field)) == NULL) {
		list = json_array();
		json_object_set_new(owner, r->field, list);
	}
	json_array_append_new(list, json_pack("{s:I, s:s}", "ID",
	    (json_int_t)v[1].i, "Name", import_text(member, "Name")));
	return (DB_OK);
}

/* History keeps the names that it was made with, while they are known. */
static void
name_add(json_t *row, const char *idfield, json_t *rows, const char *field)
{
	json_t	*who = row_by_id(rows, import_number(row, idfield));

	if (who != NULL)
		json_object_set_new(row, field, json_pack("{s:s}", "Name",
		    import_text(who, "Name")));
}

static void
names_add(json_t *doc)
{
	json_t	*users = json_object_get(doc, "users"), *row;
	json_t	*hosts = json_object_get(doc, "hosts");
	size_t	 i;

	json_array_foreach(json_object_get(doc, "sessions"), i, row) {
		name_add(row, "UserID", users, "User");
		name_add(row, "HostID", hosts, "Host");
	}
	json_array_foreach(json_object_get(doc, "events"), i, row) {
		name_add(row, "AuthorID", users, "Author");
	}
}

static int
read_arrays(struct db *db, struct import *im)
{
	struct reading	rd = { .im = im };
	size_t		i;
	int		r;

	for (i = 0; i < NARRAYS; i++) {
		rd.columns = original_columns(arrays[i].table, &rd.ncolumns);
		rd.rows = json_array();
		json_object_set_new(im->doc, arrays[i].array, rd.rows);
		if ((r = original_read(db, arrays[i].table, row_add,
		    &rd)) != DB_OK)
			return (r);
	}
	return (DB_OK);
}

static int
read_links(struct db *db, struct import *im)
{
	struct reading	rd = { .im = im };
	size_t		i;
	int		r;

	for (i = 0; i < NLINKS; i++) {
		rd.owners = json_object_get(im->doc, links[i].owners);
		rd.members = json_object_get(im->doc, links[i].members);
		rd.field = links[i].field;
		rd.orphans = 0;
		if ((r = original_read(db, links[i].table, link_add,
		    &rd)) != DB_OK)
			return (r);
		if (rd.orphans > 0)
			import_note(im, "%zu %s belong to rows that are gone: "
			    "they stay behind", rd.orphans, links[i].what);
	}
	return (DB_OK);
}

int
import_read_database(struct import *im, const char *driver, const char *conn,
    char *err, size_t errlen)
{
	struct db	*db;
	int		 r;

	memset(im, 0, sizeof(*im));
	if (original_open(&db, driver, conn, &im->version, err,
	    errlen) != DB_OK)
		return (-1);
	im->doc = json_object();
	if ((r = read_arrays(db, im)) == DB_OK)
		r = read_links(db, im);
	if (r != DB_OK)
		snprintf(err, errlen, "%s", db_error(db));
	db_close(db);
	if (r != DB_OK)
		return (-1);
	names_add(im->doc);
	json_object_del(im->doc, "roles");
	if (im->version > VERSION_KNOWN)
		import_note(im, "the database has change %lld of its schema, "
		    "and only those up to %d are known here: what they added "
		    "is not taken over", (long long)im->version,
		    VERSION_KNOWN);
	return (0);
}
