/* SPDX-License-Identifier: ISC */
/*
 * The inventory of a backup: each row by itself, in an order in which what it
 * refers to is known already.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "db/kinds.h"
#include "lib/catalogue.h"
#include "lib/escape.h"
#include "lib/network.h"
#include "lib/sshkey.h"
#include "lib/token.h"
#include "lib/xmalloc.h"
#include "shell/cmd_user.h"
#include "shell/names.h"
#include "shell/restore_plan.h"
#include "shell/url.h"

#define WEIGHT_MAX	(INT64_C(1) << 53)

#define MEMBERS_ALL	"ID", "CreatedAt", "UpdatedAt", "DeletedAt", "Comment"

/* Keys */

static const char *const	key_members[] = { MEMBERS_ALL, "Name", "Type",
				    "Length", "Fingerprint", "PrivKey",
				    "PubKey", "Hosts", NULL };

/*
 * The original has one host key, named "host", of any type: here each type has
 * its own name. In our own backups the others have theirs already; in an
 * original's such a name says nothing, and must not make a host key of one that
 * is for logging in. Returns the name the key gets; caller frees.
 */
static char *
host_key_name(struct row *w, const struct key *k, const char *name)
{
	struct restore	*r = w->r;
	size_t		 kind = key_host_by_type(k->type);
	const char	*its = kind < KEY_HOST_KINDS ?
			    key_host_kinds[kind].name : "";
	char		*other;

	if ((strcmp(name, KEY_HOST) == 0 || (r->report.ours &&
	    strcmp(name, its) == 0)) && *its != '\0' && !r->brings[kind]) {
		r->brings[kind] = 1;
		if (*r->report.host_key == '\0' || kind == 0)
			sshkey_fingerprint(k->pub_blob, k->pub_bloblen,
			    r->report.host_key);
		return (xstrdup(its));
	}
	other = name_random(name);
	row_warn(w, "its name is kept for the portal's own host keys, and it "
	    "is not the one: it is called \"%s\" here", other);
	return (other);
}

static enum fate
take_key(struct row *w)
{
	struct restore	*r = w->r;
	struct key	 k = { .id = w->id, .created_at = w->created_at,
			    .updated_at = w->updated_at };
	const char	*name = row_name(w, 0);

	k.comment = xstrdup(row_text(w, "Comment", DB_TEXT_MAX));
	if (!w->bad && secret_key(w, &k) == 0 && key_is_host(name))
		k.name = host_key_name(w, &k, name);
	else
		k.name = xstrdup(name);
	/* even a refused one, so that all are freed in one way */
	r->keys.v = xroom(r->keys.v, r->keys.n, sizeof(k));
	r->keys.v[r->keys.n++] = k;
	return (FATE_TAKEN);
}

/* Groups */

static const char *const	user_group_members[] = { MEMBERS_ALL, "Name",
				    "Users", "ACLs", NULL };
static const char *const	host_group_members[] = { MEMBERS_ALL, "Name",
				    "Hosts", "ACLs", NULL };

static enum fate
take_group(struct row *w)
{
	enum group_kind		 kind = w->kind == RESTORE_USER_GROUPS ?
				    GROUP_USER : GROUP_HOST;
	struct group_list	*l = &w->r->groups[kind];
	struct group		 g = { .id = w->id, .created_at =
				    w->created_at, .updated_at =
				    w->updated_at };

	g.name = xstrdup(row_name(w, 0));
	g.comment = xstrdup(row_text(w, "Comment", DB_TEXT_MAX));
	l->v = xroom(l->v, l->n, sizeof(g));
	l->v[l->n++] = g;
	return (FATE_TAKEN);
}

/* Hosts */

static const char *const	host_members[] = { MEMBERS_ALL, "Name", "Addr",
				    "Port", "User", "Password", "HasPassword",
				    "URL", "SSHKey", "SSHKeyID", "HostKey",
				    "HostKeyType", "Groups", "Logging", "Hop",
				    "HopID", "Legacy", "Allow", "Record",
				    NULL };

