/* SPDX-License-Identifier: ISC */
/*
 * The person's login.
 */
/* libssh wants callbacks now; here requests are answered in their turn. */
#define SSH_SUPPRESS_DEPRECATED

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "child/ask.h"
#include "child/client.h"
#include "child/conn.h"
#include "child/evp.h"
#include "child/login.h"
#include "lib/catalogue.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"

#define QUERIES_MAX	20	/* what the gate allows */
#define REQUESTS_MAX	64	/* of any kind, refused unheard or not */
#define UNHEARD_MS	3000	/* for what may be no request at all */

/* The public key of a message, wire form, into key; its length, or 0. */
static size_t
read_key(ssh_message msg, uint8_t key[KEY_MAX])
{
	char	*base64 = NULL;
	size_t	 len, pad = 0;
	int	 n = -1;

	if (ssh_pki_export_pubkey_base64(ssh_message_auth_pubkey(msg),
	    &base64) != SSH_OK)
		return (0);
	len = strlen(base64);
	while (pad < len && base64[len - 1 - pad] == '=')
		pad++;
	if (len / 4 * 3 <= KEY_MAX)
		n = EVP_DecodeBlock(key, (unsigned char *)base64, len);
	ssh_string_free_char(base64);
	return (n > (int)pad ? n - pad : 0);
}

/* The algorithm of a signature: RSA's has not the name of its key's type. */
static const char *
algorithm(ssh_message msg, size_t hash_len)
{
	enum ssh_keytypes_e	 type;

	type = ssh_key_type(ssh_message_auth_pubkey(msg));
	if (type == SSH_KEYTYPE_RSA)
		return (hash_len == 32 ? "rsa-sha2-256" : "rsa-sha2-512");
	return (ssh_key_type_to_char(type));
}

static int
is_certificate(ssh_message msg)
{
	const char	*name = algorithm(msg, 0);

	return (name == NULL || strstr(name, "-cert-") != NULL);
}

/* Ends with a line's end (RFC 4252, section 5.4). */
static void
show_banner(struct client *c, const char *text)
{
	ssh_string	 banner;
	char		*line;

	if (text[0] == '\0')
		return;
	line = xasprintf("%s\r\n", text);
	if ((banner = ssh_string_from_char(line)) != NULL)
		ssh_send_issue_banner(c->ssh, banner);
	ssh_string_free(banner);
	free(line);
}

/*
 * The operator's words, before anything is decided; a health check reads no
 * more than it has asked for.
 */
static void
greet(struct conn *conn, const char *login)
{
	const struct settings	*s = conn->settings;

	if (conn->client.greeted || strcmp(login, s->healthcheck_user) == 0)
		return;
	conn->client.greeted = 1;
	show_banner(&conn->client, s->banner);
}

/* Too many keys: as sshd, after MaxAuthTries. */
static void
too_many(struct client *c)
{
	log_info("Too many authentication failures");
	c->state = CLIENT_GONE;
}

/* What the monitor has said, once it decides the matter. */
static void
decided(struct conn *conn, ssh_message msg, enum destination dest, char *text)
{
	if (dest == DEST_REFUSED) {
		show_banner(&conn->client, text);
		ssh_message_reply_default(msg);
		free(text);
		return;
	}
	ssh_message_auth_reply_success(msg, 0);
	conn->client.state = CLIENT_OPEN;
	conn_login(conn, dest, text);
}

/* Once: a client may have many, and its plain keys come after them. */
static void
refuse_certificate(struct client *c)
{
	if (c->told_certificate++)
		return;
	log_info("a certificate was offered: none is accepted");
	show_banner(c, "sshportal: certificates are not accepted here, only "
	    "keys by themselves");
}

static void
try_none(struct conn *conn, ssh_message msg, struct ask_auth *a)
{
	enum destination	dest = DEST_REFUSED;
	char			*text = NULL;

	if (conn->client.asked_none++) {
		ssh_message_reply_default(msg);
		return;
	}
	dest = ask_auth(ASK_AUTH_NONE, a, &text);
	decided(conn, msg, dest, text);
}

