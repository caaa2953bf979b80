/* SPDX-License-Identifier: ISC */
/*
 * key rotate -- a new key takes an old one's place, on its hosts too
 *
 * What was done so far is in the store: the new key names the one that it
 * replaces, and each host the key that it is logged in to with. So a rotation
 * that was cut off, or left hosts behind, goes on where it was. A host changes
 * to the new key when a login with it has succeeded, and only after that loses
 * the old key's line: at no time is there none that is let in.
 */
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/event.h"
#include "db/host.h"
#include "db/key.h"
#include "db/user.h"
#include "lib/errand.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/errand.h"
#include "shell/names.h"
#include "shell/output.h"
#include "shell/run.h"

static const char *const	types[] = { "ed25519", "ecdsa", "rsa", NULL };

static const struct field	rotate_fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "Host", "Host", FIELD_TEXT },
	{ "Result", "Result", FIELD_TEXT },
	{ "Detail", "Detail", FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	rotate_opts[] = {
	{ .name = "type", .letter = 't', .kind = VALUE_CHOICE, .arg = "TYPE",
	    .brief = "the new key's kind (the old one's)", .choices = types },
	{ .name = "length", .letter = 'b', .kind = VALUE_NUMBER,
	    .arg = "BITS", .brief = "its length (the old one's)" },
	{ .name = "json", .kind = VALUE_FLAG, .brief = "as a JSON array" },
	{ .name = NULL }
};

/* A host on its way from the old key to the new one. */
struct turn {
	const struct host	*h;
	int			 changed;	/* its row names the new key */
	int			 done;		/* and the old one is gone */
	char			*detail;	/* or NULL */
};

struct rotation {
	struct cmd_call		*c;
	struct key		*old, *new;
	struct host_list	*hosts;
	struct turn		*v;
	size_t			 n;
};

static void
set_detail(struct turn *t, char *detail)
{
	free(t->detail);
	t->detail = detail;
}

/* A pair of the wished kind, of the old one's unless told. */
static int
generate(struct rotation *r, EVP_PKEY **pkey)
{
	struct cmd_call	*c = r->c;
	const char	*type = r->old->type;
	int64_t		 bits = r->old->length;
	char		 err[256];

	if (opt_given(c, "type") && strcmp(opt_text(c, "type"), type) != 0) {
		type = opt_text(c, "type");
		bits = 0;
	}
	if (opt_given(c, "length"))
		bits = opt_number(c, "length");
	else if (strcmp(type, "ed25519") == 0)
		bits = 0;
	if (bits > SSHKEY_RSA_BITS_MAX)
		bits = SSHKEY_RSA_BITS_MAX + 1;	/* refused just as well */
	if (sshkey_generate(type, bits, pkey, err, sizeof(err)) == -1)
		return (cmd_fail(c, "%s", err));
	return (DB_OK);
}

/* The new key's row, under a name of its own until it has the old one's. */
static int
store(struct rotation *r, EVP_PKEY *pkey, const char *pem, size_t len)
{
	struct db		*db = r->c->sh->db;
	struct sshkey_info	 info = { 0 };
	struct key		 k = { .replaces_id = r->old->id };
	char			*name = xasprintf("%s-next", r->old->name);
	int64_t			 id = 0;
	int			 x = DB_EXISTS, i;

	if (sshkey_blob(pkey, &k.pub_blob, &k.pub_bloblen) == -1 ||
	    sshkey_info(k.pub_blob, k.pub_bloblen, &info) == -1)
		x = cmd_fail(r->c, "the key could not be written");
	for (i = 0; x == DB_EXISTS && i < 2; i++) {
		if (i > 0 || strlen(name) > DB_NAME_MAX) {
			free(name);
			name = name_random("key");
		}
		k.name = name;
		k.type = (char *)info.kind;
		k.length = info.bits;
		k.comment = r->old->comment;
		x = key_create_sealed(db, &k, pem, len, r->c->sh->sealer, &id);
	}
	if (x == DB_OK)
		x = key_get(db, id, &r->new);
	free(k.pub_blob);
	free(name);
	return (x);
}

static int
make_new(struct rotation *r)
{
	EVP_PKEY	*pkey = NULL;
	char		*pem = NULL;
	size_t		 len;
	int		 x;

	if ((x = generate(r, &pkey)) != DB_OK)
		return (x);
	if (sshkey_write_private(pkey, &pem, &len) == -1)
		x = cmd_fail(r->c, "the key could not be written");
	else
		x = store(r, pkey, pem, len);
	EVP_PKEY_free(pkey);
	sodium_free(pem);
	return (x);
}

/* Both keys: the new one is there already when this goes on. */
static int
find_keys(struct rotation *r)
{
	struct cmd_call	*c = r->c;
	struct db	*db = c->sh->db;
	int		 x;

	if ((x = key_get(db, c->targets.v[0].id, &r->old)) != DB_OK)
		return (x);
	if (key_is_host(r->old->name))
		return (cmd_fail(c, "the key \"%s\" is the portal's own host "
		    "key: it stays", r->old->name));
	if (r->old->replaces_id != 0)
		return (cmd_fail(c, "the key \"%s\" is on its way to take "
		    "another's place: rotate that one to go on", r->old->name));
	x = key_successor(db, r->old->id, &r->new);
	if (x == DB_NOTFOUND)
		return (make_new(r));
	if (x == DB_OK && (opt_given(c, "type") || opt_given(c, "length")))
		return (cmd_fail(c, "the key \"%s\" is on its way to take the "
		    "place of \"%s\": go on without --type and --length",
		    r->new->name, r->old->name));
	return (x);
}

static int
find_hosts(struct rotation *r)
{
	const struct host	*h;
	struct turn		*t;
	size_t			 i;
	int			 x;

	if ((x = host_list(r->c->sh->db, 0, &r->hosts)) != DB_OK)
		return (x);
	r->v = xcalloc(r->hosts->n + 1, sizeof(*r->v));
	for (i = r->hosts->n; i-- > 0;) {
		h = &r->hosts->v[i];
		if (h->key_id != r->old->id && h->key_id != r->new->id)
			continue;
		t = &r->v[r->n++];
		t->h = h;
		t->changed = h->key_id == r->new->id;
		t->done = t->changed && h->scheme != HOST_SSH;
	}
	return (DB_OK);
}

/* The host's row gets the new key, and an event says so. */
struct change {
	const struct rotation	*r;
	const struct turn	*t;
};

static int
change_run(struct db *db, void *arg)
{
	const struct change	*ch = arg;
	struct cmd_call		*c = ch->r->c;
	struct event		 e = {
		.author_id = c->me->id,
		.author_name = c->me->name,
		.source = (char *)c->sh->source,
		.domain = (char *)"host",
		.action = (char *)"change-key",
		.entity = ch->t->h->name,
		.args = (char *)"",
	};
	int64_t			 id;
	int			 x;

	x = host_change_key(db, ch->t->h->id, ch->r->old->id, ch->r->new->id);
	return (x == DB_OK ? event_create(db, &e, &id) : x);
}

static void
change(const struct rotation *r, struct turn *t)
{
	struct change	ch = { r, t };
	int		x;

	x = db_transaction(r->c->sh->db, change_run, &ch);
	if (x == DB_OK)
		t->changed = 1;
	else if (x == DB_NOTFOUND)
		set_detail(t, xstrdup("somebody gave it another key "
		    "meanwhile, or removed it"));
	else
		set_detail(t, xstrdup("the database did not take the new "
		    "key: run it again"));
}

/* A round of errands to those that `wanted` picks; then `after` for each. */
static void
go_round(struct rotation *r, const struct errand *e,
    int (*wanted)(const struct turn *),
    void (*after)(struct rotation *, struct turn *, const struct errand_job *))
{
	struct errand_job	*jobs = xcalloc(r->n + 1, sizeof(*jobs));
	struct turn		**of = xcalloc(r->n + 1, sizeof(struct turn *));
	size_t			 i, n = 0;

	for (i = 0; i < r->n; i++) {
		if (!wanted(&r->v[i]))
			continue;
		jobs[n].e = *e;
		jobs[n].e.host = r->v[i].h->id;
		of[n++] = &r->v[i];
	}
	errands_run(r->c->sh, jobs, n);
	for (i = 0; i < n; i++)
		after(r, of[i], &jobs[i]);
	errands_free(jobs, n);
	free(jobs);
	free(of);
}

static int
lacks_new(const struct turn *t)
{
	return (!t->changed && t->h->scheme == HOST_SSH);
}

/* Where the host itself said no, its owner may have let the key in by hand. */
static int
may_know_new(const struct turn *t)
{
	return (lacks_new(t) && (t->detail == NULL ||
	    strncmp(t->detail, "authorized_keys: ", 17) == 0));
}

static int
has_old(const struct turn *t)
{
	return (t->changed && !t->done);
}

/* What went wrong, and where. */
static char *
job_words(const struct errand_job *j)
{
	if (j->error != NULL || j->n == 0)
		return (xstrdup(errand_reason(j)));
	return (xasprintf("%s: %s", errand_stage_name(j->news[j->n -
	    1].step.stage), errand_reason(j)));
}

static void
installed(struct rotation *r, struct turn *t, const struct errand_job *j)
{
	(void)r;
	if (j->failed)
		set_detail(t, job_words(j));
}

static void
proved(struct rotation *r, struct turn *t, const struct errand_job *j)
{
	if (!j->failed) {
		set_detail(t, NULL);
		change(r, t);
	} else if (t->detail == NULL) {
		set_detail(t, xasprintf("the new key is there, but: %s",
		    errand_reason(j)));
	}
}

static void
removed(struct rotation *r, struct turn *t, const struct errand_job *j)
{
	char	*words;

	(void)r;
	if (j->failed) {
		words = job_words(j);
		set_detail(t, xasprintf("it has the new key, the old one is "
		    "still let in: %s", words));
		free(words);
		return;
	}
	t->done = 1;
	if (j->n > 0 && strcmp(j->news[j->n - 1].text, "lines: 0") == 0)
		set_detail(t, xstrdup("the old key has no line there"));
}

/* Hosts without SSH never used it. */
static void
change_others(struct rotation *r)
{
	size_t	i;

	for (i = 0; i < r->n; i++) {
		if (r->v[i].changed || r->v[i].h->scheme == HOST_SSH)
			continue;
		change(r, &r->v[i]);
		r->v[i].done = r->v[i].changed;
	}
}

static void
go(struct rotation *r)
{
	struct errand	install = { .kind = ERRAND_INSTALL,
			    .other = r->new->id };
	struct errand	prove = { .kind = ERRAND_TEST, .key = r->new->id };
	struct errand	take_away = { .kind = ERRAND_REMOVE,
			    .key = r->new->id, .other = r->old->id };

	change_others(r);
	go_round(r, &install, lacks_new, installed);
	go_round(r, &prove, may_know_new, proved);
	go_round(r, &take_away, has_old, removed);
}

/* A row a host; how many are left. */
static size_t
report(const struct rotation *r)
{
	struct result	*res = &r->c->result;
	size_t		 i, left = 0;

	for (i = 0; i < r->n; i++) {
		result_row(res);
		result_number(res, r->v[i].h->id);
		result_text(res, r->v[i].h->name);
		result_text(res, r->v[i].done ? "done" : "left");
		result_text(res, r->v[i].detail != NULL ? r->v[i].detail : "");
		left += !r->v[i].done;
	}
	return (left);
}

static int
conclude(struct rotation *r)
{
	struct cmd_call	*c = r->c;
	size_t		 left = report(r);
	char		*hint;
	int		 x = DB_REF;

	c->audit = 1;
	/* refused where a host was given the old key meanwhile */
	if (left == 0)
		x = key_take_over(c->sh->db, r->new->id);
	if (x != DB_REF)
		return (x);
	c->failed = 1;
	hint = xasprintf("%zu of %zu hosts are left: they work as before. Run "
	    "\"key rotate %s\" again when they can be reached; until then the "
	    "new key is called \"%s\"", left, r->n, r->old->name,
	    r->new->name);
	output_hint(&c->sh->out, hint);
	free(hint);
	return (DB_OK);
}

static int
key_rotate_exec(struct cmd_call *c)
{
	struct rotation	r = { .c = c };
	size_t		i;
	int		x;

	if ((x = find_keys(&r)) == DB_OK && (x = find_hosts(&r)) == DB_OK) {
		go(&r);
		x = conclude(&r);
	}
	for (i = 0; i < r.n; i++)
		free(r.v[i].detail);
	free(r.v);
	host_list_free(r.hosts);
	key_free(r.old);
	key_free(r.new);
	return (x);
}

const struct cmd_entry cmd_key_rotate = {
	.noun = "key", .verb = "rotate",
	.brief = "make a new key take its place, on its hosts too",
	.opts = rotate_opts,
	.operands = { "KEY", VALUE_KEY, 1, 1 },
	.role = NEED_ADMIN,
	.fields = rotate_fields, .things = "hosts",
	.exec = key_rotate_exec,
};