/* Where it is: an URL, or, from old times, address and user by themselves. */
static int
host_url(struct row *w, struct url *u)
{
	const char	*text = row_text(w, "URL", DB_TEXT_MAX);
	const char	*user = row_text(w, "User", HOST_LOGIN_MAX);
	const char	*addr = row_text(w, "Addr", DB_TEXT_MAX);
	char		 err[URL_ERROR_MAX];
	int		 old = *text == '\0';

	memset(u, 0, sizeof(*u));
	if (w->bad)
		return (-1);
	if (url_parse(old ? addr : text, u, err) == -1) {
		row_refuse(w, "its %s: %s", old ? "Addr" : "URL", err);
		return (-1);
	}
	if (old && *user != '\0') {
		free(u->login);
		u->login = xstrdup(user);
	}
	return (0);
}

static void
host_address(struct row *w, struct host *h)
{
	const char	*password = row_text(w, "Password", DB_TEXT_MAX);
	struct url	 u;

	if (host_url(w, &u) == 0) {
		h->addr = xstrdup(u.addr);
		h->login = xstrdup(u.login);
		h->port = u.port;
		if (host_scheme_parse(u.scheme, &h->scheme) == -1)
			row_refuse(w, "its scheme is not known here");
		if (*password == '\0' && u.password != NULL) {
			h->password_sealed = secret_password(w, u.password, 1);
			w->r->report.url_passwords++;
		} else {
			h->password_sealed = secret_password(w, password, 0);
		}
	}
	url_free(&u);
}

/*
 * The key must be there. The original left the number of a removed key with a
 * host, which then simply had none.
 */
static void
host_key_of(struct row *w, struct host *h)
{
	int64_t	id = row_number(w, "SSHKeyID", 0, INT64_MAX);

	switch (id == 0 ? FATE_LEFT : fate_of(w->r, RESTORE_KEYS, id)) {
	case FATE_TAKEN:
		h->key_id = id;
		break;
	case FATE_LEFT:
		break;
	case FATE_REFUSED:
		row_refuse(w, "its key %lld cannot be taken", (long long)id);
		break;
	default:
		if (json_is_object(json_object_get(w->json, "SSHKey")))
			row_refuse(w, "its key %lld is not among the keys",
			    (long long)id);
		else
			row_warn(w, "its key %lld was removed: it has none",
			    (long long)id);
	}
}

/* The pinned key. Without it the next connection learns anew. */
static void
host_pin(struct row *w, struct host *h)
{
	struct sshkey_info	info;

	h->host_key = row_blob(w, "HostKey", &h->host_keylen);
	if (h->host_key == NULL)
		return;
	if (h->host_keylen <= SSHKEY_BLOB_MAX &&
	    sshkey_info(h->host_key, h->host_keylen, &info) == 0) {
		h->host_key_type = xstrdup(info.type);
		return;
	}
	row_warn(w, "its pinned host key is of no kind that is known here: it "
	    "will be learnt anew");
	free(h->host_key);
	h->host_key = NULL;
	h->host_keylen = 0;
}

#define LOGGING_UNKNOWN \
	"its Logging \"%.100s\" is none of disabled, input, everything and full"

static void
host_logging_of(struct row *w, struct host *h)
{
	const char	*word = row_text(w, "Logging", DB_NAME_MAX);

	if (*word == '\0')
		h->logging = LOGGING_EVERYTHING;
	else if (host_logging_parse(word, &h->logging) == -1)
		row_refuse(w, LOGGING_UNKNOWN, word);
}

/* A word that is none might have asked for more. */
static int
row_record(struct row *w)
{
	const char	*word = row_text(w, "Record", DB_NAME_MAX);

	if (*word != '\0' && strcmp(word, "required") != 0)
		row_refuse(w, "its Record \"%.100s\" is not \"required\"",
		    word);
	return (record_read(word));
}

static void
acl_logging_of(struct row *w, struct acl *a)
{
	const char		*word = row_text(w, "Logging", DB_NAME_MAX);
	enum host_logging	 known;

	if (*word != '\0' && host_logging_parse(word, &known) == -1)
		row_refuse(w, LOGGING_UNKNOWN, word);
	a->logging = acl_logging_read(word);
	a->record_required = row_record(w);
}

