/* SPDX-License-Identifier: ISC */
/*
 * What commands change.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "shell/changes.h"
#include "shell/cmd.h"
#include "shell/lookup.h"
#include "shell/options.h"
#include "shell/output.h"
#include "shell/resolve.h"

#define VALUE_BYTES	128	/* of a text */
#define VALUES_KEPT	50	/* of a list */
#define ALL_BYTES	32768	/* of all rows; then their names alone, */
#define NAMES_BYTES	49152	/* and then how many more there are */

struct change {
	int64_t	 id;
	json_t	*old;		/* NULL: it was made */
};

struct changes {
	struct change	*v;
	size_t		 n;
};

void
changes_free(struct changes *all)
{
	size_t	i;

	for (i = 0; all != NULL && i < all->n; i++)
		json_decref(all->v[i].old);
	if (all != NULL)
		free(all->v);
	free(all);
}

/* "inspect" of the command's noun, or NULL. */
static const struct cmd_entry *
inspector(const struct cmd_call *c)
{
	return (lookup_entry(c->entry->noun, "inspect"));
}

/* What a nested row is known by. */
static json_t *
label(json_t *row)
{
	static const char *const	names[] = { "Name", "Fingerprint",
					    "ID" };
	json_t				*member = NULL;
	size_t				 i;

	if (!json_is_object(row))
		return (json_incref(row));
	for (i = 0; member == NULL && i < 3; i++)
		member = json_object_get(row, names[i]);
	return (json_pack("{s:O}", names[i - 1], member));
}

/* A new one in which nested rows are no more than that. */
static json_t *
without_rows(json_t *row)
{
	json_t		*out, *value, *list, *one;
	const char	*name;
	size_t		 i;

	if (row == NULL)
		return (NULL);
	out = json_object();
	json_object_foreach(row, name, value) {
		if (!json_is_array(value)) {
			json_object_set_new(out, name, label(value));
			continue;
		}
		list = json_array();
		json_array_foreach(value, i, one) {
			json_array_append_new(list, label(one));
		}
		json_object_set_new(out, name, list);
	}
	return (out);
}

/*
 * A row as "inspect" without options shows it, or NULL when there is none or
 * nothing to look with.
 */
static int
look(struct cmd_call *c, int64_t id, json_t **row)
{
	const struct cmd_entry	*e = inspector(c);
	struct option_value	*opts;
	struct parsed		 parsed = { .entry = e };
	struct ref		 ref = { .id = id, .name = (char *)"" };
	struct cmd_call		*q;
	int			 r;

	*row = NULL;
	if (e == NULL || !resolve_is_ref(e->operands.kind))
		return (DB_OK);
	opts = xcalloc(option_count(e) + 1, sizeof(*opts));
	parsed.opts = opts;
	q = xcalloc(1, sizeof(*q));
	q->sh = c->sh;
	q->entry = e;
	q->parsed = &parsed;
	q->opt_refs = xcalloc(option_count(e) + 1, sizeof(*q->opt_refs));
	q->me = c->me;
	q->now = c->now;
	q->brief = 1;
	q->targets.v = &ref;
	q->targets.n = 1;
	result_init(&q->result, e->fields);
	r = e->exec(q);
	if (r == DB_OK && q->result.nrows == 1)
		*row = output_row(&q->result, 0);
	else if (r == DB_OK)
		*row = without_rows(json_array_get(q->result.json, 0));
	result_free(&q->result);
	free(q->opt_refs);
	free(q);
	free(opts);
	return (r == DB_NOTFOUND ? DB_OK : r);
}

static struct change *
add(struct cmd_call *c, int64_t id)
{
	struct changes	*all = c->changes;
	size_t		 i;

	if (all == NULL)
		all = c->changes = xcalloc(1, sizeof(*all));
	for (i = 0; i < all->n; i++) {
		if (all->v[i].id == id)
			return (NULL);
	}
	all->v = xreallocarray(all->v, all->n + 1, sizeof(*all->v));
	memset(&all->v[all->n], 0, sizeof(*all->v));
	all->v[all->n].id = id;
	return (&all->v[all->n++]);
}

int
changes_watch(struct cmd_call *c, int64_t id)
{
	struct change	*one = add(c, id);

	return (one != NULL ? look(c, id, &one->old) : DB_OK);
}

void
changes_made(struct cmd_call *c, int64_t id)
{
	add(c, id);
}

int
changes_begin(struct cmd_call *c)
{
	const struct cmd_entry	*e = inspector(c);
	size_t			 i;
	int			 r = DB_OK;

	if (e == NULL || e->operands.kind != c->entry->operands.kind)
		return (DB_OK);
	for (i = 0; r == DB_OK && i < c->targets.n; i++)
		r = changes_watch(c, c->targets.v[i].id);
	return (r);
}

