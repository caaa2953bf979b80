/* SPDX-License-Identifier: ISC */
/*
 * The inventory, with sealed passwords and pinned host keys.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "db/host.h"
#include "db/kinds.h"
#include "db/query.h"
#include "db/seal.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"

#define HOST_KEY_MAX	16384

#define SELECT \
	"SELECT h.id, h.name, h.scheme, h.addr, h.port, h.login," \
	" h.password_sealed, h.key_id, h.hop_id, h.logging, h.comment," \
	" h.host_key, h.host_key_type, h.legacy, h.created_at," \
	" h.updated_at, h.allow, h.record, k.name, hop.name FROM hosts h" \
	" LEFT JOIN private_keys k ON k.id = h.key_id" \
	" LEFT JOIN hosts hop ON hop.id = h.hop_id "

#define GROUP_NAMES \
	"SELECT m.member_id, g.name FROM host_host_groups m" \
	" JOIN host_groups g ON g.id = m.group_id" \
	" WHERE m.member_id BETWEEN ? AND ?" \
	" ORDER BY m.member_id DESC, g.name"

static const char *const schemes[] = {
	[HOST_SSH] = "ssh",
	[HOST_TELNET] = "telnet",
};

static const char *const loggings[] = {
	[LOGGING_DISABLED] = "disabled",
	[LOGGING_INPUT] = "input",
	[LOGGING_EVERYTHING] = "everything",
	[LOGGING_FULL] = "full",
};

static int
word_find(const char *const *words, size_t n, const char *s)
{
	size_t	i;

	for (i = 0; i < n; i++)
		if (strcmp(words[i], s) == 0)
			return ((int)i);
	return (-1);
}

const char *
host_scheme_name(enum host_scheme s)
{
	return (schemes[s]);
}

int
host_scheme_parse(const char *s, enum host_scheme *out)
{
	int	i = word_find(schemes, sizeof(schemes) / sizeof(schemes[0]), s);

	if (i == -1)
		return (-1);
	*out = (enum host_scheme)i;
	return (0);
}

const char *
host_logging_name(enum host_logging l)
{
	return (loggings[l]);
}

int
host_logging_parse(const char *s, enum host_logging *out)
{
	int	i = word_find(loggings, sizeof(loggings) / sizeof(loggings[0]),
	    s);

	if (i == -1)
		return (-1);
	*out = (enum host_logging)i;
	return (0);
}

const char *
record_word(int required)
{
	return (required ? "required" : "");
}

int
record_read(const char *word)
{
	return (*word != '\0');
}

uint32_t
host_kinds(const struct host *h)
{
	uint32_t	kinds = kinds_effective(h->allow);

	return (h->scheme == HOST_TELNET ? kinds & KIND_BIT(KIND_SHELL) :
	    kinds);
}

static void
host_clear(void *row)
{
	struct host	*h = row;

	free(h->name);
	free(h->addr);
	free(h->login);
	free(h->password_sealed);
	free(h->comment);
	free(h->host_key);
	free(h->host_key_type);
	free(h->key_name);
	free(h->hop_name);
	db_names_free(&h->groups);
}

void
host_free(struct host *h)
{
	if (h != NULL)
		db_free_rows(h, 1, sizeof(*h), host_clear);
}

void
host_list_free(struct host_list *l)
{
	if (l == NULL)
		return;
	db_free_rows(l->v, l->n, sizeof(*l->v), host_clear);
	free(l);
}

/* Words that nobody knows read as the ones that do the least harm. */
static void
host_read_words(struct host *h, const char *scheme, const char *logging)
{
	if (host_scheme_parse(scheme, &h->scheme) == -1)
		h->scheme = HOST_SSH;
	if (host_logging_parse(logging, &h->logging) == -1)
		h->logging = LOGGING_EVERYTHING;
}