/* Kinds of channels. A word that is none might have been a narrower one. */
static uint32_t
row_kinds(struct row *w)
{
	const char	*text = row_text(w, "Allow", DB_TEXT_MAX);
	char		 err[NAMES_ERROR_MAX];
	uint32_t	 kinds = 0;

	if (*text != '\0' && kinds_parse(text, &kinds, err, sizeof(err)) == -1)
		row_refuse(w, "its Allow: %s", err);
	return (kinds);
}

static enum fate
take_host(struct row *w)
{
	struct host_list	*l = &w->r->hosts;
	struct host		 h = { .id = w->id, .created_at =
				    w->created_at, .updated_at =
				    w->updated_at };

	h.name = xstrdup(row_name(w, 1));
	h.comment = xstrdup(row_text(w, "Comment", DB_TEXT_MAX));
	host_address(w, &h);
	host_key_of(w, &h);
	host_pin(w, &h);
	host_logging_of(w, &h);
	h.hop_id = row_number(w, "HopID", 0, INT64_MAX);
	h.legacy = row_flag(w, "Legacy");
	h.allow = row_kinds(w);
	h.record_required = row_record(w);
	l->v = xroom(l->v, l->n, sizeof(h));
	l->v[l->n++] = h;
	return (FATE_TAKEN);
}

/* Users */

static const char *const	user_members[] = { MEMBERS_ALL, "Name",
				    "Email", "Roles", "Keys", "Groups",
				    "InviteToken", "InviteHash",
				    "InviteExpiresAt", "InviteUses", "Disabled",
				    "ExpiresAt", "AllowedFrom", "Status",
				    NULL };

/* Networks; a list that cannot be read would let nobody in, or everybody. */
static char *
row_networks(struct row *w)
{
	const char	*text = row_text(w, "AllowedFrom", DB_TEXT_MAX);
	char		*list;

	if (*text == '\0')
		return (NULL);
	if ((list = network_list_normal(text)) == NULL)
		row_refuse(w, "its AllowedFrom is no list of networks");
	return (list);
}

static void
user_email(struct row *w, struct user *u)
{
	const char	*email = row_text(w, "Email", DB_NAME_MAX);
	char		*left = NULL, err[NAMES_ERROR_MAX];

	if (!text_is_clean(email, strlen(email)))
		row_refuse(w, "its Email has characters that do not show");
	else if (*email != '\0' && name_from_email(email, &left, err) == -1)
		row_warn(w, "%s", err);
	free(left);
	u->email = xstrdup(email);
}

static int
role_is_known(const char *name)
{
	size_t	i;

	for (i = 0; user_role_names[i] != NULL; i++) {
		if (strcmp(user_role_names[i], name) == 0)
			return (1);
	}
	return (0);
}

static void
user_roles(struct row *w, struct user *u)
{
	const char	*name;
	json_t		*role;
	size_t		 i;

	json_array_foreach(row_array(w, "Roles"), i, role) {
		name = json_string_value(json_object_get(role, "Name"));
		if (name == NULL) {
			row_refuse(w, "a role of theirs has no Name");
		} else if (!role_is_known(name)) {
			row_warn(w, "the role \"%.100s\" is not known here: "
			    "they do not get it", name);
		} else if (!user_is(u, name)) {
			u->roles.name = xroom(u->roles.name, u->roles.n,
			    sizeof(*u->roles.name));
			u->roles.name[u->roles.n++] = xstrdup(name);
		}
	}
}

/*
 * A backup of ours has the hash of a token, an original's the token itself,
 * which it never forgets: only if it was not used yet is it an invite.
 */
static void
user_invite(struct row *w, struct user *u)
{
	const char	*hash = row_text(w, "InviteHash", TOKEN_HASH_SIZE - 1);
	const char	*token = row_text(w, "InviteToken", DB_NAME_MAX);
	char		 made[TOKEN_HASH_SIZE];

	if (*hash != '\0') {
		if (strlen(hash) != TOKEN_HASH_SIZE - 1 ||
		    hash[strspn(hash, "0123456789abcdef")] != '\0')
			row_refuse(w, "its InviteHash is none");
		u->invite_hash = xstrdup(hash);
		u->invite_expires_at = row_time(w, "InviteExpiresAt");
		u->invite_uses = row_number(w, "InviteUses", 1, INT32_MAX);
		w->r->report.invites++;
	} else if (*token != '\0' && w->r->args.invites_until != 0) {
		/* plan_admins() takes it from those who have a key */
		seen(w->r, 1, "token %lld", (long long)w->id);
		token_hash(token, made);
		u->invite_hash = xstrdup(made);
		u->invite_expires_at = w->r->args.invites_until;
		u->invite_uses = 1;
		w->r->report.invites++;
	}
}