/* Would this key do? The answer binds nobody. */
static void
try_query(struct conn *conn, ssh_message msg, struct ask_auth *a)
{
	enum destination	 dest;
	char			*text;

	if (++conn->client.queries > QUERIES_MAX) {
		too_many(&conn->client);
		return;
	}
	a->alg = algorithm(msg, 0);
	dest = ask_auth(ASK_AUTH_QUERY, a, &text);
	if (dest == DEST_REFUSED) {
		show_banner(&conn->client, text);
		ssh_message_reply_default(msg);
	} else
		ssh_message_auth_reply_pk_ok_simple(msg);
	free(text);
}

static void
try_signature(struct conn *conn, ssh_message msg, const struct ask_auth *login)
{
	struct ask_auth		 a = *login;
	struct evp_verified	 v;
	enum destination	 dest;
	char			*text;

	if (++conn->client.attempts > conn->settings->max_auth_tries) {
		too_many(&conn->client);
		return;
	}
	if (evp_take_verified(&v) == -1) {
		ssh_message_reply_default(msg);
		return;
	}
	a.alg = algorithm(msg, v.hash_len);
	a.sig = v.sig;
	a.sig_len = v.len;
	a.sk_flags = v.sk_flags;
	a.sk_counter = v.sk_counter;
	dest = ask_auth(ASK_AUTH_KEY, &a, &text);
	decided(conn, msg, dest, text);
}

static void
try_key(struct conn *conn, ssh_message msg, const struct ask_auth *login)
{
	struct ask_auth	a = *login;
	uint8_t		key[KEY_MAX];

	a.key = key;
	if (is_certificate(msg)) {
		refuse_certificate(&conn->client);
		a.key_len = 0;
	} else
		a.key_len = read_key(msg, key);
	if (a.key_len == 0) {
		ssh_message_reply_default(msg);
		return;
	}
	switch (ssh_message_auth_publickey_state(msg)) {
	case SSH_PUBLICKEY_STATE_NONE:
		try_query(conn, msg, &a);
		break;
	case SSH_PUBLICKEY_STATE_VALID:
		try_signature(conn, msg, &a);
		break;
	default:
		ssh_message_reply_default(msg);
		break;
	}
}

void
login_message(struct conn *conn, ssh_message msg)
{
	struct ask_auth	a = { .login = ssh_message_auth_user(msg),
			    .alg = "" };

	if (conn->client.state != CLIENT_AUTH || a.login == NULL ||
	    strlen(a.login) > LOGIN_MAX) {
		ssh_message_reply_default(msg);
		return;
	}
	if (++conn->client.requests > REQUESTS_MAX) {
		too_many(&conn->client);
		return;
	}
	greet(conn, a.login);
	switch (ssh_message_subtype(msg)) {
	case SSH_AUTH_METHOD_NONE:
		try_none(conn, msg, &a);
		break;
	case SSH_AUTH_METHOD_PUBLICKEY:
		try_key(conn, msg, &a);
		break;
	default:
		ssh_message_reply_default(msg);
		break;
	}
}

/*
 * libssh drops a login that it cannot read or that it does not permit, as a key
 * of a kind unknown to it or a signature with SHA-1. Its client would wait for
 * an answer. Of the first it says nothing: then a packet has come, no request
 * came out of it, and nothing follows.
 */
void
login_check(struct client *c)
{
	if (c->state != CLIENT_AUTH)
		return;
	if (evp_take_refused()) {
		log_info("a signature was wrong");
		c->state = CLIENT_GONE;
	} else if (c->heard == 0 || c->packets.in_packets == c->heard) {
		c->unheard_since = 0;
	} else if (ssh_get_error_code(c->ssh) == SSH_FATAL ||
	    login_wait(c) == 0) {
		log_info("a login with a key or a signature of a kind that "
		    "is not accepted");
		client_disconnect(c, "sshportal: this key, or the way it "
		    "signs, is not accepted here: take an Ed25519, ECDSA or "
		    "RSA key and a client that signs with SHA-2");
		c->state = CLIENT_GONE;
	} else if (c->unheard_since == 0)
		c->unheard_since = clock_mono_ms();
}

int
login_wait(const struct client *c)
{
	int64_t	left;

	if (c->state != CLIENT_AUTH || c->unheard_since == 0)
		return (-1);
	left = c->unheard_since + UNHEARD_MS - clock_mono_ms();
	return (left > 0 ? (int)left : 0);
}
