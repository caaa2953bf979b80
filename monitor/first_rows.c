/* SPDX-License-Identifier: ISC */
/*
 * The first rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "db/acl.h"
#include "db/group.h"
#include "db/key.h"
#include "db/setting.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/settings.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "monitor/first_rows.h"
#include "monitor/secrets.h"

#define COMMENT		"created by sshportal"
#define ALREADY		"first_rows"	/* setting: they were made */
#define INVITED_BY	"first_invite_by"	/* setting: an instance */
#define JUST_NOW_S	60

static int
key_insert(struct db *db, const char *name, EVP_PKEY *pkey)
{
	struct key	 k = { .name = (char *)name, .type = (char *)"ed25519",
			    .length = 256, .comment = (char *)COMMENT };
	char		*pem = NULL;
	size_t		 len;
	int64_t		 id;
	int		 r = DB_ERROR;

	if (sshkey_blob(pkey, &k.pub_blob, &k.pub_bloblen) == 0 &&
	    sshkey_write_private(pkey, &pem, &len) == 0)
		r = key_create_sealed(db, &k, pem, len, secrets_sealer(),
		    &id);
	sodium_free(pem);
	free(k.pub_blob);
	return (r);
}

static int
key_ensure(struct db *db, const char *name, struct first_rows *f)
{
	struct key	*k;
	EVP_PKEY	*pkey;
	int		 r;

	if ((r = key_by_name(db, name, &k)) != DB_NOTFOUND) {
		key_free(k);
		return (r);
	}
	if (sshkey_generate("ed25519", 0, &pkey, f->err,
	    sizeof(f->err)) == -1)
		return (DB_ERROR);
	r = key_insert(db, name, pkey);
	EVP_PKEY_free(pkey);
	return (r);
}

/* Users of `default` may reach hosts of `default`. */
static int
rule_insert(struct db *db)
{
	struct acl	a = { .action = ACL_ALLOW,
			    .logging = ACL_LOGGING_HOST,
			    .host_pattern = (char *)"",
			    .comment = (char *)COMMENT };
	int64_t		id, users, hosts;
	int		r;

	if ((r = group_ensure(db, GROUP_USER, GROUP_DEFAULT, COMMENT,
	    &users)) != DB_OK ||
	    (r = group_ensure(db, GROUP_HOST, GROUP_DEFAULT, COMMENT,
	    &hosts)) != DB_OK ||
	    (r = acl_create(db, &a, &id)) != DB_OK ||
	    (r = acl_link(db, id, GROUP_USER, users)) != DB_OK)
		return (r);
	return (acl_link(db, id, GROUP_HOST, hosts));
}

static int
rows_ensure(struct db *db, struct first_rows *f)
{
	char	*made;
	int	 r;

	if ((r = key_ensure(db, KEY_HOST, f)) != DB_OK)
		return (r);
	if ((r = setting_get(db, ALREADY, &made)) != DB_NOTFOUND) {
		free(made);
		return (r);
	}
	if ((r = key_ensure(db, KEY_DEFAULT, f)) != DB_OK ||
	    (r = rule_insert(db)) != DB_OK)
		return (r);
	return (setting_set(db, ALREADY, "1"));
}

/* Whom to invite */

static int
admin_create(struct db *db, struct first_rows *f, struct user **out)
{
	const char	*name = f->settings->first_admin;
	struct user	 u = { .name = (char *)name,
			    .comment = (char *)COMMENT };
	int64_t		 id, group;
	int		 r;

	u.email = xasprintf("%s@localhost", name);
	if ((r = user_create(db, &u, &id)) == DB_OK &&
	    (r = user_role_add(db, id, ROLE_ADMIN)) == DB_OK &&
	    (r = group_ensure(db, GROUP_USER, GROUP_DEFAULT, COMMENT,
	    &group)) == DB_OK &&
	    (r = group_add(db, GROUP_USER, group, id)) == DB_OK)
		r = user_get(db, id, out);
	free(u.email);
	return (r);
}

static int
may_be_invited(const struct user *u, int64_t now)
{
	return (user_is(u, ROLE_ADMIN) && user_usable(u, now));
}

