/* SPDX-License-Identifier: ISC */
/*
 * What else is worth knowing about a document: invites, weak keys, users who
 * cannot come in, passwords in the log of events.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "db/db.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "shell/import.h"
#include "shell/url.h"

#define RSA_WEAK	2048	/* bits, below */
#define MASK		"****"

static char *
id_text(int64_t id)
{
	return (xasprintf("%lld", (long long)id));
}

/* Keys */

static int
private_is_weak(const char *text)
{
	struct sshkey_info	 info;
	EVP_PKEY		*pkey;
	uint8_t			*blob = NULL;
	size_t			 len;
	int			 weak;

	if (sshkey_read_private(text, strlen(text), &pkey, NULL, 0) == -1)
		return (0);
	weak = sshkey_blob(pkey, &blob, &len) == 0 &&
	    sshkey_info(blob, len, &info) == 0 &&
	    strcmp(info.kind, "rsa") == 0 && info.bits < RSA_WEAK;
	free(blob);
	EVP_PKEY_free(pkey);
	return (weak);
}

static void
look_at_keys(struct import *im)
{
	struct db_names	weak = { 0 };
	int		host_key = 0;
	json_t		*row;
	size_t		i;

	import_each(im->doc, "keys", i, row) {
		if (strcmp(import_text(row, "Name"), "host") == 0)
			host_key = 1;
		if (private_is_weak(import_text(row, "PrivKey")))
			db_names_add(&weak, import_text(row, "Name"));
	}
	if (!host_key)
		import_note(im, "there is no key \"host\": this portal keeps "
		    "its own host key, and clients that knew the original "
		    "will be warned");
	import_note_names(im, "RSA of less than 2048 bits: the ",
	    "private key", &weak, "");
	db_names_free(&weak);
}

static int
blob_is_weak(const char *base64)
{
	struct sshkey_info	 info;
	size_t			 max = strlen(base64), len;
	unsigned char		*blob = xmalloc(max + 1);
	int			 weak;

	weak = sodium_base642bin(blob, max + 1, base64, max, NULL, &len, NULL,
	    sodium_base64_VARIANT_ORIGINAL) == 0 &&
	    sshkey_info(blob, len, &info) == 0 &&
	    strcmp(info.kind, "rsa") == 0 && info.bits < RSA_WEAK;
	free(blob);
	return (weak);
}

/* Notes weak ones, and who has any at all. */
static void
look_at_user_keys(struct import *im, const json_t *names, json_t *owners)
{
	struct db_names	 weak = { 0 };
	json_t		*row;
	const char	*name;
	char		*id;
	size_t		 i;

	import_each(im->doc, "user_keys", i, row) {
		id = id_text(import_number(row, "UserID"));
		name = import_text(names, id);
		json_object_set_new(owners, id, json_true());
		free(id);
		if (*name != '\0' && blob_is_weak(import_text(row, "Key")))
			db_names_add(&weak, name);
	}
	import_note_names(im, "RSA of less than 2048 bits: keys of the ",
	    "user", &weak, "");
	db_names_free(&weak);
}

/* Users */

struct people {
	struct db_names	invited, used, keyless;
	int		admin;		/* one has a key */
};

static int
is_admin(const json_t *user)
{
	json_t	*role;
	size_t	 i;

	json_array_foreach(json_object_get(user, "Roles"), i, role) {
		if (strcmp(import_text(role, "Name"), "admin") == 0)
			return (1);
	}
	return (0);
}

static void
look_at_user(struct people *p, const json_t *user, const json_t *owners)
{
	const char	*name = import_text(user, "Name");
	char		*id = id_text(import_number(user, "ID"));
	int		 keys = json_object_get(owners, id) != NULL;
	int		 invite = *import_text(user, "InviteToken") != '\0';

	free(id);
	if (keys && is_admin(user))
		p->admin = 1;
	if (invite)
		db_names_add(keys ? &p->used : &p->invited, name);
	else if (!keys)
		db_names_add(&p->keyless, name);
}