/* A login must be one person's. */
static void
user_unique(struct row *w, const struct user *u)
{
	if (u->invite_hash != NULL &&
	    seen(w->r, 1, "invite %s", u->invite_hash) != 0)
		row_refuse(w, "somebody else has the same invite");
	if (*u->email != '\0' && seen(w->r, 1, "email %s", u->email) != 0)
		row_warn(w, "somebody else has the e-mail \"%s\" too: neither "
		    "can log in by it", u->email);
}

static enum fate
take_user(struct row *w)
{
	struct user_list	*l = &w->r->users;
	struct user		 u = { .id = w->id, .created_at =
				    w->created_at, .updated_at =
				    w->updated_at };

	u.name = xstrdup(row_name(w, 1));
	u.comment = xstrdup(row_text(w, "Comment", DB_TEXT_MAX));
	user_email(w, &u);
	user_roles(w, &u);
	user_invite(w, &u);
	u.disabled = row_flag(w, "Disabled");
	u.expires_at = row_time(w, "ExpiresAt");
	u.allowed_from = row_networks(w);
	if (!w->bad)
		user_unique(w, &u);
	l->v = xroom(l->v, l->n, sizeof(u));
	l->v[l->n++] = u;
	return (FATE_TAKEN);
}

/* Keys of users */

static const char *const	userkey_members[] = { MEMBERS_ALL, "Key",
				    "AuthorizedKey", "Type", "Fingerprint",
				    "UserID", "User", "ExpiresAt",
				    "AllowedFrom", NULL };

static void
userkey_blob(struct row *w, struct userkey *k)
{
	const char		*line = row_text(w, "AuthorizedKey",
				    SSHKEY_TEXT_MAX - 1);
	struct sshkey_info	 info;
	EVP_PKEY		*pkey;
	char			 err[256];

	k->blob = row_blob(w, "Key", &k->bloblen);
	if (w->bad)
		return;
	if (k->blob == NULL && *line == '\0') {
		row_refuse(w, "it has neither Key nor AuthorizedKey");
	} else if (k->blob == NULL && sshkey_parse_line(line, &k->blob,
	    &k->bloblen, NULL, err, sizeof(err)) == -1) {
		row_refuse(w, "its AuthorizedKey: %s", err);
	} else if (k->bloblen > SSHKEY_BLOB_MAX ||
	    sshkey_info(k->blob, k->bloblen, &info) == -1 ||
	    sshkey_from_blob(k->blob, k->bloblen, &pkey) == -1) {
		row_refuse(w, "it is none that a signature could be checked "
		    "with here");
	} else {
		EVP_PKEY_free(pkey);
		k->type = xstrdup(info.type);
	}
}

/* A key is one person's, or nobody could say who logs in with it. */
static enum fate
userkey_unique(struct row *w, const struct userkey *k)
{
	char	print[SSHKEY_FINGERPRINT_SIZE];
	int64_t	other;

	sshkey_fingerprint(k->blob, k->bloblen, print);
	if ((other = seen(w->r, k->user_id, "key %s", print)) == 0) {
		seen(w->r, 1, "keyed %lld", (long long)k->user_id);
		return (FATE_TAKEN);
	}
	if (other == k->user_id) {
		row_warn(w, "the user has the same key twice: left out");
		return (FATE_LEFT);
	}
	row_refuse(w, "the key %s is the user %lld's already", print,
	    (long long)other);
	return (FATE_REFUSED);
}