/* Whether there is anything in it. */
static int
is_empty(const json_t *j)
{
	if (json_is_string(j))
		return (json_string_length(j) == 0);
	if (json_is_integer(j))
		return (json_integer_value(j) == 0);
	return (json_is_null(j) || json_is_false(j) ||
	    (json_is_array(j) && json_array_size(j) == 0));
}

/* A text that is short enough, whole characters. */
static json_t *
cut_text(const char *s)
{
	size_t	 n = VALUE_BYTES;
	char	*cut;
	json_t	*j;

	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	cut = xasprintf("%.*s...", (int)n, s);
	j = json_string(cut);
	free(cut);
	return (j);
}

/* A value that is short enough; a new reference. */
static json_t *
cut(const json_t *j)
{
	const char	*name;
	json_t		*out;
	json_t		*member;
	size_t		 i;

	if (json_is_string(j) && json_string_length(j) > VALUE_BYTES)
		return (cut_text(json_string_value(j)));
	if (json_is_object(j)) {
		out = json_object();
		json_object_foreach((json_t *)j, name, member) {
			json_object_set_new(out, name, cut(member));
		}
		return (out);
	}
	if (!json_is_array(j))
		return (json_incref((json_t *)j));
	out = json_array();
	for (i = 0; i < json_array_size(j) && i < VALUES_KEPT; i++)
		json_array_append_new(out, cut(json_array_get(j, i)));
	if (i < json_array_size(j))
		json_array_append_new(out, json_pack("{s:I}", "more",
		    (json_int_t)(json_array_size(j) - i)));
	return (out);
}

/* What every row has, and what says nothing. */
static int
is_dull(const char *name)
{
	return (strcmp(name, "ID") == 0 || strcmp(name, "CreatedAt") == 0 ||
	    strcmp(name, "UpdatedAt") == 0 || strcmp(name, "DeletedAt") == 0);
}

/* The members of one that the other has not got the same. */
static json_t *
differing(const json_t *of, const json_t *from)
{
	json_t		*out = json_object(), *member, *was;
	const char	*name;

	json_object_foreach((json_t *)of, name, member) {
		was = json_object_get(from, name);
		if (is_dull(name) || (was != NULL && json_equal(member, was)) ||
		    (was == NULL && is_empty(member)))
			continue;
		json_object_set_new(out, name, cut(member));
	}
	return (out);
}

/* One row's, or NULL when it is as it was. */
static json_t *
compare(const struct change *one, const json_t *now)
{
	const json_t	*name;
	json_t		*out, *old = differing(one->old, now);
	json_t		*new = differing(now, one->old);

	if (json_object_size(old) + json_object_size(new) == 0) {
		json_decref(old);
		json_decref(new);
		return (NULL);
	}
	out = json_pack("{s:I}", "ID", (json_int_t)one->id);
	name = json_object_get(one->old != NULL ? one->old : now, "Name");
	if (name != NULL)
		json_object_set(out, "Name", (json_t *)name);
	if (one->old != NULL)
		json_object_set_new(out, "old", old);
	else
		json_decref(old);
	if (now != NULL)
		json_object_set_new(out, "new", new);
	else
		json_decref(new);
	return (out);
}

/* Adds a row as long as there is room, else its name; whether there was. */
static int
put(json_t *all, json_t *row, size_t *bytes)
{
	size_t	len = json_dumpb(row, NULL, 0, JSON_COMPACT);

	if (*bytes + len > ALL_BYTES) {
		json_object_del(row, "old");
		json_object_del(row, "new");
		len = json_dumpb(row, NULL, 0, JSON_COMPACT);
	}
	if (*bytes + len > NAMES_BYTES) {
		json_decref(row);
		return (0);
	}
	*bytes += len + 1;
	json_array_append_new(all, row);
	return (1);
}

int
changes_end(struct cmd_call *c, json_t **out)
{
	const struct changes	*all = c->changes;
	json_t			*now, *row;
	size_t			 i, bytes = 0, more = 0;
	int			 r = DB_OK;

	*out = json_array();
	for (i = 0; r == DB_OK && all != NULL && i < all->n; i++) {
		if ((r = look(c, all->v[i].id, &now)) != DB_OK)
			break;
		if ((row = compare(&all->v[i], now)) != NULL &&
		    !put(*out, row, &bytes))
			more++;
		json_decref(now);
	}
	if (more > 0)
		json_array_append_new(*out, json_pack("{s:I}", "more",
		    (json_int_t)more));
	if (r != DB_OK || json_array_size(*out) == 0) {
		json_decref(*out);
		*out = NULL;
	}
	return (r);
}
