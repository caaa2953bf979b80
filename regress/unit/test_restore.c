/* SPDX-License-Identifier: ISC */
/*
 * Backups and the way back: documents of the original (regress/original), our
 * own, and broken ones, against a real store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "db/acl.h"
#include "db/event.h"
#include "db/group.h"
#include "db/host.h"
#include "db/key.h"
#include "db/session.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/sshkey.h"
#include "lib/token.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"
#include "shell/restore.h"

#define NOW	INT64_C(1800000000)

static json_t *
document(const char *name)
{
	const char	*top = getenv("TOP");
	char		*path = xasprintf("%s/regress/original/%s",
	    top != NULL ? top : ".", name);
	json_t		*doc;
	json_error_t	 e;

	if ((doc = json_load_file(path, 0, &e)) == NULL)
		print_error("%s: %s\n", path, e.text);
	assert_non_null(doc);
	free(path);
	return (doc);
}

static struct restore *
plan_of(struct trial *t, json_t *doc)
{
	struct restore_args	a = { .db = t->sh.db, .sealer = &t->sealer,
				    .invites_until = NOW + 1000, .now = NOW };

	return (restore_plan(&a, doc));
}

static void
print_notes(const struct restore_report *p, enum restore_grade grade)
{
	size_t	i;

	for (i = 0; i < p->nnotes; i++) {
		if (p->note[i].grade == grade)
			print_error("%s\n", p->note[i].text);
	}
}

static int
says(const struct restore_report *p, enum restore_grade grade,
    const char *words)
{
	size_t	i;

	for (i = 0; i < p->nnotes; i++) {
		if (p->note[i].grade == grade &&
		    strstr(p->note[i].text, words) != NULL)
			return (1);
	}
	print_notes(p, grade);
	return (0);
}

static void
load(struct trial *t, json_t *doc)
{
	struct restore	*r = plan_of(t, doc);

	if (restore_report(r)->refused)
		print_notes(restore_report(r), RESTORE_REFUSAL);
	assert_int_equal(restore_report(r)->refused, 0);
	assert_int_equal(restore_load(t->sh.db, r), DB_OK);
	restore_free(r);
}

static void
test_original(void **state)
{
	struct trial			 t;
	json_t				*doc;
	struct restore			*r;
	const struct restore_report	*p;
	struct host			*h;
	struct user			*u;
	struct key			*k;
	char				*out;
	char				 hash[TOKEN_HASH_SIZE];
	void				*plain;
	size_t				 len;

	doc = document("backup-decrypted.json");
	trial_begin(&t, fixture_use(state)->db);
	r = plan_of(&t, doc);
	p = restore_report(r);
	if (p->refused)
		print_notes(p, RESTORE_REFUSAL);
	assert_int_equal(p->refused, 0);
	assert_int_equal(p->count[RESTORE_HOSTS].taken, 27);
	assert_int_equal(p->count[RESTORE_KEYS].taken, 11);
	assert_int_equal(p->count[RESTORE_USERS].taken, 7);
	assert_int_equal(p->count[RESTORE_USER_KEYS].taken, 8);
	assert_int_equal(p->count[RESTORE_ACLS].taken, 5);
	assert_int_equal(p->url_passwords, 2);
	assert_int_equal(p->invites, 3);
	assert_true(says(p, RESTORE_WARNING, "pattern \"tar*\""));
	assert_true(says(p, RESTORE_WARNING, "taken for an id"));
	assert_int_equal(restore_load(t.sh.db, r), DB_OK);
	assert_int_equal(p->known_events, 0);

	assert_int_equal(host_by_name(t.sh.db, "behind", &h), DB_OK);
	assert_int_equal(h->id, 29);
	assert_string_equal(h->hop_name, "jump");
	assert_string_equal(h->key_name, "default");
	assert_string_equal(h->groups.name[0], "default");
	host_free(h);
	assert_int_equal(host_by_name(t.sh.db, "passurl", &h), DB_OK);
	assert_int_equal(trial_open(&t, SEAL_HOST_TABLE, SEAL_HOST_COLUMN,
	    h->id, h->password_sealed, &plain, &len), 0);
	assert_int_equal(len, 9);
	assert_memory_equal(plain, "marley-42", 9);
	sodium_free(plain);
	assert_string_equal(h->host_key_type, "ecdsa-sha2-nistp256");
	assert_int_equal(h->created_at, 1795418125);
	host_free(h);
	assert_int_equal(user_by_name(t.sh.db, "frank", &u), DB_OK);
	token_hash("hEG9RmIN14wjqxeP", hash);
	assert_string_equal(u->invite_hash, hash);
	user_free(u);
	assert_int_equal(user_by_name(t.sh.db, "root", &u), DB_OK);
	assert_null(u->invite_hash);
	assert_int_equal(u->nkeys, 2);
	assert_int_equal(u->groups.n, 4);
	assert_true(user_is(u, ROLE_ADMIN));
	user_free(u);
	assert_int_equal(key_by_name(t.sh.db, KEY_HOST, &k), DB_OK);
	assert_int_equal(k->id, 2);
	assert_string_equal(k->fingerprint, p->host_key);
	out = sshkey_line(k->pub_blob, k->pub_bloblen, NULL);
	assert_string_equal(out, json_string_value(json_object_get(
	    json_array_get(json_object_get(doc, "keys"), 1), "PubKey")));
	free(out);
	key_free(k);
	restore_free(r);
	trial_end(&t);
	json_decref(doc);
}

/* What was there is replaced; history is added to, and once only. */
static void
test_twice(void **state)
{
	struct trial		 t;
	json_t			*doc = document("backup-decrypted.json");
	struct event_list	*l;
	int64_t			 events, sessions;
	struct session_filter	 f = { 0 };
	size_t			 i, restored = 0;

	trial_begin(&t, fixture_use(state)->db);
	ok(&t, "key create --name=gone");
	load(&t, doc);
	assert_int_equal(event_count(t.sh.db, &events), DB_OK);
	assert_int_equal(session_count(t.sh.db, &f, 0, &sessions), DB_OK);
	assert_int_equal(events, 1 + 8);
	assert_int_equal(sessions, 6);
	load(&t, doc);
	assert_int_equal(event_count(t.sh.db, &events), DB_OK);
	assert_int_equal(session_count(t.sh.db, &f, 0, &sessions), DB_OK);
	assert_int_equal(events, 1 + 8);
	assert_int_equal(sessions, 6);
	assert_int_equal(event_list(t.sh.db, 0, 0, &l), DB_OK);
	for (i = 0; i < l->n; i++)
		restored += l->v[i].restored == NOW;
	assert_int_equal(restored, 8);
	event_list_free(l);
	trial_end(&t);
	json_decref(doc);
}