static void
host_read(struct db_stmt *st, void *row)
{
	struct host	*h = row;
	char		*scheme, *logging, *record;

	h->id = col_int(st);
	h->name = col_text(st);
	scheme = col_text(st);
	h->addr = col_text(st);
	h->port = (uint16_t)col_int(st);
	h->login = col_text(st);
	h->password_sealed = col_opt(st);
	h->key_id = col_int(st);
	h->hop_id = col_int(st);
	logging = col_text(st);
	host_read_words(h, scheme, logging);
	free(scheme);
	free(logging);
	h->comment = col_text(st);
	h->host_key = col_blob(st, &h->host_keylen);
	h->host_key_type = col_text(st);
	h->legacy = col_int(st) != 0;
	h->created_at = col_int(st);
	h->updated_at = col_int(st);
	h->allow = col_kinds(st);
	record = col_text(st);
	h->record_required = record_read(record);
	free(record);
	h->key_name = col_opt(st);
	h->hop_name = col_opt(st);
}

static int
hosts_attach(struct db *db, struct host *v, size_t n)
{
	return (db_attach_names(db, v, n, sizeof(*v),
	    offsetof(struct host, id), offsetof(struct host, groups),
	    GROUP_NAMES));
}

static int
host_fetch(struct db *db, struct host **out, const char *sql,
    const struct db_bind *binds)
{
	int	r;

	r = db_get_row(db, out, sizeof(**out), host_read, host_clear, sql,
	    binds);
	if (r == DB_OK && (r = hosts_attach(db, *out, 1)) != DB_OK) {
		host_free(*out);
		*out = NULL;
	}
	return (r);
}

static int
host_check(struct db *db, const struct host *h)
{
	int	r;

	if ((r = db_check_name(db, "host name", h->name)) != DB_OK ||
	    (r = db_check_name(db, "address", h->addr)) != DB_OK ||
	    (r = db_check_short(db, "login", h->login)) != DB_OK ||
	    (r = db_check_text(db, "comment", h->comment)) != DB_OK)
		return (r);
	if (h->port == 0)
		return (db_fail(db, DB_INVALID, "port 0 is no port"));
	if (h->id != 0 && h->hop_id == h->id)
		return (db_fail(db, DB_INVALID, "a host is not its own hop"));
	return (DB_OK);
}

int
host_create(struct db *db, const struct host *h, int64_t *id)
{
	int64_t	now = clock_utc();
	char	allow[KINDS_TEXT_SIZE];
	int	r;

	*id = 0;
	if ((r = host_check(db, h)) != DB_OK)
		return (r);
	return (db_edit(db, id, "INSERT INTO hosts (name, scheme, addr, port,"
	    " login, key_id, hop_id, logging, comment, host_key_type,"
	    " legacy, allow, record, created_at, updated_at)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?)",
	    BINDS(bind_text(h->name), bind_text(schemes[h->scheme]),
	    bind_text(h->addr), bind_int(h->port), bind_text(h->login),
	    bind_id(h->key_id), bind_id(h->hop_id),
	    bind_text(loggings[h->logging]), bind_text(h->comment),
	    bind_int(h->legacy != 0), bind_kinds(h->allow, allow),
	    bind_text(record_word(h->record_required)), bind_int(now),
	    bind_int(now))));
}

struct sealed_host {
	const struct host	*h;
	const char		*password;
	const struct sealer	*sealer;
	int64_t			 id;
};

static int
create_sealed_run(struct db *db, void *arg)
{
	struct sealed_host	*x = arg;
	char			*sealed = NULL;
	int			 r;

	if ((r = host_create(db, x->h, &x->id)) != DB_OK)
		return (r);
	if (x->sealer->seal(x->sealer->arg, SEAL_HOST_TABLE,
	    SEAL_HOST_COLUMN, x->id, x->password, strlen(x->password),
	    &sealed) == -1)
		return (db_fail(db, DB_ERROR, "the password cannot be sealed"));
	r = host_set_password(db, x->id, sealed);
	free(sealed);
	return (r);
}

int
host_create_sealed(struct db *db, const struct host *h,
    const char *password, const struct sealer *sealer, int64_t *id)
{
	struct sealed_host	x = { h, password, sealer, 0 };
	int			r;

	r = db_transaction(db, create_sealed_run, &x);
	*id = r == DB_OK ? x.id : 0;
	return (r);
}