static enum fate
take_userkey(struct row *w)
{
	struct userkey_list	*l = &w->r->userkeys;
	struct userkey		 k = { .id = w->id, .created_at =
				    w->created_at, .updated_at =
				    w->updated_at };
	enum fate		 user, fate = FATE_LEFT;

	k.user_id = row_number(w, "UserID", 0, INT64_MAX);
	k.expires_at = row_time(w, "ExpiresAt");
	k.allowed_from = row_networks(w);
	k.comment = xstrdup(row_text(w, "Comment", DB_TEXT_MAX));
	user = fate_of(w->r, RESTORE_USERS, k.user_id);
	if (user == FATE_REFUSED)
		row_refuse(w, "its user %lld cannot be taken",
		    (long long)k.user_id);
	else if (user != FATE_TAKEN)
		/* the original left the keys of users that were removed */
		row_warn(w, "its user %lld was removed: left out",
		    (long long)k.user_id);
	else
		userkey_blob(w, &k);
	if (user == FATE_TAKEN && !w->bad)
		fate = userkey_unique(w, &k);
	l->v = xroom(l->v, l->n, sizeof(k));
	l->v[l->n++] = k;
	return (fate);
}

/* ACLs */

static const char *const	acl_members[] = { MEMBERS_ALL, "HostGroups",
				    "UserGroups", "HostPattern", "Action",
				    "Weight", "Inception", "Expiration",
				    "LoginPattern", "Allow", "Logging",
				    "Record", NULL };

/* In the original a pattern decided nothing, and an action could be any word */
static void
acl_rule(struct row *w, struct acl *a)
{
	const char	*action = row_text(w, "Action", DB_NAME_MAX);

	a->host_pattern = xstrdup(row_text(w, "HostPattern", DB_NAME_MAX));
	if (acl_action_parse(action, &a->action) == -1) {
		a->action = ACL_DENY;
		row_warn(w, "its action \"%.100s\" is none: it denies",
		    action);
	}
	/* who says that the secrets are clear has told more of patterns */
	if (*a->host_pattern != '\0' && !w->r->report.ours &&
	    w->r->args.secrets == RESTORE_AS_SAID)
		row_warn(w, "its pattern \"%s\" decided nothing in the "
		    "original: here it %s hosts whose name or address fits",
		    a->host_pattern, a->action == ACL_ALLOW ? "lets people "
		    "reach" : "keeps people from");
}

static enum fate
take_acl(struct row *w)
{
	struct acl_list	*l = &w->r->acls;
	struct acl	 a = { .id = w->id, .created_at = w->created_at,
			    .updated_at = w->updated_at };

	a.comment = xstrdup(row_text(w, "Comment", DB_TEXT_MAX));
	a.weight = row_number(w, "Weight", 0, WEIGHT_MAX);
	a.login_pattern = xstrdup(row_text(w, "LoginPattern", DB_NAME_MAX));
	a.allow = row_kinds(w);
	acl_logging_of(w, &a);
	a.inception = row_time(w, "Inception");
	a.expiration = row_time(w, "Expiration");
	acl_rule(w, &a);
	/* a rule that denies is not lost in passing */
	if (w->bad && a.action == ACL_DENY)
		w->r->report.refused = 1;
	l->v = xroom(l->v, l->n, sizeof(a));
	l->v[l->n++] = a;
	return (FATE_TAKEN);
}

/* Settings */

static const char *const	setting_members[] = { MEMBERS_ALL, "Name",
				    "Value", NULL };

static enum fate
take_setting(struct row *w)
{
	row_warn(w, "settings are not restored: left out");
	return (FATE_LEFT);
}

void
plan_inventory(struct restore *r)
{
	rows_each(r, RESTORE_KEYS, key_members, take_key);
	if (r->encrypted)
		return;		/* what follows from it is of no interest */
	rows_each(r, RESTORE_HOST_GROUPS, host_group_members, take_group);
	rows_each(r, RESTORE_USER_GROUPS, user_group_members, take_group);
	rows_each(r, RESTORE_HOSTS, host_members, take_host);
	rows_each(r, RESTORE_USERS, user_members, take_user);
	rows_each(r, RESTORE_USER_KEYS, userkey_members, take_userkey);
	rows_each(r, RESTORE_ACLS, acl_members, take_acl);
	rows_each(r, RESTORE_SETTINGS, setting_members, take_setting);
}