/* A key pair of the portal's, present (`name`) or in a document (NULL). */
static char *
make_key(struct trial *t, const char *kind, const char *name,
    char print[SSHKEY_FINGERPRINT_SIZE])
{
	struct key	 k = { .name = (char *)name, .type = (char *)kind,
			    .length = 1, .comment = (char *)"" };
	EVP_PKEY	*pkey;
	char		*pem, *text;
	size_t		 len;
	int64_t		 id;

	assert_int_equal(sshkey_generate(kind, 0, &pkey, NULL, 0), 0);
	assert_int_equal(sshkey_write_private(pkey, &pem, &len), 0);
	assert_int_equal(sshkey_blob(pkey, &k.pub_blob, &k.pub_bloblen), 0);
	sshkey_fingerprint(k.pub_blob, k.pub_bloblen, print);
	if (name != NULL)
		assert_int_equal(key_create_sealed(t->sh.db, &k, pem, len,
		    &t->sealer, &id), DB_OK);
	text = xstrdup(pem);
	sodium_free(pem);
	free(k.pub_blob);
	EVP_PKEY_free(pkey);
	return (text);
}

/* The key of this name is this one, and its private half opens. */
static void
check_key(struct trial *t, const char *name, const char *print)
{
	struct key	*k;
	void		*pem;
	size_t		 len;

	assert_int_equal(key_by_name(t->sh.db, name, &k), DB_OK);
	assert_string_equal(k->fingerprint, print);
	assert_int_equal(trial_open(t, SEAL_KEY_TABLE, SEAL_KEY_COLUMN, k->id,
	    k->priv_sealed, &pem, &len), 0);
	sodium_free(pem);
	key_free(k);
}

static void
change_key(json_t *doc, size_t i, const char *name, const char *pem)
{
	json_t	*key = json_array_get(json_object_get(doc, "keys"), i);

	json_object_set_new(key, "Name", json_string(name));
	json_object_set_new(key, "PrivKey", json_string(pem));
	json_object_set_new(key, "PubKey", json_null());
}

/*
 * An original's host key of another type than Ed25519 takes its place beside
 * the present one; a key of an original's that has the name of such a place is
 * none. What a document does not bring stays.
 */
static void
test_host_keys(void **state)
{
	static const struct {
		const char	*kind, *name;
	} kinds[] = { { "rsa", KEY_HOST_RSA }, { "ecdsa", KEY_HOST_ECDSA } };
	struct trial	 t;
	struct restore	*r;
	json_t		*doc;
	char		 present[SSHKEY_FINGERPRINT_SIZE];
	char		 old[SSHKEY_FINGERPRINT_SIZE];
	char		 login[SSHKEY_FINGERPRINT_SIZE];
	char		*pem;
	size_t		 i;

	trial_begin(&t, fixture_use(state)->db);
	free(make_key(&t, "ed25519", KEY_HOST, present));
	for (i = 0; i < 2; i++) {
		doc = document("backup-decrypted.json");
		pem = make_key(&t, kinds[i].kind, NULL, login);
		change_key(doc, 0, kinds[i].name, pem);
		free(pem);
		pem = make_key(&t, kinds[i].kind, NULL, old);
		change_key(doc, 1, KEY_HOST, pem);
		free(pem);
		r = plan_of(&t, doc);
		assert_true(says(restore_report(r), RESTORE_WARNING,
		    "its name is kept for the portal's own host keys"));
		assert_string_equal(restore_report(r)->host_key, old);
		assert_int_equal(restore_load(t.sh.db, r), DB_OK);
		restore_free(r);
		json_decref(doc);
		check_key(&t, kinds[i].name, old);
		check_key(&t, KEY_HOST, present);
	}
	/* the first of the two is still there */
	doc = document("backup-decrypted.json");
	load(&t, doc);
	json_decref(doc);
	check_key(&t, KEY_HOST_ECDSA, old);
	ok(&t, "key inspect " KEY_HOST_RSA);
	ok(&t, "key inspect " KEY_HOST);
	trial_end(&t);
}

static void
test_encrypted(void **state)
{
	struct trial	 t;
	json_t		*doc = document("backup.json");
	struct restore	*r;

	trial_begin(&t, fixture_use(state)->db);
	r = plan_of(&t, doc);
	assert_true(restore_report(r)->refused);
	assert_int_equal(restore_report(r)->refusals, 1);
	assert_true(says(restore_report(r), RESTORE_REFUSAL,
	    "sshportal import --from json:FILE --aes-key"));
	assert_int_equal(restore_load(t.sh.db, r), DB_INVALID);
	restore_free(r);
	trial_end(&t);
	json_decref(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(test_original),
		ON_BOTH(test_twice),
		ON_BOTH(test_host_keys),
		ON_BOTH(test_encrypted),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