int
host_set_password(struct db *db, int64_t id, const char *sealed)
{
	int	r;

	if ((r = db_check_text(db, "sealed password", sealed)) != DB_OK)
		return (r);
	return (db_edit(db, NULL, "UPDATE hosts SET password_sealed = ?,"
	    " updated_at = ? WHERE id = ?", BINDS(bind_opt(sealed),
	    bind_int(clock_utc()), bind_int(id))));
}

int
host_update(struct db *db, const struct host *h)
{
	char	allow[KINDS_TEXT_SIZE];
	int	r;

	if ((r = host_check(db, h)) != DB_OK)
		return (r);
	return (db_edit(db, NULL, "UPDATE hosts SET name = ?, scheme = ?,"
	    " addr = ?, port = ?, login = ?, key_id = ?, hop_id = ?,"
	    " logging = ?, comment = ?, legacy = ?, allow = ?, record = ?,"
	    " updated_at = ? WHERE id = ?",
	    BINDS(bind_text(h->name), bind_text(schemes[h->scheme]),
	    bind_text(h->addr), bind_int(h->port), bind_text(h->login),
	    bind_id(h->key_id), bind_id(h->hop_id),
	    bind_text(loggings[h->logging]), bind_text(h->comment),
	    bind_int(h->legacy != 0), bind_kinds(h->allow, allow),
	    bind_text(record_word(h->record_required)),
	    bind_int(clock_utc()), bind_int(h->id))));
}

int
host_change_key(struct db *db, int64_t id, int64_t from, int64_t to)
{
	return (db_edit(db, NULL, "UPDATE hosts SET key_id = ?, updated_at = ?"
	    " WHERE id = ? AND key_id = ?", BINDS(bind_int(to),
	    bind_int(clock_utc()), bind_int(id), bind_int(from))));
}

int
host_leads_to(struct db *db, int64_t id, int64_t *count)
{
	return (db_get_int(db, count, "SELECT COUNT(*) FROM hosts"
	    " WHERE hop_id = ?", BINDS(bind_int(id))));
}

int
host_remove(struct db *db, int64_t id)
{
	return (db_edit(db, NULL, "DELETE FROM hosts WHERE id = ?",
	    BINDS(bind_int(id))));
}

int
host_get(struct db *db, int64_t id, struct host **out)
{
	return (host_fetch(db, out, SELECT "WHERE h.id = ?",
	    BINDS(bind_int(id))));
}

int
host_by_name(struct db *db, const char *name, struct host **out)
{
	return (host_fetch(db, out, SELECT "WHERE h.name = ?",
	    BINDS(bind_text(name))));
}

int
host_by_name_plain(struct db *db, const char *name, struct host **out)
{
	return (db_get_row(db, out, sizeof(**out), host_read, host_clear,
	    SELECT "WHERE h.name = ?", BINDS(bind_text(name))));
}

int
host_attach(struct db *db, struct host *h)
{
	db_names_free(&h->groups);
	return (hosts_attach(db, h, 1));
}

int
host_find(struct db *db, const char *text, struct host **out)
{
	int64_t	id;
	int	r = DB_NOTFOUND;

	*out = NULL;
	if (db_text_id(text, &id))
		r = host_get(db, id, out);
	if (r == DB_NOTFOUND)
		r = host_by_name(db, text, out);
	return (r);
}

/* To MySQL our names are bytes, which have no case. */
#define CASELESS(column) \
	"LOWER(CAST(" column " AS CHAR)) = LOWER(CAST(? AS CHAR))"

/* The store's idea of what is the same may be wider. */
static int
is_meant(const struct host *h, const char *text, uint16_t port)
{
	if (strcasecmp(h->name, text) == 0 && (port == 22 || port == h->port))
		return (1);
	return (strcasecmp(h->addr, text) == 0 && port == h->port);
}

int
host_list_meant(struct db *db, const char *text, uint16_t port,
    struct host_list **out)
{
	struct host_list	*l = xcalloc(1, sizeof(*l));
	struct host		 h;
	size_t			 i, n = 0;
	int			 r;