static void
look_at_users(struct import *im, const json_t *owners)
{
	struct people	 p = { 0 };
	json_t		*row;
	size_t		 i;

	import_each(im->doc, "users", i, row) {
		look_at_user(&p, row, owners);
	}
	import_note_names(im, "live invites, without a key yet: each is good "
	    "for one key now, of the ", "user", &p.invited, "");
	import_note_names(im, "invites that would still let anybody in as "
	    "them, though they have keys, are closed, of the ", "user",
	    &p.used, "");
	import_note_names(im, "without a key or an invite, so that they "
	    "cannot come in: the ", "user", &p.keyless, "");
	if (!p.admin)
		import_note(im, "no administrator has a key");
	db_names_free(&p.invited);
	db_names_free(&p.used);
	db_names_free(&p.keyless);
}

/* Names of an array's rows by their ids. */
static json_t *
names_by_id(struct import *im, const char *array)
{
	json_t	*names = json_object(), *row;
	char	*id;
	size_t	 i;

	import_each(im->doc, array, i, row) {
		id = id_text(import_number(row, "ID"));
		json_object_set_new(names, id,
		    json_string(import_text(row, "Name")));
		free(id);
	}
	return (names);
}

/* Events: the original wrote down each command as it was typed. */

/* Where a word's secret begins, or NULL. */
static const char *
secret_of(const char *word, const char *before)
{
	static const char	*const flags[] = {
		"--password=", "-password=", "-p=", "--invite_token=",
		"-invite_token=", "-i="
	};
	static const char	*const alone[] = {
		"--password", "-password", "-p", "--invite_token",
		"-invite_token", "-i"
	};
	size_t			 i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strncmp(word, flags[i], strlen(flags[i])) == 0)
			return (word + strlen(flags[i]));
		if (before != NULL && strcmp(before, alone[i]) == 0)
			return (word);
	}
	return (NULL);
}

static json_t *
word_mask(const char *word, const char *before)
{
	const char	*secret = secret_of(word, before);
	char		*masked;
	json_t		*j;

	if (secret != NULL)
		masked = xasprintf("%.*s%s", (int)(secret - word), word, MASK);
	else
		masked = url_mask(word);
	j = json_string(masked);
	free(masked);
	return (j);
}

static void
before_forget(char *word)
{
	if (word != NULL)
		explicit_bzero(word, strlen(word));
	free(word);
}

static int
words_mask(json_t *words)
{
	char	*before = NULL;
	json_t	*word, *masked;
	size_t	 i;
	int	 n = 0;

	json_array_foreach(words, i, word) {
		if (!json_is_string(word))
			continue;
		masked = word_mask(json_string_value(word), before);
		before_forget(before);
		before = xstrdup(json_string_value(word));
		if (masked != NULL && !json_equal(masked, word)) {
			n++;
			json_array_set(words, i, masked);
		}
		json_decref(masked);
	}
	before_forget(before);
	return (n);
}

/* Only these commands take secrets; "-p" and "-i" are other words elsewhere. */
static void
mask_events(struct import *im)
{
	const char	*action;
	json_t		*row;
	size_t		 i, masked = 0;

	json_array_foreach(json_object_get(im->doc, "events"), i, row) {
		action = import_text(row, "Action");
		if (strcmp(action, "host") != 0 && strcmp(action, "user") != 0)
			continue;
		if (words_mask(json_object_get(json_object_get(row, "Args"),
		    "args")) > 0)
			masked++;
	}
	if (masked > 0)
		import_note(im, "passwords and tokens that lay in plain text "
		    "in %zu events: masked here, still there in the original",
		    masked);
}

static void
count_unlearnt(struct import *im)
{
	json_t	*row, *key;
	size_t	 i, n = 0;

	import_each(im->doc, "hosts", i, row) {
		key = json_object_get(row, "HostKey");
		n += key == NULL || json_is_null(key);
	}
	if (n > 0)
		import_note(im, "%zu hosts have no known host key: it is "
		    "learnt at the first login", n);
}

void
import_look(struct import *im)
{
	json_t	*names = names_by_id(im, "users"), *owners = json_object();

	look_at_keys(im);
	look_at_user_keys(im, names, owners);
	look_at_users(im, owners);
	count_unlearnt(im);
	mask_events(im);
	json_decref(names);
	json_decref(owners);
}
