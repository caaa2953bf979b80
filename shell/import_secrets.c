/* SPDX-License-Identifier: ISC */
/*
 * Opens the secrets of a document, and says in what state they lay. That a key
 * is the right one only private keys tell, and the fork's AES-GCM: the
 * original's AES-CFB makes something out of anything.
 */
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "lib/escape.h"
#include "lib/xmalloc.h"
#include "shell/import.h"
#include "shell/import_secret.h"
#include "shell/url.h"

#define HOST_KEY	"host"

struct opening {
	struct import		*im;
	const struct import_key	*key;
	struct db_names		 clear, shut;		/* private keys */
	struct db_names		 pass_clear, pass_shut, pass_cfb;
	struct db_names		 pass_url;
	struct db_names		 unused;	/* by the original */
	size_t			 opened;	/* private keys */
	int			 proven;	/* the key fits */
	int			 host_key_shut;
};

static void
field_set(json_t *row, const char *field, char *plain)
{
	size_t	 len = strlen(plain);
	json_t	*j = json_string(plain);
	char	*safe;

	if (j == NULL) {
		safe = escape_text(plain, len);
		j = json_string(safe);
		free(safe);
	}
	json_object_set_new(row, field, j);
	explicit_bzero(plain, len);
	free(plain);
}

static void
open_private(struct opening *o, json_t *row)
{
	const char	*name = import_text(row, "Name");
	char		*plain;

	switch (import_open_private(o->key, import_text(row, "PrivKey"),
	    &plain)) {
	case SECRET_CLEAR:
		db_names_add(&o->clear, name);
		break;
	case SECRET_CFB:
	case SECRET_GCM:
		o->opened++;
		o->proven = 1;
		break;
	case SECRET_SHUT:
		db_names_add(&o->shut, name);
		if (strcmp(name, HOST_KEY) == 0)
			o->host_key_shut = 1;
		plain = xstrdup("");
		break;
	case SECRET_NONE:
		return;
	}
	field_set(row, "PrivKey", plain);
}

/* What does not open, and the key is right: it was never encrypted. */
static void
open_password(struct opening *o, json_t *row)
{
	const char	*name = import_text(row, "Name");
	const char	*text = import_text(row, "Password");
	char		*plain;

	switch (import_open_password(o->key, text, &plain)) {
	case SECRET_CLEAR:
		db_names_add(&o->pass_clear, name);
		break;
	case SECRET_CFB:
		db_names_add(&o->pass_cfb, name);
		break;
	case SECRET_GCM:
		o->proven = 1;
		break;
	case SECRET_SHUT:
		db_names_add(&o->pass_shut, name);
		plain = xstrdup(text);
		break;
	case SECRET_NONE:
		return;
	}
	field_set(row, "Password", plain);
}

/*
 * The password in a host's URL is the one that the original used; it never
 * used the other but in its first versions, which had no URLs.
 */
static void
look_at_url(struct opening *o, json_t *row)
{
	const char	*name = import_text(row, "Name");
	const char	*url = import_text(row, "URL");
	struct url	 u;
	char		 err[URL_ERROR_MAX];

	if (*url == '\0')
		return;
	if (url_parse(url, &u, err) == 0 && u.password != NULL &&
	    *u.password != '\0') {
		db_names_add(&o->pass_url, name);
		json_object_set_new(row, "Password", json_string(""));
	} else if (*import_text(row, "Password") != '\0')
		db_names_add(&o->unused, name);
	url_free(&u);
}

static void
stop_names(struct import *im, const char *before, const char *word,
    const struct db_names *names, const char *after)
{
	char	*all = import_names(word, names);

	import_stop(im, "%s%s%s", before, all, after);
	free(all);
}

/* Private keys that stay shut. */
static void
judge_keys(struct opening *o)
{
	if (o->shut.n == 0)
		return;
	if (o->key->len == 0)
		stop_names(o->im, "encrypted: ", "private key", &o->shut,
		    ": give the original's AES key, with --aes-key-file or "
		    "SSHPORTAL_AES_KEY");
	else if (!o->proven)
		stop_names(o->im, "the AES key does not fit; it does not open "
		    "the ", "private key", &o->shut, ": give the one that the "
		    "original was started with");
	else if (o->host_key_shut)
		import_stop(o->im, "the AES key opens other keys, but not "
		    "\"%s\": all clients would be warned of a changed host "
		    "key", HOST_KEY);
	else
		import_note_names(o->im, "the AES key opens others, but not "
		    "the ", "private key", &o->shut, ", which the original "
		    "could not use either");
}

static void
judge_passwords(struct opening *o)
{
	if (o->key->len == 0) {
		import_note_names(o->im, "the passwords look encrypted of the ",
		    "host", &o->pass_shut, ": taken as they are; should the "
		    "original have an AES key, give it");
		return;
	}
	if (o->proven) {
		import_note_names(o->im, "the passwords look encrypted and do "
		    "not open under this AES key, of the ", "host",
		    &o->pass_shut, ": taken as they are");
		return;
	}
	if (o->pass_shut.n > 0)
		stop_names(o->im, "the AES key does not fit; under it no text "
		    "comes out of the password of ", "host", &o->pass_shut,
		    ": give the one that the original was started with");
	else
		import_note_names(o->im, "no private key is encrypted that "
		    "would prove the AES key; the passwords became text of "
		    "the ", "host", &o->pass_cfb, ": try one of them");
}

static void
say_clear(struct opening *o)
{
	struct import	*im = o->im;

	import_note_names(im, "lay in plain text: the ", "private key",
	    &o->clear, "");
	import_note_names(im, "passwords that lay in plain text, of the ",
	    "host", &o->pass_clear, "");
	import_note_names(im, "passwords that lay in plain text, in the URLs "
	    "of the ", "host", &o->pass_url, "");
	import_note_names(im, "passwords that the original did not use, and "
	    "that will be used here, of the ", "host", &o->unused, "");
	if (o->key->len != 0 && !o->proven && o->pass_cfb.n == 0 &&
	    o->shut.n == 0 && o->pass_shut.n == 0)
		import_note(im, "nothing was encrypted: the AES key was not "
		    "needed");
}

static void
deleted_clean(json_t *doc, const char *array, const char *field)
{
	json_t	*row;
	size_t	 i;

	json_array_foreach(json_object_get(doc, array), i, row) {
		if (!import_is_live(row))
			json_object_set_new(row, field, json_string(""));
	}
}

void
import_open_secrets(struct import *im, const struct import_key *key)
{
	struct opening	o = { .im = im, .key = key };
	json_t		*row;
	size_t		 i;

	deleted_clean(im->doc, "keys", "PrivKey");
	deleted_clean(im->doc, "hosts", "Password");
	import_each(im->doc, "keys", i, row) {
		open_private(&o, row);
	}
	import_each(im->doc, "hosts", i, row) {
		open_password(&o, row);
		look_at_url(&o, row);
	}
	judge_keys(&o);
	judge_passwords(&o);
	say_clear(&o);
	db_names_free(&o.clear);
	db_names_free(&o.shut);
	db_names_free(&o.pass_clear);
	db_names_free(&o.pass_shut);
	db_names_free(&o.pass_cfb);
	db_names_free(&o.pass_url);
	db_names_free(&o.unused);
}
