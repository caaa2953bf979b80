/* SPDX-License-Identifier: ISC */
/*
 * The original's own backup, as its `config backup` prints it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shell/import.h"

/*
 * Rows within rows: some of these copies still hold encrypted secrets when the
 * rows themselves do not, and all are said better elsewhere.
 */
static const struct {
	const char	*array, *field;
} copies[] = {
	{ "keys", "Hosts" },
	{ "hosts", "SSHKey" },
	{ "hosts", "Hop" },
	{ "user_keys", "User" },
	{ "users", "Keys" },
	{ "user_groups", "Users" },
	{ "user_groups", "ACLs" },
	{ "host_groups", "Hosts" },
	{ "host_groups", "ACLs" },
};
#define NCOPIES	(sizeof(copies) / sizeof(copies[0]))

/* Of whom and what history only needs the name. */
static const struct {
	const char	*array, *field;
} names[] = {
	{ "events", "Author" },
	{ "sessions", "User" },
	{ "sessions", "Host" },
};
#define NNAMES	(sizeof(names) / sizeof(names[0]))

static const char *const moments[] = {
	"CreatedAt", "UpdatedAt", "DeletedAt", "StoppedAt", "Inception",
	"Expiration"
};
#define NMOMENTS	(sizeof(moments) / sizeof(moments[0]))

/* Go writes "no moment" as the year 1. */
static void
moments_clean(json_t *row)
{
	size_t	i;

	for (i = 0; i < NMOMENTS; i++)
		if (strncmp(import_text(row, moments[i]), "0001-", 5) == 0)
			json_object_set_new(row, moments[i], json_null());
}

static void
rows_clean(json_t *rows)
{
	json_t	*row;
	size_t	 i;

	json_array_foreach(rows, i, row) {
		moments_clean(row);
	}
}

static void
document_clean(json_t *doc)
{
	const char	*array;
	json_t		*row, *rows, *who;
	size_t		 i, k;

	json_object_foreach(doc, array, rows) {
		rows_clean(rows);
	}
	for (k = 0; k < NCOPIES; k++) {
		rows = json_object_get(doc, copies[k].array);
		json_array_foreach(rows, i, row) {
			json_object_del(row, copies[k].field);
		}
	}
	for (k = 0; k < NNAMES; k++) {
		rows = json_object_get(doc, names[k].array);
		json_array_foreach(rows, i, row) {
			who = json_object_get(row, names[k].field);
			if (json_is_object(who))
				json_object_set_new(row, names[k].field,
				    json_pack("{s:s}", "Name",
				    import_text(who, "Name")));
		}
	}
}

int
import_read_file(struct import *im, const char *path, char *err,
    size_t errlen)
{
	json_error_t	 e;
	FILE		*f;

	memset(im, 0, sizeof(*im));
	if ((f = fopen(path, "re")) == NULL) {
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return (-1);
	}
	im->doc = json_loadf(f, 0, &e);
	fclose(f);
	if (im->doc == NULL) {
		/* its text would show what stands there */
		snprintf(err, errlen, "%s: line %d, column %d: that is no "
		    "JSON: give what \"config backup\" of the original "
		    "printed", path, e.line, e.column);
		return (-1);
	}
	if (!json_is_array(json_object_get(im->doc, "keys")) ||
	    !json_is_array(json_object_get(im->doc, "users"))) {
		snprintf(err, errlen, "%s is no backup of the original: it "
		    "lacks \"keys\" or \"users\"", path);
		return (-1);
	}
	document_clean(im->doc);
	return (0);
}