/* The administrator who was there first; DB_NOTFOUND: there is none. */
static int
admin_oldest(struct db *db, int64_t now, struct user **out)
{
	struct user_list	*l;
	int64_t			 id = 0;
	size_t			 i;
	int			 r;

	if ((r = user_list(db, 0, &l)) != DB_OK)
		return (r);
	for (i = 0; i < l->n; i++) {
		if (may_be_invited(&l->v[i], now))
			id = l->v[i].id;
	}
	user_list_free(l);
	return (id != 0 ? user_get(db, id, out) : DB_NOTFOUND);
}

static int
admin_choose(struct db *db, struct first_rows *f, int64_t now,
    struct user **out)
{
	int64_t	count;
	int	r;

	*out = NULL;
	if ((r = user_count(db, &count)) != DB_OK)
		return (r);
	if (count == 0)
		return (admin_create(db, f, out));
	r = user_by_name(db, f->settings->first_admin, out);
	if (r == DB_OK && may_be_invited(*out, now))
		return (DB_OK);
	user_free(*out);
	*out = NULL;
	if (r != DB_OK && r != DB_NOTFOUND)
		return (r);
	return (admin_oldest(db, now, out));
}

/*
 * Of instances that start together each would make the invites of the others
 * worthless: the first one's stands for a minute. The same instance started
 * again makes a new one.
 */
static int
invited_elsewhere(struct db *db, const struct first_rows *f,
    const struct user *u, int64_t now, int *yes)
{
	char	*by;
	int	 r;

	*yes = 0;
	r = setting_get(db, INVITED_BY, &by);
	if (r == DB_NOTFOUND)
		return (DB_OK);
	if (r == DB_OK)
		*yes = strcmp(by, f->instance) != 0 && u->invite_hash != NULL &&
		    u->invite_expires_at - INVITE_LIFE_ADMIN > now - JUST_NOW_S;
	free(by);
	return (r);
}

static int
invite(struct db *db, struct first_rows *f, const struct user *u, int64_t now)
{
	char	hash[TOKEN_HASH_SIZE];
	int	r;

	if (*f->preset == '\0') {
		if ((r = invited_elsewhere(db, f, u, now,
		    &f->invited_elsewhere)) != DB_OK || f->invited_elsewhere)
			return (r);
		token_make(f->token);
	} else
		snprintf(f->token, sizeof(f->token), "%s", f->preset);
	token_hash(f->token, hash);
	if ((r = user_set_invite(db, u->id, hash,
	    now + INVITE_LIFE_ADMIN)) != DB_OK ||
	    (r = setting_set(db, INVITED_BY, f->instance)) != DB_OK)
		return (r);
	snprintf(f->admin, sizeof(f->admin), "%s", u->name);
	f->invited = 1;
	return (DB_OK);
}

static int
invite_ensure(struct db *db, struct first_rows *f)
{
	struct user	*u;
	int64_t		 count, now = clock_utc();
	int		 r;

	f->invited = f->invited_elsewhere = f->locked_out = 0;
	if ((r = user_admins_with_key(db, now, &count)) != DB_OK || count > 0)
		return (r);
	r = admin_choose(db, f, now, &u);
	if (r == DB_OK)
		r = invite(db, f, u, now);
	else if (r == DB_NOTFOUND) {
		f->locked_out = 1;
		r = DB_OK;
	}
	user_free(u);
	return (r);
}

/* May run more than once, from the beginning. */
static int
ensure(struct db *db, void *arg)
{
	struct first_rows	*f = arg;
	int			 r;

	f->err[0] = '\0';
	/* This row is the lock: it is locked until the transaction ends. */
	if ((r = generation_bump(db)) != DB_OK ||
	    (r = secrets_adopt(db, f->err, sizeof(f->err))) != DB_OK ||
	    (r = rows_ensure(db, f)) != DB_OK)
		return (r);
	return (invite_ensure(db, f));
}

int
first_rows_ensure(struct db *db, struct first_rows *f)
{
	return (db_transaction(db, ensure, f));
}
