/* SPDX-License-Identifier: ISC */
/*
 * A monitor before its person arrives.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/acl.h"
#include "db/db.h"
#include "db/host.h"
#include "db/key.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "monitor/access.h"
#include "monitor/monitor.h"
#include "monitor/privileges.h"
#include "monitor/records.h"
#include "monitor/secrets.h"
#include "monitor/spare.h"
#include "monitor/store.h"

#define PING_MS		60000

/* OpenSSL's private keys lie in locked memory of their own, wiped and not
 * dumped; room for a few of the largest. */
#define KEY_HEAP	32768
#define KEY_HEAP_UNIT	64

static void __attribute__((noreturn))
give_up(int status, const char *sentence)
{
	log_error("%s", sentence);
	_exit(db_retryable(status) ? MONITOR_SPARE : MONITOR_FATAL);
}

/* What only root may read, into memory that is ours. */
static void
load_secrets(struct monitor *m, int secrets_fd)
{
	char	err[512];

	if (secret_settings_from_memfd(secrets_fd, &m->secrets) == -1)
		fatal("cannot read the secret settings");
	close(secrets_fd);
	if (secrets_load_key(m->settings, &m->secrets, err,
	    sizeof(err)) != 0)
		fatal("%s", err);
	secret_settings_keep_conn(&m->secrets);
}

/*
 * The row of a host key; *k is NULL if there is none and there need not be: a
 * portal has at least the one of the first kind. One that is of another type
 * than its name says is none. A class of enum db_status, logged.
 */
static int
host_key_row(struct monitor *m, const struct key_host *kind, struct key **k)
{
	int	must = kind == &key_host_kinds[0], r;

	*k = NULL;
	r = key_by_name(m->db, kind->name, k);
	if (r == DB_NOTFOUND && !must)
		return (DB_OK);
	if (r != DB_OK) {
		log_error("host key: %s", db_error(m->db));
	} else if (!must && strcmp((*k)->type, kind->type) != 0) {
		log_error("the key \"%s\" is of type %s: not offered as a "
		    "host key", kind->name, (*k)->type);
		key_free(*k);
		*k = NULL;
	}
	return (r);
}

static void
load_host_key(struct monitor *m, const struct key_host *kind)
{
	struct sign_host_key	*h = &m->host_keys[m->nhost_keys];
	const struct sealer	*s = secrets_sealer();
	struct sshkey_info	 info;
	struct key		*k;
	void			*pem;
	char			 err[256];
	size_t			 len;
	int			 r;

	if ((r = host_key_row(m, kind, &k)) != DB_OK)
		give_up(r, "no host key");
	if (k == NULL)
		return;
	if (k->priv_sealed == NULL || s->open(s->arg, SEAL_KEY_TABLE,
	    SEAL_KEY_COLUMN, k->id, k->priv_sealed, &pem, &len) == -1)
		fatal("the host key's private half does not open");
	if (sshkey_read_private(pem, len, &h->pkey, err, sizeof(err)) == -1)
		fatal("host key: %s", err);
	sodium_free(pem);
	if (sshkey_blob(h->pkey, &h->blob, &h->blob_len) == -1 ||
	    sshkey_info(h->blob, h->blob_len, &info) == -1 ||
	    strcmp(info.kind, kind->type) != 0)
		fatal("the host key \"%s\" is of another type than %s",
		    kind->name, kind->type);
	m->nhost_keys++;
	key_free(k);
}

static void
load_host_keys(struct monitor *m)
{
	size_t	i;

	_Static_assert(KEY_HOST_KINDS <= HOSTKEYS_MAX, "too many host keys");
	for (i = 0; i < KEY_HOST_KINDS; i++)
		load_host_key(m, &key_host_kinds[i]);
}

/*
 * The questions of a login, asked for nobody: SQLite then has them parsed and
 * its pages read before there is somebody who waits for that. A server would
 * only be asked in vain.
 */
static void
ask_in_vain(struct monitor *m)
{
	struct user	 u = { 0 }, *user;
	struct host	 h = { .name = (char *)"", .addr = (char *)"" };
	struct host	*host;
	struct key	*key;
	int64_t		 id;
	struct acl_verdict	 v;

	if (strcmp(m->settings->db_driver, "sqlite3") != 0)
		return;
	if (userkey_lookup(m->db, "", 0, &id, NULL) == DB_NOTFOUND &&
	    user_get_plain(m->db, 0, &user) == DB_NOTFOUND &&
	    host_by_name_plain(m->db, "", &host) == DB_NOTFOUND &&
	    key_get(m->db, 0, &key) == DB_NOTFOUND)
		(void)access_rules(m->db, &u, &h, NULL, clock_utc(),
		    &v);
}

void
spare_prepare(struct monitor *m, int secrets_fd)
{
	char	err[512];
	int	r;

	load_secrets(m, secrets_fd);
	if (privileges_drop(m->settings) == -1)
		_exit(MONITOR_FATAL);
	if (CRYPTO_secure_malloc_init(KEY_HEAP, KEY_HEAP_UNIT) == 0)
		fatal("no locked memory for keys");
	if ((r = store_open(m, err, sizeof(err))) != DB_OK)
		give_up(r, err);
	if (secrets_check(m->db, err, sizeof(err)) == -1)
		give_up(db_ping(m->db), err);
	load_host_keys(m);
	ask_in_vain(m);
	if (state_instance_id(m->settings, m->instance, err,
	    sizeof(err)) == -1)
		fatal("%s", err);
	if (records_init(m->settings) == -1)
		fatal("cannot open the spool in %s", m->settings->state_dir);
}

void
spare_report(struct monitor *m)
{
	struct tell_start	t = { .nkeys = m->nhost_keys };
	struct ctl_spare	c = { .child_pid = m->child };
	struct ipc		out;
	size_t			i;

	for (i = 0; i < m->nhost_keys; i++) {
		t.keys[i].blob = m->host_keys[i].blob;
		t.keys[i].len = m->host_keys[i].blob_len;
	}
	ipc_init(&out, TELL_START, 0);
	put_tell_start(&out.body, &t);
	monitor_answer(m, &out);
	ipc_free(&out);

	ipc_init(&out, CTL_SPARE, 0);
	put_ctl_spare(&out.body, &c);
	if (ipc_send(m->ctl, &out) != IPC_OK)
		monitor_end(m, MONITOR_SPARE, "the daemon is gone");
	ipc_free(&out);
	m->next_ping = clock_mono_ms() + PING_MS;
}

/* Whether the next of the host keys that were loaded is that of the row. */
static int
is_loaded(const struct monitor *m, size_t next, const struct key *k)
{
	const struct sign_host_key	*h = &m->host_keys[next];

	return (next < m->nhost_keys && k->pub_bloblen == h->blob_len &&
	    memcmp(k->pub_blob, h->blob, h->blob_len) == 0);
}

void
spare_check(struct monitor *m)
{
	struct key	*k;
	size_t		 i, n = 0;
	int		 r, same = 1;

	m->next_ping = clock_mono_ms() + PING_MS;
	for (i = 0; i < KEY_HOST_KINDS; i++) {
		if ((r = host_key_row(m, &key_host_kinds[i], &k)) != DB_OK) {
			if (!db_retryable(r))
				monitor_end(m, MONITOR_SPARE,
				    "the store is unfit");
			return;
		}
		/* they were loaded in the same order */
		if (k != NULL)
			same &= is_loaded(m, n++, k);
		key_free(k);
	}
	if (!same || n != m->nhost_keys)
		monitor_end(m, MONITOR_SPARE, "the host key has changed");
}