	*out = NULL;
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), host_read,
	    SELECT "WHERE (" CASELESS("h.name") " AND ? IN (22, h.port)) OR ("
	    CASELESS("h.addr") " AND h.port = ?)"
	    " ORDER BY CASE WHEN h.name = ? THEN 0 ELSE 1 END, h.id LIMIT ?",
	    BINDS(bind_text(text), bind_int(port), bind_text(text),
	    bind_int(port), bind_text(text), bind_int(HOST_MEANT_MAX)));
	if (r != DB_OK) {
		host_list_free(l);
		return (r);
	}
	for (i = 0; i < l->n; i++) {
		if (!is_meant(&l->v[i], text, port))
			continue;
		/* those that are not meant go to the end */
		h = l->v[n];
		l->v[n++] = l->v[i];
		l->v[i] = h;
	}
	while (l->n > n)
		host_clear(&l->v[--l->n]);
	*out = l;
	return (DB_OK);
}

int
host_list(struct db *db, int64_t limit, struct host_list **out)
{
	struct host_list	*l;
	int			 r;

	*out = NULL;
	l = xcalloc(1, sizeof(*l));
	r = db_get_rows(db, &l->v, &l->n, sizeof(*l->v), host_read,
	    SELECT "ORDER BY h.id DESC LIMIT ?",
	    BINDS(bind_int(db_limit(limit))));
	if (r != DB_OK || (r = hosts_attach(db, l->v, l->n)) != DB_OK) {
		host_list_free(l);
		return (r);
	}
	*out = l;
	return (DB_OK);
}

int
host_count(struct db *db, int64_t *count)
{
	return (db_get_int(db, count, "SELECT COUNT(*) FROM hosts", NO_BINDS));
}

struct pin {
	int64_t		 id;
	const char	*type;
	const void	*blob;
	size_t		 len;
	unsigned char	*pinned;
	size_t		 pinnedlen;
};

/* The update matches only while there is no pin: the first one stays. */
static int
pin_run(struct db *db, void *arg)
{
	struct pin	*p = arg;
	struct db_stmt	*st;
	int		 r;

	r = db_exec(db, "UPDATE hosts SET host_key = ?, host_key_type = ?,"
	    " updated_at = ? WHERE id = ? AND host_key IS NULL",
	    BINDS(bind_blob(p->blob, p->len), bind_text(p->type),
	    bind_int(clock_utc()), bind_int(p->id)));
	if (r != DB_OK)
		return (r);
	r = db_query(db, &st, "SELECT host_key FROM hosts WHERE id = ?",
	    BINDS(bind_int(p->id)));
	if (r != DB_OK)
		return (r);
	free(p->pinned);
	p->pinned = NULL;
	if ((r = db_next(st)) == DB_OK)
		p->pinned = col_blob(st, &p->pinnedlen);
	db_done(st);
	return (r);
}

int
host_pin_key(struct db *db, int64_t id, const char *type, const void *blob,
    size_t len, unsigned char **pinned, size_t *pinnedlen)
{
	struct pin	p = { .id = id, .type = type, .blob = blob,
			    .len = len };
	int		r;

	*pinned = NULL;
	*pinnedlen = 0;
	if (blob == NULL || len == 0 || len > HOST_KEY_MAX)
		return (db_fail(db, DB_INVALID, "the host key has %zu bytes, "
		    "not 1 to %d", len, HOST_KEY_MAX));
	if ((r = db_check_name(db, "host key type", type)) != DB_OK)
		return (r);
	if ((r = db_transaction(db, pin_run, &p)) != DB_OK) {
		free(p.pinned);
		return (r);
	}
	*pinned = p.pinned;
	*pinnedlen = p.pinnedlen;
	return (DB_OK);
}

int
host_unpin_key(struct db *db, int64_t id)
{
	return (db_edit(db, NULL, "UPDATE hosts SET host_key = NULL,"
	    " host_key_type = '', updated_at = ? WHERE id = ?",
	    BINDS(bind_int(clock_utc()), bind_int(id))));
}
